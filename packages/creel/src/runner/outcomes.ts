/** How the end of an attempt becomes what is told of it: values and errors encoded, retries judged. */
import * as Failure from "@creel/core/Failure"
import * as Payload from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { digest } from "../codec/digest.js"
import type { Job, Outcome } from "../Executor.js"
import { messageOf } from "../internal/messageOf.js"
import * as Task from "../Task.js"
import * as Owners from "../task/owners.js"
import * as Value from "../Value.js"

export interface Context {
  readonly worker: string
  /** Whether large buffers of results go into shared memory. */
  readonly share: boolean
}

export const interrupted: Outcome = { _tag: "Interrupted" }

/** A failure of Creel's own, not of the task. */
export const ownFailure = (context: Context, job: Job, reason: Failure.Reason, detail: string): Outcome => ({
  _tag: "Failure",
  failure: Failure.make(reason, job.key, detail, { worker: context.worker }),
  tag: undefined,
  verdict: "final"
})

export const ofValue = (context: Context, job: Job, task: Task.Task.Any, value: unknown): Outcome => {
  try {
    return { _tag: "Value", payload: Owners.encodeSuccess(task, value, context), type: Value.describe(value) }
  } catch (error) {
    return notEncodable(context, job, error)
  }
}

/** `asked`: it was interrupted from outside. */
export const ofExit = (
  context: Context,
  job: Job,
  task: Task.Task.Any,
  exit: Exit.Exit<unknown, unknown>,
  asked: boolean
): Outcome => {
  if (Exit.isSuccess(exit)) return ofValue(context, job, task, exit.value)
  if (Cause.isInterruptedOnly(exit.cause)) {
    return asked ? interrupted : ownFailure(context, job, "Cancelled", "the task interrupted itself")
  }
  try {
    return failed(context, job, task, exit.cause)
  } catch (error) {
    return notEncodable(context, job, error)
  }
}

const notEncodable = (context: Context, job: Job, error: unknown): Outcome =>
  ownFailure(
    context,
    job,
    error instanceof Value.FutureInResult ? "FutureInResult" : "NotEncodable",
    messageOf(error)
  )

/** A failure goes by the scheduler, in a note, and notes are small. */
const causeMax = 60 * 1024

/** Characters of a stack that people read. */
const stackMax = 4096

const failed = (context: Context, job: Job, task: Task.Task.Any, cause: Cause.Cause<unknown>): Outcome => {
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  const owner = Owners.errorOwner(task, failure)
  // One payload is one owner's: of several failures at once, the first is told.
  const told = owner === task || Chunk.size(Cause.failures(cause)) === 1 ? cause : Cause.fail(failure)
  const payload = owner.encodeCause(told)
  const bytes = Payload.bytes(payload)
  if (bytes > causeMax) {
    const detail = `its error is too large to be told: ${bytes} bytes, at most ${causeMax}`
    return ownFailure(context, job, "NotEncodable", detail)
  }
  const pretty = Cause.pretty(cause)
  return {
    _tag: "Failure",
    failure: Failure.make("Failed", job.key, pretty.split("\n", 1)[0] ?? "", {
      worker: context.worker,
      cause: payload,
      stack: pretty.slice(0, stackMax)
    }),
    tag: tagOf(failure),
    verdict: verdict(task, failure, job.failures)
  }
}

const tagOf = (failure: unknown): string | undefined =>
  typeof failure === "object" && failure !== null && "_tag" in failure && typeof failure._tag === "string"
    ? failure._tag
    : undefined

/** The task's own schedule, run on to where it stands, says whether and when to try again. */
const verdict = (
  task: Task.Task.Any,
  failure: unknown,
  failures: number
): Extract<Outcome, { readonly _tag: "Failure" }>["verdict"] => {
  const { retry } = task.options
  if (retry === undefined) return "undecided"
  if (failure === undefined || retry.while?.(failure) === false) return "final"
  // A schedule that waits for something, or dies, grants nothing.
  return Exit.getOrElse(Effect.runSyncExit(Task.retryAfter(retry.schedule, failure, failures)), () => "final" as const)
}

/** Of the memory that others may see too; small values are copies of the task's own. */
export const digestShared = (job: Job): string =>
  digest(
    ...job.inputs.flatMap(({ payload = Payload.empty }) => Payload.buffers(payload).map((one) => new Uint8Array(one)))
  )
