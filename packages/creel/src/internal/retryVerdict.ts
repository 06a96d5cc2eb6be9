/**
 * Where a task's own retry schedule stands after so many failures. A schedule is a state machine with a step per
 * failure: it is run from its beginning, with the failure at hand as input of each step and time standing still, so
 * that it needs no memory between attempts, which may run on different workers.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Intervals from "effect/ScheduleIntervals"
import type * as Schedule from "effect/Schedule"

export const retryVerdict = (
  schedule: Schedule.Schedule<unknown, any>,
  failure: unknown,
  failures: number
): "final" | { readonly retryAfter: number } => {
  const steps = Effect.gen(function*() {
    let state: unknown = schedule.initial
    let now = yield* Clock.currentTimeMillis
    for (let n = 0;; n++) {
      const [next, , decision] = yield* schedule.step(now, failure, state)
      if (decision._tag === "Done") return "final" as const
      const delay = Math.max(0, Intervals.start(decision.intervals) - now)
      if (n >= failures) return { retryAfter: Duration.toMillis(Duration.millis(delay)) }
      state = next
      now += delay
    }
  })
  const exit = Effect.runSyncExit(steps as Effect.Effect<"final" | { readonly retryAfter: number }>)
  // A schedule that waits for something, or dies, grants nothing.
  return Exit.isSuccess(exit) ? exit.value : "final"
}
