/** Threads and processes keep no test's clock: waiting for them is waiting in real time. */
import * as Effect from "effect/Effect"

export const sleep = (millis: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })

/**
 * Waits at most so long; answers whether `self` had finished. What has not finished is interrupted, not waited for. Both
 * sides can be interrupted wherever this stands: in a finalizer the race would otherwise wait for its loser.
 */
export const within = <A, E>(self: Effect.Effect<A, E>, millis: number): Effect.Effect<boolean, E> =>
  Effect.raceFirst(
    Effect.as(Effect.interruptible(Effect.disconnect(self)), true),
    Effect.as(Effect.interruptible(sleep(millis)), false)
  )
