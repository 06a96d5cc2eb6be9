/**
 * From what a row settled on (a payload, or a failure as data) to the Exit that a user sees.
 */
import type * as Machine from "@creel/core/Client"
import type * as Failure from "@creel/core/Failure"
import type * as Payload from "@creel/core/Payload"
import type * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type { ClientCore } from "../client/core.js"
import { FutureError } from "../FutureError.js"
import { messageOf } from "../internal/messageOf.js"
import * as Value from "../Value.js"

export type Settled = NonNullable<Machine.Row["settled"]>

/** What a handle needs of its task: one for all futures of a contract. */
export interface Source {
  readonly name: string
  readonly decodeSuccess: (payload: Payload.Payload) => unknown
}

export const toFutureError = (failure: Failure.Failure, publicKey: (key: string) => string): FutureError =>
  new FutureError({
    reason: failure.reason === "Failed" ? "NotDecodable" : failure.reason,
    key: publicKey(failure.key),
    worker: failure.worker,
    by: failure.by,
    ...withAdvice(failure.detail)
  })

export const closedError = (key: string, detail: string): FutureError =>
  new FutureError({ reason: "ClusterClosed", key, detail })

/** What stands before the advice in a message. */
export const whatToDo = ". What to do: "

/** What an inner error says to do is better advice than what is known of its reason in general. */
export const withAdvice = (message: string): { readonly detail: string; readonly advice: string | undefined } => {
  const at = message.indexOf(whatToDo)
  return at < 0
    ? { detail: message, advice: undefined }
    : { detail: message.slice(0, at), advice: message.slice(at + whatToDo.length) }
}

/**
 * An Exit of one future's types. It never throws. Nothing: the payload was let go to stay within the budget, and must be
 * brought here again.
 */
export const exitOf = <A, E>(
  core: ClientCore,
  source: Source,
  key: string,
  settled: Settled | Machine.Outcome
): Exit.Exit<A, E | FutureError> | undefined => {
  try {
    if (settled._tag === "Failure") return failed(core, settled.failure)
    // The types say what the task's codec makes of its results.
    return settled.payload === undefined ? undefined : Exit.succeed(source.decodeSuccess(settled.payload) as A)
  } catch (error) {
    const advised = withAdvice(messageOf(error))
    return Exit.fail(new FutureError({ reason: "NotDecodable", key: core.keys.shown(key), ...advised }))
  }
}

/** A typed failure is decoded by the task it comes from, which may be an input's. */
const failed = <A, E>(core: ClientCore, failure: Failure.Failure): Exit.Exit<A, E | FutureError> => {
  if (failure.reason !== "Failed" || failure.cause === undefined) return Exit.fail(core.failureOf(failure))
  const owner = Value.schemaOf(failure.cause)
  const task = owner === undefined ? undefined : core.tasks.get(owner)
  const cause = task === undefined ? Value.decodeCause(failure.cause) : task.decodeCause(failure.cause)
  // The types say that the failures of a future's inputs are among its own.
  return Exit.failCause(cause as Cause.Cause<E>)
}
