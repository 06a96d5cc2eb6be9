/**
 * What each worker is busy with, and the indexes that follow from it.
 *
 * Owns a worker's attempts, used slots, load, taken resources, pressure, and its place among the others of its pool.
 * Whose attempt counts is `become`'s business; who is there at all is `peers`'.
 *
 * Invariants:
 *   B1. `used` of each of a worker's shares (whole tasks, fractions) is the sum of the slots of its attempts in the books
 *       that have not given theirs away, `load` likewise; `taken` is a sum over all attempts.
 *   B2. An attempt is in `state.runs`, in its worker's list and in its row's `runs`, or in none of them.
 *   B3. An attempt leaves the books by its end note or with its worker, never by a cancel.
 *   B4. A worker is among the calm of its pool exactly while it can be given work, and once ranked, among the busy exactly
 *       while it is booked for more than its slots besides.
 *
 * @since 0.1.0
 */
import type { Attempt } from "../../Id.js"
import * as Saturation from "../../policy/saturation.js"
import type { Ranks } from "../rows/ranks.js"
import { type Row, Run, type Share, type State, toClient, touch, type Worker } from "../rows/State.js"
import { keepOut, letIn } from "./apart.js"
import { closed } from "./wary.js"

/**
 * Notes that the worker's place in the indexes may have changed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const move = (state: State, worker: Worker, gained: boolean): void => {
  if (gained) worker.gained = true
  if (worker.moved) return
  worker.moved = true
  state.moved.push(worker)
}

/**
 * Writes a new attempt into the books of its worker.
 *
 * @since 0.1.0
 * @category combinators
 */
export const open = (state: State, row: Row, worker: Worker, attempt: Attempt): Run => {
  const slots = row.spec?.slots ?? 1
  const run = new Run(attempt, row, worker, slots, row.group.millis ?? state.config.unknownMillis, state.now)
  state.runs.add(run)
  row.runs = row.runs.length === 0 ? [run] : [...row.runs, run]
  run.previous = worker.last
  if (worker.last === undefined) worker.first = run
  else worker.last.next = run
  worker.last = run
  worker.runs++
  const share = worker.share(slots)
  run.earlier = share.last
  if (share.last !== undefined) share.last.later = run
  share.last = run
  share.runs++
  share.used += slots
  share.load += run.millis * slots
  share.dry = false
  keepOut(state, run)
  const resources = row.spec?.resources
  if (resources !== undefined) {
    for (const name in resources) worker.taken[name] = (worker.taken[name] ?? 0) + resources[name]!
  }
  refresh(state, worker)
  return run
}

/**
 * Takes an attempt out of the books: its end was said, or its worker is gone.
 *
 * @since 0.1.0
 * @category combinators
 */
export const close = (state: State, run: Run): void => {
  const { row, worker } = run
  if (run.suspended !== undefined) resume(state, run)
  if (run.started !== undefined) row.group.running--
  forgetThief(run)
  if (run.phase === "Orphan") forgetOrphan(state, run)
  if (run.asks) closed(state, run)
  letIn(run)
  state.runs.delete(run.attempt)
  row.runs = without(row.runs, run)
  if (run.previous === undefined) worker.first = run.next
  else run.previous.next = run.next
  if (run.next === undefined) worker.last = run.previous
  else run.next.previous = run.previous
  const share = worker.share(run.slots)
  if (run.earlier !== undefined) run.earlier.later = run.later
  if (run.later === undefined) share.last = run.earlier
  else run.later.earlier = run.earlier
  run.previous = run.next = undefined
  run.earlier = run.later = undefined
  worker.runs--
  share.runs--
  // Sums of fractions drift: an empty book is exactly empty.
  share.used = share.runs === 0 ? 0 : share.used - run.slots
  share.load = share.runs === 0 ? 0 : share.load - run.millis * run.slots
  const resources = row.spec?.resources
  if (resources !== undefined) {
    for (const name in resources) worker.taken[name] = worker.runs === 0 ? 0 : worker.taken[name]! - resources[name]!
  }
  move(state, worker, true)
  if (row.enders !== undefined || run.phase === "Loose") touch(state, row)
}

const none: ReadonlyArray<never> = []

/**
 * The attempts of a row without this one.
 *
 * @since 0.1.0
 * @category getters
 */
export const without = (runs: ReadonlyArray<Run>, run: Run): ReadonlyArray<Run> =>
  runs.length === 1 && runs[0] === run ? none : runs.filter((other) => other !== run)

/** It ended before any client claimed it. */
const forgetOrphan = (state: State, run: Run): void => {
  const rest = (state.orphans.get(run.row.key) ?? []).filter((other) => other !== run)
  if (rest.length === 0) state.orphans.delete(run.row.key)
  else state.orphans.set(run.row.key, rest)
}

/**
 * The recall of this attempt is over, whichever way.
 *
 * @since 0.1.0
 * @category combinators
 */
export const forgetThief = (run: Run): void => {
  if (run.thief === undefined) return
  const share = run.thief.share(run.slots)
  share.incoming = Math.max(0, share.incoming - run.slots)
  run.thief = undefined
}

/**
 * The attempt gives its slot away until it is resumed; its resources stay taken.
 *
 * @since 0.1.0
 * @category combinators
 */
export const suspend = (state: State, run: Run, awaits: ReadonlyArray<Row>): void => {
  const { worker } = run
  if (run.suspended !== undefined) resume(state, run)
  run.suspended = awaits
  worker.suspended++
  letIn(run)
  const share = worker.share(run.slots)
  share.used -= run.slots
  share.load -= run.millis * run.slots
  for (const row of awaits) await_(state, row, 1)
  bound(state, worker)
  move(state, worker, true)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const resume = (state: State, run: Run): void => {
  const awaits = run.suspended
  if (awaits === undefined) return
  const { worker } = run
  run.suspended = undefined
  state.early.delete(run)
  worker.suspended--
  keepOut(state, run)
  const share = worker.share(run.slots)
  share.used += run.slots
  share.load += run.millis * run.slots
  for (const row of awaits) await_(state, row, -1)
  bound(state, worker)
  move(state, worker, true)
}

const await_ = (state: State, row: Row, change: number): void => {
  row.awaited += change
  // Whether it is awaited decides its class: settle puts a queued row where it now belongs.
  if (row.state._tag === "Queued") touch(state, row)
}

/**
 * Lists the worker as bounded exactly while it is.
 *
 * @since 0.1.0
 * @category combinators
 */
export const bound = (state: State, worker: Worker): void => {
  if (isBounded(state, worker) && !worker.gone) state.bounded.add(worker)
  else state.bounded.delete(worker)
}

/**
 * Whether so many of its attempts are suspended that it takes only what they wait for.
 *
 * @since 0.1.0
 * @category guards
 */
export const isBounded = (state: State, worker: Worker): boolean =>
  worker.suspended > 0 && worker.suspended >= state.config.suspendedMax * worker.info.slots

/**
 * Brings the worker's place among the calm of its pool in line with its books: where work is given to next.
 *
 * @since 0.1.0
 * @category combinators
 */
export const refresh = (state: State, worker: Worker): void => {
  const { part, pool, whole } = worker
  // Bounded workers sort last: those with room for anything are found first. Before them come those short of memory, which
  // get something only where all are.
  const last = (isBounded(state, worker) ? 1e12 : 0) + (worker.memory?.paused === true ? 1e9 : 0)
  // A whole task may hold its thread: it goes where few fractions are, and they where a thread is left.
  whole.pressure = Saturation.pressure(whole, 1e-3 / (1 + part.used)) + last
  part.pressure = Saturation.pressure(part, whole.used < whole.slots - Saturation.epsilon ? 1 : 0) + last
  if (pool === undefined || !worker.open) return
  pool.whole.calm.update(whole.calm, whole.pressure)
  pool.part.calm.update(part.calm, part.pressure)
  if (worker.unranked || !(hasRank(whole) || hasRank(part))) return
  worker.unranked = true
  state.unranked.push(worker)
}

/** Among the busy, or to be. */
const hasRank = ({ busy, pressure }: Share): boolean => pressure > 0 || busy.place >= 0

/**
 * The same among the busy, for all whose place there may have changed. Once a batch is enough: only stealing asks.
 *
 * @since 0.1.0
 * @category combinators
 */
export const rank = (state: State): void => {
  for (let worker = state.unranked.shift(); worker !== undefined; worker = state.unranked.shift()) {
    worker.unranked = false
    rankOne(worker)
  }
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const rankOne = ({ open, part, pool, whole }: Worker): void => {
  if (pool === undefined || !open) return
  rankShare(pool.whole.busy, whole)
  rankShare(pool.part.busy, part)
}

/** Who has a slot free has nothing to be robbed of. */
const rankShare = (among: Ranks<Share>, share: Share): void => {
  if (share.pressure > 0) among.update(share.busy, -share.pressure)
  else among.delete(share.busy)
}

/**
 * Says `Ended` for each release whose work has all ended.
 *
 * @since 0.1.0
 * @category combinators
 */
export const answerEnders = (state: State, row: Row): void => {
  const enders = row.enders
  if (enders === undefined) return
  row.enders = undefined
  for (const ender of enders) {
    if (--ender.open > 0) continue
    const client = state.clients.get(ender.client)
    if (client !== undefined) toClient(state, client, { _tag: "Ended", key: ender.key, want: ender.want })
  }
}
