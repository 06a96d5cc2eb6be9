import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import { boom, on, until } from "./LocalCluster.fixture.js"

const fill = Task.sync("fill", (n: number) => new Uint8Array(20_000).fill(n))
const next = Task.sync("next", (bytes: Uint8Array) => bytes.map((x) => x + 1))

const chain = (rounds: number) =>
  Effect.gen(function*() {
    let state = yield* Client.submit(fill, 0)
    for (let round = 0; round < rounds; round++) {
      const made = yield* Client.submit(next, state)
      yield* Future.release(state)
      state = made
    }
    return state
  })

describe("Client.checkpoint", () => {
  it.scopedLive("waits until the value is kept twice, and forgets what it was made from", () =>
    Effect.gen(function*() {
      const state = yield* chain(20)
      const [copies] = yield* Client.checkpoint(state)
      assert.deepStrictEqual([copies?.key, copies?.workers.length, copies?.state], [state.key, 2, "done"])
      const why = yield* Client.whyHeld(state)
      assert.isTrue(why.cut)
      assert.include((yield* Client.explain(state)).summary, "its lineage was cut")
      const story = yield* Client.story(state)
      assert.include(story.map((line) => line.what), "cut")
      assert.deepStrictEqual(yield* state, new Uint8Array(20_000).fill(20))
    }).pipe(on({ workers: 3 }, fill, next)))

  it.scopedLive("one worker: kept once; what failed has none", () =>
    Effect.gen(function*() {
      const state = yield* chain(3)
      const wrong = yield* Client.submit(boom, "no")
      const both = yield* Client.checkpoint([state, wrong])
      assert.deepStrictEqual(both.map((one) => one.state), ["short", "failed"])
      assert.deepStrictEqual(yield* state, new Uint8Array(20_000).fill(3))
    }).pipe(on({ workers: 1 }, fill, next, boom)))

  it.scopedLive("survives a worker, and a scheduler, and goes on from there", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster.Cluster
      const state = yield* chain(5)
      yield* Client.checkpoint(state)
      yield* cluster.restartScheduler
      yield* Client.scale(1)
      const more = yield* Client.submit(next, state)
      assert.deepStrictEqual(yield* more, new Uint8Array(20_000).fill(6))
    }).pipe(on({ workers: 2 }, fill, next)))

  it.scopedLive("what was cut is lost with its last holder, and says so", () =>
    Effect.gen(function*() {
      const state = yield* chain(5)
      yield* Client.checkpoint(state)
      yield* Client.scale(0)
      yield* until(Effect.sync(() => Future.status(state)), (status) => status === "lost")
      const error = yield* Effect.flip(state)
      assert.strictEqual(error.reason, "Lost")
      assert.include(error.message, "its lineage was cut")
    }).pipe(on({ workers: 2 }, fill, next)))
})
