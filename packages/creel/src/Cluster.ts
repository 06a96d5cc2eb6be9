/**
 * The cluster a program has, for looking at it and for changing its size. What runs on it, `Client` says.
 *
 * @since 0.1.0
 */
import type * as Supervisor from "@creel/actor/Supervisor"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Door from "./Door.js"

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
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** In one line: what it runs on, how many workers and slots, which tasks. */
  readonly describe: Effect.Effect<string>
  readonly workers: Effect.Effect<ReadonlyArray<Door.WorkerView>>
  /** So many workers; those that go hand over what only they hold. */
  readonly scale: (workers: number, options?: ScaleOptions) => Effect.Effect<void>
  /** Who supervises whom: names, states, restarts, mailboxes, now. */
  readonly tree: Effect.Effect<Supervisor.Tree>
  /** Ends this life of the scheduler; the next is told by clients and workers all that they want, hold and run. */
  readonly restartScheduler: Effect.Effect<void>
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
export const scale = (workers: number, options?: ScaleOptions): Effect.Effect<void, never, Cluster> =>
  Effect.flatMap(Cluster, (cluster) => cluster.scale(workers, options))
