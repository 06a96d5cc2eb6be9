/**
 * Which objects are values of Effect's own, told apart by prototype when they are this copy's, and by type id when they
 * come from another copy of effect (a task module loaded in a namespace of its own).
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Hash from "effect/Hash"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as FutureError from "../FutureError.js"

export type Kind =
  | "Option"
  | "Either"
  | "Chunk"
  | "HashMap"
  | "HashSet"
  | "Duration"
  | "DateTime"
  | "Cause"
  | "Exit"
  | "Struct"
  | "FutureError"
  | "SubmitError"
  | "Exception"

/** Exceptions of the Cause module; the index is the byte on the wire. */
export const exceptions: ReadonlyArray<{
  readonly tag: string
  readonly is: (u: unknown) => boolean
  readonly make: (message: string | undefined, cause: unknown) => Error
}> = [
  {
    tag: "NoSuchElementException",
    is: Cause.isNoSuchElementException,
    make: (m) => new Cause.NoSuchElementException(m)
  },
  { tag: "TimeoutException", is: Cause.isTimeoutException, make: (m) => new Cause.TimeoutException(m) },
  {
    tag: "UnknownException",
    is: Cause.isUnknownException,
    make: (m, cause) => new Cause.UnknownException(cause, m)
  },
  {
    tag: "IllegalArgumentException",
    is: Cause.isIllegalArgumentException,
    make: (m) => new Cause.IllegalArgumentException(m)
  },
  { tag: "RuntimeException", is: Cause.isRuntimeException, make: (m) => new Cause.RuntimeException(m) },
  { tag: "InterruptedException", is: Cause.isInterruptedException, make: (m) => new Cause.InterruptedException(m) },
  {
    tag: "ExceededCapacityException",
    is: Cause.isExceededCapacityException,
    make: (m) => new Cause.ExceededCapacityException(m)
  }
]

const protoOf = (value: unknown): object => Object.getPrototypeOf(value)

const byPrototype = new Map<object, Kind>([
  [protoOf(Option.some(0)), "Option"],
  [protoOf(Option.none()), "Option"],
  [protoOf(Either.right(0)), "Either"],
  [protoOf(Either.left(0)), "Either"],
  [protoOf(Chunk.of(0)), "Chunk"],
  [protoOf(HashMap.empty()), "HashMap"],
  [protoOf(HashSet.empty()), "HashSet"],
  [protoOf(Duration.zero), "Duration"],
  [protoOf(DateTime.unsafeMake(0)), "DateTime"],
  [protoOf(Cause.empty), "Cause"],
  [protoOf(Exit.void), "Exit"],
  [protoOf(Exit.fail(0)), "Exit"],
  [protoOf(Data.struct({})), "Struct"],
  [FutureError.FutureError.prototype, "FutureError"],
  [FutureError.SubmitError.prototype, "SubmitError"]
])

/** The kind of an object that is neither a plain record nor something of JavaScript's own. */
export const kindOf = (value: object, proto: object): Kind | undefined =>
  byPrototype.get(proto) ?? foreign(value, proto)

const foreign = (value: object, proto: object): Kind | undefined => {
  if (Option.isOption(value)) return "Option"
  if (Either.isEither(value)) return "Either"
  if (Chunk.isChunk(value)) return "Chunk"
  if (HashMap.isHashMap(value)) return "HashMap"
  if (HashSet.isHashSet(value)) return "HashSet"
  if (Duration.isDuration(value)) return "Duration"
  if (DateTime.isDateTime(value)) return "DateTime"
  if (Cause.isCause(value)) return "Cause"
  if (Exit.isExit(value)) return "Exit"
  if (value instanceof Error) {
    const name = protoOf(value).constructor?.name
    if (name === "FutureError" && FutureError.isFutureError(value)) return "FutureError"
    if (name === "SubmitError" && FutureError.isSubmitError(value)) return "SubmitError"
    return exceptions.some((exception) => exception.is(value)) ? "Exception" : undefined
  }
  return isStructPrototype(proto) ? "Struct" : undefined
}

/** The prototype of another copy's `Data.struct`: nothing but equality and hash. */
const isStructPrototype = (proto: object): boolean => {
  if (Object.getPrototypeOf(proto) !== Object.prototype) return false
  const keys = Reflect.ownKeys(proto)
  return keys.length === 2 && keys.includes(Equal.symbol) && keys.includes(Hash.symbol)
}

export const structPrototype = protoOf(Data.struct({}))
export const dataArrayPrototype = protoOf(Data.array([]))

/** Whether an array is `Data.array` or `Data.tuple`, of any copy of effect. */
export const isDataArray = (proto: object): boolean =>
  proto === dataArrayPrototype ||
  (Object.getPrototypeOf(proto) === Array.prototype && Object.hasOwn(proto, Equal.symbol) &&
    !Object.hasOwn(proto, "constructor"))

const buffer: unknown = Reflect.get(globalThis, "Buffer")

/** Node's Buffer, without importing anything of Node's. */
export const NodeBuffer = typeof buffer === "function" && "from" in buffer
  ? buffer as unknown as {
    readonly prototype: object
    readonly from: (buffer: ArrayBufferLike, offset: number, length: number) => Uint8Array
  }
  : undefined

/** What people would call the type of a value that crosses. */
export const typeName = (value: unknown): string => {
  if (value === null) return "null"
  if (typeof value !== "object") return typeof value
  if (Array.isArray(value)) return `Array(${value.length})`
  if (value instanceof Map || value instanceof Set) return `${value instanceof Map ? "Map" : "Set"}(${value.size})`
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`
  if (value instanceof DataView) return `DataView(${value.byteLength})`
  const proto: object | null = Object.getPrototypeOf(value)
  const name: unknown = proto?.constructor?.name
  if (ArrayBuffer.isView(value)) return `${name}(${Reflect.get(value, "length")})`
  const kind = proto === Object.prototype || proto === null ? undefined : kindOf(value, proto)
  if (kind !== undefined && kind !== "Struct" && kind !== "Exception") return kind
  const tag: unknown = Reflect.get(value, "_tag")
  return typeof tag === "string" ? tag : typeof name === "string" && name !== "" ? name : "Object"
}
