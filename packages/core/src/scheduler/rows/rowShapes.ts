/**
 * The shapes of rows: a piece of work, where it is, and who wants it; attempts are `runShape`'s. Everything is mutated in place, for
 * speed, and by `step` alone: `become` alone writes `row.state`, `books` alone what is booked. Its neighbour `shapes` has
 * groups, classes, pools and peers.
 *
 * @since 0.1.0
 */
import type { Failure } from "../../Failure.js"
import { type Attempt, type ClientId, type Key, numberIn, type PeerId, type ValueId } from "../../Id.js"
import type { Death, Offer } from "../../Note.js"
import type { Payload } from "../../Payload.js"
import type { Spec } from "../../Spec.js"
import type { Few } from "./few.js"
import type { Held } from "./held.js"
import type { Run } from "./runShape.js"
import type { Class, Client, Group, Peer, Worker } from "./shapes.js"

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

/**
 * Copies of a row's value that were asked for, and those under way; `copies` alone writes it.
 *
 * @since 0.1.0
 * @category models
 */
export class Spread {
  /** How many workers are to hold it at least; 0: nobody asked. */
  asked = 0
  /** Which workers may, by name or id. */
  names: ReadonlyArray<string> | undefined = undefined
  /** Workers asked for a copy: from whom it is to come first, and in whose place, if it is to move from there. */
  readonly carrying = new Map<Worker, { readonly source: PeerId | undefined; readonly from: Worker | undefined }>()
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
  deaths: ReadonlyArray<Death> = none
  wary = false
  blame: Row | undefined = undefined
  awaited = 0
  fresh = false
  cut = false
  cutting: "asked" | "budget" | undefined = undefined
  spared = 0
  copying: Set<Worker> | undefined = undefined
  scattered = false
  spread: Spread | undefined = undefined
  enders: Array<Ender> | undefined = undefined
}

const dirty = 1
const gone = 2
const shadowed = 4
const remembered = 8

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
  /** In its key, by which its place is found. */
  readonly number: number
  /** Of `dirty`, `gone`, `shadowed` and `remembered` those that hold. */
  private bits = 0
  /** Its neighbours in `state.lineage`. */
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
    this.number = numberIn(key)
    if (offer !== undefined) this.more.offer = offer
  }

  private write(bit: number, is: boolean): void {
    this.bits = is ? this.bits | bit : this.bits & ~bit
  }

  get dirty(): boolean {
    return (this.bits & dirty) !== 0
  }
  set dirty(is: boolean) {
    this.write(dirty, is)
  }
  /** Not, or no longer, in `state.rows`. */
  get gone(): boolean {
    return (this.bits & gone) !== 0
  }
  set gone(is: boolean) {
    this.write(gone, is)
  }
  /** Other work has its key. */
  get shadowed(): boolean {
    return (this.bits & shadowed) !== 0
  }
  set shadowed(is: boolean) {
    this.write(shadowed, is)
  }
  /** In `state.lineage`. */
  get remembered(): boolean {
    return (this.bits & remembered) !== 0
  }
  set remembered(is: boolean) {
    this.write(remembered, is)
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
  get deaths(): ReadonlyArray<Death> {
    return this.rare === undefined ? none : this.rare.deaths
  }
  set deaths(deaths: ReadonlyArray<Death>) {
    this.more.deaths = deaths
  }
  /** A worker died that may have been running it, and had not said so. */
  get wary(): boolean {
    return this.rare !== undefined && this.rare.wary
  }
  set wary(wary: boolean) {
    if (wary || this.rare !== undefined) this.more.wary = wary
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
  /** Its lineage is to be cut once its value is kept: a client asked for that, or the budget does. `cut` alone writes it. */
  get cutting(): "asked" | "budget" | undefined {
    return this.rare?.cutting
  }
  set cutting(why: "asked" | "budget" | undefined) {
    if (why !== undefined || this.rare !== undefined) this.more.cutting = why
  }
  /** Bytes of an argument that only lineage names, as counted there. */
  get spared(): number {
    return this.rare === undefined ? 0 : this.rare.spared
  }
  set spared(bytes: number) {
    this.more.spared = bytes
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
  get spread(): Spread | undefined {
    return this.rare?.spread
  }
  set spread(spread: Spread | undefined) {
    if (spread !== undefined || this.rare !== undefined) this.more.spread = spread
  }
  get enders(): Array<Ender> | undefined {
    return this.rare?.enders
  }
  set enders(enders: Array<Ender> | undefined) {
    this.more.enders = enders
  }

  /** What was counted against it does not count any longer. Says whether anything was. */
  pardon(): boolean {
    const { rare } = this
    if (rare === undefined) return false
    const any = rare.failures > 0 || rare.deaths.length > 0
    rare.failures = rare.unfetchable = 0
    rare.deaths = none
    return any
  }
}

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
