/** Grouping, joining and cutting held against the plain operations on arrays, over random partitionings, on a cluster. */
import { Bag } from "@creel/collections"
import { concatAll } from "@creel/collections/Bag"
import { assert, layer } from "@effect/vitest"
import { Client, type Collection, LocalCluster, Task, TaskGroup } from "creel"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"

const parity = Task.make("parity", (n: number) => Effect.succeed(n % 2 === 0 ? "even" : "odd"))
const plus = Task.make("plus", (a: number, b: number) => Effect.succeed(a + b))
const picky = Task.make("picky", (n: number) => n < 0 ? Effect.fail("negative" as const) : Effect.succeed(n % 3))

const cluster = LocalCluster.layer({
  workers: 2,
  slots: 2,
  tasks: TaskGroup.make(parity, plus, picky).merge(Bag.tasks)
})

const value = <A, E, R>(of: Collection.Collection<A, E, R>) =>
  Effect.scoped(Effect.flatten(Client.compute(of))) as Effect.Effect<A, E, Client.Client | Exclude<R, Scope.Scope>>

/** A bag with these partitions, some of which may be empty. */
const bagOf = <A>(partitions: ReadonlyArray<ReadonlyArray<A>>): Bag.Bag<A> =>
  concatAll(partitions.map((items) => Bag.fromIterable(items, { partitions: 1 })))

/** The partitions of a bag, as they come out. */
const partitionsOf = <A, E>(bag: Bag.Bag<A, E>) => value(bag.pipe(Bag.mapPartitions((xs) => [Array.from(xs)])))

const check = <T>(
  arbitrary: fc.Arbitrary<T>,
  property: (given: T) => Effect.Effect<void, unknown, Client.Client>,
  numRuns = 25
): Effect.Effect<void, never, Client.Client> =>
  Effect.flatMap(Effect.runtime<Client.Client>(), (runtime) =>
    Effect.promise(() =>
      fc.assert(
        // fast-check asks for promises.
        fc.asyncProperty(arbitrary, (given) => Effect.runPromise(Effect.provide(property(given), runtime))),
        { numRuns }
      )
    ))

const numbers = fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }), { minLength: 1, maxLength: 6 })
const records = fc.array(
  fc.array(fc.record({ k: fc.integer({ min: 0, max: 4 }), v: fc.string({ maxLength: 3 }) }), { maxLength: 6 }),
  { minLength: 1, maxLength: 5 }
)

const grouped = <A, K>(items: ReadonlyArray<A>, key: (a: A) => K): Map<K, Array<A>> => {
  const out = new Map<K, Array<A>>()
  for (const item of items) out.set(key(item), [...out.get(key(item)) ?? [], item])
  return out
}

const asSet = (items: ReadonlyArray<unknown>): ReadonlyArray<string> => items.map((item) => JSON.stringify(item)).sort()

layer(cluster)("grouping", (it) => {
  it.effect("groupBy is what grouping is, in any number of partitions and steps", () =>
    check(
      fc.tuple(numbers, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 2, max: 4 })),
      ([given, partitions, maxBranch]) =>
        Effect.gen(function*() {
          const groups = yield* value(bagOf(given).pipe(Bag.groupBy((n) => n % 7, { partitions, maxBranch })))
          const plain = grouped(given.flat(), (n) => n % 7)
          assert.strictEqual(groups.length, plain.size)
          for (const [key, items] of groups) assert.deepStrictEqual(items, plain.get(key))
        })
    ))

  it.effect("groupBy of records by contents, and after a pass", () =>
    check(records, (given) =>
      Effect.gen(function*() {
        const groups = yield* value(
          bagOf(given).pipe(
            Bag.filter(({ v }) => v !== ""),
            Bag.groupBy(({ k }) => ({ k, odd: k % 2 === 1 }))
          )
        )
        const plain = grouped(given.flat().filter(({ v }) => v !== ""), ({ k }) => k)
        assert.strictEqual(groups.length, plain.size)
        for (const [{ k, odd }, items] of groups) {
          assert.strictEqual(odd, k % 2 === 1)
          assert.deepStrictEqual(items, plain.get(k))
        }
      })))

  it.effect("groupBy a task, whose failure is the bag's", () =>
    Effect.gen(function*() {
      const groups = yield* value(Bag.groupBy(Bag.range(0, 5, { partitions: 3 }), parity, { partitions: 1 }))
      assert.deepStrictEqual(groups, [["even", [0, 2, 4]], ["odd", [1, 3]]])
      const error = yield* Effect.flip(value(Bag.make(1, -1, 2).pipe(Bag.groupBy(picky))))
      assert.strictEqual(error, "negative")
    }))

  it.effect("groupBy with one key, or one element under each, or none", () =>
    Effect.gen(function*() {
      const one = yield* value(Bag.range(0, 50, { partitions: 9 }).pipe(Bag.groupBy(() => "all")))
      assert.deepStrictEqual(one, [["all", Arr.range(0, 49)]])
      const each = yield* value(Bag.range(0, 50, { partitions: 9 }).pipe(Bag.groupBy((n) => n, { maxBranch: 2 })))
      assert.deepStrictEqual([...each].sort((a, b) => a[0] - b[0]), Arr.range(0, 49).map((n) => [n, [n]]))
      assert.deepStrictEqual(yield* value(Bag.range(0, 0).pipe(Bag.groupBy((n) => n))), [])
      assert.deepStrictEqual(yield* value(concatAll<number>([]).pipe(Bag.groupBy((n) => n))), [])
    }))

  it.effect("groupBy Data and Options is by Equal", () =>
    Effect.gen(function*() {
      const given = [Data.struct({ a: 1, b: [1] }), Data.struct({ a: 2, b: [1] }), Data.struct({ a: 1, b: [1] })]
      const groups = yield* value(bagOf([given, given]).pipe(Bag.groupBy((x) => x, { partitions: 2 })))
      assert.deepStrictEqual(groups.map(([, items]) => items.length).sort(), [2, 4])
    }))

  it.effect("groupBy refuses what no shuffle can be made of", () =>
    Effect.gen(function*() {
      for (const options of [{ partitions: 0 }, { partitions: 1.5 }, { maxBranch: 1 }]) {
        const error = yield* Effect.flip(value(Bag.make(1).pipe(Bag.groupBy((n) => n, options))))
        assert.strictEqual((error as { readonly reason?: string }).reason, "BadOption")
      }
    }))

  it.effect("foldby is folding what grouping gives", () =>
    check(fc.tuple(numbers, fc.integer({ min: 2, max: 4 })), ([given, splitEvery]) =>
      Effect.gen(function*() {
        const sums = yield* value(
          bagOf(given).pipe(Bag.foldby((n) => n % 5, 0, (sum, n) => sum + n, (a, b) => a + b, { splitEvery }))
        )
        const plain = grouped(given.flat(), (n) => n % 5)
        assert.deepStrictEqual(
          sums,
          Array.from(plain, ([key, items]) => [key, items.reduce((a, b) => a + b, 0)] as const)
        )
      })))

  it.effect("foldby with tasks, in the order of the elements", () =>
    Effect.gen(function*() {
      const sums = yield* value(Bag.range(0, 10, { partitions: 4 }).pipe(Bag.foldby(parity, 0, plus, plus)))
      assert.deepStrictEqual(sums, [["even", 20], ["odd", 25]])
      const texts = yield* value(
        Bag.range(0, 9, { partitions: 9 }).pipe(
          Bag.foldby((n) => n % 2, "", (s, n) => s + n, (a, b) => a + b, { splitEvery: 2 })
        )
      )
      assert.deepStrictEqual(texts, [[0, "02468"], [1, "1357"]])
    }))
})

const joined = <A extends { readonly k: number }>(left: ReadonlyArray<A>, right: ReadonlyArray<A>) =>
  left.flatMap((a) => right.filter((b) => b.k === a.k).map((b) => [a, b] as const))

layer(cluster)("joins", (it) => {
  it.effect("join with values, a lazy value and a bag of one partition is the plain join, in its order", () =>
    check(fc.tuple(records, records), ([given, others]) =>
      Effect.gen(function*() {
        const other = others.flat()
        const plain = joined(given.flat(), other)
        const one = Bag.fromIterable(other, { partitions: 1 })
        const sides: ReadonlyArray<
          Iterable<{ k: number; v: string }> | Collection.Collection<ReadonlyArray<{ k: number; v: string }>>
        > = [other, new Set(other), one]
        for (const side of sides) {
          const pairs = yield* value(bagOf(given).pipe(Bag.join(side, { on: (x) => x.k, onOther: (y) => y.k })))
          assert.deepStrictEqual(pairs, plain)
        }
      }), 10))

  it.effect("join of two bags of many partitions is the plain join, in some order", () =>
    check(
      fc.tuple(records, records, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 3 })),
      ([given, others, partitions, maxBranch]) =>
        Effect.gen(function*() {
          const pairs = yield* value(
            bagOf(given).pipe(Bag.join(bagOf([...others, []]), { on: (x) => x.k, partitions, maxBranch }))
          )
          assert.deepStrictEqual(asSet(pairs), asSet(joined(given.flat(), others.flat())))
        }),
      15
    ))

  it.effect("product has each pair once", () =>
    check(fc.tuple(numbers, numbers), ([given, others]) =>
      Effect.gen(function*() {
        const pairs = yield* value(bagOf(given).pipe(Bag.map((n) => n + 1), Bag.product(bagOf(others))))
        assert.deepStrictEqual(asSet(pairs), asSet(given.flat().flatMap((a) => others.flat().map((b) => [a + 1, b]))))
        const inOrder = yield* value(bagOf(given).pipe(Bag.product(others.flat())))
        assert.deepStrictEqual(inOrder, given.flat().flatMap((a) => others.flat().map((b) => [a, b] as const)))
      }), 10))
})

layer(cluster)("shapes", (it) => {
  it.effect("zip is zip where both are partitioned alike", () =>
    check(numbers, (given) =>
      Effect.gen(function*() {
        const bag = bagOf(given)
        const pairs = yield* value(bag.pipe(Bag.zip(bag.pipe(Bag.map((n) => String(n))))))
        assert.deepStrictEqual(pairs, given.flat().map((n) => [n, String(n)] as const))
      })))

  it.effect("zip says where they are not", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(value(bagOf([[1], [2, 3]]).pipe(Bag.zip(bagOf([[1], [2]])))))
      assert.instanceOf(error, Bag.ZipMismatch)
      assert.deepInclude(error, { partition: 1, left: 2, right: 1 })
      const refused = yield* Effect.flip(value(bagOf([[1], [2, 3]]).pipe(Bag.zip(bagOf([[1]])))))
      assert.strictEqual((refused as { readonly reason?: string }).reason, "BadOption")
    }))

  it.effect("concat is concat, and unzip takes apart what zip made", () =>
    check(fc.tuple(numbers, numbers), ([given, others]) =>
      Effect.gen(function*() {
        const both = bagOf(given).pipe(Bag.map((n) => n * 2), Bag.concat(bagOf(others)))
        assert.deepStrictEqual(yield* value(both), [...given.flat().map((n) => n * 2), ...others.flat()])
        const [left, right] = both.pipe(Bag.map((n) => [n, String(n)] as const), Bag.unzip(2))
        assert.deepStrictEqual(yield* value(left), [...given.flat().map((n) => n * 2), ...others.flat()])
        assert.deepStrictEqual(yield* value(right), (yield* value(both)).map(String))
      }), 15))

  it.effect("accumulate is scan, one partition after the other and side by side", () =>
    check(numbers, (given) =>
      Effect.gen(function*() {
        const plain = Arr.scan(given.flat(), 0, (a, b) => a + b)
        const bag = bagOf(given)
        assert.deepStrictEqual(yield* value(bag.pipe(Bag.accumulate(0, (a, b) => a + b))), plain)
        assert.deepStrictEqual(yield* value(bag.pipe(Bag.accumulate(0, plus))), plain)
        assert.deepStrictEqual(yield* value(bag.pipe(Bag.accumulate(0, (a, b) => a + b, (a, b) => a + b))), plain)
        assert.deepStrictEqual(yield* value(bag.pipe(Bag.accumulate(0, plus, plus))), plain)
        const texts = yield* value(bag.pipe(Bag.accumulate("", (s, n) => s + n, (a, b) => a + b)))
        assert.deepStrictEqual(texts, Arr.scan(given.flat(), "", (s, n) => s + n))
      }), 15))

  it.effect("repartition into a number of partitions keeps elements and order", () =>
    check(fc.tuple(numbers, fc.integer({ min: 1, max: 12 })), ([given, partitions]) =>
      Effect.gen(function*() {
        const bag = bagOf(given).pipe(Bag.map((n) => n + 1), Bag.repartition({ partitions }))
        assert.strictEqual(bag.partitions, partitions)
        const found = yield* partitionsOf(bag)
        assert.strictEqual(found.length, partitions)
        assert.deepStrictEqual(found.flat(), given.flat().map((n) => n + 1))
      })))

  it.effect("repartition into partitions of a size keeps elements and order", () =>
    check(fc.tuple(numbers, fc.integer({ min: 1, max: 12 })), ([given, partitionSize]) =>
      Effect.gen(function*() {
        const found = yield* partitionsOf(
          bagOf(given).pipe(Bag.map((n) => n + 1), Bag.repartition({ partitionSize }))
        )
        const all = given.flat().map((n) => n + 1)
        assert.deepStrictEqual(found, all.length === 0 ? [[]] : Arr.chunksOf(all, partitionSize))
      })))

  it.effect("zip is zip for all bags of one length, brought to one size", () =>
    check(fc.tuple(numbers, fc.integer({ min: 1, max: 5 })), ([given, partitions]) =>
      Effect.gen(function*() {
        const size = Bag.repartition({ partitionSize: 3 })
        const other = Bag.fromIterable(given.flat().map(String), { partitions })
        const pairs = yield* value(bagOf(given).pipe(size, Bag.zip(size(other))))
        assert.deepStrictEqual(pairs, given.flat().map((n) => [n, String(n)] as const))
      }), 15))

  it.effect("repartition fails as making the elements fails", () =>
    Effect.gen(function*() {
      const bag = Bag.make(1, -1).pipe(Bag.map(picky), Bag.repartition({ partitionSize: 1 }))
      assert.strictEqual(yield* Effect.flip(value(bag)), "negative")
    }))

  it.effect("repartition cuts evenly", () =>
    Effect.gen(function*() {
      const found = yield* partitionsOf(Bag.range(0, 100, { partitions: 2 }).pipe(Bag.repartition({ partitions: 8 })))
      assert.deepStrictEqual(found.map((items) => items.length), [12, 13, 12, 13, 12, 13, 12, 13])
    }))
})
