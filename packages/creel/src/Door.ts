/**
 * The way from a peer to its scheduler: notes both ways, values from holder to reader, and the questions people ask.
 * A client or a worker knows only its door; whether the scheduler stands behind it in this thread, in another one or
 * on another machine is the door's own business.
 *
 * Promises: notes given to `send` arrives once and in order, or the door calls `reset` and the peer tells again all
 * that it wants and holds. `send` never waits and never fails.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import type { Payload } from "@creel/core/Payload"
import type * as Scheduler from "@creel/core/Scheduler"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Line from "./door/line.js"
import type { ReadFailed } from "./door/readFailed.js"
import * as rpcDoor from "./door/rpcDoor.js"
import * as doorServer from "./door/server.js"
import type { ManageError } from "./ManageError.js"
import type * as Observe from "./Observe.js"
import type { Introduction } from "./Rpcs.js"
import { SchedulerRpcs, TrustedRpcs } from "./Rpcs.js"

/**
 * How a peer hears.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ears<Down> {
  /**
   * A session begins (the first, or one after a break, or with a new scheduler): tell all, first of all. `unacked` are
   * the notes that the last session leaves unacknowledged.
   */
  readonly reset: (welcome: Note.Welcome, unacked: ReadonlyArray<Note.Note>) => void
  /** Notes have arrived: so many bytes of new work are no longer waiting to. */
  readonly acked: (bytes: number) => void
  readonly notes: (notes: ReadonlyArray<Down>) => void
  /** The way is broken, for now. */
  readonly down: () => void
  /** The cluster is over: nothing will be answered any more. */
  readonly over: (why: string) => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Mouth<Up> {
  readonly send: (notes: ReadonlyArray<Up>) => void
  /** Said by whoever attached a peer that is elsewhere: the way to it is broken, and its lease runs. */
  readonly broken?: (() => void) | undefined
  /** A session begins that the scheduler did not ask for: nothing is said in it before the peer has told. */
  readonly fresh?: (() => void) | undefined
  /** The same session goes on. */
  readonly back?: (() => void) | undefined
  /** There is proof that it is dead. */
  readonly lost?: ((detail: string) => void) | undefined
}

export {
  /**
   * A holder did not give the value.
   *
   * @since 0.1.0
   * @category errors
   */
  ReadFailed
} from "./door/readFailed.js"

/**
 * Where a task stands: `summary` says it all to a person, the rest is for programs.
 *
 * @since 0.1.0
 * @category models
 */
export type Explanation = Scheduler.Explanation

/**
 * One worker as the scheduler sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkerView {
  readonly id: Id.WorkerId
  readonly name: string
  readonly node: string
  /** The machine it is on, where that is known. */
  readonly host: string | undefined
  readonly status: "running" | "suspect" | "leaving"
  readonly slots: number
  /** Attempts given to it that have not ended. */
  readonly assigned: number
  readonly values: number
  readonly heldBytes: number
  /** What values take there, in bytes, where its memory has a limit; as old as its last sign of life. */
  readonly memory: Note.WorkerMemory | undefined
  /** Bytes of the process in which it is, its threads included, where that is known. */
  readonly processBytes: number | undefined
  /** What its executors said last of their heaps (and of their processes), where they say that. */
  readonly executors: ReadonlyArray<Note.ExecutorMemory>
  readonly resources: Readonly<Record<string, number>>
  readonly tasks: ReadonlyArray<string>
}

/**
 * How far a group of tasks (those of one name) is.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupProgress {
  readonly group: string
  readonly waiting: number
  readonly queued: number
  readonly running: number
  readonly done: number
  readonly erred: number
  readonly total: number
  /** Expected milliseconds until the last is done, from measured durations. */
  readonly millisLeft: number | undefined
}

/**
 * One decision of the scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoryLine {
  readonly at: number
  readonly subject: string
  readonly what: string
  /** What is to be said beside that, as a person reads it; may be empty. */
  readonly detail: string
  /** The worker or client it was told or told of, by id, where the subject is a key. */
  readonly peer: string | undefined
  /** That one's name, or its id where the scheduler no longer knows it. */
  readonly name: string | undefined
  /** How long the attempt ran that made what it speaks of, in milliseconds. */
  readonly millis: number | undefined
}

/**
 * How far the copies of a value are that `replicate` or `checkpoint` asked for. `short`: there are fewer than asked, and no worker can
 * take another now; one that joins is given one. `failed`, `unknown`: there will be none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copies {
  readonly key: Id.Key
  /** The names of those that hold it. */
  readonly workers: ReadonlyArray<string>
  readonly state: "pending" | "copying" | "done" | "short" | "failed" | "unknown"
}

/**
 * How far a worker is that is to leave. `busy`: tasks run there, or values are being copied. `stuck`: no other worker
 * can take what only it holds, so it stays after all. `retired`: nothing is left there, and whoever started it may stop
 * it. `left`: it was stopped. `own`: who asks runs there, or was submitted by what runs there, and would wait for itself: it
 * goes on as before.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retiring {
  readonly state: "unknown" | "busy" | "stuck" | "retired" | "left" | "own"
  /** Tasks that still run there. */
  readonly tasks: number
  /** Values that only it holds, and that are being copied. */
  readonly copying: number
  /** Values that only it holds, and that no other worker can take. */
  readonly stuck: number
}

/**
 * What values take on one worker, in bytes, as the scheduler knows it. `heldBytes` is of now; what the worker says of
 * itself is as old as its last sign of life.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryOfWorker {
  readonly id: Id.WorkerId
  readonly name: string
  /** The process it lives in; several workers may share one. */
  readonly node: string
  readonly values: number
  /** Of all values it holds, in memory and on disk, by the scheduler's own count. */
  readonly heldBytes: number
  /** Of values in memory and set aside for those on their way. Without a limit: `heldBytes`. */
  readonly managed: number
  /** The most that `managed` ever was, between signs of life too; absent where there is no limit. */
  readonly peak: number | undefined
  /** Of values on disk. */
  readonly spilled: number
  /** What of `managed` stands in memory that is shared with its executors (threads), where that is known. */
  readonly shared: number | undefined
  /** Of its whole process, where that is known; the same for all workers of one process. */
  readonly process: number | undefined
  /**
   * What of `process` is none of the managed bytes of its workers: heaps, code, buffers of running tasks, what was freed and
   * is not given back yet. The same for all workers of one process.
   */
  readonly rest: number | undefined
  /** Managed bytes at most; absent where there is no limit. */
  readonly limit: number | undefined
  /** Whether there is so little room that one job after another begins. */
  readonly paused: boolean
  /** The heap of each of its executors beside the limit of that heap, and its process if it is one, where that is known. */
  readonly executors: ReadonlyArray<Note.ExecutorMemory>
}

/**
 * What workers hold of one group of tasks: so many values, so many copies of them, and the bytes of all copies.
 *
 * @since 0.1.0
 * @category models
 */
export type MemoryOfGroup = Scheduler.HeldOfGroup

/**
 * A value on workers: the bytes of one copy, and how many copies there are.
 *
 * @since 0.1.0
 * @category models
 */
export type HeldValue = Scheduler.HeldValue

/**
 * What is held where, in bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Memory {
  readonly workers: ReadonlyArray<MemoryOfWorker>
  /** The most bytes first. */
  readonly groups: ReadonlyArray<MemoryOfGroup>
  /** The twenty largest values. */
  readonly largest: ReadonlyArray<HeldValue>
  /** Of small values that the scheduler keeps itself. */
  readonly scheduler: number
}

/**
 * Why a key is known, and its value held: `summary` says it all to a person. Holders are named as `whoHas` names them.
 *
 * @since 0.1.0
 * @category models
 */
export type WhyHeld = Scheduler.WhyHeld

/**
 * What would go if a client released some keys.
 *
 * @since 0.1.0
 * @category models
 */
export type WouldFree = Scheduler.WouldFree

/**
 * `AdaptOptions` of `Cluster` as plain numbers; times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Adapting {
  readonly minimum: number
  readonly maximum: number
  readonly target: number
  readonly interval: number
  readonly waitCount: number
  readonly idle: number
}

/**
 * A node that adapts, as it says itself: how many slots it may have at most, in how many milliseconds it asks again, and in
 * words what it has changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface DemandOfNode {
  readonly node: string
  readonly slots: number
  readonly interval: number
  readonly changed: string | undefined
}

/**
 * What there is to do for a node. `work`: milliseconds, weighed by slots. `parallel`: how many slots could be busy with it at
 * once. `elsewhere`: slots of nodes that do not adapt. `share`: which part of the rest falls to this node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Demand {
  readonly work: number
  readonly parallel: number
  readonly elsewhere: number
  readonly share: number
  /** Those of the node. */
  readonly workers: ReadonlyArray<Scheduler.DemandOfWorker>
}

/**
 * What can be asked of the scheduler. Answers are of the moment.
 *
 * @since 0.1.0
 * @category models
 */
export interface Questions {
  readonly explain: (key: Id.Key) => Effect.Effect<Explanation>
  readonly whoHas: (keys: ReadonlyArray<Id.Key>) => Effect.Effect<Readonly<Record<Id.Key, ReadonlyArray<string>>>>
  readonly hasWhat: Effect.Effect<Readonly<Record<string, ReadonlyArray<Id.Key>>>>
  readonly workers: Effect.Effect<ReadonlyArray<WorkerView>>
  /** Bytes held per group of tasks; a value held twice counts twice. */
  readonly nbytes: Effect.Effect<Readonly<Record<string, number>>>
  /** `values`: by group and the largest too, for which every value is looked at. */
  readonly memory: (values: boolean) => Effect.Effect<Memory>
  readonly whyHeld: (key: Id.Key) => Effect.Effect<WhyHeld>
  readonly wouldFree: (client: Id.ClientId, keys: ReadonlyArray<Id.Key>) => Effect.Effect<WouldFree>
  /** Of these keys and all they need, or of everything known. */
  readonly progress: (keys: ReadonlyArray<Id.Key> | undefined) => Effect.Effect<ReadonlyArray<GroupProgress>>
  readonly story: (subject: string) => Effect.Effect<ReadonlyArray<StoryLine>>
  readonly restart: (by: string) => Effect.Effect<void, ManageError>
  /** Ends this life of the scheduler; the next, here or elsewhere, is told all by its peers. Answers before that. */
  readonly restartScheduler: (by: string) => Effect.Effect<void, ManageError>
  /**
   * Stops these, and what depends on them, whoever wants them: their futures end as `Cancelled`, naming who asked and why.
   * Answers which of them were unfinished.
   */
  readonly cancel: (
    keys: ReadonlyArray<Id.Key>,
    options: { readonly by: string; readonly reason: string }
  ) => Effect.Effect<ReadonlyArray<Id.Key>, ManageError>
  /**
   * So many workers, where the cluster can start them itself. Those that go may take so many milliseconds to hand over what
   * only they hold.
   */
  readonly scale: (workers: number, within: number | undefined) => Effect.Effect<void, ManageError>
  /** As many as there is work for, for as long as the scope is open. */
  readonly adapt: (adapting: Adapting) => Effect.Effect<void, ManageError, Scope.Scope>
  /** Asked by a node that adapts, each time anew: what there is to do for it. What it has changed since is written down. */
  readonly demand: (node: DemandOfNode) => Effect.Effect<Demand>
  /** So many workers are to hold each of these, from now on. Asked again, it says how far that is. */
  readonly replicate: (
    keys: ReadonlyArray<Id.Key>,
    copies: number,
    workers: ReadonlyArray<string> | undefined
  ) => Effect.Effect<ReadonlyArray<Copies>>
  /** What these are made from is to be forgotten, once their values are kept twice. Asked again, it says how far that is. */
  readonly checkpoint: (keys: ReadonlyArray<Id.Key>) => Effect.Effect<ReadonlyArray<Copies>>
  /** Has values move to where there are fewer bytes. Says how many are on their way. */
  readonly rebalance: (
    keys: ReadonlyArray<Id.Key> | undefined,
    workers: ReadonlyArray<string> | undefined
  ) => Effect.Effect<number>
  /** How many values are on their way to a place that `rebalance` or `replicate` gave them. */
  readonly moving: Effect.Effect<number>
  /**
   * The whole at a glance, and what happened since the last one. Who asks looks on, unless they say otherwise: for five
   * seconds workers report what they do.
   */
  readonly observe: (options: Observe.GlanceOptions) => Effect.Effect<Observe.Glance>
  /** All that is known of one key; absent where nothing is. */
  readonly key: (key: Id.Key) => Effect.Effect<Observe.KeyView | undefined>
  /** What needs what: key by key where there are at most so many, else by group. Every key is looked at. */
  readonly graph: (max: number) => Effect.Effect<Observe.GraphView>
  /** What executors spend their time on, looked at for a while. */
  readonly profile: (options: Observe.ProfileOptions) => Effect.Effect<Observe.Profile>
  /** Who supervises whom, where the scheduler is. */
  readonly tree: Effect.Effect<Observe.Tree>
  /**
   * This worker, by name or id, is to leave. Asked again, it says how far that is. `over`: it stays after all. `by`: the
   * attempt that asks, where one does.
   */
  readonly retire: (
    worker: string,
    over?: boolean | undefined,
    by?: Id.Attempt | undefined
  ) => Effect.Effect<Retiring, ManageError>
}

/**
 * How values come here from their holders, and how those that a client brings are served.
 *
 * @since 0.1.0
 * @category models
 */
export interface Values {
  /** Brings a value here. */
  readonly read: (value: Id.ValueId, holder: Id.PeerId) => Effect.Effect<Payload, ReadFailed>
  /** Makes a value that this client brings readable for others, before any note speaks of it. */
  readonly offer: (client: Id.ClientId, value: Id.ValueId, payload: Payload) => void
  readonly withdraw: (client: Id.ClientId, value: Id.ValueId) => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service extends Values {
  readonly attachClient: (
    id: Id.ClientId,
    ears: Ears<Note.ToClient>
  ) => Effect.Effect<Mouth<Note.FromClient>, never, Scope.Scope>
  readonly attachWorker: (
    id: Id.WorkerId,
    ears: Ears<Note.ToWorker>
  ) => Effect.Effect<Mouth<Note.FromWorker>, never, Scope.Scope>
  readonly ask: Questions
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Door extends Context.Tag("creel/Door")<Door, Service>() {}

/**
 * A connection to a scheduler: it may break, and then another is made. `broken` ends when nothing more will come, or
 * nothing was heard for too long; `abort` fails all that is under way with an `RpcClientError`.
 *
 * @since 0.1.0
 * @category models
 */
export type Connection = Line.Connection

/**
 * The door of a scheduler that may move, and to which the way may break: `connect` finds it and connects to it, living in
 * the scope it is given, and is run anew after each break, with a backoff that it need not see to. `values`: how values
 * come here; by default as all else does, through the scheduler. `failed` is told each time `connect` fails, and how often
 * it has in a row.
 *
 * @since 0.1.0
 * @category constructors
 */
export const connected = (options: {
  readonly connect: Effect.Effect<Connection, unknown, Scope.Scope>
  readonly values?: Values | undefined
  readonly failed?: ((error: unknown, failures: number) => Effect.Effect<void>) | undefined
}): Effect.Effect<ConnectedDoor, never, Scope.Scope> =>
  Effect.gen(function*() {
    const line = new Line.Line(options.connect, options.failed ?? (() => Effect.void))
    const runtime = yield* Effect.runtime<never>()
    yield* Effect.forkScoped(Effect.interruptible(line.keeping))
    return {
      door: rpcDoor.make({
        line,
        runFork: (effect) => void Runtime.runFork(runtime)(effect),
        values: options.values
      }),
      client: Effect.map(line.way, (way) => way.client)
    }
  })

/**
 * A door, and what speaks through it just now; without a connection, what will.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectedDoor {
  readonly door: Service
  readonly client: Effect.Effect<Connection["client"]>
}

/**
 * The door of another thread, process or machine, reached by rpc. `trusted`: the other end is of this process or a
 * child of it, and what it says is not checked. Default: false.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRpc = (
  options?: { readonly trusted?: boolean | undefined }
): Layer.Layer<Door, never, RpcClient.Protocol> =>
  Layer.scoped(
    Door,
    Effect.gen(function*() {
      // The two groups differ in what they check, not in what they say.
      const group = options?.trusted === true ? TrustedRpcs : SchedulerRpcs
      const client = yield* RpcClient.make(group, { disableTracing: true })
      // Who is at its other end is there for as long as this end is.
      const connection = { client, broken: Effect.never, abort: Effect.void }
      return (yield* connected({ connect: Effect.succeed(connection) })).door
    })
  )

/**
 * Lets peers of another thread, process or machine in by this process's door. `lease`: how long a peer may be without
 * a connection before it is lost. Default: no time at all, for ends that die together with their connection.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = (
  options?: { readonly trusted?: boolean | undefined; readonly lease?: Duration.DurationInput | undefined }
): Layer.Layer<never, never, Door | RpcServer.Protocol> => {
  const group = options?.trusted === true ? TrustedRpcs : SchedulerRpcs
  return RpcServer.layer(group, { disableTracing: true, disableFatalDefects: true }).pipe(
    Layer.provide(
      group.toLayer(Effect.flatMap(Door, (door) => handlers({ door, lease: options?.lease ?? 0 })))
    )
  )
}

/**
 * What `handlers` can be told.
 *
 * - `lease`: how long a peer may be without a connection before it is lost; infinite: until the scheduler gives its verdict.
 * - `introduced`: what the other end of this connection (as `RpcServer` numbers them) has said of itself.
 * - `outlived`: somebody has heard a later scheduler, so this one is over.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandlersOptions {
  readonly door: Service
  readonly lease: Duration.DurationInput
  readonly introduced?: ((connection: number) => Introduction | undefined) | undefined
  readonly outlived?: ((highest: Id.Incarnation) => void) | undefined
}

/**
 * What answers `SchedulerRpcs` for peers that are elsewhere: they are attached to `door` for as long as the scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const handlers = (options: HandlersOptions): Effect.Effect<Handlers, never, Scope.Scope> =>
  doorServer.make({ ...options, lease: Duration.toMillis(options.lease) })

/**
 * @since 0.1.0
 * @category models
 */
export type Handlers = doorServer.Handlers
