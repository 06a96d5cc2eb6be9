import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import { Deferred, Effect, Exit, FiberId, Option } from "effect"

let runs = 0
const big = Task.make("big", (n: number) =>
  Effect.sync(() => {
    runs++
    return new Float64Array(1000).fill(n)
  }))
const sum = Task.sync("sum", (xs: Float64Array, ys: Float64Array) => xs.reduce((a, b) => a + b, 0) + ys[0]!)

let started = 0
const gate = Deferred.unsafeMake<void>(FiberId.none)
const waits = Task.make("waits", (x: number) =>
  Effect.suspend(() => {
    started++
    return Effect.as(Deferred.await(gate), x)
  }))

const two = LocalCluster.layer({ tasks: TaskGroup.make(big, sum, waits), workers: 2 })
const on = (worker: string) => Client.withOptions({ workers: [worker], allowOtherWorkers: true })

describe("promise 7: losing a worker loses no answer", () => {
  it.live("a value that only it held is computed again, with what it is made of", () =>
    Effect.gen(function*() {
      runs = 0
      const x = yield* Client.submit(big, 1).pipe(on("worker-1"))
      const y = yield* Client.submit(big, 2).pipe(on("worker-1"))
      yield* Client.wait([x, y])
      assert.deepStrictEqual((yield* Client.whoHas([x]))[x.key], ["worker-1"])
      yield* Client.scale(1, { within: 0 })
      assert.strictEqual(yield* yield* Client.submit(sum, x, y), 1002)
      assert.strictEqual(runs, 4)
    }).pipe(Effect.scoped, Effect.provide(two)))

  it.live("a task that ran on it runs elsewhere", () =>
    Effect.gen(function*() {
      started = 0
      const future = yield* Client.submit(waits, 7).pipe(on("worker-1"))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => started === 1 })
      yield* Client.scale(1, { within: 0 })
      yield* Effect.repeat(Effect.yieldNow(), { until: () => started === 2 })
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* future, 7)
    }).pipe(Effect.scoped, Effect.provide(two)))

  it.live("scattered data that nobody else holds is lost, and says so", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(new Float64Array(1000).fill(3), { workers: ["worker-1"] })
      yield* Effect.repeat(Client.whoHas([data]), { until: (has) => has[data.key]?.join() === "worker-1" })
      const kept = yield* Client.scatter(new Float64Array(1000).fill(4), { broadcast: true })
      yield* Effect.repeat(Client.whoHas([kept]), { until: (has) => has[kept.key]?.length === 2 })
      yield* Client.scale(1, { within: 0 })
      const exit = yield* data.await
      assert.isTrue(Exit.isFailure(exit))
      const failure = Option.getOrThrow(Exit.causeOption(exit))
      assert.match(String(failure), /Lost/)
      assert.strictEqual(data.status, "lost")
      assert.strictEqual((yield* kept)[0], 4)
    }).pipe(Effect.scoped, Effect.provide(two)))
})
