/**
 * What a future costs the client that holds it while nothing happens: the task is done, its value is on the worker.
 * Scheduler and stores have a thread, and so a heap, of their own.
 */
import { Client } from "creel"
import { Effect } from "effect"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"
import { heap } from "./heap.js"

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const count = order.counts["idle"]!
    const numbers = Array.from({ length: count }, (_, index) => index)
    yield* Effect.scoped(Effect.flatMap(Client.map(Tasks.inc, numbers.slice(0, 1000)), (_) => Client.gather(_)))
    const before = yield* heap
    const futures = yield* Client.map(Tasks.inc, numbers)
    yield* Client.wait(futures)
    const after = yield* heap
    emit({ figure: "idle-client", value: (after - before) / count })
    const last = yield* futures.at(-1)!
    if (last !== count) return yield* Effect.dieMessage(`the last result is ${last}, not ${count}`)
  }).pipe(Effect.scoped, Effect.provide(threads(2, { isolate: true })))
