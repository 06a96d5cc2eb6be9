/**
 * The worker machine's rows and words. See `Worker` for what it owns and its invariants.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import {
  type Attempt,
  type Key,
  makerIn,
  makerNumberIn,
  numberOf,
  type PeerId,
  type ValueId,
  valueId,
  type WorkerId
} from "../Id.js"
import { Table } from "../internal/table.js"
import type * as Note from "../Note.js"
import type { Payload } from "../Payload.js"
import { covers, type Spec } from "../Spec.js"
import { Chain } from "./chain.js"
import type { Few } from "./few.js"
import { Heap } from "./heap.js"
// house: what is known of memory is part of the state, and is made of rows
import { type Limits, make as makeMemory, type Memory } from "./memory.js"
import { Queue } from "./queue.js"
// house: a value and the jobs that count on it know each other
import { absent, held, Replica, type ReplicaState } from "./replica.js"
// house: what is noted for lookers-on is part of the state
import type { Watching } from "./watch.js"

export type Order = readonly [number, number, number]

/** Sums of shares like 1/32 and 0.1 do not come out even. */
export const tolerance = 1e-9

/**
 * Jobs that hold a core while they run, and fractions, which mostly wait and hold none. Each kind fills an executor for
 * itself, so that neither waits for the other.
 */
export type Kind = "whole" | "part"

export const kinds: ReadonlyArray<Kind> = ["whole", "part"]

/** In milliseconds; shorter jobs are not told apart: so many at most are posted however little they take. */
export const least = 0.025

export type PerKind<A> = Readonly<Record<Kind, A>>

export const kindOf = (spec: Spec): Kind => spec.slots >= 1 - tolerance ? "whole" : "part"

export interface Input {
  readonly key: Key
  readonly value: ValueId
  /** A small value itself, where it rode along with the job or its row may be gone. */
  readonly inline?: Payload | undefined
}

const gathering = { _tag: "Gathering" } as const

export const ready = { _tag: "Ready" } as const

/** It is not here any more; what still names it is out of date. */
export const over = { _tag: "Over" } as const

/** What was seen of a group of tasks. */
export interface Group {
  readonly name: string
  /** A moving average; infinite as long as nothing has ended. */
  millis: number
  /** How many ended, up to two: the first also pays for loading its code. */
  seen: number
  /** Whether its last value was small: executors keep small ones for what follows. */
  small: boolean
  /** What its values take, in bytes: the largest of late. */
  bytes: number
}

// Rows are classes: each has one shape, which is what makes reading them cheap.

export class Job {
  readonly kind: Kind
  readonly value: ValueId
  /** Inputs not here yet; once it runs, those of `ahead` that are not made yet. */
  missing = 0
  /** Jobs here that make what it misses. */
  makers: Few<Job> = undefined
  /** Jobs here that count on what it makes. */
  followers: Few<Job> = undefined
  /** Its executor did not find an input that was to be there: it is handed over with all of them from now on. */
  unready = false
  /** Whether a suspended attempt here waits for it, or for what needs it. */
  urgent = false
  /** Whether room for all its inputs is set aside: then they stay in memory. */
  reserved = false
  state: typeof gathering | typeof ready | Running | typeof over = gathering
  /** Whether it begins only when told so: see `Running.withheld`. */
  asks = false
  /** Asked to end: it keeps its slot until it does. */
  cancelled: { readonly force: boolean; readonly by: string; readonly reason: string } | undefined = undefined
  /** Its neighbours on its executor. */
  previous: Job | undefined = undefined
  next: Job | undefined = undefined
  constructor(
    readonly spec: Spec,
    readonly attempt: Attempt,
    readonly order: Order,
    readonly inputs: ReadonlyArray<Input>,
    readonly failures: number,
    readonly group: Group
  ) {
    this.kind = kindOf(spec)
    this.value = valueId(spec.key, attempt)
  }
  gather(): void {
    this.state = gathering
  }
}

/** On an executor. */
export class Running {
  readonly _tag = "Running"
  /** Whether it holds its share of the executor. */
  slot = false
  /** Whether another was posted behind it. */
  followed = false
  /** It has its place, has said so, and is not handed over before it may begin. */
  withheld = false
  /** Asked back, since what it waits for may take long. */
  takenBack = false
  /** Keys it waits for; `resuming` once it asks for its slot again. */
  suspended: { readonly on: ReadonlyArray<Key>; readonly client: string | undefined; resuming: boolean } | undefined =
    undefined
  /** Whether it has run for so long that this is news; then it is brief no more. */
  told = false
  timedOut = false
  /** When its executor is ended if it has not ended by then. */
  endBy: number | undefined = undefined
  constructor(
    readonly executor: Executor,
    /** Handed over ahead of its turn, so that no round trip parts two tiny jobs. */
    public posted: boolean,
    /** Inputs that were not made yet when it was posted: jobs posted to this executor before it make them. */
    readonly ahead: ReadonlyArray<ValueId>,
    /** What is expected of it, in milliseconds; infinite where nothing is known. */
    readonly expected: number,
    /** Whether that is little enough for others to be posted behind it. */
    public brief: boolean,
    /** When it began; for a posted job, when it was handed over. */
    public since: number
  ) {}
}

export { absent, held, Replica, type ReplicaState }

export class Executor {
  /** Sums of the shares of jobs that hold one, by their kind: each at most `slots`. */
  whole = 0
  part = 0
  /** All jobs on it, in the order they were handed over. */
  readonly jobs = new Chain<Job>()
  suspended = 0
  /** Jobs posted ahead, those of them that miss an input, and how long they are expected to take. */
  readonly posted: Record<Kind, number> = { whole: 0, part: 0 }
  readonly behind: Record<Kind, number> = { whole: 0, part: 0 }
  readonly postedMillis: Record<Kind, number> = { whole: 0, part: 0 }
  /** Jobs that hold a share and are expected to give it up soon. */
  readonly brief: Record<Kind, number> = { whole: 0, part: 0 }
  /** Suspended attempts that ask for their slot again. */
  readonly resuming: PerKind<Heap<Job>> = heaps()
  /** Gathering jobs all of whose missing inputs are made here, stale entries included. */
  readonly followers: PerKind<Heap<Job>> = heaps()
  /** Another takes its place: it ends what it has, and is ended then. */
  tired = false
  /** Told to end. */
  ending = false
  /** Attempts that submitted the job for which it is ended by force, and that job's key. */
  readonly blamed = new Map<Job, Key>()
  constructor(readonly id: string, readonly slots: number, readonly tasks: ReadonlySet<string>) {}
  /** Whether anything may be handed to it that it does not have yet. */
  get takes(): boolean {
    return !this.ending && !this.tired
  }
}

export interface Config {
  /** Milliseconds between heartbeats. Default 1,000. */
  readonly heartbeat: number
  /** Milliseconds a cancelled attempt may take to end before its executor is ended. Default 5,000. */
  readonly grace: number
  /** The same for a forced cancel. Default 100. */
  readonly forceGrace: number
  /** Milliseconds after which a running job is announced. Default 20. */
  readonly startedAfter: number
  /** Expected milliseconds of work handed over ahead to a busy executor. Default 5. */
  readonly postAheadMillis: number
  /** Suspended attempts per executor above which only what they wait for may start. Default 64. */
  readonly suspendedMax: number
  /** Milliseconds after which an executor full of suspended attempts starts one other job. Default 1,000. */
  readonly suspendedPatience: number
  /** Fetches at once. Default 16. */
  readonly fetchesMax: number
  /** Fetches at once from one holder. Default 4. */
  readonly fetchesPerHolder: number
  /** Bytes fetched at once; one value above that goes alone. Default 256 MiB. */
  readonly fetchBytesMax: number
  /** What values may take here, in memory and on disk. Default: no limit, no disk. */
  readonly memory: Limits | undefined
}

export type Outcome =
  | {
    readonly _tag: "Value"
    readonly bytes: number
    readonly type: string
    readonly inline?: Payload | undefined
  }
  | {
    readonly _tag: "Failure"
    readonly failure: Failure
    readonly tag: string | undefined
    readonly verdict: Note.TaskFailed["verdict"]
  }
  | { readonly _tag: "Interrupted" }

export type Event =
  | { readonly _tag: "Notes"; readonly notes: ReadonlyArray<Note.ToWorker> }
  /** A fresh session; `unacked` is what the last one leaves (`Link.unacked`). */
  | { readonly _tag: "LinkReset"; readonly unacked: ReadonlyArray<Note.Note> }
  | {
    readonly _tag: "ExecutorUp"
    readonly executor: string
    readonly slots: number
    readonly tasks: ReadonlyArray<string>
  }
  | {
    readonly _tag: "ExecutorDown"
    readonly executor: string
    /** Which attempts were really running, where known. */
    readonly started: ReadonlyArray<Attempt> | undefined
    readonly detail: string
    /** Ended on purpose: nobody is to blame. */
    readonly expected: boolean
  }
  /**
   * It has lived long enough: nothing is handed to it any more, and once it is empty it is told to end. Another is up, or
   * comes whether or not this one ends.
   */
  | { readonly _tag: "ExecutorTired"; readonly executor: string }
  /** `millis`: how long it ran, where its executor measured that. */
  | {
    readonly _tag: "RunEnded"
    readonly attempt: Attempt
    readonly outcome: Outcome
    readonly millis?: number | undefined
  }
  /** A job handed over ahead of its inputs did not begin, and left its executor: one of them was not there. */
  | { readonly _tag: "Unready"; readonly attempt: Attempt }
  | { readonly _tag: "Claimed"; readonly attempt: Attempt }
  | {
    readonly _tag: "Suspended"
    readonly attempt: Attempt
    readonly on: ReadonlyArray<Key>
    /** The client that waits inside of it. */
    readonly client?: string | undefined
  }
  | { readonly _tag: "Resumed"; readonly attempt: Attempt }
  | {
    readonly _tag: "FetchEnded"
    readonly value: ValueId
    readonly from: PeerId
    readonly ok: boolean
    readonly why?: Note.FetchFailed["why"] | undefined
    readonly bytes?: number | undefined
  }
  | { readonly _tag: "ValueGone"; readonly value: ValueId }
  /** Somebody begins to read it from memory here, for more than a moment; each is followed by one `Served`. */
  | { readonly _tag: "Serving"; readonly value: ValueId }
  | { readonly _tag: "Served"; readonly value: ValueId }
  /** Its bytes are on the disk and no longer in memory; or not, and as they were. `turn` is the command's. */
  | { readonly _tag: "SpillEnded"; readonly value: ValueId; readonly turn: number; readonly ok: boolean }
  /** Its bytes are in memory and no longer on the disk; or could not be read. */
  | { readonly _tag: "LoadEnded"; readonly value: ValueId; readonly turn: number; readonly ok: boolean }
  | { readonly _tag: "Tick" }
  /** What memory the process and the executors take now, and how busy it was. */
  | {
    readonly _tag: "Measured"
    readonly processBytes: number
    readonly sharedBytes: number
    readonly use?: Note.ProcessUse | undefined
    readonly executors: ReadonlyArray<Note.ExecutorMemory>
  }
  /**
   * It takes nothing new, and leaves once nothing runs any more. `within`: so many milliseconds it waits for what only it
   * holds to be copied to others. Default 0: not at all.
   */
  | { readonly _tag: "Leave"; readonly within?: number | undefined }

export type Command =
  /** All that a step has to say, in order; always its last command. */
  | { readonly _tag: "Tell"; readonly notes: ReadonlyArray<Note.FromWorker> }
  | {
    readonly _tag: "Run"
    readonly executor: string
    readonly attempt: Attempt
    readonly spec: Spec
    /** What it makes. */
    readonly value: ValueId
    readonly inputs: ReadonlyArray<Input>
    /** Those of its inputs that jobs handed to this executor earlier have yet to make. */
    readonly ahead: ReadonlyArray<ValueId>
    readonly failures: number
  }
  | {
    readonly _tag: "Interrupt"
    readonly executor: string
    readonly attempt: Attempt
    readonly reason: string
    readonly by: string
  }
  /** At once, and by force, unless it is `idle`: then nothing is on it, and it may take its time. */
  | { readonly _tag: "EndExecutor"; readonly executor: string; readonly why: string; readonly idle?: true | undefined }
  | { readonly _tag: "Continue"; readonly executor: string; readonly attempt: Attempt }
  | {
    readonly _tag: "Fetch"
    readonly key: Key
    readonly value: ValueId
    readonly from: PeerId
    readonly bytes: number
  }
  | { readonly _tag: "StopFetch"; readonly value: ValueId }
  /**
   * Wherever its bytes are, and wherever they are on their way to. Not `isStored`: they only ever were in its row, and went
   * with it.
   */
  | { readonly _tag: "Drop"; readonly value: ValueId; readonly isStored: boolean }
  /** From memory to the disk. Answered by one `SpillEnded`, unless it is dropped meanwhile. */
  | { readonly _tag: "Spill"; readonly value: ValueId; readonly bytes: number; readonly turn: number }
  /** From the disk to memory. Answered by one `LoadEnded`, unless it is dropped meanwhile. */
  | { readonly _tag: "Load"; readonly value: ValueId; readonly bytes: number; readonly turn: number }

export interface Deadline {
  readonly at: number
  readonly kind: "timeout" | "end"
  readonly job: Job
}

/** A value to be fetched, by the order of who needs it. */
export interface Wish {
  readonly order: Order
  readonly replica: Replica
}

/** What all but `step` see of a table. */
type View<K, A extends object> = Pick<Table<K, A>, "size" | "get" | "has" | "keys" | "values">

export interface State {
  readonly id: WorkerId
  readonly info: Note.WorkerInfo
  readonly config: Config
  readonly jobs: View<Attempt, Readonly<Job>>
  readonly replicas: View<ValueId, Readonly<Replica>>
  readonly executors: ReadonlyMap<string, Readonly<Executor>>
  readonly memory: Readonly<Memory> | undefined
  heldBytes: number
  left: boolean
  /** It was told that nothing is only here. */
  mayLeave: boolean
  /** There while somebody looks on. */
  readonly watching: object | undefined
}

/** The state as `step` alone may write it. */
export interface Inner extends State {
  info: Note.WorkerInfo
  /** `info.tasks`, to look up. */
  tasks: ReadonlySet<string>
  readonly jobs: Table<Attempt, Job>
  /** The highest attempt that ever was among the jobs: whatever is above it is new. */
  latest: Attempt
  readonly replicas: Table<ValueId, Replica>
  readonly executors: Map<string, Executor>
  /** Ready jobs in order, stale entries included. */
  readonly ready: PerKind<Heap<Job>>
  /** The same for ready jobs that suspended ones wait for. */
  readonly urgent: PerKind<Heap<Job>>
  /** Keys that suspended attempts wait for, and how many of them do. */
  readonly awaited: Map<Key, number>
  readonly wanted: Heap<Wish>
  readonly fetchesFrom: Map<PeerId, number>
  fetches: number
  fetchingBytes: number
  readonly memory: Memory | undefined
  readonly deadlines: Heap<Deadline>
  /** Jobs that began, in that order, until it is told of them that they run. */
  readonly begun: Queue<Job>
  readonly groups: Map<string, Group>
  /** The one that was asked for last: most jobs come beside others of their group. */
  group: Group | undefined
  heartbeatAt: number | undefined
  /** Since when every executor that could start something is full of suspended attempts. */
  stuckSince: number | undefined
  /** Slot milliseconds used since the last heartbeat, and when that was last added up. */
  busy: number
  busyAt: number | undefined
  processBytes: number | undefined
  sharedBytes: number | undefined
  use: Note.ProcessUse | undefined
  heaps: ReadonlyArray<Note.ExecutorMemory> | undefined
  linked: boolean
  leaving: boolean
  /** Until when it waits to be told that nothing is only here. */
  leaveBy: number
  /** What is noted for those who look on, while somebody does. */
  watching: Watching | undefined
}

const compare = (a: Order, b: Order): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

export const before = (a: Job, b: Job): boolean => {
  const order = compare(a.order, b.order)
  return order < 0 || (order === 0 && a.attempt < b.attempt)
}

/** What both kinds take together; more than `slots` where fractions run beside a whole job. */
export const used = (executor: Executor): number => executor.whole + executor.part

export const heaps = (): PerKind<Heap<Job>> => ({ whole: new Heap(before), part: new Heap(before) })

/**
 * Whether some executor can run it. While all of them are being restarted it is known what they will be able to run, but
 * not what they will have together.
 */
export const canRun = (state: Inner, task: string): boolean => {
  if (state.tasks.has(task)) return true
  if (!covers(state.tasks, task)) return false
  let any = false
  for (const executor of state.executors.values()) {
    if (!executor.takes) continue
    any = true
    if (covers(executor.tasks, task)) return true
  }
  return !any
}

/** Of numbers that follow each other one worker of many gets few: pages of 2^5 places, each of which it may have for one row. */
const pageBits = 5

export const make = (options: {
  readonly id: WorkerId
  readonly info: Omit<Note.WorkerInfo, "slots" | "tasks">
  readonly config?: Partial<Config> | undefined
}): Inner => ({
  id: options.id,
  info: { ...options.info, slots: 0, tasks: [] },
  tasks: new Set(),
  config: {
    heartbeat: 1000,
    grace: 5000,
    forceGrace: 100,
    startedAfter: 20,
    postAheadMillis: 5,
    suspendedMax: 64,
    suspendedPatience: 1000,
    fetchesMax: 16,
    fetchesPerHolder: 4,
    fetchBytesMax: 256 * 1024 * 1024,
    memory: undefined,
    ...options.config
  },
  jobs: new Table(numberOf, (job) => job.attempt, pageBits),
  latest: -Infinity,
  replicas: new Table(makerNumberIn, (replica: Replica) => replica.value, pageBits, (replica) => replica.number),
  executors: new Map(),
  heldBytes: 0,
  left: false,
  ready: heaps(),
  urgent: heaps(),
  awaited: new Map(),
  wanted: new Heap<Wish>((a, b) => compare(a.order, b.order) < 0),
  fetchesFrom: new Map(),
  fetches: 0,
  fetchingBytes: 0,
  memory: makeMemory(options.config?.memory),
  deadlines: new Heap((a, b) => a.at !== b.at ? a.at < b.at : a.job.attempt < b.job.attempt),
  begun: new Queue(),
  groups: new Map(),
  group: undefined,
  heartbeatAt: undefined,
  stuckSince: undefined,
  busy: 0,
  busyAt: undefined,
  processBytes: undefined,
  sharedBytes: undefined,
  use: undefined,
  heaps: undefined,
  linked: false,
  leaving: false,
  leaveBy: 0,
  mayLeave: false,
  watching: undefined
})

/** What one step gathers. */
export interface Context {
  readonly state: Inner
  readonly now: number
  readonly out: Array<Command>
  readonly told: Array<Note.FromWorker>
}

export const tell = ({ state, told }: Context, note: Note.FromWorker): void => {
  // Before the first session there is nobody to tell: `LinkReset` tells it all.
  if (state.linked) told.push(note)
}

/** The job here that makes this value: an attempt is part of the name of what it makes. */
export const makerOf = (state: State, value: ValueId): Job | undefined => {
  const attempt = makerIn(value)
  const job = attempt === undefined ? undefined : state.jobs.get(attempt) as Job | undefined
  return job?.value === value ? job : undefined
}

/** What was seen of the group, kept for as many as are used. */
export const groupOf = (state: Inner, name: string): Group => {
  const { group: last, groups } = state
  if (last?.name === name) return last
  const known = groups.get(name)
  if (known !== undefined) return state.group = known
  const group: Group = { name, millis: Infinity, seen: 0, small: false, bytes: 0 }
  groups.set(name, group)
  if (groups.size > 4096) { for (const oldest of groups.keys()) if (groups.delete(oldest)) break }
  return state.group = group
}

export const bump = <A>(counts: Map<A, number>, of: A, by: number): void => {
  const count = (counts.get(of) ?? 0) + by
  if (count === 0) counts.delete(of)
  else counts.set(of, count)
}
