/**
 * Further copies of stored values: as many as were asked for, in place of those on workers that are to leave, and where
 * a rebalancing wants them.
 *
 * Owns `row.spread` and the asking of workers. It is level-triggered: each time a row is settled, what it lacks is asked
 * for, and every holder serves one copy at a time, so that copies spread as a tree. Holders are `become`'s.
 *
 * Invariants:
 *   R1. `carrying` of a row names workers that are here and know of it, and only while the row is Stored.
 *   R9. Of a worker that is to leave, `onlyHere` has the values that no worker that stays, and no client, holds.
 *   R2. A row in `uncopied` is Stored and lacks copies that no worker can be asked for.
 *
 * @since 0.1.0
 */
import type { Key, PeerId } from "../../Id.js"
import type { ValueHeld } from "../../Note.js"
import * as Rebalance from "../../policy/rebalance.js"
// house: a holder that comes or goes settles its row, and settling asks for copies
import { removeHolder } from "../books/become.js"
import { place } from "../books/classes.js"
import { distance } from "../rows/nearest.js"
import { enlist } from "../rows/several.js"
import {
  type Event,
  journal,
  type Peer,
  type Row,
  Spread,
  type State,
  type Stored,
  touch,
  toWorker,
  type Worker
} from "../rows/State.js"

const looked = 32

/** As many copies as there are workers, and that is asked for on each that joins. */
const everywhere = Number.MAX_SAFE_INTEGER

/**
 * Asks for the copies that the row lacks.
 *
 * @since 0.1.0
 * @category combinators
 */
export const spread = (state: State, row: Row, s: Stored): void => {
  if (state.retiring > 0) markOnly(row, s)
  // Data that is being scattered goes where its client said, first.
  if (row.copying !== undefined) return
  const need = lacking(row, s)
  if (need <= 0) {
    state.uncopied.delete(row)
    if (row.spread?.asked === 0 && row.spread.carrying.size === 0) row.spread = undefined
    return
  }
  const it = (row.spread ??= new Spread())
  let under = 0
  for (const { from } of it.carrying.values()) if (from === undefined) under++
  let worker: Worker | undefined
  while (under < need && (s.inline !== undefined || it.carrying.size < s.holders.length)) {
    worker = choose(state, row, s, it)
    if (worker === undefined) break
    ask(state, row, s, it, worker, undefined)
    under++
  }
  if (under === 0) {
    if (!state.uncopied.has(row)) journal(state, "copies lacking", row, undefined, need)
    state.uncopied.add(row)
  } else state.uncopied.delete(row)
}

/** How many copies are wanted beyond those on workers that stay. */
const lacking = (row: Row, s: Stored): number => {
  const asked = row.spread?.asked ?? 0
  let staying = 0
  let leaving = 0
  for (const holder of s.holders) {
    if (holder._tag === "Client") continue
    if (holder.retiring) leaving++
    else staying++
  }
  return Math.max(asked - staying, leaving > 0 && goesAlong(row, s) ? 1 : 0)
}

const markOnly = (row: Row, s: Stored): void => {
  const only = goesAlong(row, s)
  for (const holder of s.holders) {
    if (holder._tag === "Client" || !holder.retiring) continue
    if (only) holder.onlyHere.add(row)
    else holder.onlyHere.delete(row)
  }
}

/** Whether it goes with the workers that are to leave. */
const goesAlong = (row: Row, s: Stored): boolean => {
  if (s.inline !== undefined && row.spec !== undefined && !row.cut) return false
  return s.holders.every((holder) => holder._tag === "Worker" ? holder.retiring : holder.down !== undefined)
}

/** Where there is room, no copy on the same node, and the fewest bytes. */
const choose = (state: State, row: Row, s: Stored, it: Spread): Worker | undefined => {
  const { roster } = state
  const nodes = new Set<string>()
  for (const holder of s.holders) if (holder._tag === "Worker") nodes.add(holder.info.node)
  for (const worker of it.carrying.keys()) nodes.add(worker.info.node)
  let best: Worker | undefined
  let least: readonly [number, number] = [0, 0]
  let seen = 0
  for (let n = 0; n < roster.length && seen < looked; n++) {
    const worker = roster[(state.rosterAt + n) % roster.length]!
    if (!mayTake(state, row, s, it, worker)) continue
    seen++
    const rank = [
      (isFull(worker, s.bytes) ? 2 : 0) + (nodes.has(worker.info.node) ? 1 : 0),
      worker.heldBytes + worker.coming
    ] as const
    if (best !== undefined && (rank[0] > least[0] || (rank[0] === least[0] && rank[1] >= least[1]))) continue
    best = worker
    least = rank
  }
  if (seen === looked) state.rosterAt = (state.rosterAt + looked) % roster.length
  return best
}

const isNamed = ({ names }: Spread, { id, info }: Worker): boolean =>
  names === undefined || names.includes(id) || names.includes(info.name)

/**
 * Whether the worker can be asked for one more copy.
 *
 * @since 0.1.0
 * @category guards
 */
export const mayTake = (state: State, row: Row, s: Stored, it: Spread, worker: Worker): boolean =>
  worker.open && !it.carrying.has(worker) && !worker.held.has(row) &&
  isNamed(it, worker) &&
  (s.inline !== undefined || reaches(state, worker, s))

/**
 * Whether some holder is left that the worker did not fail to reach lately.
 *
 * @since 0.1.0
 * @category guards
 */
export const reaches = (state: State, worker: Worker, s: Stored): boolean => {
  const cut = worker.unreachable
  return cut === undefined ? s.holders.length > 0 : s.holders.some((one) => !((cut.get(one.id) ?? 0) > state.now))
}

/**
 * Whether so many more bytes would be too many, as far as the worker said.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFull = (worker: Worker, bytes: number): boolean => {
  const { memory } = worker
  return memory !== undefined && (memory.paused || memory.managed + worker.coming + bytes > memory.limit)
}

const ask = (
  state: State,
  row: Row,
  s: Stored,
  it: Spread,
  worker: Worker,
  from: Worker | undefined
): void => {
  journal(state, from === undefined ? "copy asked" : "move asked", row, worker, from?.id)
  const holders = sources(s.holders, it, worker)
  it.carrying.set(worker, { source: holders[0], from })
  worker.carrying.add(row)
  worker.coming += s.bytes
  toWorker(state, worker, {
    _tag: "FetchValue",
    key: row.key,
    value: s.value,
    digest: row.digest,
    bytes: s.bytes,
    holders,
    inline: s.inline,
    how: from === undefined && it.asked > 1 ? "replicated" : row.spec === undefined ? "scattered" : "copied"
  })
}

/** All holders: first those that serve no other copy, and of these the nearest. */
const sources = (holders: ReadonlyArray<Peer>, it: Spread, worker: Worker): ReadonlyArray<PeerId> => {
  const busy = new Set<PeerId | undefined>()
  for (const { source } of it.carrying.values()) busy.add(source)
  const rank = (one: Peer): number => (busy.has(one.id) ? 3 : 0) + distance(one, worker)
  return [...holders].sort((a, b) => rank(a) - rank(b)).map((one) => one.id)
}

const end = (row: Row, worker: Worker, bytes: number): void => {
  row.spread?.carrying.delete(worker)
  worker.carrying.delete(row)
  worker.coming = Math.max(0, worker.coming - bytes)
}

/**
 * The worker has its copy.
 *
 * @since 0.1.0
 * @category combinators
 */
export const carried = (state: State, row: Row, s: Stored, worker: Worker): void => {
  const it = row.spread
  if (it === undefined || !it.carrying.has(worker)) return
  const from = it.carrying.get(worker)?.from
  end(row, worker, s.bytes)
  journal(state, from === undefined ? "copied" : "moved", row, worker, from?.id)
  touch(state, row)
  if (from !== undefined) spare(state, row, s, from)
}

/**
 * After a recovery: copies that somebody had asked for are known by how they were made, and so many are asked for again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const recall = (state: State, row: Row, s: Stored, how: ValueHeld["how"]): void => {
  if (state.now >= state.unclaimedUntil || how === "copied") return
  if (how !== "replicated" && (row.spread?.asked ?? 0) === 0) return
  const it = (row.spread ??= new Spread())
  it.asked = Math.max(it.asked, s.holders.filter((one) => one._tag === "Worker").length)
}

/** The old copy goes, if nothing may be on its way to it and enough others stay. */
const spare = (state: State, row: Row, s: Stored, from: Worker): void => {
  const staying = s.holders.filter((one) => one._tag === "Worker" && one !== from && !one.retiring).length
  const needed = row.consumers > 0 || (row.spread !== undefined && row.spread.carrying.size > 0)
  if (needed || staying < Math.max(1, row.spread?.asked ?? 0) || !s.holders.includes(from)) return
  journal(state, "copy dropped", row, from)
  toWorker(state, from, { _tag: "DropValue", value: s.value })
  removeHolder(state, row, s, from)
}

/**
 * The worker will not have its copy, or its session is a new one: what is still lacking is asked for again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const uncarried = (state: State, row: Row, worker: Worker): void => {
  if (row.spread?.carrying.has(worker) !== true) return
  end(row, worker, row.state._tag === "Stored" ? row.state.bytes : 0)
  touch(state, row)
}

/** Its client serves it as long as anything needs it, and copies come and go with what is made from it. */
const isArgument = (row: Row): boolean => row.offer !== undefined && row.offer.scatter === undefined

/**
 * @since 0.1.0
 * @category combinators
 */
export const replicate = (state: State, event: Extract<Event, { readonly _tag: "Replicate" }>): void => {
  for (const key of event.keys) {
    const row = state.rows.get(key)
    if (row === undefined || row.state._tag === "Failed" || isArgument(row)) continue
    const it = (row.spread ??= new Spread())
    it.asked = Math.max(1, event.copies)
    it.names = event.workers
    if (row.state._tag === "Stored" && row.state.holders.length > 1) enlist(state, row)
    touch(state, row)
  }
}

const setRetiring = (state: State, worker: Worker, is: boolean): void => {
  worker.retiring = is
  state.retiring += is ? 1 : -1
  worker.onlyHere.clear()
  journal(state, is ? "retiring" : "stays", undefined, worker)
  place(state, worker)
  for (const row of worker.held) touch(state, row)
  if (!is) return
  for (const row of worker.carrying) uncarried(state, row, worker)
  for (const row of worker.copying) touch(state, row)
}

/**
 * The worker has said what it is: if it is leaving, what only it holds goes to others.
 *
 * @since 0.1.0
 * @category combinators
 */
export const leaving = (state: State, worker: Worker): void => {
  worker.released = false
  if (worker.info.leaving === true && !worker.retiring) setRetiring(state, worker, true)
}

/**
 * Workers that wait to leave and hold nothing that others lack are told that they may. All is settled.
 *
 * @since 0.1.0
 * @category combinators
 */
export const release = (state: State): void => {
  for (const worker of state.roster) {
    if (worker.info.leaving !== true || worker.released || worker.runs > 0 || worker.onlyHere.size > 0) continue
    // What was not claimed yet after a recovery may be wanted all the same.
    if (worker.unclaimed.size > 0) continue
    worker.released = true
    journal(state, "may leave", undefined, worker)
    toWorker(state, worker, { _tag: "MayLeave" })
  }
}

const named = (state: State, name: string): ReadonlyArray<Worker> =>
  state.roster.filter((worker) => worker.id === name || worker.info.name === name)

/**
 * @since 0.1.0
 * @category combinators
 */
export const retire = (state: State, event: Extract<Event, { readonly _tag: "Retire" }>): void => {
  for (const worker of named(state, event.worker)) {
    // One that leaves by itself does not stay.
    if (worker.retiring === !event.over || worker.info.leaving === true) continue
    setRetiring(state, worker, !event.over)
    if (event.over) continue
    for (let run = worker.last; run !== undefined; run = run.previous) {
      if (run.phase !== "Current" || run.started !== undefined || run.thief !== undefined) continue
      toWorker(state, worker, { _tag: "RecallTask", key: run.row.key, attempt: run.attempt })
    }
  }
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const rebalance = (state: State, event: Extract<Event, { readonly _tag: "Rebalance" }>): void => {
  const chosen = state.roster.filter((worker) =>
    worker.open &&
    (event.workers === undefined || event.workers.includes(worker.id) || event.workers.includes(worker.info.name))
  )
  const keys = event.keys === undefined ? undefined : new Set(event.keys)
  const at = new Map<Peer, number>(chosen.map((worker, n) => [worker, n]))
  const rows: Array<Row> = []
  const values: Array<Rebalance.Placed> = []
  for (const [on, worker] of chosen.entries()) {
    for (const row of worker.held) {
      if (row.state._tag !== "Stored" || (keys !== undefined && !keys.has(row.key)) || !isMovable(row)) continue
      rows.push(row)
      const holders = row.state.holders.map((holder) => at.get(holder)).filter((n) => n !== undefined)
      values.push({ bytes: row.state.bytes, on, holders })
    }
  }
  const { moves = Rebalance.plan } = state.config.policies
  for (const move of moves(chosen.map((worker) => worker.heldBytes + worker.coming), values)) {
    const row = rows[move.value]
    const to = chosen[move.to]
    const from = chosen[move.from]
    if (row?.state._tag !== "Stored" || to === undefined || from === undefined || !from.held.has(row)) continue
    const s = row.state
    const it = (row.spread ??= new Spread())
    // Of a value with several copies one moves at a time.
    if (it.carrying.size === 0 && mayTake(state, row, s, it, to)) ask(state, row, s, it, to, from)
    touch(state, row)
  }
}

const isMovable = (row: Row): boolean =>
  !isArgument(row) &&
  row.copying === undefined && row.offer?.scatter?.all !== true && row.offer?.scatter?.workers === undefined &&
  (row.spread === undefined || row.spread.carrying.size === 0)

/**
 * How far the copies of a key are.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopiesOf {
  readonly key: Key
  /** Workers that hold it and stay. */
  readonly workers: ReadonlyArray<PeerId>
  /**
   * `pending`: there is no value yet. `copying`: copies are on their way. `done`: there are as many as were asked for
   * (one on each worker that stays, where all were).
   * `short`: there are fewer, and no worker can take another. `failed`, `unknown`: there will be none.
   */
  readonly state: "pending" | "copying" | "done" | "short" | "failed" | "unknown"
}

/** It was asked for on all there are, and all that stay have it. */
const isEverywhere = ({ workers }: State, { spread }: Row, { holders }: Stored): boolean =>
  spread !== undefined && spread.asked >= everywhere &&
  [...workers.values()].every((worker) => worker.retiring || !isNamed(spread, worker) || holders.includes(worker))

/**
 * @since 0.1.0
 * @category getters
 */
export const copiesOf = (state: State, keys: ReadonlyArray<Key>): ReadonlyArray<CopiesOf> =>
  keys.map((key): CopiesOf => {
    const row = state.rows.get(key)
    if (row === undefined) return { key, workers: [], state: state.recovering === undefined ? "unknown" : "pending" }
    const s = row.state
    if (s._tag === "Failed") return { key, workers: [], state: "failed" }
    if (s._tag !== "Stored") return { key, workers: [], state: "pending" }
    const workers = s.holders.filter((one) => one._tag === "Worker" && !one.retiring).map((one) => one.id)
    const isDone = row.cutting === undefined &&
      (isArgument(row) || workers.length >= (row.spread?.asked ?? 1) || isEverywhere(state, row, s))
    const isStuck = row.cutting === undefined && (state.uncopied.has(row) || state.unscattered.has(row))
    return { key, workers, state: isDone ? "done" : isStuck ? "short" : "copying" }
  })

/**
 * @since 0.1.0
 * @category getters
 */
export const moving = (state: State): number => {
  const rows = new Set<Row>()
  for (const worker of state.roster) for (const row of worker.carrying) rows.add(row)
  return rows.size
}

/**
 * What still keeps a worker that is to leave: attempts that run there, values that are being copied, and values that no
 * other worker can take.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetiringOf {
  readonly known: boolean
  /** Whether it is to leave: somebody else may have had it stay meanwhile, and then it holds what others lack. */
  readonly retiring: boolean
  readonly attempts: number
  readonly copying: number
  readonly stuck: number
}

/**
 * @since 0.1.0
 * @category getters
 */
export const retiringOf = (state: State, name: string): RetiringOf => {
  const workers = named(state, name)
  let attempts = 0
  let copying = 0
  let stuck = 0
  for (const worker of workers) {
    attempts += worker.runs
    for (const row of worker.held) {
      if (row.state._tag !== "Stored" || !goesAlong(row, row.state)) continue
      if (state.uncopied.has(row)) stuck++
      else copying++
    }
  }
  const retiring = workers.every((worker) => worker.retiring)
  return { known: workers.length > 0 || state.recovering !== undefined, retiring, attempts, copying, stuck }
}
