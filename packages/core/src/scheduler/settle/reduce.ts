/**
 * Copies that nothing needs any more are dropped.
 *
 * Owns what a copy is needed for: unfinished tasks (one copy beside each worker that has one, one for each that was not
 * given out yet), what was asked for by `replicate` and by `scatter`, and that one stays in any case. Only copies that can
 * be relied on count: not on workers that are suspect, leaving, gone from sight of others, or whose disk fails. It looks
 * at a bounded number of rows at a time. Which of the others go is `policy/replicas`'.
 *
 * @since 0.1.0
 */
import * as Replicas from "../../policy/replicas.js"
import { removeHolder } from "../books/become.js"
import { delist, wake } from "../rows/several.js"
import { isActive, journal, type Row, type State, type Stored, toWorker, type Worker } from "../rows/State.js"

const rowsLooked = 256
const dependentsLooked = 256
const pauseMillis = 20
const leastMillis = 50

/**
 * Looks through the next of the rows with several copies.
 *
 * @since 0.1.0
 * @category combinators
 */
export const reduce = (state: State): void => {
  const { several } = state
  several.at = Number.POSITIVE_INFINITY
  const rows = (several.look ??= several.since.entries())
  for (let n = 0; n < rowsLooked; n++) {
    const next = rows.next()
    if (next.done === true) {
      several.look = undefined
      return wake(state, state.now + Math.max(leastMillis, state.config.copiesIdle / 2))
    }
    look(state, ...next.value)
  }
  wake(state, state.now + pauseMillis)
}

/**
 * A worker is short of memory: there is no waiting.
 *
 * @since 0.1.0
 * @category combinators
 */
export const hasten = (state: State, worker: Worker): void => {
  if (fullness(worker) > Replicas.short) wake(state, state.now)
}

const fullness = ({ memory }: Worker): number => memory === undefined ? 0 : memory.managed / memory.limit

const look = (state: State, row: Row, since: number): void => {
  const s = row.state
  if (s._tag !== "Stored") return delist(state, row)
  const on = s.holders.filter((holder) => holder._tag === "Worker")
  const asked = Math.max(1, row.spread?.asked ?? 0)
  const all = row.offer?.scatter?.all === true
  // Small values are kept here too: their copies weigh nothing.
  if (s.inline !== undefined || all || on.length <= asked) return delist(state, row)
  const needs = needsOf(state, row, s)
  if (needs === undefined) return
  const relied = on.filter((worker) => isReliable(s, worker))
  const needed = Math.max(asked, needs.at.size + needs.open)
  if (relied.length <= needed) return void state.several.since.set(row, state.now)
  const isIdle = state.now - since >= state.config.copiesIdle
  const copies = relied.map((worker): Replicas.Copy => ({
    stays: needs.at.has(worker) || isNamed(row, worker),
    full: fullness(worker),
    held: worker.heldBytes
  }))
  const { drops = Replicas.drops } = state.config.policies
  const chosen = new Set(drops(copies, needed, isIdle))
  let surplus = relied.length - needed
  for (const [at, worker] of relied.entries()) {
    if (!chosen.has(at) || copies[at]!.stays || surplus-- <= 0) continue
    journal(state, "copy dropped", row, worker, isIdle ? "nothing needs it" : "short of memory")
    toWorker(state, worker, { _tag: "DropValue", value: s.value })
    removeHolder(state, row, s, worker)
  }
  if (s.holders.length <= asked) delist(state, row)
}

/**
 * The workers with unfinished tasks that need the value, and how many such tasks no worker was given yet. Nothing, where
 * one more copy is on its way or that cannot be said: then nothing goes, since any holder may be just being asked for it.
 */
const needsOf = (
  state: State,
  row: Row,
  s: Stored
): { readonly at: ReadonlySet<Worker>; readonly open: number } | undefined => {
  if (state.unreachable > 0 || row.copying !== undefined) return undefined
  if (row.spread !== undefined && row.spread.carrying.size > 0) return undefined
  const at = new Set<Worker>()
  let open = 0
  let left = row.consumers
  let seen = 0
  if (left > 0) {
    for (const dependent of row.dependents?.values() ?? []) {
      if (left === 0) break
      if (++seen > dependentsLooked) return undefined
      if (!isActive(dependent.state)) continue
      left--
      if (dependent.state._tag !== "Assigned") open++
      for (const { worker } of dependent.runs) {
        if (!s.holders.includes(worker)) return undefined
        at.add(worker)
      }
    }
  }
  return { at, open }
}

const isReliable = (s: Stored, worker: Worker): boolean =>
  !worker.suspect && !worker.retiring && worker.memory?.failing !== true &&
  s.reports?.some(({ holder }) => holder === worker) !== true

/** It was asked for there. */
const isNamed = (row: Row, { id, info }: Worker): boolean => {
  const names = row.spread?.names ?? row.offer?.scatter?.workers
  return names !== undefined && (names.includes(id) || names.includes(info.name))
}
