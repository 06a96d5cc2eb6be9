import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { another, boom, eventually, gated, inc, on, onDoor, reasonOf, until } from "./LocalCluster.fixture.js"

describe("Client.cancel", () => {
  it.scoped("stops the work, its dependents too; both futures say who and why, at once", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        yield* started
        yield* Client.cancel(x, { reason: "no longer needed" })
        assert.strictEqual(x.status, "cancelled")
        assert.include(String(x), "cancelled")
        const error = yield* Effect.flip(x)
        assert.strictEqual((error as { reason: string }).reason, "Cancelled")
        assert.include(String(error), "no longer needed")
        assert.include(String(error), "client")
        assert.strictEqual(yield* reasonOf(y), "Cancelled")
        assert.strictEqual(y.status, "cancelled")
        yield* eventually(() => log.length === 2)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(on({}, task, inc))
    }))

  it.scoped("before the scheduler has heard of it, and before it has begun", () =>
    Effect.gen(function*() {
      const { open, runs, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        yield* Future.cancel(x)
        assert.strictEqual(yield* reasonOf(y), "Cancelled")
        assert.strictEqual(yield* reasonOf(x), "Cancelled")
        const blocker = yield* Client.submit(task.pipe(Task.with({ resources: { one: 1 } })), 1)
        yield* started
        const queued = yield* Client.submit(task.pipe(Task.with({ resources: { one: 1 } })), 2)
        yield* Client.cancel([queued])
        yield* open
        assert.strictEqual(yield* blocker, 1)
        assert.strictEqual(yield* reasonOf(queued), "Cancelled")
        assert.strictEqual(runs(), 1)
      }).pipe(on({ resources: { one: 1 } }, task, inc))
    }))

  it.scoped("leaves what is done as it is", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      yield* x
      yield* Client.cancel(x)
      assert.strictEqual(yield* x, 2)
      assert.strictEqual(x.status, "finished")
    }).pipe(on({}, inc)))

  it.scoped("what another client wants too goes on for it, unless by force", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      const shared = task.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const mine = yield* Client.Client
        const theirs = yield* another("theirs")
        const x = yield* mine.submit(shared, 1)
        const y = yield* theirs.submit(shared, 1)
        assert.strictEqual(x.key, y.key)
        yield* started
        yield* mine.cancel(x)
        assert.strictEqual(yield* reasonOf(x), "Cancelled")
        assert.deepStrictEqual(log, [])
        yield* open
        assert.strictEqual(yield* y, 1)
      }).pipe(onDoor({}, task))
    }))

  it.scoped("by force it is stopped for everyone", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const shared = task.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const mine = yield* Client.Client
        const theirs = yield* another("theirs")
        const x = yield* mine.submit(shared, 1)
        const y = yield* theirs.submit(shared, 1)
        yield* started
        yield* mine.cancel(x, { force: true, reason: "enough" })
        const error = yield* Effect.flip(y)
        assert.include(String(error), "enough")
        yield* eventually(() => log.length === 2)
      }).pipe(onDoor({}, task))
    }))
})

describe("Client.retry", () => {
  it.scoped("answers a new Future; the old one keeps its Exit, and so do its other handles", () =>
    Effect.gen(function*() {
      let fixed = false
      const flaky = Task.make(
        "flaky",
        (x: number) =>
          Effect.suspend(() => fixed ? Effect.succeed(x) : Effect.fail("not yet") as Effect.Effect<number, string>)
      )
      return yield* Effect.gen(function*() {
        const pure = flaky.pipe(Task.with({ pure: true }))
        const old = yield* Client.submit(pure, 1)
        const same = yield* Client.submit(pure, 1)
        yield* Client.wait([old, same])
        fixed = true
        const again = yield* Client.retry(old)
        assert.notStrictEqual(again, old)
        assert.strictEqual(again.key, old.key)
        assert.strictEqual(yield* again, 1)
        assert.strictEqual(yield* Effect.flip(old), "not yet")
        assert.strictEqual(yield* Effect.flip(same), "not yet")
        assert.strictEqual(old.status, "error")
        assert.strictEqual(again.status, "finished")
      }).pipe(on({}, flaky))
    }))

  it.scoped("of a dependent runs the input that is to blame again", () =>
    Effect.gen(function*() {
      let fixed = false
      let runs = 0
      const flaky = Task.make("flaky", (x: number) =>
        Effect.suspend(() =>
          (runs++, fixed) ? Effect.succeed(x) : Effect.fail("not yet") as Effect.Effect<number, string>
        ))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(flaky, 1)
        const y = yield* Client.submit(inc, x)
        assert.strictEqual(yield* Effect.flip(y), "not yet")
        fixed = true
        const again = yield* Future.retry(y)
        assert.strictEqual(yield* again, 2)
        assert.strictEqual(runs, 2)
      }).pipe(on({}, flaky, inc))
    }))

  it.scoped("of one that did not fail runs nothing; of a released one answers that it was released", () =>
    Effect.gen(function*() {
      const { open, runs, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const pending = yield* Client.retry(x)
        yield* open
        assert.deepStrictEqual(yield* Client.gather([x, pending]), [1, 1])
        assert.strictEqual(yield* yield* Client.retry(x), 1)
        assert.strictEqual(runs(), 1)
        yield* Future.release(x)
        yield* Future.release(pending)
        const y = yield* Client.submit(boom, "no")
        yield* Client.wait(y)
        yield* Future.release(y)
        assert.strictEqual(yield* reasonOf(yield* Client.retry(y)), "Released")
        assert.strictEqual(yield* Effect.flip(y), "no")
      }).pipe(on({}, task, boom))
    }))

  it.scoped("of a cancelled one runs it anew", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        yield* started
        yield* Client.cancel(x)
        yield* open
        assert.strictEqual(yield* yield* Client.retry(x), 1)
        assert.strictEqual(yield* reasonOf(x), "Cancelled")
      }).pipe(on({}, task))
    }))
})

describe("Client.restart", () => {
  it.scoped("ends every future that is not settled as cancelled, and drops the values; new work is new", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const mine = inc.pipe(Task.with({ key: "mine" }))
        const done = yield* Client.submit(mine, 1)
        yield* done
        const pending = yield* Client.submit(task, 1)
        yield* started
        yield* Client.restart
        assert.strictEqual(yield* reasonOf(pending), "Cancelled")
        assert.strictEqual(yield* done, 2)
        yield* eventually(() => log.length === 2)
        yield* until(Client.hasWhat, (what) => Object.values(what).flat().length === 0)
        const fresh = yield* Client.submit(inc.pipe(Task.with({ key: "other" })), 5)
        assert.strictEqual(yield* fresh, 6)
      }).pipe(on({}, task, inc))
    }))

  it.scoped("never overtakes what was submitted before it, in the same turn", () =>
    Effect.gen(function*() {
      const { task } = gated()
      return yield* Effect.gen(function*() {
        const pending = yield* Client.submit(task, 1)
        const dependent = yield* Client.submit(inc, pending)
        yield* Client.restart
        assert.strictEqual(yield* reasonOf(dependent), "Cancelled")
        assert.strictEqual(yield* reasonOf(pending), "Cancelled")
      }).pipe(on({}, task, inc))
    }))
})

describe("Client.progress", () => {
  it.scoped("tells how far futures are, by group, and ends when they are done", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        const others = yield* Client.map(inc, [1, 2, 3])
        yield* started
        yield* Client.wait(others)
        const seen: Array<string> = []
        const fiber = yield* Client.progress([slow, ...others], { interval: "1 seconds" }).pipe(
          Stream.runForEach((groups) =>
            Effect.sync(() =>
              void seen.push(groups.map((group) => `${group.group} ${group.done}/${group.total}`).sort().join(", "))
            )
          ),
          Effect.fork
        )
        yield* TestClock.adjust("2 seconds")
        yield* open
        yield* Fiber.join(fiber)
        assert.strictEqual(seen[0], "gated 0/1, inc 3/3")
        assert.strictEqual(seen[seen.length - 1], "gated 1/1, inc 3/3")
        assert.isAtLeast(seen.length, 3)
      }).pipe(on({}, task, inc))
    }))
})

describe("retries and timeouts, on the test's clock", () => {
  const flakyUntil = (n: number) => {
    let runs = 0
    const task = Task.make(
      "flaky",
      (x: number) =>
        Effect.suspend(() =>
          ++runs >= n ? Effect.succeed(x) : Effect.fail(`failure ${runs}`) as Effect.Effect<number, string>
        )
    )
    return { task, runs: () => runs }
  }

  it.scoped("a submission's retries: data, counted, with a growing delay", () =>
    Effect.gen(function*() {
      const { runs, task } = flakyUntil(4)
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(
          task.pipe(Task.with({ retry: { times: 3, delay: "1 seconds", factor: 2 } })),
          1
        )
        yield* TestClock.adjust(0)
        yield* eventually(() => runs() === 1)
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(runs(), 2)
        yield* TestClock.adjust("1999 millis")
        assert.strictEqual(runs(), 2)
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(runs(), 3)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* future, 1)
        assert.strictEqual(runs(), 4)
      }).pipe(on({}, task))
    }))

  it.scoped("too few retries: the last failure is the answer; none: the first", () =>
    Effect.gen(function*() {
      const few = flakyUntil(4)
      yield* Effect.gen(function*() {
        const future = yield* Client.submit(few.task.pipe(Task.with({ retry: { times: 1 } })), 1)
        assert.strictEqual(yield* Effect.flip(future), "failure 2")
      }).pipe(on({}, few.task))
      const none = flakyUntil(4)
      yield* Effect.gen(function*() {
        const future = yield* Client.submit(none.task, 1)
        assert.strictEqual(yield* Effect.flip(future), "failure 1")
      }).pipe(on({}, none.task))
    }))

  it.scoped("only failures with the tags that are named are tried again", () =>
    Effect.gen(function*() {
      let runs = 0
      const tagged = Task.make("tagged", (tag: string) =>
        Effect.suspend(() => (runs++, Effect.fail({ _tag: tag }) as Effect.Effect<number, { readonly _tag: string }>)))
      return yield* Effect.gen(function*() {
        const retry = tagged.pipe(Task.with({ retry: { times: 2, tags: ["Busy"] } }))
        yield* Effect.flip(yield* Client.submit(retry, "Busy"))
        assert.strictEqual(runs, 3)
        yield* Effect.flip(yield* Client.submit(retry, "Bad"))
        assert.strictEqual(runs, 4)
      }).pipe(on({}, tagged))
    }))

  it.scoped("a task's own Schedule, and what it retries, are code of its definition", () =>
    Effect.gen(function*() {
      let runs = 0
      const own = Task.make("own", (x: number) =>
        Effect.suspend(() => {
          runs++
          return Effect.fail(x) as Effect.Effect<number, number>
        }), {
        retry: {
          schedule: Schedule.exponential("1 seconds").pipe(Schedule.intersect(Schedule.recurs(2))),
          while: (error: number) => error > 0
        }
      })
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(own, 1)
        yield* eventually(() => runs === 1)
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(runs, 2)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* Effect.flip(future), 1)
        assert.strictEqual(runs, 3)
        assert.strictEqual(yield* Effect.flip(yield* Client.submit(own, -1)), -1)
        assert.strictEqual(runs, 4)
      }).pipe(on({}, own))
    }))

  it.scoped("task fibers sleep on it", () =>
    Effect.gen(function*() {
      const slow = Task.make("slow", (x: number) => Effect.succeed(x + 1).pipe(Effect.delay("5 seconds")))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(slow, 1)
        const y = yield* Client.submit(slow, 10)
        const total = yield* Client.submit((a: number, b: number) => a + b, x, y)
        assert.strictEqual(total.status, "pending")
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* total, 13)
      }).pipe(on({}, slow))
    }))

  it.scoped("moving it by a day is quick, with nothing to do and with something", () =>
    Effect.gen(function*() {
      const slow = Task.make("slow", (x: number) => Effect.succeed(x + 1).pipe(Effect.delay("1 hours")))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(slow, 1)
        yield* TestClock.adjust("2 hours")
        assert.strictEqual(x.status, "finished")
      }).pipe(on({ workers: 2 }, slow))
    }))

  it.scoped("a chain of tasks that each sleep goes on within one adjustment", () =>
    Effect.gen(function*() {
      const slow = Task.make("slow", (x: number) => Effect.succeed(x + 1).pipe(Effect.delay("5 seconds")))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(slow, 1)
        const y = yield* Client.submit(slow, x)
        const z = yield* Client.submit(slow, y)
        yield* TestClock.adjust("15 seconds")
        assert.strictEqual(z.status, "finished")
        assert.strictEqual(yield* z, 4)
      }).pipe(on({}, slow))
    }))

  it.scoped("a timeout ends the attempt, and says so", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task.pipe(Task.with({ timeout: "10 seconds" })), 1)
        yield* started
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual(future.status, "pending")
        yield* TestClock.adjust("1 seconds")
        const error = yield* Effect.flip(future)
        assert.strictEqual((error as { reason: string }).reason, "TimedOut")
        assert.deepStrictEqual(log, ["interrupted", "ended"])
        assert.strictEqual(future.status, "error")
      }).pipe(on({}, task))
    }))
})

describe("a future that failed and was released unjoined", () => {
  const logged = () => {
    const lines: Array<{ readonly level: string; readonly message: string; readonly cause: string }> = []
    const logger = Logger.make(({ cause, logLevel, message }) => {
      lines.push({ level: logLevel._tag, message: String(message), cause: Cause.pretty(cause) })
    })
    return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
  }

  it.scoped("is logged once, at Warning, with its key and cause", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      yield* Effect.gen(function*() {
        const key = yield* Effect.scoped(Effect.gen(function*() {
          const future = yield* Client.submit(boom, "unseen")
          yield* Client.wait(future)
          return future.key
        }))
        yield* eventually(() => lines.length > 0)
        const warnings = lines.filter((line) => line.level === "Warning" || line.level === "Warn")
        assert.strictEqual(warnings.length, 1)
        assert.include(warnings[0]!.message, key)
        assert.include(warnings[0]!.cause, "unseen")
      }).pipe(on({}, boom), Logger.withMinimumLogLevel(LogLevel.Info), Effect.provide(layer))
    }))

  it.scoped("and its dependents are not logged again for the same failure", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      yield* Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          const x = yield* Client.submit(boom, "unseen")
          const y = yield* Client.submit(inc, x)
          yield* Client.wait([y, yield* Client.submit(inc, y)])
        }))
        yield* eventually(() => lines.length > 0)
        yield* Effect.yieldNow()
        assert.strictEqual(lines.filter((line) => line.level.startsWith("Warn")).length, 1)
      }).pipe(on({}, boom, inc), Effect.provide(layer))
    }))

  it.scoped("is not, when somebody joined it, gathered it, or saw it fail through a dependent that was joined", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      yield* Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          const a = yield* Client.submit(boom, "joined")
          yield* Effect.flip(a)
          const b = yield* Client.submit(boom, "gathered")
          yield* Effect.flip(Client.gather([b]))
          const c = yield* Client.submit(boom, "through a dependent")
          yield* Effect.flip(yield* Client.submit(inc, c))
          yield* Client.wait(c)
        }))
        yield* Effect.yieldNow()
        assert.deepStrictEqual(lines.filter((line) => line.level.startsWith("Warn")), [])
      }).pipe(on({}, boom, inc), Effect.provide(layer))
    }))
})
