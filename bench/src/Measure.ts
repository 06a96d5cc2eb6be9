/**
 * Warms up, then measures, the same way for every subject: the work again and again until the process has used its time
 * for warming up (processor time: what else the machine does warms nothing), then as often as ordered. What was computed
 * is checked each time.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { find } from "./Figure.js"
import type { Order } from "./Sample.js"
import { emit } from "./Sample.js"

/** A work as a subject does it. */
export interface Work<R = never> {
  readonly figure: string
  readonly variant?: string | undefined
  /** Does it with `n` elements and answers a sum over the results. */
  readonly run: (n: number) => Effect.Effect<number, unknown, R | Scope.Scope>
  /** What the sum must be. */
  readonly sum: (n: number) => number
  /** How many tasks that were. */
  readonly tasks: (n: number) => number
}

/** Processor time that this process with all its threads has used, in milliseconds. */
export const processor = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

/** Runs it once: milliseconds by the clock and of processors. Letting go of its futures comes after the clock is read. */
const once = <R>(work: Work<R>, n: number) =>
  Effect.gen(function*() {
    const before = processor()
    const started = performance.now()
    const sum = yield* work.run(n)
    const millis = performance.now() - started
    const cpu = processor() - before
    if (sum !== work.sum(n)) {
      return yield* Effect.dieMessage(`${work.figure}: the results add up to ${sum}, not to ${work.sum(n)}`)
    }
    return { millis, cpu }
  }).pipe(Effect.scoped)

const rate = (figure: string, tasks: number, millis: number): number => {
  switch (find(figure)?.unit) {
    case "ms":
      return millis / tasks
    case "µs":
      return millis / tasks * 1_000
    default:
      return tasks / millis * 1_000
  }
}

/**
 * What the last run left behind is done with. The heap is not collected: that takes from V8 the room for what dies young,
 * which no program does to itself, and the next run would be measured at growing it again.
 */
export const settle: Effect.Effect<void> = Effect.sleep("50 millis")

/** A quick run leaves out what is a variant. */
const isOrdered = (order: Order, work: { readonly figure: string; readonly variant?: string | undefined }): boolean =>
  order.works.includes(find(work.figure)?.work ?? "") && (order.variants || work.variant === undefined)

export const measure = <R>(order: Order, works: ReadonlyArray<Work<R>>) =>
  Effect.forEach(works.filter((work) => isOrdered(order, work)), (work) =>
    Effect.gen(function*() {
      const { figure, variant } = work
      const count = order.counts[find(figure)?.work ?? ""] ?? 1
      const warmUntil = processor() + order.warmup
      while (processor() < warmUntil) yield* once(work, count)
      for (let n = 0; n < order.repeats; n++) {
        yield* settle
        const { cpu, millis } = yield* once(work, count)
        const tasks = work.tasks(count)
        emit({ figure, variant, value: rate(figure, tasks, millis), cpu: cpu / tasks * 1_000 })
      }
    }), { discard: true })
