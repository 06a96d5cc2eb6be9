/**
 * What can be wrong with a cluster of several processes or machines before, or instead of, running tasks on it. What
 * befalls a task is a `FutureError`.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category schemas
 */
export const ClusterReason = Schema.Literal(
  "NotSecured",
  "ListenFailed",
  "ConnectFailed",
  "BadCredentials",
  "Refused",
  "StorageFailed",
  "NoScheduler",
  "TasksFailed",
  "BadOption"
)

/**
 * - `NotSecured`: an address other than loopback was to be listened on without credentials.
 * - `ListenFailed`: the address cannot be listened on.
 * - `ConnectFailed`: nobody answers at the address, or the connection broke before it was ready.
 * - `BadCredentials`: the two ends do not trust each other.
 * - `Refused`: the other end speaks another protocol, serves another namespace, or gives this role no right.
 * - `StorageFailed`: the database could not be asked.
 * - `NoScheduler`: no node of the cluster carries the scheduler, and none took it in time.
 * - `TasksFailed`: the tasks' module did not load, or no executor came up.
 * - `BadOption`: an option cannot mean anything.
 *
 * @since 0.1.0
 * @category models
 */
export type ClusterReason = typeof ClusterReason.Type

const advices: { readonly [K in ClusterReason]: string } = {
  NotSecured: "give the cluster credentials (`security`), or listen on 127.0.0.1",
  ListenFailed: "choose another port, or see who listens there",
  ConnectFailed: "see whether the node runs, and whether its address can be reached from here",
  BadCredentials: "give both ends the same secret, or certificates of the same authority, for the role they have",
  Refused: "run the same version, namespace and role on both ends",
  StorageFailed: "see whether the database runs and lets this program in",
  NoScheduler: "see whether any node of the cluster runs; a client that brings no worker carries no scheduler",
  TasksFailed: "run the tasks' file by itself with `node` (or `tsx`) to see it fail, and correct it",
  BadOption: "correct the option"
}

/**
 * Why a node of a cluster could not start, or could not reach the others. `address` is the address concerned, as
 * `host:port`.
 *
 * @example
 * ```ts
 * import { ClusterError } from "@creel/cluster"
 * import { Effect } from "effect"
 *
 * const explained = Effect.catchIf(
 *   ClusterError.isClusterError,
 *   (error) => Effect.logError(`${error.reason} at ${error.address ?? "no address"}`)
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class ClusterError extends Schema.TaggedError<ClusterError>("@creel/cluster/ClusterError")("ClusterError", {
  reason: ClusterReason,
  address: Schema.optional(Schema.String),
  detail: Schema.String,
  advice: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = [this.reason, this.address].filter((part) => part !== undefined).join(": ")
    const detail = this.detail.endsWith(".") ? this.detail.slice(0, -1) : this.detail
    return `${what}: ${detail}. What to do: ${this.advice ?? advices[this.reason]}.`
  }
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isClusterError = (u: unknown): u is ClusterError =>
  Predicate.isTagged(u, "ClusterError") && u instanceof Error
