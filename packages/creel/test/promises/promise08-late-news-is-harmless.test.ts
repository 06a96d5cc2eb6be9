import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { boom, eventually, inc, on, reasonOf } from "../LocalCluster.fixture.js"

/** Work that cannot be interrupted: what it answers comes late. */
const late = () => {
  const started = Deferred.unsafeMake<void>(FiberId.none)
  const gate = Deferred.unsafeMake<void>(FiberId.none)
  let runs = 0
  let ended = 0
  const task = Task.make("late", (x: number) =>
    Effect.uninterruptible(
      Effect.suspend(() => {
        runs++
        return Deferred.succeed(started, undefined)
      }).pipe(Effect.zipRight(Deferred.await(gate)), Effect.zipRight(Effect.sync(() => (ended++, x))))
    ))
  return {
    task,
    started: Deferred.await(started),
    open: Deferred.succeed(gate, undefined),
    runs: () => runs,
    ended: () => ended
  }
}

describe("promise 8: late news is harmless", () => {
  it.scoped("a value of released work under the same key is not the new work's", () =>
    Effect.gen(function*() {
      const { ended, open, started, task } = late()
      const key = Task.with({ key: "same" })
      return yield* Effect.gen(function*() {
        const old = yield* Client.submit(task.pipe(key), 1)
        yield* started
        yield* Future.release(old)
        const fresh = yield* Client.submit(inc.pipe(key), 100)
        yield* open
        yield* eventually(() => ended() === 1)
        assert.strictEqual(yield* fresh, 101)
      }).pipe(on({}, task, inc))
    }))

  it.scoped("a late value of the same work is good", () =>
    Effect.gen(function*() {
      const { open, started, task } = late()
      const pure = task.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const old = yield* Client.submit(pure, 7)
        yield* started
        yield* Future.release(old)
        const again = yield* Client.submit(pure, 7)
        yield* open
        assert.strictEqual(yield* again, 7)
      }).pipe(on({}, task))
    }))

  it.scoped("what is cancelled stays cancelled, though its value comes", () =>
    Effect.gen(function*() {
      const { ended, open, started, task } = late()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        yield* started
        yield* Client.cancel(x)
        yield* open
        yield* eventually(() => ended() === 1)
        assert.strictEqual(yield* Client.run(inc, 1), 2)
        assert.deepStrictEqual([x.status, y.status], ["cancelled", "cancelled"])
        assert.strictEqual(yield* reasonOf(x), "Cancelled")
      }).pipe(on({}, task, inc))
    }))

  it.scoped("a failure told to an older want is no answer to the newer", () =>
    Effect.gen(function*() {
      const key = Task.with({ key: "same" })
      const failed = yield* Client.submit(boom.pipe(key), "no")
      yield* Future.release(failed)
      const fresh = yield* Client.submit(inc.pipe(key), 1)
      assert.strictEqual(yield* fresh, 2)
      yield* Future.release(fresh)
      assert.strictEqual(yield* Effect.flip(yield* Client.submit(boom.pipe(key), "again")), "again")
    }).pipe(on({}, boom, inc)))

  it.scoped("many rounds of wanting and letting go of one key", () =>
    Effect.gen(function*() {
      const pure = inc.pipe(Task.with({ pure: true }))
      for (let n = 0; n < 200; n++) {
        const future = yield* Client.submit(pure, 1)
        if (n % 3 === 0) yield* Effect.yieldNow()
        if (n % 7 === 0) assert.strictEqual(yield* future, 2)
        if (n % 2 === 0) yield* Client.cancel(future)
        yield* Future.release(future)
      }
      assert.strictEqual(yield* yield* Client.submit(pure, 1), 2)
    }).pipe(on({}, inc)))
})
