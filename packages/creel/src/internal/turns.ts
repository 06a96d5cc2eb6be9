/**
 * Turns of the thread's event loop, for whoever submits one after the other, or has much to do at once. It owns how much that may be
 * without one: fibers give way to each other, and no timer and no socket is heard for thousands of times that they do.
 */
import * as Effect from "effect/Effect"

const host: {
  readonly setImmediate?: ((f: () => void) => unknown) | undefined
  readonly clearImmediate?: ((id: unknown) => void) | undefined
} = globalThis as {}

/** Calls back after a whole turn of the event loop; answers how to give that up. */
export const afterTurn = (f: () => void): () => void => {
  // Where there is no such thing a timer takes a millisecond, and four where they are nested.
  if (host.setImmediate === undefined || host.clearImmediate === undefined) {
    const timer = setTimeout(f, 0)
    return () => clearTimeout(timer)
  }
  const { clearImmediate } = host
  const immediate = host.setImmediate(f)
  return () => clearImmediate(immediate)
}

/** A whole turn of the event loop: a yield alone lets fibers in, but no timer and no socket, for thousands of yields. */
export const turn: Effect.Effect<void> = Effect.async<void>((resume) =>
  Effect.sync(afterTurn(() => resume(Effect.void)))
)

/** Of futures so many are waited for or ended in one turn: some ten milliseconds. */
export const together = 10_000

/** So many are submitted one by one before the loop has to turn: as many as a batch of `map`. */
const most = 1_000
/** From so many on it is looked whether it turns by itself. */
const watched = 500

/** How many were submitted one by one on this thread since its event loop turned. */
let count = 0

const turned = (): void => {
  count = 0
}

/** One more is to be submitted: whether the loop has to turn before it. */
export const isTurnDue = (): boolean => {
  count++
  if (count === watched) {
    // In the same phase as those who wait for a turn, and before them.
    if (host.setImmediate === undefined) setTimeout(turned, 0)
    else host.setImmediate(turned)
  }
  return count > most
}
