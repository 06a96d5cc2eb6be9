/**
 * Executors that are worker threads: they share memory with their node, and start in a few milliseconds.
 *
 * @since 0.1.0
 */
import type { Executors } from "creel/Executor"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ResourceLimits, WorkerOptions } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import * as BootFile from "./boot/bootFile.js"
import * as Inside from "./executor/inside.js"
import type { NodeClusterError } from "./NodeClusterError.js"
import * as Backing from "./supervisor/backing.js"
import * as Module from "./supervisor/module.js"
import { bare, spawnWith, superviseOptions } from "./supervisor/options.js"
import * as Supervise from "./supervisor/supervise.js"

/**
 * How long an executor lives. One that is replaced loses nothing: another comes up first, then nothing more is given to it,
 * and when what it has is done it closes its services and is ended. So each of these can be passed by what is done meanwhile.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExecutorLimits {
  /** Attempts that end on it before it is replaced; up to a tenth fewer, so that not all go at once. Default: no limit. */
  readonly tasksMax?: number | undefined
  /** Time after which it is replaced; up to a tenth less, so that not all go at once. Default: no limit. */
  readonly lifetime?: Duration.DurationInput | undefined
  /** Bytes its heap may hold for about a second beyond what it held at first, before it is replaced. Default: no limit. */
  readonly heapGrowthMax?: number | undefined
  /**
   * Share of its heap's limit (`resourceLimits.maxOldGenerationSizeMb` of threads, `--max-old-space-size` of processes) that
   * it may hold for about a second: above, it is ended, which counts as a death for what runs on it. Default: 0.95.
   * `Infinity`: only V8 ends it. What computes without a pause is not looked at; V8 ends that at the limit.
   */
  readonly terminate?: number | undefined
}

/**
 * What executors of either kind are told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many. */
  readonly count: number
  readonly worker: { readonly id: string; readonly name: string }
  /** How many attempts that only wait share one executor. Default 32. */
  readonly io?: number | undefined
  /** Whole slots each offers. Default 1. */
  readonly slots?: number | undefined
  /** Whether functions sent by a client are run. Default `false`. */
  readonly plainFunctions?: boolean | undefined
  /** Whether tasks that write into their inputs fail with `InputMutated`. Default `false`. */
  readonly strict?: boolean | undefined
  /** How long one may take to come up. Default 1 minute. */
  readonly startWithin?: Duration.DurationInput | undefined
  /** How long running work and services may take to be finalized at the end. Default 2 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /**
   * How long one that was ended by force may take to be gone, before it is left to itself and another takes its place: native
   * code cannot be ended. Default 5 seconds.
   */
  readonly killWithin?: Duration.DurationInput | undefined
  /** How long each lives. */
  readonly executors?: ExecutorLimits | undefined
  /** How deaths are answered. Default: at most 10 restarts within a minute, after 50 ms, doubled up to 5 seconds. */
  readonly restarts?: {
    readonly limit?: number | undefined
    readonly period?: Duration.DurationInput | undefined
    readonly delay?: Duration.DurationInput | undefined
    readonly maxDelay?: Duration.DurationInput | undefined
  } | undefined
}

/**
 * Where a thread finds its tasks: a module that exports them, or an entry of one's own that ends in
 * `NodeWorker.launch`.
 *
 * @since 0.1.0
 * @category models
 */
export type ThreadSource =
  | { readonly tasks: URL | string; readonly spawn?: undefined }
  | { readonly tasks?: undefined; readonly spawn: () => Worker }

/**
 * @since 0.1.0
 * @category models
 */
export type ThreadOptions = Options & ThreadSource & {
  /**
   * Limits of each thread, as in `node:worker_threads`; for modules only (an entry's thread is made by `spawn`). Default:
   * Node's, with `maxYoungGenerationSizeMb: 64`, since what tasks allocate mostly dies young.
   */
  readonly resourceLimits?: ResourceLimits | undefined
}

/**
 * Executors with what a layer needs of them beyond running jobs: when they are ready, and where clients inside tasks
 * find the scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeExecutors extends Executors, Supervise.Supervised {}

/** Tasks that allocate much took 15 to 30 % less processor time than with Node's own 48 MB; beyond 64 memory grows faster. */
const defaultLimits: ResourceLimits = { maxYoungGenerationSizeMb: 64 }

/**
 * Threads that run the tasks of a module, or of an entry of one's own. Fails when the module cannot be what it is said
 * to be; what only shows while it loads fails `ready`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: ThreadOptions): Effect.Effect<NodeExecutors, NodeClusterError> =>
  Effect.gen(function*() {
    if (options.spawn !== undefined) {
      const spawn = options.spawn
      return yield* Supervise.make(superviseOptions(options, "thread", undefined, (name) =>
        Effect.map(
          spawnWith(name, () => Inside.threadAs(name, spawn)),
          Backing.fromThread
        )))
    }
    const module = yield* Module.resolve(options.tasks)
    const boot = yield* BootFile.locate
    return yield* Supervise.make(superviseOptions(options, "thread", module.url, (name) =>
      Effect.map(
        spawnWith(name, () =>
          Inside.threadAs(name, () =>
            new Worker(
              boot,
              bare<WorkerOptions>({
                name,
                workerData: { creelLoader: module.loader },
                resourceLimits: bare({ ...defaultLimits, ...options.resourceLimits }),
                ...BootFile.execArgv()
              })
            ))),
        Backing.fromThread
      )))
  })
