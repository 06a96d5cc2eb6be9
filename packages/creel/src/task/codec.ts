/**
 * Arguments, results and errors of a task through its schemas and the codec.
 *
 * A payload that holds what a Schema made says so, with the id of the task whose Schema it was: a reader that has that
 * task undoes it at once; one that has not keeps it as `Undecoded`, for a parameter with a Schema of its own.
 */
import type { Payload } from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { canonicalDigest } from "../codec/digest.js"
import * as Future from "../Future.js"
import { isRef } from "../graph/refs.js"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"

/** An input whose maker's Schema is not here. */
export class Undecoded {
  constructor(readonly owner: string, readonly encoded: unknown) {}
}

export const encodeWith = (schema: Schema.Schema.AnyNoContext, value: unknown, path: string): unknown =>
  Either.getOrThrowWith(
    ParseResult.encodeUnknownEither(schema)(value),
    (issue) => new Value.NotEncodable({ path, found: `what its Schema refuses: ${explain(issue)}` })
  )

export const decodeWith = (schema: Schema.Schema.AnyNoContext, value: unknown, what: string): unknown =>
  Either.getOrThrowWith(
    ParseResult.decodeUnknownEither(schema)(value),
    (issue) => new Value.NotDecodable({ found: `${what} that its Schema refuses: ${explain(issue)}` })
  )

const deep = (value: unknown, depth: number, path: string, f: (value: unknown, path: string) => unknown): unknown =>
  depth === 0
    ? f(value, path)
    : Array.isArray(value)
    ? value.map((item, index) => deep(item, depth - 1, `${path}[${index}]`, f))
    : value

/** Each element of arrays so many levels deep through a Schema. */
export const encodeDeep = (schema: Schema.Schema.AnyNoContext, value: unknown, depth: number, path: string): unknown =>
  deep(value, depth, path, (item, path) => encodeWith(schema, item, path))

const decodeDeep = (schema: Schema.Schema.AnyNoContext, value: unknown, depth: number, what: string): unknown =>
  deep(value, depth, what, (item, what) => decodeWith(schema, item, what))

/** How many levels of arrays stand between a value and what its owner made: see `Owners`. */
const depthOf = (owner: string): number => {
  let depth = 0
  while (owner.endsWith("[]", owner.length - 2 * depth)) depth++
  return depth
}

/** An async Schema ends as `Forbidden`, which alone would not say what to do. */
const explain = (issue: ParseResult.ParseIssue): string => {
  const text = ParseResult.TreeFormatter.formatIssueSync(issue)
  return text.includes("cannot be be resolved synchronously") || text.includes("cannot be resolved synchronously")
    ? `${text} (a Schema that works asynchronously cannot cross: decode in the task instead)`
    : text
}

/** Whether a Future, or the ref of another node of a graph, stands anywhere that is searched. */
const holdsFuture = (value: unknown, seen: Set<object> = new Set()): boolean => {
  if (typeof value !== "object" || value === null) return false
  if (Future.isFuture(value) || isRef(value)) return true
  const proto: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return false
  if (seen.has(value)) return false
  seen.add(value)
  const items: ReadonlyArray<unknown> = Array.isArray(value) ? value : Object.values(value)
  return items.some((item) => holdsFuture(item, seen))
}

/**
 * Through the schemas go arguments that hold no future. One that is a future is replaced by a value of its type anyway;
 * one that holds futures crosses as it stands, which is right if the rest of it is plain, and refused if it is not. Which
 * ones went through stands in a last element of its own.
 */
const throughSchemas = (schemas: Task.Schemas["args"], args: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  if (schemas === undefined) return args
  const out: Array<unknown> = []
  let mask = ""
  for (let i = 0; i < args.length; i++) {
    const schema = schemas[i]
    const through = schema !== undefined && !holdsFuture(args[i])
    out.push(through ? encodeWith(schema, args[i], `args[${i}]`) : args[i])
    mask += through ? "1" : "0"
  }
  out.push(mask)
  return out
}

const decodeArgs = (
  name: string,
  schemas: Task.Schemas["args"],
  payload: Payload,
  inputs: ReadonlyArray<unknown>
): Array<unknown> => {
  const args = Value.decodeArgs(payload, inputs)
  if (schemas === undefined && inputs.length === 0) return args
  const mask = schemas === undefined ? "" : args.pop()
  if (typeof mask !== "string") throw new Value.NotDecodable({ found: "arguments of another contract" })
  const pending = new Set(inputs.filter((input) => input instanceof Undecoded))
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    const schema = schemas?.[i]
    const what = `args[${i}] of task ${name}`
    if (arg instanceof Undecoded) {
      if (schema === undefined) throw unowned(arg, what)
      args[i] = decodeWith(schema, arg.encoded, what)
      pending.delete(arg)
    } else if (schema !== undefined && mask[i] === "1") args[i] = decodeWith(schema, arg, what)
  }
  for (const input of pending) throw unowned(input, `an argument of task ${name}`)
  return args
}

const unowned = (input: Undecoded, what: string): Value.NotDecodable =>
  new Value.NotDecodable({
    found: `${what}, encoded with the Schema of task ${input.owner}, which this worker does not have, and ` +
      "no Schema for the parameter"
  })

/**
 * The value of an input, by the Schema of the task that made it, where `lookup` knows that task by its id; else
 * `Undecoded`, which only `decodeArgs` takes, as a whole argument.
 */
export const decodeInput = (payload: Payload, lookup: (id: string) => Task.Contract.Any | undefined): unknown => {
  const owner = Value.schemaOf(payload)
  if (owner === undefined) return Value.decode(payload)
  const depth = depthOf(owner)
  const task = lookup(depth === 0 ? owner : owner.slice(0, -2 * depth))
  if (task === undefined) return new Undecoded(owner, Value.decode(payload))
  const { success } = task.schemas
  return depth === 0 || success === undefined
    ? task.decodeSuccess(payload)
    : decodeDeep(success, Value.decode(payload), depth, `the result of task ${task.name}`)
}

/** What is large crosses to the threads of this process without another copy. */
export const shared: Value.EncodeOptions = { share: true }

/** The parts of a contract that go through schemas and codec. Closures, so that they can be passed on by themselves. */
export const make = (name: string, id: string, schemas: Task.Schemas) => {
  const { args, error, success } = schemas
  return {
    encodeArgs: (values: ReadonlyArray<unknown>, asInput: (leaf: object) => number | undefined): Payload =>
      Value.encodeArgs(throughSchemas(args, values), asInput, shared),
    decodeArgs: (payload: Payload, inputs: ReadonlyArray<unknown>): Array<unknown> =>
      decodeArgs(name, args, payload, inputs),
    digestArgs: (values: ReadonlyArray<unknown>, inputKey: (leaf: object) => string | undefined): string =>
      canonicalDigest(throughSchemas(args, values), inputKey, "args"),
    encodeSuccess: (value: unknown, options?: { readonly share?: boolean | undefined }): Payload => {
      const more = { path: "result", share: options?.share }
      return success === undefined
        ? Value.encode(value, more)
        : Value.encode(encodeWith(success, value, "result"), { ...more, schema: id })
    },
    decodeSuccess: (payload: Payload): unknown => {
      const value = Value.decode(payload)
      return success === undefined ? value : decodeWith(success, value, `the result of task ${name}`)
    },
    encodeCause: (cause: Cause.Cause<unknown>): Payload =>
      error === undefined || Option.isNone(Cause.failureOption(cause))
        ? Value.encodeCause(cause)
        : Value.encodeCause(Cause.map(cause, (failure) => encodeWith(error, failure, "error")), { schema: id }),
    decodeCause: (payload: Payload): Cause.Cause<unknown> => {
      const cause = Value.decodeCause(payload)
      return error === undefined || Value.schemaOf(payload) === undefined
        ? cause
        : Cause.map(cause, (failure) => decodeWith(error, failure, `the error of task ${name}`))
    }
  }
}
