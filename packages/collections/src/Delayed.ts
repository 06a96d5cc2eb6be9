/**
 * Lazy calls: `Delayed.make(task)(...args)` is a value that says what is to be done, and does nothing. It owns the shape of
 * a lazy call, what may stand among its arguments and how calls nest; `Client.compute` turns one into a future.
 *
 * Nothing here is ever computed by accident: a Delayed is no Effect and no promise, printing it shows its key. One thing
 * cannot be told apart in JavaScript: `if (delayed)` asks whether there is an object, and there is.
 *
 * There is no `flatMap`: what there is to do is known before any of it is done, which is what makes it a graph that can
 * be drawn, ordered and fused. Work that depends on a value submits more work from within a task, or here once the future
 * has been joined.
 *
 * @since 0.1.0
 */
import type { IsContainer, Less } from "creel/Args"
import type * as Client from "creel/Client"
import type * as Collection from "creel/Collection"
import type { Future } from "creel/Future"
import type { SubmitError } from "creel/FutureError"
import type * as Graph from "creel/Graph"
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import type * as Effect from "effect/Effect"
import type { Inspectable } from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import * as internal from "./internal/delayed.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@creel/collections/Delayed")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A lazy value. `A` is what computing it gives, `E` what that may fail with, `R` what must be there to find out what there
 * is to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delayed<out A, out E = never, out R = never>
  extends Collection.Collection<A, E, R>, Pipeable, Inspectable
{
  readonly [TypeId]: {
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
  /** Its name in the graph. Of two with one key only one is computed. */
  readonly key: string
  /** What is to be done; `undefined` where that has to be found out first (`later`). */
  readonly node: Graph.Node | undefined
  /** What the node names: each ref in it is the key of one of these. */
  readonly needs: ReadonlyArray<Any>
  /** What has to be found out here before there is a node: for values that come from a Stream. */
  readonly later: Effect.Effect<Any, SubmitError, Client.Client | Scope.Scope | R> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Delayed<unknown, unknown, unknown>

type Source<A> = Future<A, unknown> | Collection.Collection<A, unknown, unknown>

/**
 * What may stand for a parameter of type `A`: a value, a lazy value or any collection that gives one, a future of one, or
 * an array, tuple or plain record (to four levels) with those in it where values belong.
 *
 * @since 0.1.0
 * @category models
 */
export type Arg<A, D extends number = 4> =
  | A
  | Source<A>
  | (D extends 0 ? never
    : A extends object ? IsContainer<A> extends true ? { readonly [K in keyof A]: Arg<A[K], Less[D]> } : never
    : never)

/**
 * What may stand for the parameters `P`.
 *
 * @since 0.1.0
 * @category models
 */
// `any` in constraints: parameters are contravariant, and `unknown` would refuse every function.
export type Args<P extends ReadonlyArray<any>> = { readonly [K in keyof P]: Arg<P[K]> }

// What is found is a union of sources; where the argument is already the parameter none is looked for in it.
type SourcesOf<T, P, D extends number> = 0 extends 1 & T ? never
  : [T] extends [never] ? never
  : T extends Source<any> ? T
  : unknown extends P ? SourcesIn<T, D>
  : [T] extends [P] ? never
  : SourcesIn<T, D>

type SourcesIn<T, D extends number> = D extends 0 ? never
  : 0 extends 1 & T ? never
  : T extends Source<any> ? T
  : T extends ReadonlyArray<infer U> ? SourcesIn<U, Less[D]>
  : T extends object ? IsContainer<T> extends true ? { [K in keyof T]: SourcesIn<T[K], Less[D]> }[keyof T] : never
  : never

type ErrorOf<S> = S extends Future<any, infer E> ? E
  : S extends Collection.Collection<any, infer E, any> ? E
  : never

type ContextOf<S> = S extends Collection.Collection<any, any, infer R> ? R : never

type Found<T extends ReadonlyArray<unknown>, P extends ReadonlyArray<any>> = {
  [K in keyof T]: SourcesOf<T[K], K extends keyof P ? P[K] : P[number], 4>
}[number]

/**
 * The errors of what is lazy, or a future, among the arguments `T`, given for the parameters `P`.
 *
 * @since 0.1.0
 * @category models
 */
export type Errs<T extends ReadonlyArray<unknown>, P extends ReadonlyArray<any>> = ErrorOf<Found<T, P>>

/**
 * What is needed to find out what there is to do, for the arguments `T`, given for the parameters `P`.
 *
 * @since 0.1.0
 * @category models
 */
export type Context<T extends ReadonlyArray<unknown>, P extends ReadonlyArray<any>> = ContextOf<Found<T, P>>

/**
 * A task, or a plain function, whose calls are lazy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lazy<P extends ReadonlyArray<any>, out A, out E> {
  <const T extends Args<P>>(...args: T): Delayed<A, E | Errs<T, P>, Context<T, P>>
}

/**
 * Options for calls: as for `Client.submit`, but the key.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = Omit<Task.SubmitOptions, "key">

/**
 * A task, or a plain function that closes over nothing, whose calls are lazy: they are written down, typed as
 * `Client.submit` types them, and done when the result is computed. Lazy values, futures and other collections stand
 * wherever their value belongs, at any depth of arrays and plain records.
 *
 * A lazy value that is used twice is computed once. Calls of a `pure` task with equal arguments have equal keys, and are
 * one; any other call has a key of its own. A plain function that is refused (see `PlainFunction.fromFunction`) and an
 * argument that cannot cross are `SubmitError`s of `Client.compute`.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const x = Delayed.make((n: number) => n + 1)(1)
 * const total = Delayed.make(add)(x, 40)
 *
 * const program = Effect.scoped(Effect.flatMap(Client.compute(total), Client.gather)) // 42
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  <P extends ReadonlyArray<any>, A, E>(task: Task.Contract<P, A, E>, options?: Options): Lazy<P, A, E>
  <P extends ReadonlyArray<any>, X>(
    f: (...args: P) => X,
    options?: Options
  ): Lazy<P, PlainFunction.Success<X>, PlainFunction.Error<X>>
} = internal.make as any

/**
 * A value that is there already. It is sent with the work that needs it; a large one once, to where it is needed first.
 *
 * @since 0.1.0
 * @category constructors
 */
export const value: <A>(value: A) => Delayed<A> = internal.value

/**
 * Work that was submitted already. The future must be of the client that computes, and not released.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromFuture: <A, E>(future: Future<A, E>) => Delayed<A, E> = internal.fromFuture

/**
 * What computing a collection gives, as a lazy value.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromCollection: <A, E, R>(collection: Collection.Collection<A, E, R>) => Delayed<A, E, R> = internal
  .fromCollection as any

/**
 * @since 0.1.0
 * @category guards
 */
export const isDelayed: (u: unknown) => u is Any = internal.isDelayed
