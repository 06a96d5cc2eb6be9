/**
 * What keeps a client from changing its cluster: it may not, or there is nothing of its own to change.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * - `Forbidden`: on a cluster of several machines this is for a role that the client has not proved to have; `needs` says
 *   which one.
 * - `NotScalable`: the client's program has started no workers. Each node has those it was told to have.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ManageReason = Schema.Literal("Forbidden", "NotScalable")

/**
 * @since 0.1.0
 * @category models
 */
export type ManageReason = typeof ManageReason.Type

const advice: { readonly [K in ManageReason]: string } = {
  Forbidden: "give this program the cluster's secret, or the key or certificate of that role",
  NotScalable: "scale the node that has the workers (Cluster.scale and Cluster.adapt there, `creel node --minimum " +
    "--maximum`), start more nodes, or have a worker leave with Client.retire"
}

/**
 * What fails with it has changed nothing.
 *
 * @since 0.1.0
 * @category errors
 */
export class ManageError extends Schema.TaggedError<ManageError>("creel/ManageError")("ManageError", {
  reason: ManageReason,
  detail: Schema.String,
  /** The role it takes. */
  needs: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.reason}: ${this.detail}. What to do: ${advice[this.reason]}.`
  }
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isManageError = (u: unknown): u is ManageError =>
  Predicate.isTagged(u, "ManageError") && u instanceof Error
