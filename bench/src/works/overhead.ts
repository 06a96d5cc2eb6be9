/**
 * The share of the time that is not the tasks' own: the same turns of the same loop, as many small tasks and as one large
 * task for each thread.
 */
import { Client } from "creel"
import { Effect } from "effect"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { cluster, withPool } from "../subjects/subject.js"
import * as Tasks from "../tasks.js"
import { spin } from "../workers/functions.js"

/** What a subject can do: run `spin` for each of these, and find how many turns take a millisecond on a thread. */
interface Spinner<R> {
  readonly spinAll: (times: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<number>, unknown, R>
  readonly timesFor: (millis: number) => Effect.Effect<number, unknown, R>
}

const timed = <R>(spinner: Spinner<R>, tasks: number, times: number) =>
  Effect.gen(function*() {
    const wanted = spin(times)
    yield* settle
    const started = performance.now()
    const found = yield* spinner.spinAll(Array.from({ length: tasks }, () => times))
    const millis = performance.now() - started
    if (found.length !== tasks || found.some((each) => each !== wanted)) {
      return yield* Effect.dieMessage(`a task that turns ${times} times answered something else`)
    }
    return millis
  })

const measure = <R>(order: Order, spinner: Spinner<R>) =>
  Effect.gen(function*() {
    const perMilli = yield* spinner.timesFor(1)
    const total = order.counts["overhead"]!
    yield* timed(spinner, 500, Math.round(perMilli / 10))
    for (let n = 0; n < order.repeats; n++) {
      for (const millis of [1, 10]) {
        const tasks = Math.max(2, 2 * Math.round(total / millis / 2))
        const large = yield* timed(spinner, 2, perMilli * millis * tasks / 2)
        const small = yield* timed(spinner, tasks, perMilli * millis)
        emit({ figure: `overhead-${millis}ms`, value: (1 - large / small) * 100 })
      }
    }
  })

const onCreel: Spinner<Client.Client> = {
  spinAll: (times) => Effect.scoped(Effect.flatMap(Client.map(Tasks.spin, times), (futures) => Client.gather(futures))),
  timesFor: (millis) => Client.run(Tasks.timesFor, millis)
}

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.flatMap(cluster(order.subject), (creel) => {
    if (creel !== undefined) return Effect.provide(measure(order, onCreel), creel)
    return withPool(order.subject, (pool) =>
      measure(order, {
        spinAll: (times) => Effect.promise(() => Promise.all(times.map((each) => pool.call<number>("spin", each)))),
        timesFor: (millis) => Effect.promise(() => pool.call<number>("timesFor", millis))
      }))
  })
