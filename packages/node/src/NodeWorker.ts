/**
 * A worker entry of one's own: a file that says which tasks it runs and what they need, started as a thread or a process
 * by a cluster's `spawn`. Its type is complete only when everything the tasks require is provided, Node's own services
 * (`NodeContext`: files, paths, commands) apart, and it is the one form that bundlers follow.
 *
 * @since 0.1.0
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Worker from "creel/Worker"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Launch from "./executor/launch.js"
import { optionsOf } from "./executor/runner.js"
import type { OpenBody } from "./executor/server.js"
import * as Door from "./internal/door.js"
import { NodeClusterError } from "./NodeClusterError.js"
import type { Wire } from "./wire/wire.js"

const notBuilt = (cause: Cause.Cause<unknown>): NodeClusterError =>
  new NodeClusterError({
    reason: "ExecutorNotStarted",
    file: process.argv[1],
    detail: `the layer of the worker's entry could not be built: ${Cause.pretty(cause)}`,
    advice: "correct what the layer needs: the database it connects to, the variables it reads"
  })

const openLayer =
  <E>(layer: Layer.Layer<Worker.Worker, E, NodeContext.NodeContext>) =>
  (wire: Wire): OpenBody =>
  (options, emit, mark) =>
    Effect.gen(function*() {
      const context = yield* Effect.mapErrorCause(
        Layer.build(Layer.merge(Layer.provide(layer, NodeContext.layer), Door.layerClient(wire))),
        (cause) => Cause.fail(notBuilt(cause))
      )
      return yield* Context.get(context, Worker.Worker).makeRunner(optionsOf(options, emit, mark)).pipe(
        Effect.provide(context)
      )
    })

/**
 * Serves the cluster that started this thread or process, until it is ended. The layer is built when the cluster opens
 * the executor, and released when it closes it. Fails where no cluster started this file.
 *
 * @since 0.1.0
 * @category constructors
 */
export const run = <E>(
  layer: Layer.Layer<Worker.Worker, E, NodeContext.NodeContext>
): Effect.Effect<never, NodeClusterError> => Launch.run(openLayer(layer))

/**
 * The last line of a worker's entry: {@link run}, started.
 *
 * @example
 * ```ts
 * import { NodeWorker } from "@creel/node"
 * import { Task, TaskGroup, Worker } from "creel"
 * import { Context, Effect, Layer } from "effect"
 *
 * class Db extends Context.Tag("Db")<Db, { readonly count: Effect.Effect<number> }>() {
 *   static readonly layer = Layer.succeed(Db, { count: Effect.succeed(3) })
 * }
 *
 * const Tasks = TaskGroup.make(Task.make("count", () => Effect.flatMap(Db, (db) => db.count)))
 *
 * const main = () => Worker.layer(Tasks).pipe(Layer.provide(Db.layer), NodeWorker.launch)
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const launch = <E>(layer: Layer.Layer<Worker.Worker, E, NodeContext.NodeContext>): void => {
  // The outermost edge of a thread or process of its own: nothing is above that could run this.
  Effect.runFork(Effect.catchAllCause(run(layer), (cause) =>
    Effect.sync(() => {
      process.stderr.write(`${Cause.pretty(cause)}\n`)
      process.exitCode = 1
    })))
}
