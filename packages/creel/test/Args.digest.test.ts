import { assert, describe, it } from "@effect/vitest"
import { Chunk, Data, Duration, Either, HashMap, HashSet, Option } from "effect"
import * as FastCheck from "fast-check"
import { canonicalDigest, digest, digestText } from "../src/codec/digest.js"
import * as Value from "../src/Value.js"

const of = (value: unknown): string => canonicalDigest(value, () => undefined)

const assertSame = (a: unknown, b: unknown): void => assert.strictEqual(of(a), of(b))
const assertOther = (...values: ReadonlyArray<unknown>): void =>
  assert.strictEqual(new Set(values.map(of)).size, values.length)

describe("digests of arguments", () => {
  it("are 160 bits in 32 characters", () => {
    assert.match(of([1, 2]), /^[0-9a-hjkmnp-tv-z]{32}$/)
    assert.strictEqual(digest(), digest())
    // Parts do not run into one another.
    assert.notStrictEqual(digestText(["ab", "c"]), digestText(["a", "bc"]))
    assert.notStrictEqual(digestText(["a"]), digestText(["a", ""]))
  })

  it("stay what they are from version to version", () => {
    // The first 160 bits of SHA-256 over "10" (the length of the one part) and the text in UTF-16, in Crockford's base 32.
    assert.strictEqual(digestText(["creel"]), "nn431t7r0fn3mpmy7bkfagv8rf6edkxp")
  })

  it("do not see the order of keys, or of Maps and Sets", () => {
    assertSame({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })
    assertSame(new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]]))
    assertSame(new Set([1, "1"]), new Set(["1", 1]))
    assertSame(HashMap.make(["a", 1], ["b", 2]), HashMap.make(["b", 2], ["a", 1]))
    assertSame(HashSet.make(1, 2, 3), HashSet.make(3, 2, 1))
    assertSame(Data.struct({ a: 1, b: 2 }), Data.struct({ b: 2, a: 1 }))
    assertSame(Chunk.make(1, 2), Chunk.appendAll(Chunk.of(1), Chunk.of(2)))
  })

  it("do not see whether equal parts are one object, or which memory a view is on", () => {
    const part = { x: [1, 2, "a string that is longer than a short token may be, so that it is digested"] }
    assertSame([part, part], [structuredClone(part), structuredClone(part)])
    assertSame(new Uint16Array([1, 2]), new Uint16Array(new Uint16Array([0, 1, 2, 3]).buffer, 2, 2))
  })

  it("tell apart what differs", () => {
    assertOther(0, -0, "0", 0n, false, null, undefined, [], {}, [undefined], new Array(1), [null], "", NaN, [0], [[0]])
    assertOther({ a: 1 }, { a: "1" }, { a: undefined }, { b: 1 }, new Map([["a", 1]]), Data.struct({ a: 1 }))
    assertOther([1, 2], [2, 1], new Set([1, 2]), Chunk.make(1, 2), new Uint8Array([1, 2]), new Int8Array([1, 2]))
    assertOther(Option.none(), Option.some(1), Either.right(1), Either.left(1), Option.some(Option.none()))
    assertOther("\ud800", "\udc00", "\ufffd")
    assertOther(["a,b"], ["a", "b"], ["a", ",b"], "a,b")
    assertOther({ a: 1, b: 2 }, { "a=n1,1:b": 2 }, [{ a: 1 }, { b: 2 }])
    assertOther(new Date(0), new Date(1), Duration.millis(0), Duration.millis(1))
    assertOther(new Uint8Array(1000), new Uint8Array(1000).fill(1), new Uint8Array(1001))
  })

  it("agree with the codec: what crosses has the digest of what was sent", () => {
    const leaf = FastCheck.oneof(
      FastCheck.integer(),
      FastCheck.double(),
      FastCheck.string(),
      FastCheck.bigInt(),
      FastCheck.date()
    )
    const { value } = FastCheck.letrec<{ value: unknown }>((tie) => ({
      value: FastCheck.oneof(
        { maxDepth: 4 },
        leaf,
        FastCheck.array(tie("value"), { maxLength: 5 }),
        FastCheck.dictionary(FastCheck.string(), tie("value"), { maxKeys: 5 }),
        FastCheck.array(FastCheck.tuple(leaf, tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
        tie("value").map(Option.some),
        FastCheck.array(FastCheck.tuple(FastCheck.string(), tie("value"))).map(HashMap.fromIterable)
      )
    }))
    FastCheck.assert(FastCheck.property(value, (value) => of(Value.decode(Value.encode(value))) === of(value)), {
      numRuns: 200
    })
  })

  it("end for cycles, and for values that share their parts without end", () => {
    const cycle: Record<string, unknown> = { n: 1 }
    cycle.self = cycle
    const other: Record<string, unknown> = { n: 1 }
    other.self = other
    assertSame(cycle, other)
    assertOther(cycle, { n: 1, self: { n: 1 } })
    let shared: unknown = [1]
    for (let i = 0; i < 500; i++) shared = [shared, shared]
    assert.match(of(shared), /^\w{32}$/)
  })

  it("take a future for its key, where futures are looked for", () => {
    const future = Object.create({ mark: true }) as object
    const keyOf = (leaf: object) => leaf === future ? "add-1" : undefined
    assert.strictEqual(canonicalDigest([future], keyOf), canonicalDigest([new URL("a:b")], () => "add-1"))
    assert.notStrictEqual(canonicalDigest([future], keyOf), canonicalDigest([future], () => "add-2"))
    assert.notStrictEqual(canonicalDigest([future], keyOf), canonicalDigest(["add-1"], keyOf))
  })

  it("refuse what the codec refuses", () => {
    for (const value of [() => 1, { a: Symbol("x") }, new URL("http://a"), Promise.resolve()]) {
      assert.throws(() => of([value]))
    }
  })
})
