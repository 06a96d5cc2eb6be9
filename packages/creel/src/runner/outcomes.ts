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
    // It is refused, and how it ends is nobody's any more: unheard, its failure would end the whole executor.
    if (value instanceof Promise) value.catch(() => {})
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
  const whole = owner.encodeCause(told)
  const payload = Payload.bytes(whole) <= causeMax ? whole : owner.encodeCause(shortened(told))
  if (Payload.bytes(payload) > causeMax) {
    const detail = `its error is too large to be told: ${Payload.bytes(whole)} bytes, at most ${causeMax}` +
      ". What to do: fail with what says what went wrong, and let large data be part of a result"
    return ownFailure(context, job, "NotEncodable", detail)
  }
  const pretty = prettyOf(cause)
  return {
    _tag: "Failure",
    failure: Failure.make("Failed", job.key, cutText(pretty.split("\n", 1)[0] ?? ""), {
      worker: context.worker,
      cause: payload,
      stack: pretty.slice(0, stackMax)
    }),
    tag: tagOf(failure),
    verdict: verdict(task, failure, job.failures)
  }
}

/** Errors may name themselves as their cause, and have getters that throw. */
const prettyOf = (cause: Cause.Cause<unknown>): string => {
  try {
    return Cause.pretty(cause)
  } catch {
    return [...Cause.failures(cause), ...Cause.defects(cause)].map(messageOf).join("\n")
  }
}

/** A defect is for people: its beginning says what it was, however long the rest. What a task declares is not cut. */
const shortened = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> =>
  Cause.match(cause, {
    onEmpty: Cause.empty as Cause.Cause<unknown>,
    onFail: Cause.fail,
    onDie: (defect) => Cause.die(shortDefect(defect)),
    onInterrupt: Cause.interrupt,
    onSequential: Cause.sequential,
    onParallel: Cause.parallel
  })

const shortDefect = (defect: unknown): unknown => {
  const short = new Error(cutText(messageOf(defect)))
  if (!(defect instanceof Error)) return short.message
  short.name = cutText(defect.name)
  short.stack = cutText(defect.stack ?? "")
  return short
}

const cutText = (text: string): string =>
  text.length <= stackMax ? text : `${text.slice(0, stackMax)}… (${text.length - stackMax} characters more)`

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
  if (failure === undefined) return "final"
  const granted = Effect.suspend(() =>
    retry.while?.(failure) === false
      ? Effect.succeed("final" as const)
      : Task.retryAfter(retry.schedule, failure, failures)
  )
  // A schedule that waits for something, or dies, grants nothing; nor does a predicate that throws.
  return Exit.getOrElse(Effect.runSyncExit(granted), () => "final" as const)
}

/** Of the memory that others may see too; small values are copies of the task's own. */
export const digestShared = (job: Job): string =>
  digest(
    ...job.inputs.flatMap(({ payload = Payload.empty }) => Payload.buffers(payload).map((one) => new Uint8Array(one)))
  )
