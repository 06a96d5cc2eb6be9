import { assert, describe, it } from "@effect/vitest"
import { Callable, Client, type FutureError, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { add, boom, inc, on } from "./LocalCluster.fixture.js"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, at: Schema.Date }) {}

class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { max: Schema.Number, at: Schema.DateFromSelf }) {}

const point = Task.sync("point", (x: number) => new Point({ x, at: new Date(x) }), { success: Point })
const shift = Task.make("shift", (p: Point) => Effect.succeed(new Point({ x: p.x + 1, at: p.at })), {
  args: [Point],
  success: Point
})
const checked = Task.make(
  "checked",
  (x: number) => x > 2 ? Effect.fail(new TooLarge({ max: 2, at: new Date(0) })) : Effect.succeed(x),
  { error: TooLarge }
)
const thrown = Task.sync("thrown", (x: number): number => {
  if (x > 2) throw new Error("thrown")
  return x
}, { catch: () => new TooLarge({ max: 2, at: new Date(1) }), error: TooLarge })

/** Calls what it is told, for each. */
const each = Task.make("each", function*(f: Callable.Wire, xs: ReadonlyArray<any>) {
  const known = yield* Task.Known
  const called = known.resolve<[any], any, never>(f)
  const out: Array<any> = []
  for (const x of xs) {
    if (called.sync === undefined) out.push(yield* called.run(x))
    else {
      try {
        out.push(called.sync(x))
      } catch (error) {
        return yield* called.caught(error)
      }
    }
  }
  return Callable.own(called, out, 1)
})

const last = Task.sync("last", (xs: ReadonlyArray<Point>) => xs[xs.length - 1]!.at.getTime())

const kindOf = Task.make("kindOf", function*(f: Callable.Wire) {
  const known = yield* Task.Known
  return known.resolve(f).sync === undefined ? "run" : "sync"
})

const callable = (what: any) => Either.getOrThrow(Callable.make(what)) as Callable.Callable<any, any, any>
const calling = (what: any) => Callable.contract(each, [callable(what)])

describe("Callable", () => {
  it("refuses what submit refuses", () => {
    const captured = callable
    const refused = Callable.make(() => captured(1))
    assert(Either.isLeft(refused))
    assert.strictEqual(refused.left.reason, "CapturedVariables")
    const other = Callable.make("x" as never) as Either.Either<unknown, FutureError.SubmitError>
    assert(Either.isLeft(other))
    assert.strictEqual(other.left.reason, "NotAFunction")
  })

  it("contracts of equal callables are one object, and name each task once", () => {
    const a = Callable.contract(each, [callable(inc), callable(inc), callable(add)])
    assert.strictEqual(a, Callable.contract(each, [callable(inc), callable(inc), callable(add)]))
    assert.strictEqual(a.id, `${each.id}+${[inc.id, add.id].sort().join("+")}`)
    assert.strictEqual(Callable.contract(each, []), each)
  })

  it.scoped("tasks and plain functions are found on the worker, and called", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Client.run(calling(inc), callable(inc).wire, [1, 2]), [2, 3])
      const double = callable((x: number) => x * 2)
      assert.deepStrictEqual(yield* Client.run(calling((x: number) => x * 2), double.wire, [1, 2]), [2, 4])
      const later = callable(async (x: number) => x * 3)
      assert.deepStrictEqual(yield* Client.run(calling(async (x: number) => x * 3), later.wire, [1, 2]), [3, 6])
    }).pipe(on({}, inc, each)))

  it.scoped("what takes no fiber is called without one", () =>
    Effect.gen(function*() {
      const kind = (what: any) => Client.run(Callable.contract(kindOf, [callable(what)]), callable(what).wire)
      assert.strictEqual(yield* kind(point), "sync")
      assert.strictEqual(yield* kind(inc), "run")
      assert.strictEqual(yield* kind((x: number) => x), "sync")
      assert.strictEqual(yield* kind(async (x: number) => x), "run")
      assert.strictEqual(
        yield* kind(function*(x: number) {
          return x
        }),
        "run"
      )
    }).pipe(on({}, inc, point, kindOf)))

  it.scoped("a promise out of what seemed to take no fiber says what to do", () =>
    Effect.gen(function*() {
      const f = (x: number) => Promise.resolve(x)
      const exit = yield* Effect.exit(Client.run(calling(f), callable(f).wire, [1]))
      assert(Exit.isFailure(exit))
      assert.include(Cause.pretty(exit.cause), "write it as an async function")
    }).pipe(on({}, each)))

  it.scoped("class instances cross by the callable's Schema, on to the next task too", () =>
    Effect.gen(function*() {
      const points = yield* Client.submit(calling(point), callable(point).wire, [1, 2])
      const seen = yield* points
      assert(seen.every((each: unknown) => each instanceof Point))
      assert.deepStrictEqual(seen, [new Point({ x: 1, at: new Date(1) }), new Point({ x: 2, at: new Date(2) })])
      const shifted = yield* Client.submit(calling(shift), callable(shift).wire, points)
      assert.deepStrictEqual((yield* shifted)[1], new Point({ x: 3, at: new Date(2) }))
      assert.strictEqual(yield* (yield* Client.submit(last, shifted)), 2)
    }).pipe(on({}, point, shift, each, last)))

  it.scoped("errors arrive as instances, and so they do at dependents", () =>
    Effect.gen(function*() {
      for (const task of [checked, thrown]) {
        const failed = yield* Client.submit(calling(task), callable(task).wire, [1, 3])
        const dependent = yield* Client.submit(last, failed)
        for (const future of [failed, dependent] as ReadonlyArray<Effect.Effect<unknown, unknown>>) {
          const exit = yield* Effect.exit(future)
          assert(Exit.isFailure(exit))
          const failure = Option.getOrThrow(Cause.failureOption(exit.cause)) as unknown
          assert(failure instanceof TooLarge)
          assert.strictEqual(failure.max, 2)
          assert(failure.at instanceof Date)
        }
      }
      const plain = yield* Effect.flip(Client.run(calling(boom), callable(boom).wire, ["why"])) as Effect.Effect<
        unknown
      >
      assert.strictEqual(plain, "why")
    }).pipe(on({}, checked, thrown, boom, each, last)))

  it.scoped("a task's own schedule tries its calls again", () => {
    let runs = 0
    const flaky = Task.make(
      "flaky",
      (x: number) => Effect.suspend(() => ++runs < 3 ? Effect.fail("no") : Effect.succeed(x)),
      {
        retry: { schedule: Schedule.recurs(5) }
      }
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* Client.run(calling(flaky), callable(flaky).wire, [7]), [7])
      assert.strictEqual(runs, 3)
    }).pipe(on({}, flaky, each))
  })

  it.scoped("a worker that is told of a task it does not have says so", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Client.run(each, callable(inc).wire, [1]))
      assert(Exit.isFailure(exit))
      assert.include(Cause.pretty(exit.cause), `has no task ${inc.id}`)
    }).pipe(on({}, each)))

  it("values deep in others go by hand", () => {
    const encoded = Callable.encodeValue(callable(point), new Point({ x: 1, at: new Date(5) }))
    assert.deepStrictEqual(encoded, { x: 1, at: new Date(5).toISOString() })
    assert.deepStrictEqual(Callable.decodeValue(callable(point), encoded), new Point({ x: 1, at: new Date(5) }))
    assert.strictEqual(Callable.encodeValue(callable(inc), 1), 1)
  })
})
