/**
 * Large values: to a worker, back from one, and from one worker to another.
 */
import { Client, Task } from "creel"
import { Effect } from "effect"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { withPool } from "../subjects/subject.js"
import * as Tasks from "../tasks.js"
import { bytes, look } from "../workers/functions.js"

const megabytes = (count: number, millis: number): number => count / 1e6 / millis * 1e3

/** Times it, checks what it answers, and says what came of it. */
const timed = <E, R>(figure: string, count: number, work: Effect.Effect<number, E, R>) =>
  Effect.gen(function*() {
    yield* settle
    const started = performance.now()
    const found = yield* work
    const millis = performance.now() - started
    if (found !== count + 9) return yield* Effect.dieMessage(`${figure}: found ${found}, not ${count + 9}`)
    emit({ figure, value: megabytes(count, millis) })
    return millis
  })

/** Copying the same bytes once, here: what shows whether something was copied. */
const copy = (value: Uint8Array): number => {
  const started = performance.now()
  const copied = new Uint8Array(value.length)
  copied.set(value)
  return look(copied) > 0 ? performance.now() - started : 0
}

const onCreel = (order: Order) =>
  Effect.gen(function*() {
    const count = order.counts["data"]!
    const value = bytes(count)
    const [first, second] = (yield* Client.waitForWorkers(2)).map((worker) => worker.id)
    if (first === undefined || second === undefined) return yield* Effect.dieMessage("two workers are needed")
    const on = (worker: string) => Task.with({ workers: worker })
    // the first turn is not measured: it loads code
    for (const size of [1_000, ...Array.from({ length: order.repeats }, () => count)]) {
      const quiet = size !== count
      yield* Effect.gen(function*() {
        const scattered = Effect.gen(function*() {
          const future = yield* Client.scatter(quiet ? bytes(size) : value)
          yield* Client.wait(future)
          return size + 9
        })
        const there = yield* Client.submit(Tasks.bytes.pipe(on(first)), size)
        yield* Client.wait(there)
        const across = Effect.flatten(Client.submit(Tasks.look.pipe(on(second)), there))
        const fetched = Effect.map(Effect.flatten(Effect.succeed(there)), look)
        if (quiet) {
          yield* Effect.all([scattered, across, fetched])
          return
        }
        yield* timed("data-scatter", count, scattered)
        const millis = yield* timed("data-across", count, across)
        emit({ figure: "data-across-copies", value: copy(value) / millis })
        yield* timed("data-fetch", count, fetched)
      }).pipe(Effect.scoped)
    }
  })

const onPool = (order: Order) =>
  withPool(order.subject, (pool) =>
    Effect.gen(function*() {
      const count = order.counts["data"]!
      const value = bytes(count)
      const call = <A>(name: string, argument: unknown) => Effect.promise(() => pool.call<A>(name, argument))
      yield* call("look", yield* call("bytes", 1_000))
      for (let n = 0; n < order.repeats; n++) {
        yield* timed("data-scatter", count, call<number>("look", value))
        yield* timed("data-fetch", count, Effect.map(call<Uint8Array>("bytes", count), look))
        // a pool's threads know one another only through the program
        const across = Effect.flatMap(call("bytes", count), (found) => call<number>("look", found))
        yield* timed("data-across", count, across)
      }
    }))

export const run = (order: Order): Effect.Effect<void, unknown> => {
  if (order.subject !== "creel-threads") return onPool(order)
  return Effect.promise(() => import("../subjects/creelThreads.js")).pipe(
    Effect.flatMap(({ threads }) => Effect.provide(onCreel(order), threads(2, { workers: 2 })))
  )
}
