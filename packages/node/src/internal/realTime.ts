/**
 * Threads and processes keep no test's clock: waiting for them is waiting in real time.
 *
 * When a loop was held up, a timer runs before what came in meanwhile is looked at. So every wait ends one look later: what
 * happened in time was in time.
 */
import * as Effect from "effect/Effect"

export const sleep = (millis: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const stop = after(millis, () => resume(Effect.void))
    return Effect.sync(stop)
  })

/** Answers how to stop it. It does not keep the program alive where it is not `held`. */
export const after = (millis: number, f: () => void, held = true): () => void => {
  let immediate: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    immediate = setImmediate(f)
  }, millis)
  if (!held) timer.unref()
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}

/**
 * Waits at most so long; answers whether `self` had finished. What has not finished is interrupted, not waited for. Both
 * sides can be interrupted wherever this stands: in a finalizer the race would otherwise wait for its loser.
 */
export const within = <A, E>(self: Effect.Effect<A, E>, millis: number): Effect.Effect<boolean, E> =>
  Effect.raceFirst(
    Effect.as(Effect.interruptible(Effect.disconnect(self)), true),
    Effect.as(Effect.interruptible(sleep(millis)), false)
  )
