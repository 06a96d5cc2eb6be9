import { assert, describe, it } from "@effect/vitest"
import { Client, Future } from "creel"
import * as Effect from "effect/Effect"
import { inc, on } from "../LocalCluster.fixture.js"
import { turn } from "../utils/turn.js"
import { deafDoor } from "./deafDoor.js"

describe("promise 13: bounded", () => {
  it.scoped("new work is held back, with a typed answer; releases and cancels pass", () => {
    const { layer, said } = deafDoor()
    return Effect.gen(function*() {
      const futures: Array<Future.Future<number>> = []
      const submit = Client.submit(inc, 1).pipe(Client.withOptions({ onFullOutbox: "fail" }))
      const fill: Effect.Effect<string, never, any> = Effect.matchEffect(submit, {
        onFailure: (error) => Effect.succeed(error.reason),
        onSuccess: (future) => {
          futures.push(future)
          return fill
        }
      })
      assert.strictEqual(yield* fill, "OutboxFull")
      yield* turn
      const before = said.length
      yield* Future.release(futures[0]!)
      yield* Client.cancel(futures[1]!)
      yield* turn
      assert.includeMembers(said.slice(before), ["Release", "Cancel"])
      assert.strictEqual(yield* fill, "OutboxFull")
    }).pipe(Effect.provide(layer({ outboxMax: 2000 })))
  })

  it.scoped("releases merge while they wait: a thousand are few notes", () => {
    const { layer, said } = deafDoor()
    return Effect.gen(function*() {
      const futures = yield* Client.map(inc, Array.from({ length: 1000 }, (_, n) => n))
      yield* turn
      const before = said.length
      yield* Effect.forEach(futures, (future) => Future.release(future), { discard: true })
      yield* turn
      assert.isAtMost(said.length - before, 20)
    }).pipe(Effect.provide(layer({})))
  })

  it.scoped("what was acknowledged is room again, to the byte, however long the client lives", () => {
    const { ackExactly, layer } = deafDoor()
    return Effect.gen(function*() {
      const few = Effect.forEach([1, 2, 3], (n) => Client.submit(inc, n), { discard: true }).pipe(
        Client.withOptions({ onFullOutbox: "fail" })
      )
      for (let n = 0; n < 200; n++) {
        yield* few
        yield* turn
        ackExactly()
      }
    }).pipe(Effect.provide(layer({ outboxMax: 2000 })))
  })

  it.scoped("an argument larger than a note travels as a value", () =>
    Effect.gen(function*() {
      const text = "x".repeat(200_000)
      assert.strictEqual(yield* Client.run((s: string) => s.length, text), 200_000)
    }).pipe(on({})))
})
