/**
 * What can be wrong with a cluster on one machine before, or instead of, running tasks on it. What befalls a task is a
 * `FutureError`; this is about modules that do not load and executors that do not start.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category schemas
 */
export const NodeClusterReason = Schema.Literal(
  "TasksNotFound",
  "TasksNotLoaded",
  "NoTasks",
  "NoTypeScriptLoader",
  "TasksAreProgram",
  "InsideExecutor",
  "ExecutorNotStarted",
  "ExecutorGivenUp",
  "HostFailed",
  "BadOption"
)

/**
 * - `TasksNotFound`: no file where `tasks` points.
 * - `TasksNotLoaded`: the module throws, has a syntax error, or imports what cannot be found.
 * - `NoTasks`: it loads, but exports neither a Task nor a TaskGroup.
 * - `NoTypeScriptLoader`: it is TypeScript, and neither tsx nor this Node can run that.
 * - `TasksAreProgram`: it is, or imports, the program that starts the cluster.
 * - `InsideExecutor`: a cluster was about to start inside an executor of another.
 * - `ExecutorNotStarted`: a thread or process did not come up, for no fault of the module.
 * - `ExecutorGivenUp`: an executor died more often than its restart limit allows.
 * - `HostFailed`: the thread that hosts scheduler and node died.
 * - `BadOption`: an option of the layer cannot mean anything.
 *
 * @since 0.1.0
 * @category models
 */
export type NodeClusterReason = typeof NodeClusterReason.Type

const advices: { readonly [K in NodeClusterReason]: string } = {
  TasksNotFound:
    "check the path; `tasks: new URL(\"./tasks.js\", import.meta.url)` is relative to the file it stands in",
  TasksNotLoaded: "run the file by itself with `node` (or `tsx`) to see it fail, and correct it",
  NoTasks: "export the tasks, or a TaskGroup of them, by name: `export const inc = Task.make(\"inc\", ...)`",
  NoTypeScriptLoader:
    "install tsx beside the program (`npm install --save-dev tsx`), or point `tasks` at the compiled file",
  TasksAreProgram: "put the tasks into a file of their own, which both the program and the workers import",
  InsideExecutor: "build the cluster in the program only, and keep its layer out of what the tasks' file imports",
  ExecutorNotStarted: "look at what the executor said last, and at the memory and processes this machine has left",
  ExecutorGivenUp: "look at what its tasks do to it (memory, native code, process.exit), then restart the cluster",
  HostFailed: "look at what it said last; without `isolate` the same failure shows in the program itself",
  BadOption: "correct the option"
}

/**
 * Why a cluster could not be built, or lost one of its executors for good. `file` is the module concerned, `executor`
 * the thread or process.
 *
 * @example
 * ```ts
 * import { NodeClusterError } from "@creel/node"
 * import { Effect } from "effect"
 *
 * const explained = Effect.catchIf(
 *   NodeClusterError.isNodeClusterError,
 *   (error) => Effect.logError(`${error.reason} in ${error.file ?? "no file"}`)
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class NodeClusterError
  extends Schema.TaggedError<NodeClusterError>("@creel/node/NodeClusterError")("NodeClusterError", {
    reason: NodeClusterReason,
    file: Schema.optional(Schema.String),
    executor: Schema.optional(Schema.String),
    detail: Schema.String,
    advice: Schema.optional(Schema.String)
  })
{
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = [this.reason, this.file, this.executor].filter((part) => part !== undefined).join(": ")
    const detail = this.detail.endsWith(".") ? this.detail.slice(0, -1) : this.detail
    return `${what}: ${detail}. What to do: ${this.advice ?? advices[this.reason]}.`
  }
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isNodeClusterError = (u: unknown): u is NodeClusterError =>
  Predicate.isTagged(u, "NodeClusterError") && u instanceof Error
