import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { examplesOn } from "./utils/examples.js"

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const repository = path.dirname(path.dirname(root))

/** As docgen has them in doc comments. */
const compilerOptions = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(path.join(repository, "tsconfig.base.json"), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository)
  return {
    ...options,
    types: ["node"],
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    noUnusedLocals: false
  }
}

describe("the examples of README.md", () => {
  it("have types", { timeout: 180_000 }, () => {
    const dir = path.join(root, ".tmp", "readme")
    fs.mkdirSync(dir, { recursive: true })
    const files = examplesOn(path.join(root, "README.md")).map((example) => {
      const file = path.join(dir, `${example.name}.ts`)
      fs.writeFileSync(file, example.module)
      return file
    })
    assert.isAbove(files.length, 2)
    const program = ts.createProgram(files, compilerOptions())
    const wrong = files.flatMap((file) =>
      ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((diagnostic) =>
        `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`
      )
    )
    assert.deepStrictEqual(wrong, [])
  })
})
