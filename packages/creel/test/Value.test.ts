import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Chunk,
  Data,
  DateTime,
  Duration,
  Effect,
  Either,
  Equal,
  Exit,
  FiberId,
  HashMap,
  HashSet,
  Option,
  Schema
} from "effect"
import * as FastCheck from "fast-check"
import { FutureError, SubmitError } from "../src/FutureError.js"
import * as Value from "../src/Value.js"

const roundTrip = (value: unknown): unknown => Value.decode(Value.encode(value))

const refused = (value: unknown, path: string, options?: Value.EncodeOptions): Value.NotEncodable => {
  const result = Value.encodeEither(value, options)
  assert(Either.isLeft(result), "expected a refusal")
  assert.instanceOf(result.left, Value.NotEncodable)
  assert.strictEqual(result.left.path, path)
  return result.left as Value.NotEncodable
}

/** By Object.is on leaves; prototypes, holes and key order count. */
const same = (a: unknown, b: unknown): boolean => {
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

const sameBytes = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))

const sameKeys = (a: object, b: object): boolean => {
  const keys = Object.keys(a)
  const others = Object.keys(b)
  if (Array.isArray(a) && a.length !== (b as Array<unknown>).length) return false
  return keys.length === others.length &&
    keys.every((key, i) => key === others[i] && same(Reflect.get(a, key), Reflect.get(b, key)))
}

const leaf: FastCheck.Arbitrary<unknown> = FastCheck.oneof(
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

const { value: plain } = FastCheck.letrec<{ value: unknown }>((tie) => ({
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
    { arbitrary: FastCheck.dictionary(FastCheck.string(), leaf, { maxKeys: 4 }).map(Data.struct), weight: 1 }
  )
}))

/** Reads leaves through Effect's containers, whose `Equal` takes records for different when they are two objects. */
const open = (value: unknown): unknown => {
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

describe("Value", () => {
  describe("round trips", () => {
    it("gives back any plain value", () => {
      FastCheck.assert(
        FastCheck.property(plain, (value) => same(open(roundTrip(value)), open(value))),
        { numRuns: 500 }
      )
    }, 30_000)

    it("encodes what it decoded to the same bytes", () => {
      FastCheck.assert(
        FastCheck.property(plain, (value) => {
          // HashMaps may be walked in another order once rebuilt; one round settles it.
          const once = Value.encode(roundTrip(value))
          const twice = Value.encode(Value.decode(once))
          return once.head.length === twice.head.length && once.buffers.length === twice.buffers.length
        }),
        { numRuns: 200 }
      )
    }, 30_000)

    it("keeps Equal for Effect's data types", () => {
      const values = [
        Option.some(Chunk.make(1, 2)),
        Either.left(Data.struct({ a: Option.none() })),
        HashMap.make(["a", HashSet.make(1, 2)], ["b", HashSet.empty()]),
        Exit.fail(Option.some("x")),
        Cause.parallel(Cause.fail(1), Cause.interrupt(FiberId.runtime(3, 4))),
        DateTime.unsafeMakeZoned(5, { timeZone: "America/New_York" }),
        Duration.days(3),
        Data.array([Data.struct({ b: 1 })])
      ]
      for (const value of values) assert.isTrue(Equal.equals(roundTrip(value), value), String(value))
    })

    it("keeps what is shared shared, and cycles closed", () => {
      const shared = { n: 1 }
      const value: Record<string, unknown> = { a: shared, b: [shared], m: new Map([[shared, shared]]), d: new Date(1) }
      value.self = value
      const out = roundTrip(value) as any
      assert.strictEqual(out.a, out.b[0])
      assert.strictEqual(out.m.get(out.a), out.a)
      assert.strictEqual(out.self, out)
      const many = Array.from({ length: 50 }, () => shared)
      assert.strictEqual(new Set(roundTrip(many) as Array<unknown>).size, 1)
    })

    it("lets a cycle run through a Map, and through the record inside an Option", () => {
      const map = new Map<string, unknown>()
      map.set("self", map)
      const out = roundTrip(map) as Map<string, unknown>
      assert.strictEqual(out.get("self"), out)
      const record: Record<string, unknown> = {}
      record.me = Option.some(record)
      const again = roundTrip(record) as { readonly me: Option.Some<unknown> }
      assert.strictEqual(again.me.value, again)
    })

    it("takes `__proto__` for a key like any other", () => {
      const value = JSON.parse(`{"__proto__": {"polluted": true}, "constructor": 1}`)
      const out = roundTrip(value) as object
      assert.strictEqual(Object.getPrototypeOf(out), Object.prototype)
      assert.deepStrictEqual(Object.keys(out), ["__proto__", "constructor"])
      assert.isUndefined((out as any).polluted)
    })

    it("keeps records without a prototype, wide records and rows of one shape", () => {
      assert.isNull(Object.getPrototypeOf(roundTrip(Object.create(null))))
      const wide = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]))
      assert.deepStrictEqual(roundTrip([wide, wide, { ...wide }]), [wide, wide, { ...wide }])
      const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `n${id}`, [`x${id % 10}`]: 1 }))
      assert.deepStrictEqual(roundTrip(rows), rows)
      const plainRows = Array.from({ length: 100 }, (_, id) => ({ identifier: id, surname: "x" }))
      assert.isBelow(Value.encode(plainRows).head.length, 100 * 8)
    })

    it("gives back Node's Buffer", () => {
      const out = roundTrip(Buffer.from("hello"))
      assert.isTrue(Buffer.isBuffer(out))
      assert.strictEqual(String(out), "hello")
    })
  })

  describe("buffers", () => {
    it("stand out of band from 512 bytes, each in memory of its own", () => {
      const small = new Uint8Array(511).fill(1)
      const large = new Uint8Array(512).fill(2)
      const payload = Value.encode({ small, large })
      assert.strictEqual(payload.buffers.length, 1)
      assert.strictEqual(payload.buffers[0]!.byteLength, 512)
      assert.strictEqual(payload.head.byteLength, payload.head.buffer.byteLength)
      assert.strictEqual(payload.head.byteOffset, 0)
      const out = Value.decode(payload) as { readonly large: Uint8Array; readonly small: Uint8Array }
      assert.strictEqual(out.large.buffer, payload.buffers[0])
      assert.deepStrictEqual(out, { small, large })
    })

    it("do not show what the sender changes afterwards", () => {
      const large = new Float64Array(1000)
      const payload = Value.encode(large)
      large[0] = 1
      assert.strictEqual((Value.decode(payload) as Float64Array)[0], 0)
    })

    it("are shared memory where asked, and an ArrayBuffer stays one", () => {
      const large = new Float64Array(1000).fill(3)
      const payload = Value.encode([large, new ArrayBuffer(1000)], { share: true })
      assert.strictEqual(payload.buffers.length, 2)
      for (const buffer of payload.buffers) assert.instanceOf(buffer, SharedArrayBuffer)
      const [view, buffer] = Value.decode(payload) as [Float64Array, ArrayBuffer]
      assert.strictEqual(view.buffer as unknown, payload.buffers[0])
      assert.deepStrictEqual([...view], [...large])
      assert.instanceOf(buffer, ArrayBuffer)
      // What came in as a view on shared memory may go out again.
      assert.deepStrictEqual([...roundTrip(view) as Float64Array], [...large])
    })

    it("are still shared by the views on them", () => {
      const memory = new ArrayBuffer(8000)
      const out = roundTrip({ a: new Float64Array(memory), b: new Uint8Array(memory, 16, 8), c: memory }) as any
      out.a[2] = 1
      assert.strictEqual(out.b[7], 0x3f)
      assert.strictEqual(out.b.buffer, out.c)
    })

    it("leave behind what no view sees", () => {
      const pool = new Uint8Array(100_000).fill(7)
      const payload = Value.encode(new Uint16Array(pool.buffer, 1002, 4))
      assert.isBelow(Payload.bytes(payload), 60)
      const out = Value.decode(payload) as Uint16Array
      assert.strictEqual(out.buffer.byteLength, 10)
      assert.deepStrictEqual([...new Uint8Array(out.buffer)], [0, 0, 7, 7, 7, 7, 7, 7, 7, 7])
    })

    it("keep every kind of view", () => {
      const memory = new Uint8Array(1024).map((_, i) => i).buffer
      const views = [
        new DataView(memory, 3, 100),
        ...[
          Int8Array,
          Uint8Array,
          Uint8ClampedArray,
          Int16Array,
          Uint16Array,
          Int32Array,
          Uint32Array,
          Float32Array,
          Float64Array,
          BigInt64Array,
          BigUint64Array
        ].map((View) => new View(memory, 8, 5))
      ]
      const out = roundTrip(views) as typeof views
      out.forEach((view, i) => {
        assert.strictEqual(Object.getPrototypeOf(view), Object.getPrototypeOf(views[i]))
        assert.isTrue(sameBytes(view, views[i]!))
        assert.strictEqual(view.buffer, out[0]!.buffer)
      })
    })
  })

  describe("refusals", () => {
    class User {
      constructor(readonly name: string) {}
    }

    it("name the place and what stands there", () => {
      const cases: ReadonlyArray<readonly [value: unknown, path: string, found: string]> = [
        [{ a: [0, new User("x")] }, ".a[1]", "an instance of User"],
        [[{ "a b": () => 1 }], `[0]["a b"]`, "a function"],
        [new Map([["k", Symbol("s")]]), `.get("k")`, "a symbol (Symbol(s))"],
        [new Map([[new User("x"), 1]]), ".keys()[0]", "an instance of User"],
        [new Set([1, Promise.resolve()]), ".values()[1]", "a Promise"],
        [Option.some(Either.left(new User("x"))), ".value.left", "an instance of User"],
        [HashMap.make(["k", Effect.sync(() => 1)]), `.get("k")`, "an"],
        [Exit.fail({ e: new Error("x") }), ".cause.error.e", "an instance of Error (an Error)"],
        [{ d: Data.struct({ x: /x/ }) }, ".d.x", "an instance of RegExp"],
        [new (class List extends Array<number> {})(), "", "an instance of List"],
        [new (class Bytes extends Uint8Array {})(4), "", "an instance of Bytes"],
        [{ [Symbol.for("tag")]: 1 }, "", "a record with a symbol for a key (Symbol(tag))"],
        [new SharedArrayBuffer(8), "", "an instance of SharedArrayBuffer"],
        [{ Class: User }, "Class", "a class (User)"]
      ]
      for (const [value, path, found] of cases) {
        const error = refused(
          { value },
          `value${path.startsWith("[") || path.startsWith(".") || path === "" ? "" : "."}${path}`
        )
        assert.include(error.found, found)
        assert.include(error.message, "cannot cross")
      }
      refused(new User("x"), "args[0].user", { path: "args[0].user" })
    })

    it("are typed for a cycle through an immutable value", () => {
      const record: Record<string, unknown> = {}
      const option = Option.some(record)
      record.back = option
      assert.include(refused({ option }, "option.value.back").found, "a cycle")
    })

    it("come before the stack ends, both ways", () => {
      let deep: unknown = 0
      for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { deep }
      const result = Value.encodeEither(deep)
      assert(Either.isLeft(result))
      assert.include(result.left.message, "nesting deeper than 1000 levels")
      // An array in an array in an array …, written by hand.
      const head = new Uint8Array(1_000_001).fill(0)
      head[0] = 1
      for (let i = 1; i < 1_000_000; i += 2) head.set([0xab, 1], i)
      const decoded = Value.decodeEither({ head, buffers: [] })
      assert(Either.isLeft(decoded))
      assert.include(decoded.left.message, "nesting too deep")
      let ok: unknown = 0
      for (let i = 0; i < 1000; i++) ok = Option.some(ok)
      assert.isTrue(Equal.equals(roundTrip(ok), ok))
    })

    it("hold for a Future outside of arguments, by an error of their own", () => {
      const error = Either.flip(Value.encodeEither({ a: [future("k-1")] }, { path: "result" })).pipe(Either.getOrThrow)
      assert.instanceOf(error, Value.FutureInResult)
      assert.strictEqual(error.path, "result.a[0]")
      assert.include(error.message, "k-1")
    })
  })

  describe("hostile bytes", () => {
    const decodes = (head: Uint8Array, buffers: Payload.Payload["buffers"] = []): void => {
      try {
        Value.decode({ head, buffers })
      } catch (error) {
        assert.instanceOf(error, Value.NotDecodable)
      }
    }

    it("give a value or NotDecodable, nothing else", () => {
      FastCheck.assert(
        FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), (bytes) => {
          bytes[0] = 1 | (bytes[0] ?? 0) & 0x30
          decodes(bytes)
        }),
        { numRuns: 1000 }
      )
    }, 30_000)

    it("give a value or NotDecodable when good bytes are cut or changed", () => {
      FastCheck.assert(
        FastCheck.property(plain, FastCheck.nat(), FastCheck.nat(255), (value, at, byte) => {
          const { buffers, head } = Value.encode(value)
          decodes(head.slice(0, at % head.length), buffers)
          const changed = head.slice()
          changed[at % head.length] = byte
          decodes(changed, buffers)
          decodes(head, buffers.slice(1))
        }),
        { numRuns: 300 }
      )
    }, 30_000)

    it("cannot ask for more memory than they are", () => {
      // An array, a Map, a string and a bigint that claim a billion of what follows.
      const billion = [0x80, 0x94, 0xeb, 0xdc, 0x03]
      for (const tag of [0xb1, 0xb2, 0xa7, 0xa8, 0xad, 0xaf, 0xc4, 0xc5]) {
        const result = Value.decodeEither({ head: new Uint8Array([1, tag, ...billion]), buffers: [] })
        assert(Either.isLeft(result))
      }
    })

    it("of another version are named as such", () => {
      const result = Value.decodeEither({ head: new Uint8Array([2, 0]), buffers: [] })
      assert(Either.isLeft(result))
      assert.include(result.left.message, "version 2")
    })
  })

  describe("arguments", () => {
    const inputs = new Map<object, number>()
    const a = future("a")
    const b = future("b")
    inputs.set(a, 0).set(b, 1)
    const asInput = (leaf: object) => inputs.get(leaf)

    it("take futures at any depth of arrays and records", () => {
      const payload = Value.encodeArgs([a, [1, { x: { y: [b, a] } }], Data.struct({ z: b })], asInput)
      const out = Value.decodeArgs(payload, ["A", { b: true }])
      assert.deepStrictEqual(out.slice(0, 2), ["A", [1, { x: { y: [{ b: true }, "A"] } }]])
      assert.deepStrictEqual((out[2] as any).z, { b: true })
    })

    it("do not look for futures inside of values", () => {
      for (const value of [Option.some(a), new Map([["k", a]]), new Set([a]), Chunk.of(a), Either.right([a])]) {
        assert.throws(() => Value.encodeArgs([0, value], asInput), Value.NotEncodable, "args[1]")
      }
    })

    it("refuse a future that nobody answers for, by its key", () => {
      try {
        Value.encodeArgs([[future("other")]], asInput)
        assert.fail("expected a refusal")
      } catch (error) {
        assert.instanceOf(error, Value.NotEncodable)
        assert.strictEqual(error.path, "args[0][0]")
        assert.strictEqual(error.future, "other")
      }
    })

    it("refuse inputs that are not there", () => {
      const payload = Value.encodeArgs([b], asInput)
      assert.throws(() => Value.decodeArgs(payload, ["only one"]), Value.NotDecodable)
    })
  })

  describe("causes", () => {
    const crossed = (cause: Cause.Cause<unknown>) => Value.decodeCause(Value.encodeCause(cause))

    it("keep their structure, fibers and failures", () => {
      const id = FiberId.composite(FiberId.runtime(1, 2), FiberId.runtime(3, 4))
      const cause = Cause.sequential(
        Cause.parallel(Cause.fail({ a: 1 }), Cause.interrupt(id)),
        Cause.parallel(Cause.interrupt(FiberId.none), Cause.die("text"))
      )
      const out = crossed(cause)
      assert.deepStrictEqual(Cause.linearize(out).pipe(HashSet.size), Cause.linearize(cause).pipe(HashSet.size))
      assert.strictEqual(Cause.pretty(out), Cause.pretty(cause))
      assert.isTrue(Equal.equals(Cause.interruptors(out), Cause.interruptors(cause)))
      const [failure] = Cause.failures(out)
      assert.deepStrictEqual(failure, { a: 1 })
    })

    it("of any length cross without growing the stack", () => {
      let left: Cause.Cause<number> = Cause.fail(0)
      let right: Cause.Cause<number> = Cause.fail(0)
      for (let i = 1; i < 20_000; i++) {
        left = Cause.parallel(left, Cause.fail(i))
        right = Cause.sequential(Cause.fail(i), right)
      }
      assert.strictEqual(Chunk.size(Cause.failures(crossed(left))), 20_000)
      assert.strictEqual(Chunk.size(Cause.failures(crossed(right))), 20_000)
    })

    it("bring a defect's name, message, remote stack, causes and fields", () => {
      class Broken extends TypeError {
        override readonly name = "Broken"
        readonly code = "E_BROKEN"
        readonly secret = () => 1
      }
      const inner = new RangeError("inner")
      const error = new Broken("outer", { cause: inner })
      const [out] = Cause.defects(crossed(Cause.die(error))) as Iterable<any>
      assert.isTrue(out instanceof Error)
      assert.strictEqual(out.name, "Broken")
      assert.strictEqual(out.message, "outer")
      assert.strictEqual(out.stack, error.stack)
      assert.strictEqual(out.code, "E_BROKEN")
      assert.isUndefined(out.secret)
      assert.strictEqual(out.cause.message, "inner")
      assert.strictEqual(out.cause.name, "RangeError")
      assert.strictEqual(out.cause.stack, inner.stack)
    })

    it("bring defects of every sort", () => {
      const circular = new Error("circular")
      circular.cause = circular
      const [first] = Cause.defects(crossed(Cause.die(circular))) as Iterable<Error>
      assert.strictEqual((first!.cause as Error).message, "circular")
      const [many] = Cause.defects(crossed(Cause.die(new AggregateError([new Error("1"), "2"], "many")))) as Iterable<
        any
      >
      assert.instanceOf(many, AggregateError)
      assert.deepStrictEqual([many.errors[0].message, many.errors[1]], ["1", "2"])
      const [record] = Cause.defects(crossed(Cause.die({ reason: new Map([[1, 2]]) })))
      assert.deepStrictEqual(record, { reason: new Map([[1, 2]]) })
      const [odd] = Cause.defects(crossed(Cause.die({ f: () => 1 })))
      assert.isString(odd)
      const hostile = new Error("x")
      Object.defineProperty(hostile, "message", {
        get: () => {
          throw new Error("getter")
        }
      })
      const [told] = Cause.defects(crossed(Cause.die(hostile))) as Iterable<Error>
      assert.strictEqual(told!.name, "Error")
    })

    it("refuse a failure that is not plain, with its path", () => {
      class Custom extends Data.TaggedError("Custom")<{ readonly n: number }> {}
      assert.throws(() => Value.encodeCause(Cause.fail(new Custom({ n: 1 }))), Value.NotEncodable, "cause.error")
      assert.throws(
        () => Value.encodeCause(Cause.parallel(Cause.fail(1), Cause.fail(future("k")))),
        Value.FutureInResult
      )
    })

    it("keep the errors that everybody has", () => {
      const errors = [
        new FutureError({ reason: "Cancelled", key: "add-1", by: "client 1", detail: "no longer wanted" }),
        new SubmitError({ reason: "CapturedVariables", task: "f", captured: ["x"], detail: "" }),
        new Cause.TimeoutException("late"),
        new Cause.NoSuchElementException("none"),
        new Cause.UnknownException(new Error("inner"), "outer")
      ]
      for (const error of errors) {
        const [out] = Cause.failures(crossed(Cause.fail(error))) as Iterable<Error>
        assert.strictEqual(Object.getPrototypeOf(out), Object.getPrototypeOf(error))
        assert.strictEqual(out!.message, error.message)
        assert.strictEqual((out as any)._tag, (error as any)._tag)
      }
      const [unknown] = Cause.failures(crossed(Cause.fail(errors[4]))) as Iterable<Cause.UnknownException>
      assert.strictEqual((unknown!.error as Error).message, "inner")
    })

    it("cross as Exits", () => {
      const exit = Exit.failCause(Cause.parallel(Cause.fail("a"), Cause.interrupt(FiberId.none)))
      assert.isTrue(Equal.equals(Value.decodeExit(Value.encodeExit(exit)), exit))
      assert.throws(() => Value.decodeExit(Value.encode(1)), Value.NotDecodable)
      assert.throws(() => Value.decodeCause(Value.encode(1)), Value.NotDecodable)
    })
  })

  it("remembers whose Schema a value went through", () => {
    assert.strictEqual(Value.schemaOf(Value.encode(1, { schema: "load#1" })), "load#1")
    assert.isUndefined(Value.schemaOf(Value.encode(1)))
    assert.strictEqual(Value.decode(Value.encode(1, { schema: "load#1" })), 1)
  })

  it("describes values as people would", () => {
    const User = Schema.TaggedStruct("User", {})
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [1, "number"],
      [null, "null"],
      [[1, 2], "Array(2)"],
      [new Map([[1, 2]]), "Map(1)"],
      [new Float64Array(9), "Float64Array(9)"],
      [Option.none(), "Option"],
      [Duration.zero, "Duration"],
      [User.make({}), "User"],
      [{}, "Object"],
      [new Date(), "Date"]
    ]
    for (const [value, name] of cases) assert.strictEqual(Value.describe(value), name)
  })
})

/** Stands for a Future wherever only its mark counts. */
function future(key: string): object {
  return Object.assign(Object.create({ [Symbol.for("creel/Future")]: {} }), { key })
}
