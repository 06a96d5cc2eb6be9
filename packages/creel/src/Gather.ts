/**
 * What `Client.gather` makes of futures nested in arrays, tuples and plain records.
 *
 * @since 0.1.0
 */
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { Future } from "./Future.js"
import type { FutureError } from "./FutureError.js"

/**
 * What becomes of failures, in the words of `Effect.all`: `default` fails with the first, `either` puts an Either in
 * each future's place, `validate` waits for all and fails with an Option of each one's failure in its place. And `skip`
 * leaves out what failed.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = "default" | "either" | "validate" | "skip"

type Container<T> = T extends ReadonlyArray<unknown> ? true
  : T extends
    | { readonly [Symbol.iterator]: unknown }
    | Date
    | ArrayBuffer
    | ArrayBufferView
    | ((...args: Array<never>) => unknown) ? false
  : T extends object ? true
  : false

/**
 * The values in the places of the futures.
 *
 * @since 0.1.0
 * @category models
 */
export type Values<T, M extends Mode = "default"> = T extends Future<infer A, infer E>
  ? M extends "either" ? Either.Either<A, E | FutureError> : A
  : Container<T> extends true ? M extends "skip" ? Skipped<T> : { -readonly [K in keyof T]: Values<T[K], M> }
  : T

type Skipped<T> = T extends ReadonlyArray<infer U> ? Array<Values<U, "skip">>
  : { -readonly [K in keyof T]?: Values<T[K], "skip"> }

/**
 * The failures of the futures.
 *
 * @since 0.1.0
 * @category models
 */
export type Errors<T> = T extends Future<unknown, infer E> ? E
  : T extends ReadonlyArray<infer U> ? Errors<U>
  : Container<T> extends true ? { [K in keyof T]: Errors<T[K]> }[keyof T]
  : never

type Failures<T> = T extends Future<unknown, infer E> ? Option.Option<E | FutureError>
  : Container<T> extends true ? { -readonly [K in keyof T]: Failures<T[K]> }
  : T

/**
 * What `gather` itself fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure<T, M extends Mode = "default"> = M extends "either" | "skip" ? never
  : M extends "validate" ? Failures<T>
  : Errors<T> | FutureError
