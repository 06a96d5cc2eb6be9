/**
 * What workers told of that no client has claimed yet, after a recovery.
 *
 * Owns values and attempts without a row that wants them, until the clients' leases are over.
 *
 * Invariants:
 *   U1. Nothing is kept unclaimed once `unclaimedUntil` has passed.
 *   U2. What is claimed belongs to the claiming row's digest.
 *   U3. An orphan that has ended is none.
 *
 * @since 0.1.0
 */
import type { Key } from "../../Id.js"
import { become, doom } from "../books/become.js"
import { without } from "../books/books.js"
import { ask } from "../books/wary.js"
import { journal, type Row, type Run, type State, type Worker } from "../rows/State.js"
import { cancelRun, drop, held } from "./values.js"

/**
 * Gives a row that sets out a value that is already there. Says whether there was one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const claim = (state: State, row: Row): boolean => {
  if (state.unclaimed.size > 0) {
    const list = state.unclaimed.get(row.key)
    if (list !== undefined) {
      const mine = list.filter((one) => one.note.digest === row.digest && !one.worker.gone)
      if (mine.length > 0) {
        const preferred = state.preferred?.values.get(`${row.digest} ${row.key}`)
        mine.sort((a, b) =>
          Number(b.note.value === preferred) - Number(a.note.value === preferred) ||
          (a.note.attempt ?? 0) - (b.note.attempt ?? 0)
        )
        state.unclaimed.delete(row.key)
        const rest = list.filter((one) => !mine.includes(one))
        if (rest.length > 0) state.unclaimed.set(row.key, rest)
        for (const { note, worker } of mine) held(state, worker, note)
        if (row.state._tag === "Stored") return true
      }
    }
  }
  return false
}

/**
 * Gives a row that sets out an attempt that already runs. Says whether there was one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const claimRun = (state: State, row: Row): boolean => {
  const orphans = state.orphans.size === 0 ? undefined : state.orphans.get(row.key)
  if (orphans === undefined) return false
  const mine = orphans.filter((run) => run.row.digest === row.digest).sort((a, b) => a.attempt - b.attempt)
  const rest = orphans.filter((run) => run.row.digest !== row.digest)
  if (rest.length > 0) state.orphans.set(row.key, rest)
  else state.orphans.delete(row.key)
  const oldest = mine[0]
  if (oldest === undefined) return false
  takeOver(state, row, oldest)
  for (const run of mine) if (run !== oldest) cancelRun(state, run, "scheduler", "an older attempt goes on")
  return true
}

/**
 * The row goes on with an attempt that its worker told of.
 *
 * @since 0.1.0
 * @category combinators
 */
export const takeOver = (state: State, row: Row, run: Run): void => {
  rehome(row, run)
  run.phase = "Current"
  journal(state, "taken over", row, run.worker, run.attempt)
  become(state, row, run)
  doom(row)
  if (run.asks && !state.asking.has(run)) ask(state, run)
}

/**
 * The row has its attempt: others of the same work are ended.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cancelOrphans = (state: State, row: Row): void => {
  const orphans = state.orphans.get(row.key)
  if (orphans === undefined) return
  const rest = orphans.filter((run) => run.row.digest !== row.digest)
  if (rest.length > 0) state.orphans.set(row.key, rest)
  else state.orphans.delete(row.key)
  for (const run of orphans) {
    if (run.row.digest === row.digest) cancelRun(state, run, "scheduler", "an older attempt goes on")
  }
}

const rehome = (row: Row, run: Run): void => {
  if (run.row === row) return
  run.row.runs = without(run.row.runs, run)
  if (run.started !== undefined) {
    run.row.group.running--
    row.group.running++
  }
  run.row = row
  row.runs = [...row.runs, run]
}

/**
 * Forgets what a worker told of and nobody claimed: it is gone.
 *
 * @since 0.1.0
 * @category combinators
 */
export const forgetUnclaimed = (state: State, worker: Worker): void => {
  for (const key of worker.unclaimed) {
    const rest = (state.unclaimed.get(key) ?? []).filter((one) => one.worker !== worker)
    if (rest.length === 0) state.unclaimed.delete(key)
    else state.unclaimed.set(key, rest)
  }
  worker.unclaimed.clear()
}

/**
 * The worker no longer has this value: nobody can claim it there.
 *
 * @since 0.1.0
 * @category combinators
 */
export const goneUnclaimed = (state: State, worker: Worker, key: Key, value: string): void => {
  const list = state.unclaimed.get(key)
  if (list === undefined) return
  const rest = list.filter((one) => one.worker !== worker || one.note.value !== value)
  if (rest.length === 0) state.unclaimed.delete(key)
  else state.unclaimed.set(key, rest)
  if (!rest.some((one) => one.worker === worker)) worker.unclaimed.delete(key)
}

/**
 * The leases are over: what nobody claimed is dropped and cancelled.
 *
 * @since 0.1.0
 * @category combinators
 */
export const expire = (state: State): void => {
  if (state.now < state.unclaimedUntil) return
  for (const list of state.unclaimed.values()) {
    for (const { note, worker } of list) {
      worker.unclaimed.delete(note.key)
      drop(state, worker, note.value)
    }
  }
  state.unclaimed.clear()
  for (const list of state.orphans.values()) {
    for (const run of list) if (run.phase === "Orphan") cancelRun(state, run, "scheduler", "nobody wants it")
  }
  state.orphans.clear()
}
