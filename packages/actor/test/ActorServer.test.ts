import { ActorServer } from "@creel/actor"
import { RpcTest } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Counter, counter } from "./fixtures.js"

describe("ActorServer", () => {
  it.scoped("served over rpc, an RpcClient has the same types and the actor's own errors", () =>
    Effect.gen(function*() {
      const actor = yield* counter()
      const client = yield* RpcTest.makeClient(ActorServer.protocol(Counter)).pipe(
        Effect.provide(ActorServer.layer(Counter, Effect.succeed(actor)))
      )
      const sum: number = yield* client.Add({ by: 5 })
      assert.strictEqual(sum, 5)
      const tooMuch = yield* Effect.flip(client.Add({ by: 500 }))
      assert.strictEqual(tooMuch._tag, "TooMuch")
      yield* actor.stop()
      const down = yield* Effect.flip(client.Get())
      assert.strictEqual(down._tag, "ActorDown")
    }))
})
