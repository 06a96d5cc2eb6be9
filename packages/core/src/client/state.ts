/**
 * The client machine's rows and words. See `Client` for what it owns and its invariants.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import { type ClientId, type Key, numberIn, type PeerId, type ValueId } from "../Id.js"
import { Table } from "../internal/table.js"
import type * as Note from "../Note.js"
import type { Payload } from "../Payload.js"
import type { Spec } from "../Spec.js"

/** What this client knows of the value: where it is and what it is like. */
export interface Facts {
  readonly value: ValueId
  readonly digest: string
  readonly bytes: number
  readonly type: string
  readonly holders: ReadonlyArray<PeerId>
  readonly inline: Payload | undefined
}

export type Outcome =
  | { readonly _tag: "Value"; readonly value: ValueId; readonly payload: Payload }
  | { readonly _tag: "Failure"; readonly failure: Failure }

export type Status = "pending" | "finished" | "error" | "cancelled" | "lost"

/** How a row is settled. The payload of a value may have been let go to stay within the budget. */
export type Settled =
  | { readonly _tag: "Value"; readonly value: ValueId; readonly digest: string; payload: Payload | undefined }
  | { readonly _tag: "Failure"; readonly failure: Failure }

/** Bringing the value here. */
export interface Fetch {
  readonly value: ValueId
  /** Who is asked now; absent while it waits for its turn, for a fresh holder, or for `retryAt`. */
  from: PeerId | undefined
  /** Asked without success since the scheduler last named holders. */
  tried: Set<PeerId>
  retryAt: number | undefined
  rounds: number
}

export interface Row {
  readonly key: Key
  /** How it is made; absent for what this client offers, and for names it shares with others. */
  readonly spec: Spec | undefined
  /** Handles that count on it. */
  readonly refs: number
  /** Number of the present want; of the last one where it is not wanted. 0: never wanted. */
  readonly want: number
  /** Wanted by the cluster until done, whoever leaves. */
  readonly keep: boolean
  readonly status: Status
  readonly facts: Facts | undefined
  readonly settled: Settled | undefined
  /** Whether joiners wait for the value here. */
  readonly joined: boolean
  /** Rows of this client that name it as an input. */
  readonly needed: number
  /** What it was made from need not be remembered: its value is kept, and cannot be made again. */
  readonly cut: boolean
  /** The caller's own, kept beside the row so that finding it costs no lookup. The machine never looks at it. */
  handles: unknown
}

/** What few rows have, kept apart so that the others are small. */
class Rare {
  fetch: Fetch | undefined = undefined
  offer: Note.Offer | undefined = undefined
  spent: Note.Spent | undefined = undefined
  cancel: { readonly force: boolean; readonly by: string; readonly reason: string } | undefined = undefined
  retry: { readonly want: number; readonly failure: Failure } | undefined = undefined
}

const keep = 1
const joined = 2
const cut = 4
const loose = 8

/** The row as `step` alone may write it. */
export class RowState implements Row {
  status: Status = "pending"
  facts: Facts | undefined = undefined
  settled: Settled | undefined = undefined
  needed = 0
  handles: unknown = undefined
  /** In its key, by which its place is found. */
  readonly number: number
  /** Of `keep`, `joined`, `cut` and `loose` those that hold. */
  private bits = 0
  private rare: Rare | undefined = undefined

  constructor(
    readonly key: Key,
    public spec: Spec | undefined,
    public refs: number,
    public want: number,
    /** The rows before it, gone ones included. */
    readonly seq: number,
    /** The want number given last when its spec was told: what the scheduler said before it heard of that is not about it. */
    public born: number
  ) {
    this.number = numberIn(key)
  }

  private write(bit: number, is: boolean): void {
    this.bits = is ? this.bits | bit : this.bits & ~bit
  }

  get keep(): boolean {
    return (this.bits & keep) !== 0
  }
  set keep(is: boolean) {
    this.write(keep, is)
  }
  get joined(): boolean {
    return (this.bits & joined) !== 0
  }
  set joined(is: boolean) {
    this.write(joined, is)
  }
  get cut(): boolean {
    return (this.bits & cut) !== 0
  }
  set cut(is: boolean) {
    this.write(cut, is)
  }
  /** It stands among the rows that this step may forget. */
  get loose(): boolean {
    return (this.bits & loose) !== 0
  }
  set loose(is: boolean) {
    this.write(loose, is)
  }

  private get more(): Rare {
    return this.rare ??= new Rare()
  }

  get fetch(): Fetch | undefined {
    return this.rare?.fetch
  }
  set fetch(fetch: Fetch | undefined) {
    if (fetch !== undefined || this.rare !== undefined) this.more.fetch = fetch
  }
  get offer(): Note.Offer | undefined {
    return this.rare?.offer
  }
  set offer(offer: Note.Offer | undefined) {
    if (offer !== undefined || this.rare !== undefined) this.more.offer = offer
  }
  /** What is counted against it, as last heard: the scheduler may forget it, and one that comes after it. */
  get spent(): Note.Spent | undefined {
    return this.rare?.spent
  }
  set spent(spent: Note.Spent | undefined) {
    if (spent !== undefined || this.rare !== undefined) this.more.spent = spent
  }
  /** A cancel that the scheduler has not answered. */
  get cancel(): Rare["cancel"] {
    return this.rare?.cancel
  }
  set cancel(cancel: Rare["cancel"]) {
    if (cancel !== undefined || this.rare !== undefined) this.more.cancel = cancel
  }
  /** A retry that the scheduler has not answered: the want it follows, and how that one failed. */
  get retry(): Rare["retry"] {
    return this.rare?.retry
  }
  set retry(retry: Rare["retry"]) {
    if (retry !== undefined || this.rare !== undefined) this.more.retry = retry
  }
}

export interface Config {
  /** Bytes of fetched values kept, the least recently used going first. Default 256 MiB. */
  readonly cacheBytes: number
  /** Fetches at once. Default 32. */
  readonly fetchesMax: number
  /** Milliseconds before holders that failed are asked once more; doubles up to `refetchMax`. Default 200. */
  readonly refetch: number
  /** Default 10 seconds, in milliseconds. */
  readonly refetchMax: number
  /** Bytes at which a submission is cut into several notes. Default 32 KiB. */
  readonly noteBytes: number
}

export interface State {
  readonly id: ClientId
  readonly name: string
  readonly config: Config
  readonly rows: Pick<Table<Key, Row>, "size" | "get" | "has" | "keys" | "values">
  closed: boolean
}

/** The state as `step` alone may write it. */
export interface Inner extends State {
  readonly rows: Table<Key, RowState>
  /** Fetches that were started and have not ended, by value; `false`: nobody waits for it any more. */
  readonly fetching: Map<ValueId, { readonly key: Key; stopped: boolean }>
  /** Rows whose fetch waits for its turn, in order of asking. */
  readonly queue: Set<Key>
  /** Fetches that wait for `retryAt`. */
  readonly retrying: Set<Key>
  /** No fetch waits for an earlier time than this. */
  retryAt: number
  /** Wants whose `Release` asked for an answer. */
  readonly ending: Map<number, Key>
  /** Settled values of which the payload is kept, least recently used first. */
  readonly cache: Map<Key, number>
  cached: number
  lastWant: number
  /** How many rows there have been. */
  seq: number
  /** Bytes of new work told and not acknowledged. */
  outbox: number
  linked: boolean
}

/** A row by its key, or, where it is at hand, itself: then nothing is looked up. */
export type Named = Key | Row

export const keyOf = (named: Named): Key => typeof named === "string" ? named : named.key

export type Event =
  | {
    /** New work. Each entry in `wants` adds one reference. Inputs stand before the specs that name them, or are rows. */
    readonly _tag: "Submit"
    readonly specs: ReadonlyArray<Spec>
    readonly wants: ReadonlyArray<Key>
    readonly keep: ReadonlyArray<Key>
    /** Where it is given, the rows of `wants` are put into it, in their order; none where all of it is refused. */
    readonly rows?: Array<Row> | undefined
  }
  | { readonly _tag: "Retain"; readonly key: Key }
  /** Of each of these keys, `count` references go. */
  | { readonly _tag: "Release"; readonly keys: ReadonlyArray<Named>; readonly count: number; readonly answer: boolean }
  | {
    readonly _tag: "Cancel"
    readonly keys: ReadonlyArray<Key>
    readonly force: boolean
    readonly by: string
    readonly reason: string
  }
  | { readonly _tag: "RetryKeys"; readonly keys: ReadonlyArray<Key> }
  | {
    /** A value this client serves. Unless `wanted`, it stands in one `step` with the `Submit` that names it. */
    readonly _tag: "Offer"
    readonly key: Key
    readonly value: ValueId
    readonly digest: string
    readonly bytes: number
    readonly inline: Payload | undefined
    readonly scatter: Note.Offer["scatter"]
    readonly wanted: boolean
  }
  | { readonly _tag: "Need"; readonly keys: ReadonlyArray<Named> }
  | {
    readonly _tag: "FetchEnded"
    readonly value: ValueId
    readonly from: PeerId
    readonly payload?: Payload | undefined
    /** Why there is no payload. Default `unreachable`; for a stopped fetch it does not matter. */
    readonly why?: Note.FetchFailed["why"] | undefined
  }
  | { readonly _tag: "Notes"; readonly notes: ReadonlyArray<Note.ToClient> }
  /**
   * A fresh session, maybe with a new incarnation. Everything is told anew from the rows: what the last one left
   * unacknowledged may be given, as to a worker, and is not needed.
   */
  | { readonly _tag: "LinkReset"; readonly unacked?: ReadonlyArray<Note.Note> | undefined }
  /** `work` of `Link.Acked`. */
  | { readonly _tag: "Acked"; readonly bytes: number }
  | { readonly _tag: "Tick" }
  | { readonly _tag: "Close" }

export type Command =
  | { readonly _tag: "Tell"; readonly note: Note.FromClient }
  /**
   * Status or facts of this want changed, and `Settled` does not say so at the same time. The row lives on; `status` is
   * what it was when this was said.
   */
  | { readonly _tag: "Changed"; readonly row: Row; readonly want: number; readonly status: Status }
  /** What joiners of this want get: its outcome, told once, and again to those who join later. */
  | { readonly _tag: "Settled"; readonly row: Row; readonly want: number; readonly outcome: Outcome }
  /** Nothing came of what was asked: no such row, a key in use for other work, or a closed client. */
  | { readonly _tag: "Refused"; readonly key: Key; readonly failure: Failure }
  | {
    readonly _tag: "Fetch"
    readonly key: Key
    readonly value: ValueId
    readonly from: PeerId
    readonly bytes: number
  }
  | { readonly _tag: "StopFetch"; readonly value: ValueId }
  | { readonly _tag: "DropOffer"; readonly value: ValueId }
  | { readonly _tag: "Ended"; readonly key: Key; readonly want: number }

export const make = (options: {
  readonly id: ClientId
  readonly name: string
  readonly config?: Partial<Config> | undefined
}): Inner => ({
  id: options.id,
  name: options.name,
  config: {
    cacheBytes: 256 * 1024 * 1024,
    fetchesMax: 32,
    refetch: 200,
    refetchMax: 10_000,
    noteBytes: 32 * 1024,
    ...options.config
  },
  rows: new Table(numberIn, (row: RowState) => row.key, undefined, (row) => row.number),
  closed: false,
  fetching: new Map(),
  queue: new Set(),
  retrying: new Set(),
  retryAt: Infinity,
  ending: new Map(),
  cache: new Map(),
  cached: 0,
  lastWant: 0,
  seq: 0,
  outbox: 0,
  linked: false
})

const none: ReadonlyArray<Key> = []

/** Keys that have to stay known because of this row. */
export const inputsOf = (row: Row): ReadonlyArray<Key> => row.cut ? none : row.spec?.inputs ?? none

export const isWanted = (row: Row): boolean => row.refs > 0 || row.keep

/** What one step gathers. */
export interface Context {
  readonly state: Inner
  readonly now: number
  readonly out: Array<Command>
  /** Releases on their way to one note: facts merge while they wait. */
  releases: Array<Note.Want>
  /** Rows that may have lost their last reason to stay, each once. */
  readonly loose: Array<RowState>
}
