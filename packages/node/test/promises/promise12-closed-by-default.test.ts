import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client, FutureError } from "creel"
import { Effect } from "effect"
import { add, inc } from "../fixtures/contracts.js"
import { tasks } from "../utils/programs.js"

/** Whatever listens for connections, of whatever kind. */
const listeners = Effect.sync(() =>
  process.getActiveResourcesInfo().filter((name) => /Server|UDP|Pipe.*Server/.test(name))
)

describe("promise 12: closed by default", () => {
  it.live("a cluster of threads listens to nobody, while it works and after", () =>
    Effect.gen(function*() {
      const before = yield* listeners
      yield* Effect.gen(function*() {
        const future = yield* Client.submit(add, yield* Client.submit(inc, 1), 2)
        assert.strictEqual(yield* future, 4)
        assert.deepStrictEqual(yield* listeners, before)
      }).pipe(Effect.scoped, Effect.provide(NodeCluster.layerThreads({ threads: 1, tasks })))
      assert.deepStrictEqual(yield* listeners, before)
    }))

  it.live("code sent as text is not run where that is switched off", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit((x: number) => x + 1, 1)
      const explained = yield* Client.explain(future)
      assert.strictEqual(explained.state, "Queued")
      // Whoever waits need not wait the grace time to see why nothing happens.
      assert.match(explained.summary, /creel\/plain|no worker/i)
      yield* Client.cancel(future, { reason: "it would wait for a worker that accepts functions" })
      const failure = yield* Effect.flip(future)
      assert.isTrue(FutureError.isFutureError(failure))
    }).pipe(
      Effect.scoped,
      Effect.provide(NodeCluster.layerThreads({ threads: 1, tasks, plainFunctions: false }))
    ))
})
