/** What is done for many futures in one step must be what was done for each. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { gated, inc, isInterrupted, on } from "./LocalCluster.fixture.js"
import { turn } from "./utils/turn.js"

const open = Scope.make()
const close = (scope: Scope.CloseableScope) => Scope.close(scope, Exit.void)

describe("the end of a scope", () => {
  it.scoped("with tens of thousands of futures lets the event loop turn, done or not", () => {
    const never = Task.make("never", (_: number) => Effect.never)
    const numbers = Array.from({ length: 25_000 }, (_, x) => x)
    return Effect.gen(function*() {
      for (const task of [inc, never]) {
        const scope = yield* open
        const futures = yield* Effect.provideService(Client.map(task, numbers), Scope.Scope, scope)
        if (task === inc) yield* Client.gather(futures)
        let turns = 0
        const counting = yield* Effect.fork(Effect.forever(Effect.andThen(turn, () => void turns++)))
        yield* close(scope)
        assert.isAtLeast(turns, 1)
        yield* Fiber.interrupt(counting)
        for (const future of [futures[0]!, futures[24_999]!]) {
          const exit = yield* Fiber.await(future)
          assert.isTrue(task === inc ? Exit.isSuccess(exit) : isInterrupted(exit))
        }
      }
    }).pipe(on({}, inc, never))
  })

  it.scoped("two pending futures of one key end together, after the finalizers of their work", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const named = task.pipe(Task.with({ key: "one" }))
      return yield* Effect.gen(function*() {
        const scope = yield* open
        const two = yield* Effect.all([Client.submit(named, 1), Client.submit(named, 1)]).pipe(
          Effect.provideService(Scope.Scope, scope)
        )
        yield* started
        yield* close(scope)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
        for (const future of two) assert.isTrue(isInterrupted(yield* Fiber.await(future)))
      }).pipe(on({}, task))
    }))

  it.scoped("a future of the same key in another scope goes on, and nothing is waited for", () =>
    Effect.gen(function*() {
      const { log, open: finish, started, task } = gated()
      const named = task.pipe(Task.with({ key: "one" }))
      return yield* Effect.gen(function*() {
        const scope = yield* open
        const mine = yield* Client.submit(named, 1)
        const theirs = yield* Effect.provideService(
          Effect.all([Client.submit(named, 1), Client.submit(named, 1)]),
          Scope.Scope,
          scope
        )
        yield* started
        yield* close(scope)
        for (const future of theirs) assert.isTrue(isInterrupted(yield* Fiber.await(future)))
        assert.deepStrictEqual(log, [])
        yield* finish
        assert.strictEqual(yield* mine, 1)
      }).pipe(on({}, task))
    }))

  it.scoped("the grace period is over for all that were interrupted together", () =>
    Effect.gen(function*() {
      const stubborn = Task.make(
        "stubborn",
        (_: number) => Effect.uninterruptible(Effect.never) as Effect.Effect<number>
      )
      return yield* Effect.gen(function*() {
        const scope = yield* open
        const futures = yield* Effect.provideService(Client.map(stubborn, [1, 2, 3]), Scope.Scope, scope)
        yield* TestClock.adjust("1 second")
        const closing = yield* Effect.fork(close(scope))
        yield* TestClock.adjust("4 seconds")
        assert.isNull(closing.unsafePoll())
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(closing)
        for (const future of futures) assert.isTrue(isInterrupted(yield* Fiber.await(future)))
      }).pipe(on({}, stubborn))
    }))

  it.scoped("what is done is let go, what is pending is interrupted, what was retained stays", () =>
    Effect.gen(function*() {
      const { task } = gated()
      return yield* Effect.gen(function*() {
        const scope = yield* open
        const [done, kept, pending] = yield* Effect.gen(function*() {
          const done = yield* Client.submit(inc, 1)
          const kept = yield* Client.submit(inc, 2)
          return [done, kept, yield* Client.submit(task, 3)] as const
        }).pipe(Effect.provideService(Scope.Scope, scope))
        yield* Future.retain(kept)
        yield* Client.wait([done, kept])
        yield* close(scope)
        // Nobody had looked at it: it answers all the same.
        assert.strictEqual(done.status, "finished")
        assert.strictEqual(done.type, "number")
        assert.strictEqual(yield* done, 2)
        assert.strictEqual(yield* Client.run(inc, kept), 4)
        assert.isTrue(isInterrupted(yield* Fiber.await(pending)))
      }).pipe(on({}, inc, task))
    }))

  it.scoped("what begins in a scope that has closed ends at once", () =>
    Effect.gen(function*() {
      const { task } = gated()
      return yield* Effect.gen(function*() {
        const scope = yield* open
        yield* Effect.provideService(Client.submit(inc, 1), Scope.Scope, scope)
        yield* close(scope)
        const late = yield* Effect.provideService(Client.submit(task, 1), Scope.Scope, scope)
        assert.isTrue(isInterrupted(yield* Fiber.await(late)))
        const later = yield* Effect.provideService(Client.map(task, [1, 2]), Scope.Scope, scope)
        for (const future of later) assert.isTrue(isInterrupted(yield* Fiber.await(future)))
      }).pipe(on({}, inc, task))
    }))
})

describe("one wait for many", () => {
  it.scoped("the same future may stand in it several times", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        const waiting = yield* Effect.fork(Client.wait([slow, slow]))
        const gathering = yield* Effect.fork(Client.gather([slow, { again: slow }, slow]))
        yield* started
        yield* open
        assert.lengthOf((yield* Fiber.join(waiting)).done, 2)
        assert.deepStrictEqual(yield* Fiber.join(gathering), [1, { again: 1 }, 1])
      }).pipe(on({}, task))
    }))

  it.scoped("an interrupted gather leaves nobody waiting, and others go on", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        const [one, other] = [yield* Effect.fork(Client.gather([slow, slow])), yield* Effect.fork(Fiber.join(slow))]
        yield* started
        yield* Fiber.interrupt(one)
        yield* open
        assert.strictEqual(yield* Fiber.join(other), 1)
        assert.strictEqual(slow.status, "finished")
      }).pipe(on({}, task))
    }))
})

describe("a batch of map", () => {
  it.scoped("of which one element is refused runs nothing of that batch", () =>
    Effect.gen(function*() {
      let runs = 0
      const count = Task.sync("count", (_: unknown) => ++runs)
      return yield* Effect.gen(function*() {
        const error = yield* Effect.flip(Client.map(count, [1, 2, Symbol("no") as unknown, 4]))
        assert.strictEqual(error.reason, "NotEncodable")
        assert.strictEqual(yield* Client.run(count, 1), 1)
      }).pipe(on({}, count))
    }))

  it.scoped("of which some arguments are large, or futures, brings each its own", () =>
    Effect.gen(function*() {
      const size = Task.sync("size", (x: Uint8Array | number) => typeof x === "number" ? x : x.length)
      return yield* Effect.gen(function*() {
        const five = yield* Client.submit(inc, 4)
        const futures = yield* Client.map(size, [new Uint8Array(5000), 1, five, new Uint8Array(6000)])
        assert.deepStrictEqual(yield* Client.gather(futures), [5000, 1, 5, 6000])
      }).pipe(on({}, inc, size))
    }))

  it.scoped("of pure work is done once for equal elements", () =>
    Effect.gen(function*() {
      let runs = 0
      const count = Task.sync("count", (x: number) => (runs++, x)).pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(count, [1, 2, 1, 1])
        assert.deepStrictEqual(yield* Client.gather(futures), [1, 2, 1, 1])
        assert.strictEqual(runs, 2)
        assert.strictEqual(futures[0]!.key, futures[3]!.key)
      }).pipe(on({}, count))
    }))
})

describe("an argument too large for a note", () => {
  const long = Task.sync("long", (text: string) => text.length).pipe(Task.with({ pure: true }))

  it.scoped("is not lost when the same pure work is submitted again while it is being let go", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 20; i++) {
        const text = "x".repeat(9_000 + i)
        yield* Effect.scoped(Effect.flatten(Client.submit(long, text)))
        assert.strictEqual(yield* Client.run(long, text), 9_000 + i)
      }
    }).pipe(on({}, long)))

  it.scoped("is the same for two futures of one key", () =>
    Effect.gen(function*() {
      const text = "x".repeat(9_000)
      const two = yield* Effect.all([Client.submit(long, text), Client.submit(long, text)])
      assert.deepStrictEqual(yield* Client.gather(two), [9_000, 9_000])
    }).pipe(on({}, long)))
})
