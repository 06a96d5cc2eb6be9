/**
 * Warms up, then measures, the same way for every subject: a tenth of the work again and again until the time for
 * warming up is over, then the whole work as often as ordered. What was computed is checked each time.
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

/** Runs it once and answers how many milliseconds it took; letting go of its futures comes after the clock is read. */
const once = <R>(work: Work<R>, n: number): Effect.Effect<number, unknown, Exclude<R, Scope.Scope>> =>
  Effect.gen(function*() {
    const started = performance.now()
    const sum = yield* work.run(n)
    const millis = performance.now() - started
    if (sum !== work.sum(n)) {
      return yield* Effect.dieMessage(`${work.figure}: the results add up to ${sum}, not to ${work.sum(n)}`)
    }
    return millis
  }).pipe(Effect.scoped) as Effect.Effect<number, unknown, Exclude<R, Scope.Scope>>

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

/** The heap is clean and what the last run left behind is done with. */
export const settle: Effect.Effect<void> = Effect.sleep("50 millis").pipe(
  Effect.zipRight(Effect.sync(() => globalThis.gc?.()))
)

export const measure = <R>(order: Order, works: ReadonlyArray<Work<R>>) =>
  Effect.forEach(
    works.filter((work) => order.works.includes(find(work.figure)?.work ?? "")),
    (work) =>
      Effect.gen(function*() {
        const count = order.counts[find(work.figure)?.work ?? ""] ?? 1
        const warmUntil = performance.now() + order.warmup
        while (performance.now() < warmUntil) yield* once(work, Math.max(1, Math.ceil(count / 10)))
        for (let n = 0; n < order.repeats; n++) {
          yield* settle
          const millis = yield* once(work, count)
          emit({ figure: work.figure, variant: work.variant, value: rate(work.figure, work.tasks(count), millis) })
        }
      }),
    { discard: true }
  )
