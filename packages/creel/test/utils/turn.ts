import * as Effect from "effect/Effect"

/** A turn of the event loop: for what happens in threads and finalizers, of which nobody is told. */
export const turn: Effect.Effect<void> = Effect.async((resume) => void setImmediate(() => resume(Effect.void)))
