/**
 * Functions as arguments: how a task is told which other task, or which plain function, it is to call. Only a name or a
 * text crosses; the worker finds the implementation (`Task.Known`).
 *
 * What a called task answers or fails with inside of another one crosses by its own Schemas: a mark on the value, or on
 * the error, says whose it is. The client knows the Schemas from `contract`.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import { SubmitError } from "./FutureError.js"
import * as PlainFunction from "./PlainFunction.js"
import * as Task from "./Task.js"
import * as internal from "./task/callable.js"
import * as Owners from "./task/owners.js"

/**
 * What crosses: plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wire {
  /** `name#digest` of the task. */
  readonly task: string
  /** The text, for a plain function. */
  readonly source?: string | undefined
}

/**
 * A function that can be passed to a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface Callable<in P extends ReadonlyArray<any>, out A, out E = never> {
  readonly _P: (_: P) => void
  readonly _A: Types.Covariant<A>
  readonly _E: Types.Covariant<E>
  readonly contract: Task.Contract<P, A, E>
  /** Goes among the arguments of the task that is to call it. */
  readonly wire: Wire
}

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Callable<any, unknown, unknown>

/**
 * A callable on the worker, where it can be called.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resolved<in P extends ReadonlyArray<any>, out A, out E = never> {
  /** What it is called in errors. */
  readonly name: string
  readonly contract: Task.Contract<P, A, E>
  /** Calls it, where that takes no fiber: it may throw, and what it threw ends in `caught`. */
  readonly sync: ((...args: P) => A) | undefined
  /** What a throw out of `sync` ends in: a failure where the task says so (`catch`), else a defect. */
  readonly caught: (error: unknown) => Exit.Exit<never, E>
  /** Runs it, with the task's own retry schedule if it has one. All that it requires, the worker provides. */
  readonly run: (...args: P) => Effect.Effect<A, E>
}

/**
 * A worker was told to call a task that it does not have. A defect: a submission by `Callable.contract` goes to no such
 * worker.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownCallable extends Schema.TaggedError<UnknownCallable>("creel/Callable/UnknownCallable")(
  "UnknownCallable",
  { task: Schema.String, worker: Schema.String }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.task === PlainFunction.taskId
      ? `worker ${this.worker} runs no plain functions. What to do: make the function a task, or allow plain functions`
      : `worker ${this.worker} has no task ${this.task}, which it is to call. ` +
        "What to do: add it to the tasks of the workers, and submit by Callable.contract, which asks for a worker that has it"
  }
}

const variance = {
  /* c8 ignore next */
  _P: () => undefined,
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _
}

const ofTask = (contract: Task.Contract<any, any, any>): Callable<any, any, any> => ({
  ...variance,
  contract,
  wire: { task: contract.id }
})

/**
 * A task, or a plain function that closes over nothing, as a callable. Refused is what `Client.submit` refuses.
 *
 * @example
 * ```ts
 * import { Callable } from "creel"
 * import { Either } from "effect"
 *
 * const double = Either.getOrThrow(Callable.make((x: number) => x * 2))
 * console.log(double.wire.task) // creel/plain#1
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  /**
   * A task, or a plain function that closes over nothing, as a callable. Refused is what `Client.submit` refuses.
   *
   * @since 0.1.0
   * @category constructors
   */
  <P extends ReadonlyArray<any>, A, E>(task: Task.Contract<P, A, E>): Either.Either<Callable<P, A, E>, SubmitError>
  /**
   * A task, or a plain function that closes over nothing, as a callable. Refused is what `Client.submit` refuses.
   *
   * @since 0.1.0
   * @category constructors
   */
  <P extends ReadonlyArray<any>, X>(
    f: (...args: P) => X
  ): Either.Either<Callable<P, PlainFunction.Success<X>, PlainFunction.Error<X>>, SubmitError>
} = (what: unknown): Either.Either<Callable<any, any, any>, SubmitError> => {
  if (Task.isContract(what)) return Either.right(ofTask(what))
  if (typeof what !== "function") {
    const detail = `what was to be called is ${what === null ? "null" : typeof what}`
    return Either.left(new SubmitError({ reason: "NotAFunction", detail }))
  }
  return Either.map(PlainFunction.sourceOf(what as () => unknown), ({ contract, source }) => ({
    ...variance,
    contract,
    wire: { task: PlainFunction.taskId, source }
  }))
}

/**
 * The task, submitted as one that calls these: only a worker that has all of them runs it, and what they answer or fail
 * with is decoded by their Schemas. Its own types are the caller's to say.
 *
 * @example
 * ```ts
 * import { Callable, Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const apply = Task.make("apply", function*(f: Callable.Wire, x: number) {
 *   const known = yield* Task.Known
 *   return yield* known.resolve<[number], number, never>(f).run(x)
 * })
 *
 * const program = Effect.gen(function*() {
 *   const double = yield* Callable.make((x: number) => x * 2)
 *   return yield* Client.run(Callable.contract(apply, [double]), double.wire, 21) // 42
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const contract = <P extends ReadonlyArray<any>, A, E>(
  task: Task.Contract<P, A, E>,
  callables: ReadonlyArray<Any>
): Task.Contract<P, A, E> => internal.using(task, callables.map((callable) => callable.contract))

/**
 * Says of a value that a callable made it, so that it crosses by the callable's `success` Schema wherever it goes from
 * here as a task's result: for the value itself (`depth` 0, the default), for each element of an array (1), or of arrays in
 * an array (2). Where the callable has no such Schema, and where the task that returns it has one of its own, nothing
 * changes. Answers the value.
 *
 * @since 0.1.0
 * @category combinators
 */
export const own = <V>(resolved: Resolved<any, unknown, unknown>, value: V, depth = 0): V =>
  Owners.own(resolved.contract, value, depth)

/**
 * Says of an error that a callable failed with it, so that it crosses by the callable's `error` Schema: for failures that come
 * after the call, out of a Stream that it answered. (What `run` and `caught` end in is marked already.) Answers the error.
 *
 * @since 0.1.0
 * @category combinators
 */
export const ownError = <E>(resolved: Resolved<any, unknown, unknown>, error: E): E => {
  Owners.ownError(resolved.contract, error)
  return error
}

/**
 * A value of a callable as plain data, by its `success` Schema where it has one; for values that stand deeper in a result
 * than `own` reaches. Throws `Value.NotEncodable`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeValue: (callable: { readonly contract: Task.Contract.Any }, value: unknown) => unknown =
  internal.encodeValue

/**
 * What `encodeValue` made, as it was. Throws `Value.NotDecodable`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeValue: <A>(
  callable: { readonly contract: Task.Contract<any, A, unknown> },
  encoded: unknown
) => A = internal.decodeValue
