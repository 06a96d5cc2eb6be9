/**
 * Data that clients bring: copies are made on workers, then the client may let go of its own.
 *
 * Owns which workers are asked for copies. Holders are `become`'s.
 *
 * Invariants:
 *   D1. `copying` names workers that are here and were asked; it is absent once all have delivered.
 *   D2. A row waits in `unscattered` exactly while it wants copies and no worker can be asked. Who becomes open, or may
 *       reach again what it could not, settles these rows anew.
 *
 * @since 0.1.0
 */
import { tell } from "../books/become.js"
import { nearest } from "../rows/nearest.js"
import { journal, type Row, type State, type Stored, toClient, touch, toWorker, type Worker } from "../rows/State.js"
import { reaches } from "./copies.js"

const looked = 16

/**
 * Asks for the copies that are still to be made, and lets the client's go when all are.
 *
 * @since 0.1.0
 * @category combinators
 */
export const scatter = (state: State, row: Row): void => {
  const s = row.state
  const plan = row.offer?.scatter
  if (s._tag !== "Stored" || plan === undefined || row.scattered || row.offer?.dropped === true) return
  if (row.copying !== undefined) {
    // Asked of the lost, or made meanwhile.
    for (const worker of row.copying) {
      if (worker.gone || worker.info.leaving === true || worker.held.has(row)) row.copying.delete(worker)
    }
  }
  // What may be about to leave is no place to stay.
  const on = s.holders.filter((holder) => holder._tag === "Worker" && !holder.retiring).length
  if (row.copying === undefined || (row.copying.size === 0 && on === 0)) {
    const targets = choose(state, row, s, plan.all, plan.workers)
    if (targets.length === 0 && on === 0) {
      row.copying = new Set()
      state.unscattered.add(row)
      return
    }
    state.unscattered.delete(row)
    row.copying = new Set(targets)
    for (const worker of targets) ask(state, row, s, worker)
  }
  if (row.copying.size > 0) return
  row.copying = undefined
  row.scattered = true
  letGo(state, row, s)
  for (let want = row.firstWant; want !== undefined; want = want.next) tell(state, row, want)
}

const ask = (state: State, row: Row, s: Stored, worker: Worker): void => {
  journal(state, "copy asked", row, worker)
  worker.copying.add(row)
  toWorker(state, worker, {
    _tag: "FetchValue",
    key: row.key,
    value: s.value,
    digest: row.digest,
    bytes: s.bytes,
    holders: nearest(s.holders, worker),
    inline: s.inline,
    how: "scattered"
  })
}

const letGo = (state: State, row: Row, s: Stored): void => {
  for (const holder of [...s.holders]) {
    if (holder._tag !== "Client") continue
    s.holders = s.holders.filter((other) => other !== holder)
    holder.held.delete(row, s)
    toClient(state, holder, { _tag: "DropValue", value: s.value })
  }
}

const choose = (
  state: State,
  row: Row,
  s: Stored,
  all: boolean,
  names: ReadonlyArray<string> | undefined
): ReadonlyArray<Worker> => {
  const free = (worker: Worker): boolean => mayHold(state, row, s, names, worker)
  if (all) return state.roster.filter(free)
  const { roster } = state
  let best: Worker | undefined
  let seen = 0
  for (let n = 0; n < roster.length && seen < looked; n++) {
    const worker = roster[(state.rosterAt + n) % roster.length]!
    if (!free(worker)) continue
    seen++
    if (best === undefined || worker.heldBytes + worker.coming < best.heldBytes + best.coming) best = worker
  }
  if (best === undefined) return []
  state.rosterAt = (state.rosterAt + looked) % roster.length
  best.coming += s.bytes
  return [best]
}

/**
 * Whether the worker can be asked for a copy.
 *
 * @since 0.1.0
 * @category guards
 */
export const mayHold = (
  state: State,
  row: Row,
  s: Stored,
  names: ReadonlyArray<string> | undefined,
  worker: Worker
): boolean =>
  worker.open && !worker.held.has(row) &&
  (names === undefined || names.includes(worker.id) || names.includes(worker.info.name)) &&
  (s.inline !== undefined || reaches(state, worker, s))

/**
 * The worker has its copy, or will not have it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const answered = (state: State, row: Row, s: Stored, worker: Worker): void => {
  if (row.copying === undefined || !row.copying.delete(worker)) return
  worker.copying.delete(row)
  worker.coming = Math.max(0, worker.coming - s.bytes)
  touch(state, row)
}
