/**
 * How much work a worker is given before it asks for more: what keeps it busy for a moment, and no flood.
 *
 * Owns the arithmetic of room. The numbers it reads are the books' (`scheduler/books/books`).
 *
 * Invariants:
 *   Q1. A worker with a free slot has room, whatever else is believed of it.
 *   Q2. Unknown durations get one slot's worth ahead of each slot, long ones a tenth (at least one task), short ones as
 *       many as are expected to take `aheadMillis`, and never more than `aheadMax` slots' worth.
 *
 * @since 0.1.0
 */

/**
 * Tolerance for sums of fractions.
 *
 * @since 0.1.0
 * @category constants
 */
export const epsilon = 1e-9

/**
 * Whether a task of this size holds a core while it runs. A fraction mostly waits and holds none: the two are counted
 * apart, so that neither waits for the other.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWhole = (slots: number): boolean => slots >= 1 - epsilon

/**
 * What a worker has of one kind: whole tasks or fractions.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filled {
  readonly slots: number
  readonly used: number
  /** Expected milliseconds of work in the books, weighed by slots. */
  readonly load: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly aheadMillis: number
  readonly aheadMax: number
}

/**
 * Whether a slot share of this size is free right now.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFree = (worker: Pick<Filled, "slots" | "used">, slots: number): boolean =>
  worker.used + slots <= worker.slots + epsilon

/**
 * Whether the worker may be given a task that takes `slots` and is expected to run `millis` (absent: unknown).
 *
 * @since 0.1.0
 * @category guards
 */
export const hasRoom = (worker: Filled, slots: number, millis: number | undefined, limits: Limits): boolean => {
  if (isFree(worker, slots)) return true
  const used = worker.used + slots - epsilon
  if (used > worker.slots * (1 + limits.aheadMax)) return false
  if (millis === undefined) return used <= 2 * worker.slots
  if (used <= worker.slots + Math.max(slots, 0.1 * worker.slots)) return true
  return worker.load + millis * slots <= limits.aheadMillis * worker.slots
}

const dataAheadMax = 64

/**
 * Whether it may be given a task that belongs there because its inputs do: bounded by number alone, and so to fewer.
 *
 * @since 0.1.0
 * @category guards
 */
export const hasRoomForData = (worker: Filled, slots: number, limits: Limits): boolean =>
  worker.used + slots <= worker.slots * (1 + Math.min(limits.aheadMax, dataAheadMax)) + epsilon

/**
 * How pressed a worker is: below zero while slots are free (an idle one -1), then the milliseconds it is booked for.
 * `preference` (at least 0) is taken off while slots are free.
 *
 * @since 0.1.0
 * @category getters
 */
export const pressure = (worker: Filled, preference = 0): number =>
  worker.used < worker.slots - epsilon ? worker.used / worker.slots - 1 - preference : worker.load / worker.slots
