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
import * as Value from "../src/Value.js"
import { future, open, plain, same, sameBytes } from "./utils/values.js"

const roundTrip = (value: unknown): unknown => Value.decode(Value.encode(value))

const refused = (value: unknown, path: string, options?: Value.EncodeOptions): Value.NotEncodable => {
  const result = Value.encodeEither(value, options)
  assert(Either.isLeft(result), "expected a refusal")
  assert.instanceOf(result.left, Value.NotEncodable)
  assert.strictEqual(result.left.path, path)
  return result.left as Value.NotEncodable
}

describe("Value", () => {
  describe("round trips", () => {
    it("gives back any plain value", () => {
      FastCheck.assert(
        FastCheck.property(plain, (value) => same(open(roundTrip(value)), open(value))),
        { numRuns: 500 }
      )
    })

    it("is read alike from a string and from memory, and what was read stays as it is", () => {
      FastCheck.assert(
        FastCheck.property(FastCheck.array(plain, { maxLength: 5 }), (values) => {
          const payloads = values.map((value) => Value.encode(value))
          const here = payloads.map((payload) => Value.decode(payload))
          const inMemory = payloads.map((payload) =>
            Value.decode({ head: Payload.head(payload), buffers: Payload.buffers(payload) })
          )
          const fromParts = payloads.map((payload) => Value.decode(Value.fromParts(Value.parts(payload))))
          return [here, inMemory, fromParts].every((found) => same(open(found), open(values)))
        }),
        { numRuns: 300 }
      )
    })

    it("encodes what it decoded to the same bytes", () => {
      FastCheck.assert(
        FastCheck.property(plain, (value) => {
          // HashMaps may be walked in another order once rebuilt; one round settles it.
          const once = Value.encode(roundTrip(value))
          const twice = Value.encode(Value.decode(once))
          return Payload.head(once).length === Payload.head(twice).length &&
            Payload.buffers(once).length === Payload.buffers(twice).length
        }),
        { numRuns: 200 }
      )
    })

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
      assert.isBelow(Payload.bytes(Value.encode(plainRows)), 100 * 8)
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
      assert(!Payload.isShort(payload))
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
      assert(!Payload.isShort(payload))
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
