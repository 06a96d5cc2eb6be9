/**
 * A loop in which each round is made from the one before, and lets go of it: what a round takes, and how much the heap
 * (program, client, scheduler and worker in one) grows between the first tenth of it and its end.
 */
import { Client, Future } from "creel"
import { Effect } from "effect"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { fibers } from "../subjects/creelFibers.js"
import * as Tasks from "../tasks.js"
import { heap } from "./heap.js"

/** Rounds between two checkpoints. */
const every = 1_000

const loop = (from: number, rounds: number) =>
  Effect.gen(function*() {
    let state = yield* Client.submit(Tasks.inc, from)
    for (let round = 1; round < rounds; round++) {
      const next = yield* Client.submit(Tasks.inc, state)
      yield* Future.release(state)
      state = next
      if (round % every === 0) yield* Client.checkpoint(state)
    }
    return yield* state
  }).pipe(Effect.scoped)

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const count = order.counts["rounds"]!
    const first = Math.ceil(count / 10)
    const middle = yield* loop(0, first)
    const before = yield* heap
    const started = performance.now()
    const last = yield* loop(middle, count - first)
    const seconds = (performance.now() - started) / 1000
    emit({ figure: "rounds-rate", value: (count - first) / seconds })
    emit({ figure: "rounds-heap", value: (yield* heap) - before })
    if (last !== count) return yield* Effect.dieMessage(`the last round gives ${last}, not ${count}`)
  }).pipe(Effect.provide(fibers))
