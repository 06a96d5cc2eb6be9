/**
 * How the types of arguments and errors flow through futures, and which types are plain.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as HashMap from "effect/HashMap"
import type * as HashSet from "effect/HashSet"
import type * as Option from "effect/Option"
import type { Future } from "./Future.js"
import type { FutureError, SubmitError } from "./FutureError.js"

/**
 * Depth runs down; types past the fourth level are not followed.
 *
 * @since 0.1.0
 * @category models
 */
export type Less = [0, 0, 1, 2, 3, 4]

type Anything = (...args: Array<never>) => unknown

/**
 * Whether a type is a container that is searched for futures: an array, a tuple, a plain record.
 *
 * @since 0.1.0
 * @category models
 */
export type IsContainer<A> = A extends ReadonlyArray<unknown> ? true
  : A extends
    | { readonly [Symbol.iterator]: unknown }
    | Effect.Effect<unknown, unknown, unknown>
    | Date
    | RegExp
    | ArrayBuffer
    | ArrayBufferView
    | Error
    | Anything ? false
  : A extends object ? true
  : false

/**
 * What may stand for a parameter of type `A`: a value, a future of one, or an array, tuple or plain record (to four
 * levels) that holds futures where values belong. Class instances, Options, Maps and Effects are values.
 *
 * @since 0.1.0
 * @category models
 */
export type Arg<A, D extends number = 4> =
  | A
  | Future<A, unknown>
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

// Where the argument is already the parameter there is no future in it, and it is not searched.
type ErrorOf<T, P, D extends number> = 0 extends 1 & T ? never
  : [T] extends [never] ? never
  : T extends Future<any, infer E> ? E
  : unknown extends P ? ErrorIn<T, D>
  : [T] extends [P] ? never
  : ErrorIn<T, D>

type ErrorIn<T, D extends number> = D extends 0 ? never
  : T extends Future<any, infer E> ? E
  : T extends ReadonlyArray<infer U> ? ErrorIn<U, Less[D]>
  : T extends object ? IsContainer<T> extends true ? { [K in keyof T]: ErrorIn<T[K], Less[D]> }[keyof T] : never
  : never

/**
 * The errors of the futures among the arguments `T`, given for the parameters `P`.
 *
 * @since 0.1.0
 * @category models
 */
export type Errs<T extends ReadonlyArray<unknown>, P extends ReadonlyArray<any>> = {
  [K in keyof T]: ErrorOf<T[K], K extends keyof P ? P[K] : P[number], 4>
}[number]

/** Errors whose classes both sides have. */
type KnownError =
  | FutureError
  | SubmitError
  | Cause.NoSuchElementException
  | Cause.TimeoutException
  | Cause.UnknownException
  | Cause.IllegalArgumentException
  | Cause.RuntimeException
  | Cause.InterruptedException
  | Cause.ExceededCapacityException

/**
 * The part of a type that is certainly not plain, and so cannot cross without a Schema; `never` where there is none, or
 * where types cannot tell (`unknown`, `any`, a class without methods: what is found at run time is `NotEncodable`).
 *
 * @since 0.1.0
 * @category models
 */
export type NotPlain<T, D extends number = 4> = 0 extends 1 & T ? never
  : unknown extends T ? never
  : D extends 0 ? never
  : NotPlainEach<T, D>

type NotPlainEach<T, D extends number> = T extends string | number | boolean | bigint | null | undefined | void ? never
  : T extends symbol | Anything | Promise<unknown> | WeakKey & { readonly [Symbol.asyncIterator]: unknown } ? T
  : T extends Date | ArrayBuffer | ArrayBufferView | Duration.Duration | DateTime.DateTime | KnownError ? never
  : T extends Error ? T
  : T extends Option.Option<infer A> ? NotPlain<A, Less[D]>
  : T extends Either.Either<infer R, infer L> ? NotPlain<R, Less[D]> | NotPlain<L, Less[D]>
  : T extends Exit.Exit<infer A, infer E> ? NotPlain<A, Less[D]> | NotPlain<E, Less[D]>
  : T extends Cause.Cause<infer E> ? NotPlain<E, Less[D]>
  : T extends Chunk.Chunk<infer A> ? NotPlain<A, Less[D]>
  : T extends HashSet.HashSet<infer A> ? NotPlain<A, Less[D]>
  : T extends HashMap.HashMap<infer K, infer A> ? NotPlain<K, Less[D]> | NotPlain<A, Less[D]>
  : T extends ReadonlyArray<infer A> ? NotPlain<A, Less[D]>
  : T extends ReadonlyMap<infer K, infer A> ? NotPlain<K, Less[D]> | NotPlain<A, Less[D]>
  : T extends ReadonlySet<infer A> ? NotPlain<A, Less[D]>
  // What an array may stand for: an iterable of any kind.
  : Array<never> extends T ? T extends Iterable<infer A> ? NotPlain<A, Less[D]> : never
  : T extends Fiber.Fiber<unknown, unknown> | Effect.Effect<unknown, unknown, unknown> | RegExp ? T
  : T extends object ?
    { [K in keyof T]-?: NotPlain<T[K], Less[D]> } extends infer M ? [M[keyof M]] extends [never] ? never : T : never
  : never
