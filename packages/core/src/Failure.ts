/**
 * Why a key has no value, as data.
 *
 * @since 0.1.0
 */
import type { Key, WorkerId } from "./Id.js"
import type { Payload } from "./Payload.js"

/**
 * `Failed` is the task's own typed failure or defect and carries its encoded cause; every other reason is Creel's.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason =
  | "Failed"
  | "Cancelled"
  | "Lost"
  | "KilledWorker"
  | "TimedOut"
  | "NotEncodable"
  | "NotDecodable"
  | "UnknownTask"
  | "ClusterClosed"
  | "ValueReplaced"
  | "FutureInResult"
  | "WaitCycle"
  | "Unrunnable"
  | "InputMutated"
  | "MemoryExceeded"
  | "DuplicateKey"
  | "Unreachable"
  | "Released"

/**
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly reason: Reason
  /** The key that failed first: its dependents fail with this same failure. */
  readonly key: Key
  readonly worker: WorkerId | undefined
  /** Who asked, for a cancellation. */
  readonly by: string | undefined
  /** What happened, for a person. */
  readonly detail: string
  /** The encoded cause, for `Failed`. */
  readonly cause: Payload | undefined
  /** The cause as text with its stack, cut where it is long, for people who do not have the task that could decode it. */
  readonly stack?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  reason: Reason,
  key: Key,
  detail: string,
  more?: {
    readonly worker?: WorkerId | undefined
    readonly by?: string | undefined
    readonly cause?: Payload | undefined
    readonly stack?: string | undefined
  }
): Failure => ({
  reason,
  key,
  detail,
  worker: more?.worker,
  by: more?.by,
  cause: more?.cause,
  ...more?.stack !== undefined && { stack: more.stack }
})
