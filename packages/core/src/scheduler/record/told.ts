/**
 * A worker begins a session by telling what it has.
 *
 * Owns the comparison of what it tells with what was believed of it. What went unheard with the last session (orders
 * to run, cancels, recalls, drops) is made good here.
 *
 * Invariants:
 *   B5. After a telling, the books of a worker hold exactly the jobs it told of, and its values are those it told of.
 *
 * @since 0.1.0
 */
import type { WorkerTold } from "../../Note.js"
import { removeHolder, requeue } from "../books/become.js"
import * as books from "../books/books.js"
import { place } from "../books/classes.js"
import { find } from "../rows/rows.js"
import type { TellingJob } from "../rows/State.js"
import { groupOf, isWanted, journal, Row, type Run, type State, touch, toWorker, type Worker } from "../rows/State.js"
import { leaving, uncarried } from "../settle/copies.js"
import { cancelOrphans, forgetUnclaimed, takeOver } from "../settle/unclaimed.js"
import { cancelRun, held } from "../settle/values.js"
import { endedBefore } from "./deaths.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const toldByWorker = (
  state: State,
  worker: Worker,
  note: WorkerTold,
  /** Records the end of an attempt: the reading of notes has it, and calls this. */
  record: (state: State, worker: Worker, outcome: WorkerTold["outcomes"][number]) => void
): void => {
  worker.info = note.info
  place(state, worker)
  leaving(state, worker)
  const jobs = new Set(note.jobs.map((job) => job.attempt))
  const ended = new Set(note.outcomes.map((outcome) => outcome.attempt))
  const values = new Set(note.values.map((value) => value.value))
  for (const row of worker.held) {
    if (row.state._tag === "Stored" && !values.has(row.state.value)) removeHolder(state, row, row.state, worker)
  }
  // It says anew what it has: what was kept of an earlier telling would be dropped, or claimed, in its place.
  forgetUnclaimed(state, worker)
  for (const job of note.jobs) tellJob(state, worker, job)
  for (const value of note.values) held(state, worker, value)
  for (const outcome of note.outcomes) {
    if (state.begins.size > 0) endedBefore(state, worker, outcome)
    record(state, worker, outcome)
  }
  // A task that it did not have when an attempt ended, it may have by now: what it says of itself is the newer.
  if (worker.info !== note.info) {
    worker.info = note.info
    place(state, worker)
  }
  for (let run = worker.last; run !== undefined;) {
    const next: Run | undefined = run.previous
    if (!jobs.has(run.attempt) && !ended.has(run.attempt)) vanish(state, run)
    run = next
  }
  // Copies asked for in the old session may never have been heard of.
  for (const row of copyingTo(state, worker)) {
    row.copying!.delete(worker)
    touch(state, row)
  }
  for (const row of worker.carrying) uncarried(state, row, worker)
}

const copyingTo = (state: State, worker: Worker): ReadonlyArray<Row> => {
  const rows = [...worker.copying]
  for (const row of rows) if (row.copying === undefined || row.gone) worker.copying.delete(row)
  return rows.filter((row) => row.copying?.has(worker) === true && state.rows.get(row.key) === row)
}

/** Ordered in the old session, and not there: it never arrived, or its end was said and lost with the session. */
const vanish = (state: State, run: Run): void => {
  const { row } = run
  const current = row.state._tag === "Assigned" && row.state.run === run
  journal(state, "vanished", row, run.worker, run.attempt)
  books.close(state, run)
  if (current) requeue(state, row)
}

const tellJob = (state: State, worker: Worker, job: TellingJob): void => {
  const known = state.runs.get(job.attempt)
  const run = known !== undefined && known.worker === worker ? known : adoptJob(state, worker, job)
  // A scheduler beside this one may have begun the same try.
  run.failures = job.failures
  if (job.since !== undefined && run.started === undefined) {
    run.started = job.since
    run.row.group.running++
  }
  books.forgetThief(run)
  run.refused = false
  if (job.suspended && run.suspended === undefined) books.suspend(state, run, [])
  else if (!job.suspended) books.resume(state, run)
  if (run.phase === "Ending" && !job.cancelled) resend(state, run)
  if (job.cancelled && run.phase !== "Ending") giveUp(state, run)
}

const resend = (state: State, run: Run): void => {
  run.phase = "Current"
  cancelRun(state, run, "scheduler", "it was cancelled before the connection broke")
}

/** It is being cancelled there, whoever asked: what it would bring is not waited for. */
const giveUp = (state: State, run: Run): void => {
  const { row } = run
  const current = row.state._tag === "Assigned" && row.state.run === run
  run.phase = "Ending"
  if (current) requeue(state, row)
}

/** A job of an earlier life, or of a row that has gone on without it. */
const adoptJob = (state: State, worker: Worker, job: TellingJob): Run => {
  const { spec } = job
  const row = find(state, spec.key, spec.digest)
  const preferred = state.preferred?.attempts.get(`${spec.digest} ${spec.key}`)
  if (row !== undefined && !job.cancelled) {
    const s = row.state
    const needs = s._tag === "Waiting" || s._tag === "Queued" || (s._tag === "Idle" && isWanted(row))
    if (needs && (preferred === undefined || preferred === job.attempt)) {
      worker.overdrawn = true
      const run = books.open(state, row, worker, job.attempt)
      takeOver(state, row, run)
      cancelOrphans(state, row)
      return run
    }
  }
  const settled = row !== undefined && (row.state._tag === "Assigned" || row.state._tag === "Stored")
  const group = groupOf(state, spec.group)
  const orphan = new Row(spec.key, spec.digest, state.seq++, group, spec, undefined)
  orphan.gone = true
  worker.overdrawn = true
  const run = books.open(state, orphan, worker, job.attempt)
  if (job.cancelled) {
    run.phase = "Ending"
  } else if (state.now < state.unclaimedUntil && !settled) {
    run.phase = "Orphan"
    const list = state.orphans.get(spec.key)
    if (list === undefined) state.orphans.set(spec.key, [run])
    else list.push(run)
  } else {
    run.phase = "Ending"
    toWorker(state, worker, {
      _tag: "CancelTask",
      key: spec.key,
      attempt: job.attempt,
      force: false,
      by: "scheduler",
      reason: "nobody waits for this attempt"
    })
  }
  return run
}
