/**
 * A cluster on this machine: the scheduler and the workers' stores here (or, with `isolate`, in a thread of their own),
 * task code on threads or processes.
 *
 * @since 0.1.0
 */
import * as Client from "creel/Client"
import type * as Cluster from "creel/Cluster"
import type * as Door from "creel/Door"
import * as Engine from "creel/Engine"
import type { ExecutorEvent, Executors } from "creel/Executor"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ChildProcess } from "node:child_process"
import * as os from "node:os"
import type { ResourceLimits, Worker } from "node:worker_threads"
import * as DoorWire from "./internal/door.js"
import * as Inside from "./internal/inside.js"
import { NodeClusterError } from "./NodeClusterError.js"
import * as ProcessExecutors from "./ProcessExecutors.js"
import type { NodeExecutors } from "./ThreadExecutors.js"
import * as ThreadExecutors from "./ThreadExecutors.js"

/**
 * What both kinds of cluster can be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions extends Client.Options {
  /** How many workers share the executors evenly. Default: 1. */
  readonly workers?: number | undefined
  /** How many attempts that only wait share one executor. Default: 32. */
  readonly io?: number | undefined
  /** Abstract amounts each worker has, for tasks that ask for `resources`. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** Whether plain functions may be submitted. Default: true. */
  readonly plainFunctions?: boolean | undefined
  /** How long running work and services may take to be finalized when the cluster closes. Default: 2 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /** How long an executor may take to come up. Default: 30 seconds. */
  readonly startWithin?: Duration.DurationInput | undefined
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
  /** How many threads in all. Default: as many as the machine runs at once. */
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
  /** How many processes in all. Default: as many as the machine runs at once. */
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

type Make = (
  options: ThreadExecutors.Options
) => Effect.Effect<NodeExecutors, NodeClusterError>

const insideExecutor = Effect.suspend(() => {
  const executor = Inside.executor()
  if (executor === undefined) return Effect.void
  const detail = `the program starts a cluster inside ${executor}, an executor of another: ` +
    "the tasks' module is, or imports, the program"
  Inside.refuse(detail)
  return new NodeClusterError({ reason: "InsideExecutor", executor, detail })
})

const count = (name: string, n: number): Effect.Effect<number, NodeClusterError> =>
  Number.isInteger(n) && n >= 1
    ? Effect.succeed(n)
    : new NodeClusterError({ reason: "BadOption", detail: `${name} is ${n}, and has to be a whole number from 1` })

/** How many executors each worker gets; the first get one more where they do not come out even. */
const shares = (executors: number, workers: number): ReadonlyArray<number> =>
  Array.from({ length: workers }, (_, index) => Math.floor(executors / workers) + (index < executors % workers ? 1 : 0))

/** Started before anyone listens; what they say meanwhile is kept. */
const startEarly = Effect.fnUntraced(function*(executors: NodeExecutors) {
  let early: Array<ExecutorEvent> | undefined = []
  let emit = (event: ExecutorEvent): void => {
    early?.push(event)
  }
  yield* executors.start((event) => emit(event))
  yield* executors.ready
  const listening: Executors = {
    ...executors,
    start: (to) =>
      Effect.sync(() => {
        const said = early ?? []
        early = undefined
        emit = to
        for (const event of said) to(event)
      })
  }
  return listening
})

const executorsOf = (options: CommonOptions, counts: ReadonlyArray<number>, make: Make) =>
(worker: { readonly id: string; readonly name: string }): Effect.Effect<
  Executors,
  NodeClusterError,
  Door.Door | Scope.Scope
> =>
  Effect.gen(function*() {
    const index = Number(worker.name.slice(worker.name.lastIndexOf("-") + 1))
    const executors = yield* make({
      worker,
      // A worker that joins later, by `scale`, is as large as the first.
      count: counts[index] ?? counts[0] ?? 1,
      io: options.io,
      plainFunctions: options.plainFunctions ?? true,
      startWithin: options.startWithin,
      grace: options.grace,
      restarts: options.restarts
    })
    yield* Effect.flatMap(DoorWire.serve, executors.openDoor)
    return yield* startEarly(executors)
  })

const layerHere = (
  options: CommonOptions,
  kind: string,
  executors: number,
  make: Make
): Layer.Layer<Client.Client | Cluster.Cluster, NodeClusterError> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    yield* insideExecutor
    const total = yield* count(kind, executors)
    const workers = yield* count("workers", options.workers ?? 1)
    if (workers > total) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: `there are ${workers} workers and ${total} ${kind}, and each worker needs one of its own`
      })
    }
    return Client.layer(options).pipe(
      Layer.provideMerge(Engine.layer({
        kind: `${total} ${kind}`,
        workers,
        name: options.workerName,
        resources: options.resources,
        executors: executorsOf(options, shares(total, workers), make)
      }))
    )
  }))

const noSource = new NodeClusterError({
  reason: "BadOption",
  detail: "neither `tasks` nor `spawn` says where the executors find their tasks, or both do",
  advice: "give `tasks: new URL(\"./tasks.js\", import.meta.url)`, or `spawn: () => new Worker(new URL(\"./worker.js\", " +
    "import.meta.url))`"
})

const makeThreads = (options: ThreadsOptions): Make => (common) => {
  const { resourceLimits, spawn, tasks } = options
  if (tasks !== undefined && spawn === undefined) return ThreadExecutors.make({ ...common, tasks, resourceLimits })
  if (spawn !== undefined && tasks === undefined) return ThreadExecutors.make({ ...common, spawn })
  return noSource
}

const makeProcesses = (options: ProcessesOptions): Make => (common) => {
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
): Layer.Layer<Client.Client | Cluster.Cluster, NodeClusterError> =>
  layerHere(options, "threads", options.threads ?? os.availableParallelism(), makeThreads(options))

/**
 * A cluster whose executors are child processes, and a client of it. Closing it ends them all.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProcesses = (
  options: ProcessesOptions
): Layer.Layer<Client.Client | Cluster.Cluster, NodeClusterError> =>
  layerHere(options, "processes", options.processes ?? os.availableParallelism(), makeProcesses(options))
