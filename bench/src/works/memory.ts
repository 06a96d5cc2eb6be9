/**
 * Memory: a shuffle of four times the budget, and values that come and go.
 */
import { Client, MemorySampler } from "creel"
import { Effect } from "effect"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"
import { heap } from "./heap.js"

const mega = 1024 * 1024

const range = (n: number): Array<number> => Array.from({ length: n }, (_, index) => index)

/** Each part has a piece for each bucket; all pieces of a bucket come together. Answers the sum of all there is. */
const shuffle = (parts: number, buckets: number, length: number) =>
  Effect.gen(function*() {
    const all = range(parts)
    const made = yield* Client.map(
      (part: number, buckets: number, length: number) =>
        Array.from({ length: buckets }, (_, bucket) => new Float64Array(length).fill(part * 100 + bucket)),
      all,
      all.map(() => buckets),
      all.map(() => length)
    )
    const sums = []
    for (let bucket = 0; bucket < buckets; bucket++) {
      const pieces = yield* Client.map(
        (part: ReadonlyArray<Float64Array>, bucket: number) => part[bucket]!.slice(),
        made,
        made.map(() => bucket)
      )
      sums.push(
        yield* Client.submit(
          (pieces: ReadonlyArray<Float64Array>) => pieces.reduce((sum, piece) => piece.reduce((a, b) => a + b, sum), 0),
          pieces
        )
      )
    }
    return (yield* Client.gather(sums)).reduce((a, b) => a + b, 0)
  }).pipe(Effect.scoped)

const most = (samples: MemorySampler.Samples, measure: MemorySampler.Measure): number =>
  Math.max(0, ...MemorySampler.series(samples, { measure })[0]!.points.map(({ bytes }) => bytes))

const inFourBudgets = (order: Order) =>
  Effect.gen(function*() {
    const budget = (order.counts["memory"]! >= 1_000_000 ? 128 : 16) * mega
    const [parts, buckets] = [64, 16]
    const length = 4 * budget / parts / buckets / 8
    const run = Effect.gen(function*() {
      const before = process.memoryUsage.rss()
      const started = performance.now()
      const { samples, value } = yield* shuffle(parts, buckets, length).pipe(MemorySampler.sample("shuffle"))
      const millis = performance.now() - started
      const wanted = length * range(parts).reduce((sum, part) => sum + buckets * (100 * part + (buckets - 1) / 2), 0)
      if (value !== wanted) return yield* Effect.dieMessage(`the shuffle came to ${value}, not to ${wanted}`)
      const workers = yield* Client.workersMemory
      emit({ figure: "memory-budget", value: budget })
      emit({ figure: "memory-managed", value: workers.reduce((sum, { peak }) => sum + (peak ?? 0), 0) })
      emit({ figure: "memory-process", value: most(samples, "process") - before })
      emit({ figure: "memory-spilled", value: most(samples, "spilled") })
      emit({ figure: "memory-shuffle", value: 4 * budget / 1e6 / millis * 1e3 })
    })
    // Parts and pieces, and a copy of many of them at the other worker: twice eight budgets, which have to fit on the disk.
    const memory = { limit: budget, spill: { max: 32 * budget } }
    yield* run.pipe(Effect.provide(threads(2, { workers: 2, memory })))
  })

/** Until no worker has anything any more, by its own count and the scheduler's. */
const empty = Client.workersMemory.pipe(
  Effect.zipLeft(Effect.sleep("50 millis")),
  Effect.repeat({
    until: (workers) =>
      workers.every(({ heldBytes, managed, shared, spilled, values }) =>
        values + heldBytes + managed + (shared ?? 0) + spilled === 0
      )
  })
)

const comeAndGo = (order: Order) =>
  Effect.gen(function*() {
    const small = (count: number) => Effect.scoped(Effect.flatMap(Client.map(Tasks.inc, range(count)), Client.wait))
    const large = (count: number) =>
      Effect.scoped(Effect.flatMap(Client.map(Tasks.bytes, range(count).map(() => mega)), Client.wait))
    const count = order.counts["memory"]!
    // What is loaded and grown for good is there after one turn.
    yield* small(count / 10)
    yield* large(count / 10_000)
    const left = Effect.zipRight(empty, heap)
    const before = yield* left
    yield* small(count)
    const between = yield* left
    emit({ figure: "memory-small", value: (between - before) / count })
    yield* large(count / 1_000)
    emit({ figure: "memory-large", value: (yield* left) - between })
  }).pipe(Effect.provide(threads(2, { memory: { limit: 256 * mega } })))

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.zipRight(inFourBudgets(order), comeAndGo(order))
