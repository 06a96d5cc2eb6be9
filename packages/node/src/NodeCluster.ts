/**
 * A cluster on this machine: the scheduler and the workers' stores here (or, with `isolate`, in a thread of their own),
 * task code on threads or processes.
 *
 * @since 0.1.0
 */
import type * as Scheduler from "@creel/core/Scheduler"
import * as Client from "creel/Client"
import type * as Cluster from "creel/Cluster"
import type * as Door from "creel/Door"
import type * as Engine from "creel/Engine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ChildProcess } from "node:child_process"
import * as os from "node:os"
import type { ResourceLimits, Worker } from "node:worker_threads"
import * as Inside from "./executor/inside.js"
import * as Isolate from "./host/isolate.js"
import * as ClusterPlan from "./internal/clusterPlan.js"
import * as WrongOptions from "./internal/wrongOptions.js"
import { NodeClusterError } from "./NodeClusterError.js"
import * as ProcessExecutors from "./ProcessExecutors.js"
import * as ThreadExecutors from "./ThreadExecutors.js"

/**
 * What values may take in memory, and where they go beyond that.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryOptions {
  /**
   * Bytes that values may take in memory, on all workers together: held, and on their way. Default: half of what the
   * process may have. `Infinity`: as many as there are.
   */
  readonly limit?: number | undefined
  /** Share of the limit above which the values used least recently are spilled to the disk. Default: 0.6. */
  readonly target?: number | undefined
  /** Share of the limit above which each worker begins one task after another. Default: 0.8. */
  readonly pause?: number | undefined
  /**
   * The disk: in which directory (default: the system's, for temporary files), and how many bytes at most, on all workers
   * together (default: 32 times the limit, and at most half of what is free there). `false`: nothing is spilled.
   */
  readonly spill?: false | { readonly directory?: string | undefined; readonly max?: number | undefined } | undefined
}

/**
 * What both kinds of cluster can be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions extends Client.Options {
  /** How many workers share the executors evenly. Default: 1. */
  readonly workers?: number | undefined
  /**
   * How many workers there may be later, by `Client.scale` or `Client.adapt`: what `memory` limits is divided by so many. Each
   * that comes has as many executors as the first. Default: as many as there are.
   */
  readonly workersMax?: number | undefined
  /** How many attempts that only wait share one executor. Default: 32. */
  readonly io?: number | undefined
  /**
   * What this machine is called: values are asked of workers on the same machine first. Default: its host name.
   */
  readonly host?: string | undefined
  /** What values may take in memory, and where they go beyond that. */
  readonly memory?: MemoryOptions | undefined
  /**
   * How long a copy of a value stays that no unfinished task needs and nobody asked for; on a worker short of memory such
   * copies go at once. Default: 10 seconds. `Infinity`: as long as the value is held.
   */
  readonly copiesIdle?: Duration.DurationInput | undefined
  /**
   * Bytes that the scheduler may take to remember how released values were made, so that what was made from them can be
   * computed again; about 800 for a small task, and the arguments that clients serve for that alone. Beyond it the oldest is
   * cut: see `Client.checkpoint`. Default: 64 MiB.
   */
  readonly lineageBytes?: number | undefined
  /**
   * What is decided about copies of values: which go when nothing needs them, which move when a client asks for an even
   * spread. Pure functions; without one the cluster's own decides. Not with `isolate`: functions cannot go to a thread.
   */
  readonly policies?: Partial<Scheduler.Policies> | undefined
  /** Abstract amounts each worker has, for tasks that ask for `resources`. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** Whether plain functions may be submitted. Default: true. */
  readonly plainFunctions?: boolean | undefined
  /** Whether tasks that write into their inputs fail with `InputMutated`; costs a hash of each large one. Default: false. */
  readonly strict?: boolean | undefined
  /**
   * How long finalizers may take: of running work and services when the cluster closes (default: 2 seconds), and of work
   * that an interruption waits for (default: 5 seconds).
   */
  readonly grace?: Duration.DurationInput | undefined
  /** How long an executor may take to come up. Default: 1 minute. */
  readonly startWithin?: Duration.DurationInput | undefined
  /** After how many tasks, how long, or how much heap an executor is replaced, losing nothing. Default: never. */
  readonly executors?: ThreadExecutors.ExecutorLimits | undefined
  /** How deaths of executors are answered, see `ThreadExecutors.Options`. */
  readonly restarts?: ThreadExecutors.Options["restarts"]
  /** What workers are called: number `n` is `${workerName}-${n}`. Default: `worker`. */
  readonly workerName?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ThreadsOptions extends CommonOptions {
  /** How many threads in all, at most 1024. Default: as many as the machine runs at once. */
  readonly threads?: number | undefined
  /** The module that exports the tasks: `new URL("./tasks.js", import.meta.url)`, or a path from where the program runs. */
  readonly tasks?: URL | string | undefined
  /** Instead of `tasks`: starts a worker entry that ends in `NodeWorker.launch`. */
  readonly spawn?: (() => Worker) | undefined
  /** Limits of each thread, as in `node:worker_threads`. */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Whether scheduler and stores get a thread of their own, so that a busy program stalls nothing. Default: false. */
  readonly isolate?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ProcessesOptions extends CommonOptions {
  /** How many processes in all, at most 1024. Default: as many as the machine runs at once. */
  readonly processes?: number | undefined
  /** The module that exports the tasks: `new URL("./tasks.js", import.meta.url)`, or a path from where the program runs. */
  readonly tasks?: URL | string | undefined
  /** Instead of `tasks`: forks a worker entry that ends in `NodeWorker.launch`, with `serialization: "advanced"`. */
  readonly spawn?: (() => ChildProcess) | undefined
  /** Options of Node for each process, such as `--max-old-space-size=512`. */
  readonly execArgv?: ReadonlyArray<string> | undefined
  /** More variables for each process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Whether scheduler and stores get a thread of their own, so that a busy program stalls nothing. Default: false. */
  readonly isolate?: boolean | undefined
}

const insideExecutor = Effect.suspend(() => {
  const executor = Inside.executor()
  if (executor === undefined) return Effect.void
  const detail = `the program starts a cluster inside ${executor}, an executor of another: ` +
    "the tasks' module is, or imports, the program"
  Inside.refuse(detail)
  return new NodeClusterError({ reason: "InsideExecutor", executor, detail })
})

const layerOf = (
  options: CommonOptions & { readonly isolate?: boolean | undefined },
  planned: () => ClusterPlan.Plan,
  more: () => Isolate.More
): Layer.Layer<Client.Client | Cluster.Cluster | Door.Door, NodeClusterError> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    yield* insideExecutor
    yield* WrongOptions.check(options)
    const plan = planned()
    yield* ClusterPlan.check(plan)
    const engine = options.isolate === true ? yield* Isolate.layer(plan, more()) : ClusterPlan.layerEngine(plan)
    return Layer.provideMerge(Client.layer(options), engine)
  }))

const planOf = (
  options: CommonOptions,
  kind: ClusterPlan.Plan["kind"],
  executors: number | undefined,
  make: ClusterPlan.Make
): ClusterPlan.Plan => ({
  kind,
  executors: executors ?? os.availableParallelism(),
  workers: options.workers ?? 1,
  workersMax: options.workersMax,
  make,
  io: options.io,
  resources: options.resources,
  plainFunctions: options.plainFunctions ?? true,
  strict: options.strict ?? false,
  grace: options.grace,
  startWithin: options.startWithin,
  restarts: options.restarts,
  executorLimits: options.executors === undefined ? undefined : {
    ...options.executors,
    // As a number it can go to another thread.
    lifetime: options.executors.lifetime === undefined ? undefined : Duration.toMillis(options.executors.lifetime)
  },
  workerName: options.workerName,
  host: options.host ?? os.hostname(),
  policies: options.policies,
  lineageBytes: options.lineageBytes,
  copiesIdle: options.copiesIdle === undefined ? undefined : Duration.toMillis(options.copiesIdle),
  memory: options.memory ?? {}
})

const noSource = new NodeClusterError({
  reason: "BadOption",
  detail: "neither `tasks` nor `spawn` says where the executors find their tasks, or both do",
  advice:
    "give `tasks: new URL(\"./tasks.js\", import.meta.url)`, or `spawn: () => new Worker(new URL(\"./worker.js\", " +
    "import.meta.url))`"
})

const makeThreads = (options: ThreadsOptions): ClusterPlan.Make => (common) => {
  const { resourceLimits, spawn, tasks } = options
  if (tasks !== undefined && spawn === undefined) return ThreadExecutors.make({ ...common, tasks, resourceLimits })
  if (spawn !== undefined && tasks === undefined) return ThreadExecutors.make({ ...common, spawn })
  return noSource
}

const makeProcesses = (options: ProcessesOptions): ClusterPlan.Make => (common) => {
  const { env, execArgv, spawn, tasks } = options
  if (tasks !== undefined && spawn === undefined) return ProcessExecutors.make({ ...common, tasks, execArgv, env })
  if (spawn !== undefined && tasks === undefined) return ProcessExecutors.make({ ...common, spawn })
  return noSource
}

/**
 * A cluster whose executors are threads of this process, and a client of it. Closing it ends them all.
 *
 * @example
 * ```ts
 * import { NodeCluster } from "@creel/node"
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
 *
 * const program = Client.run(inc, 1).pipe(
 *   Effect.provide(NodeCluster.layerThreads({ threads: 4, tasks: new URL("./tasks.js", import.meta.url) }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerThreads = (
  options: ThreadsOptions
): Layer.Layer<Client.Client | Cluster.Cluster | Door.Door, NodeClusterError> =>
  layerOf(
    options,
    () => planOf(options, "threads", options.threads, makeThreads(options)),
    () => ({ tasks: options.tasks, resourceLimits: options.resourceLimits })
  )

/**
 * A cluster whose executors are child processes, and a client of it. Closing it ends them all.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProcesses = (
  options: ProcessesOptions
): Layer.Layer<Client.Client | Cluster.Cluster | Door.Door, NodeClusterError> =>
  layerOf(
    options,
    () => planOf(options, "processes", options.processes, makeProcesses(options)),
    () => ({ tasks: options.tasks, execArgv: options.execArgv, env: options.env })
  )

const engineOf = (
  options: CommonOptions,
  planned: () => ClusterPlan.Plan
): Effect.Effect<Engine.Options<NodeClusterError, never>, NodeClusterError> =>
  Effect.gen(function*() {
    yield* insideExecutor
    yield* WrongOptions.check(options)
    const plan = planned()
    yield* ClusterPlan.check(plan)
    return ClusterPlan.engineOptions(plan)
  })

/**
 * What workers on threads are made of, for clusters whose scheduler is elsewhere (`Engine.workers`). Fails for options
 * that cannot mean anything.
 *
 * @since 0.1.0
 * @category constructors
 */
export const engineThreads = (
  options: Omit<ThreadsOptions, "isolate">
): Effect.Effect<Engine.Options<NodeClusterError, never>, NodeClusterError> =>
  engineOf(options, () => planOf(options, "threads", options.threads, makeThreads(options)))

/**
 * The same, on child processes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const engineProcesses = (
  options: Omit<ProcessesOptions, "isolate">
): Effect.Effect<Engine.Options<NodeClusterError, never>, NodeClusterError> =>
  engineOf(options, () => planOf(options, "processes", options.processes, makeProcesses(options)))
