/**
 * Values that cross: to an executor, to another worker, to a client. One codec for all of them, in process too, so that
 * nothing works on a laptop and breaks on a cluster.
 *
 * Without a Schema a value is *plain*: primitives (`undefined`, `NaN`, `-0` and bigints of any size included), Date,
 * arrays (holes are kept), records (with or without a prototype), Map, Set, ArrayBuffer, typed arrays and DataView (Node's
 * Buffer comes back as one where there is one), with cycles and shared references; and `Option`, `Either`, `Chunk`, `Cause`,
 * `Exit`, `Duration`, `DateTime`, `HashMap`, `HashSet`, `Data.struct` and `Data.array` of such values, as themselves: `Equal`
 * holds. Of errors, Creel's own and the exceptions of Effect's `Cause` module cross as themselves. Anything else is
 * `NotEncodable`, with its path; nothing is stripped. (Two things are not looked at: non-enumerable properties, and named
 * properties on arrays. `Effect.succeed` and `Effect.fail` are Exits in Effect 3, and cross as those.)
 *
 * Buffers of 512 bytes and more stand out of band and decode as views, without a copy; views on one buffer go on sharing
 * it. Only the bytes that the value's views see leave: a view on a corner of a pool takes its corner with it.
 *
 * @since 0.1.0
 */
import type { Payload } from "@creel/core/Payload"
import * as Payloads from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { canonicalToken } from "./codec/digest.js"
import { write } from "./codec/effects.js"
import * as effectsReader from "./codec/effectsReader.js"
import { typeName } from "./codec/kinds.js"
import { describe as what, Refused, Unreadable } from "./codec/path.js"
import * as Future from "./Future.js"

/**
 * A value that cannot cross. `path` says where it stands (`args[0].user`), `found` what stands there, never its content.
 * `future` is the key when it is a Future where none belongs.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotEncodable extends Schema.TaggedError<NotEncodable>("creel/Value/NotEncodable")("NotEncodable", {
  path: Schema.String,
  found: Schema.String,
  future: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = `${this.path === "" ? "the value" : this.path} cannot cross: found ${this.found}`
    return this.future === undefined
      ? `${what}. What to do: pass plain data, or give the task a Schema for this parameter, success or error`
      : `${what}. What to do: join the future and pass on its value, or pass it as an argument, alone or in arrays and records`
  }
}

/**
 * A Future in what a task returns or fails with: the future belongs to the attempt and would be released before anyone
 * could join it.
 *
 * @since 0.1.0
 * @category errors
 */
export class FutureInResult extends Schema.TaggedError<FutureInResult>("creel/Value/FutureInResult")("FutureInResult", {
  path: Schema.String,
  key: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${
      this.path === "" ? "the value" : this.path
    } is a Future (${this.key}), which belongs to the attempt that made ` +
      "it. What to do: join it and return its value, or retain it in the caller's scope"
  }
}

/**
 * Bytes that are no value, or a value of another version of Creel.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotDecodable extends Schema.TaggedError<NotDecodable>("creel/Value/NotDecodable")("NotDecodable", {
  found: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `the bytes do not decode: found ${this.found}. What to do: run the same version of Creel, and the same build of ` +
      "the task's module, on both sides"
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface EncodeOptions {
  /** What paths in errors begin with. Default: nothing. */
  readonly path?: string | undefined
  /** Copy large buffers into a SharedArrayBuffer each, instead of an ArrayBuffer each. Default: false. */
  readonly share?: boolean | undefined
  /** The owner's name, when the value went through its Schema: `schemaOf` answers it. */
  readonly schema?: string | undefined
}

const run = (
  value: unknown,
  asInput: ((leaf: object) => number | undefined) | undefined,
  options: EncodeOptions | undefined,
  root: string
): Payload => {
  try {
    return write(value, {
      root: options?.path ?? root,
      share: options?.share ?? false,
      schema: options?.schema,
      asInput
    })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (!Future.isFuture(error.value)) throw new NotEncodable({ path: error.path, found: error.found })
    const key = error.value.key
    if (asInput === undefined) throw new FutureInResult({ path: error.path, key })
    const found = error.found.startsWith("a Future") ? error.found : `a Future (${key})`
    throw new NotEncodable({ path: error.path, found, future: key })
  }
}

/**
 * A value in bytes. Throws `NotEncodable`, or `FutureInResult`: this stands on the hot path; see `encodeEither` for the other form. What is
 * changed in the value afterwards is not seen in the payload.
 *
 * @example
 * ```ts
 * import { Value } from "creel"
 *
 * const payload = Value.encode({ a: 1, b: new Map([["x", new Float64Array(1000)]]) })
 * const value = Value.decode(payload)
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = (value: unknown, options?: EncodeOptions): Payload => run(value, undefined, options, "")

/**
 * @since 0.1.0
 * @category encoding
 */
export const encodeEither = (
  value: unknown,
  options?: EncodeOptions
): Either.Either<Payload, NotEncodable | FutureInResult> => {
  try {
    return Either.right(encode(value, options))
  } catch (error) {
    if (error instanceof NotEncodable || error instanceof FutureInResult) return Either.left(error)
    throw error
  }
}

const read = (payload: Payload, inputs: ReadonlyArray<unknown>): unknown => {
  try {
    return effectsReader.read(payload, inputs)
  } catch (error) {
    throw notDecodable(error)
  }
}

const notDecodable = (error: unknown): unknown =>
  error instanceof Unreadable ? new NotDecodable({ found: error.found }) : error

/**
 * The value in a payload. Large buffers become views on the payload's, without a copy. Throws `NotDecodable`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (payload: Payload): unknown => read(payload, [])

/**
 * @since 0.1.0
 * @category decoding
 */
export const decodeEither = (payload: Payload): Either.Either<unknown, NotDecodable> => {
  try {
    return Either.right(decode(payload))
  } catch (error) {
    if (error instanceof NotDecodable) return Either.left(error)
    throw error
  }
}

/**
 * All bytes of a payload, for whoever keeps or sends them by their own means: the head's first, then those of each buffer.
 *
 * @example
 * ```ts
 * import { Value } from "creel"
 *
 * const parts = Value.parts(Value.encode({ a: 1 }))
 * const value = Value.decode(Value.fromParts(parts))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const parts = (payload: Payload): ReadonlyArray<Uint8Array> => Payloads.parts(payload)

/**
 * The payload that has these `parts`. Their memory is used where it holds nothing else, so it is not to be changed afterwards.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromParts = (parts: ReadonlyArray<Uint8Array>): Payload => Payloads.fromParts(parts)

/**
 * What people would call the type of a value: `number`, `Array(3)`, `Float64Array(1000)`, `Map(2)`, `Option`, a `_tag`.
 *
 * @since 0.1.0
 * @category getters
 */
export const describe = (value: unknown): string => typeName(value)

/**
 * A text that equal values share, and no others: the same in every thread, process and run. Equality is that of contents:
 * records by their fields in any order, Maps and Sets in any order, `Data`, `Option` and their like as `Equal` has it; `-0`
 * is `0`, and `NaN` is `NaN`. Long texts are digests. Throws `NotEncodable`.
 *
 * @example
 * ```ts
 * import { Value } from "creel"
 *
 * const same = Value.token({ a: 1, b: [2] }) === Value.token({ b: [2], a: 1 })
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const token = (value: unknown): string => {
  try {
    return canonicalToken(value)
  } catch (error) {
    throw error instanceof Refused ? new NotEncodable({ path: error.path, found: error.found }) : error
  }
}

/**
 * Who transformed the value with a Schema before it was encoded, if anybody: what was given as `schema` to `encode`.
 * Throws `NotDecodable`.
 *
 * @since 0.1.0
 * @category getters
 */
export const schemaOf = (payload: Payload): string | undefined => {
  try {
    return effectsReader.schemaOf(payload)
  } catch (error) {
    throw notDecodable(error)
  }
}

/**
 * The arguments of a task in bytes. `asInput` is asked for each object in them that is not itself an array, a tuple or a
 * plain record; where it answers a number, a placeholder for that input stands in its place. Class instances, Options,
 * Maps and the like are values and are not searched: a future inside one is refused.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeArgs = (
  args: ReadonlyArray<unknown>,
  asInput: (leaf: object) => number | undefined,
  options?: EncodeOptions
): Payload => run(args, asInput, options, "args")

/**
 * The arguments in a payload, with the values of the inputs in their places. Throws `NotDecodable`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeArgs = (payload: Payload, inputs: ReadonlyArray<unknown>): Array<unknown> => {
  const args = read(payload, inputs)
  if (!Array.isArray(args)) throw new NotDecodable({ found: `${what(args)} where arguments belong` })
  return args
}

/**
 * A Cause in bytes. What it fails with must be of the domain; its defects always cross: an Error keeps name, message,
 * stack, causes and what plain fields it has, anything else that is not of the domain is told as text. Who was
 * interrupted by whom is kept. Throws `NotEncodable`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeCause = (cause: Cause.Cause<unknown>, options?: EncodeOptions): Payload =>
  run(cause, undefined, options, "cause")

/**
 * @since 0.1.0
 * @category decoding
 */
export const decodeCause = (payload: Payload): Cause.Cause<unknown> => {
  const cause = decode(payload)
  if (!Cause.isCause(cause)) throw new NotDecodable({ found: `${what(cause)} where a Cause belongs` })
  return cause
}

/**
 * @since 0.1.0
 * @category encoding
 */
export const encodeExit = (exit: Exit.Exit<unknown, unknown>, options?: EncodeOptions): Payload =>
  run(exit, undefined, options, "exit")

/**
 * @since 0.1.0
 * @category decoding
 */
export const decodeExit = (payload: Payload): Exit.Exit<unknown, unknown> => {
  const exit = decode(payload)
  if (!Exit.isExit(exit)) throw new NotDecodable({ found: `${what(exit)} where an Exit belongs` })
  return exit
}
