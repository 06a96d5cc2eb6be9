import { Bag, type Delayed } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Order from "effect/Order"
import * as Scope from "effect/Scope"
import * as fc from "fast-check"

const add = Task.make("add", (a: number, b: number) => Effect.as(Effect.yieldNow(), a + b))
const picky = Task.make(
  "picky",
  (a: number, b: number) => b === 13 ? Effect.fail("thirteen" as const) : Effect.succeed(a + b)
)
const compare = Task.make("compare", (a: number, b: number) => Effect.as(Effect.yieldNow(), a - b))
const parity = Task.make("parity", (x: number) => Effect.succeed(Math.abs(x % 2)))
const list = Task.sync("list", (xs: Iterable<number>) => Array.from(xs))
const lists = Task.sync("lists", (pieces: ReadonlyArray<ReadonlyArray<number>>) => pieces.flat())

const cluster = Effect.runSync(Scope.make())

/** One cluster for all cases of this file. */
const context = await Effect.runPromise(
  Layer.buildWithScope(
    LocalCluster.layer({
      workers: 2,
      tasks: TaskGroup.make(add, picky, compare, parity, list, lists).merge(Bag.tasks)
    }),
    cluster
  )
)

const run = <A, E>(effect: Effect.Effect<A, E, Client.Client | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.scoped(effect), context))

const give = <A, E>(lazy: Delayed.Delayed<A, E>) => Effect.flatten(Client.compute(lazy))

const ints = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 60 })
const cut = fc.record({ partitions: fc.integer({ min: 1, max: 12 }) })
const tree = fc.record({ splitEvery: fc.integer({ min: 2, max: 4 }) })

/** Any numbers, cut in any way, put together in any tree: the same as of the array. */
const same = <A, E>(
  make: (bag: Bag.Bag<number>, options: Bag.ReduceOptions) => Delayed.Delayed<A, E>,
  plain: (xs: ReadonlyArray<number>) => unknown,
  check: (actual: A, expected: any) => void = assert.deepStrictEqual
) =>
  fc.assert(
    fc.asyncProperty(ints, cut, tree, async (xs, cut, tree) => {
      const exit = await run(Effect.exit(give(make(Bag.fromIterable(xs, cut), tree))))
      const expected = plain(xs)
      if (expected !== none) return check(await Effect.runPromise(exit), expected)
      assert.isTrue(
        Exit.isFailure(exit) &&
          Cause.failureOption(exit.cause).pipe((o) => o._tag === "Some" && Cause.isNoSuchElementException(o.value)),
        String(exit)
      )
    }),
    { numRuns: 25 }
  )

const none = Symbol("none")
const orNone = (xs: ReadonlyArray<number>, f: (xs: ReadonlyArray<number>) => unknown) => xs.length === 0 ? none : f(xs)
const sum = (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0)
const mean = (xs: ReadonlyArray<number>) => sum(xs) / xs.length
const variance = (xs: ReadonlyArray<number>, ddof = 0) => {
  const m = mean(xs)
  return sum(xs.map((x) => (x - m) ** 2)) / (xs.length - ddof)
}
const close = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-9)

describe("reductions of any cut and any tree are those of the array", () => {
  it("sum", () => same(Bag.sum, sum))
  it("count", () =>
    same((bag, tree) => Bag.count(Bag.filter(bag, (x) => x > 0), tree), (xs) => xs.filter((x) => x > 0).length))
  it("mean", () => same(Bag.mean, (xs) => orNone(xs, mean), close))
  it("variance", () => same(Bag.variance, (xs) => orNone(xs, variance), close))
  it("variance of a sample", () =>
    same(
      (bag, tree) => Bag.variance(bag, { ...tree, ddof: 1 }),
      (xs) => xs.length < 2 ? none : variance(xs, 1),
      close
    ))
  it("std", () => same(Bag.std, (xs) => orNone(xs, (xs) => Math.sqrt(variance(xs))), close))
  it("min", () => same((bag, tree) => Bag.min(bag, Order.number, tree), (xs) => orNone(xs, (xs) => Math.min(...xs))))
  it("max by a task", () =>
    same((bag, tree) => Bag.max(bag, compare, tree), (xs) => orNone(xs, (xs) => Math.max(...xs))))
  it("max by a plain function: the first of equal ones", () =>
    same(
      (bag, tree) => Bag.max(bag, (a, b) => a ** 2 < b ** 2 ? -1 : a ** 2 > b ** 2 ? 1 : 0, tree),
      (xs) => orNone(xs, (xs) => xs.reduce((a, b) => b ** 2 > a ** 2 ? b : a))
    ))
  it("any", () => same((bag, tree) => Bag.any(bag, (x) => x > 10, tree), (xs) => xs.some((x) => x > 10)))
  it("all", () => same((bag, tree) => Bag.all(bag, (x) => x < 15, tree), (xs) => xs.every((x) => x < 15)))
  it("all by Effects", () =>
    same((bag, tree) => Bag.all(bag, async (x) => x < 15, tree), (xs) => xs.every((x) => x < 15)))
  it("fold", () => same(Bag.fold(0, (a, b) => a + b), sum))
  it("fold by Effects, into something else", () =>
    same(
      (bag, tree) => Bag.fold(bag, "", (s, x) => `${s},${x}`, (a, b) => a + b, tree),
      (xs) => xs.map((x) => `,${x}`).join("")
    ))
  it("fold by a task", () => same((bag, tree) => Bag.fold(bag, 0, add, add, tree), sum))
  it("reduction", () =>
    same((bag, tree) => Bag.reduction(bag, (xs) => Array.from(xs), (pieces) => pieces.flat(), tree), (xs) => xs))
  it("reduction by tasks, after Effects", () =>
    same(
      (bag, tree) => Bag.reduction(bag.pipe(Bag.map(parity)), list, lists, tree),
      (xs) => xs.map((x) => Math.abs(x % 2))
    ))
  it("topk", () => same(Bag.topk(5), (xs) => Array.from(xs).sort((a, b) => b - a).slice(0, 5)))
  it("topk by a task: of equal ones those that come first", () =>
    same(
      (bag, tree) => Bag.topk(bag, 4, parity, tree),
      (xs) => Array.from(xs).sort((a, b) => Math.abs(b % 2) - Math.abs(a % 2)).slice(0, 4)
    ))
  it("frequencies", () =>
    same((bag, tree) => Bag.frequencies(bag, tree) as any, (xs) => {
      const counts = new Map<number, number>()
      for (const x of xs) counts.set(x, (counts.get(x) ?? 0) + 1)
      return Array.from(counts)
    }))
  it("distinct", () => same((bag, tree) => Bag.distinct(bag, tree) as any, (xs) => Array.from(new Set(xs))))
  it("distinct by content", () =>
    same(
      (bag, tree) => Bag.distinct(Bag.map(bag, (x) => ({ x: [Math.abs(x) % 3] })), tree) as any,
      (xs) => Array.from(new Set(xs.map((x) => Math.abs(x) % 3)), (x) => ({ x: [x] }))
    ))
  it("distinctBy", () =>
    same(
      (bag, tree) => Bag.distinctBy(bag, parity, tree) as any,
      (xs) => xs.filter((x, n) => xs.findIndex((y) => Math.abs(x % 2) === Math.abs(y % 2)) === n)
    ))
})

describe("reductions", () => {
  it("keep their digits far from zero", async () => {
    const far = 1e9
    const bag = Bag.make(far + 4, far + 7, far + 13, far + 16)
    assert.strictEqual(await run(give(Bag.variance(bag, { ddof: 1, splitEvery: 2 }))), 30)
    assert.strictEqual(await run(give(Bag.std(Bag.make(far - 1, far + 1)))), 1)
  })

  it("fail with what their functions fail with", async () => {
    assert.deepStrictEqual(
      await run(Effect.exit(give(Bag.fold(Bag.range(0, 20), 0, picky)))),
      Exit.fail("thirteen" as const)
    )
    const refused = await run(
      Effect.exit(give(Bag.fold(Bag.range(0, 9), 0, (a, b) => a + b, (a, b) => picky === undefined ? a : b)))
    )
    assert.include(String(refused), "picky")
  })

  it("topk counts NaN below all numbers, and takes none of none", async () => {
    const bag = Bag.make(1, NaN, 3, NaN, 2)
    assert.deepStrictEqual(await run(give(Bag.topk(bag, 4))), [3, 2, 1, NaN])
    assert.deepStrictEqual(await run(give(Bag.topk(bag, 0))), [])
  })

  it("any leaves a partition at the first one", async () => {
    const bag = Bag.range(0, 1e12, { partitions: 1 })
    assert.isTrue(await run(give(Bag.any(bag, (x) => x > 10))))
    assert.isFalse(await run(give(Bag.all(bag, (x) => x < 10))))
  })

  it("say what to do about a promise that a plain function has made", async () => {
    const exit = await run(Effect.exit(give(Bag.all(Bag.make(1), (x) => Promise.resolve(x < 15)))))
    assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "write it as an async function")
  })

  it("the same bag in two reductions of one computation", async () => {
    const bag = Bag.range(0, 10).pipe(Bag.map((x) => x * 2))
    const both = await run(Effect.all([give(Bag.sum(bag)), give(Bag.count(bag))]))
    assert.deepStrictEqual(both, [90, 10])
  })
})
