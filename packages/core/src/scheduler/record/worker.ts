/**
 * What a worker says, applied to rows and books.
 *
 * Owns the reading of worker notes. What follows from them is `settle`'s business.
 *
 * Invariants:
 *   M1. An attempt's one end note takes it out of the books; whatever is said of an attempt not in the books of the
 *       worker that says it changes nothing (a value is still looked at: it has its own name).
 *   M2. Only the end of a row's Current attempt moves the row.
 *
 * @since 0.1.0
 */
import type { Attempt, Key } from "../../Id.js"
import type { FromWorker, TaskDied, TaskFailed, TaskReturned } from "../../Note.js"
import * as Retry from "../../policy/retry.js"
import * as Spec from "../../Spec.js"
import { become, removeHolder, requeue } from "../books/become.js"
import * as books from "../books/books.js"
import { place } from "../books/classes.js"
import * as wary from "../books/wary.js"
import { begun, journal, type Row, type Run, type State, waitingUntil, type Worker } from "../rows/State.js"
import { did, tellWatched } from "../rows/watched.js"
import { leaving } from "../settle/copies.js"
import { hasten } from "../settle/reduce.js"
import { fail } from "../settle/settle.js"
import { goneUnclaimed } from "../settle/unclaimed.js"
import { held } from "../settle/values.js"
import { wait } from "./circles.js"
import { blame } from "./deaths.js"
import { fetchFailedByWorker } from "./fetches.js"
import { toldByWorker } from "./told.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const recordWorker = (state: State, worker: Worker, note: FromWorker): void => {
  switch (note._tag) {
    case "ValueHeld":
      return held(state, worker, note)
    case "TaskFailed":
      return failed(state, worker, note)
    case "TaskReturned":
      return returned(state, worker, note)
    case "TaskEnded": {
      const run = find(state, worker, note)
      if (run !== undefined) end(state, run)
      return
    }
    case "TaskDied":
      return died(state, worker, note)
    case "TaskStarted": {
      const run = find(state, worker, note)
      if (run !== undefined && note.asks) return wary.asks(state, run, note)
      if (run === undefined || run.started !== undefined) return
      run.started = note.at
      run.row.group.running++
      return
    }
    case "RecallRefused": {
      const run = find(state, worker, note)
      if (run === undefined) return
      books.forgetThief(run)
      run.refused = true
      state.unplanned = true
      return
    }
    case "TaskSuspended": {
      const run = find(state, worker, note)
      if (run !== undefined) wait(state, run, note)
      return
    }
    case "TaskResumed": {
      const run = find(state, worker, note)
      if (run !== undefined) books.resume(state, run)
      return
    }
    case "ValueGone": {
      goneUnclaimed(state, worker, note.key, note.value)
      const row = state.rows.get(note.key)
      const shadows = state.shadows.get(note.key) ?? []
      for (const one of row === undefined ? shadows : [row, ...shadows]) {
        if (one.state._tag === "Stored" && one.state.value === note.value) removeHolder(state, one, one.state, worker)
      }
      return
    }
    case "FetchFailed":
      return fetchFailedByWorker(state, worker, note)
    case "Heartbeat":
      return beat(state, worker, note)
    case "Activities":
      return did(state, worker, note)
    case "WorkerChanged": {
      worker.info = note.info
      place(state, worker)
      return leaving(state, worker)
    }
    case "WorkerTold":
      begun(state, worker, note)
      tellWatched(state, worker)
      return toldByWorker(state, worker, note, recordWorker)
    case "Profiled":
    case "WorkerLeft":
      return
  }
}

const beat = (state: State, worker: Worker, note: Extract<FromWorker, { readonly _tag: "Heartbeat" }>): void => {
  worker.reportedBytes = note.heldBytes
  worker.processBytes = note.processBytes
  worker.sharedBytes = note.sharedBytes
  worker.use = note.use
  worker.busy = note.busy
  const was = worker.memory?.paused === true
  worker.memory = note.memory
  worker.heaps = note.executors
  if (note.memory !== undefined) hasten(state, worker)
  if (was !== (note.memory?.paused === true)) books.move(state, worker, was)
}

const find = (
  state: State,
  worker: Worker,
  note: { readonly key: Key; readonly attempt: Attempt }
): Run | undefined => {
  const run = state.runs.get(note.attempt)
  return run !== undefined && run.worker === worker ? run : undefined
}

/** The attempt is over. Its row, if it was the row's current one, is free to move: that row is given back. */
const end = (state: State, run: Run): Row | undefined => {
  const { row } = run
  const current = row.state._tag === "Assigned" && row.state.run === run
  books.close(state, run)
  if (!current) return undefined
  requeue(state, row)
  return row
}

const waitUntil = (state: State, row: Row, at: number): void => {
  become(state, row, waitingUntil(at))
  state.due.push({ place: -1, _tag: "Retry", at, seq: state.seq++, row })
}

const failed = (state: State, worker: Worker, note: TaskFailed): void => {
  const run = find(state, worker, note)
  if (run === undefined) return
  const row = end(state, run)
  if (row === undefined) return
  // Another attempt may have failed at this same try: it is retried once for both.
  const millis = Retry.decide(row.spec?.retry, run.failures, note)
  if (millis === undefined) return fail(state, row, { ...note.failure, worker: note.failure.worker ?? worker.id })
  row.failures = Math.max(row.failures, run.failures + 1)
  wary.tellSpent(state, row)
  journal(state, "retried", row, worker, row.failures)
  if (millis > 0) waitUntil(state, row, state.now + millis)
}

/** It announced what it does not have, or has not in one place: it is not asked again until it says what it has. */
const without = (tasks: ReadonlyArray<string>, task: string | undefined): ReadonlyArray<string> =>
  task === undefined || tasks.includes(task) || Spec.tasksOf(task).length === 1
    ? tasks.filter((each) => each !== task)
    : [...tasks, Spec.refusal(task)]

const returned = (state: State, worker: Worker, note: TaskReturned): void => {
  const run = find(state, worker, note)
  if (run === undefined) return
  const row = end(state, run)
  journal(state, "returned", run.row, worker, note.why)
  if (note.why === "no such task") {
    worker.info = { ...worker.info, tasks: without(worker.info.tasks, run.row.spec?.task) }
    place(state, worker)
  }
  if (note.why !== "unfetchable" || row === undefined) return
  // The first time it is simply placed again; a row that cannot get its inputs anywhere is tried ever less often.
  const times = row.unfetchable++
  if (times > 0) waitUntil(state, row, state.now + Math.min(5_000, 25 * 2 ** times))
}

const died = (state: State, worker: Worker, note: TaskDied): void => {
  const run = find(state, worker, note)
  if (run === undefined) return
  const row = end(state, run)
  if (row !== undefined) blame(state, row, worker, note)
}
