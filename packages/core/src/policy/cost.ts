/**
 * The one cost of running a task on a worker; placement and stealing both ask it.
 *
 * Owns the formula. What is measured (durations, bandwidth, books) is the scheduler's.
 *
 * Invariants:
 *   C1. Bytes on the worker's own node cost nothing.
 *   C2. What cannot be reached costs infinity.
 *
 * @since 0.1.0
 */
import { type Filled, isFree } from "./saturation.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Transfer {
  /** Bytes that are not on the worker's node. */
  readonly bytes: number
  /** How many values these are. */
  readonly values: number
  readonly reachable: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Rates {
  /** Bytes per millisecond. */
  readonly bandwidth: number
  readonly latencyMillis: number
}

/**
 * Milliseconds until a free slot is expected for a task of this size.
 *
 * @since 0.1.0
 * @category getters
 */
export const queueing = (worker: Filled, slots: number): number =>
  isFree(worker, slots) ? 0 : worker.load / worker.slots

/**
 * Milliseconds until what is missing has arrived.
 *
 * @since 0.1.0
 * @category getters
 */
export const transferring = (transfer: Transfer, rates: Rates): number =>
  !transfer.reachable
    ? Number.POSITIVE_INFINITY
    : transfer.values === 0
    ? 0
    : rates.latencyMillis + transfer.bytes / rates.bandwidth

/**
 * What it costs beside this that a worker is short of memory: it is chosen only where all that may run the task are.
 *
 * @since 0.1.0
 * @category constants
 */
export const short = 1e9

/**
 * Expected milliseconds before the task runs there, its inputs being brought meanwhile.
 *
 * @since 0.1.0
 * @category getters
 */
export const cost = (worker: Filled, slots: number, transfer: Transfer, rates: Rates): number =>
  queueing(worker, slots) + transferring(transfer, rates)
