/** Submission from inside tasks: what an attempt submits belongs to it. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { boom, eventually, gated, inc, on, reasonOf, until } from "./LocalCluster.fixture.js"

type Inner = Effect.Effect<number, never, Client.Client | Scope.Scope>

/** Failures of the machinery itself are defects of these tasks: nothing to be typed. */
const fib: Task.Task<[number], number> = Task.make(
  "fib",
  (n: number): Effect.Effect<number, never, Client.Client | Scope.Scope> =>
    n < 2 ? Effect.succeed(n) : Effect.gen(function*() {
      const a = yield* Client.submit(fib, n - 1)
      const b = yield* Client.submit(fib, n - 2)
      return (yield* a) + (yield* b)
    }).pipe(Effect.orDie)
)

const down: Task.Task<[number], number> = Task.make(
  "down",
  (n: number): Inner => n === 0 ? Effect.succeed(0) : Effect.map(Effect.orDie(Client.run(down, n - 1)), (m) => m + 1)
)

describe("submission from inside tasks", () => {
  it.scoped("recursion with one slot does not deadlock", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(fib, 8), 21)
    }).pipe(on({ slots: 1 }, fib)))

  it.scoped("nor does it when each task takes the whole slot", () =>
    Effect.gen(function*() {
      const whole: Task.Task<[number], number> = Task.make(
        "whole",
        (n: number): Inner =>
          n < 2 ? Effect.succeed(n) : Effect.gen(function*() {
            const parts = yield* Client.map(whole, [n - 1, n - 2])
            const [a, b] = yield* Client.gather(parts)
            return a! + b!
          }).pipe(Effect.orDie),
        { slots: "cpu" }
      )
      return yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(whole, 7), 13)
      }).pipe(on({ slots: 1 }, whole))
    }))

  it.scoped("a hundred levels deep", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(down, 100), 100)
    }).pipe(on({ slots: 1, workers: 2 }, down)))

  it.scoped("over several workers", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(fib, 7), 13)
    }).pipe(on({ workers: 3, slots: 2 }, fib)))

  it.scoped("a child ends with its attempt: when it is interrupted, when it fails, when it succeeds", () =>
    Effect.gen(function*() {
      for (const how of ["interrupt", "fail", "succeed"] as const) {
        const child = gated("child")
        const go = Deferred.unsafeMake<void>(FiberId.none)
        const parent = Task.make("parent", () =>
          Effect.gen(function*() {
            yield* Effect.orDie(Client.submit(child.task, 1))
            yield* Deferred.await(go)
            if (how === "fail") yield* Effect.fail("failed")
            return 1
          }))
        yield* Effect.gen(function*() {
          const future = yield* Client.submit(parent)
          yield* child.started
          if (how === "interrupt") yield* Fiber.interrupt(future)
          else {
            yield* Deferred.succeed(go, undefined)
            yield* Client.wait(future)
          }
          yield* eventually(() => child.log.length === 2)
          assert.deepStrictEqual(child.log, ["interrupted", "ended"], how)
        }).pipe(on({}, child.task, parent))
      }
    }))

  it.scoped("a child's failure is the parent's to handle", () =>
    Effect.gen(function*() {
      const careful = Task.make("careful", (why: string) =>
        Effect.gen(function*() {
          const future = yield* Client.submit(boom, why)
          return yield* future
        }).pipe(Effect.catchAll((error) => Effect.succeed(error === why ? -1 : -2))))
      return yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(careful, "no"), -1)
      }).pipe(on({}, boom, careful))
    }))

  it.scoped("one that waits gives its slot away, not its resources", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const child = Task.make("child", (name: string) => Effect.sync(() => void order.push(name)))
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const started = Deferred.unsafeMake<void>(FiberId.none)
      const slow = Task.make("slow", () => Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(gate)))
      const parent = Task.make("parent", () => Effect.orDie(Client.run(slow)), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const waits = yield* Client.submit(parent.pipe(Task.with({ resources: { one: 1 } })))
        yield* Deferred.await(started)
        const other = yield* Client.submit(child.pipe(Task.with({ resources: { one: 1 } })), "needs the resource")
        yield* yield* Client.submit(child, "needs a slot")
        assert.deepStrictEqual(order, ["needs a slot"])
        yield* Deferred.succeed(gate, undefined)
        yield* Client.gather([waits, other])
        assert.deepStrictEqual(order, ["needs a slot", "needs the resource"])
      }).pipe(on({ slots: 1, resources: { one: 1 } }, child, slow, parent))
    }))

  it.scoped("a parent that races its children leaves none behind", () =>
    Effect.gen(function*() {
      const child = gated("child")
      const racer = Task.make("racer", () =>
        Effect.gen(function*() {
          const slow = yield* Client.submit(child.task, 1)
          yield* child.started
          const fast = yield* Client.submit(inc, 1)
          return yield* Effect.race(slow, fast)
        }).pipe(Effect.orDie))
      return yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(racer), 2)
        yield* eventually(() => child.log.length === 2)
      }).pipe(on({}, child.task, inc, racer))
    }))

  it.scoped("a wait that closes a circle fails with WaitCycle", () =>
    Effect.gen(function*() {
      const circle: Task.Task<[number], number, string> = Task.make(
        "circle",
        (n: number): Effect.Effect<number, string, Client.Client | Scope.Scope> =>
          Client.submit(circle.pipe(Task.with({ pure: true })), 1 - n).pipe(
            Effect.flatMap((future) => future),
            Effect.catchAll((error) => Effect.fail(typeof error === "string" ? error : error.reason))
          )
      )
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(circle.pipe(Task.with({ pure: true })), 0)
        assert.strictEqual(yield* reasonOf(future), "WaitCycle")
      }).pipe(on({}, circle))
    }))

  it.scoped("a task that waits for itself fails with WaitCycle", () =>
    Effect.gen(function*() {
      const self: Task.Task<[number], number, string> = Task.make(
        "self",
        (n: number): Effect.Effect<number, string, Client.Client | Scope.Scope> =>
          Client.submit(self.pipe(Task.with({ pure: true })), n).pipe(
            Effect.flatMap((future) => future),
            Effect.catchAll((error) => Effect.fail(typeof error === "string" ? error : error.reason))
          )
      )
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(self.pipe(Task.with({ pure: true })), 0)
        assert.strictEqual(yield* reasonOf(future), "WaitCycle")
      }).pipe(on({}, self))
    }))

  it.scoped("what it submits is tried before what was submitted from outside", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const note = Task.sync("note", (name: string) => void order.push(name))
      const go = Deferred.unsafeMake<void>(FiberId.none)
      const started = Deferred.unsafeMake<void>(FiberId.none)
      const parent = Task.make("parent", () =>
        Effect.gen(function*() {
          yield* Deferred.succeed(started, undefined)
          yield* Deferred.await(go)
          const child = yield* Client.submit(note, "inner")
          yield* child
        }).pipe(Effect.orDie), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(parent)
        yield* Deferred.await(started)
        const outside = yield* Client.map(note, Array.from({ length: 200 }, (_, n) => `outer ${n}`))
        yield* until(Client.explain(outside[199]!), (_) => _.state === "Queued")
        yield* Deferred.succeed(go, undefined)
        yield* Client.wait([future, ...outside])
        assert.isBelow(order.indexOf("inner"), 100)
      }).pipe(on({ slots: 1 }, note, parent))
    }))

  it.scoped("`Task.Current` names the key, the attempt and the worker", () =>
    Effect.gen(function*() {
      const who = Task.make("who", () =>
        Effect.map(Task.Current, ({ attempt, key, worker }) => ({ attempt, key, worker })))
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(who.pipe(Task.with({ key: "me" })))
        const current = yield* future
        assert.strictEqual(current.worker, "worker-0")
        assert.match(current.key, /^me/)
        assert.isAbove(current.attempt.length, 0)
      }).pipe(on({}, who))
    }))

  it.scoped("on the test's clock, at every level", () =>
    Effect.gen(function*() {
      const sleepy: Task.Task<[number], number> = Task.make(
        "sleepy",
        (n: number): Inner =>
          n === 0
            ? Effect.succeed(0)
            : Effect.delay(Effect.map(Effect.orDie(Client.run(sleepy, n - 1)), (m) => m + 1), "1 seconds")
      )
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(sleepy, 5)
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(future.status, "finished")
        assert.strictEqual(yield* future, 5)
      }).pipe(on({ slots: 1 }, sleepy))
    }))
})
