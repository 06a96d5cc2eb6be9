/**
 * The cluster a program has, for looking at it and for changing its size. What runs on it, `Client` says.
 *
 * @since 0.1.0
 */
import type * as Supervisor from "@creel/actor/Supervisor"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Door from "./Door.js"
import type { ManageError } from "./ManageError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface ScaleOptions {
  /**
   * How long workers that go may take until what runs there has ended and what only they hold is elsewhere. What is left
   * then ends, or is lost, with them. Default: 30 seconds. `0`: they go at once.
   */
  readonly within?: Duration.DurationInput | undefined
}

/**
 * How the number of workers follows what there is to do. What is no whole number where one has to be, or no time, is refused
 * with a defect.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdaptOptions {
  /** How many workers there are at least. Default: 1. With 0 the first is started when there is something to do. */
  readonly minimum?: number | undefined
  /** How many at most. */
  readonly maximum: number
  /**
   * Within which time what is known of should be done, by what tasks took so far: the shorter, the more workers. What takes
   * less than the start of a worker starts none. Default: 5 seconds.
   */
  readonly target?: Duration.DurationInput | undefined
  /** How often it is looked at. Default: 1 second. */
  readonly interval?: Duration.DurationInput | undefined
  /** How many times in a row fewer workers must have been enough before one goes. Default: 3. */
  readonly waitCount?: number | undefined
  /**
   * How long a worker must have had nothing to do before it goes; at least as long as the start of another takes. Default:
   * 5 seconds.
   */
  readonly idle?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** In one line: what it runs on, how many workers and slots, which tasks. */
  readonly describe: Effect.Effect<string>
  readonly workers: Effect.Effect<ReadonlyArray<Door.WorkerView>>
  /** So many workers; those that go hand over what only they hold. */
  readonly scale: (workers: number, options?: ScaleOptions) => Effect.Effect<void, ManageError>
  /** As many workers as there is work for, for as long as the scope is open. */
  readonly adapt: (options: AdaptOptions) => Effect.Effect<void, ManageError, Scope.Scope>
  /** Who supervises whom: names, states, restarts, mailboxes, now. */
  readonly tree: Effect.Effect<Supervisor.Tree>
  /**
   * Ends this life of the scheduler; the next is told by clients and workers all that they want, hold and run. Among several
   * machines it is for operators, and the next life may be on another node.
   */
  readonly restartScheduler: Effect.Effect<void, ManageError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Cluster extends Context.Tag("creel/Cluster")<Cluster, Service>() {}

/**
 * The cluster in one line.
 *
 * @since 0.1.0
 * @category getters
 */
export const describe: Effect.Effect<string, never, Cluster> = Effect.flatMap(Cluster, (cluster) => cluster.describe)

/**
 * See `Client.scale`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const scale = (workers: number, options?: ScaleOptions): Effect.Effect<void, ManageError, Cluster> =>
  Effect.flatMap(Cluster, (cluster) => cluster.scale(workers, options))

/**
 * See `Client.adapt`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const adapt = (options: AdaptOptions): Effect.Effect<void, ManageError, Cluster | Scope.Scope> =>
  Effect.flatMap(Cluster, (cluster) => cluster.adapt(options))

/**
 * The same as plain numbers, with the defaults.
 *
 * @since 0.1.0
 * @category getters
 */
export const adapting = (options: AdaptOptions): Door.Adapting => ({
  minimum: options.minimum ?? 1,
  maximum: options.maximum,
  target: Duration.toMillis(options.target ?? "5 seconds"),
  interval: Duration.toMillis(options.interval ?? "1 second"),
  waitCount: options.waitCount ?? 3,
  idle: Duration.toMillis(options.idle ?? "5 seconds")
})
