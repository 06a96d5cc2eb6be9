/** When a long run of synchronous work leaves the thread to others. */
import * as Effect from "effect/Effect"

/** Milliseconds in one go. */
const long = 20

/** How many elements go between two looks at the clock: as many as take about a millisecond. */
export class Pace {
  count = 1
  private since = performance.now()
  private at = this.since

  /** After a pause. */
  begin(): void {
    this.since = this.at = performance.now()
  }

  /** Looks at the clock, and answers whether it is time for a pause. */
  isDue(): boolean {
    const now = performance.now()
    const took = now - this.at
    this.at = now
    if (took < 0.5) this.count = Math.min(this.count * 2, 65_536)
    else if (took > 2) this.count = Math.max(this.count >> 1, 1)
    return now - this.since >= long
  }
}

// Through the event loop, not a microtask: messages are heard only there.
const later: (f: () => void) => void =
  (globalThis as { readonly setImmediate?: (f: () => void) => void }).setImmediate ??
    ((f) => setTimeout(f, 0))

/**
 * Lets messages in and other fibers go on.
 */
export const breathe: Effect.Effect<void> = Effect.async<void>((resume) => later(() => resume(Effect.void)))
