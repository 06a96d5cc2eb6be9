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
import * as Client from "creel/Client"
import type * as Collection from "creel/Collection"
import type { Future } from "creel/Future"
import type { SubmitError } from "creel/FutureError"
import type * as Graph from "creel/Graph"
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Inspectable } from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import * as internal from "./delayed/delayed.js"

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
 * import { Task } from "creel"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 * const sum = Task.sync("sum", (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0))
 *
 * const x = Delayed.make((n: number) => n + 1)(1)
 * const y = Delayed.make(add)(x, 40) // 42
 * const total = Delayed.make(sum)([x, y, 100]) // 144
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
 * What is lazy in it is not searched for: see `all`.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const words = Delayed.value(["a", "b"])
 * const count = words.pipe(Delayed.map((words) => words.length)) // 2
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const value: <A>(value: A) => Delayed<A> = internal.value

/**
 * Work that was submitted already. The future must be of the client that computes, and not released.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 * import { Client } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const future = yield* Client.submit((x: number) => x + 1, 1)
 *   const more = Delayed.fromFuture(future).pipe(Delayed.map((x) => x * 10))
 *   return yield* yield* Delayed.compute(more)
 * }) // 20
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromFuture: <A, E>(future: Future<A, E>) => Delayed<A, E> = internal.fromFuture

/**
 * What computing a collection gives, as a lazy value. Among arguments a collection stands as it is.
 *
 * @example
 * ```ts
 * import { Bag, Delayed } from "@creel/collections"
 *
 * const numbers = Delayed.fromCollection(Bag.range(0, 3)) // [0, 1, 2]
 * const first = Delayed.get(numbers, 0) // 0
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromCollection: <A, E, R>(collection: Collection.Collection<A, E, R>) => Delayed<A, E, R> =
  // What it is of is not known inside.
  internal.fromCollection as any

type ValuesOf<T, D extends number> = 0 extends 1 & T ? T
  : T extends Future<infer A, unknown> ? A
  : T extends Collection.Collection<infer A, unknown, unknown> ? A
  : D extends 0 ? T
  : IsContainer<T> extends true ? { -readonly [K in keyof T]: ValuesOf<T[K], Less[D]> }
  : T

/**
 * What `T` is when all in it that is lazy, or a future, has its value in its place.
 *
 * @since 0.1.0
 * @category models
 */
export type Values<T> = ValuesOf<T, 4>

/**
 * Lazy values, futures and collections in arrays, tuples and plain records (to four levels), as one lazy value of their
 * values in their places. As an argument it needs no task of its own: what is in it stands there itself. Computed by
 * itself, the values are brought together on one worker, by a plain function.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const inc = Delayed.make((x: number) => x + 1)
 *
 * const pair = Delayed.all([inc(1), inc(2)]) // [2, 3]
 * const named = Delayed.all({ a: inc(1), more: [inc(2), 10] }) // { a: 2, more: [3, 10] }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const all: <const T extends ReadonlyArray<unknown> | { readonly [key: string]: unknown }>(
  values: T
) => Delayed<ValuesOf<T, 4>, ErrorOf<SourcesIn<T, 4>>, ContextOf<SourcesIn<T, 4>>> = internal.structure

/**
 * @since 0.1.0
 * @category guards
 */
export const isDelayed: (u: unknown) => u is Any = internal.isDelayed

/**
 * A task, or a plain function, called with the value. There is no `flatMap`, see above.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const ten = Delayed.value(1).pipe(Delayed.map((x) => x + 1), Delayed.map((x) => x * 5)) // 10
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const map: {
  /**
   * A task, or a plain function, called with the value. There is no `flatMap`, see above.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, B, E2>(task: Task.Contract<[a: A], B, E2>): <E, R>(self: Delayed<A, E, R>) => Delayed<B, E | E2, R>
  /**
   * A task, or a plain function, called with the value. There is no `flatMap`, see above.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, X>(
    f: (a: A) => X
  ): <E, R>(self: Delayed<A, E, R>) => Delayed<PlainFunction.Success<X>, E | PlainFunction.Error<X>, R>
  /**
   * A task, or a plain function, called with the value. There is no `flatMap`, see above.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B, E2>(self: Delayed<A, E, R>, task: Task.Contract<[a: A], B, E2>): Delayed<B, E | E2, R>
  /**
   * A task, or a plain function, called with the value. There is no `flatMap`, see above.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, X>(
    self: Delayed<A, E, R>,
    f: (a: A) => X
  ): Delayed<PlainFunction.Success<X>, E | PlainFunction.Error<X>, R>
} = dual(2, (self: Any, f: internal.Callee) => internal.call(f, [self]))

/**
 * Two values as a pair.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const pair = Delayed.zip(Delayed.value(1), Delayed.value("a")) // [1, "a"]
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const zip: {
  /**
   * Two values as a pair.
   *
   * @since 0.1.0
   * @category combinators
   */
  <B, E2, R2>(that: Delayed<B, E2, R2>): <A, E, R>(self: Delayed<A, E, R>) => Delayed<[A, B], E | E2, R | R2>
  /**
   * Two values as a pair.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B, E2, R2>(self: Delayed<A, E, R>, that: Delayed<B, E2, R2>): Delayed<[A, B], E | E2, R | R2>
} = dual(2, (self: Any, that: Any) => internal.structure([self, that]))

/**
 * A task, or a plain function, called with two values.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const three = Delayed.value(1).pipe(Delayed.zipWith(Delayed.value(2), (x, y) => x + y)) // 3
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const zipWith: {
  /**
   * A task, or a plain function, called with two values.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, B, E2, R2, C, E3>(
    that: Delayed<B, E2, R2>,
    task: Task.Contract<[a: A, b: B], C, E3>
  ): <E, R>(self: Delayed<A, E, R>) => Delayed<C, E | E2 | E3, R | R2>
  /**
   * A task, or a plain function, called with two values.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, B, E2, R2, X>(
    that: Delayed<B, E2, R2>,
    f: (a: A, b: B) => X
  ): <E, R>(
    self: Delayed<A, E, R>
  ) => Delayed<PlainFunction.Success<X>, E | E2 | PlainFunction.Error<X>, R | R2>
  /**
   * A task, or a plain function, called with two values.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B, E2, R2, C, E3>(
    self: Delayed<A, E, R>,
    that: Delayed<B, E2, R2>,
    task: Task.Contract<[a: A, b: B], C, E3>
  ): Delayed<C, E | E2 | E3, R | R2>
  /**
   * A task, or a plain function, called with two values.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B, E2, R2, X>(
    self: Delayed<A, E, R>,
    that: Delayed<B, E2, R2>,
    f: (a: A, b: B) => X
  ): Delayed<PlainFunction.Success<X>, E | E2 | PlainFunction.Error<X>, R | R2>
} = dual(3, (self: Any, that: Any, f: internal.Callee) => internal.call(f, [self, that]))

type Method = (...args: Array<never>) => unknown

/**
 * What can be picked out of a value: the fields of a record that are no methods, the elements of an array or tuple.
 *
 * @since 0.1.0
 * @category models
 */
export type Field<A> = A extends ReadonlyArray<unknown>
  ? number extends A["length"] ? number | "length" : TupleIndex<A> | "length"
  : { [K in keyof A]-?: A[K] extends Method ? never : K }[keyof A] & (string | number)

type TupleIndex<A extends ReadonlyArray<unknown>> = keyof A extends infer K
  ? K extends `${infer N extends number}` ? N : never
  : never

/**
 * What is picked: `undefined` too, where an array may be shorter.
 *
 * @since 0.1.0
 * @category models
 */
export type Picked<A, K> = A extends ReadonlyArray<infer U>
  ? K extends number ? number extends A["length"] ? U | undefined : K extends keyof A ? A[K] : never : number
  : K extends keyof A ? A[K]
  : never

/**
 * A field of the record, or an element of the array, that the value is: the rest stays where it is.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 *
 * const user = Delayed.value({ name: "Ada", tags: ["a", "b"] })
 *
 * const name = user.pipe(Delayed.get("name")) // "Ada"
 * const second = user.pipe(Delayed.get("tags"), Delayed.get(1)) // "b"
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const get: {
  /**
   * A field of the record, or an element of the array, that the value is: the rest stays where it is.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, const K extends Field<A>>(key: K): <E, R>(self: Delayed<A, E, R>) => Delayed<Picked<A, K>, E, R>
  /**
   * A field of the record, or an element of the array, that the value is: the rest stays where it is.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, const K extends Field<A>>(self: Delayed<A, E, R>, key: K): Delayed<Picked<A, K>, E, R>
} = dual(2, internal.field)

const with_: {
  /**
   * The same lazy call, submitted with other options: what is given here goes over what the task has. Its key stays,
   * unless `key` or `pure` say what it is to be; where both stand in one graph, the one met first counts. Values that are
   * there already take no options.
   *
   * @example
   * ```ts
   * import { Delayed } from "@creel/collections"
   *
   * const urgent = Delayed.make((x: number) => x + 1)(1).pipe(Delayed.with({ priority: 10, key: "two" })) // 2
   * const key = urgent.key // "two"
   * ```
   *
   * @since 0.1.0
   * @category combinators
   */
  (options: Task.SubmitOptions): <A, E, R>(self: Delayed<A, E, R>) => Delayed<A, E, R>
  /**
   * The same lazy call, submitted with other options: what is given here goes over what the task has. Its key stays,
   * unless `key` or `pure` say what it is to be; where both stand in one graph, the one met first counts. Values that are
   * there already take no options.
   *
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R>(self: Delayed<A, E, R>, options: Task.SubmitOptions): Delayed<A, E, R>
} = dual(2, internal.withOptions)

export {
  /**
   * @since 0.1.0
   * @category combinators
   */
  with_ as with
}

export {
  /**
   * The picture of what is to be done, as SVG, Graphviz DOT or Mermaid: see `Picture`. Nothing is computed.
   *
   * @since 0.1.0
   * @category drawing
   */
  visualize
} from "./Picture.js"

/**
 * `Client.compute`, of a lazy value: submits at once all that it needs, and answers its Future.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 * import { Effect } from "effect"
 *
 * const six = Delayed.make((x: number, y: number) => x * y)(2, 3)
 *
 * const program = six.pipe(Delayed.compute, Effect.flatten) // 6
 * ```
 *
 * @since 0.1.0
 * @category computing
 */
export const compute = <A, E, R>(
  self: Delayed<A, E, R>
): Effect.Effect<Future<A, E>, SubmitError, Client.Client | Scope.Scope | R> => Client.compute(self)

/**
 * `Client.persist`, of a lazy value: submits at once all that it needs, and answers the same lazy value, standing on its
 * Future. What is made of it from now on begins there.
 *
 * @example
 * ```ts
 * import { Delayed } from "@creel/collections"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const six = yield* Delayed.persist(Delayed.make((x: number, y: number) => x * y)(2, 3))
 *   return yield* yield* Delayed.compute(six.pipe(Delayed.map((x) => x + 1)))
 * }) // 7
 * ```
 *
 * @since 0.1.0
 * @category computing
 */
export const persist = <A, E, R>(
  self: Delayed<A, E, R>
): Effect.Effect<Delayed<A, E>, SubmitError, Client.Client | Scope.Scope | R> =>
  // What stands on futures needs nothing any more.
  Client.persist(self) as Effect.Effect<Delayed<A, E>, SubmitError, Client.Client | Scope.Scope | R>
