import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client } from "creel"
import { Effect, Exit } from "effect"
import { inc } from "./fixtures/contracts.js"
import { tasks } from "./utils/programs.js"

describe("a scheduler in a thread of its own", () => {
  it.live("hears what was said before it is asked", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc, 5)
      assert.notStrictEqual((yield* Client.explain(future)).state, "Unknown")
      const never = yield* Client.submit(() => new Promise<number>(() => {}))
      yield* Client.restart
      assert.isTrue(Exit.isFailure(yield* never.await))
      assert.strictEqual(never.status, "cancelled")
      assert.strictEqual(yield* Client.run(inc, 1), 2)
    }).pipe(Effect.scoped, Effect.provide(NodeCluster.layerThreads({ threads: 1, isolate: true, tasks }))))
})
