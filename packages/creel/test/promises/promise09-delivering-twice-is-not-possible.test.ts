import { assert, describe, it } from "@effect/vitest"
import { Client, Door, Future, LocalCluster, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { until } from "../LocalCluster.fixture.js"

/** Its answers differ from run to run, and do not ride along. */
const roll = () => {
  let runs = 0
  const task = Task.make("roll", () => Effect.sync(() => new Float64Array(1000).fill(++runs)))
  return { task, runs: () => runs }
}

/** A cluster whose client counts what it reads. */
const counted = (task: Task.Task<any, any, any>, workers = 1) => {
  let reads = 0
  const counting = Layer.effect(
    Door.Door,
    Effect.map(Door.Door, (door): Door.Service => ({
      ...door,
      read: (value, holder) => Effect.suspend(() => (reads++, door.read(value, holder)))
    }))
  )
  const layer = Client.layer().pipe(
    Layer.provide(counting),
    Layer.provideMerge(LocalCluster.layer({ tasks: TaskGroup.make(task), workers }))
  )
  return { layer, reads: () => reads }
}

describe("promise 9: running twice is possible, delivering twice is not", () => {
  it.scoped("a joined future answers that same Exit, though the value's last holder dies", () =>
    Effect.gen(function*() {
      const { runs, task } = roll()
      const { layer } = counted(task, 2)
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"], allowOtherWorkers: true })))
        const exit = yield* future.await
        yield* Client.scale(1, { within: 0 })
        yield* until(Client.explain(future), (_) => _.worker === undefined || runs() === 2)
        assert.strictEqual(yield* future.await, exit)
        assert.strictEqual((yield* future)[0], 1)
        assert.strictEqual(future.status, "finished")
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("before that, `finished` may fall back to pending, and the new run's value is the answer", () =>
    Effect.gen(function*() {
      const { runs, task } = roll()
      const { layer } = counted(task, 2)
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"], allowOtherWorkers: true })))
        yield* Client.wait(future)
        assert.strictEqual(future.status, "finished")
        yield* Client.scale(1, { within: 0 })
        assert.strictEqual((yield* future)[0], 2)
        assert.strictEqual(runs(), 2)
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("concurrent readers share one fetch; later ones need none", () =>
    Effect.gen(function*() {
      const { task } = roll()
      const { layer, reads } = counted(task)
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const a = yield* Client.submit(pure)
        const b = yield* Client.submit(pure)
        yield* Effect.all([a, b, Fiber.join(a), a.await, Client.gather([a, b])], { concurrency: "unbounded" })
        yield* a
        assert.isTrue(Option.isSome(yield* Fiber.poll(b)))
        assert.strictEqual(reads(), 1)
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("`wait`, `asCompleted` and passing it on bring nothing here; `poll` of what is finished does", () =>
    Effect.gen(function*() {
      const { task } = roll()
      const { layer, reads } = counted(task)
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task)
        yield* Client.wait(future)
        const completed = yield* Client.asCompleted([future])
        yield* Future.retain(yield* completed.take)
        assert.strictEqual(yield* Client.run((xs: Float64Array) => xs.length, future), 1000)
        yield* Future.done(future)
        assert.strictEqual(reads(), 0)
        assert.isTrue(Option.isSome(yield* Fiber.poll(future)))
        assert.strictEqual(reads(), 1)
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("retry gives a new Future, never another answer of the old one", () =>
    Effect.gen(function*() {
      let runs = 0
      const flaky = Task.make("flaky", () =>
        Effect.suspend(() =>
          ++runs === 1 ? Effect.fail("first") as Effect.Effect<number, string> : Effect.succeed(runs)
        ))
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(flaky)
        assert.strictEqual(yield* Effect.flip(future), "first")
        const again = yield* Client.retry(future)
        assert.strictEqual(yield* again, 2)
        assert.strictEqual(yield* Effect.flip(future), "first")
      }).pipe(Effect.provide(counted(flaky).layer))
    }))
})
