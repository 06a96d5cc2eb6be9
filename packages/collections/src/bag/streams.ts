/**
 * From streams, and to them.
 *
 * @since 0.1.0
 */
import type * as Args from "creel/Args"
import type * as Client from "creel/Client"
import type { FutureError, SubmitError } from "creel/FutureError"
import { dual } from "effect/Function"
import type * as Stream from "effect/Stream"
import * as internal from "../streams/fromStream.js"
import { toStream as toStream_ } from "../streams/toStream.js"
import type { Bag } from "./model.js"
import { isBag } from "./state.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface FromStreamOptions {
  /** Elements in a partition, fewer in the last. Default: 1000. */
  readonly partitionSize?: number | undefined
  /** How many full partitions may be on their way to the workers before the stream has to wait. Default: 4. */
  readonly ahead?: number | undefined
}

type Plain<A> = [Args.NotPlain<A>] extends [never] ? unknown
  : "an element of this stream is not plain data: encode it first, Stream.map(Schema.encodeSync(…))"

/**
 * The elements of a stream. It is run here, when something is computed from the bag, and again only when nothing that was
 * computed from it is held any more. Its partitions go to the workers as they fill: only a few (`ahead`) are in this process at once, and the stream is not asked for more than they can
 * take. Nothing that needs them begins before the stream has ended.
 *
 * What the stream requires is what is required to compute the bag; what it fails with is what computing fails with, as it
 * is: it need not cross. Elements must be plain data (see `Value`). They cannot be made again: what is lost with a worker is
 * lost (`FutureError`, `Lost`).
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Stream } from "effect"
 *
 * const bag = Bag.fromStream(Stream.range(1, 5), { partitionSize: 2 }).pipe(Bag.map((n) => n * n)) // [1, 4, 9, 16, 25]
 *
 * const failing = Bag.fromStream(Stream.fail("no more")) // fails: "no more"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream: <A, E, R>(
  stream: Stream.Stream<A, E, R> & Plain<A>,
  options?: FromStreamOptions
) => Bag<A, E, R> = internal.fromStream

/**
 * @since 0.1.0
 * @category models
 */
export interface ToStreamOptions {
  /** How many partitions may be computed ahead of what is taken from the stream, that one included. Default: 4. */
  readonly ahead?: number | undefined
}

/**
 * The elements as a stream, partition by partition, in order. Partitions are computed a few ahead (`ahead`), wait on the
 * workers, and come here one at a time as they are asked for. When the stream ends, or is interrupted, so does the work.
 *
 * What several partitions need is computed once, and kept until the stream ends.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Stream } from "effect"
 *
 * const numbers = Bag.range(0, 1000, { partitions: 100 }).pipe(
 *   Bag.filter((n) => n % 2 === 1),
 *   Bag.toStream({ ahead: 2 }),
 *   Stream.take(3)
 * ) // [1, 3, 5]
 * ```
 *
 * @since 0.1.0
 * @category results
 */
export const toStream: {
  /**
   * The elements as a stream, partition by partition, in order.
   *
   * @since 0.1.0
   * @category results
   */
  (
    options?: ToStreamOptions
  ): <A, E, R>(self: Bag<A, E, R>) => Stream.Stream<A, E | FutureError | SubmitError, Client.Client | R>
  /**
   * The elements as a stream, partition by partition, in order.
   *
   * @since 0.1.0
   * @category results
   */
  <A, E, R>(
    self: Bag<A, E, R>,
    options?: ToStreamOptions
  ): Stream.Stream<A, E | FutureError | SubmitError, Client.Client | R>
} = dual((args) => isBag(args[0]), toStream_)
