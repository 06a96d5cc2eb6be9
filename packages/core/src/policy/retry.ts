/**
 * Whether a failed attempt is followed by another, and when.
 *
 * Owns the decision for submissions that asked for retries as data. A task's own schedule was asked by its worker.
 *
 * Invariants:
 *   R1. The same failure of the same attempt gets the same delay: chance comes from the attempt's number.
 *   R2. A schedule's last word is final.
 *
 * @since 0.1.0
 */
import type { TaskFailed } from "../Note.js"
import type { Retry } from "../Spec.js"

/**
 * A number from 0 to 1 that looks random and follows from the seed alone.
 *
 * @since 0.1.0
 * @category getters
 */
export const fraction = (seed: number): number => {
  let x = (seed % 0xffffffff) | 0
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b)
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b)
  return ((x ^ (x >>> 16)) >>> 0) / 0x100000000
}

/**
 * Milliseconds before retry `n` (from 0): `min(delay * factor^n, maxDelay)`, spread by `jitter`.
 *
 * @since 0.1.0
 * @category getters
 */
export const delay = (retry: Retry, n: number, seed: number): number => {
  const full = Math.min(retry.delay * Math.pow(retry.factor, n), retry.maxDelay)
  return full * (1 - retry.jitter * fraction(seed))
}

/**
 * Milliseconds to wait before the next attempt, or `undefined` where there is none. `failures`: those before this one.
 *
 * @since 0.1.0
 * @category getters
 */
export const decide = (retry: Retry | undefined, failures: number, note: TaskFailed): number | undefined => {
  if (note.verdict === "final") return undefined
  if (note.verdict !== "undecided") return note.verdict.retryAfter
  if (retry === undefined || failures >= retry.times) return undefined
  if (note.failure.reason !== "Failed" && note.failure.reason !== "TimedOut") return undefined
  if (retry.tags !== undefined && (note.tag === undefined || !retry.tags.includes(note.tag))) return undefined
  return delay(retry, failures, note.attempt)
}
