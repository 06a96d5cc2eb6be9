import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import { boom, on, onDoor } from "./LocalCluster.fixture.js"

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

const step = Task.sync("step", (x: number) => x + 1)

/** What is known of such a loop at its client, and what workers hold of it, at most. */
const rounds = (
  rounds: number,
  every: number,
  look: (state: Future.Future<number>) => Effect.Effect<unknown, never, Client.Client>
) =>
  Effect.gen(function*() {
    const core = yield* Client.makeCore({})
    const client = Client.fromCore(core, undefined)
    let rows = 0
    let values = 0
    let state = yield* client.submit(step, 0)
    for (let round = 1; round <= rounds; round++) {
      const made = yield* client.submit(step, state)
      yield* Future.release(state)
      state = made
      if (round % every === 0) {
        yield* Effect.provideService(look(state), Client.Client, client)
        rows = Math.max(rows, core.machine.rows.size)
        values = Math.max(values, Object.values(yield* client.hasWhat).flat().length)
      }
    }
    assert.strictEqual(yield* state, rounds + 1)
    yield* Future.release(state)
    return { rows, values, left: core.machine.rows.size }
  })

describe("a loop whose rounds are made from one another", { timeout: 120_000 }, () => {
  it.scopedLive("with checkpoints: 20,000 rounds, and hardly a row is left after each", () =>
    Effect.gen(function*() {
      const { left, rows, values } = yield* rounds(20_000, 500, Client.checkpoint)
      assert.isAtMost(rows, 501)
      assert.isAtMost(values, 2 * 2)
      assert.strictEqual(left, 0)
    }).pipe(onDoor({ workers: 2 }, step)))

  it.scopedLive("without: the budget of lineage cuts, again and again", () =>
    Effect.gen(function*() {
      const { left, rows, values } = yield* rounds(20_000, 500, Client.wait)
      // At twice the budget it is cut whatever else there is; and a batch of rounds may be on its way.
      assert.isAtMost(rows, 2 * 1_000 + 500 + 2)
      assert.isAtMost(values, 3 * 2)
      assert.strictEqual(left, 0)
    }).pipe(onDoor({ workers: 2, machines: { scheduler: { lineageMax: 1_000 } } }, step)))
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

  it.scopedLive("what was cut outlives one worker that dies, and is lost with the last", () =>
    Effect.gen(function*() {
      const state = yield* chain(3)
      yield* Client.checkpoint(state)
      yield* Client.scale(1, { within: 0 })
      const more = yield* Client.submit(next, state)
      assert.deepStrictEqual(yield* more, new Uint8Array(20_000).fill(4))
      yield* Client.scale(0, { within: 0 })
      const lost = yield* Effect.flip(state)
      assert.strictEqual(lost.reason, "Lost")
      assert.include(lost.message, "cut")
    }).pipe(on({ workers: 2 }, fill, next)))
})
