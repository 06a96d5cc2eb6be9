/**
 * Effect's data types to bytes, and with them the whole way from a value to its payload (`write`). They are immutable, so a cycle through one of them could not be rebuilt and is refused;
 * what they hold is never searched for futures.
 */
import * as Payload from "@creel/core/Payload"
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import type * as FiberId from "effect/FiberId"
import * as HashMap from "effect/HashMap"
import type * as HashSet from "effect/HashSet"
import * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as FutureErrors from "../FutureError.js"
import { messageOf } from "../internal/messageOf.js"
import { exceptions, type Kind } from "./kinds.js"
import { Refused, ToItem, ToKey } from "./path.js"
import * as Tag from "./tags.js"
import { type WriteOptions, Writer } from "./writer.js"

/** Writers are kept, since making one costs more than a small value; a getter may encode while one is at work. */
const free: Array<Writer> = []

/** Throws `Refused`. */
export const write = (value: unknown, options: WriteOptions): Payload.Payload => {
  const writer = free.pop() ?? new Writer(writeEffect)
  try {
    return writer.run(value, options)
  } catch (error) {
    // What `asInput` has against a future is told as it is.
    if (error instanceof Refused || Predicate.isTagged(error, "SubmitError")) throw error
    return writer.refuse(`what cannot be read (${messageOf(error)})`)
  } finally {
    writer.reset()
    free.push(writer)
  }
}

const writeEffect = (writer: Writer, value: object, kind: Kind): void => {
  if (kind === "Option" && (value as Option.Option<unknown>)._tag === "None") return writer.tag(Tag.None)
  if (writer.met(value)) return
  writer.enter(value)
  writeKind(writer, value, kind)
  writer.leave(value)
}

// The casts restate what `kindOf` has established.
const writeKind = (writer: Writer, value: object, kind: Kind): void => {
  switch (kind) {
    case "Option":
      writer.tag(Tag.Some)
      return writer.child({ text: ".value" }, (value as Option.Some<unknown>).value)
    case "Either":
      return writeEither(writer, value as Either.Either<unknown, unknown>)
    case "Chunk":
      return writeItems(writer, Tag.Chunk, Chunk.toReadonlyArray(value as Chunk.Chunk<unknown>))
    case "HashSet":
      return writeItems(writer, Tag.HashSet, Array.from(value as HashSet.HashSet<unknown>))
    case "HashMap":
      return writeHashMap(writer, value as HashMap.HashMap<unknown, unknown>)
    case "Duration":
      return writeDuration(writer, value as Duration.Duration)
    case "DateTime":
      return writeDateTime(writer, value as DateTime.DateTime)
    case "Exit":
      return writeExit(writer, value as Exit.Exit<unknown, unknown>)
    case "Cause":
      writer.tag(Tag.Cause)
      return writeCause(writer, value as Cause.Cause<unknown>)
    case "FutureError":
      return writeFutureError(writer, value as FutureErrors.FutureError)
    case "SubmitError":
      return writeSubmitError(writer, value as FutureErrors.SubmitError)
    case "Exception":
      return writeException(writer, value as Error & { readonly _tag: string })
    case "Struct":
      // The writer takes structs itself: their keys may be searched.
      return
  }
}

const writeEither = (writer: Writer, value: Either.Either<unknown, unknown>): void => {
  writer.tag(value._tag === "Right" ? Tag.Right : Tag.Left)
  if (value._tag === "Right") writer.child({ text: ".right" }, value.right)
  else writer.child({ text: ".left" }, value.left)
}

const writeItems = (writer: Writer, tag: number, items: ReadonlyArray<unknown>): void => {
  writer.tagged(tag, items.length)
  for (let i = 0; i < items.length; i++) writer.child(i, items[i])
}

const writeHashMap = (writer: Writer, value: HashMap.HashMap<unknown, unknown>): void => {
  writer.tagged(Tag.HashMap, HashMap.size(value))
  let i = 0
  for (const [key, item] of value) {
    writer.child(new ToKey(i), key)
    writer.child(new ToItem(i, key), item)
    i++
  }
}

const writeDuration = (writer: Writer, value: Duration.Duration): void => {
  switch (value.value._tag) {
    case "Millis":
      writer.tag(Tag.DurationMillis)
      return writer.number(value.value.millis)
    case "Nanos":
      writer.tag(Tag.DurationNanos)
      return writer.value(value.value.nanos)
    case "Infinity":
      return writer.tag(Tag.DurationInfinity)
  }
}

const writeDateTime = (writer: Writer, value: DateTime.DateTime): void => {
  if (value._tag === "Utc") {
    writer.tag(Tag.Utc)
    return writer.number(value.epochMillis)
  }
  if (DateTime.isTimeZoneOffset(value.zone)) {
    writer.tag(Tag.ZonedOffset)
    writer.number(value.epochMillis)
    return writer.number(value.zone.offset)
  }
  writer.tag(Tag.ZonedNamed)
  writer.number(value.epochMillis)
  writer.text(value.zone.id)
}

const writeExit = (writer: Writer, value: Exit.Exit<unknown, unknown>): void => {
  if (value._tag === "Success") {
    writer.tag(Tag.ExitSuccess)
    return writer.child({ text: ".value" }, value.value)
  }
  writer.tag(Tag.ExitFailure)
  writer.child({ text: ".cause" }, value.cause)
}

/**
 * In post-order, for causes grow long on one side (a thousand failures in parallel) and must not grow the stack: the
 * leaves and the knots that join the last two.
 */
const writeCause = (writer: Writer, cause: Cause.Cause<unknown>): void => {
  const work: Array<Cause.Cause<unknown> | number> = [cause]
  const out: Array<Cause.Cause<unknown> | number> = []
  while (work.length > 0) {
    const next = work.pop()!
    out.push(next)
    if (typeof next === "number" || (next._tag !== "Sequential" && next._tag !== "Parallel")) continue
    out.pop()
    out.push(next._tag === "Sequential" ? Tag.CauseSequential : Tag.CauseParallel)
    work.push(next.left, next.right)
  }
  writer.number(out.length)
  for (let i = out.length - 1; i >= 0; i--) {
    const step = out[i]!
    if (typeof step === "number") writer.tag(step)
    else writeLeaf(writer, step)
  }
}

const writeLeaf = (writer: Writer, cause: Cause.Cause<unknown>): void => {
  switch (cause._tag) {
    case "Empty":
      return writer.tag(Tag.CauseEmpty)
    case "Fail":
      writer.tag(Tag.CauseFail)
      return writer.child({ text: ".error" }, cause.error)
    case "Die":
      writer.tag(Tag.CauseDie)
      return writeDefect(writer, cause.defect, 0)
    case "Interrupt":
      writer.tag(Tag.CauseInterrupt)
      return writeFiberId(writer, cause.fiberId)
  }
}

const writeFiberId = (writer: Writer, id: FiberId.FiberId): void => {
  const ids: Array<FiberId.Runtime> = []
  const work: Array<FiberId.FiberId> = [id]
  while (work.length > 0) {
    const next = work.pop()!
    if (next._tag === "Composite") work.push(next.right, next.left)
    else if (next._tag === "Runtime") ids.push(next)
  }
  writer.number(ids.length)
  for (const runtime of ids) {
    writer.number(runtime.id)
    writer.number(runtime.startTimeMillis)
  }
}

/** Enough for any real chain of causes, and an end for one that bites its tail. */
const maxErrorChain = 16

/**
 * A defect always crosses: as itself where it is of the domain, as what can be told of it otherwise. An Error takes
 * name, message, stack, its cause, the errors it aggregates, and whatever else it carries that is of the domain.
 */
const writeDefect = (writer: Writer, defect: unknown, level: number): void => {
  if (!(defect instanceof Error)) {
    const head = isolated(defect)
    writer.tag(Tag.DefectValue)
    if (head !== undefined) return writeBytes(writer, head)
    return writeBytes(writer, isolated(Inspectable.toStringUnknown(defect))!)
  }
  const known = isolated(defect)
  if (known !== undefined) {
    writer.tag(Tag.DefectValue)
    return writeBytes(writer, known)
  }
  writer.tag(Tag.DefectError)
  writer.text(text(defect, "name") ?? "Error")
  writer.text(text(defect, "message") ?? "")
  writer.text(text(defect, "stack") ?? "")
  writeBytes(writer, isolated(extras(defect)) ?? new Uint8Array(0))
  const nested: Array<readonly [name: string, defect: unknown]> = []
  if (level < maxErrorChain) {
    if (defect.cause !== undefined) nested.push(["cause", defect.cause])
    if (defect instanceof AggregateError) {
      for (const error of defect.errors.slice(0, 100)) nested.push(["errors", error])
    }
  }
  writer.number(nested.length)
  for (const [name, error] of nested) {
    writer.tag(name === "cause" ? 0 : 1)
    writeDefect(writer, error, level + 1)
  }
}

const text = (error: Error, name: "name" | "message" | "stack"): string | undefined => {
  try {
    const value: unknown = error[name]
    return typeof value === "string" ? value : undefined
  } catch {
    return undefined
  }
}

/** What an Error carries besides the usual: `code`, `_tag`, fields. */
const extras = (error: Error): Record<string, unknown> => {
  const out: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(error)) {
    if (key === "name" || key === "message" || key === "stack" || key === "cause" || key === "errors") continue
    try {
      const value: unknown = Reflect.get(error, key)
      if (isolated(value) !== undefined) out[key] = value
    } catch {
      // A getter that throws tells nothing about the defect.
    }
  }
  return out
}

/** A value in bytes of its own, or nothing when it cannot cross. */
const isolated = (value: unknown): Uint8Array | undefined => {
  try {
    const payload = write(value, { root: "", share: false, schema: undefined, asInput: undefined })
    return Payload.buffers(payload).length === 0 ? Payload.head(payload) : undefined
  } catch {
    // Refused, or a getter of the user's threw: a defect is told as well as it can be.
    return undefined
  }
}

const writeBytes = (writer: Writer, bytes: Uint8Array): void => {
  if (writer.reserve(bytes.length + 16)) writer.tooLarge()
  writer.varint(bytes.length)
  writer.raw(bytes)
}

const writeFutureError = (writer: Writer, error: FutureErrors.FutureError): void => {
  writer.tag(Tag.FutureError)
  const { advice, by, detail, key, reason, worker } = error
  writer.child({ text: "" }, { reason, key, worker, by, detail, advice })
}

const writeSubmitError = (writer: Writer, error: FutureErrors.SubmitError): void => {
  writer.tag(Tag.SubmitError)
  const { advice, captured, detail, key, path, reason, task } = error
  writer.child({ text: "" }, { reason, task, key, path, captured, detail, advice })
}

const writeException = (writer: Writer, error: Error & { readonly _tag: string }): void => {
  const index = exceptions.findIndex((exception) => exception.is(error))
  writer.tagged(Tag.Exception, index)
  writer.text(error.message)
  writer.text(text(error, "stack") ?? "")
  if (exceptions[index]!.tag === "UnknownException") writeDefect(writer, Reflect.get(error, "error"), 0)
}
