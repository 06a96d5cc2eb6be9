/**
 * Which names a function uses and does not define: its free variables, by the scoping rules of JavaScript in strict mode
 * (where a function declared in a block belongs to the block).
 */
import type { Node } from "acorn"
import { environment, globals } from "./globals.js"

/** Acorn's nodes, read by their `type`: the walk below is the same for most of them. */
interface Any extends Node {
  readonly [field: string]: unknown
}

interface Scope {
  readonly names: Set<string>
  readonly parent: Scope | undefined
}

interface Walk {
  readonly found: Set<string>
  readonly source: string
  /** Whether an own `this` and `arguments` are in reach. */
  ownThis: boolean
}

const isNode = (u: unknown): u is Any =>
  typeof u === "object" && u !== null && "type" in u && typeof u.type === "string"

const list = (u: unknown): ReadonlyArray<unknown> => Array.isArray(u) ? u : []

const text = (u: unknown): string => typeof u === "string" ? u : ""

const within = (parent: Scope | undefined): Scope => ({ names: new Set(), parent })

const defined = (scope: Scope, name: string): boolean => {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) if (at.names.has(name)) return true
  return false
}

/** Free variables of a parsed function (an expression), in order of appearance. */
export const freeVariables = (node: Node, source: string): ReadonlyArray<string> => {
  const walk: Walk = { found: new Set(), source, ownThis: false }
  visit(walk, node as Any, within(undefined))
  return Array.from(walk.found)
}

const visitAll = (walk: Walk, nodes: unknown, scope: Scope): void => {
  for (const node of list(nodes)) if (isNode(node)) visit(walk, node, scope)
}

const visitChildren = (walk: Walk, node: Any, scope: Scope): void => {
  for (const key of Object.keys(node)) {
    const child = node[key]
    if (isNode(child)) visit(walk, child, scope)
    else if (Array.isArray(child)) visitAll(walk, child, scope)
  }
}

const visit = (walk: Walk, node: Any, scope: Scope): void => {
  switch (node.type) {
    case "Identifier":
      return reference(walk, text(node.name), scope)
    case "ThisExpression":
    case "Super":
      if (!walk.ownThis) walk.found.add(node.type === "Super" ? "super" : "this")
      return
    case "MetaProperty":
      if (walk.source.slice(node.start, node.end) === "import.meta") walk.found.add("import.meta")
      return
    case "ImportExpression":
      return dynamicImport(walk, node, scope)
    case "UnaryExpression":
      return node.operator === "typeof" && isNode(node.argument) && environment.has(text(node.argument.name))
        ? undefined
        : visitChildren(walk, node, scope)
    case "MemberExpression":
      return member(walk, node, scope)
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return property(walk, node, scope)
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "FunctionDeclaration":
      return functionNode(walk, node, scope)
    case "ClassExpression":
    case "ClassDeclaration":
      return classNode(walk, node, scope)
    case "StaticBlock":
      return ownBlock(walk, node, scope)
    case "BlockStatement":
    case "SwitchStatement":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
      return block(walk, node, scope)
    case "CatchClause":
      return catchClause(walk, node, scope)
    case "LabeledStatement":
      return isNode(node.body) ? visit(walk, node.body, scope) : undefined
    case "BreakStatement":
    case "ContinueStatement":
      return
    default:
      return visitChildren(walk, node, scope)
  }
}

const reference = (walk: Walk, name: string, scope: Scope): void => {
  if (defined(scope, name)) return
  if (name === "arguments") {
    if (!walk.ownThis) walk.found.add("arguments")
  } else if (!globals.has(name) && !shims.has(name)) walk.found.add(name)
}

/** What compilers put in and `compile` provides: esbuild keeps names by `__name`, vite replaces `import()`. */
export const shims: ReadonlySet<string> = new Set(["__name", "__vite_ssr_dynamic_import__"])

const viteImport = /^__(?:vi|vite_ssr)_import_\d+__$/
const viteMeta = "__vite_ssr_import_meta__"

const member = (walk: Walk, node: Any, scope: Scope): void => {
  const { computed, object, property } = node
  if (isNode(object) && object.type === "Identifier" && isNode(property) && computed !== true) {
    const name = text(object.name)
    // Under vitest an imported name is a property of a namespace: people know it by its own name.
    if (viteImport.test(name) && !defined(scope, name)) {
      walk.found.add(text(property.name))
      return
    }
    if (name === viteMeta && !defined(scope, name)) {
      walk.found.add("import.meta")
      return
    }
  }
  if (isNode(object)) visit(walk, object, scope)
  if (computed === true && isNode(property)) visit(walk, property, scope)
}

/** A module named relative to the submitting file would be looked for beside Creel's own. */
const dynamicImport = (walk: Walk, node: Any, scope: Scope): void => {
  const source = isNode(node.source) ? node.source : undefined
  const value = source?.value
  if (typeof value === "string" && /^\.{0,2}\//.test(value)) walk.found.add(`import(${JSON.stringify(value)})`)
  visitChildren(walk, node, scope)
}

const property = (walk: Walk, node: Any, scope: Scope): void => {
  if (node.computed === true && isNode(node.key)) visit(walk, node.key, scope)
  if (!isNode(node.value)) return
  if (node.type !== "PropertyDefinition") return visit(walk, node.value, scope)
  withThis(walk, true, () => visit(walk, node.value as Any, scope))
}

const withThis = (walk: Walk, own: boolean, f: () => void): void => {
  const outer = walk.ownThis
  walk.ownThis = own || outer
  f()
  walk.ownThis = outer
}

const functionNode = (walk: Walk, node: Any, outer: Scope): void => {
  const scope = within(outer)
  if (node.type === "FunctionExpression" && isNode(node.id)) scope.names.add(text(node.id.name))
  const inside = within(scope)
  for (const parameter of list(node.params)) if (isNode(parameter)) bind(parameter, inside.names)
  const nested = outer.parent !== undefined
  // The outermost function has no `this` that crosses: whatever it is called on stays here.
  const own = node.type !== "ArrowFunctionExpression" && nested
  const run = () => {
    visitAll(walk, node.params, inside)
    if (!isNode(node.body)) return
    if (node.body.type !== "BlockStatement") return visit(walk, node.body, inside)
    const body = within(inside)
    hoistVars(node.body, body.names)
    declare(list(node.body.body), body.names)
    visitAll(walk, node.body.body, body)
  }
  if (node.type !== "ArrowFunctionExpression") inside.names.add("arguments")
  withThis(walk, own, run)
}

const classNode = (walk: Walk, node: Any, outer: Scope): void => {
  const scope = within(outer)
  if (isNode(node.id)) scope.names.add(text(node.id.name))
  if (isNode(node.superClass)) visit(walk, node.superClass, scope)
  if (isNode(node.body)) withThis(walk, true, () => visitAll(walk, (node.body as Any).body, scope))
}

const ownBlock = (walk: Walk, node: Any, outer: Scope): void => {
  const scope = within(outer)
  hoistVars(node, scope.names)
  declare(list(node.body), scope.names)
  withThis(walk, true, () => visitAll(walk, node.body, scope))
}

const block = (walk: Walk, node: Any, outer: Scope): void => {
  const scope = within(outer)
  declare(list(node.body), scope.names)
  declare([node.init, node.left], scope.names)
  for (const branch of list(node.cases)) if (isNode(branch)) declare(list(branch.consequent), scope.names)
  visitChildren(walk, node, scope)
}

const catchClause = (walk: Walk, node: Any, outer: Scope): void => {
  const scope = within(outer)
  if (isNode(node.param)) bind(node.param, scope.names)
  visitChildren(walk, node, scope)
}

/** Names that a list of statements declares for its own block. */
const declare = (statements: ReadonlyArray<unknown>, names: Set<string>): void => {
  for (const statement of statements) {
    if (!isNode(statement)) continue
    if (statement.type === "VariableDeclaration") declarations(statement, names)
    else if (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") {
      if (isNode(statement.id)) names.add(text(statement.id.name))
    }
  }
}

const declarations = (node: Any, names: Set<string>): void => {
  for (const declarator of list(node.declarations)) {
    if (isNode(declarator) && isNode(declarator.id)) bind(declarator.id, names)
  }
}

/** `var` belongs to the function, however deep it stands. */
const hoistVars = (node: Any, names: Set<string>): void => {
  for (const key of Object.keys(node)) {
    for (const child of Array.isArray(node[key]) ? list(node[key]) : [node[key]]) {
      if (!isNode(child) || /Function|Class/.test(child.type)) continue
      if (child.type === "VariableDeclaration" && child.kind === "var") declarations(child, names)
      hoistVars(child, names)
    }
  }
}

/** The names a pattern binds. */
const bind = (pattern: Any, names: Set<string>): void => {
  switch (pattern.type) {
    case "Identifier":
      names.add(text(pattern.name))
      return
    case "ObjectPattern":
      return each(pattern.properties, names)
    case "ArrayPattern":
      return each(pattern.elements, names)
    case "Property":
      return isNode(pattern.value) ? bind(pattern.value, names) : undefined
    case "RestElement":
      return isNode(pattern.argument) ? bind(pattern.argument, names) : undefined
    case "AssignmentPattern":
      return isNode(pattern.left) ? bind(pattern.left, names) : undefined
  }
}

const each = (patterns: unknown, names: Set<string>): void => {
  for (const pattern of list(patterns)) if (isNode(pattern)) bind(pattern, names)
}
