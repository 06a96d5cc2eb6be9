/**
 * The two errors of Creel's own: `SubmitError`, for what is wrong before a future exists, and `FutureError`, for what
 * keeps a future from the Exit of its task. What a task itself declares is never wrapped in either.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * Why a future cannot answer with its task's own Exit.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FutureReason = Schema.Literal(
  "Cancelled",
  "Lost",
  "KilledWorker",
  "TimedOut",
  "NotEncodable",
  "NotDecodable",
  "UnknownTask",
  "ClusterClosed",
  "ValueReplaced",
  "FutureInResult",
  "WaitCycle",
  "Unrunnable",
  "InputMutated",
  "MemoryExceeded",
  "DuplicateKey",
  "Unreachable",
  "Released"
)

/**
 * @since 0.1.0
 * @category models
 */
export type FutureReason = typeof FutureReason.Type

/** What to do about each reason, for errors that were made without an advice of their own. */
const futureAdvice: { readonly [K in FutureReason]: string } = {
  Cancelled: "submit it again, or handle FutureError where the future is joined",
  Lost: "scatter the data again, with `broadcast` if it must outlive a worker",
  KilledWorker: "look at what the task does to its worker (memory, native code, process.exit), then submit it again",
  TimedOut: "raise `timeout` for this task, or make the task smaller",
  NotEncodable: "return plain data, or give the task a Schema for this value",
  NotDecodable: "run the same build of the task's module on both sides",
  UnknownTask: "add the task to the group or module the workers load, and check that its name and schemas agree",
  ClusterClosed: "keep the cluster's scope open for as long as its futures are used",
  ValueReplaced: "submit again: the task was run anew and its value may differ from the one announced",
  FutureInResult: "join the future inside the task, or retain it in the caller's scope, and return its value",
  WaitCycle: "break the circle: a task cannot wait for a task that waits for it",
  Unrunnable: "start a worker that satisfies the restrictions, or relax them",
  InputMutated: "copy an input before changing it: values are read-only and shared",
  MemoryExceeded: "give the worker more memory, or split the task's inputs",
  DuplicateKey: "use another key, or submit the same task with the same arguments under it",
  Unreachable: "check the network between this process and the worker that holds the value",
  Released: "join a future before releasing it, or retain it in the scope that will join it"
}

const fields = {
  detail: Schema.String,
  advice: Schema.optional(Schema.String)
}

/**
 * What a future fails with when it cannot answer with its task's own Exit: the work was cancelled by someone, a
 * worker died too often, the value does not cross, the cluster is gone. `reason` says which; `key` names the work,
 * `worker` where it was, `by` who asked for it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FutureError } from "creel"
 *
 * const orElseZero = Effect.catchIf(
 *   FutureError.isFutureError,
 *   (error) => error.reason === "Cancelled" ? Effect.succeed(0) : Effect.fail(error)
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class FutureError extends Schema.TaggedError<FutureError>("creel/FutureError")("FutureError", {
  reason: FutureReason,
  key: Schema.String,
  worker: Schema.optional(Schema.String),
  by: Schema.optional(Schema.String),
  ...fields
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const where = this.worker === undefined ? "" : ` on worker ${this.worker}`
    const who = this.by === undefined ? "" : ` by ${this.by}`
    const what = `${this.key}: ${this.reason}${who}${where}`
    return sentence(what, this.detail, this.advice ?? futureAdvice[this.reason])
  }
}

/**
 * Why nothing could be submitted.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SubmitReason = Schema.Literal(
  "ForeignFuture",
  "ClosedFuture",
  "NotEncodable",
  "CapturedVariables",
  "NotAFunction",
  "OutboxFull",
  "DuplicateKey",
  "ClientClosed",
  "BadOption",
  "BadGraph"
)

/**
 * @since 0.1.0
 * @category models
 */
export type SubmitReason = typeof SubmitReason.Type

const submitAdvice: { readonly [K in SubmitReason]: string } = {
  ForeignFuture: "join it and submit its value, or submit through the client that made it",
  ClosedFuture: "submit while the future's scope is open, or retain the future in a longer scope",
  NotEncodable: "pass plain data, or give the task a Schema for this parameter",
  CapturedVariables: "pass what the function needs as arguments, or make it a task in a file",
  NotAFunction: "submit a Task, or a function written in JavaScript or TypeScript",
  OutboxFull: "submit less at once, or let `submit` suspend instead of failing",
  DuplicateKey: "use another key, or submit the same task with the same arguments under it",
  ClientClosed: "submit while the client's scope is open",
  BadOption: "correct the option",
  BadGraph: "give each node the nodes that it names, and let none need itself"
}

/**
 * What `submit` fails with: something is wrong before there is a future. `task` is the task's name, or `a function`;
 * `path` says where in the arguments (`args[0].user`), `captured` which variables a plain function closes over.
 *
 * @since 0.1.0
 * @category errors
 */
export class SubmitError extends Schema.TaggedError<SubmitError>("creel/SubmitError")("SubmitError", {
  reason: SubmitReason,
  task: Schema.optional(Schema.String),
  key: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String),
  captured: Schema.optional(Schema.Array(Schema.String)),
  ...fields
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const what = [this.task, this.key, this.path].filter((part) => part !== undefined).join(", ")
    return sentence(
      `${what === "" ? "submit" : `submit ${what}`}: ${this.reason}`,
      this.detail,
      this.advice ?? submitAdvice[this.reason]
    )
  }
}

const sentence = (what: string, detail: string, advice: string): string =>
  `${what}${detail === "" ? "" : `: ${detail}`}. What to do: ${advice}.`

/**
 * @since 0.1.0
 * @category guards
 */
export const isFutureError = (u: unknown): u is FutureError =>
  Predicate.isTagged(u, "FutureError") && u instanceof Error

/**
 * @since 0.1.0
 * @category guards
 */
export const isSubmitError = (u: unknown): u is SubmitError =>
  Predicate.isTagged(u, "SubmitError") && u instanceof Error
