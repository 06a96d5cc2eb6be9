/**
 * Fetches that failed.
 *
 * Owns the verdict on a holder after readers reported it.
 *
 * Invariants:
 *   F1. Every report of a client that still wants the key is answered: with the holders that remain, or `TaskPending`.
 *   F2. `gone` and `corrupt` end a holder at once; `unreachable` only when three readers say so, or, where the value
 *       can be made again, one reader five times. A worker that is a holder no longer is told to drop the value.
 *   F3. Of a worker that the scheduler does not hear either, one reader is believed where the value can be made again, and
 *       nobody where it cannot: such a worker may come back, or is dead some time.
 *
 * @since 0.1.0
 */
import type { FetchFailed } from "../../Note.js"
import { removeHolder, storedNote } from "../books/become.js"
import { wantOf } from "../rows/rows.js"
import {
  type Client,
  journal,
  type Peer,
  type Row,
  type State,
  type Stored,
  toClient,
  type Worker
} from "../rows/State.js"
import { uncarried } from "../settle/copies.js"
import { answered } from "../settle/scatter.js"
import { drop } from "../settle/values.js"

const reportersMax = 3
const repeatsMax = 5

const rowOf = (state: State, note: FetchFailed): Row | undefined => {
  const row = state.rows.get(note.key)
  const shadows = state.shadows.get(note.key) ?? []
  for (const one of row === undefined ? shadows : [row, ...shadows]) {
    if (one.state._tag === "Stored" && one.state.value === note.value) return one
  }
  return undefined
}

const report = (state: State, row: Row, s: Stored, reader: Peer, note: FetchFailed): void => {
  const holder = s.holders.find((one) => one.id === note.holder)
  journal(state, "fetch failed", row, reader, `${note.why} ${note.holder}`)
  if (holder === undefined || holder === reader && note.why === "unreachable") return
  if (note.why !== "unreachable") {
    removeHolder(state, row, s, holder)
    // It may have got another since, and this be late news: who is not believed to hold it must not.
    if (note.why === "corrupt" || (holder._tag === "Worker" && holder !== reader)) drop(state, holder, note.value)
    return
  }
  const again = row.spec !== undefined && !row.cut
  const silent = holder._tag === "Worker" && holder.suspect
  if (silent && !again) return
  const reports = (s.reports ??= [])
  reports.push({ holder, reader: reader.id })
  const about = reports.filter((one) => one.holder === holder)
  const readers = new Set(about.map((one) => one.reader))
  const own = about.filter((one) => one.reader === reader.id).length
  if (!silent && readers.size < reportersMax && !(again && own >= repeatsMax)) return
  removeHolder(state, row, s, holder)
  s.reports = reports.filter((one) => one.holder !== holder)
  drop(state, holder, note.value)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const fetchFailedByClient = (state: State, client: Client, note: FetchFailed): void => {
  const about = rowOf(state, note)
  if (about !== undefined) report(state, about, about.state as Stored, client, note)
  const row = state.rows.get(note.key)
  const want = row === undefined ? undefined : wantOf(row, client)
  if (row === undefined || want === undefined || want.told === true) return
  const s = row.state
  if (s._tag === "Stored" && (s.holders.length > 0 || s.inline !== undefined)) {
    want.told = s.value
    toClient(state, client, storedNote(row, s, want.want))
  } else if (s._tag !== "Stored" && s._tag !== "Failed") {
    want.told = undefined
    toClient(state, client, { _tag: "TaskPending", key: row.key, want: want.want })
  }
}

/**
 * The job that needed it comes back by `TaskReturned`; what was learned here keeps it from going where it cannot run.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fetchFailedByWorker = (state: State, worker: Worker, note: FetchFailed): void => {
  if (note.why === "unreachable" && note.holder !== worker.id) {
    if (worker.unreachable === undefined) {
      worker.unreachable = new Map()
      state.unreachable++
    }
    const at = state.now + state.config.unreachableMillis
    worker.unreachable.set(note.holder, at)
    state.due.push({ place: -1, _tag: "Reachable", at, seq: state.seq++, worker })
  }
  const row = rowOf(state, note)
  if (row === undefined) return
  const s = row.state as Stored
  report(state, row, s, worker, note)
  answered(state, row, s, worker)
  if (row.spread !== undefined) uncarried(state, row, worker)
}
