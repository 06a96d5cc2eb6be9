/**
 * The worker's side of a task group: the group together with what its tasks require. Which thread, process or machine
 * runs it is a launcher's business (`NodeWorker.launch` of `@creel/node`).
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Door from "./Door.js"
import * as Runner from "./Runner.js"
import type * as TaskGroup from "./TaskGroup.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** A runner for the group, see `Runner.make`. */
  readonly makeRunner: (
    options: Omit<Runner.Options<never>, "tasks">
  ) => Effect.Effect<Runner.Runner, never, Door.Door | Scope.Scope>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Worker extends Context.Tag("creel/Worker")<Worker, Service>() {}

/**
 * Tasks ready to be run: complete once everything they require is provided.
 *
 * @example
 * ```ts
 * import { Task, TaskGroup, Worker } from "creel"
 * import { Context, Effect, Layer } from "effect"
 *
 * class Db extends Context.Tag("Db")<Db, { readonly count: Effect.Effect<number> }>() {}
 *
 * const count = Task.make("count", () => Effect.flatMap(Db, (db) => db.count))
 *
 * const WorkerLive: Layer.Layer<Worker.Worker> = Worker.layer(TaskGroup.make(count)).pipe(
 *   Layer.provide(Layer.succeed(Db, { count: Effect.succeed(3) }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R>(tasks: TaskGroup.TaskGroup<R>): Layer.Layer<Worker, never, R> =>
  Layer.effect(
    Worker,
    Effect.map(Effect.context<R>(), (context) => ({
      makeRunner: (options) =>
        Effect.mapInputContext(
          Runner.make({ ...options, tasks }),
          (given: Context.Context<Door.Door | Scope.Scope>) => Context.merge(context, given)
        )
    }))
  )
