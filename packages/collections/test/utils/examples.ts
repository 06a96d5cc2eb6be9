/**
 * The examples of a package, as modules. In an example, a statement `const name = ...` that ends in a comment says what
 * it gives: `const sum = ... // 6`. The comment is an expression in the example's own module; `// fails: "why"` says what
 * it fails with.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"

export interface Check {
  readonly name: string
  readonly fails: boolean
  readonly expected: string
}

export interface Example {
  /** `Bag.map`, or `Bag (2)` where what follows is no declaration. */
  readonly name: string
  readonly checks: ReadonlyArray<Check>
  /** A module that exports every top-level name, and the checks' expectations as thunks in `expectations`. */
  readonly module: string
}

const filesIn = (dir: string): ReadonlyArray<string> =>
  fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? entry.name === "internal" ? [] : filesIn(path.join(dir, entry.name))
      : entry.name.endsWith(".ts")
      ? [path.join(dir, entry.name)]
      : []
  )

const fence = /^\s*\* ```ts\n([\s\S]*?)^\s*\* ```$/gm

/** What a doc comment stands over. */
const declared = /^\s*\*\/\s*\n(?:export )?(?:declare )?(?:const|class|interface|type|function) (\w+)/m

const checksOf = (source: ts.SourceFile, text: string): { names: Array<string>; checks: Array<Check> } => {
  const names: Array<string> = []
  const checks: Array<Check> = []
  for (const statement of source.statements) {
    if (ts.isClassDeclaration(statement) && statement.name !== undefined) names.push(statement.name.text)
    if (!ts.isVariableStatement(statement)) continue
    for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) names.push(name.text)
    const last = names[names.length - 1]
    const comment = /^[ \t]*\/\/ (fails: )?(.+)/.exec(text.slice(statement.end))
    if (last === undefined || comment === null) continue
    checks.push({ name: last, fails: comment[1] !== undefined, expected: comment[2]! })
  }
  return { names, checks }
}

/** The blocks of a page. */
export const examplesOn = (page: string): ReadonlyArray<Example> =>
  Array.from(
    fs.readFileSync(page, "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm),
    (match, n) => exampleOf(`${path.basename(page)}.${n + 1}`, match[1]!)
  )

const exampleOf = (name: string, text: string): Example => {
  const source = ts.createSourceFile("example.ts", text, ts.ScriptTarget.ES2022, true)
  const { checks, names } = checksOf(source, text)
  const expectations = checks.map(({ expected }) => `() => (${expected})`).join(", ")
  const bare = text.replace(/^export (?=const|class)/gm, "")
  return {
    name,
    checks,
    module: `${bare}\nexport { ${names.join(", ")} }\nexport const expectations = [${expectations}]\n`
  }
}

export const examplesIn = (src: string): ReadonlyArray<Example> =>
  filesIn(src).flatMap((file) => {
    const content = fs.readFileSync(file, "utf8")
    const module = path.basename(file, ".ts")
    return Array.from(content.matchAll(fence), (match, n) => {
      const text = match[1]!.replace(/^\s*\* ?/gm, "")
      const after = declared.exec(content.slice(match.index))
      return exampleOf(`${module}.${after?.[1] ?? n}`, text)
    })
  })
