import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import { eventually, forgotten, gated, inc, on, reasonOf } from "../LocalCluster.fixture.js"

/** A parent that submits one child, says so, and goes on when it is told. */
const family = () => {
  const child = gated("child")
  const go = Deferred.unsafeMake<void, string>(FiberId.none)
  const parent = Task.make("parent", () =>
    Effect.gen(function*() {
      yield* Effect.orDie(Client.submit(child.task, 1))
      yield* Deferred.await(go)
      return 1
    }))
  return { child, go, parent }
}

describe("promise 5: structured concurrency crosses machines", () => {
  it.scoped("what an attempt submits is released when it ends", () =>
    Effect.gen(function*() {
      const { child, go, parent } = family()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(parent)
        yield* child.started
        assert.deepStrictEqual(child.log, [])
        yield* Deferred.succeed(go, undefined)
        assert.strictEqual(yield* future, 1)
        yield* eventually(() => child.log.length === 2)
      }).pipe(on({}, child.task, parent))
    }))

  it.scoped("when it fails", () =>
    Effect.gen(function*() {
      const { child, go, parent } = family()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(parent)
        yield* child.started
        yield* Deferred.fail(go, "no")
        assert.strictEqual(yield* Effect.flip(future), "no")
        yield* eventually(() => child.log.length === 2)
      }).pipe(on({}, child.task, parent))
    }))

  it.scoped("when it is cancelled, finalizers of the child before the end of the parent", () =>
    Effect.gen(function*() {
      const { child, parent } = family()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(parent)
        yield* child.started
        yield* Fiber.interrupt(future)
        assert.deepStrictEqual(child.log, ["interrupted", "ended"])
      }).pipe(on({}, child.task, parent))
    }))

  it.scoped("and when its worker is lost; the next attempt begins with children of its own", () =>
    Effect.gen(function*() {
      let children = 0
      let ended = 0
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const child = Task.make("child", () =>
        Effect.sync(() => void children++).pipe(
          Effect.zipRight(Deferred.await(gate)),
          Effect.ensuring(Effect.sync(() => void ended++))
        ))
      const parent = Task.make("parent", () => Effect.orDie(Client.run(child)))
      return yield* Effect.gen(function*() {
        const there = parent.pipe(Task.with({ workers: ["worker-1"], allowOtherWorkers: true }))
        const future = yield* Client.submit(there)
        yield* eventually(() => children === 1)
        yield* Client.scale(1, { within: 0 })
        yield* eventually(() => children >= 2 && ended >= 1)
        yield* Deferred.succeed(gate, undefined)
        assert.isUndefined(yield* future)
      }).pipe(on({ workers: 2 }, child, parent))
    }))

  it.scoped("a Future inside a result is a typed error that says how", () =>
    Effect.gen(function*() {
      const leak = Task.make("leak", () => Effect.orDie(Client.submit(inc, 1)) as never as Effect.Effect<number>)
      return yield* Effect.gen(function*() {
        const error = yield* Effect.flip(yield* Client.submit(leak))
        assert.strictEqual((error as { reason?: string }).reason, "FutureInResult")
        assert.include(String(error), "join it")
      }).pipe(on({}, leak, inc))
    }))

  it.scoped("a task that waits gives its slot to what it waits for, though others were first", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const note = Task.make("note", (name: string) => Effect.sync(() => void order.push(name)), { slots: "cpu" })
      const go = Deferred.unsafeMake<void>(FiberId.none)
      const started = Deferred.unsafeMake<void>(FiberId.none)
      const parent = Task.make("parent", () =>
        Effect.zipRight(
          Deferred.succeed(started, undefined),
          Effect.zipRight(Deferred.await(go), Effect.orDie(Client.run(note, "child")))
        ), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(parent)
        yield* Deferred.await(started)
        const others = yield* Client.map(note, ["a", "b", "c", "d"])
        yield* Deferred.succeed(go, undefined)
        yield* Client.wait([future, ...others])
        assert.strictEqual(order[0], "child")
      }).pipe(on({ slots: 1 }, note, parent))
    }))

  it.scoped("a wait that closes a circle fails with WaitCycle, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const ring: Task.Task<[number], number, string> = Task.make(
        "ring",
        (n: number): Effect.Effect<number, string, Client.Client | Scope.Scope> =>
          Client.submit(ring.pipe(Task.with({ pure: true })), (n + 1) % 3).pipe(
            Effect.flatMap((future) => future),
            Effect.catchAll((error) => Effect.fail(typeof error === "string" ? error : error.reason))
          )
      )
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(ring.pipe(Task.with({ pure: true })), 0)
        assert.strictEqual(yield* reasonOf(future), "WaitCycle")
        yield* Future.release(future)
        yield* forgotten(future.key)
      }).pipe(on({ workers: 2 }, ring))
    }))
})
