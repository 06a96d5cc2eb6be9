/**
 * Bytes in use on this thread's heap and beside it, once the garbage is out.
 */
import * as Effect from "effect/Effect"

const collected = Effect.zipRight(Effect.sync(() => globalThis.gc?.()), Effect.sleep("100 millis"))

export const heap: Effect.Effect<number> = Effect.repeatN(collected, 2).pipe(
  Effect.zipRight(Effect.sync(() => {
    const { external, heapUsed } = process.memoryUsage()
    return heapUsed + external
  }))
)
