// Type-checks every `@example` of every package, and writes the reference pages below packages/*/docs.
// docgen also wants to run the examples, by whatever `tsx` it finds. Ours start clusters, and examples that are programs
// run in examples/: so it finds one that does nothing. And it would have a `tsc` for each package, which reads all of
// Effect and the package's sources anew: the one that it finds keeps the examples for later, when one program checks those of
// all packages, against the declarations that users get.
import { spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { packages, root, tsc } from "./build.mjs"

const bin = path.join(root, ".tmp", "docgen-bin")
const examples = path.join(root, ".tmp", "docgen-examples")

const program = (name, line) => {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${line}\n`)
  chmodSync(path.join(bin, name), 0o755)
}

mkdirSync(bin, { recursive: true })
rmSync(examples, { recursive: true, force: true })
program("tsx", "exit 0")
// tsc --noEmit --project <folder of the examples>/tsconfig.json
program("tsc", "mkdir -p \"$CREEL_EXAMPLES\" && cp \"$(dirname \"$3\")\"/*.ts \"$CREEL_EXAMPLES\"")

const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), "utf8"))

const docgen = (dir) =>
  new Promise((resolve) => {
    rmSync(path.join(root, dir, "docs"), { recursive: true, force: true })
    const child = spawn(process.execPath, [path.join(root, "node_modules/@effect/docgen/bin.cjs")], {
      cwd: path.join(root, dir),
      env: {
        ...process.env,
        CREEL_EXAMPLES: path.join(examples, dir),
        PATH: [bin, path.join(root, "node_modules/.bin"), process.env.PATH].join(path.delimiter)
      }
    })
    let output = ""
    child.stdout.on("data", (data) => (output += data))
    child.stderr.on("data", (data) => (output += data))
    child.on("close", (code) => resolve({ dir, code, output }))
  })

const pagesOf = (dir) => {
  const modules = path.join(root, dir, "docs", "modules")
  return existsSync(modules) ? readdirSync(modules).filter((file) => file.endsWith(".ts.md")).length : 0
}

/** docgen names the package's own sources by where its folder is; users name the package. Returns how many there are. */
const byName = (dir) => {
  const folder = path.join(examples, dir)
  if (!existsSync(folder)) return 0
  const { name } = readJson(`${dir}/package.json`)
  const files = readdirSync(folder).filter((file) => file !== "index.ts")
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), "utf8")
    writeFileSync(
      path.join(folder, file),
      text.replaceAll(/from '\.\.\/\.\.\/src(?=[/'])([^']*)'/g, `from '${name}$1'`)
    )
  }
  return files.length
}

const check = () => {
  const count = packages().reduce((sum, dir) => sum + byName(dir), 0)
  const options = packages().map((dir) => JSON.stringify(readJson(`${dir}/docgen.json`).examplesCompilerOptions))
  if (count === 0 || new Set(options).size !== 1) throw new Error("no examples, or packages check them in several ways")
  const config = path.join(examples, "tsconfig.json")
  writeFileSync(config, JSON.stringify({ include: ["packages"], compilerOptions: JSON.parse(options[0]) }))
  const { status, stderr, stdout } = tsc(["--pretty", "false", "-p", config])
  if (status === 0) console.log(`docgen: ${count} examples type-check`)
  else {
    process.exitCode = 1
    console.log(`docgen: examples do not type-check\n${stdout}${stderr}`.trim())
  }
}

const queue = packages()
const next = async () => {
  for (let dir = queue.shift(); dir !== undefined; dir = queue.shift()) {
    const { code, output } = await docgen(dir)
    if (code === 0) console.log(`docgen: ${dir}: ${pagesOf(dir)} modules`)
    else {
      process.exitCode = 1
      console.log(`docgen: ${dir} failed\n${output.trim()}`)
    }
  }
}
await Promise.all([next(), next()])
check()
