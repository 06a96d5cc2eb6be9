/**
 * Lookers-on: whether anybody looks, what workers said of late of what they do, and what failed.
 *
 * Owns the batches, as they came; nothing in here is read by a decision. Workers are told to report when somebody begins
 * to look, and to stop when nobody has for a while.
 *
 * Invariants:
 *   V1. Rows are numbered from 0 without a gap; the newest batches with at most `config.activities` rows are kept, or one.
 *   V2. Nobody looks: no activity is kept.
 *
 * @since 0.1.0
 */
import type { Failure } from "../../Failure.js"
import type { Key, WorkerId } from "../../Id.js"
import type { Activities } from "../../Note.js"
import type { Row, State, Worker } from "./State.js"
import { toWorker } from "./State.js"

/**
 * What one worker said at once. The difference of `heard` and `note.at` is that of the two clocks, and the way.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActivityBatch {
  readonly worker: WorkerId
  /** When it was heard, by the scheduler's clock: milliseconds since the epoch. */
  readonly heard: number
  /** The number of its first row. */
  readonly from: number
  readonly note: Activities
}

/**
 * A task that failed for a reason of its own. It is known for a while longer than its row, which those who asked for it may
 * forget at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface FailureSeen {
  readonly at: number
  readonly key: Key
  readonly group: string
  readonly failures: number
  readonly failure: Failure
}

const failuresMax = 100

/**
 * @since 0.1.0
 * @category combinators
 */
export const failedLately = (state: State, row: Row, failure: Failure): void => {
  const { failures, now } = state
  if (failures.late.length >= failuresMax) failures.late.shift()
  // The encoded cause is for those who can decode it, and they are told.
  failures.late.push({
    at: now,
    key: row.key,
    group: row.group.name,
    failures: row.failures,
    failure: { ...failure, cause: undefined }
  })
  failures.next++
}

/**
 * Those from a cursor on, as far as they are still known.
 *
 * @since 0.1.0
 * @category getters
 */
export const readFailures = ({ failures: { late, next } }: State, cursor: number): ReadonlyArray<FailureSeen> =>
  late.slice(Math.max(0, late.length - Math.max(0, next - cursor)))

/**
 * Somebody looks on now. They are forgotten after `config.watchFor`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const watched = (state: State): void => {
  const { activities } = state
  const already = activities.until !== undefined
  activities.until = state.now + state.config.watchFor
  if (already) return
  state.due.push({ place: -1, _tag: "Unwatched", at: activities.until, seq: state.seq++ })
  for (const worker of state.workers.values()) toWorker(state, worker, { _tag: "Watch", on: true })
}

/**
 * A worker that joins, or begins another session, is told whether anybody looks on.
 *
 * @since 0.1.0
 * @category combinators
 */
export const tellWatched = (state: State, worker: Worker): void => {
  if (state.activities.until !== undefined) toWorker(state, worker, { _tag: "Watch", on: true })
}

/**
 * Nobody may have looked for long enough.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unwatched = (state: State): void => {
  const { activities } = state
  if (activities.until === undefined) return
  if (activities.until > state.now) {
    state.due.push({ place: -1, _tag: "Unwatched", at: activities.until, seq: state.seq++ })
    return
  }
  activities.until = undefined
  activities.batches.length = 0
  activities.kept = 0
  for (const worker of state.workers.values()) toWorker(state, worker, { _tag: "Watch", on: false })
}

/**
 * A worker says what it did.
 *
 * @since 0.1.0
 * @category combinators
 */
export const did = (state: State, worker: Worker, note: Activities): void => {
  const { activities, config } = state
  if (activities.until === undefined) return
  const rows = note.columns.keys.length
  activities.batches.push({ worker: worker.id, heard: state.now, from: activities.next, note })
  activities.next += rows
  activities.kept += rows
  let over = 0
  while (activities.kept > config.activities && over < activities.batches.length - 1) {
    activities.kept -= activities.batches[over++]!.note.columns.keys.length
  }
  // Seldom and many at once: a batch is small, and a list that is cut at its front is copied.
  if (over > 0) activities.batches.splice(0, over)
}

/**
 * The batches from a cursor on, where to go on, and how many rows were missed: by a reader that was slow, or by workers that did more
 * than they tell.
 *
 * @since 0.1.0
 * @category getters
 */
export const readActivities = (
  { activities }: State,
  cursor: number
): { readonly batches: ReadonlyArray<ActivityBatch>; readonly cursor: number; readonly missed: number } => {
  const oldest = activities.batches[0]?.from ?? activities.next
  let first = activities.batches.length
  while (first > 0 && activities.batches[first - 1]!.from >= cursor) first--
  return {
    batches: activities.batches.slice(first),
    cursor: activities.next,
    missed: Math.max(0, oldest - cursor)
  }
}
