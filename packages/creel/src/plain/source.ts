/**
 * From a function to text that any worker can make the same function of, or to the reason why not.
 */
import { type Node, parse as acornParse } from "acorn"
import * as Either from "effect/Either"
import { SubmitError } from "../FutureError.js"
import { freeVariables } from "./scope.js"

/** How the function gives its value. */
export type Form = "sync" | "promise" | "generator"

export interface Parsed {
  readonly name: string
  /** An expression whose value is the function. */
  readonly source: string
  readonly form: Form
}

interface FunctionNode extends Node {
  readonly type: "ArrowFunctionExpression" | "FunctionExpression"
  readonly async?: boolean
  readonly generator?: boolean
}

const kept = 512

/** By source: a function written inside a loop is a new one each time round, with the same text. */
const bySource = new Map<string, Parsed>()

export const parse = (f: unknown): Either.Either<Parsed, SubmitError> => {
  if (typeof f !== "function") return Either.left(notAFunction("a function", `it is ${f === null ? "null" : typeof f}`))
  const source = Function.prototype.toString.call(f)
  // The name is not always in the text: `const inc = (x) => x + 1`.
  const cacheKey = `${f.name}\n${source}`
  const known = bySource.get(cacheKey)
  if (known !== undefined) return Either.right(known)
  const parsed = parseSource(f.name, source)
  if (Either.isLeft(parsed)) return parsed
  if (bySource.size >= kept) bySource.delete(bySource.keys().next().value!)
  bySource.set(cacheKey, parsed.right)
  return parsed
}

const notAFunction = (task: string, detail: string, advice?: string): SubmitError =>
  new SubmitError({ reason: "NotAFunction", task, detail, advice })

const parseSource = (name: string, source: string): Either.Either<Parsed, SubmitError> => {
  const task = name === "" ? "a function" : `function ${name}`
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    return Either.left(
      notAFunction(
        task,
        "it is bound, or built into JavaScript, and has no text that could be sent",
        "write a function around it: (x) => Math.abs(x)"
      )
    )
  }
  const found = asExpression(source) ?? asMethod(source)
  if (found === undefined) {
    return Either.left(
      notAFunction(
        task,
        /^class\b/.test(source)
          ? "it is a class"
          : "its text is not a function in strict JavaScript (an accessor, a function with a computed name, or sloppy code)",
        "write it as an arrow function, or make it a task in a file"
      )
    )
  }
  const { node, text } = found
  if (node.async === true && node.generator === true) {
    return Either.left(
      notAFunction(task, "it is an async generator, whose values come one by one", "return a promise of an array")
    )
  }
  const captured = freeVariables(node, text)
  const form: Form = node.async === true ? "promise" : node.generator === true ? "generator" : "sync"
  if (captured.length > 0) return Either.left(capturedVariables(name, task, text, form, captured))
  return Either.right({ name: name === "" ? "function" : name, source: text, form })
}

interface Found {
  readonly node: FunctionNode
  /** What the node's positions count in. */
  readonly text: string
}

const parseExpression = (text: string): Node | undefined => {
  try {
    const program = acornParse(`(${text}\n)`, { ecmaVersion: "latest", sourceType: "module" })
    const statement = program.body[0]
    return program.body.length === 1 && statement?.type === "ExpressionStatement" ? statement.expression : undefined
  } catch {
    return undefined
  }
}

const isFunctionNode = (node: Node | undefined): node is FunctionNode =>
  node?.type === "ArrowFunctionExpression" || node?.type === "FunctionExpression"

const asExpression = (source: string): Found | undefined => {
  const node = parseExpression(source)
  return isFunctionNode(node) ? { node, text: `(${source}\n)` } : undefined
}

/** `foo(x) { … }`, as methods are written, becomes `function(x) { … }`: what it was a method of does not cross. */
const asMethod = (source: string): Found | undefined => {
  const object = parseExpression(`{${source}}`)
  if (object === undefined || !("properties" in object) || !Array.isArray(object.properties)) return undefined
  const property: unknown = object.properties[0]
  if (object.properties.length !== 1 || typeof property !== "object" || property === null) return undefined
  const { computed, kind, value } = property as { computed?: boolean; kind?: string; value?: Node }
  if (computed === true || kind !== "init" || value?.type !== "FunctionExpression") return undefined
  const method = value as FunctionNode
  const text = `({${source}}\n)`.slice(method.start, method.end)
  const prefix = `${method.async === true ? "async " : ""}function${method.generator === true ? "*" : ""}`
  const again = asExpression(`${prefix}${text}`)
  // `super` is lawful in a method alone; elsewhere it does not parse.
  return again ?? { node: method, text: `({${source}}\n)` }
}

const capturedVariables = (
  name: string,
  task: string,
  text: string,
  form: Form,
  captured: ReadonlyArray<string>
): SubmitError => {
  const names = captured.join(", ")
  const shown = captured.length === 1 ? `the variable ${names}` : `the variables ${names}`
  return new SubmitError({
    reason: "CapturedVariables",
    task,
    captured,
    detail: `it closes over ${shown}, and only the text of a function reaches a worker`,
    advice: `pass what it needs as arguments, or make it a task in a file that the workers load:\n\n` +
      asTask(name === "" ? "myTask" : name, text, form, captured)
  })
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** The same function as a task in a file, for the reader of the error to copy. */
const asTask = (name: string, text: string, form: Form, captured: ReadonlyArray<string>): string => {
  const body = text.slice(1, -2).replace(/__vi(?:te_ssr)?_import_\d+__\./g, "").replace(/\(0,\s*([\w$.]+)\)/g, "$1")
  const short = body.length > 800 ? `${body.slice(0, 800)} …` : body
  const effectful = form === "generator" || captured.includes("Effect")
  const made = effectful
    ? `Task.make("${name}", ${short})`
    : form === "promise"
    ? `Task.promise("${name}", (signal) => ${short})`
    : `Task.sync("${name}", ${short})`
  const needed = captured.filter((item) =>
    identifier.test(item) && item !== "this" && item !== "arguments" && item !== "super"
  )
  return [
    "  // tasks.ts",
    `  import { Task } from "creel"`,
    ...(needed.length === 0 ? [] : [`  // … and here what it uses: ${needed.join(", ")}`]),
    `  export const ${identifier.test(name) ? name : "myTask"} = ${made.split("\n").join("\n  ")}`
  ].join("\n")
}
