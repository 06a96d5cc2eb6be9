import { Delayed } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { inspect } from "node:util"

class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { max: Schema.Number }) {}

const inc = Task.sync("inc", (x: number) => x + 1)
const dec = Task.sync("dec", (x: number) => x - 1)
const add = Task.sync("add", (x: number, y: number) => x + y)
const square = Task.make(
  "square",
  (x: number) => x > 1000 ? Effect.fail(new TooLarge({ max: 1000 })) : Effect.succeed(x * x),
  { error: TooLarge }
)
const deep = Task.sync(
  "deep",
  (o: { readonly a: ReadonlyArray<{ readonly b: number }>; readonly c: number }) => o.a.reduce((n, { b }) => n + b, o.c)
)
const optional = Task.sync("optional", (o: Option.Option<number>) => Option.getOrElse(o, () => -1), {
  args: [Schema.OptionFromSelf(Schema.Number)]
})

/** Notes how often each key was run. */
const counted = () => {
  const runs = new Map<number, number>()
  const task = (pure: boolean) =>
    Task.sync("counted", (x: number) => {
      runs.set(x, (runs.get(x) ?? 0) + 1)
      return x
    }, { pure })
  return { runs, task }
}

const on =
  (...tasks: ReadonlyArray<Task.Task<any, any, any>>) =>
  <A, E>(program: Effect.Effect<A, E, Client.Client | Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
    Effect.provide(
      program,
      LocalCluster.layer({ tasks: TaskGroup.make(inc, dec, add, square, deep, optional, ...tasks), workers: 2 })
    ) as Effect.Effect<A, E, Scope.Scope>

describe("Delayed", () => {
  it.scoped("computes the notebook's graph", () =>
    Effect.gen(function*() {
      const x = Delayed.make(inc)(1)
      const y = Delayed.make(dec)(2)
      const total = Delayed.make(add)(x, y)
      const future = yield* Client.compute(total)
      assert.strictEqual(yield* future, 3)
    }).pipe(on()))

  it.scoped("does nothing before it is computed, and what is shared once", () => {
    const { runs, task } = counted()
    const counting = task(false)
    return Effect.gen(function*() {
      const x = Delayed.make(counting)(1)
      const total = Delayed.make(add)(x, Delayed.make(add)(x, x.pipe(Delayed.map(inc))))
      yield* Client.wait([yield* Client.submit(inc, 1)])
      assert.strictEqual(runs.size, 0)
      assert.strictEqual(yield* yield* Client.compute(total), 4)
      assert.deepStrictEqual(Array.from(runs), [[1, 1]])
    }).pipe(on(counting))
  })

  it.scoped("runs equal calls of a pure task once, and of another task each time", () =>
    Effect.forEach([true, false], (pure) => {
      const { runs, task } = counted()
      const counting = task(pure)
      return Effect.gen(function*() {
        const total = Delayed.make(add)(Delayed.make(counting)(5), Delayed.make(counting)(5))
        assert.strictEqual(yield* yield* Client.compute(total), 10)
        assert.deepStrictEqual(Array.from(runs), [[5, pure ? 1 : 2]])
      }).pipe(on(counting))
    }))

  it.scoped("brings typed errors to who awaits, from any depth", () =>
    Effect.gen(function*() {
      const bad = Delayed.make(square)(2000)
      const total = Delayed.make(deep)({ a: [{ b: 1 }, { b: bad.pipe(Delayed.map(inc)) }], c: 2 })
      const future = yield* Client.compute(total)
      const exit = yield* Effect.exit(future)
      assert(Exit.isFailure(exit))
      const failure = Cause.failureOption(exit.cause)
      assert(Option.isSome(failure))
      assert.instanceOf(failure.value, TooLarge)
      assert.strictEqual((failure.value as TooLarge).max, 1000)
      assert.strictEqual(
        yield* Effect.catchTag(future, "TooLarge", ({ max }) => Effect.succeed(-max)),
        -1000
      )
    }).pipe(on()))

  it.scoped("takes lazy values, futures and structures of them wherever values belong", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc, 9)
      const one = Delayed.value(1)
      const total = Delayed.make(deep)({ a: [{ b: one }, { b: future }, { b: Delayed.make(inc)(one) }], c: 100 })
      assert.strictEqual(yield* yield* Client.compute(total), 1 + 10 + 2 + 100)
      const whole = Delayed.make(deep)(Delayed.all({ a: [{ b: one }, { b: future }], c: Delayed.fromFuture(future) }))
      assert.strictEqual(yield* yield* Client.compute(whole), 1 + 10 + 10)
    }).pipe(on()))

  it.scoped("passes a structure on as it stands, without a task for it", () =>
    Effect.gen(function*() {
      const one = Delayed.make(inc)(0)
      const total = Delayed.make(deep)(Delayed.all({ a: [{ b: one }], c: 1 }))
      assert.deepStrictEqual(total.needs, [one])
      assert.strictEqual(yield* yield* Client.compute(total), 2)
    }).pipe(on()))

  it.scoped("gives lazy values to parameters that have a Schema", () =>
    Effect.gen(function*() {
      const value = Delayed.make((x: number) => x * 2)(4).pipe(Delayed.map((x) => ({ _id: x }) as unknown))
      assert.deepStrictEqual(yield* yield* Client.compute(value), { _id: 8 })
      const some = Delayed.value(Option.some(3))
      assert.strictEqual(yield* yield* Client.compute(Delayed.make(optional)(some)), 3)
      assert.strictEqual(yield* yield* Client.compute(Delayed.make(optional)(Option.none())), -1)
    }).pipe(on()))

  it.scoped("maps, zips, and picks", () =>
    Effect.gen(function*() {
      const ada = Delayed.value({ name: "Ada", born: 1815, tags: ["a", "b"] })
      const text = Delayed.zipWith(
        Delayed.get(ada, "name"),
        Delayed.get(ada, "born"),
        (name, born) => `${name} ${born}`
      )
      assert.strictEqual(yield* yield* Client.compute(text), "Ada 1815")
      const pair = ada.pipe(Delayed.get("tags"), Delayed.get(1), Delayed.zip(text))
      assert.deepStrictEqual(yield* yield* Client.compute(pair), ["b", "Ada 1815"])
      assert.deepStrictEqual(yield* yield* Client.compute(Delayed.get(pair, "length")), 2)
    }).pipe(on()))

  it.scoped("computes a chain of 20,000 and a fan of 2,000", () =>
    Effect.gen(function*() {
      const one = Delayed.make(inc)
      let chain: Delayed.Delayed<number> = one(0)
      for (let i = 1; i < 20_000; i++) chain = one(chain)
      assert.strictEqual(yield* yield* Client.compute(chain), 20_000)
      const total = Delayed.make((xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0))
      const fan = total(Array.from({ length: 2000 }, (_, i) => one(i)))
      assert.strictEqual(yield* yield* Client.compute(fan), 2000 * 2001 / 2)
    }).pipe(on()))

  it.scoped("stands on its future once it is persisted, whoever shares it", () => {
    const { runs, task } = counted()
    const counting = task(false)
    return Effect.gen(function*() {
      const x = Delayed.make(counting)(7)
      const kept = yield* Delayed.persist(x)
      assert.isTrue(Delayed.isDelayed(kept))
      assert.strictEqual(kept.key, x.key)
      assert.strictEqual(yield* yield* Client.compute(kept.pipe(Delayed.map(inc))), 8)
      // What is there already is not done again, also where the same work stands beside it.
      assert.strictEqual(yield* yield* Client.compute(Delayed.make(add)(x, kept)), 14)
      assert.strictEqual(yield* yield* Delayed.compute(kept), 7)
      assert.deepStrictEqual(Array.from(runs), [[7, 1]])
    }).pipe(on(counting))
  })

  it.scoped("is the same work when it is computed twice while it is held", () => {
    const { runs, task } = counted()
    const counting = task(false)
    return Effect.gen(function*() {
      const x = Delayed.make(counting)(3)
      const [a, b] = [yield* Client.compute(x), yield* Client.compute(x)]
      assert.deepStrictEqual(yield* Client.gather([a, b]), [3, 3])
      assert.deepStrictEqual(Array.from(runs), [[3, 1]])
    }).pipe(on(counting))
  })

  it.scoped("refuses what cannot be submitted when it is computed", () =>
    Effect.gen(function*() {
      const factor = 2
      const captured = Delayed.make((x: number) => x * factor)(1)
      const error = yield* Effect.flip(Client.compute(captured))
      assert.strictEqual(error.reason, "CapturedVariables")
      const odd = Delayed.make(inc)(new (class Odd {})() as unknown as number)
      assert.strictEqual((yield* Effect.flip(Client.compute(odd))).reason, "NotEncodable")
    }).pipe(on()))

  it("is shown by its key, and never computed by accident", () => {
    const x = Delayed.make(inc)(1).pipe(Delayed.with({ key: "two" }))
    const y = Delayed.make(add)(x, 1).pipe(Delayed.with({ key: "three" }))
    assert.strictEqual(`${y}`, "Delayed(three)")
    assert.strictEqual(inspect(y), "Delayed(three)")
    assert.strictEqual(JSON.stringify(y), "{\"_id\":\"Delayed\",\"key\":\"three\",\"needs\":[\"two\"]}")
    assert.isFalse(Effect.isEffect(y))
    assert.isFalse("then" in y)
    assert.isFalse(Symbol.iterator in y)
    assert.isNaN(Number(y))
  })

  describe("with", () => {
    it("keeps the key, unless it is told another", () => {
      const x = Delayed.make(inc)(1)
      assert.strictEqual(Delayed.with(x, { priority: 3 }).key, x.key)
      assert.strictEqual(x.pipe(Delayed.with({ key: "mine" })).key, "mine")
      const a = Delayed.make(inc)(1).pipe(Delayed.with({ pure: true }))
      const b = Delayed.make(inc)(1).pipe(Delayed.with({ pure: true }))
      assert.strictEqual(a.key, b.key)
    })

    it.scoped("says where it is to run", () => {
      const where = Task.make("where", (_: number) => Effect.map(Task.Current, ({ worker }) => worker))
      return Effect.gen(function*() {
        const [, second] = yield* Client.workers
        const there = Delayed.make(where)(1).pipe(Delayed.with({ workers: second!.name }))
        assert.strictEqual(yield* yield* Client.compute(there), second!.name)
        const plain = Delayed.make((x: number) => x + 1)(1).pipe(Delayed.with({ workers: second!.name, group: "g" }))
        assert.strictEqual(yield* yield* Client.compute(plain), 2)
      }).pipe(on(where))
    })
  })
})
