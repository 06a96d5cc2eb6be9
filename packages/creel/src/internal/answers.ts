/**
 * From what a row settled on (a payload, or a failure as data) to the Exit that a user sees.
 */
import type * as Machine from "@creel/core/Client"
import type * as Failure from "@creel/core/Failure"
import type * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { FutureError } from "../FutureError.js"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"

type Settled = NonNullable<Machine.Row["settled"]>

/**
 * Turns what a row settled on into an Exit of one future's types. It never throws. Nothing: the payload was let go to
 * stay within the budget, and must be brought here again.
 */
export type Decoder<A, E> = (settled: Settled) => Exit.Exit<A, E | FutureError> | undefined

export interface Options<A> {
  readonly key: string
  readonly decodeSuccess: (payload: NonNullable<Extract<Settled, { readonly _tag: "Value" }>["payload"]>) => A
  readonly findTask: (task: string) => Task.Contract.Any | undefined
  readonly publicKey: (key: string) => string
}

export const toFutureError = (failure: Failure.Failure, publicKey: (key: string) => string): FutureError =>
  new FutureError({
    reason: failure.reason === "Failed" ? "NotDecodable" : failure.reason,
    key: publicKey(failure.key),
    worker: failure.worker,
    by: failure.by,
    ...withAdvice(failure.detail)
  })

const whatToDo = ". What to do: "

/** What an inner error says to do is better advice than what is known of its reason in general. */
export const withAdvice = (message: string): { readonly detail: string; readonly advice: string | undefined } => {
  const at = message.indexOf(whatToDo)
  return at < 0
    ? { detail: message, advice: undefined }
    : { detail: message.slice(0, at), advice: message.slice(at + whatToDo.length) }
}

export const decoder = <A, E>(options: Options<A>): Decoder<A, E> => (settled) => {
  try {
    if (settled._tag === "Failure") return failed(options, settled.failure)
    return settled.payload === undefined ? undefined : Exit.succeed(options.decodeSuccess(settled.payload))
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return Exit.fail(
      new FutureError({ reason: "NotDecodable", key: options.publicKey(options.key), ...withAdvice(detail) })
    )
  }
}

/** A typed failure is decoded by the task it comes from, which may be an input's. */
const failed = <A, E>(options: Options<A>, failure: Failure.Failure): Exit.Exit<A, E | FutureError> => {
  if (failure.reason !== "Failed" || failure.cause === undefined) {
    return Exit.fail(toFutureError(failure, options.publicKey))
  }
  const owner = Value.schemaOf(failure.cause)
  const task = owner === undefined ? undefined : options.findTask(owner)
  const cause = task === undefined ? Value.decodeCause(failure.cause) : task.decodeCause(failure.cause)
  // The types say that the failures of a future's inputs are among its own.
  return Exit.failCause(cause as Cause.Cause<E>)
}
