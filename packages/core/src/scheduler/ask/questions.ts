/**
 * Questions about the state that only read it.
 *
 * Owns the shapes of the answers. A question may look at everything; no step asks one.
 *
 * @since 0.1.0
 */
import type { Key, PeerId, WorkerId } from "../../Id.js"
import * as Journal from "../../Journal.js"
import type { ExecutorMemory, ProcessUse, WorkerInfo, WorkerMemory } from "../../Note.js"
import type { Group, Row, State } from "../rows/State.js"

/**
 * Who holds each key: its workers, its client, and `scheduler` for small values kept here.
 *
 * @since 0.1.0
 * @category getters
 */
export const whoHas = (
  state: State,
  keys: Iterable<Key> = state.rows.keys()
): Readonly<Record<Key, ReadonlyArray<PeerId>>> => {
  const out: Record<Key, ReadonlyArray<PeerId>> = {}
  for (const key of keys) {
    const s = state.rows.get(key)?.state
    if (s === undefined || s._tag !== "Stored") out[key] = []
    else {
      const ids = s.holders.map((holder) => holder.id)
      out[key] = s.inline === undefined ? ids : [...ids, "scheduler"]
    }
  }
  return out
}

/**
 * The keys each worker holds, or one worker's.
 *
 * @since 0.1.0
 * @category getters
 */
export const hasWhat = (state: State, worker?: WorkerId): Readonly<Record<WorkerId, ReadonlyArray<Key>>> => {
  const out: Record<WorkerId, ReadonlyArray<Key>> = {}
  for (const one of state.workers.values()) {
    if (worker === undefined || one.id === worker || one.info.name === worker) {
      out[one.id] = [...one.held].map((row) => row.key)
    }
  }
  return out
}

/**
 * Bytes of each stored value, counted once however many hold it.
 *
 * @since 0.1.0
 * @category getters
 */
export const nbytes = (state: State, keys: Iterable<Key> = state.rows.keys()): Readonly<Record<Key, number>> => {
  const out: Record<Key, number> = {}
  for (const key of keys) {
    const s = state.rows.get(key)?.state
    if (s !== undefined && s._tag === "Stored") out[key] = s.bytes
  }
  return out
}

/**
 * A worker as the scheduler sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerView {
  readonly id: WorkerId
  readonly info: WorkerInfo
  readonly health: "well" | "suspect" | "leaving"
  /** Milliseconds since it was last heard. */
  readonly silent: number
  /** Slots taken by attempts in its books. */
  readonly used: number
  /** Attempts in its books, and how many of them are known to run, wait suspended, or are ending. */
  readonly attempts: number
  readonly running: number
  readonly suspended: number
  readonly ending: number
  /** Expected milliseconds of work in its books. */
  readonly load: number
  readonly keys: number
  /** Bytes of values it is known to hold. */
  readonly heldBytes: number
  /** What it said of itself last. */
  readonly processBytes: number | undefined
  readonly use?: ProcessUse | undefined
  /** Of the values it holds in memory, those in memory that its executors share. */
  readonly sharedBytes?: number | undefined
  readonly busy: number | undefined
  /** What values take there, where their worker has a limit. */
  readonly memory: WorkerMemory | undefined
  /** What its executors said last of their heaps, where they say that. */
  readonly executors: ReadonlyArray<ExecutorMemory>
  readonly resources: Readonly<Record<string, { readonly total: number; readonly taken: number }>>
}

/**
 * All workers, in the order they joined.
 *
 * @since 0.1.0
 * @category getters
 */
export const workers = (state: State, now: number): ReadonlyArray<WorkerView> =>
  [...state.workers.values()].map((worker) => {
    let running = 0
    let ending = 0
    for (let run = worker.first; run !== undefined; run = run.next) {
      if (run.phase === "Ending") ending++
      else if (run.started !== undefined && run.suspended === undefined) running++
    }
    const resources: Record<string, { total: number; taken: number }> = {}
    for (const [name, total] of Object.entries(worker.info.resources)) {
      resources[name] = { total, taken: worker.taken[name] ?? 0 }
    }
    return {
      id: worker.id,
      info: worker.info,
      health: worker.suspect ? "suspect" : worker.retiring ? "leaving" : "well",
      silent: Math.max(0, now - worker.heard),
      used: worker.used,
      attempts: worker.runs,
      running,
      suspended: worker.suspended,
      ending,
      load: worker.load,
      keys: worker.held.size,
      heldBytes: worker.heldBytes,
      processBytes: worker.processBytes,
      use: worker.use,
      sharedBytes: worker.sharedBytes,
      busy: worker.busy,
      memory: worker.memory,
      executors: worker.heaps ?? [],
      resources
    }
  })

/**
 * How far one group has come. Rows that nobody wants and that are kept as lineage are not counted.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupProgress {
  readonly group: string
  readonly waiting: number
  readonly queued: number
  /** Given to a worker and not known to run. */
  readonly assigned: number
  readonly running: number
  readonly stored: number
  readonly failed: number
  /** Moving average of one task's milliseconds, once one has run. */
  readonly millis: number | undefined
}

/**
 * How far the groups have come (or just these keys), and the milliseconds expected for the rest on the workers that are
 * here; `undefined` without workers.
 *
 * @since 0.1.0
 * @category getters
 */
export const progress = (
  state: State,
  keys?: Iterable<Key>
): { readonly groups: ReadonlyArray<GroupProgress>; readonly left: number | undefined } => {
  const groups = keys === undefined
    ? [...state.groups.values()].filter((group) => group.rows > 0).map((group) => ofGroup(group))
    : ofKeys(state, keys)
  let work = 0
  for (const group of groups) {
    const open = group.waiting + group.queued + group.assigned + group.running
    work += open * (group.millis ?? state.config.unknownMillis)
  }
  return { groups, left: state.slots === 0 ? undefined : work / state.slots }
}

/**
 * How far one group has come, by counts that are kept.
 *
 * @since 0.1.0
 * @category getters
 */
export const ofGroup = (group: Group): GroupProgress => ({
  group: group.name,
  waiting: group.counts.Waiting,
  queued: group.counts.Queued,
  assigned: Math.max(0, group.counts.Assigned - group.running),
  running: Math.min(group.running, group.counts.Assigned),
  stored: group.counts.Stored,
  failed: group.counts.Failed,
  millis: group.millis
})

const ofKeys = (state: State, keys: Iterable<Key>): ReadonlyArray<GroupProgress> => {
  const found = new Map<Group, { -readonly [K in keyof GroupProgress]: GroupProgress[K] }>()
  for (const key of keys) {
    const row = state.rows.get(key)
    if (row === undefined) continue
    let into = found.get(row.group)
    if (into === undefined) {
      into = {
        group: row.group.name,
        waiting: 0,
        queued: 0,
        assigned: 0,
        running: 0,
        stored: 0,
        failed: 0,
        millis: row.group.millis
      }
      found.set(row.group, into)
    }
    into[column(row)]++
  }
  return [...found.values()]
}

const column = (row: Row): "waiting" | "queued" | "assigned" | "running" | "stored" | "failed" => {
  const s = row.state
  switch (s._tag) {
    case "Idle":
    case "Waiting":
      return "waiting"
    case "Queued":
      return "queued"
    case "Assigned":
      return s.run.started === undefined ? "assigned" : "running"
    case "Stored":
      return "stored"
    case "Failed":
      return "failed"
  }
}

/**
 * How much there is of everything: for metrics and tests that nothing is left.
 *
 * @since 0.1.0
 * @category getters
 */
export const counts = (state: State) => {
  const states = { Idle: 0, Waiting: 0, Queued: 0, Assigned: 0, Stored: 0, Failed: 0 }
  for (const group of state.groups.values()) {
    for (const tag of Object.keys(states) as Array<keyof typeof states>) states[tag] += group.counts[tag]
  }
  let shadows = 0
  for (const list of state.shadows.values()) shadows += list.length
  return {
    ...states,
    rows: state.rows.size + shadows,
    lineage: state.lineage.size,
    lineageBytes: state.lineage.bytes,
    attempts: state.runs.size,
    workers: state.workers.size,
    clients: state.clients.size,
    inlineBytes: state.inlineBytes,
    unclaimed: state.unclaimed.size + state.orphans.size
  }
}

/**
 * What the journal still has about a key, a worker or a client, oldest first.
 *
 * @since 0.1.0
 * @category getters
 */
export const story = (state: State, about: string): ReadonlyArray<Journal.Entry> => Journal.story(state.journal, about)

/**
 * Journal entries from a cursor on (0: all that is left), and the cursor to go on from.
 *
 * @since 0.1.0
 * @category getters
 */
export const readJournal = (
  state: State,
  cursor: number,
  limit?: number
): { readonly entries: ReadonlyArray<Journal.Entry>; readonly cursor: number; readonly missed: number } =>
  Journal.read(state.journal, cursor, limit)
