import { assert, describe, it } from "@effect/vitest"
import { Client, Future } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { inc, reasonOf } from "../LocalCluster.fixture.js"
import { turn } from "../utils/turn.js"
import { deafDoor } from "./deafDoor.js"

describe("promise 1: submitting never waits for the scheduler", () => {
  it.scoped("a future's key and status exist before any message is sent", () => {
    const { layer, said } = deafDoor()
    return Effect.gen(function*() {
      const before = said.length
      const x = yield* Client.submit(inc, 1)
      const y = yield* Client.submit(inc, x)
      assert.match(x.key, /^inc-/)
      assert.notStrictEqual(x.key, y.key)
      assert.deepStrictEqual([x.status, y.status], ["pending", "pending"])
      assert.strictEqual(said.length, before)
      // What was submitted in one turn of the event loop leaves as one note.
      yield* Effect.promise(() => Promise.resolve())
      assert.deepStrictEqual(said.slice(before), ["Submit"])
    }).pipe(Effect.provide(layer({})))
  })

  it.scoped("the one brake is the client's own outbox: above its bytes `submit` suspends", () => {
    const { ack, layer } = deafDoor()
    return Effect.gen(function*() {
      const many = Effect.forEach(Array.from({ length: 100 }, (_, n) => n), (n) => Client.submit(inc, n))
      const submitting = yield* Effect.fork(many)
      yield* turn
      assert.strictEqual((yield* Fiber.poll(submitting))._tag, "None")
      for (let n = 0; n < 100; n++) {
        ack()
        yield* turn
      }
      const futures = yield* Fiber.join(submitting)
      assert.strictEqual(futures.length, 100)
      assert.isTrue(futures.every((future) => Future.status(future) === "pending"))
    }).pipe(Effect.provide(layer({ outboxMax: 1000 })))
  })

  it.scoped("or fails with OutboxFull where that was asked for", () => {
    const { layer } = deafDoor()
    return Effect.gen(function*() {
      const many = Effect.forEach(Array.from({ length: 100 }, (_, n) => n), (n) => Client.submit(inc, n))
      assert.strictEqual(yield* reasonOf(Client.withOptions({ onFullOutbox: "fail" })(many)), "OutboxFull")
    }).pipe(Effect.provide(layer({ outboxMax: 1000 })))
  })

  it.scoped("one that waits for room can be interrupted, and leaves nothing", () => {
    const { ack, layer } = deafDoor()
    return Effect.gen(function*() {
      const many = Effect.forEach(Array.from({ length: 100 }, (_, n) => n), (n) => Client.submit(inc, n))
      const submitting = yield* Effect.fork(many)
      yield* turn
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(submitting)))
      ack()
      assert.strictEqual((yield* Client.submit(inc, 1)).status, "pending")
    }).pipe(Effect.provide(layer({ outboxMax: 1000 })))
  })
})
