/**
 * What the scheduler knows: rows, attempts, peers, and the indexes over them.
 *
 * Owns the shapes and the empty state. Who may write what: `become` alone writes `row.state`; `books` alone writes what
 * a worker is busy with; `peers` who is there. Everything is mutated in place, for speed, and by `step` alone.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import type { Attempt, ClientId, Incarnation, Key, PeerId, ValueId, WorkerId } from "../Id.js"
import * as Journal from "../Journal.js"
import type { FromClient, FromWorker, Offer, ToClient, ToWorker, WorkerInfo, WorkerTold } from "../Note.js"
import type { Payload } from "../Payload.js"
import type { Spec } from "../Spec.js"
import { Heap } from "./heap.js"

/**
 * All times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Config {
  /** How much expected work a slot is given ahead of what it runs. Default 20. */
  readonly aheadMillis: number
  /** How many whole-slot tasks a slot is given ahead at most. Default 64. */
  readonly aheadMax: number
  /** What a task of an unknown group is believed to take. Default 100. */
  readonly unknownMillis: number
  /** What any transfer costs before its first byte. Default 1. */
  readonly latencyMillis: number
  /** Bytes per millisecond until transfers were measured. Default 100,000. */
  readonly bandwidth: number
  /** What stealing a task must gain at least. Default 5. */
  readonly stealMargin: number
  /** Deaths of workers under one running task that it survives. Default 3. */
  readonly deathsMax: number
  /** Silence after which a worker is suspect. Default 5,000. */
  readonly suspectAfter: number
  /** Silence after which a worker is dead. Default 300,000. */
  readonly deadAfter: number
  /** How long a client without a link keeps what it wants. Default 60,000. */
  readonly clientLease: number
  /** How late a step may be before it proves that the scheduler itself was stalled. Default 1,000. */
  readonly stallAfter: number
  /** How long a runnable task waits for a worker that knows it. Default 10,000. */
  readonly unknownTaskGrace: number
  /** How long a runnable task waits for a worker that may and can run it. Default 30,000. */
  readonly unrunnableGrace: number
  /** How long a pair that could not reach each other is not tried again. Default 30,000. */
  readonly unreachableMillis: number
  /** Suspended attempts per slot above which a worker takes only what they wait for. Default 32. */
  readonly suspendedMax: number
  /** Bytes of small values kept here. Default 64 MiB. */
  readonly inlineBudget: number
  /** Rows kept only so that others can be computed again. Default 1,000,000. */
  readonly lineageMax: number
  /** Rows one step settles or places before it asks to be stepped again. Default 10,000. */
  readonly stepBudget: number
  /** Entries of the journal. Default 20,000. */
  readonly journal: number
}

/**
 * @since 0.1.0
 * @category constants
 */
export const defaults: Config = {
  aheadMillis: 20,
  aheadMax: 64,
  unknownMillis: 100,
  latencyMillis: 1,
  bandwidth: 100_000,
  stealMargin: 5,
  deathsMax: 3,
  suspectAfter: 5_000,
  deadAfter: 300_000,
  clientLease: 60_000,
  stallAfter: 1_000,
  unknownTaskGrace: 10_000,
  unrunnableGrace: 30_000,
  unreachableMillis: 30_000,
  suspendedMax: 32,
  inlineBudget: 64 * 1024 * 1024,
  lineageMax: 1_000_000,
  stepBudget: 10_000,
  journal: 20_000
}

/**
 * @since 0.1.0
 * @category models
 */
export type Order = readonly [priority: number, generation: number, order: number]

/**
 * Where a row is, with what only holds there.
 *
 * @since 0.1.0
 * @category models
 */
export type RowState =
  | { readonly _tag: "Idle" }
  /** `row.missing` inputs are not stored, or a retry is not due before `notBefore`. */
  | { readonly _tag: "Waiting"; readonly notBefore: number | undefined }
  | { readonly _tag: "Queued"; readonly class: Class; readonly since: number }
  /** `ahead`: inputs that attempts on this same worker have yet to make. */
  | { readonly _tag: "Assigned"; readonly run: Run; readonly ahead: Array<Row> }
  | Stored
  | { readonly _tag: "Failed"; readonly failure: Failure }

/**
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly _tag: "Stored"
  readonly value: ValueId
  readonly attempt: Attempt | undefined
  readonly bytes: number
  readonly type: string
  /** Kept here: the scheduler is one more holder. */
  readonly inline: Payload | undefined
  readonly holders: Array<Peer>
  /** Who could not fetch it from whom, once for each try. */
  reports: Array<{ readonly holder: Peer; readonly reader: PeerId }> | undefined
}

/**
 * @since 0.1.0
 * @category constants
 */
export const idle: RowState = { _tag: "Idle" }

/**
 * @since 0.1.0
 * @category constants
 */
export const waiting: RowState = { _tag: "Waiting", notBefore: undefined }

/**
 * A client's want of a row.
 *
 * @since 0.1.0
 * @category models
 */
export interface WantOf {
  readonly client: Client
  readonly want: number
  /** What it was told last: the value, `true` for a failure (the last word), or nothing. */
  told: ValueId | true | undefined
}

/**
 * Somebody waits until all that only one want kept going has ended. `open` rows have yet to end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ender {
  readonly client: ClientId
  readonly key: Key
  readonly want: number
  open: number
}

const none: ReadonlyArray<never> = []

/**
 * One piece of work, wanted or remembered.
 *
 * @since 0.1.0
 * @category models
 */
export class Row {
  state: RowState = idle
  inputs: ReadonlyArray<Row> = none
  /** Rows that name this one as an input, whatever their state. */
  dependents: Set<Row> | undefined = undefined
  wants: Array<WantOf> = []
  /** Wanted by the cluster itself, until done. */
  keep = false
  /** Dependents that are unfinished. */
  consumers = 0
  /** Inputs that are not stored. */
  missing = 0
  /** Rows assigned ahead of this one, to the worker that makes it. */
  countedOn: Set<Row> | undefined = undefined
  /** The attempts of this row that are in some worker's books. */
  runs: Array<Run> = []
  failures = 0
  unfetchable = 0
  /** How often it was asked back from a worker. */
  recalls = 0
  deaths: ReadonlyArray<string> = none
  /** The input whose failure dooms this row, noted when it fails. */
  blame: Row | undefined = undefined
  /** Suspended attempts that (through others) wait for this row. */
  awaited = 0
  /** An offer not yet named by anything: not forgotten before it is. */
  fresh = false
  /** It cannot be made again: its lineage was cut. */
  cut = false
  /** Workers asked for a copy of scattered data. */
  copying: Set<Worker> | undefined = undefined
  /** All copies asked for were made. */
  scattered = false
  /** Workers that could not make their copy. */
  refusedBy: Set<Worker> | undefined = undefined
  enders: Array<Ender> | undefined = undefined
  dirty = false
  /** Its place in the queue of its class. */
  place = -1
  /** Not, or no longer, in `state.rows`. */
  gone = false

  constructor(
    readonly key: Key,
    readonly digest: string,
    readonly seq: number,
    readonly order: Order,
    readonly group: Group,
    public spec: Spec | undefined,
    public offer: Offer | undefined
  ) {}
}

/**
 * One attempt, in the books of its worker from the order to run until its one end.
 *
 * `Current`: its row is Assigned to it. `Loose`: its worker is suspect and the row may be tried elsewhere; whoever is
 * first wins. `Ending`: cancelled or withdrawn; nothing but its end is awaited. `Orphan`: told of by its worker, and no
 * client has claimed it yet.
 *
 * @since 0.1.0
 * @category models
 */
export class Run {
  phase: "Current" | "Loose" | "Ending" | "Orphan" = "Current"
  /** When it began to run, if that was said. */
  started: number | undefined = undefined
  /** What it waits for, its slot given away. */
  suspended: ReadonlyArray<Row> | undefined = undefined
  /** The worker that asked for it back. */
  thief: Worker | undefined = undefined
  /** It has refused to come back. */
  refused = false
  previous: Run | undefined = undefined
  next: Run | undefined = undefined
  constructor(
    readonly attempt: Attempt,
    public row: Row,
    readonly worker: Worker,
    readonly slots: number,
    /** Expected milliseconds it was booked with. */
    readonly millis: number,
    readonly at: number
  ) {}
}

/**
 * What people call a set of tasks: counted and timed together.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly name: string
  /** Moving average of how long it runs, once one has. */
  millis: number | undefined
  rows: number
  running: number
  readonly counts: { Idle: number; Waiting: number; Queued: number; Assigned: number; Stored: number; Failed: number }
}

/**
 * Queued rows that the same workers may run.
 *
 * @since 0.1.0
 * @category models
 */
export class Class {
  place = -1
  readonly queue = new Heap<"place", Row>("place", rowBefore)
  /** Of a plain class: pools whose workers know the task. */
  readonly pools: Array<Pool> = []
  /** Of a special class: who may and could run it. */
  readonly eligible = new Set<Worker>()
  /** Of a special class: those of them believed to have room. */
  readonly roomy = new Set<Worker>()
  blocked = false
  /** When it was found that nobody may or could run it. */
  stuck = false
  constructor(
    readonly id: string,
    readonly task: string,
    readonly slots: number,
    readonly urgent: boolean,
    readonly special: boolean,
    readonly names: ReadonlyArray<string> | undefined,
    readonly soft: boolean,
    readonly resources: Readonly<Record<string, number>> | undefined
  ) {}
}

/**
 * Workers that know the same tasks.
 *
 * @since 0.1.0
 * @category models
 */
export class Pool {
  readonly calm = new Heap<"calmPlace", Worker>(
    "calmPlace",
    (a, b) => a.pressure < b.pressure || (a.pressure === b.pressure && a.seq < b.seq)
  )
  readonly busy = new Heap<"busyPlace", Worker>(
    "busyPlace",
    (a, b) => a.pressure > b.pressure || (a.pressure === b.pressure && a.seq < b.seq)
  )
  readonly workers = new Set<Worker>()
  readonly classes = new Set<Class>()
  constructor(readonly id: string, readonly tasks: ReadonlySet<string>) {}
}

/**
 * @since 0.1.0
 * @category models
 */
export class Worker {
  readonly _tag = "Worker"
  calmPlace = -1
  busyPlace = -1
  /** Attempts in its books, oldest first. */
  first: Run | undefined = undefined
  last: Run | undefined = undefined
  runs = 0
  used = 0
  load = 0
  suspended = 0
  readonly taken: Record<string, number> = {}
  /** Rows whose value it holds. */
  readonly held = new Set<Row>()
  heldBytes = 0
  /** Values it told of that no row claims yet. */
  readonly unclaimed = new Set<Key>()
  /** Rows it was asked for copies of. */
  readonly copying = new Set<Row>()
  /** Bytes of scattered data it was asked to copy. */
  coming = 0
  /** Slots' worth of work that was recalled for it. */
  incoming = 0
  heard: number
  suspect = false
  /** In the indexes: it can be given work. */
  open = false
  /** The slots counted in `state.slots`. */
  bookedSlots = 0
  pool: Pool | undefined = undefined
  /** Special classes it is eligible for. */
  readonly classes = new Set<Class>()
  pressure = -1
  moved = false
  gained = false
  /** It told of more than it should have been given, in an earlier life. */
  overdrawn = false
  /** Nothing in its books can be stolen, until something is added. */
  dry = false
  processBytes: number | undefined = undefined
  busy: number | undefined = undefined
  reportedBytes = 0
  /** Holders it could not reach, until when. */
  unreachable: Map<PeerId, number> | undefined = undefined
  gone = false
  constructor(readonly id: WorkerId, readonly seq: number, public info: WorkerInfo, now: number) {
    this.heard = now
  }
  get slots(): number {
    return this.info.slots
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Client {
  readonly _tag = "Client"
  readonly wanted = new Set<Row>()
  readonly held = new Set<Row>()
  name = ""
  /** Since when its link is down. */
  down: number | undefined = undefined
  /** Keys whose work this client could not submit: until it releases them, what it says of them means that work. */
  refused: Map<Key, Failure> | undefined = undefined
  /** The worker whose attempt submitted through it, if one did. */
  home: Worker | undefined = undefined
  gone = false
  constructor(readonly id: ClientId, readonly seq: number) {}
}

/**
 * @since 0.1.0
 * @category models
 */
export type Peer = Worker | Client

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
  | { readonly _tag: "Tick" }

/**
 * @since 0.1.0
 * @category models
 */
export type Command =
  | { readonly _tag: "ToClient"; readonly client: ClientId; readonly note: ToClient }
  | { readonly _tag: "ToWorker"; readonly worker: WorkerId; readonly note: ToWorker }
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
  | { readonly at: number; readonly seq: number; readonly _tag: "Recovered" }
  | { readonly at: number; readonly seq: number; readonly _tag: "Unclaimed" }
  | { readonly at: number; readonly seq: number; readonly _tag: "Reachable"; readonly worker: Worker }

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
  readonly rows: Map<Key, Row>
  /** Rows whose key now names other work, kept for those that were made from them. */
  readonly shadows: Map<Key, Array<Row>>
  readonly runs: Map<Attempt, Run>
  readonly workers: Map<WorkerId, Worker>
  readonly clients: Map<ClientId, Client>
  /** All workers, and where scattering looks next: data is spread by looking at a few at a time. */
  readonly roster: Array<Worker>
  rosterAt: number
  readonly groups: Map<string, Group>
  readonly pools: Map<string, Pool>
  readonly plain: Map<string, Array<Class>>
  readonly specials: Map<string, Class>
  /** Classes with something queued that may be placed, by their first row. */
  readonly ready: Heap<"place", Class>
  readonly due: Heap<"place", Due>
  /** Unwanted rows that others name, oldest first. */
  readonly lineage: Set<Row>
  /** Offered rows that wait for a worker to be copied to. */
  readonly unscattered: Set<Row>
  /** Workers with so many suspended attempts that they take only what those wait for. */
  readonly bounded: Set<Worker>
  readonly unclaimed: Map<Key, Array<{ readonly worker: Worker; readonly note: import("../Note.js").ValueHeld }>>
  readonly orphans: Map<Key, Array<Run>>
  /** Until when values and attempts nobody wants are kept for clients that may yet tell. */
  unclaimedUntil: number
  /** While a recovery is replayed: the value and the attempt to keep, by key and digest. */
  preferred: { readonly values: Map<string, ValueId>; readonly attempts: Map<string, Attempt> } | undefined
  recovering: Recovering | undefined
  /** Events not yet recorded: a step was cut. */
  readonly inbox: Array<Event>
  inboxAt: number
  readonly dirty: Array<Row>
  dirtyAt: number
  readonly moved: Array<Worker>
  out: Array<Command>
  now: number
  /** Silence before this moment is not counted: the scheduler itself was stalled. */
  deaf: number
  attempts: number
  seq: number
  generation: number
  submitted: number
  inlineBytes: number
  bandwidth: number
  /** Since when there has been a worker at all. */
  manned: number
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

/**
 * Which of two rows runs first: by priority, generation, order, and then age.
 *
 * @since 0.1.0
 * @category getters
 */
export function rowBefore(a: Row, b: Row): boolean {
  const x = a.order
  const y = b.order
  if (x[0] !== y[0]) return x[0] < y[0]
  if (x[1] !== y[1]) return x[1] < y[1]
  if (x[2] !== y[2]) return x[2] < y[2]
  return a.seq < b.seq
}

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
    rows: new Map(),
    shadows: new Map(),
    runs: new Map(),
    workers: new Map(),
    clients: new Map(),
    roster: [],
    rosterAt: 0,
    groups: new Map(),
    pools: new Map(),
    plain: new Map(),
    specials: new Map(),
    ready: new Heap("place", classBefore),
    due: new Heap("place", (a, b) => a.at < b.at || (a.at === b.at && a.seq < b.seq)),
    lineage: new Set(),
    unscattered: new Set(),
    bounded: new Set(),
    unclaimed: new Map(),
    orphans: new Map(),
    unclaimedUntil: 0,
    preferred: undefined,
    recovering: undefined,
    inbox: [],
    inboxAt: 0,
    dirty: [],
    dirtyAt: 0,
    moved: [],
    out: [],
    now: 0,
    deaf: 0,
    attempts: 0,
    seq: 0,
    generation: 0,
    submitted: Number.NEGATIVE_INFINITY,
    inlineBytes: 0,
    bandwidth: config.bandwidth,
    manned: 0,
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
  row.wants.length > 0 || row.keep || row.consumers > 0 || row.fresh ||
  (row.spec === undefined && (row.state._tag === "Stored" || row.state._tag === "Waiting") &&
    row.dependents !== undefined && row.dependents.size > 0)

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
  if (!client.gone) state.out.push({ _tag: "ToClient", client: client.id, note })
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const toWorker = (state: State, worker: Worker, note: ToWorker): void => {
  if (!worker.gone) state.out.push({ _tag: "ToWorker", worker: worker.id, note })
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
  detail?: string | number
): void => Journal.write(state.journal, state.now, what, row?.key, peer?.id, detail)

/**
 * @since 0.1.0
 * @category combinators
 */
export const groupOf = (state: State, name: string): Group => {
  let group = state.groups.get(name)
  if (group === undefined) {
    const counts = { Idle: 0, Waiting: 0, Queued: 0, Assigned: 0, Stored: 0, Failed: 0 }
    group = { name, millis: undefined, rows: 0, running: 0, counts }
    state.groups.set(name, group)
  }
  return group
}
