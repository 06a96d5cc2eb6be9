import { Bag, Delayed } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, type Collection, FutureError, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as fc from "fast-check"

class Negative extends Schema.TaggedError<Negative>()("Negative", { x: Schema.Number }) {}

class User extends Schema.Class<User>("User")({ name: Schema.String, age: Schema.Number }) {
  get older(): number {
    return this.age + 1
  }
}

const times = Task.sync("times", (x: number, by: number) => x * by)
const half = Task.make(
  "half",
  (x: number) => x < 0 ? Effect.fail(new Negative({ x })) : Effect.as(Effect.yieldNow(), x / 2),
  { error: Negative }
)
const strict = Task.sync("strict", (x: number) => {
  if (x < 0) throw new Error("below")
  return x
}, { catch: () => new Negative({ x: -1 }), error: Negative })
const even = Task.make("even", (x: number) => Effect.succeed(x % 2 === 0))
const user = Task.sync("user", (age: number) => new User({ name: `n${age}`, age }), { success: User })
const users = Task.sync(
  "users",
  (ages: Iterable<number>) => Array.from(ages, (age) => new User({ name: `n${age}`, age })),
  {
    args: [undefined],
    success: Schema.mutable(Schema.Array(User))
  }
)
const pairs = Task.sync(
  "pairs",
  function*(xs: Iterable<number>) {
    for (const x of xs) yield [x, x] as const
  } as (xs: Iterable<number>) => Iterable<readonly [number, number]>
)

const Tasks = TaskGroup.make(times, half, strict, even, user, users, pairs)

const cluster = Effect.runSync(Scope.make())

/** One cluster for all cases of this file. */
const context = await Effect.runPromise(
  Layer.buildWithScope(LocalCluster.layer({ workers: 2, tasks: Tasks.merge(Bag.tasks) }), cluster)
)

const run = <A, E>(effect: Effect.Effect<A, E, Client.Client | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.scoped(effect), context))

const give = <A, E>(collection: Collection.Collection<A, E>) => Effect.flatten(Client.compute(collection))

const values = <A, E>(bag: Bag.Bag<A, E>): Promise<ReadonlyArray<A>> => run(give(bag))

/** Any cut into partitions, empty ones among them too. */
const ints = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 40 })
const cut = fc.record({ partitions: fc.integer({ min: 1, max: 7 }) })

const holds = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, check), { numRuns: 25 })

const same = (
  make: (bag: Bag.Bag<number>) => Bag.Bag<unknown, unknown>,
  plain: (xs: ReadonlyArray<number>) => ReadonlyArray<unknown>
) =>
  holds(
    fc.tuple(ints, cut),
    async ([xs, cut]) => assert.deepStrictEqual(await values(make(Bag.fromIterable(xs, cut))), plain(xs))
  )

describe("what is done to elements is what arrays do", () => {
  it("map", () => same(Bag.map((x) => x + 1), (xs) => xs.map((x) => x + 1)))
  it("map by a task, with more arguments", () => same(Bag.map(times, 3), (xs) => xs.map((x) => x * 3)))
  it("map with lazy arguments", () =>
    same(
      Bag.map((x, { by }) => x * by[0]!, { by: [Delayed.value(4)] }),
      (xs) => xs.map((x) => x * 4)
    ))
  it("map by Effects", () =>
    same(
      (bag) => bag.pipe(Bag.map((x) => Math.abs(x)), Bag.map(half), Bag.map((x) => x * 2)),
      (xs) => xs.map(Math.abs)
    ))
  it("starmap", () =>
    same(
      (bag) => bag.pipe(Bag.map((x) => [x, x + 1] as const), Bag.starmap((x, y) => x * y)),
      (xs) => xs.map((x) => x * (x + 1))
    ))
  it("filter", () => same(Bag.filter((x) => x > 0), (xs) => xs.filter((x) => x > 0)))
  it("filter by Effects", () => same(Bag.filter(even), (xs) => xs.filter((x) => x % 2 === 0)))
  it("remove", () => same(Bag.remove((x) => x > 0), (xs) => xs.filter((x) => !(x > 0))))
  it("remove by Effects", () => same(Bag.remove(even), (xs) => xs.filter((x) => x % 2 !== 0)))
  it("pluck", () => same((bag) => bag.pipe(Bag.map((x) => ({ x })), Bag.pluck("x")), (xs) => xs))
  it("pluck with a default", () =>
    same(
      (bag) => bag.pipe(Bag.map((x): { y?: number } => x > 0 ? { y: x } : {}), Bag.pluck("y", 0)),
      (xs) => xs.map((x) => x > 0 ? x : 0)
    ))
  it("flatten", () =>
    same(
      (bag) => bag.pipe(Bag.map((x) => Array.from({ length: Math.abs(x) % 4 }, () => x)), Bag.flatten),
      (xs) => xs.flatMap((x) => Array.from({ length: Math.abs(x) % 4 }, () => x))
    ))
  it("flatten before Effects", () =>
    same(
      (bag) => bag.pipe(Bag.map((x) => [x, Math.abs(x)]), Bag.flatten, Bag.filter(even), Bag.map(async (x) => -x)),
      (xs) => xs.flatMap((x) => [x, Math.abs(x)]).filter((x) => x % 2 === 0).map((x) => -x)
    ))
  it("mapPartitions, each for itself", () =>
    holds(fc.tuple(ints, fc.integer({ min: 1, max: 9 })), async ([xs, partitionSize]) => {
      const bag = Bag.fromIterable(xs, { partitionSize }).pipe(
        Bag.map((x) => x + 1),
        Bag.mapPartitions((ys) => Array.from(ys).reverse()),
        Bag.map((x) => -x)
      )
      const plain: Array<number> = []
      for (let at = 0; at < xs.length; at += partitionSize) {
        plain.push(...xs.slice(at, at + partitionSize).reverse().map((x) => -(x + 1)))
      }
      assert.deepStrictEqual(await values(bag), plain)
    }))
  it("mapPartitions by a generator", () => same(Bag.mapPartitions(pairs), (xs) => xs.map((x) => [x, x])))
  it("mapPartitions after Effects", () =>
    same(
      (bag) => bag.pipe(Bag.filter(even), Bag.mapPartitions(pairs), Bag.starmap((x, y) => x + y)),
      (xs) => xs.filter((x) => x % 2 === 0).map((x) => x * 2)
    ))
  it("randomSample of all and none", () =>
    same(
      (bag) => bag.pipe(Bag.randomSample(1), Bag.randomSample(2, { seed: 3 })),
      (xs) => xs
    ).then(() => same(Bag.randomSample(0), () => [])))
})

describe("ranges and partitions", () => {
  it("range is the numbers it says, however it is cut", () =>
    holds(
      fc.tuple(
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        cut
      ),
      async ([start, end, by, cut]) => {
        const step = end < start ? -by : by
        const plain: Array<number> = []
        for (let i = 0; step > 0 ? start + i * step < end : start + i * step > end; i++) plain.push(start + i * step)
        assert.deepStrictEqual(await values(Bag.range(start, end, { ...cut, step })), plain)
      }
    ))

  it("cuts as it is told", () => {
    assert.strictEqual(Bag.fromIterable([1, 2, 3], { partitions: 2 }).partitions, 2)
    assert.strictEqual(Bag.fromIterable([1, 2, 3], { partitions: 9 }).partitions, 3)
    assert.strictEqual(Bag.fromIterable([1, 2, 3], { partitionSize: 2 }).partitions, 2)
    assert.strictEqual(Bag.fromIterable([]).partitions, 1)
    assert.strictEqual(Bag.range(0, 1000).partitions, 100)
    assert.strictEqual(Bag.range(0, 1000, { partitionSize: 0 }).partitions, 1000)
  })

  it("endlessly many in each are all of them in one", async () => {
    const all = Bag.range(0, 10, { partitionSize: Infinity })
    assert.strictEqual(all.partitions, 1)
    assert.deepStrictEqual(await values(all), Array.from({ length: 10 }, (_, n) => n))
  })

  it("nothing is lost in silence where a number is none", async () => {
    for (
      const bag of [
        Bag.fromIterable([1, 2], { partitions: NaN }),
        Bag.fromIterable([1, 2], { partitionSize: NaN }),
        Bag.range(0, 10, { partitions: NaN }),
        Bag.range(0, Infinity),
        Bag.range(NaN, 10),
        Bag.range(0, 10, { step: 0 })
      ]
    ) {
      const failed = await run(Effect.flip(give(Bag.sum(bag))))
      assert(failed instanceof FutureError.SubmitError)
      assert.strictEqual(failed.reason, "BadOption")
    }
  })

  it("one partition is one array, and an empty bag an empty one", async () => {
    assert.deepStrictEqual(await values(Bag.make(1, 2).pipe(Bag.map((x) => x))), [1, 2])
    assert.deepStrictEqual(await values(Bag.fromIterable<number>([]).pipe(Bag.map((x) => x))), [])
  })
})

describe("randomSample", () => {
  const sample = (seed: number | undefined) =>
    values(Bag.range(0, 2000, { partitions: 4 }).pipe(Bag.randomSample(0.25, { seed })))

  it("chooses the same each time, others for another seed, and about as many as asked", async () => {
    const [first, again, other] = [await sample(7), await sample(7), await sample(8)]
    assert.deepStrictEqual(first, again)
    assert.notDeepEqual(first, other)
    for (const chosen of [first, other]) assert.isTrue(chosen.length > 400 && chosen.length < 600, `${chosen.length}`)
  })

  it("chooses differently in each partition", async () => {
    const chosen = await sample(1)
    const places = [0, 1, 2, 3].map((n) => chosen.filter((x) => Math.floor(x / 500) === n).map((x) => x % 500))
    for (let n = 1; n < 4; n++) assert.notDeepEqual(places[0], places[n])
  })
})

describe("what the tasks that are called ask for", () => {
  const on = (...workers: ReadonlyArray<string>) => Bag.map(Task.with(times, { workers }), 2)

  it("is asked for each partition", () =>
    run(Effect.gen(function*() {
      const names = (yield* Client.workers).map(({ name }) => name)
      assert.strictEqual(names.length, 2)
      for (const name of names) {
        const bag = Bag.range(0, 8, { partitions: 4 }).pipe(Bag.map((x) => x + 1), on(...names), on(name))
        const future = yield* Client.compute(Bag.range(0, 2, { partitions: 1 }).pipe(on(name)))
        yield* future
        assert.deepStrictEqual(Object.values(yield* Client.whoHas([future])), [[name]])
        assert.deepStrictEqual(yield* give(bag), [4, 8, 12, 16, 20, 24, 28, 32])
      }
    })))

  it("what no worker can do for all of them is refused, and what none has is waited for", () =>
    run(Effect.gen(function*() {
      const [one, two] = (yield* Client.workers).map(({ name }) => name)
      const refused = yield* Effect.flip(give(Bag.range(0, 2).pipe(on(one!), on(two!))))
      assert(refused instanceof FutureError.SubmitError)
      assert.strictEqual(refused.reason, "BadOption")
      const lens = Task.with(times, { resources: { lens: 1 } })
      const future = yield* Client.compute(Bag.range(0, 2, { partitions: 1 }).pipe(Bag.map(lens, 2)))
      assert.include((yield* Client.explain(future)).summary, "lens")
    })))
})

describe("failures", () => {
  const failure = <A, E>(bag: Bag.Bag<A, E>) => run(Effect.exit(give(bag)))

  it("of tasks are typed, by their Schema", async () => {
    const exit = await failure(Bag.make(1, -1).pipe(Bag.map(half)))
    assert.deepStrictEqual(exit, Exit.fail(new Negative({ x: -1 })))
    assert.isTrue(
      Exit.isFailure(exit) &&
        Cause.failureOption(exit.cause).pipe((o) => o._tag === "Some" && o.value instanceof Negative)
    )
  })

  it("that a task makes of what is thrown are typed", async () => {
    const exit = await failure(Bag.make(1, -1).pipe(Bag.map((x) => x), Bag.map(strict), Bag.filter((x) => x > 0)))
    assert.deepStrictEqual(exit, Exit.fail(new Negative({ x: -1 })))
  })

  it("pass through a partition's function that came after", async () => {
    const exit = await failure(Bag.make(1, -1).pipe(Bag.map(strict), Bag.mapPartitions(pairs)))
    assert.deepStrictEqual(exit, Exit.fail(new Negative({ x: -1 })))
  })

  it("thrown by plain functions are defects", async () => {
    const exit = await failure(
      Bag.make(1).pipe(Bag.map((x: number): number => {
        throw new Error(`no ${x}`)
      }))
    )
    assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), String(exit))
    assert.include(Cause.pretty((exit as Exit.Failure<unknown, unknown>).cause), "no 1")
  })

  it("a function that closes over something is refused when the bag is computed", async () => {
    const by = 3
    const bag = Bag.make(1).pipe(Bag.map((x) => x * by))
    const exit = await failure(bag)
    assert.include(String(exit), "by")
    assert.include(String(exit), "SubmitError")
  })
})

describe("a persisted bag", () => {
  it("stands on its futures, and is a bag", async () => {
    const found = await run(Effect.gen(function*() {
      const bag = yield* Client.persist(Bag.range(0, 10, { partitions: 4 }).pipe(Bag.map((x) => x * 2)))
      const some = Bag.filter(bag, (x) => x > 4)
      return { partitions: bag.partitions, all: yield* give(bag), sum: yield* give(Bag.sum(some)) }
    }))
    assert.deepStrictEqual(found, { partitions: 4, all: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], sum: 84 })
  })

  it("keeps what its elements are", async () => {
    const older = await run(Effect.gen(function*() {
      const bag = yield* Client.persist(Bag.range(0, 6, { partitions: 2 }).pipe(Bag.map(user)))
      const some = yield* give(Bag.filter(bag, (one) => one.age > 3))
      return some.map((one) => one.older)
    }))
    assert.deepStrictEqual(older, [5, 6])
  })
})

describe("a long pass", () => {
  it.scopedLive("can be stopped between two elements, and gives its slot back", () => {
    let begin = (): void => undefined
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const seen = Task.sync("seen", (x: number) => (begin(), x))
    return Effect.gen(function*() {
      const endless = yield* Client.compute(Bag.range(0, 1e15, { partitions: 1 }).pipe(Bag.map(seen), Bag.sum))
      yield* Effect.promise(() => begun)
      yield* Client.cancel(endless)
      const next = yield* Client.compute(Bag.range(0, 10).pipe(Bag.map((x) => x + 1), Bag.sum))
      assert.strictEqual(yield* next, 55)
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(seen).merge(Bag.tasks) })))
  })
})

describe("a cluster without the tasks of bags", () => {
  it.scoped("says to add them", () =>
    Effect.gen(function*() {
      const future = yield* Client.compute(Bag.make(1).pipe(Bag.map((x) => x + 1)))
      yield* Effect.repeat(Effect.zipLeft(Client.explain(future), Effect.yieldNow()), {
        until: (_) => _.state === "Queued"
      })
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(future)
      assert.strictEqual(error.reason, "UnknownTask")
      assert.include(error.message, "What to do: add Bag.tasks")
    }).pipe(Effect.provide(LocalCluster.layer())))
})

describe("elements with a Schema", () => {
  it("are instances again, here and in the next function", async () => {
    const bag = Bag.make(1, 2, 3).pipe(Bag.map(user))
    const all = await values(bag)
    assert.isTrue(all.every((one) => one instanceof User))
    assert.deepStrictEqual(all.map((one) => one.older), [2, 3, 4])
    assert.deepStrictEqual(await values(bag.pipe(Bag.map((one) => one.older))), [2, 3, 4])
  })

  it("stay what they are when some are left out", async () => {
    const bag = Bag.range(0, 10, { partitions: 3 }).pipe(Bag.map(user), Bag.filter((one) => one.age % 2 === 0))
    assert.deepStrictEqual((await values(bag)).map((one) => one.older), [1, 3, 5, 7, 9])
  })

  it("come from whole partitions", async () => {
    const bag = Bag.range(0, 4, { partitions: 2 }).pipe(Bag.mapPartitions(users), Bag.remove((one) => one.age === 1))
    assert.deepStrictEqual((await values(bag)).map((one) => one.older), [1, 3, 4])
  })

  it("are reduced", async () => {
    const bag = Bag.range(0, 20, { partitions: 5 }).pipe(Bag.map(user))
    const oldest = await run(give(bag.pipe(Bag.max((a, b) => a.age < b.age ? -1 : a.age > b.age ? 1 : 0))))
    assert.strictEqual(oldest.older, 20)
    const top = await run(give(bag.pipe(Bag.topk(2, (one) => one.age))))
    assert.deepStrictEqual(top.map((one) => one.older), [20, 19])
    const some = await values(bag.pipe(Bag.distinctBy((one) => one.age % 2)))
    assert.deepStrictEqual(some.map((one) => one.older), [1, 2])
  })
})
