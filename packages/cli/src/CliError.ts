/**
 * What can go wrong on a command line, beyond what goes wrong in a cluster (`ClusterError`).
 *
 * @since 0.1.0
 */
import { isClusterError } from "@creel/cluster/ClusterError"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category schemas
 */
export const CliReason = Schema.Literal(
  "BadOption",
  "BadFile",
  "StorageFailed",
  "NoAnswer",
  "NotAllowed",
  "Unknown",
  "NotDone"
)

/**
 * - `BadOption`: an option, or a variable of the environment, cannot mean anything.
 * - `BadFile`: a file cannot be read or written.
 * - `StorageFailed`: the database does not let us in.
 * - `NoAnswer`: the scheduler was there, and does not answer any more.
 * - `NotAllowed`: the role that our credentials prove may not do this.
 * - `Unknown`: there is no such key or worker.
 * - `NotDone`: what was asked for cannot be done as things are.
 *
 * @since 0.1.0
 * @category models
 */
export type CliReason = typeof CliReason.Type

/**
 * What happened, and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class CliError extends Schema.TaggedError<CliError>("@creel/cli/CliError")("CliError", {
  reason: CliReason,
  detail: Schema.String,
  advice: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.reason}: ${this.detail}. What to do: ${this.advice}.`
  }
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isCliError = (u: unknown): u is CliError => Predicate.isTagged(u, "CliError") && u instanceof Error

const ofCli: { readonly [K in CliReason]: number } = {
  BadOption: 2,
  BadFile: 2,
  StorageFailed: 3,
  NoAnswer: 3,
  NotAllowed: 4,
  Unknown: 5,
  NotDone: 6
}

/**
 * What the process ends with: 2 for what was typed, 3 when the cluster or its database cannot be reached, 4 when
 * credentials do not suffice, 5 for a key or worker that nobody knows, 6 for what cannot be done as things are, and 1 for
 * everything else.
 *
 * @since 0.1.0
 * @category getters
 */
export const exitCode = (error: unknown): number => {
  if (isCliError(error)) return ofCli[error.reason]
  if (ValidationError.isValidationError(error)) return 2
  if (!isClusterError(error)) return 1
  switch (error.reason) {
    case "BadOption":
    case "TasksFailed":
      return 2
    case "NotSecured":
    case "BadCredentials":
    case "Refused":
      return 4
    default:
      return 3
  }
}
