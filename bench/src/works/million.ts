/**
 * Very many tasks queued while both threads are held: what each costs, and how long the program cannot turn while it
 * submits.
 */
import { Client } from "creel"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import type { Pool } from "../subjects/pools.js"
import { withPool } from "../subjects/subject.js"
import * as Tasks from "../tasks.js"
import { heap } from "./heap.js"
import { bytesPerRow } from "./queued.js"

/** A file that is not there until it is opened; it goes with the process. */
const gate = Effect.sync(() => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "creel-bench-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  return path.join(folder, "open")
})

const open = (file: string) => Effect.sync(() => writeFileSync(file, ""))

const watch = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = monitorEventLoopDelay({ resolution: 1 })
    histogram.enable()
    return histogram
  }),
  (histogram) => Effect.sync(() => histogram.disable())
)

const pause = (histogram: IntervalHistogram): number => histogram.max / 1e6

const incremented = (n: number): number => n * (n + 1) / 2

const total = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const check = (sum: number, n: number): Effect.Effect<void> =>
  sum === incremented(n) ? Effect.void : Effect.dieMessage(`the results add up to ${sum}, not to ${incremented(n)}`)

/** `bytes` says which figure the heap's growth is: with scheduler and client in one heap it is both together. */
const onCreel = (order: Order, bytes: string, drain: boolean) =>
  Effect.gen(function*() {
    const count = order.counts["million"]!
    const file = yield* gate
    const warm = yield* Client.map(Tasks.inc, Array.from({ length: 10_000 }, (_, x) => x))
    yield* check(total(yield* Client.gather(warm)), 10_000)
    const holding = [yield* Client.submit(Tasks.hold, file), yield* Client.submit(Tasks.hold, file)]
    const numbers = Array.from({ length: count }, (_, x) => x)
    const before = yield* heap
    const histogram = yield* watch
    const started = performance.now()
    const futures = yield* Client.map(Tasks.inc, numbers)
    // what the scheduler says about the last one comes after all that was submitted before
    yield* Client.explain(futures.at(-1)!)
    const seconds = (performance.now() - started) / 1000
    // the turn that has just been is known when the next one comes
    yield* Effect.sleep("10 millis")
    const longest = pause(histogram)
    histogram.disable()
    emit({ figure: bytes, value: ((yield* heap) - before) / count })
    if (drain) {
      emit({ figure: "queued-rate", value: count / seconds })
      emit({ figure: "queued-pause", value: longest })
    }
    yield* open(file)
    yield* Effect.all(holding.map((each) => Effect.flatten(Effect.succeed(each))))
    // to let go of a million futures takes longer than to measure them
    if (!drain) process.exit(0)
    const drained = performance.now()
    yield* check(total(yield* Client.gather(futures)), count)
    emit({ figure: "queued-drain", value: count / (performance.now() - drained) * 1000 })
  }).pipe(Effect.scoped)

const onThreads = (order: Order) =>
  Effect.gen(function*() {
    const { threads } = yield* Effect.promise(() => import("../subjects/creelThreads.js"))
    yield* onCreel(order, "queued-all", true).pipe(Effect.provide(threads(2)))
    yield* onCreel(order, "queued-client", false).pipe(Effect.provide(threads(2, { isolate: true })))
  })

/** Some pools look through all that is queued for each task: they are measured at as many as they do in a minute. */
const poolMillis = 60_000

const queueWithin = (pool: Pool, count: number, millis: number): Array<Promise<number>> => {
  const promises: Array<Promise<number>> = []
  const until = performance.now() + millis
  while (promises.length < count && performance.now() < until) promises.push(pool.inc(promises.length))
  return promises
}

const drainedWithin = (promises: ReadonlyArray<Promise<number>>, millis: number) =>
  Effect.async<{ readonly count: number; readonly sum: number }, unknown>((resume) => {
    let count = 0
    let sum = 0
    const stop = () => {
      clearTimeout(timer)
      resume(Effect.succeed({ count, sum }))
    }
    const timer = setTimeout(stop, millis)
    for (const promise of promises) {
      promise.then((value) => {
        sum += value
        if (++count === promises.length) stop()
      }, (error) => resume(Effect.fail(error)))
    }
  })

const onPool = (order: Order) =>
  withPool(order.subject, (pool) =>
    Effect.gen(function*() {
      const count = order.counts["million"]!
      const file = yield* gate
      yield* check(
        total(yield* Effect.promise(() => Promise.all(Array.from({ length: 10_000 }, (_, x) => pool.inc(x))))),
        10_000
      )
      const holding = [pool.call("hold", file), pool.call("hold", file)]
      const before = yield* heap
      const histogram = yield* watch
      yield* Effect.sleep("10 millis")
      const started = performance.now()
      const promises = queueWithin(pool, count, poolMillis)
      const seconds = (performance.now() - started) / 1000
      yield* Effect.sleep("10 millis")
      emit({ figure: "queued-pause", value: pause(histogram) })
      emit({ figure: "queued-rate", value: promises.length / seconds })
      emit({ figure: "queued-all", value: ((yield* heap) - before) / promises.length })
      yield* open(file)
      const drained = performance.now()
      yield* Effect.promise(() => Promise.all(holding))
      const done = yield* drainedWithin(promises, poolMillis)
      emit({ figure: "queued-drain", value: done.count / (performance.now() - drained) * 1000 })
      if (done.count < promises.length) process.exit(0)
      yield* check(done.sum, promises.length)
    }).pipe(Effect.scoped))

export const run = (order: Order): Effect.Effect<void, unknown> => {
  if (order.subject === "scheduler") {
    return Effect.map(bytesPerRow(order.counts["million"]!), (value) => emit({ figure: "queued-scheduler", value }))
  }
  return order.subject === "creel-threads" ? onThreads(order) : onPool(order)
}
