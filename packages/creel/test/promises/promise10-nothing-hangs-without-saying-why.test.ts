import { assert, describe, it } from "@effect/vitest"
import { Client, Door, LocalCluster, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { gated, inc, on, until } from "../LocalCluster.fixture.js"

/** A cluster on which reading fails for as long as `fails` says. */
const unreadable = (task: Task.Task<any, any>, fails: (reads: number) => Door.ReadFailed["why"] | undefined) => {
  let reads = 0
  const failing = Layer.effect(
    Door.Door,
    Effect.map(Door.Door, (door): Door.Service => ({
      ...door,
      read: (value, holder) =>
        Effect.suspend(() => {
          const why = fails(++reads)
          return why === undefined ? door.read(value, holder) : Effect.fail(new Door.ReadFailed({ value, holder, why }))
        })
    }))
  )
  return Client.layer().pipe(
    Layer.provide(failing),
    Layer.provideMerge(LocalCluster.layer({ tasks: TaskGroup.make(task) }))
  )
}

const making = () => {
  let runs = 0
  const task = Task.make("make", () => Effect.sync(() => new Float64Array(1000).fill(++runs)))
  return { task, runs: () => runs }
}

describe("promise 10: nothing hangs without saying why", () => {
  it.scoped("whatever is pending can be explained", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const running = yield* Client.submit(task, 1)
        const waiting = yield* Client.submit(inc, running)
        const nowhere = yield* Client.submit(inc.pipe(Task.with({ workers: "moon" })), 1)
        const later = yield* Client.submit(inc, nowhere)
        yield* started
        for (const future of [running, waiting, nowhere, later]) {
          const explanation = yield* until(Client.explain(future), (_) => _.state !== "Unknown")
          assert.include(explanation.summary, future.key)
          assert.isAbove(explanation.summary.length, future.key.length + 10)
        }
      }).pipe(on({}, task, inc))
    }))

  it.scoped("a value larger than the budget for fetched bytes is answered, and fetched again for who asks later", () =>
    Effect.gen(function*() {
      const { task } = making()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const a = yield* Client.submit(pure)
        const [first, gathered] = yield* Effect.all([a, Client.gather([a, yield* Client.submit(pure)])], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(gathered, [first, first])
        const later = yield* Client.submit(pure)
        assert.deepStrictEqual(yield* later, first)
        assert.strictEqual(later.status, "finished")
      }).pipe(on({ machines: { client: { cacheBytes: 1_000 } } }, task))
    }))

  it.scoped("nor what was read, let go for the budget, and made anew since: it says so", () =>
    Effect.gen(function*() {
      const { task } = making()
      return yield* Effect.gen(function*() {
        const elsewhere = task.pipe(Task.with({ pure: true, workers: ["worker-1"], allowOtherWorkers: true }))
        const a = yield* Client.submit(elsewhere)
        assert.strictEqual((yield* a)[0], 1)
        yield* Client.scale(1, { within: 0 })
        const b = yield* Client.submit(elsewhere)
        const error = yield* Effect.flip(b)
        assert.strictEqual(error.reason, "ValueReplaced")
        assert.strictEqual((yield* a)[0], 1)
      }).pipe(on({ workers: 2, machines: { client: { cacheBytes: 1_000 } } }, task))
    }))

  it.scoped("a holder that could not be reached is asked again", () =>
    Effect.gen(function*() {
      const { runs, task } = making()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task)
        const joining = yield* Effect.fork(future)
        yield* Client.wait(future)
        yield* TestClock.adjust("30 seconds")
        assert.isAtLeast((yield* Fiber.join(joining))[0]!, 1)
        assert.isAtLeast(runs(), 1)
      }).pipe(Effect.provide(unreadable(task, (reads) => reads <= 2 ? "unreachable" : undefined)))
    }))

  it.scoped("what its holder has no more is made again", () =>
    Effect.gen(function*() {
      const { runs, task } = making()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task)
        const joining = yield* Effect.fork(future)
        yield* Client.wait(future)
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* Fiber.join(joining))[0], 2)
        assert.strictEqual(runs(), 2)
      }).pipe(Effect.provide(unreadable(task, (reads) => reads === 1 ? "gone" : undefined)))
    }))

  it.scoped("so is what is corrupt", () =>
    Effect.gen(function*() {
      const { task } = making()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task)
        const joining = yield* Effect.fork(future)
        yield* Client.wait(future)
        yield* TestClock.adjust("30 seconds")
        assert.isAtLeast((yield* Fiber.join(joining))[0]!, 1)
      }).pipe(Effect.provide(unreadable(task, (reads) => reads === 1 ? "corrupt" : undefined)))
    }))
})
