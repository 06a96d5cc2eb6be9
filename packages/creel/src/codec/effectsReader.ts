/**
 * Bytes to Effect's data types, and with them the whole way from a payload to its value (`read`): the other half of
 * `effects`.
 */
import type { Payload } from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as FutureErrors from "../FutureError.js"
import { exceptions } from "./kinds.js"
import { Unreadable } from "./path.js"
import { Reader } from "./reader.js"
import * as Tag from "./tags.js"

/** Readers at rest. A constructor may decode while one is at work; who throws does not come back. */
const free: Array<Reader> = []

const reading = <A>(payload: Payload, inputs: ReadonlyArray<unknown>, f: (reader: Reader) => A): A => {
  const reader = free.pop() ?? new Reader(readEffect)
  reader.open(payload, inputs)
  const answer = f(reader)
  reader.close()
  free.push(reader)
  return answer
}

const run = (reader: Reader): unknown => reader.run()

/** Throws `Unreadable`. */
export const read = (payload: Payload, inputs: ReadonlyArray<unknown>): unknown => reading(payload, inputs, run)

/** Whose Schema the value went through. Throws `Unreadable`. */
export const schemaOf = (payload: Payload): string | undefined => reading(payload, [], (reader) => reader.schema)

const readEffect = (reader: Reader, tag: number): unknown => {
  if (tag === Tag.None) return Option.none()
  const at = reader.reserve()
  return reader.settle(at, readKind(reader, tag))
}

const readKind = (reader: Reader, tag: number): unknown => {
  switch (tag) {
    case Tag.Some:
      return Option.some(reader.value())
    case Tag.Right:
      return Either.right(reader.value())
    case Tag.Left:
      return Either.left(reader.value())
    case Tag.Chunk:
      return Chunk.unsafeFromArray(readItems(reader))
    case Tag.HashSet:
      return HashSet.fromIterable(readItems(reader))
    case Tag.HashMap:
      return HashMap.fromIterable(readEntries(reader))
    case Tag.DurationMillis:
      return Duration.millis(reader.number())
    case Tag.DurationNanos:
      return Duration.nanos(readBigint(reader))
    case Tag.DurationInfinity:
      return Duration.infinity
    case Tag.Utc:
    case Tag.ZonedOffset:
    case Tag.ZonedNamed:
      return readDateTime(reader, tag)
    case Tag.ExitSuccess:
      return Exit.succeed(reader.value())
    case Tag.ExitFailure:
      return readFailure(reader)
    case Tag.Cause:
      return readCause(reader)
    case Tag.FutureError:
    case Tag.SubmitError:
      return readError(reader, tag)
    case Tag.Exception:
      return readException(reader)
    default:
      return reader.fail(`an unknown tag (${tag})`)
  }
}

const readItems = (reader: Reader): Array<unknown> => {
  const length = reader.count()
  const items: Array<unknown> = []
  for (let i = 0; i < length; i++) items.push(reader.value())
  return items
}

const readEntries = (reader: Reader): Array<[unknown, unknown]> => {
  const length = reader.count()
  const entries: Array<[unknown, unknown]> = []
  for (let i = 0; i < length; i++) entries.push([reader.value(), reader.value()])
  return entries
}

const readBigint = (reader: Reader): bigint => {
  const value = reader.value()
  return typeof value === "bigint" ? value : reader.fail("no bigint where a bigint belongs")
}

const readDateTime = (reader: Reader, tag: number): DateTime.DateTime => {
  const millis = reader.number()
  // `unsafeMake` refuses instants that a Date cannot hold; so did the DateTime that was written.
  if (Number.isNaN(new Date(millis).getTime())) return reader.fail("an instant out of range")
  const utc = DateTime.unsafeMake(millis)
  if (tag === Tag.Utc) return utc
  if (tag === Tag.ZonedOffset) return DateTime.setZone(utc, DateTime.zoneMakeOffset(reader.number()))
  const id = reader.text()
  const zone = DateTime.zoneMakeNamed(id)
  return Option.isSome(zone) ? DateTime.setZone(utc, zone.value) : reader.fail(`a time zone unknown here (${id})`)
}

const readFailure = (reader: Reader): Exit.Exit<never, unknown> => {
  const cause = reader.value()
  return Cause.isCause(cause) ? Exit.failCause(cause) : reader.fail("a failure without a cause")
}

const readCause = (reader: Reader): Cause.Cause<unknown> => {
  const steps = reader.number()
  const stack: Array<Cause.Cause<unknown>> = []
  for (let i = 0; i < steps; i++) {
    const tag = reader.u8()
    if (tag !== Tag.CauseSequential && tag !== Tag.CauseParallel) {
      stack.push(readLeaf(reader, tag))
      continue
    }
    const right = stack.pop()
    const left = stack.pop()
    if (left === undefined || right === undefined) return reader.fail("a cause out of order")
    stack.push(tag === Tag.CauseSequential ? Cause.sequential(left, right) : Cause.parallel(left, right))
  }
  const cause = stack[0]
  return cause !== undefined && stack.length === 1 ? cause : reader.fail("a cause out of order")
}

const readLeaf = (reader: Reader, tag: number): Cause.Cause<unknown> => {
  switch (tag) {
    case Tag.CauseEmpty:
      return Cause.empty
    case Tag.CauseFail:
      return Cause.fail(reader.value())
    case Tag.CauseDie:
      return Cause.die(readDefect(reader))
    case Tag.CauseInterrupt:
      return Cause.interrupt(readFiberId(reader))
    default:
      return reader.fail("an unknown kind of cause")
  }
}

const readFiberId = (reader: Reader): FiberId.FiberId => {
  const length = reader.number()
  let id: FiberId.FiberId = FiberId.none
  for (let i = 0; i < length; i++) {
    const runtime = FiberId.runtime(reader.number(), reader.number())
    id = i === 0 ? runtime : FiberId.composite(id, runtime)
  }
  return id
}

const readBytes = (reader: Reader): unknown => {
  const bytes = reader.take(reader.varint())
  if (bytes.length === 0) return undefined
  return read({ head: bytes, buffers: [] }, [])
}

const readDefect = (reader: Reader): unknown => {
  if (++reader.depth > Tag.maxDepth) reader.fail("nesting too deep")
  const defect = reader.u8() === Tag.DefectValue ? readBytes(reader) : readErrorDefect(reader)
  reader.depth--
  return defect
}

/** An Error that looks as the remote one did; its class is not there, so `name` says what it was. */
const readErrorDefect = (reader: Reader): unknown => {
  const name = reader.text()
  const message = reader.text()
  const stack = reader.text()
  const extras = readBytes(reader)
  const nested: Array<unknown> = []
  let cause: { readonly cause: unknown } | undefined
  let aggregate = false
  const length = reader.number()
  for (let i = 0; i < length; i++) {
    if (reader.u8() === 0) cause = { cause: readDefect(reader) }
    else {
      aggregate = true
      nested.push(readDefect(reader))
    }
  }
  const error = aggregate ? new AggregateError(nested, message, cause) : new Error(message, cause)
  define(error, "name", name)
  define(error, "stack", stack === "" ? `${name}: ${message}` : stack)
  if (typeof extras === "object" && extras !== null) {
    for (const [key, value] of Object.entries(extras)) {
      Object.defineProperty(error, key, { value, configurable: true, enumerable: true, writable: true })
    }
  }
  return error
}

const define = (error: Error, key: string, value: string): void => {
  Object.defineProperty(error, key, { value, configurable: true, enumerable: false, writable: true })
}

const readError = (reader: Reader, tag: number): unknown => {
  const fields = reader.value()
  try {
    // The constructors validate.
    return tag === Tag.FutureError
      ? new FutureErrors.FutureError(fields as ConstructorParameters<typeof FutureErrors.FutureError>[0])
      : new FutureErrors.SubmitError(fields as ConstructorParameters<typeof FutureErrors.SubmitError>[0])
  } catch (error) {
    if (error instanceof Unreadable) throw error
    return reader.fail("an error of Creel's own with unknown fields")
  }
}

const readException = (reader: Reader): unknown => {
  const exception = exceptions[reader.varint()]
  if (exception === undefined) return reader.fail("an unknown exception")
  const message = reader.text()
  const stack = reader.text()
  const cause = exception.tag === "UnknownException" ? readDefect(reader) : undefined
  const error = exception.make(message, cause)
  if (stack !== "") define(error, "stack", stack)
  return error
}
