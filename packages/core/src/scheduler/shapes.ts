/**
 * The shapes of what the scheduler knows: rows, attempts, groups, classes, pools and peers. Who may write what: `become`
 * alone writes `row.state`; `books` alone writes what a worker is busy with; `peers` who is there. Everything is mutated
 * in place, for speed, and by `step` alone.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import type { Attempt, ClientId, Key, PeerId, ValueId, WorkerId } from "../Id.js"
import type { Offer, ToClient, ToWorker, WorkerInfo } from "../Note.js"
import type { Payload } from "../Payload.js"
import * as Saturation from "../policy/saturation.js"
import type { Spec } from "../Spec.js"
import type { Few } from "./few.js"
import { Held } from "./held.js"
import { Queue } from "./queue.js"
import { Rank, Ranks } from "./ranks.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Order = readonly [priority: number, generation: number, order: number]

/**
 * Where a row is, with what only holds there. Idle, Waiting and Failed have the same fields: an engine looks up what it
 * has seen in at most four shapes fast, and there are four.
 *
 * @since 0.1.0
 * @category models
 */
export type RowState =
  | { readonly _tag: "Idle"; readonly notBefore: undefined; readonly failure: undefined }
  /** `row.missing` inputs are not stored, or a retry is not due before `notBefore`. */
  | { readonly _tag: "Waiting"; readonly notBefore: number | undefined; readonly failure: undefined }
  | Queued
  | Assigned
  | Stored
  | { readonly _tag: "Failed"; readonly notBefore: undefined; readonly failure: Failure }

/**
 * Of an assigned row this is its attempt itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Assigned {
  readonly _tag: "Assigned"
  readonly run: Run
  /** Inputs that attempts on this same worker have yet to make. */
  readonly ahead: Array<Row>
}

/**
 * The same for all rows of a class that are queued at one time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Queued {
  readonly _tag: "Queued"
  readonly class: Class
  readonly since: number
}

/**
 * @since 0.1.0
 * @category models
 */
export class Stored {
  readonly _tag = "Stored"
  holders: ReadonlyArray<Peer>
  /** Who could not fetch it from whom, once for each try. */
  reports: Array<{ readonly holder: Peer; readonly reader: PeerId }> | undefined = undefined
  /** The holder in whose list it stands, and its neighbours there: see `Held`. */
  home: Held | undefined = undefined
  before: Stored | undefined = undefined
  after: Stored | undefined = undefined
  constructor(
    readonly row: Row,
    readonly value: ValueId,
    readonly attempt: Attempt | undefined,
    readonly bytes: number,
    readonly type: string,
    /** Kept here: the scheduler is one more holder. */
    readonly inline: Payload | undefined,
    holder: Peer
  ) {
    this.holders = holder.alone
  }
}

/**
 * @since 0.1.0
 * @category constants
 */
export const idle: RowState = { _tag: "Idle", notBefore: undefined, failure: undefined }

/**
 * @since 0.1.0
 * @category constants
 */
export const waiting: RowState = { _tag: "Waiting", notBefore: undefined, failure: undefined }

/**
 * @since 0.1.0
 * @category constructors
 */
export const waitingUntil = (notBefore: number): RowState => ({ _tag: "Waiting", notBefore, failure: undefined })

/**
 * @since 0.1.0
 * @category constructors
 */
export const failedBy = (failure: Failure): RowState => ({ _tag: "Failed", notBefore: undefined, failure })

/**
 * A client's want of a row.
 *
 * @since 0.1.0
 * @category models
 */
export class WantOf {
  /** What it was told last: the value, `true` for a failure (the last word), or nothing. */
  told: ValueId | true | undefined = undefined
  /**
   * It was told of a failure, and the row has begun again for others: the want keeps the row known, so that its client
   * may name it or try it again, and wants nothing.
   */
  over = false
  /** The next want of the same row. */
  next: WantOf | undefined = undefined
  /** Its neighbours among all that its client wants. */
  before: WantOf | undefined = undefined
  after: WantOf | undefined = undefined
  constructor(readonly client: Client, readonly row: Row, public want: number) {}
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
 * Of all attempts that count on no other: nothing is ever added to it.
 *
 * @since 0.1.0
 * @category constants
 */
export const nothingAhead: Array<Row> = []

/**
 * What few rows have, kept apart so that the others are small.
 */
class Rare {
  offer: Offer | undefined = undefined
  keep = false
  failures = 0
  unfetchable = 0
  recalls = 0
  deaths: ReadonlyArray<string> = none
  blame: Row | undefined = undefined
  awaited = 0
  fresh = false
  cut = false
  copying: Set<Worker> | undefined = undefined
  scattered = false
  refusedBy: Set<Worker> | undefined = undefined
  enders: Array<Ender> | undefined = undefined
}

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
  dependents: Few<Row> | undefined = undefined
  /** The first to want it, and through that one the others; changed by `rows` alone. */
  firstWant: WantOf | undefined = undefined
  /** Dependents that are unfinished. */
  consumers = 0
  /** Inputs that are not stored. */
  missing = 0
  /** Rows assigned ahead of this one, to the worker that makes it. */
  countedOn: Few<Row> | undefined = undefined
  /** The attempts of this row that are in some worker's books; changed by `books` alone. */
  runs: ReadonlyArray<Run> = none
  /** Which row runs first: see `Order`. */
  rank = 0
  generation = 0
  turn = 0
  /** Its class, while that is a plain one: see `classFor`. */
  class: Class | undefined = undefined
  /** Its place in the queue of its class. */
  place = -1
  dirty = false
  /** Not, or no longer, in `state.rows`. */
  gone = false
  /** Other work has its key. */
  shadowed = false
  /** In `state.lineage`, and its neighbours there. */
  remembered = false
  older: Row | undefined = undefined
  newer: Row | undefined = undefined
  private rare: Rare | undefined = undefined

  constructor(
    readonly key: Key,
    readonly digest: string,
    readonly seq: number,
    readonly group: Group,
    public spec: Spec | undefined,
    offer: Offer | undefined
  ) {
    if (offer !== undefined) this.more.offer = offer
  }

  /** As it is told to workers. */
  get order(): Order {
    return [this.rank, this.generation, this.turn]
  }

  /** All its wants, eldest first, as they are now. */
  get wants(): ReadonlyArray<WantOf> {
    const wants: Array<WantOf> = []
    for (let want = this.firstWant; want !== undefined; want = want.next) wants.push(want)
    return wants
  }

  private get more(): Rare {
    return this.rare ??= new Rare()
  }

  get offer(): Offer | undefined {
    return this.rare?.offer
  }
  set offer(offer: Offer | undefined) {
    this.more.offer = offer
  }
  /** Wanted by the cluster itself, until done. */
  get keep(): boolean {
    return this.rare !== undefined && this.rare.keep
  }
  set keep(keep: boolean) {
    if (keep || this.rare !== undefined) this.more.keep = keep
  }
  /** Attempts that failed, and that could not get their inputs. */
  get failures(): number {
    return this.rare === undefined ? 0 : this.rare.failures
  }
  set failures(failures: number) {
    this.more.failures = failures
  }
  get unfetchable(): number {
    return this.rare === undefined ? 0 : this.rare.unfetchable
  }
  set unfetchable(times: number) {
    this.more.unfetchable = times
  }
  /** How often it was asked back from a worker. */
  get recalls(): number {
    return this.rare === undefined ? 0 : this.rare.recalls
  }
  set recalls(times: number) {
    this.more.recalls = times
  }
  get deaths(): ReadonlyArray<string> {
    return this.rare === undefined ? none : this.rare.deaths
  }
  set deaths(deaths: ReadonlyArray<string>) {
    this.more.deaths = deaths
  }
  /** The input whose failure dooms this row, noted when it fails. */
  get blame(): Row | undefined {
    return this.rare?.blame
  }
  set blame(row: Row | undefined) {
    if (row !== undefined || this.rare !== undefined) this.more.blame = row
  }
  /** Suspended attempts that (through others) wait for this row. */
  get awaited(): number {
    return this.rare === undefined ? 0 : this.rare.awaited
  }
  set awaited(count: number) {
    this.more.awaited = count
  }
  /** An offer not yet named by anything: not forgotten before it is. */
  get fresh(): boolean {
    return this.rare !== undefined && this.rare.fresh
  }
  set fresh(fresh: boolean) {
    if (fresh || this.rare !== undefined) this.more.fresh = fresh
  }
  /** It cannot be made again: its lineage was cut. */
  get cut(): boolean {
    return this.rare !== undefined && this.rare.cut
  }
  set cut(cut: boolean) {
    this.more.cut = cut
  }
  /** Workers asked for a copy of scattered data. */
  get copying(): Set<Worker> | undefined {
    return this.rare?.copying
  }
  set copying(workers: Set<Worker> | undefined) {
    if (workers !== undefined || this.rare !== undefined) this.more.copying = workers
  }
  /** All copies asked for were made. */
  get scattered(): boolean {
    return this.rare !== undefined && this.rare.scattered
  }
  set scattered(scattered: boolean) {
    if (scattered || this.rare !== undefined) this.more.scattered = scattered
  }
  /** Workers that could not make their copy. */
  get refusedBy(): Set<Worker> | undefined {
    return this.rare?.refusedBy
  }
  set refusedBy(workers: Set<Worker> | undefined) {
    this.more.refusedBy = workers
  }
  get enders(): Array<Ender> | undefined {
    return this.rare?.enders
  }
  set enders(enders: Array<Ender> | undefined) {
    this.more.enders = enders
  }

  /** What was counted against it does not count any longer. */
  pardon(): void {
    const { rare } = this
    if (rare === undefined) return
    rare.failures = rare.unfetchable = 0
    rare.deaths = none
  }
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
export class Run implements Assigned {
  readonly _tag = "Assigned"
  ahead: Array<Row> = nothingAhead
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
  /** The same among those of its kind there. */
  earlier: Run | undefined = undefined
  later: Run | undefined = undefined
  constructor(
    readonly attempt: Attempt,
    public row: Row,
    readonly worker: Worker,
    readonly slots: number,
    /** Expected milliseconds it was booked with. */
    readonly millis: number,
    readonly at: number
  ) {}
  get run(): Run {
    return this
  }
}

/**
 * What people call a set of tasks: counted and timed together.
 *
 * @since 0.1.0
 * @category models
 */
export class Group {
  /** Moving average of how long it runs, once one has. */
  millis: number | undefined = undefined
  rows = 0
  running = 0
  readonly counts = { Idle: 0, Waiting: 0, Queued: 0, Assigned: 0, Stored: 0, Failed: 0 }
  constructor(readonly name: string) {}

  /** By name and not by `counts[tag]`, which would be looked up anew each time. */
  count(tag: RowState["_tag"], change: number): void {
    const { counts } = this
    switch (tag) {
      case "Idle":
        counts.Idle += change
        return
      case "Waiting":
        counts.Waiting += change
        return
      case "Queued":
        counts.Queued += change
        return
      case "Assigned":
        counts.Assigned += change
        return
      case "Stored":
        counts.Stored += change
        return
      case "Failed":
        counts.Failed += change
        return
    }
  }
}

/**
 * Queued rows that the same workers may run.
 *
 * @since 0.1.0
 * @category models
 */
export class Class {
  place = -1
  readonly queue = new Queue<Row>(rowBefore)
  /** The state of rows queued last. */
  queued: Queued = { _tag: "Queued", class: this, since: Number.NEGATIVE_INFINITY }
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
 * Workers of a pool by what they have of one kind.
 *
 * @since 0.1.0
 * @category models
 */
export class Ranking {
  /** The least pressed first. */
  readonly calm = new Ranks<Share>()
  /** The most pressed first. It follows once a batch: only stealing asks it. */
  readonly busy = new Ranks<Share>()
}

/**
 * Workers that know the same tasks.
 *
 * @since 0.1.0
 * @category models
 */
export class Pool {
  readonly whole = new Ranking()
  readonly part = new Ranking()
  readonly workers = new Set<Worker>()
  readonly classes = new Set<Class>()
  constructor(readonly id: string, readonly tasks: ReadonlySet<string>) {}
  ranking(slots: number): Ranking {
    return Saturation.isWhole(slots) ? this.whole : this.part
  }
}

/**
 * What a worker has in its books of one kind: whole tasks, or fractions.
 *
 * @since 0.1.0
 * @category models
 */
export class Share {
  readonly calm: Rank<Share>
  readonly busy: Rank<Share>
  /** The attempt booked last. */
  last: Run | undefined = undefined
  runs = 0
  used = 0
  load = 0
  /** Slots' worth of work that was recalled for it. */
  incoming = 0
  pressure = -1
  /** Nothing in it can be stolen, until something is added. */
  dry = false
  /** Those of its worker's info. */
  slots: number
  constructor(readonly worker: Worker) {
    this.slots = worker.info.slots
    this.calm = new Rank(this, worker.seq)
    this.busy = new Rank(this, worker.seq)
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Worker {
  readonly _tag = "Worker"
  /** The holders of what nobody else holds, and their ids: the same for all such values. */
  readonly alone: ReadonlyArray<Peer> = [this]
  readonly ids: ReadonlyArray<PeerId>
  readonly whole: Share
  readonly part: Share
  /** Attempts in its books, oldest first. */
  first: Run | undefined = undefined
  last: Run | undefined = undefined
  runs = 0
  suspended = 0
  readonly taken: Record<string, number> = {}
  /** Rows whose value it holds. */
  readonly held = new Held()
  heldBytes = 0
  /** Values it told of that no row claims yet. */
  readonly unclaimed = new Set<Key>()
  /** Rows it was asked for copies of. */
  readonly copying = new Set<Row>()
  /** Rows assigned to it whose dependents may follow them here, see `plan`. */
  tails: Array<Row> = []
  /** Bytes of scattered data it was asked to copy. */
  coming = 0
  heard: number
  suspect = false
  /** In the indexes: it can be given work. */
  open = false
  /** The slots counted in `state.slots`. */
  bookedSlots = 0
  pool: Pool | undefined = undefined
  /** Special classes it is eligible for. */
  readonly classes = new Set<Class>()
  moved = false
  gained = false
  unranked = false
  /** What this step has said to it. */
  mail: Array<ToWorker> | undefined = undefined
  /** It told of more than it should have been given, in an earlier life. */
  overdrawn = false
  processBytes: number | undefined = undefined
  busy: number | undefined = undefined
  reportedBytes = 0
  /** Holders it could not reach, until when. */
  unreachable: Map<PeerId, number> | undefined = undefined
  gone = false
  constructor(readonly id: WorkerId, readonly seq: number, public info: WorkerInfo, now: number) {
    this.heard = now
    this.ids = [id]
    this.whole = new Share(this)
    this.part = new Share(this)
  }
  share(slots: number): Share {
    return Saturation.isWhole(slots) ? this.whole : this.part
  }
  /** Of both kinds: more than its slots where fractions run beside whole tasks. */
  get used(): number {
    return this.whole.used + this.part.used
  }
  get load(): number {
    return this.whole.load + this.part.load
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Client {
  readonly _tag = "Client"
  /** As of a worker. */
  readonly alone: ReadonlyArray<Peer> = [this]
  readonly ids: ReadonlyArray<PeerId>
  /** Its wants, oldest first. */
  firstWant: WantOf | undefined = undefined
  lastWant: WantOf | undefined = undefined
  readonly held = new Held()
  /** What this step has said to it. */
  mail: Array<ToClient> | undefined = undefined
  name = ""
  /** Since when its link is down. */
  down: number | undefined = undefined
  /** Keys whose work this client could not submit: until it releases them, what it says of them means that work. */
  refused: Map<Key, Failure> | undefined = undefined
  /** The worker whose attempt submitted through it, if one did. */
  home: Worker | undefined = undefined
  gone = false
  constructor(readonly id: ClientId, readonly seq: number) {
    this.ids = [id]
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export type Peer = Worker | Client

/**
 * Which of two rows runs first: by priority, generation, order, and then age.
 *
 * @since 0.1.0
 * @category getters
 */
export function rowBefore(a: Row, b: Row): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank
  if (a.generation !== b.generation) return a.generation < b.generation
  if (a.turn !== b.turn) return a.turn < b.turn
  return a.seq < b.seq
}
