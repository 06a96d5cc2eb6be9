/** Stopping work: all that goes with it, what must not, and the races between stopping, ending and beginning again. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { another, eventually, gated, inc, isInterrupted, reasonOf } from "../LocalCluster.fixture.js"
import { cluster, nothingLeft } from "./parity.fixture.js"

/** Attempts that do not end, when interrupted, before they are told; each run has a number. */
const reluctant = () => {
  const finalizing = Deferred.unsafeMake<void>(FiberId.none)
  const letGo = Deferred.unsafeMake<void, string>(FiberId.none)
  const started = Deferred.unsafeMake<void>(FiberId.none)
  let runs = 0
  let ended = 0
  const task = Task.make("reluctant", (x: number) =>
    Effect.suspend(() => {
      runs++
      const body = runs === 1
        ? Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
        : Effect.succeed(x * 10 + runs)
      return Effect.onInterrupt(body, () =>
        Deferred.succeed(finalizing, undefined).pipe(
          Effect.zipRight(Deferred.await(letGo)),
          Effect.orDie,
          Effect.ensuring(Effect.sync(() => ended++))
        ))
    }))
  return {
    task,
    runs: () => runs,
    ended: () => ended,
    started: Deferred.await(started),
    finalizing: Deferred.await(finalizing),
    letGo: Deferred.succeed(letGo, undefined),
    letFail: Deferred.fail(letGo, "the finalizer failed")
  }
}

describe("cancelling", () => {
  it.live("work that was cancelled and is asked for again runs again; the cancelled handle keeps its answer", () => {
    const work = reluctant()
    return Effect.gen(function*() {
      const pure = work.task.pipe(Task.with({ pure: true }))
      const cancelled = yield* Client.submit(pure, 4)
      yield* work.started
      yield* Client.cancel(cancelled)
      assert.strictEqual(yield* reasonOf(cancelled), "Cancelled")
      const again = yield* Client.submit(pure, 4)
      yield* work.letGo
      assert.strictEqual(yield* again, 42)
      assert.strictEqual(yield* reasonOf(cancelled), "Cancelled")
    }).pipe(Effect.scoped, Effect.provide(cluster({}, work.task)))
  })

  it.scoped("clears every book: what runs, what is queued, what waits for either", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const whole = task.pipe(Task.with({ resources: { one: 1 } }))
        const running = yield* Client.map(whole, Array.from({ length: 8 }, (_, n) => n))
        const waiting = yield* Client.map(inc, running)
        const last = yield* Client.map(inc, waiting)
        yield* started
        yield* Client.cancel(running, { reason: "no more" })
        const all = [...running, ...waiting, ...last]
        yield* Client.wait(all)
        assert.deepStrictEqual([...new Set(all.map(Future.status))], ["cancelled"])
        assert.include(String(yield* Effect.flip(last[7]!)), "no more")
        // One attempt ran at a time on each worker: each that began has ended.
        yield* eventually(() => log.length > 0 && log.filter((line) => line === "ended").length * 2 === log.length)
        assert.strictEqual(yield* Client.run(inc, 1), 2)
        yield* Effect.forEach(all, Future.release)
        yield* nothingLeft(all.map((future) => future.key))
      }).pipe(Effect.provide(cluster({ workers: 2, resources: { one: 1 } }, task, inc)))
    }))

  it.scoped("leaves the branches that do not need it", () =>
    Effect.gen(function*() {
      const a = gated("a")
      const b = gated("b")
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(a.task, 1)
        const y = yield* Client.submit(b.task, 1)
        const ofBoth = yield* Client.submit((n: number, m: number) => n + m, x, y)
        const ofOne = yield* Client.submit(inc, y)
        yield* a.started
        yield* b.started
        yield* Client.cancel(x)
        assert.strictEqual(yield* reasonOf(ofBoth), "Cancelled")
        assert.deepStrictEqual([y.status, ofOne.status], ["pending", "pending"])
        yield* b.open
        assert.strictEqual(yield* ofOne, 2)
        assert.deepStrictEqual([a.log, b.log], [["interrupted", "ended"], ["ended"]])
      }).pipe(Effect.provide(cluster({}, a.task, b.task, inc)))
    }))

  it.scoped("leaves what another client made from it", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const shared = task.pipe(Task.with({ pure: true }))
        const theirs = yield* another("theirs")
        const mine = yield* Client.submit(shared, 1)
        const after = yield* Client.submit(inc, mine)
        const x = yield* theirs.submit(shared, 1)
        const y = yield* theirs.submit(inc, x)
        yield* started
        yield* Future.release(x)
        yield* Client.cancel(mine)
        assert.strictEqual(yield* reasonOf(mine), "Cancelled")
        assert.strictEqual(yield* reasonOf(after), "Cancelled")
        yield* open
        assert.strictEqual(yield* y, 2)
        assert.deepStrictEqual(log, ["ended"])
      }).pipe(Effect.provide(cluster({}, task, inc)))
    }))

  it.scoped("ends those who wait for it in all ways, at once", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        yield* started
        const joined = yield* Effect.fork(reasonOf(x))
        const gathered = yield* Effect.fork(reasonOf(Client.gather([x])))
        const waited = yield* Effect.fork(Client.wait(x))
        const done = yield* Effect.fork(Future.done(x))
        yield* Effect.yieldNow()
        yield* Client.cancel(x)
        assert.strictEqual(yield* Fiber.join(joined), "Cancelled")
        assert.strictEqual(yield* Fiber.join(gathered), "Cancelled")
        assert.deepStrictEqual((yield* Fiber.join(waited)).done, [x])
        assert.strictEqual(yield* Fiber.join(done), "cancelled")
      }).pipe(Effect.provide(cluster({}, task)))
    }))
})

describe("stopping and beginning again", () => {
  it.scoped("work that is wanted again while its old attempt still ends is run anew, and the late end changes nothing", () =>
    Effect.gen(function*() {
      for (const end of ["letGo", "letFail"] as const) {
        const work = reluctant()
        yield* Effect.gen(function*() {
          const pure = work.task.pipe(Task.with({ pure: true }))
          const old = yield* Client.submit(pure, 5)
          yield* work.started
          yield* Client.cancel(old)
          assert.strictEqual(yield* reasonOf(old), "Cancelled")
          yield* work.finalizing
          // While the cancelled handle counts, equal work is what it is: cancelled. So it goes first.
          yield* Future.release(old)
          const again = yield* Client.submit(pure, 5)
          assert.strictEqual(again.key, old.key)
          assert.strictEqual(yield* again, 52)
          assert.strictEqual(work.ended(), 0)
          yield* work[end]
          yield* eventually(() => work.ended() === 1)
          const third = yield* Client.submit(inc, again)
          assert.strictEqual(yield* third, 53)
          assert.deepStrictEqual([again.status, old.status], ["finished", "cancelled"])
          assert.strictEqual(work.runs(), 2)
        }).pipe(Effect.provide(cluster({}, work.task, inc)))
      }
    }))

  it.scoped("work that is let go and wanted again at once goes to its end", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const x = yield* Client.submit(pure, 1)
        yield* started
        yield* Future.release(x)
        const y = yield* Client.submit(pure, 1)
        yield* open
        assert.strictEqual(y.key, x.key)
        assert.strictEqual(yield* y, 1)
      }).pipe(Effect.provide(cluster({}, task)))
    }))

  it.scoped("the slot of a cancelled attempt is taken until it has ended", () =>
    Effect.gen(function*() {
      const work = reluctant()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(work.task.pipe(Task.with({ resources: { one: 1 }, key: "held" })), 1)
        yield* work.started
        yield* Client.cancel(x)
        yield* work.finalizing
        const next = yield* Client.submit(inc.pipe(Task.with({ resources: { one: 1 } })), 1)
        assert.notStrictEqual((yield* Client.explain(next)).state, "Running")
        assert.strictEqual((yield* Client.workers)[0]!.assigned, 1)
        assert.strictEqual(next.status, "pending")
        yield* work.letGo
        assert.strictEqual(yield* next, 2)
      }).pipe(Effect.provide(cluster({ resources: { one: 1 } }, work.task, inc)))
    }))

  it.scoped("an interrupted handle ends as interrupted, one that was cancelled as cancelled, whoever is first", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const [x, y] = [yield* Client.submit(pure, 1), yield* Client.submit(pure, 1)]
        yield* started
        yield* Fiber.interrupt(x)
        yield* Client.cancel(y)
        yield* Client.cancel(x)
        assert.isTrue(isInterrupted(yield* x.await))
        assert.strictEqual(yield* reasonOf(y), "Cancelled")
        yield* Fiber.interrupt(y)
        assert.strictEqual(yield* reasonOf(y), "Cancelled")
      }).pipe(Effect.provide(cluster({}, task)))
    }))
})
