/**
 * Tasks: functions that run somewhere else. A definition is a value; a worker finds the implementation by the task's
 * name and the digest of its contract. What crosses is decided in `Value`, what may stand for a parameter in `Args`.
 *
 * @since 0.1.0
 */
import type { Payload } from "@creel/core/Payload"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import type * as Inspectable from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import type { YieldWrap } from "effect/Utils"
import type { NotPlain } from "./Args.js"
import type * as Callable from "./Callable.js"
import type { Client } from "./Client.js"
import { decodeInput as decodeInput_ } from "./task/codec.js"
import * as internal from "./task/parts.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("creel/Task")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * What a client needs to submit a task: its name, its schemas and its options. A `Task` is a contract with an
 * implementation.
 *
 * @since 0.1.0
 * @category models
 */
// `any` in the constraint: parameters are contravariant, and `unknown` would refuse every function.
export interface Contract<in P extends ReadonlyArray<any>, out A, out E = never>
  extends Pipeable, Inspectable.Inspectable
{
  readonly [TypeId]: Contract.Variance<P, A, E>
  readonly name: string
  /** Of the name and the schemas: client and worker must agree on it. */
  readonly digest: string
  /** `name#digest`: what a worker announces. */
  readonly id: string
  readonly schemas: Schemas
  /** What the definition says that only a worker can carry out. */
  readonly options: Definition
  /** What a submission of this task asks for: the definition's wishes, and over them those of `Task.with`. */
  readonly submission: SubmitOptions
  /** Through the schemas, in bytes; `asInput` as in `Value.encodeArgs`. Throws `NotEncodable`. */
  readonly encodeArgs: (args: ReadonlyArray<unknown>, asInput: (leaf: object) => number | undefined) => Payload
  /** `inputs` as `decodeInput` made them. Throws `NotDecodable`. */
  readonly decodeArgs: (payload: Payload, inputs: ReadonlyArray<unknown>) => Array<unknown>
  /** Equal arguments, equal digests; a future counts by what `inputKey` answers. Throws `NotEncodable`. */
  readonly digestArgs: (args: ReadonlyArray<unknown>, inputKey: (leaf: object) => string | undefined) => string
  /** Throws `NotEncodable`, `FutureInResult`. */
  readonly encodeSuccess: (value: unknown, options?: { readonly share?: boolean | undefined }) => Payload
  /** Throws `NotDecodable`. */
  readonly decodeSuccess: (payload: Payload) => A
  /** Throws `NotEncodable`, `FutureInResult`. */
  readonly encodeCause: (cause: Cause.Cause<unknown>) => Payload
  /** Throws `NotDecodable`. */
  readonly decodeCause: (payload: Payload) => Cause.Cause<E>
  /** The tasks that it is told to call (see `Callable.contract`): a worker must have them too. Default: none. */
  readonly uses?: ReadonlyArray<Contract.Any> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Contract {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Variance<in P, out A, out E> {
    readonly _P: (_: P) => void
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
  }

  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Contract<any, unknown, unknown>

  /**
   * @since 0.1.0
   * @category models
   */
  export type Args<T extends Any> = T extends Contract<infer P, infer _A, infer _E> ? P : never

  /**
   * @since 0.1.0
   * @category models
   */
  export type Success<T extends Any> = T extends Contract<any, infer A, infer _E> ? A : never

  /**
   * @since 0.1.0
   * @category models
   */
  export type Error<T extends Any> = T extends Contract<any, infer _A, infer E> ? E : never
}

/**
 * A contract with its implementation: what a worker needs. `R` is what the worker must provide besides what it always
 * provides (`Provided`).
 *
 * @since 0.1.0
 * @category models
 */
export interface Task<in P extends ReadonlyArray<any>, out A, out E = never, out R = never> extends Contract<P, A, E> {
  readonly kind: "effect" | "sync" | "promise"
  /** Runs the implementation, here and now. */
  readonly run: (args: ReadonlyArray<unknown>) => Effect.Effect<A, E, R | Provided>
  /** Calls the implementation, and answers what is left to be run, once: an `Exit` where nothing is. Never throws. */
  readonly start: (args: ReadonlyArray<unknown>) => Effect.Effect<A, E, R | Provided>
  /** For `kind` `"sync"` alone: calls the function, which may throw. */
  readonly runSync: (args: ReadonlyArray<unknown>) => A
  /** What a throw out of `runSync` ends in. */
  readonly caught: (error: unknown) => Exit.Exit<never, E>
}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Task {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Task<any, unknown, unknown, unknown>

  /**
   * What workers must provide for a task.
   *
   * @since 0.1.0
   * @category models
   */
  export type Context<T extends Any> = T extends Task<any, infer _A, infer _E, infer R> ? R : never
}

/**
 * The attempt that runs: for logs, for idempotency keys (`key` stays, `attempt` differs from try to try).
 *
 * @since 0.1.0
 * @category context
 */
export class Current extends Context.Tag("creel/Task/Current")<Current, {
  readonly key: string
  readonly attempt: string
  readonly worker: string
  /** What people call the task. */
  readonly group: string
}>() {}

/**
 * What the worker knows how to run, for tasks that were told which function to call: from what `Callable.wire` says to the
 * function itself. `resolve` throws `Callable.UnknownCallable` where the worker does not have it.
 *
 * @example
 * ```ts
 * import { type Callable, Task } from "creel"
 *
 * export const each = Task.make("each", function*(f: Callable.Wire, xs: ReadonlyArray<number>) {
 *   const known = yield* Task.Known
 *   const called = known.resolve<[number], number>(f)
 *   const out: Array<number> = []
 *   for (const x of xs) out.push(yield* called.run(x))
 *   return out
 * })
 * ```
 *
 * @since 0.1.0
 * @category context
 */
export class Known extends Context.Tag("creel/Task/Known")<Known, {
  readonly resolve: <P extends ReadonlyArray<any> = ReadonlyArray<unknown>, A = unknown, E = unknown>(
    wire: Callable.Wire
  ) => Callable.Resolved<P, A, E>
}>() {}

/**
 * What every worker provides to every task: a Scope that is the attempt's, a Client whose submissions belong to the
 * attempt, `Current` and `Known`.
 *
 * @since 0.1.0
 * @category models
 */
export type Provided = Scope.Scope | Client | Current | Known

/**
 * What is left of a requirement when a worker has provided what it always provides.
 *
 * @since 0.1.0
 * @category models
 */
export type Outside<R> = Exclude<R, Provided>

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Task.Any

/**
 * @since 0.1.0
 * @category models
 */
export interface Schemas {
  /** One per parameter; `undefined` where the parameter is plain. */
  readonly args: ReadonlyArray<Schema.Schema.AnyNoContext | undefined> | undefined
  readonly success: Schema.Schema.AnyNoContext | undefined
  readonly error: Schema.Schema.AnyNoContext | undefined
}

/**
 * Retries as a submission asks for them: data, that crosses to the scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** How many times more after the first failure. */
  readonly times: number
  /** Before the first retry. Default: none. */
  readonly delay?: Duration.DurationInput | undefined
  /** What the delay grows by from try to try. Default: 1. */
  readonly factor?: number | undefined
  /** What no delay exceeds. Default: no bound. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** The share of the delay that varies: 0 to 1, or `true` for 0.2. Default: 0. */
  readonly jitter?: number | boolean | undefined
  /** Only typed failures with one of these `_tag`s are tried again. Default: all failures and defects. */
  readonly tags?: ReadonlyArray<string> | undefined
}

/**
 * What a submission may ask for.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubmitOptions {
  /** A key of one's own, in this client's space. */
  readonly key?: string | undefined
  /** Higher runs first. Default: 0. */
  readonly priority?: number | undefined
  /** Names or ids of the workers that may run it. Default: any. */
  readonly workers?: string | ReadonlyArray<string> | undefined
  /** Whether others may run it when none of `workers` can. Default: false. */
  readonly allowOtherWorkers?: boolean | undefined
  /** Abstract amounts it takes from its worker while it runs; fractions allowed. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  readonly retry?: RetryOptions | undefined
  /** How long one attempt may run. Default: for ever. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Equal arguments, equal results: the work is done once. Default: false. */
  readonly pure?: boolean | undefined
  /** What people call it in progress and durations. Default: the task's name. */
  readonly group?: string | undefined
}

/**
 * What a definition says that only a worker carries out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Definition {
  readonly retry: Retry<any> | undefined
  /** `"cpu"`: a whole slot. A number: so many of these share one executor. Default: the worker's `io`. */
  readonly slots: "cpu" | number | undefined
  /** What to do where no worker has the task: the error says it. */
  readonly advice?: string | undefined
}

/**
 * Retries as a definition has them: code, run by the worker.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry<in E> {
  /** Asked after each failure: a delay, or the end. */
  readonly schedule: Schedule.Schedule<unknown, E>
  /** Only these failures are tried again. Default: all. */
  readonly while?: ((error: E) => boolean) | undefined
}

type SchemaFor<A> = Schema.Schema<A, any, never>

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<P extends ReadonlyArray<any>, A, E> extends Omit<SubmitOptions, "key" | "retry"> {
  /** A Schema per parameter; `undefined` where the parameter is plain. */
  readonly args?: { readonly [K in keyof P]?: SchemaFor<P[K]> | undefined } | undefined
  readonly success?: SchemaFor<A> | undefined
  readonly error?: SchemaFor<E> | undefined
  /** A schedule, which the worker runs; or data, as a submission has it, which the scheduler carries out. */
  readonly retry?: Retry<E> | RetryOptions | undefined
  /** `"cpu"`: a whole slot (the default of `Task.sync`). A number: so many of these share one executor. */
  readonly slots?: "cpu" | number | undefined
  /**
   * Which of several builds of this task is meant, where they differ in what they do and not in their Schemas: part of its
   * digest, so that what is submitted runs only on workers that have the same. Default: none.
   */
  readonly version?: string | number | undefined
  /** What to do where no worker has this task: the error says it. Default: to add it to the tasks of the workers. */
  readonly advice?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CatchOptions<P extends ReadonlyArray<any>, A, E> extends Options<P, A, E> {
  /** Makes a throw, or a rejection, a failure of the task. Default: it is a defect. */
  readonly catch?: ((error: unknown) => E) | undefined
}

// `any`: a generic function takes the bound's parameters for its own, and `never` would make a task nobody can submit.
type Body = (
  ...args: Array<any>
) => Effect.Effect<any, any, any> | Generator<YieldWrap<Effect.Effect<any, any, any>>, any, any>

type ParamsOf<F> = F extends (...args: infer P) => unknown ? P : never
type ReturnOf<F> = F extends (...args: Array<never>) => infer X ? X : never
type SuccessOf<X> = X extends Effect.Effect<infer A, infer _E, infer _R> ? A
  : X extends Generator<infer _Y, infer A, infer _N> ? A
  : never
type YieldOf<X> = X extends Generator<YieldWrap<infer Y>, infer _A, infer _N> ? Y : never
type ErrorOf<X> = X extends Effect.Effect<infer _A, infer E, infer _R> ? E
  : YieldOf<X> extends infer Y ? Y extends Effect.Effect<infer _A, infer E, infer _R> ? E : never
  : never
type ContextOf<X> = X extends Effect.Effect<infer _A, infer _E, infer R> ? R
  : YieldOf<X> extends infer Y ? Y extends Effect.Effect<infer _A, infer _E, infer R> ? R : never
  : never

type HasSchema<O, K extends string> = O extends { readonly [_ in K]: object } ? true : false

/** `unknown` where all that crosses is plain or has its Schema, else a sentence that shows up as the compile error. */
type Plain<P, A, E, O> = [NotPlain<E>] extends [never] ? PlainSuccess<P, A, O>
  : HasSchema<O, "error"> extends true ? PlainSuccess<P, A, O>
  : "the error of this task is not plain data: give it a Schema, { error: … }"
type PlainSuccess<P, A, O> = [NotPlain<A>] extends [never] ? PlainArgs<P, O>
  : HasSchema<O, "success"> extends true ? PlainArgs<P, O>
  : "what this task returns is not plain data: give it a Schema, { success: … }"
type PlainArgs<P, O> = [NotPlain<P>] extends [never] ? unknown
  : O extends { readonly args: infer S } ? PlainEach<P, S>
  : "a parameter of this task is not plain data: give it a Schema, { args: [ … ] }"
type PlainEach<P, S> = [
  {
    [K in keyof P]: K extends keyof S ? S[K] extends object ? never : NotPlain<P[K]> : NotPlain<P[K]>
  }[keyof P & `${number}`]
] extends [never] ? unknown
  : "a parameter of this task is not plain data and has no Schema in { args: [ … ] }"

/**
 * A task whose function returns an Effect, or is a generator function that yields Effects. Scope, Client and
 * `Task.Current` are provided by the worker and leave `R`.
 *
 * What crosses without a Schema must be plain data (see `Value`); where types can tell that it is not, this does not
 * compile without the Schema.
 *
 * @example
 * ```ts
 * import { Task } from "creel"
 * import { Effect, Schema } from "effect"
 *
 * class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { max: Schema.Number }) {}
 *
 * export const square = Task.make(
 *   "square",
 *   function*(x: number) {
 *     if (x > 1000) return yield* new TooLarge({ max: 1000 })
 *     yield* Effect.logDebug("squaring")
 *     return x * x
 *   },
 *   { error: TooLarge, pure: true }
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: <
  F extends Body,
  const O extends Options<ParamsOf<F>, SuccessOf<ReturnOf<F>>, ErrorOf<ReturnOf<F>>> = {}
>(
  name: string,
  f: F & Plain<ParamsOf<F>, SuccessOf<ReturnOf<F>>, ErrorOf<ReturnOf<F>>, O>,
  options?: O & Options<ParamsOf<F>, SuccessOf<ReturnOf<F>>, ErrorOf<ReturnOf<F>>>
) => Task<
  ParamsOf<F>,
  SuccessOf<ReturnOf<F>>,
  ErrorOf<ReturnOf<F>>,
  Exclude<ContextOf<ReturnOf<F>>, Provided>
> = internal.make as any

type CaughtBy<O> = O extends { readonly catch: (error: any) => infer E } ? E : never

/**
 * A task whose function returns its value, whatever that is: an Option or an Effect is not run. It takes a whole slot
 * unless `slots` says otherwise. A throw is a defect, or what `catch` makes of it.
 *
 * @example
 * ```ts
 * import { Task } from "creel"
 *
 * export const sum = Task.sync("sum", (xs: Float64Array) => xs.reduce((a, b) => a + b, 0))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const sync: <
  F,
  const O extends CatchOptions<ParamsOf<F>, ReturnOf<F>, any> = {}
>(
  name: string,
  f: F & (F extends Anything ? Plain<ParamsOf<F>, ReturnOf<F>, CaughtBy<O>, O> : "a task needs a function"),
  options?: O & CatchOptions<ParamsOf<F>, ReturnOf<F>, any>
) => Task<ParamsOf<F>, ReturnOf<F>, CaughtBy<O>> = internal.sync as any

type Anything = (...args: Array<never>) => unknown

type PromiseBody = (signal: AbortSignal) => (...args: Array<any>) => PromiseLike<unknown>

/**
 * A task whose function returns a promise of its value. The signal aborts when the attempt is stopped. A rejection is a
 * defect, or what `catch` makes of it.
 *
 * @example
 * ```ts
 * import { Task } from "creel"
 *
 * export const size = Task.promise(
 *   "size",
 *   (signal) => async (url: string) => (await (await fetch(url, { signal })).arrayBuffer()).byteLength,
 *   { catch: (error) => String(error) }
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const promise: <
  F extends PromiseBody,
  const O extends CatchOptions<ParamsOf<ReturnOf<F>>, Awaited<ReturnOf<ReturnOf<F>>>, any> = {}
>(
  name: string,
  f: F & Plain<ParamsOf<ReturnOf<F>>, Awaited<ReturnOf<ReturnOf<F>>>, CaughtBy<O>, O>,
  options?: O & CatchOptions<ParamsOf<ReturnOf<F>>, Awaited<ReturnOf<ReturnOf<F>>>, any>
) => Task<ParamsOf<ReturnOf<F>>, Awaited<ReturnOf<ReturnOf<F>>>, CaughtBy<O>> = internal.promise as any

type TypesOf<S> = S extends ReadonlyArray<unknown> ? { -readonly [K in keyof S]: TypeOf<S[K]> } : []
type TypeOf<S> = S extends Schema.Schema<infer A, infer _I, infer _R> ? A : never

/**
 * A contract that can be implemented.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unimplemented<in P extends ReadonlyArray<any>, in out A, in out E> extends Contract<P, A, E> {
  /** The task, for workers. */
  readonly implement: <X extends Effect.Effect<A, E, any> | Generator<YieldWrap<Effect.Effect<any, E, any>>, A, any>>(
    f: (...args: P extends infer Q extends ReadonlyArray<any> ? Q : never) => X,
    options?: { readonly retry?: Retry<E> | undefined; readonly slots?: "cpu" | number | undefined }
  ) => Task<P, A, E, Exclude<ContextOf<X>, Provided>>
}

/**
 * The contract of a task apart from its implementation, as an `RpcGroup` is from its handlers: clients import the one,
 * workers the other. Without `success` it returns `void`; without `error` it cannot fail.
 *
 * @example
 * ```ts
 * import { Task } from "creel"
 * import { Effect, Schema } from "effect"
 *
 * // contract.ts: imported by clients
 * export const Resize = Task.contract("resize", {
 *   args: [Schema.Uint8ArrayFromSelf, Schema.Number],
 *   success: Schema.Uint8ArrayFromSelf
 * })
 *
 * // tasks.ts: imported by workers
 * export const resize = Resize.implement((image, width) => Effect.succeed(image.subarray(0, width)))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const contract: <
  const Args extends ReadonlyArray<Schema.Schema.AnyNoContext> = readonly [],
  Success extends Schema.Schema.AnyNoContext = typeof Schema.Void,
  Error extends Schema.Schema.AnyNoContext | typeof Schema.Never = typeof Schema.Never
>(
  name: string,
  options?: Omit<SubmitOptions, "key"> & {
    readonly args?: Args | undefined
    readonly success?: Success | undefined
    readonly error?: Error | undefined
    /** As in `Options`. */
    readonly version?: string | number | undefined
  }
) => Unimplemented<TypesOf<Args>, TypeOf<Success>, TypeOf<Error>> = internal.contract as any

const with_: {
  /**
   * The same task, submitted with other options: what is given here goes over what the task has, option by option.
   *
   * @example
   * ```ts
   * import { Task } from "creel"
   *
   * const add = Task.sync("add", (x: number, y: number) => x + y)
   * export const urgent = add.pipe(Task.with({ priority: 10, timeout: "1 minute" }))
   * ```
   *
   * @since 0.1.0
   * @category combinators
   */
  (options: SubmitOptions): <T extends Contract.Any>(self: T) => T
  /**
   * The same task, submitted with other options: what is given here goes over what the task has, option by option.
   *
   * @since 0.1.0
   * @category combinators
   */
  <T extends Contract.Any>(self: T, options: SubmitOptions): T
} = dual(2, internal.withOptions)

export {
  /**
   * @since 0.1.0
   * @category combinators
   */
  with_ as with
}

/**
 * Whether something can be submitted: a contract or a task.
 *
 * @since 0.1.0
 * @category guards
 */
export const isContract = (u: unknown): u is Contract.Any => Predicate.hasProperty(u, TypeId)

/**
 * Whether something can be run by a worker: a contract with its implementation.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTask = (u: unknown): u is Task.Any => isContract(u) && Predicate.hasProperty(u, "run")

/**
 * What a worker announces and a spec names: `name#digest`.
 *
 * @since 0.1.0
 * @category getters
 */
export const id = (self: Contract.Any): string => self.id

/**
 * The task's name in what `id` answers.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameOf = (id: string): string => id.slice(0, id.lastIndexOf("#"))

/**
 * Whether, and after how many milliseconds, a schedule tries again after `failures` earlier failures and this one.
 *
 * @since 0.1.0
 * @category utils
 */
export const retryAfter: (
  schedule: Schedule.Schedule<unknown, any>,
  failure: unknown,
  failures: number
) => Effect.Effect<"final" | { readonly retryAfter: number }> = internal.retryAfter

/**
 * The value of an input in a payload, by the schema of the task that made it, where `lookup` knows that task by its id.
 * Where it does not, only a parameter with a schema can take it. Throws `NotDecodable`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeInput: (payload: Payload, lookup: (id: string) => Contract.Any | undefined) => unknown = decodeInput_
