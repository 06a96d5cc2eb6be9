/** The parts of a shuffle that run on workers, and its plan, without a cluster. */
import { assert, describe, it } from "@effect/vitest"
import { Value } from "creel"
import * as Data from "effect/Data"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as fc from "fast-check"
import { hash, KeyIndex } from "../src/passes/keys.js"
import * as Buckets from "../src/shuffle/buckets.js"
import * as Plan from "../src/shuffle/plan.js"

const crossed = <A>(value: A): A => Value.decode(Value.encode(value)) as A

const primitive = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, NaN, 0, -0)
)

const structural = fc.oneof(
  fc.tuple(primitive, primitive).map(([a, b]) => Data.struct({ a, b })),
  fc.array(primitive, { maxLength: 3 }).map((items) => Data.array(items)),
  primitive.map(Option.some),
  fc.constant(Option.none())
)

describe("keys", () => {
  it("have the same number and the same hash after a crossing", () => {
    fc.assert(fc.property(fc.oneof(primitive, structural, fc.jsonValue()), (key) => {
      const index = new KeyIndex<unknown>()
      index.add("another")
      assert.strictEqual(index.add(key), index.add(crossed(key)))
      assert.strictEqual(hash(key), hash(crossed(key)))
    }))
  })

  it("are equal where Equal says so of values that crossed", () => {
    const isNaN = (u: unknown) => typeof u === "number" && u !== u
    const hasNaN = (u: unknown): boolean =>
      isNaN(u) || (typeof u === "object" && u !== null && Object.values(u).some(hasNaN))
    fc.assert(fc.property(fc.oneof(primitive, structural), fc.oneof(primitive, structural), (a, b) => {
      fc.pre(!hasNaN(a) && !hasNaN(b))
      const index = new KeyIndex<unknown>()
      assert.strictEqual(index.add(a) === index.add(b), Equal.equals(a, b))
      if (Equal.equals(a, b)) assert.strictEqual(hash(a), hash(b))
    }))
  })

  it("are numbered as a Map would number them, however many and long they are", () => {
    const key = (n: number) => n % 3 === 0 ? n : n % 3 === 1 ? `k${n}` : "a\u00e9\u{1f600}".repeat(n % 9) + String(n)
    const index = new KeyIndex<unknown>()
    const numbers = new Map<unknown, number>()
    for (let n = 0; n < 60_000; n++) {
      const each = key((n * 7919) % 20_000)
      if (!numbers.has(each)) {
        assert.isUndefined(index.find(each))
        numbers.set(each, numbers.size)
      }
      assert.strictEqual(index.add(each), numbers.get(each))
    }
    assert.deepStrictEqual(index.keys, [...numbers.keys()])
    for (const [each, number] of numbers) assert.strictEqual(index.find(each), number)
  })

  it("that are records are equal by their fields, in any order", () => {
    const index = new KeyIndex<unknown>()
    assert.strictEqual(index.add({ a: 1, b: [2] }), index.add({ b: [2], a: 1 }))
    assert.notStrictEqual(index.add({ a: 1 }), index.add(Data.struct({ a: 1 })))
    assert.strictEqual(index.add(Option.some(0)), index.add(Option.some(-0)))
    assert.strictEqual(index.find({ b: [2], a: 1 }), 0)
  })

  it("have hashes that spread", () => {
    for (const make of [(n: number) => n, (n: number) => n / 1000, (n: number) => `k${n}`, (n: number) => [n, "x"]]) {
      for (const  of of[2, 7, 32]) {
        const counts = Array.from({ length: of }, () => 0)
        for (let n = 0; n < 20_000; n++) counts[hash(make(n)) % of]!++
        for (const count of counts) assert.isTrue(Math.abs(count - 20_000 / of) < 20_000 / of * 0.2 + 50, counts.join())
      }
    }
  })
})

describe("a plan", () => {
  const sizes = fc.record({
    inputs: fc.integer({ min: 1, max: 80 }),
    outputs: fc.integer({ min: 1, max: 80 }),
    maxBranch: fc.integer({ min: 2, max: 9 })
  })

  it("brings each element from each input to its output once, in the order of the inputs", () => {
    fc.assert(fc.property(sizes, ({ inputs, maxBranch, outputs }) => {
      // An element for each input and output, with a hash that is the output.
      let before = new Map<string, ReadonlyArray<readonly [number, number]>>()
      const name = (place: Plan.Place) => `${place.low}/${place.high}`
      for (let high = 0; high < inputs; high++) {
        before.set(name({ low: 0, high }), Array.from({ length: outputs }, (_, to) => [high, to] as const))
      }
      const steps = Plan.plan(inputs, outputs, maxBranch)
      for (const step of steps) {
        const after = new Map<string, ReadonlyArray<readonly [number, number]>>()
        for (const place of step.places) {
          after.set(
            name(place),
            place.from.flatMap((from) => {
              const digit = step.digit(from.low)
              assert.isTrue(place.bucket < digit.buckets)
              return before.get(name(from))!.filter(([, to]) => Buckets.bucketOf(to, digit) === place.bucket)
            })
          )
        }
        before = after
      }
      assert.deepStrictEqual(
        Array.from(before.values()),
        Array.from({ length: outputs }, (_, to) => Array.from({ length: inputs }, (_, from) => [from, to] as const))
      )
    }))
  })

  it("keeps inputs and buckets of a task within the branch, and tasks within n log n", () => {
    fc.assert(fc.property(sizes, ({ inputs, maxBranch, outputs }) => {
      const steps = Plan.plan(inputs, outputs, maxBranch)
      let log = 1
      while (maxBranch ** log < Math.max(inputs, outputs)) log++
      assert.strictEqual(steps.length, log)
      let tasks = inputs
      for (const step of steps) {
        for (const place of step.places) {
          assert.isTrue(place.from.length <= maxBranch)
          for (const from of place.from) assert.isTrue(step.digit(from.low).buckets <= maxBranch)
          tasks += 1 + place.from.length
        }
      }
      assert.isTrue(tasks <= (inputs + outputs) * (maxBranch + 1) * log + inputs, String(tasks))
    }))
  })
})

describe("buckets", () => {
  it("of a whole shuffle hold what grouping holds, in its order", () => {
    fc.assert(fc.property(
      fc.array(fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 1 })), fc.nat())), {
        minLength: 1,
        maxLength: 12
      }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 2, max: 4 }),
      (partitions, outputs, maxBranch) => {
        const name = (place: Plan.Place) => `${place.low}/${place.high}`
        let before = new Map<string, Buckets.Groups<unknown, number>>()
        partitions.forEach((items, high) => {
          const groups = new Buckets.Groups<unknown, number>()
          for (const [key, item] of items) groups.add(key, item)
          before.set(name({ low: 0, high }), groups)
        })
        for (const step of Plan.plan(partitions.length, outputs, maxBranch)) {
          const after = new Map<string, Buckets.Groups<unknown, number>>()
          for (const place of step.places) {
            const packed = place.from.map((from) =>
              crossed(Buckets.split(before.get(name(from))!, step.digit(from.low))[place.bucket]!)
            )
            after.set(name(place), Buckets.merge(packed))
          }
          before = after
        }
        const plain = new Map<unknown, Array<number>>()
        for (const [key, item] of partitions.flat()) plain.set(key, [...plain.get(key) ?? [], item])
        const found = Array.from(before.values()).flatMap((groups) => groups.entries())
        assert.strictEqual(found.length, plain.size)
        for (const [key, items] of found) assert.deepStrictEqual(items, plain.get(key))
        Array.from(before.values()).forEach((groups, n) => {
          for (const key of groups.keys) assert.strictEqual(hash(key) % outputs, n)
        })
      }
    ))
  })

  it("match as an inner join does", () => {
    const side = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat()), { maxLength: 20 })
    fc.assert(fc.property(side, side, (left, right) => {
      const groupsOf = (side: ReadonlyArray<readonly [number, number]>) => {
        const groups = new Buckets.Groups<number, number>()
        for (const [key, item] of side) groups.add(key, item)
        return groups
      }
      const byText = (pairs: ReadonlyArray<unknown>) => pairs.map((pair) => JSON.stringify(pair)).sort()
      assert.deepStrictEqual(
        byText(Buckets.match(groupsOf(left), groupsOf(right))),
        byText(left.flatMap(([k, a]) => right.filter(([other]) => other === k).map(([, b]) => [a, b])))
      )
    }))
  })
})
