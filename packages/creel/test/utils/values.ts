/**
 * Values to try the codec with, and what it means that two of them are the same.
 */
import { Cause, Chunk, Data, DateTime, Duration, Either, Equal, Exit, HashMap, HashSet, Option } from "effect"
import * as FastCheck from "fast-check"

/** By Object.is on leaves; prototypes, holes and key order count. */
export const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Equal.isEqual(a)) return Equal.equals(a, b) || (Array.isArray(a) && Array.isArray(b) && sameKeys(a, b))
  if (a instanceof Date) return same(a.getTime(), (b as Date).getTime())
  if (a instanceof Map) return same([...a], [...b as Map<unknown, unknown>])
  if (a instanceof Set) return same([...a], [...b as Set<unknown>])
  if (a instanceof ArrayBuffer) return same(new Uint8Array(a), new Uint8Array(b as ArrayBuffer))
  if (a instanceof DataView) return sameBytes(a, b as DataView)
  if (ArrayBuffer.isView(a)) return sameBytes(a, b as ArrayBufferView)
  return sameKeys(a, b)
}

export const sameBytes = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))

const sameKeys = (a: object, b: object): boolean => {
  const keys = Object.keys(a)
  const others = Object.keys(b)
  if (Array.isArray(a) && a.length !== (b as Array<unknown>).length) return false
  return keys.length === others.length &&
    keys.every((key, i) => key === others[i] && same(Reflect.get(a, key), Reflect.get(b, key)))
}

export const leaf: FastCheck.Arbitrary<unknown> = FastCheck.oneof(
  FastCheck.integer(),
  FastCheck.double(),
  FastCheck.constantFrom(
    0,
    -0,
    NaN,
    Infinity,
    127,
    128,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    undefined,
    null,
    true,
    false
  ),
  FastCheck.bigInt(),
  FastCheck.string({ unit: "binary" }),
  FastCheck.string({ unit: "grapheme", maxLength: 60 }),
  // Lone surrogates and a byte order mark, which TextEncoder and TextDecoder would lose.
  FastCheck.constantFrom("", "\ud800", "a\udc00b", "\ufeffx", "é".repeat(40), "x".repeat(31), "x".repeat(32)),
  FastCheck.date({ noInvalidDate: false }),
  FastCheck.uint8Array({ maxLength: 600 }),
  FastCheck.float64Array({ maxLength: 100 }),
  FastCheck.bigInt64Array({ maxLength: 5 }),
  FastCheck.uint8Array({ maxLength: 600 }).map((bytes) => bytes.slice().buffer),
  FastCheck.uint8Array({ minLength: 2, maxLength: 60 }).map((bytes) => new DataView(bytes.slice().buffer, 1)),
  FastCheck.integer({ min: 0 }).map(Duration.millis),
  FastCheck.bigInt({ min: 1n, max: 10n ** 20n }).map(Duration.nanos),
  FastCheck.constantFrom(Duration.infinity, Option.none(), Cause.empty, Exit.void),
  FastCheck.date({ noInvalidDate: true, max: new Date(8.64e15 - 1e9), min: new Date(-8.64e15 + 1e9) }).map((date) =>
    DateTime.unsafeMake(date)
  ),
  FastCheck.constantFrom(
    DateTime.unsafeMakeZoned(0, { timeZone: "Europe/London" }),
    DateTime.unsafeMakeZoned(0, { timeZone: 3_600_000 })
  )
)

const key = FastCheck.oneof(
  FastCheck.string({ maxLength: 8 }),
  FastCheck.constantFrom("__proto__", "constructor", "toString")
)

/** Keys of HashMap and HashSet that are compared by value, and alike after a round trip. */
const hashKey = FastCheck.oneof(FastCheck.string(), FastCheck.integer(), FastCheck.integer().map(Option.some))

/** `Data.struct` assigns what it is given: this key would be another prototype, and no struct. */
const structKey = FastCheck.string().filter((key) => key !== "__proto__")

export const { value: plain } = FastCheck.letrec<{ value: unknown }>((tie) => ({
  value: FastCheck.oneof(
    { maxDepth: 4, depthSize: "small" },
    { arbitrary: leaf, weight: 3 },
    { arbitrary: FastCheck.array(tie("value"), { maxLength: 5 }), weight: 1 },
    { arbitrary: FastCheck.sparseArray(tie("value"), { maxLength: 8, maxNumElements: 3 }), weight: 1 },
    { arbitrary: FastCheck.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: false }), weight: 2 },
    {
      arbitrary: FastCheck.array(FastCheck.tuple(leaf, tie("value")), { maxLength: 4 }).map((e) => new Map(e)),
      weight: 1
    },
    { arbitrary: FastCheck.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)), weight: 1 },
    { arbitrary: tie("value").map(Option.some), weight: 1 },
    { arbitrary: FastCheck.oneof(tie("value").map(Either.right), tie("value").map(Either.left)), weight: 1 },
    { arbitrary: FastCheck.array(tie("value"), { maxLength: 4 }).map(Chunk.fromIterable), weight: 1 },
    { arbitrary: FastCheck.array(FastCheck.tuple(hashKey, tie("value"))).map(HashMap.fromIterable), weight: 1 },
    { arbitrary: FastCheck.array(hashKey).map(HashSet.fromIterable), weight: 1 },
    { arbitrary: FastCheck.oneof(tie("value").map(Exit.succeed), tie("value").map(Exit.fail)), weight: 1 },
    { arbitrary: FastCheck.oneof(tie("value").map(Cause.fail), FastCheck.string().map(Cause.die)), weight: 1 },
    { arbitrary: FastCheck.dictionary(structKey, leaf, { maxKeys: 4 }).map(Data.struct), weight: 1 }
  )
}))

/** Reads leaves through Effect's containers, whose `Equal` takes records for different when they are two objects. */
export const open = (value: unknown): unknown => {
  if (Option.isOption(value)) return ["Option", value._tag, Option.isSome(value) ? open(value.value) : undefined]
  if (Either.isEither(value)) return ["Either", value._tag, open(Either.merge(value))]
  if (Chunk.isChunk(value)) return ["Chunk", Chunk.toReadonlyArray(value).map(open)]
  if (HashMap.isHashMap(value)) {
    return ["HashMap", HashMap.toEntries(value).map(([k, v]) => [JSON.stringify(k), open(v)]).sort(byFirst)]
  }
  if (HashSet.isHashSet(value)) return ["HashSet", [...value].map((k) => JSON.stringify(k)).sort()]
  if (DateTime.isDateTime(value) || Duration.isDuration(value)) return value
  if (Cause.isCause(value)) {
    return Cause.isFailType(value)
      ? ["Fail", open(value.error)]
      : Cause.isDieType(value)
      ? ["Die", value.defect]
      : ["Empty"]
  }
  if (Exit.isExit(value)) return ["Exit", value._tag, Exit.isSuccess(value) ? open(value.value) : open(value.cause)]
  if (Array.isArray(value)) {
    const out: Array<unknown> = []
    out.length = value.length
    for (const i of Object.keys(value)) out[Number(i)] = open(value[Number(i)])
    return out
  }
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [open(k), open(v)]))
  if (value instanceof Set) return new Set([...value].map(open))
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value
  const proto = Object.getPrototypeOf(value)
  if (value instanceof Date || value instanceof ArrayBuffer) return value
  const out = Object.create(proto === Object.prototype || proto === null ? proto : Object.prototype)
  for (const k of Object.keys(value)) {
    Object.defineProperty(out, k, { value: open(Reflect.get(value, k)), enumerable: true, configurable: true })
  }
  return out
}

const byFirst = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): number => String(a[0]) < String(b[0]) ? -1 : 1

/** Stands for a Future wherever only its mark counts. */
export const future = (key: string): object =>
  Object.assign(Object.create({ [Symbol.for("creel/Future")]: {} }), { key })
