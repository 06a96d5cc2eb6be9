/**
 * Everything the three machines say to each other, grouped by who speaks. Facts are past tense, requests imperative.
 * Plain data only: a note can be posted to another thread or written to a socket as it stands.
 *
 * What is not here: values (they go from holder to reader by the data plane), links (`Link` numbers, keeps and
 * re-sends frames of notes), and questions a person asks (`Scheduler.explain` and the like read the state).
 *
 * Every key a client wants carries that client's want number: it grows each time the key becomes wanted, answers echo
 * it, and an answer to an older want is dropped.
 *
 * @since 0.1.0
 */
import type { Failure } from "./Failure.js"
import type { Attempt, ClientId, Incarnation, Key, PeerId, ValueId, WorkerId } from "./Id.js"
import type { Payload } from "./Payload.js"
import type { Spec } from "./Spec.js"

// -------------------------------------------------------------------------------------------------
// client → scheduler
// -------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export interface Want {
  readonly key: Key
  readonly want: number
  /** Of the work that is meant, where the note brings no spec; absent: whatever the key names. */
  readonly digest?: string | undefined
}

/**
 * An executor or a worker died under a task while it ran.
 *
 * @since 0.1.0
 * @category models
 */
export interface Death {
  /**
   * Under which attempt, by which it is known again: two schedulers may tell of it, one of which went on too late. None where an
   * older build counted one that perhaps was.
   */
  readonly attempt: Attempt | undefined
  /** Who died, and how. */
  readonly how: string
}

/**
 * What is counted against a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface Spent {
  readonly key: Key
  readonly digest: string
  /** Failures that retries hid. */
  readonly failures: number
  /** In order, each once. */
  readonly deaths: ReadonlyArray<Death>
  /** The attempt that is about to begin, where it may take the scheduler's own process along. */
  readonly begins: Attempt | undefined
}

/**
 * Begins every session of a client: what it wants and how that is made, released inputs included. A new client tells
 * empty lists.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface ClientTold {
  readonly _tag: "ClientTold"
  readonly name: string
  readonly specs: ReadonlyArray<Spec>
  readonly wants: ReadonlyArray<
    Want & {
      /** What this client was last told: nothing, the value's id, or the failure itself. */
      readonly told: undefined | { readonly value: ValueId; readonly digest: string } | { readonly failure: Failure }
      readonly keep: boolean
    }
  >
  readonly offers: ReadonlyArray<Offer>
  /** Keys among those of `specs` whose lineage was cut: their inputs are not told, and need not be known. */
  readonly cut?: ReadonlyArray<Key> | undefined
  /** What was last heard to be counted against tasks among `specs`. */
  readonly spent?: ReadonlyArray<Spent> | undefined
}
/**
 * @since 0.1.0
 * @category client notes
 */
export interface Submit {
  readonly _tag: "Submit"
  /** Inputs stand before the specs that name them, or are known already. */
  readonly specs: ReadonlyArray<Spec>
  readonly wants: ReadonlyArray<Want>
  /** Wanted by the cluster itself until done, whoever leaves: fire and forget. */
  readonly keep: ReadonlyArray<Key>
}
/**
 * @since 0.1.0
 * @category client notes
 */
export interface Release {
  readonly _tag: "Release"
  readonly wants: ReadonlyArray<Want>
  /** Whether to answer `Ended` for each once nothing of it runs any more (or others want it too). */
  readonly answer: boolean
}
/**
 * Stop these for everyone, dependents included. Without `force`, keys that other clients want too only lose this
 * client's want; with it, they end for all and running code that does not yield is ended with its executor.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface Cancel {
  readonly _tag: "Cancel"
  readonly wants: ReadonlyArray<Want>
  readonly force: boolean
  readonly by: string
  readonly reason: string
}
/**
 * Try failed keys again, from the first failure they are blamed on. The key's want number has grown.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface Retry {
  readonly _tag: "Retry"
  readonly wants: ReadonlyArray<Want>
  /** It was said before, perhaps to an earlier life: what was counted since is not forgiven. */
  readonly again?: boolean | undefined
}
/**
 * A value this client brings and serves: a large argument, or data to scatter.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface Offer {
  readonly _tag: "Offer"
  readonly key: Key
  readonly value: ValueId
  readonly digest: string
  readonly bytes: number
  readonly inline: Payload | undefined
  /** Copies to be made on workers: none for an argument; `workers` absent: any. `all`: one on each of them. */
  readonly scatter: undefined | { readonly workers: ReadonlyArray<string> | undefined; readonly all: boolean }
  /** The client was told to drop its own copy: it names the data, which only workers hold. */
  readonly dropped?: true
}
/**
 * A reader could not get a value from this holder.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface FetchFailed {
  readonly _tag: "FetchFailed"
  readonly key: Key
  readonly value: ValueId
  readonly holder: PeerId
  readonly why: "gone" | "unreachable" | "corrupt"
}
/**
 * A client says goodbye: all it wanted is released.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface ClientLeft {
  readonly _tag: "ClientLeft"
}
/**
 * This client remembers what `TaskSpent` said of an attempt that is about to begin.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface SpentHeard {
  readonly _tag: "SpentHeard"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * @since 0.1.0
 * @category client notes
 */
export type FromClient =
  | ClientTold
  | Submit
  | Release
  | Cancel
  | Retry
  | Offer
  | FetchFailed
  | SpentHeard
  | ClientLeft

// -------------------------------------------------------------------------------------------------
// scheduler → client
// -------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category client notes
 */
export interface TaskStored {
  readonly _tag: "TaskStored"
  readonly key: Key
  readonly want: number
  readonly value: ValueId
  readonly digest: string
  readonly bytes: number
  /** The kind of value, as a person would say it: `number`, `Array(3)`. */
  readonly type: string
  readonly holders: ReadonlyArray<PeerId>
  readonly inline: Payload | undefined
}
/**
 * @since 0.1.0
 * @category client notes
 */
export interface TaskNotStored {
  readonly _tag: "TaskNotStored"
  readonly key: Key
  readonly want: number
  readonly failure: Failure
}
/**
 * The last holder went, and the value is being made again.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface TaskPending {
  readonly _tag: "TaskPending"
  readonly key: Key
  readonly want: number
}
/**
 * Answers a `Release` that asked: nothing that only this want kept going runs any more.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface Ended {
  readonly _tag: "Ended"
  readonly key: Key
  readonly want: number
}
/**
 * What this key was made from need not be remembered any more: its value is kept, and cannot be made again.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface LineageCut {
  readonly _tag: "LineageCut"
  readonly key: Key
  readonly digest: string
  /** The greatest want number this client was heard to give: it says nothing of what was submitted after that. */
  readonly want: number
}
/**
 * What is counted against a task has changed. It outlives the scheduler with those who want the task: a later life is told.
 * With `begins` it is to be answered by `SpentHeard`: the attempt begins when all have.
 *
 * @since 0.1.0
 * @category client notes
 */
export interface TaskSpent extends Spent {
  readonly _tag: "TaskSpent"
}
/**
 * @since 0.1.0
 * @category client notes
 */
export type ToClient = TaskStored | TaskNotStored | TaskPending | Ended | DropValue | LineageCut | TaskSpent

// -------------------------------------------------------------------------------------------------
// worker → scheduler
// -------------------------------------------------------------------------------------------------

/**
 * What a worker is and can do.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerInfo {
  /** What users call it in `workers:`; stays the same when the worker is started again. */
  readonly name: string
  /** The process it lives in: workers of one node share memory, so nothing is copied between them. */
  readonly node: string
  /** The machine it is on: between workers of one host values travel a shorter way. Absent: not known. */
  readonly host?: string | undefined
  /** It is to leave as soon as nothing is only there, and waits to be told so: see `MayLeave`. */
  readonly leaving?: boolean | undefined
  /** Executors, each one whole slot. */
  readonly slots: number
  readonly resources: Readonly<Record<string, number>>
  /** What it can run (see `Spec.task`). */
  readonly tasks: ReadonlyArray<string>
}
/**
 * Begins every session of a worker. A new worker tells empty lists.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface WorkerTold {
  readonly _tag: "WorkerTold"
  readonly info: WorkerInfo
  readonly values: ReadonlyArray<ValueHeld>
  readonly jobs: ReadonlyArray<{
    readonly spec: Spec
    readonly attempt: Attempt
    readonly state: "Gathering" | "Ready" | "Running"
    /** Milliseconds since the epoch at which it began to run. */
    readonly since: number | undefined
    readonly suspended: boolean
    readonly inputs: ReadonlyArray<ValueId>
    /** Failures before it, as `RunTask` said. */
    readonly failures: number
    readonly cancelled: boolean
  }>
  /** Ends of attempts not yet acknowledged. */
  readonly outcomes: ReadonlyArray<TaskFailed | TaskReturned | TaskEnded | TaskDied>
}
/**
 * It runs, and has for a while: very short tasks are over before this would be said.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskStarted {
  readonly _tag: "TaskStarted"
  readonly key: Key
  readonly attempt: Attempt
  readonly at: number
  /** It has its place, and begins once it is told `BeginTask`. */
  readonly asks?: true | undefined
}
/**
 * This worker holds this value, servable from now on. `computed` ends the attempt that made it.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface ValueHeld {
  readonly _tag: "ValueHeld"
  readonly key: Key
  readonly value: ValueId
  /** The attempt that made it; absent for scattered data. */
  readonly attempt: Attempt | undefined
  /** Of the spec it answers. */
  readonly digest: string
  readonly bytes: number
  readonly type: string
  /** `replicated`: a copy made because somebody asked for so many. */
  readonly how: "computed" | "copied" | "scattered" | "replicated"
  /** How long it ran, or was on its way, in milliseconds. */
  readonly millis: number
  readonly inline: Payload | undefined
}
/**
 * An attempt failed. `retryAfter` in milliseconds where the task's own schedule grants a retry; `final` where that
 * schedule has spoken its last word; `undecided` where the task has none and the spec's `retry` decides.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskFailed {
  readonly _tag: "TaskFailed"
  readonly key: Key
  readonly attempt: Attempt
  readonly failure: Failure
  /** The `_tag` of the typed failure, for filters. */
  readonly tag: string | undefined
  readonly verdict: "final" | "undecided" | { readonly retryAfter: number }
  readonly millis: number
}
/**
 * The job comes back unstarted (or started and innocent): nobody is to blame.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskReturned {
  readonly _tag: "TaskReturned"
  readonly key: Key
  readonly attempt: Attempt
  readonly why: "recalled" | "unfetchable" | "input withdrawn" | "executor ended" | "leaving" | "no such task"
}
/**
 * A cancelled attempt has ended: its slot is free.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskEnded {
  readonly _tag: "TaskEnded"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * The executor died while this attempt ran on it. Counts as a death of the task.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskDied {
  readonly _tag: "TaskDied"
  readonly key: Key
  readonly attempt: Attempt
  /** Exit code, signal, out of memory, what standard error said last. */
  readonly detail: string
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export interface RecallRefused {
  readonly _tag: "RecallRefused"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * The attempt waits for these futures and has given its slot away.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskSuspended {
  readonly _tag: "TaskSuspended"
  readonly key: Key
  readonly attempt: Attempt
  readonly on: ReadonlyArray<Key>
  /** Who waits: the client through which the attempt submits. Absent: all clients that submitted from its worker. */
  readonly client?: ClientId | undefined
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export interface TaskResumed {
  readonly _tag: "TaskResumed"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * This worker no longer has the value, though nobody told it to drop it.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface ValueGone {
  readonly _tag: "ValueGone"
  readonly key: Key
  readonly value: ValueId
}
/**
 * What values take on a worker whose memory has a limit, in bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerMemory {
  readonly limit: number
  /** Of values in memory, and set aside for those on their way. */
  readonly managed: number
  /** The most that `managed` ever was. */
  readonly peak: number
  readonly spilled: number
  /** Whether there is so little room that one job after another begins. */
  readonly paused: boolean
  /** Whether values could not be read back from its disk lately: its copies are not relied on. */
  readonly failing?: boolean | undefined
}
/**
 * What an executor said last of its memory, in bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExecutorMemory {
  readonly executor: string
  /** Of its heap, which has a limit of its own. */
  readonly heapUsed: number
  readonly heapLimit: number
  /** Of its process, if it is one. */
  readonly processBytes: number | undefined
}
/**
 * How busy the process of a worker was since it said so last.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProcessUse {
  /** Processors that the whole process used, threads included: 1.5 is one and a half. */
  readonly processors: number
  /** 0 to 1: for how much of the time the event loop of the worker itself could not turn. */
  readonly loop: number
}
/**
 * Signs of life, on a period of the scheduler's choosing; silence is what makes a worker suspect.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface Heartbeat {
  readonly _tag: "Heartbeat"
  readonly heldBytes: number
  /** Bytes of the whole process, threads included, where known. */
  readonly processBytes: number | undefined
  /** Bytes of values in memory that stand in memory shared with executors, where known. */
  readonly sharedBytes?: number | undefined
  readonly use?: ProcessUse | undefined
  /** 0 to 1: how busy the executors were since the last one. */
  readonly busy: number | undefined
  readonly memory?: WorkerMemory | undefined
  /** Its executors, where they say what they take. */
  readonly executors?: ReadonlyArray<ExecutorMemory> | undefined
}
/**
 * Executors came or went.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface WorkerChanged {
  readonly _tag: "WorkerChanged"
  readonly info: WorkerInfo
}
/**
 * What a worker does, in the order of `ActivityColumns.kinds`.
 *
 * @since 0.1.0
 * @category constants
 */
export const activityKinds = ["compute", "transfer", "spill", "load"] as const
/**
 * How it ended, in the order of `ActivityColumns.ends`.
 *
 * @since 0.1.0
 * @category constants
 */
export const activityEnds = ["done", "failed", "cancelled", "died"] as const
/**
 * What a worker did, as columns of equal length: one row each, in the order of their ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActivityColumns {
  /** Positions in `activityKinds`. */
  readonly kinds: ReadonlyArray<number>
  /** Positions in `activityEnds`. */
  readonly ends: ReadonlyArray<number>
  /** The task's group, as a position in `Activities.names`; an empty name where it is no task. */
  readonly groups: ReadonlyArray<number>
  /** The executor of a task, the holder of what was transferred, or nothing: a position in `Activities.names`. */
  readonly lanes: ReadonlyArray<number>
  readonly keys: ReadonlyArray<Key>
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly starts: ReadonlyArray<number>
  /** How long it took, in milliseconds. */
  readonly millis: ReadonlyArray<number>
  /** Of the value that was made or moved. */
  readonly bytes: ReadonlyArray<number>
}
/**
 * What it did of late, said while somebody looks on (`Watch`).
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface Activities {
  readonly _tag: "Activities"
  /** Its clock now: milliseconds since the epoch. */
  readonly at: number
  readonly names: ReadonlyArray<string>
  readonly columns: ActivityColumns
  /** How many more there were than are told. */
  readonly missed: number
}
/**
 * What code did, as a tree of calls, in columns of equal length. The first node is what all else is called by, its parent is -1;
 * a parent stands before its children, and children of one parent differ in name or place.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallTree {
  /** Each text once; the columns `titles` and `files` point into it. */
  readonly names: ReadonlyArray<string>
  readonly parents: ReadonlyArray<number>
  /** What functions are called. */
  readonly titles: ReadonlyArray<number>
  /** Where they stand. */
  readonly files: ReadonlyArray<number>
  /** The line there, from 1; 0 where there is none. */
  readonly lines: ReadonlyArray<number>
  /** Microseconds in the function itself, without those that it calls. */
  readonly selfs: ReadonlyArray<number>
}
/**
 * One executor that was to be profiled, in microseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExecutorProfiled {
  readonly executor: string
  /** How long it was looked at, and how much of that it had nothing to do. */
  readonly sampled: number
  readonly idle: number
  /** Why there is nothing of it. */
  readonly problem: string | undefined
}
/**
 * What its executors ran (`Profile`): below the first node of the tree stand the names of tasks, below these what they
 * called. What belongs to no task stands below an empty name.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface Profiled {
  readonly _tag: "Profiled"
  readonly profile: number
  readonly executors: ReadonlyArray<ExecutorProfiled>
  readonly tree: CallTree
}
/**
 * A graceful goodbye, said last.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface WorkerLeft {
  readonly _tag: "WorkerLeft"
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export type FromWorker =
  | WorkerTold
  | TaskStarted
  | ValueHeld
  | TaskFailed
  | TaskReturned
  | TaskEnded
  | TaskDied
  | RecallRefused
  | TaskSuspended
  | TaskResumed
  | ValueGone
  | FetchFailed
  | Heartbeat
  | Activities
  | Profiled
  | WorkerChanged
  | WorkerLeft

// -------------------------------------------------------------------------------------------------
// scheduler → worker
// -------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export interface Input {
  readonly key: Key
  readonly value: ValueId
  readonly digest: string
  readonly bytes: number
  /** Where it is; empty where `ahead`. */
  readonly holders: ReadonlyArray<PeerId>
  /** Not made yet: an earlier attempt on this same worker makes it. When that one leaves without a value, so does this job. */
  readonly ahead: boolean
  readonly inline: Payload | undefined
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export interface RunTask {
  readonly _tag: "RunTask"
  readonly spec: Spec
  readonly attempt: Attempt
  /** Lexicographic, smaller first: minus the user's priority, generation, order. */
  readonly order: readonly [number, number, number]
  readonly inputs: ReadonlyArray<Input>
  /** Failures so far: where the task's own retry schedule stands. */
  readonly failures: number
  /** Workers died that may have run it: it says so before it begins, and waits for `BeginTask`. */
  readonly asks?: true | undefined
}
/**
 * What would be counted against it if it took its process along is known to all who should: it may begin.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface BeginTask {
  readonly _tag: "BeginTask"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * Give it back, if it has not started.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface RecallTask {
  readonly _tag: "RecallTask"
  readonly key: Key
  readonly attempt: Attempt
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export interface CancelTask {
  readonly _tag: "CancelTask"
  readonly key: Key
  readonly attempt: Attempt
  readonly force: boolean
  readonly by: string
  readonly reason: string
}
/**
 * Make a copy here: scattered data, or a replica.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface FetchValue {
  readonly _tag: "FetchValue"
  readonly key: Key
  readonly value: ValueId
  readonly digest: string
  readonly bytes: number
  readonly holders: ReadonlyArray<PeerId>
  readonly inline: Payload | undefined
  readonly how: "copied" | "scattered" | "replicated"
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export interface DropValue {
  readonly _tag: "DropValue"
  readonly value: ValueId
}
/**
 * To a worker that is leaving: what it holds is elsewhere too, or needed by nobody.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface MayLeave {
  readonly _tag: "MayLeave"
}
/**
 * Somebody looks on, or nobody does any more: whether to tell `Activities`.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface Watch {
  readonly _tag: "Watch"
  readonly on: boolean
}
/**
 * Look at what the executors run, for so many milliseconds, each so many microseconds, and say it (`Profiled`). Neither machine
 * has to do with it: it passes between their hands.
 *
 * @since 0.1.0
 * @category worker notes
 */
export interface Profile {
  readonly _tag: "Profile"
  readonly profile: number
  readonly millis: number
  readonly interval: number
}
/**
 * @since 0.1.0
 * @category worker notes
 */
export type ToWorker =
  | RunTask
  | BeginTask
  | RecallTask
  | CancelTask
  | FetchValue
  | DropValue
  | MayLeave
  | Watch
  | Profile

/**
 * The body of a frame on a link, either way.
 *
 * @since 0.1.0
 * @category models
 */
export type Note = FromClient | ToClient | FromWorker | ToWorker

/**
 * What a scheduler says of itself when a session begins.
 *
 * @since 0.1.0
 * @category models
 */
export interface Welcome {
  readonly incarnation: Incarnation
  /** Milliseconds between heartbeats. */
  readonly heartbeat: number
}

export type {
  /**
   * The number of one try at a row: see `Id`.
   *
   * @since 0.1.0
   * @category models
   */
  Attempt,
  /**
   * The name of a piece of work: see `Id`.
   *
   * @since 0.1.0
   * @category models
   */
  Key,
  /**
   * A worker or a client: see `Id`.
   *
   * @since 0.1.0
   * @category models
   */
  PeerId,
  /**
   * The name of a value, by the attempt that made it: see `Id`.
   *
   * @since 0.1.0
   * @category models
   */
  ValueId,
  /**
   * One life of a worker: see `Id`.
   *
   * @since 0.1.0
   * @category models
   */
  WorkerId
}
