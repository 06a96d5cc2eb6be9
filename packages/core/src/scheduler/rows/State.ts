/**
 * The whole of what the scheduler knows: the rows and peers of `shapes`, the indexes over them, and the empty state.
 *
 * @since 0.1.0
 */
import {
  type Attempt,
  type ClientId,
  type Incarnation,
  type Key,
  numberIn,
  numberOf,
  type PeerId,
  type ValueId,
  type WorkerId
} from "../../Id.js"
import { Table } from "../../internal/table.js"
import * as Journal from "../../Journal.js"
import type { ClientTold, FromClient, FromWorker, TaskSuspended, ToClient, ToWorker, WorkerTold } from "../../Note.js"
import { type Config, defaults } from "../config.js"
import { Heap } from "./heap.js"
import { Lineage } from "./lineage.js"
import { rowBefore } from "./rowShapes.js"
import type { Row, RowState } from "./rowShapes.js"
import type { Run } from "./runShape.js"
// house: the list of rows is part of the state, and is written by what is due
import { Several } from "./several.js"
import { Group } from "./shapes.js"
import type { Class, Client, Peer, Pool, Worker } from "./shapes.js"
// house: what was heard of activities is part of the state
import type { ActivityBatch, FailureSeen } from "./watched.js"
import { Worklist } from "./worklist.js"

export * from "../config.js"
export * from "./rowShapes.js"
export * from "./runShape.js"
export * from "./shapes.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Event =
  | { readonly _tag: "FromClient"; readonly client: ClientId; readonly note: FromClient }
  | { readonly _tag: "FromWorker"; readonly worker: WorkerId; readonly note: FromWorker }
  /** Proof of death: an exit, or the membership's word. `expected`: nobody is blamed. */
  | { readonly _tag: "PeerLost"; readonly peer: PeerId; readonly detail: string; readonly expected: boolean }
  /** No verdict: leases run. */
  | { readonly _tag: "LinkDown"; readonly peer: PeerId }
  /** The same session goes on: its lease is no longer running. */
  | { readonly _tag: "LinkUp"; readonly peer: PeerId }
  | { readonly _tag: "Restart"; readonly by: string }
  /** What is unfinished of these ends as cancelled, whoever wants it. */
  | { readonly _tag: "CancelAll"; readonly keys: ReadonlyArray<Key>; readonly by: string; readonly reason: string }
  /** So many workers are to hold each of these, from now on; `workers` by name or id, absent: any. */
  | {
    readonly _tag: "Replicate"
    readonly keys: ReadonlyArray<Key>
    readonly copies: number
    readonly workers: ReadonlyArray<string> | undefined
  }
  /** This worker, by name or id, gets nothing more, and what only it holds goes to others. `over`: it stays after all. */
  | { readonly _tag: "Retire"; readonly worker: string; readonly over: boolean }
  /** Values move to where there are fewer bytes, of these keys or all, between these workers or all. */
  | {
    readonly _tag: "Rebalance"
    readonly keys: ReadonlyArray<Key> | undefined
    readonly workers: ReadonlyArray<string> | undefined
  }
  /** What these are made from need not be remembered any more, once their values are kept twice. */
  | { readonly _tag: "Checkpoint"; readonly keys: ReadonlyArray<Key> }
  /** Somebody looks on. */
  | { readonly _tag: "Watched" }
  /** A node has changed how many workers it has, and why: it is written down. */
  | { readonly _tag: "Scaled"; readonly node: string; readonly detail: string }
  | { readonly _tag: "Tick" }

/**
 * All that one step says to a peer is one command, in its order; a peer that was forgotten may be spoken to anew.
 *
 * @since 0.1.0
 * @category models
 */
export type Command =
  | { readonly _tag: "ToClient"; readonly client: ClientId; readonly notes: ReadonlyArray<ToClient> }
  | { readonly _tag: "ToWorker"; readonly worker: WorkerId; readonly notes: ReadonlyArray<ToWorker> }
  /**
   * It has told, and what follows is said to one that has: what was said before goes nowhere in the session that begins with
   * this telling (the very note), which makes good all of it.
   */
  | { readonly _tag: "Begun"; readonly peer: PeerId; readonly told: WorkerTold | ClientTold }
  /** Its session is over: who still lives begins another one by telling. */
  | { readonly _tag: "Forget"; readonly peer: PeerId; readonly why: string }

/**
 * @since 0.1.0
 * @category models
 */
export type Due = { place: number } & Duty

/**
 * @since 0.1.0
 * @category models
 */
export type Duty =
  | { readonly at: number; readonly seq: number; readonly _tag: "Silence"; readonly worker: Worker }
  | { readonly at: number; readonly seq: number; readonly _tag: "Lease"; readonly client: Client }
  | { readonly at: number; readonly seq: number; readonly _tag: "Retry"; readonly row: Row }
  | { readonly at: number; readonly seq: number; readonly _tag: "Stuck"; readonly class: Class }
  | { readonly at: number; readonly seq: number; readonly _tag: "Apart"; readonly run: Run }
  | { readonly at: number; readonly seq: number; readonly _tag: "Recovered" }
  | { readonly at: number; readonly seq: number; readonly _tag: "Unclaimed" }
  | { readonly at: number; readonly seq: number; readonly _tag: "Reachable"; readonly worker: Worker }
  | { readonly at: number; readonly seq: number; readonly _tag: "Copies" }
  | { readonly at: number; readonly seq: number; readonly _tag: "Unwatched" }

/**
 * Rows that were made from the oldest lineage, as far as they were looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Search {
  readonly oldest: Row
  readonly seen: Set<Row>
  readonly open: Array<Row>
  found: number
}

/**
 * What was told while not everybody had.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recovering {
  readonly until: number
  readonly expect: Set<PeerId>
  /** The newest telling of each peer and what it said since, in the order heard. */
  readonly told: Map<PeerId, Array<Event>>
  readonly others: Array<Event>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly incarnation: Incarnation
  readonly config: Config
  readonly journal: Journal.Journal
  /** What workers said that they did, for lookers-on; `until`: somebody looks till then. */
  readonly activities: {
    readonly batches: Array<ActivityBatch>
    next: number
    kept: number
    until: number | undefined
  }
  /** What failed of late for a reason of its own, newest last, and the number of the next. */
  readonly failures: { readonly late: Array<FailureSeen>; next: number }
  /** When this life began (milliseconds since the epoch), and how many attempts have since ended with a value, or failed. */
  readonly life: { began: number | undefined; computed: number; failed: number }
  readonly rows: Table<Key, Row>
  /** Rows whose key now names other work, kept for those that were made from them. */
  readonly shadows: Map<Key, Array<Row>>
  /** All attempts in the books. */
  readonly runs: Table<Attempt, Run>
  readonly workers: Map<WorkerId, Worker>
  readonly clients: Map<ClientId, Client>
  /** All workers, and where scattering looks next: data is spread by looking at a few at a time. */
  readonly roster: Array<Worker>
  rosterAt: number
  readonly groups: Map<string, Group>
  /** The group asked for last: the next one is nearly always the same. */
  lastGroup: Group | undefined
  readonly pools: Map<string, Pool>
  readonly plain: Map<string, Array<Class>>
  readonly specials: Map<string, Class>
  /** Classes with something queued that may be placed, by their first row. */
  readonly ready: Heap<Class>
  readonly due: Heap<Due>
  /** Unwanted rows that others name and no client does, oldest first. */
  readonly lineage: Lineage
  /** Rows that are being kept because the budget of lineage cuts what is behind them. */
  readonly anchors: Set<Row>
  /** The search for what was made from the oldest lineage, where a step was too short for it. */
  search: Search | undefined
  /** Offered rows that wait for a worker to be copied to. */
  readonly unscattered: Set<Row>
  /** Rows that lack copies no worker can be asked for now. */
  readonly uncopied: Set<Row>
  /** Rows with several holders. */
  readonly several: Several
  /** How many workers are to leave. */
  retiring: number
  /** Workers with so many suspended attempts that they take only what those wait for. */
  readonly bounded: Set<Worker>
  /** Suspended attempts that wait for what their client was not yet heard to want. */
  readonly early: Map<Run, TaskSuspended>
  readonly unclaimed: Map<Key, Array<{ readonly worker: Worker; readonly note: import("../../Note.js").ValueHeld }>>
  readonly orphans: Map<Key, Array<Run>>
  /** Attempts that ask whether they may begin, and the clients that have still to hear of it. */
  readonly asking: Map<Run, Set<Client>>
  /** Rows older than this were there when a scheduler went, maybe by one of them. */
  warySeq: number
  /** While a recovery is replayed: what was about to begin, for all that clients heard. */
  readonly begins: Map<Attempt, Row>
  /** Until when values and attempts nobody wants are kept for clients that may yet tell. */
  unclaimedUntil: number
  /** While a recovery is replayed: the value and the attempt to keep, by key and digest. */
  preferred: { readonly values: Map<string, ValueId>; readonly attempts: Map<string, Attempt> } | undefined
  recovering: Recovering | undefined
  /** Events, recorded up to `inboxAt`: a step may be cut. */
  inbox: ReadonlyArray<Event>
  inboxAt: number
  readonly dirty: Worklist<Row>
  readonly moved: Worklist<Worker>
  /** Workers whose place among the busy is to be found anew before anybody steals. */
  readonly unranked: Worklist<Worker>
  out: Array<Command>
  /** Who was said something in this step. */
  readonly addressed: Worklist<Peer>
  now: number
  /** Silence before this moment is not counted: the scheduler itself was stalled. */
  deaf: number
  attempts: number
  seq: number
  generation: number
  submitted: number
  inlineBytes: number
  bandwidth: number
  /** Since when some worker has been there to stay, if one is. */
  manned: number | undefined
  /** Workers that could not reach some holder lately. */
  unreachable: number
  /** Slots in all open workers, and how many workers there are that are not suspect. */
  slots: number
  /** Rows the current step has settled or placed. */
  spent: number
  /** Something may be placed or stolen that was not yet tried. */
  unplanned: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface MakeOptions {
  readonly incarnation: Incarnation
  readonly config?: Partial<Config> | undefined
  readonly recovering?: { readonly until: number; readonly expect: ReadonlyArray<PeerId> } | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type TellingJob = WorkerTold["jobs"][number]

const classBefore = (a: Class, b: Class): boolean => {
  const x = a.queue.peek()
  const y = b.queue.peek()
  if (x === undefined || y === undefined) return x !== undefined
  return rowBefore(x, y)
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: MakeOptions): State => {
  const config: Config = { ...defaults, ...options.config }
  const state: State = {
    incarnation: options.incarnation,
    config,
    journal: Journal.make(config.journal),
    activities: { batches: [], next: 0, kept: 0, until: undefined },
    failures: { late: [], next: 0 },
    life: { began: undefined, computed: 0, failed: 0 },
    rows: new Table(numberIn, (row: Row) => row.key, undefined, (row) => row.number),
    shadows: new Map(),
    runs: new Table(numberOf, (run) => run.attempt),
    workers: new Map(),
    clients: new Map(),
    roster: [],
    rosterAt: 0,
    groups: new Map(),
    lastGroup: undefined,
    pools: new Map(),
    plain: new Map(),
    specials: new Map(),
    ready: new Heap(classBefore),
    due: new Heap((a, b) => a.at < b.at || (a.at === b.at && a.seq < b.seq)),
    lineage: new Lineage(),
    anchors: new Set(),
    search: undefined,
    unscattered: new Set(),
    uncopied: new Set(),
    several: new Several(),
    retiring: 0,
    bounded: new Set(),
    early: new Map(),
    unclaimed: new Map(),
    orphans: new Map(),
    asking: new Map(),
    warySeq: 0,
    begins: new Map(),
    unclaimedUntil: 0,
    preferred: undefined,
    recovering: undefined,
    inbox: [],
    inboxAt: 0,
    dirty: new Worklist(),
    moved: new Worklist(),
    unranked: new Worklist(),
    out: [],
    addressed: new Worklist(),
    now: 0,
    deaf: 0,
    attempts: 0,
    seq: 0,
    generation: 0,
    submitted: Number.NEGATIVE_INFINITY,
    inlineBytes: 0,
    bandwidth: config.bandwidth,
    manned: undefined,
    unreachable: 0,
    slots: 0,
    spent: 0,
    unplanned: false
  }
  if (options.recovering !== undefined) {
    const { expect, until } = options.recovering
    state.recovering = { until, expect: new Set(expect), told: new Map(), others: [] }
    state.due.push({ place: -1, _tag: "Recovered", at: until, seq: state.seq++ })
  }
  return state
}

/**
 * Whether the row is on its way to a value: it holds its inputs.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (state: RowState): boolean =>
  state._tag === "Waiting" || state._tag === "Queued" || state._tag === "Assigned"

/**
 * Whether anybody or anything wants the row's value now. What cannot be made again is wanted while anything names it.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWanted = (row: Row): boolean =>
  isWantedByClients(row) || row.keep || row.consumers > 0 || row.fresh ||
  (row.dependents !== undefined && row.dependents.size > 0 && isRoot(row))

/**
 * Whether what names it can be made again only as long as its value is here: it was brought, or its lineage was cut, or
 * is about to be.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRoot = (row: Row): boolean => {
  switch (row.state._tag) {
    case "Stored":
      return row.spec === undefined || row.cut || row.cutting !== undefined
    case "Waiting":
      return row.spec === undefined || row.cut
    default:
      return false
  }
}

const isWantedByClients = (row: Row): boolean => {
  for (let want = row.firstWant; want !== undefined; want = want.next) if (!want.over) return true
  return false
}

/**
 * Queues the row to be settled.
 *
 * @since 0.1.0
 * @category combinators
 */
export const touch = (state: State, row: Row): void => {
  if (row.dirty) return
  row.dirty = true
  state.dirty.push(row)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const toClient = (state: State, client: Client, note: ToClient): void => {
  if (client.gone) return
  if (client.mail !== undefined) client.mail.push(note)
  else {
    client.mail = [note]
    state.addressed.push(client)
    state.out.push({ _tag: "ToClient", client: client.id, notes: client.mail })
  }
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const toWorker = (state: State, worker: Worker, note: ToWorker): void => {
  if (worker.gone) return
  if (worker.mail !== undefined) worker.mail.push(note)
  else {
    worker.mail = [note]
    state.addressed.push(worker)
    state.out.push({ _tag: "ToWorker", worker: worker.id, notes: worker.mail })
  }
}

/**
 * A session begins with this telling: see `Command`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const begun = (state: State, peer: Peer, told: WorkerTold | ClientTold): void => {
  peer.mail = undefined
  state.out.push({ _tag: "Begun", peer: peer.id, told })
}

/**
 * What this step has said is handed over.
 *
 * @since 0.1.0
 * @category combinators
 */
export const posted = (state: State): Array<Command> => {
  for (let peer = state.addressed.shift(); peer !== undefined; peer = state.addressed.shift()) peer.mail = undefined
  return state.out
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const journal = (
  state: State,
  what: string,
  row: Row | undefined,
  peer: Peer | undefined,
  detail?: string | number,
  millis?: number
): void => Journal.write(state.journal, state.now, what, row?.key, peer?.id, detail, millis)

/**
 * @since 0.1.0
 * @category combinators
 */
export const groupOf = (state: State, name: string): Group => {
  if (state.lastGroup?.name === name) return state.lastGroup
  let group = state.groups.get(name)
  if (group === undefined) {
    group = new Group(name)
    state.groups.set(name, group)
  }
  state.lastGroup = group
  return group
}
