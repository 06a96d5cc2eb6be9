import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { examplesOn } from "./utils/examples.js"

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** As docgen has them in doc comments. */
const config = {
  extends: "../../../../tsconfig.base.json",
  include: ["*.ts"],
  compilerOptions: {
    types: ["node"],
    // The packages as they were built: their sources would be checked once more.
    paths: {},
    module: "Preserve",
    moduleResolution: "Bundler",
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    noUnusedLocals: false
  }
}

/** In a process of its own: it computes for many seconds, and this one has to answer its pool meanwhile. */
const check = (dir: string): Promise<string> =>
  new Promise((resolve) => {
    const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js")
    execFile(process.execPath, [tsc, "-p", dir], (error, stdout, stderr) =>
      resolve(error === null ? "" : `${stdout}${stderr}`.trim() || error.message))
  })

describe("the examples of README.md", () => {
  it("have types", { timeout: 300_000 }, () => {
    const dir = path.join(root, ".tmp", "readme")
    fs.rmSync(dir, { recursive: true, force: true })
    fs.mkdirSync(dir, { recursive: true })
    fs.writeFileSync(path.join(dir, "tsconfig.json"), JSON.stringify(config))
    const examples = examplesOn(path.join(root, "README.md"))
    assert.isAbove(examples.length, 2)
    for (const example of examples) fs.writeFileSync(path.join(dir, `${example.name}.ts`), example.module)
    return check(dir).then((wrong) => assert.strictEqual(wrong, ""))
  })
})
