// Checks the declarations that users get with TypeScript 7 too. It has no compiler API yet, so nothing else here runs on it,
// and its command is called `tsc` as well: it lives in a folder of its own, beside the `tsc` that builds.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { packages, root } from "./build.mjs"
import { must, sh } from "./npm.mjs"

const version = "7.0.2"
const dir = path.join(root, ".tmp", "declarations")
const typescript = path.join(dir, "node_modules", "typescript")

mkdirSync(dir, { recursive: true })
writeFileSync(path.join(dir, "package.json"), "{ \"private\": true, \"type\": \"module\" }\n")
const installed = existsSync(path.join(typescript, "package.json"))
  ? JSON.parse(readFileSync(path.join(typescript, "package.json"), "utf8")).version
  : undefined
if (installed !== version) {
  must(`npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error typescript@${version}`, dir)
}

// two readers: one whose own modules are resolved as Node does, one as bundlers do
const names = packages().map((each) => JSON.parse(readFileSync(path.join(root, each, "package.json"), "utf8")).name)
writeFileSync(
  path.join(dir, "reader.ts"),
  names.map((name, i) => `export * as package${i} from "${name}"\n`).join("")
)

let failed = false
for (const [module, moduleResolution] of [["NodeNext", "NodeNext"], ["Preserve", "Bundler"]]) {
  const config = path.join(dir, `tsconfig.${moduleResolution}.json`)
  writeFileSync(
    config,
    JSON.stringify({
      include: ["reader.ts", ...packages().map((each) => `../../${each}/dist/**/*.d.ts`)],
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipLibCheck: false,
        module,
        moduleResolution,
        target: "ES2022",
        lib: ["ES2022", "DOM", "DOM.Iterable", "ESNext.Disposable"],
        types: ["node"]
      }
    })
  )
  const { code, output } = sh(`"${process.execPath}" "${typescript}/bin/tsc" --pretty false -p "${config}"`, root)
  // what other packages declare is theirs; ours, and what nobody can be named for, is ours
  const all = output.split("\n").filter((line) => line.includes("error TS"))
  const ours = all.filter((line) => !line.includes("node_modules/"))
  const silent = code !== 0 && all.length === 0
  if (ours.length > 0 || silent) {
    failed = true
    console.error(`declarations: TypeScript ${version}, ${moduleResolution}:\n${silent ? output : ours.join("\n")}`)
  } else {
    console.log(
      `declarations: TypeScript ${version}, ${moduleResolution}: ${names.length} packages read without an error` +
        (all.length === 0 ? "" : ` (${all.length} in other people's declarations)`)
    )
  }
}
process.exitCode = failed ? 1 : 0
