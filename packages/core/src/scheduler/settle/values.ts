/**
 * Values appear, are copied, are dropped, and are lost.
 *
 * Owns what is adopted and what is refused. A value is named by the attempt that made it and belongs to one digest.
 *
 * Invariants:
 *   V1. A row adopts only values of its own digest, and only while it is wanted and has none.
 *   V2. Whoever tells of a value that is not adopted is told to drop it (after a recovery: once the leases are over).
 *   V3. Small values are kept here while the budget lasts; `inlineBytes` is their sum.
 *
 * @since 0.1.0
 */
import type { ValueHeld } from "../../Note.js"
import * as Payload from "../../Payload.js"
import { addHolder, become } from "../books/become.js"
import * as books from "../books/books.js"
import { tellSpent } from "../books/wary.js"
import { find } from "../rows/rows.js"
import {
  isWanted,
  journal,
  type Peer,
  type Row,
  type Run,
  type State,
  Stored,
  toClient,
  touch,
  toWorker,
  type Worker
} from "../rows/State.js"
import { carried, recall } from "./copies.js"
import { answered } from "./scatter.js"

/**
 * Has a peer drop a value.
 *
 * @since 0.1.0
 * @category combinators
 */
export const drop = (state: State, peer: Peer, value: string): void => {
  if (peer._tag === "Worker") toWorker(state, peer, { _tag: "DropValue", value })
  else toClient(state, peer, { _tag: "DropValue", value })
}

/**
 * Ends an attempt: its worker is told, and it stays in the books until its end is said.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cancelRun = (state: State, run: Run, by: string, reason: string, force: boolean = false): void => {
  if (run.phase === "Ending" && !force) return
  run.phase = "Ending"
  books.forgetThief(run)
  journal(state, "cancelled", run.row, run.worker, reason)
  toWorker(state, run.worker, {
    _tag: "CancelTask",
    key: run.row.key,
    attempt: run.attempt,
    force,
    by,
    reason
  })
}

/**
 * Cancels all attempts of the row that may still bring something.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cancelRuns = (state: State, row: Row, by: string, reason: string, force: boolean = false): void => {
  for (const run of row.runs) cancelRun(state, run, by, reason, force)
}

const average = (old: number | undefined, seen: number): number => old === undefined ? seen : old + (seen - old) * 0.2

/**
 * A worker holds a value: adopted, one more copy, kept for a client that may yet claim it, or dropped.
 *
 * @since 0.1.0
 * @category combinators
 */
export const held = (state: State, worker: Worker, note: ValueHeld): void => {
  const run = note.attempt === undefined ? undefined : state.runs.get(note.attempt)
  const own = run !== undefined && run.worker === worker && note.how === "computed"
  const row = run !== undefined && run.row.digest === note.digest && !run.row.gone
    ? run.row
    : find(state, note.key, note.digest)
  if (own) {
    run.row.group.millis = average(run.row.group.millis, note.millis)
    state.life.computed++
    books.close(state, run)
  } else if (note.how === "copied" && note.millis > 0 && note.bytes >= 65_536) {
    state.bandwidth = average(state.bandwidth, note.bytes / note.millis)
  }
  if (row === undefined) return refuse(state, worker, note)
  const s = row.state
  if (s._tag === "Stored") {
    if (s.value !== note.value) return refuse(state, worker, note)
    addHolder(state, row, s, worker)
    // Who could reach no other holder may reach this one.
    if (row.offer !== undefined || row.spread !== undefined) touch(state, row)
    answered(state, row, s, worker)
    if (row.spread !== undefined) carried(state, row, s, worker)
    recall(state, row, s, note.how)
    return
  }
  const preferred = state.preferred?.values.get(`${row.digest} ${row.key}`)
  if (s._tag === "Failed" || !isWanted(row) || (preferred !== undefined && preferred !== note.value)) {
    return refuse(state, worker, note)
  }
  adopt(state, row, worker, note)
}

const adopt = (state: State, row: Row, worker: Worker, note: ValueHeld): void => {
  const keep = note.inline !== undefined &&
    state.inlineBytes + Payload.bytes(note.inline) <= state.config.inlineBudget
  journal(state, "stored", row, worker, note.attempt, note.how === "computed" ? note.millis : undefined)
  if (row.pardon()) tellSpent(state, row)
  if (row.recalls > 0) row.recalls = 0
  const inline = keep ? note.inline : undefined
  const s = new Stored(row, note.value, note.attempt, note.bytes, note.type, inline, worker)
  become(state, row, s)
  recall(state, row, s, note.how)
  if (row.runs.length > 0) cancelRuns(state, row, "scheduler", "another attempt was first")
}

const refuse = (state: State, worker: Worker, note: ValueHeld): void => {
  if (state.now >= state.unclaimedUntil) {
    journal(state, "refused", state.rows.get(note.key), worker, note.value)
    return drop(state, worker, note.value)
  }
  const list = state.unclaimed.get(note.key)
  if (list === undefined) state.unclaimed.set(note.key, [{ worker, note }])
  else if (!list.some((one) => one.worker === worker && one.note.value === note.value)) list.push({ worker, note })
  worker.unclaimed.add(note.key)
}
