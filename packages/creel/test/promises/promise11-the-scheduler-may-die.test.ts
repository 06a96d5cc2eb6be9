import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, LocalCluster, Task, TaskGroup } from "creel"
import { Deferred, Effect, FiberId } from "effect"

const gate = Deferred.unsafeMake<void>(FiberId.none)
let runs = 0

const slow = Task.make("slow", (x: number) =>
  Effect.suspend(() => {
    runs++
    return Effect.as(Deferred.await(gate), x + 1)
  }))
const add = Task.make("add", (x: number, y: number) => Effect.succeed(x + y))

describe("promise 11: the scheduler may die", () => {
  it.live("what was finished, what runs and what waits all settle with the right answer, and nothing runs again", () =>
    Effect.gen(function*() {
      const finished = yield* Client.submit(add, 1, 2)
      yield* Client.wait(finished)
      const running = yield* Client.submit(slow, 1)
      const waiting = yield* Client.submit(add, running, finished)
      yield* Effect.repeat(Client.explain(running), { until: () => runs === 1 })

      yield* Effect.flatMap(Cluster.Cluster, (cluster) => cluster.restartScheduler)
      const later = yield* Client.submit(add, waiting, 10)
      yield* Deferred.succeed(gate, undefined)

      assert.strictEqual(yield* later, 15)
      assert.strictEqual(yield* waiting, 5)
      assert.strictEqual(yield* finished, 3)
      assert.strictEqual(runs, 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(slow, add), workers: 2 }))
    ))

  it.live("a future submitted while there is none is told to the next", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster.Cluster
      const futures = yield* Client.map(add, [1, 2, 3], [10, 20, 30])
      yield* cluster.restartScheduler
      yield* cluster.restartScheduler
      assert.deepStrictEqual(yield* Client.gather(futures), [11, 22, 33])
    }).pipe(Effect.scoped, Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(add) }))))
})
