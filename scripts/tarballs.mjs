// What a new user gets: the packages as they would be published, installed in an empty folder by the README's own line,
// running the first program; and what somebody on Effect 4 gets, which is a sentence.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { packages, root } from "./build.mjs"
import { must, sh } from "./npm.mjs"

const workspace = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))
const temp = mkdtempSync(path.join(os.tmpdir(), "creel-tarballs-"))
// What was downloaded before is not asked for again.
const flags = "--prefer-offline --no-audit --no-fund --loglevel=error"
const log = (sentence) => console.log(`tarballs: ${sentence}`)

const folder = (name) => {
  const dir = path.join(temp, name)
  mkdirSync(dir)
  writeFileSync(path.join(dir, "package.json"), `{ "name": "${name}", "private": true, "type": "module" }\n`)
  return dir
}

/** Packs each package, looks into what it packed, and returns name → file. */
const pack = () => {
  const tarballs = new Map()
  const dirs = packages().map((dir) => `"./${dir}"`).join(" ")
  for (
    const packed of JSON.parse(must(`npm pack --json --loglevel=error --pack-destination "${temp}" ${dirs}`, root))
  ) {
    const has = packed.files.map((file) => file.path)
    for (
      const file of [
        "LICENSE",
        "README.md",
        "dist/index.js",
        "dist/index.d.ts",
        "dist/internal/entry.js",
        "src/index.ts"
      ]
    ) {
      if (!has.includes(file)) throw new Error(`${packed.filename} lacks ${file}`)
    }
    const foreign = has.filter((file) => !/^(?:dist|src|pictures)\/|^(?:LICENSE|README\.md|package\.json)$/.test(file))
    if (foreign.length > 0) throw new Error(`${packed.filename} should not contain ${foreign.join(", ")}`)
    tarballs.set(packed.name, path.join(temp, packed.filename))
    log(`${packed.filename}, ${has.length} files, ${Math.round(packed.size / 1024)} kB`)
  }
  return tarballs
}

/** The first line of the README that installs creel with npm. */
const installLine = () => {
  const file = path.join(root, "README.md")
  if (!existsSync(file)) throw new Error("there is no README.md to take the install line from")
  const line = readFileSync(file, "utf8").split("\n").map((each) => each.trim().replace(/^\$ /, ""))
    .find((each) => /^npm (?:install|i|add) .*(?<![\w/-])creel(?![\w/-])/.test(each))
  if (line === undefined) throw new Error("README.md has no line that begins with `npm install` and installs creel")
  return line
}

/** The line with our names replaced by tarballs, those of their dependencies added: none is on a registry yet. */
const withTarballs = (line, tarballs) => {
  const [npm, install, ...words] = line.split(/\s+/)
  const rest = words.filter((word) => !tarballs.has(word.replace(/(.)@.*$/, "$1")))
  const wanted = words.filter((word) => !rest.includes(word)).map((word) => word.replace(/(.)@.*$/, "$1"))
  for (let i = 0; i < wanted.length; i++) {
    const dir = packages().find((each) =>
      JSON.parse(readFileSync(path.join(root, each, "package.json"), "utf8")).name === wanted[i]
    )
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, dir, "package.json"), "utf8"))
    wanted.push(...Object.keys(dependencies).filter((name) => tarballs.has(name) && !wanted.includes(name)))
  }
  return [npm, install, ...wanted.map((name) => `"${tarballs.get(name)}"`), ...rest].join(" ")
}

const firstProgram = (tarballs) => {
  const dir = folder("first-program")
  const line = installLine()
  must(`${withTarballs(line, tarballs)} ${flags}`, dir)
  log(`installed by: ${line}`)
  for (const file of ["tasks.ts", "main.ts"]) {
    copyFileSync(path.join(root, "examples/first-program", file), path.join(dir, file))
  }
  writeFileSync(
    path.join(dir, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: "NodeNext",
        target: "ES2022",
        outDir: "dist",
        skipLibCheck: true,
        // The compiler and Node's types are those that are installed here.
        typeRoots: [path.join(root, "node_modules/@types")],
        types: ["node"]
      }
    })
  )
  must(`"${process.execPath}" "${path.join(root, "node_modules/typescript/bin/tsc")}"`, dir)
  log("the first program type-checks")
  const output = must("node dist/main.js", dir, 90_000)
  if (!output.includes("Future(add-")) {
    throw new Error(`the first program should print Future(add-…, and printed:\n${output}`)
  }
  if (!/^13$/m.test(output)) throw new Error(`the first program should print 13, and printed:\n${output}`)
  log(`the first program prints: ${output.split("\n").join(" | ")}`)
}

const effect4 = (tarballs) => {
  const dir = folder("effect-4")
  const files = [...tarballs.values()].map((file) => `"${file}"`).join(" ")
  const refused = sh(`npm install ${flags} ${files} effect@4.1.0`, dir)
  if (refused.code === 0) throw new Error("npm should refuse the packages together with effect@4.1.0")
  must(`npm install --legacy-peer-deps ${flags} ${files} effect@4.1.0`, dir)
  for (const name of tarballs.keys()) {
    writeFileSync(path.join(dir, "main.js"), `import * as all from "${name}"\nconsole.log(all)\n`)
    const { code, output } = sh("node main.js", dir)
    const sentence = `${name} ${workspace.version ?? ""}`.trim()
    if (
      code === 0 || !output.includes(`Error: ${sentence}`) ||
      !output.includes("runs on Effect 3 and found effect 4.1.0")
    ) {
      throw new Error(`under Effect 4, importing ${name} should fail with a sentence, and did (${code}):\n${output}`)
    }
  }
  log("npm refuses effect@4.1.0 beside the packages; forced in, every import fails with the sentence")
}

try {
  const tarballs = pack()
  effect4(tarballs)
  firstProgram(tarballs)
} catch (error) {
  console.error(`tarballs: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(temp, { recursive: true, force: true })
}
