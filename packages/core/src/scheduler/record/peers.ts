/**
 * Who is there: joining, silence, and losing.
 *
 * Owns the tables of workers and clients and the verdicts on them. What a peer says is read elsewhere.
 *
 * Invariants:
 *   Y1. A worker is dead by proof or after `deadAfter` of silence, and only suspect before that.
 *   Y2. Silence while the scheduler itself was stalled is not counted.
 *   Y3. Nothing remains of a lost peer: no attempt, no held value, no want.
 *
 * @since 0.1.0
 */
import type { ClientId, WorkerId } from "../../Id.js"
import type { WorkerInfo } from "../../Note.js"
import { removeHolder, requeue } from "../books/become.js"
import * as books from "../books/books.js"
import { place } from "../books/classes.js"
import { unheard } from "../books/wary.js"
import { removeWant, wantsOf } from "../rows/rows.js"
import { Client, journal, type Run, type State, touch, Worker } from "../rows/State.js"
import { uncarried } from "../settle/copies.js"
import { forgetUnclaimed, takeOver } from "../settle/unclaimed.js"
import { blame } from "./deaths.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const joinWorker = (state: State, id: WorkerId, info: WorkerInfo): Worker => {
  const worker = new Worker(id, state.seq++, info, state.now)
  state.workers.set(id, worker)
  state.roster.push(worker)
  watch(state, worker)
  journal(state, "joined", undefined, worker, info.name)
  place(state, worker)
  return worker
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const joinClient = (state: State, id: ClientId): Client => {
  const client = new Client(id, state.seq++)
  state.clients.set(id, client)
  journal(state, "joined", undefined, client)
  return client
}

const heardAt = (state: State, worker: Worker): number => Math.max(worker.heard, state.deaf)

const watch = (state: State, worker: Worker): void => {
  const { deadAfter, suspectAfter } = state.config
  const at = heardAt(state, worker) + (worker.suspect ? deadAfter : Math.min(suspectAfter, deadAfter))
  state.due.push({ place: -1, _tag: "Silence", at: Math.max(at, state.now + 1), seq: state.seq++, worker })
}

/**
 * The worker's silence may have lasted long enough. Says whether it is dead.
 *
 * @since 0.1.0
 * @category combinators
 */
export const silence = (state: State, worker: Worker): boolean => {
  if (worker.gone) return false
  const silent = state.now - heardAt(state, worker)
  if (silent >= state.config.deadAfter) return true
  if (silent >= state.config.suspectAfter && !worker.suspect) suspect(state, worker, silent)
  watch(state, worker)
  return false
}

/** It gets nothing more, and what it has may be started elsewhere. */
const suspect = (state: State, worker: Worker, silent: number): void => {
  worker.suspect = true
  journal(state, "suspect", undefined, worker, silent)
  place(state, worker)
  for (let run = worker.last; run !== undefined; run = run.previous) {
    if (run.phase !== "Current") continue
    run.phase = "Loose"
    books.forgetThief(run)
    requeue(state, run.row)
  }
}

/**
 * A sign of life.
 *
 * @since 0.1.0
 * @category combinators
 */
export const hear = (state: State, worker: Worker): void => {
  worker.heard = state.now
  if (!worker.suspect) return
  worker.suspect = false
  journal(state, "heard again", undefined, worker)
  place(state, worker)
  // What was not started elsewhere meanwhile simply goes on.
  for (let run = worker.first; run !== undefined; run = run.next) {
    const s = run.row.state
    if (run.phase === "Loose" && (s._tag === "Queued" || s._tag === "Waiting")) takeOver(state, run.row, run)
  }
}

/**
 * The worker is gone for good. `expected`: it left in peace, and nobody is blamed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const loseWorker = (state: State, worker: Worker, detail: string, expected: boolean): void => {
  journal(state, "worker lost", undefined, worker, detail)
  worker.gone = true
  state.workers.delete(worker.id)
  state.roster.splice(state.roster.indexOf(worker), 1)
  state.bounded.delete(worker)
  if (worker.unreachable !== undefined) state.unreachable--
  place(state, worker)
  forgetUnclaimed(state, worker)
  for (const row of worker.held) {
    if (row.state._tag === "Stored") removeHolder(state, row, row.state, worker)
  }
  // Later attempts first: those that count on others leave before these do.
  for (let run = worker.last; run !== undefined; run = worker.last) loseRun(state, run, detail, expected)
  for (const other of state.workers.values()) {
    for (let run = other.first; run !== undefined; run = run.next) if (run.thief === worker) run.thief = undefined
  }
  for (const client of state.clients.values()) if (client.home === worker) client.home = undefined
  for (const row of worker.copying) touch(state, row)
  for (const row of worker.carrying) uncarried(state, row, worker)
  if (worker.retiring) state.retiring--
}

const loseRun = (state: State, run: Run, detail: string, expected: boolean): void => {
  const { attempt, phase, row, started, worker } = run
  const current = row.state._tag === "Assigned" && row.state.run === run
  // Not told yet that it may begin, it has not.
  const isHeld = state.asking.has(run)
  books.close(state, run)
  if (current) requeue(state, row)
  const open = (phase === "Current" || phase === "Loose") && !row.gone && row.state._tag !== "Failed" &&
    row.state._tag !== "Stored"
  if (expected || !open || isHeld) return
  if (started !== undefined) blame(state, row, worker, { attempt, detail })
  // It may have been on it, and had no time to say so.
  else row.wary = true
}

/**
 * The client is gone: all it wanted is released, all it held is lost.
 *
 * @since 0.1.0
 * @category combinators
 */
export const loseClient = (state: State, client: Client, detail: string): void => {
  journal(state, "client lost", undefined, client, detail)
  client.gone = true
  state.clients.delete(client.id)
  unheard(state, client)
  for (const { row } of wantsOf(client)) removeWant(state, row, client)
  for (const row of client.held) {
    row.fresh = false
    if (row.state._tag === "Stored") removeHolder(state, row, row.state, client)
    touch(state, row)
  }
}

/**
 * Its link is down: its lease begins to run.
 *
 * @since 0.1.0
 * @category combinators
 */
export const lease = (state: State, client: Client): void => {
  if (client.down !== undefined) return
  client.down = state.now
  unheard(state, client)
  // What beside it only workers that leave hold, is to go elsewhere.
  if (state.retiring > 0) { for (const row of client.held) touch(state, row) }
  state.due.push({ place: -1, _tag: "Lease", at: state.now + state.config.clientLease, seq: state.seq++, client })
}
