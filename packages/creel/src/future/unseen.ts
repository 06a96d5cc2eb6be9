/**
 * Failures that nobody has looked at: which of them were seen, here or through a dependent, and the one warning for what
 * is let go without anyone having joined it.
 */
import type * as Id from "@creel/core/Id"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type { Handle } from "./handle.js"

export class Unseen {
  /** The keys of failures that somebody has seen, or that were logged. */
  private readonly seen = new Set<Id.Key>()

  constructor(private readonly runtime: Runtime.Runtime<never>) {}

  failureSeen(key: Id.Key): void {
    this.seen.add(key)
    // The oldest go: what they are for is a log line too many, at worst.
    if (this.seen.size > 10_000) { for (const first of this.seen) return void this.seen.delete(first) }
  }

  /** It is let go now. */
  warn(handle: Handle<any, any>): void {
    const { settled, status } = handle.row
    if (status !== "error" || handle.observed || settled?._tag !== "Failure" || this.seen.has(settled.failure.key)) {
      return
    }
    const exit = handle.peek()
    if (exit === undefined || exit._tag === "Success") return
    this.failureSeen(settled.failure.key)
    Runtime.runFork(this.runtime)(
      Effect.logWarning(`${handle.key} failed and was released without anyone having joined it`, exit.cause)
    )
  }
}
