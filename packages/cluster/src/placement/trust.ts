/**
 * Whether the other nodes trust this one. Owned here: what the last connections to them came to. One that was refused says
 * little: a node may die between two words, or be just about to learn a new secret.
 */
import * as Effect from "effect/Effect"
import type { ClusterError } from "../ClusterError.js"

/** So many refusals, one after another and with no success between them, are no accident. */
const refusalsMax = 3

export class Trust {
  private refusals = 0
  private last: ClusterError | undefined = undefined

  readonly accepted = (): void => {
    this.refusals = 0
    this.last = undefined
  }

  readonly failed = (error: ClusterError): void => {
    // Who is not there has refused nothing.
    if (error.reason !== "BadCredentials") return
    this.refusals++
    this.last = error
  }

  /** Ends when this node was refused, again and again, from now on. */
  readonly broken: Effect.Effect<never, ClusterError> = Effect.interruptible(Effect.suspend(() => {
    this.refusals = 0
    return Effect.suspend(() =>
      this.last !== undefined && this.refusals >= refusalsMax ? Effect.fail(this.last) : Effect.void
    ).pipe(Effect.delay("100 millis"), Effect.forever)
  }))
}
