// Type-checks every `@example` of every package, and writes the reference pages below packages/*/docs.
// docgen also wants to run the examples, by whatever `tsx` it finds. Ours start clusters, and examples that are programs
// run in examples/: so it finds one that does nothing.
import { spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { packages, root } from "./build.mjs"

const bin = path.join(root, ".tmp", "docgen-bin")
mkdirSync(bin, { recursive: true })
writeFileSync(path.join(bin, "tsx"), "#!/bin/sh\nexit 0\n")
chmodSync(path.join(bin, "tsx"), 0o755)

const env = { ...process.env, PATH: [bin, path.join(root, "node_modules/.bin"), process.env.PATH].join(path.delimiter) }

const docgen = (dir) =>
  new Promise((resolve) => {
    rmSync(path.join(root, dir, "docs"), { recursive: true, force: true })
    const child = spawn(process.execPath, [path.join(root, "node_modules/@effect/docgen/bin.cjs")], {
      cwd: path.join(root, dir),
      env
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

const queue = packages()
const next = async () => {
  for (let dir = queue.shift(); dir !== undefined; dir = queue.shift()) {
    const { code, output } = await docgen(dir)
    if (code === 0) console.log(`docgen: ${dir}: ${pagesOf(dir)} modules, their examples type-check`)
    else {
      process.exitCode = 1
      console.log(`docgen: ${dir} failed\n${output.trim()}`)
    }
  }
}
await Promise.all([next(), next()])
