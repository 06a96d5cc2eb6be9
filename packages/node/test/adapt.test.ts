/** Real threads that come and go as there is work. */
import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client } from "creel"
import { Effect } from "effect"
import { tasks } from "./utils/programs.js"
import { turn } from "./utils/turn.js"

const burn = (millis: number) => {
  const end = Date.now() + millis
  while (Date.now() < end);
  return millis
}

const alone = Effect.repeat(
  Effect.zipRight(turn, Client.workers),
  { until: (workers) => workers.length === 1 }
)

describe("Client.adapt", () => {
  it.scopedLive(
    "threads come while there is much to do, and go when there is not, with all they made",
    () =>
      Effect.gen(function*() {
        yield* Client.adapt({
          minimum: 1,
          maximum: 2,
          target: "10 millis",
          interval: "20 millis",
          idle: 0,
          waitCount: 1
        })
        const working = Effect.forever(Effect.all(Array.from({ length: 20 }, () => Client.run(burn, 3)), {
          concurrency: "unbounded"
        }))
        yield* Effect.raceFirst(Client.waitForWorkers(2), working)
        const large = yield* Client.map((n: number) => new Uint8Array(20_000).fill(n), [1, 2, 3, 4, 5, 6])
        yield* Client.wait(large)
        yield* alone
        assert.deepStrictEqual((yield* Client.gather(large)).map((value) => value[0]), [1, 2, 3, 4, 5, 6])
        const story = yield* Client.story("local")
        assert.isTrue(story.some((line) => line.what === "scaled" && line.detail.includes("→ 1")))
      }).pipe(Effect.provide(NodeCluster.layerThreads({ threads: 1, tasks, workersMax: 2 }))),
    300_000
  )

  it.scopedLive(
    "from another thread than the one that carries the cluster, until its scope ends",
    () =>
      Effect.gen(function*() {
        yield* Effect.scoped(Effect.zipRight(Client.adapt({ minimum: 2, maximum: 2 }), Client.waitForWorkers(2)))
        yield* Client.scale(1)
        assert.strictEqual((yield* Client.workers).length, 1)
      }).pipe(Effect.provide(NodeCluster.layerThreads({ threads: 1, tasks, workersMax: 2, isolate: true }))),
    300_000
  )
})
