/**
 * Futures in the order in which they are done, more of them coming while one looks.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import type { Future } from "./Future.js"
import type { FutureError } from "./FutureError.js"

/**
 * A scoped set of futures that hands them out as they are done, failed and cancelled ones too. A future added twice
 * comes out twice. It ends when asked for the next while nothing is outstanding: adding from the loop's body always
 * works, and after its end more can be added and taken.
 *
 * A future is released when the following one is taken, unless it was retained (`Future.retain`).
 *
 * @since 0.1.0
 * @category models
 */
export interface AsCompleted<A, E> {
  readonly add: (future: Future<A, E>) => Effect.Effect<void>
  readonly update: (futures: Iterable<Future<A, E>>) => Effect.Effect<void>
  /** The next to be done; `NoSuchElementException` when nothing is outstanding. */
  readonly take: Effect.Effect<Future<A, E>, Cause.NoSuchElementException>
  /** The next that are done already; at least one, waited for if need be. */
  readonly takeBatch: Effect.Effect<ReadonlyArray<Future<A, E>>, Cause.NoSuchElementException>
  readonly stream: Stream.Stream<Future<A, E>>
  readonly batches: Stream.Stream<ReadonlyArray<Future<A, E>>>
  /** Their values: the stream fails with the first failure. */
  readonly results: Stream.Stream<A, E | FutureError>
  /** Their values or failures. */
  readonly settled: Stream.Stream<Either.Either<A, E | FutureError>>
  /** How many were added and not taken. */
  readonly count: Effect.Effect<number>
  readonly isEmpty: Effect.Effect<boolean>
  /** Lets go of all that is outstanding. */
  readonly clear: Effect.Effect<void>
}
