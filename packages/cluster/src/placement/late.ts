/**
 * Deadlines for a process that may be late itself. Timers that are due run before anything is read off a socket: on a
 * machine whose cores are taken, an answer that has long come in would count as none. So when a deadline has passed, what
 * is there is read first.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** What has come in is read, and has been heard by whoever waits for it. */
export const looked: Effect.Effect<void> = Effect.async((resume) => {
  // The first comes after one reading of the sockets, the second after what that has set going.
  let next = setImmediate(() => {
    next = setImmediate(() => resume(Effect.void))
  })
  return Effect.sync(() => clearImmediate(next))
})

/** As `Effect.timeout`: fails with a `TimeoutException` when it takes longer, and no answer has come in. */
export const timeout = (within: Duration.DurationInput) =>
<A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Cause.TimeoutException, R> =>
  Effect.raceFirst(
    effect,
    Effect.sleep(within).pipe(
      Effect.zipRight(looked),
      Effect.zipRight(Effect.fail(new Cause.TimeoutException(`nothing within ${String(within)}`)))
    )
  )
