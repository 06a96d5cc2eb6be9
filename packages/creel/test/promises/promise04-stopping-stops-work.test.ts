import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as TestClock from "effect/TestClock"
import { eventually, gated, inc, on, reasonOf, until } from "../LocalCluster.fixture.js"

/** Work that does not let itself be interrupted: it ends when it is told, or never. */
const stubborn = (slots: "cpu" | 32 = "cpu") => {
  const started = Deferred.unsafeMake<void>(FiberId.none)
  const gate = Deferred.unsafeMake<void>(FiberId.none)
  const task = Task.make(
    "stubborn",
    (x: number) =>
      Effect.uninterruptible(Effect.zipRight(Deferred.succeed(started, undefined), Effect.as(Deferred.await(gate), x))),
    {
      slots
    }
  )
  return { task, started: Deferred.await(started), open: Deferred.succeed(gate, undefined) }
}

describe("promise 4: stopping stops work", () => {
  it.scoped("on cancel the fiber is interrupted, its finalizers run, and dependents go with it", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        const z = yield* Client.submit(inc, y)
        yield* started
        yield* Client.cancel(x, { reason: "changed my mind" })
        yield* eventually(() => log.length === 2)
        for (const future of [x, y, z]) {
          const error = yield* Effect.flip(future)
          assert.strictEqual((error as { reason?: string }).reason, "Cancelled")
          assert.include(String(error), "changed my mind")
          assert.strictEqual((error as { by?: string }).by, "me")
        }
      }).pipe(on({ name: "me" }, task, inc))
    }))

  it.scoped("a cancelled attempt keeps its slot until it has ended, and `explain` names it", () =>
    Effect.gen(function*() {
      const { open, started, task } = stubborn()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ pure: true })), 1)
        yield* started
        const next = yield* Client.submit(task.pipe(Task.with({ priority: -1 })), 2)
        yield* Client.cancel(x)
        const ending = yield* until(Client.explain(x), (_) => _.ending.length === 1)
        assert.include(ending.summary, "still ending")
        assert.strictEqual(next.status, "pending")
        yield* open
        assert.strictEqual(yield* next, 2)
        yield* until(Client.explain(x), (_) => _.ending.length === 0)
      }).pipe(on({ slots: 1 }, task))
    }))

  it.scoped("code that does not end is given a grace period, then its executor goes; neighbours run again without blame", () =>
    Effect.gen(function*() {
      const { started, task } = stubborn(32)
      const neighbour = gated("neighbour")
      return yield* Effect.gen(function*() {
        const near = yield* Client.submit(neighbour.task, 5)
        yield* neighbour.started
        const x = yield* Client.submit(task.pipe(Task.with({ priority: 1 })), 1)
        yield* TestClock.adjust("1 seconds")
        yield* started
        yield* Client.cancel(x)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(neighbour.runs(), 1)
        yield* TestClock.adjust("2 seconds")
        yield* eventually(() => neighbour.runs() === 2)
        assert.deepStrictEqual((yield* Client.explain(near)).deaths, [])
        yield* neighbour.open
        assert.strictEqual(yield* near, 5)
      }).pipe(on({ slots: 1 }, task, neighbour.task))
    }))

  it.scoped("by force at once", () =>
    Effect.gen(function*() {
      const { started, task } = stubborn()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        yield* started
        yield* Client.cancel(x, { force: true })
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(yield* yield* Client.submit(inc, 1), 2)
        assert.strictEqual(yield* reasonOf(x), "Cancelled")
      }).pipe(on({ slots: 1 }, task, inc))
    }))

  it.scoped("when no want is left, as on cancel", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          const x = yield* Client.submit(task, 1)
          yield* Client.submit(inc, x)
          yield* started
        }))
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(on({}, task, inc))
    }))

  it.scoped("a promise's signal aborts", () =>
    Effect.gen(function*() {
      const started = Deferred.unsafeMake<void>(FiberId.none)
      let aborted = false
      const fetches = Task.promise("fetches", (signal) => () =>
        new Promise<number>(() => {
          signal.addEventListener("abort", () => void (aborted = true))
          Deferred.unsafeDone(started, Effect.void)
        }))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(fetches)
        yield* Deferred.await(started)
        yield* Client.cancel(x)
        yield* eventually(() => aborted)
      }).pipe(on({}, fetches))
    }))
})
