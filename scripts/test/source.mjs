// What the house tests look at: the packages, their files, their imports.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { packages, root } from "../build.mjs"

export { root }

export const read = (file) => readFileSync(path.join(root, file), "utf8")

export const json = (file) => JSON.parse(read(file))

/** Every package: its folder's name, its package.json, and the names it has published. */
export const all = packages().map((dir) => ({ short: path.basename(dir), dir, json: json(`${dir}/package.json`) }))

/** The `.ts` files below a folder of the repository, as paths from its root. */
export const files = (dir) =>
  existsSync(path.join(root, dir))
    ? readdirSync(path.join(root, dir), { withFileTypes: true })
      .filter((entry) => !["node_modules", "dist", "build", ".tsbuildinfo"].includes(entry.name))
      .flatMap((entry) => entry.isDirectory() ? files(`${dir}/${entry.name}`) : [`${dir}/${entry.name}`])
      .filter((file) => /\.m?ts$/.test(file) && !file.endsWith(".d.ts"))
    : []

const parsed = new Map()

export const parse = (file) => {
  if (!parsed.has(file)) parsed.set(file, ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true))
  return parsed.get(file)
}

/** All module specifiers of a file: imports, re-exports and dynamic imports, with their line and whether only types cross. */
export const imports = (source) => {
  const found = []
  const add = (node, literal, typeOnly) =>
    found.push({
      specifier: literal.text,
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      typeOnly
    })
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (node.arguments[0] !== undefined && ts.isStringLiteral(node.arguments[0])) add(node, node.arguments[0], false)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** `@effect/rpc/Rpc` → `@effect/rpc`. */
export const packageOf = (specifier) =>
  specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0]

/** Whether the line, or the one above it, carries `house: <reason>`: an exception that says why. */
export const excused = (text, line) => {
  const lines = text.split("\n")
  return [lines[line - 1], lines[line - 2]].some((each) => each !== undefined && /\/\/.*\bhouse: \S+/.test(each))
}
