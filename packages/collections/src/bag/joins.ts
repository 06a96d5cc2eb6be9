/**
 * Two sides brought together: joins by key, and products.
 *
 * @since 0.1.0
 */
import type * as Collection from "creel/Collection"
import type * as Future from "creel/Future"
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { dual } from "effect/Function"
import * as internal from "../shuffle/groupBuild.js"
import type { ShuffleOptions } from "./grouping.js"
import type { Any, Bag } from "./model.js"
import { isBag } from "./state.js"

type Error<X> = PlainFunction.Error<X>

/**
 * What may stand on the other side: a bag, values that are here, or a future or a lazy value of an array.
 *
 * @since 0.1.0
 * @category models
 */
export type Side<B, E = never, R = never> =
  | Collection.Collection<ReadonlyArray<B>, E, R>
  | Future.Future<ReadonlyArray<B>, E>
  | Iterable<B>

/**
 * How two sides of different kinds are joined.
 *
 * @since 0.1.0
 * @category models
 */
export interface JoinOptions<in A, in B, K, X, E2, K3, Y, E3> extends ShuffleOptions {
  /** The key of an element: a task, or a plain function. */
  readonly on: Task.Contract<[a: A], K, E2> | ((a: A) => X)
  /** The key of an element of the other side: a task, or a plain function. */
  readonly onOther: Task.Contract<[b: B], K3, E3> | ((b: B) => Y)
}

/**
 * How two sides whose elements have one key are joined.
 *
 * @since 0.1.0
 * @category models
 */
export interface JoinOnOptions<in A, K, X, E2> extends ShuffleOptions {
  /** The key of an element of either side: a task, or a plain function. */
  readonly on: Task.Contract<[a: A], K, E2> | ((a: A) => X)
  readonly onOther?: undefined
}

/**
 * Each element with each of the other side that has an equal key, as a pair: an inner join.
 *
 * The other side goes to each partition as it is where it has one partition: values that are here, a future or a lazy value of
 * an array, a bag of one. Two bags of many partitions are both shuffled by their keys, as `groupBy` does it; `partitions` and
 * `maxBranch` are for that (by default as many partitions come out as the larger side has).
 *
 * Keys are equal as those of `groupBy` are. Of a bag and a side of one partition, the pairs stand in the order of the bag's
 * elements, those of one element in the other side's; of two shuffled bags their order means nothing. Elements must be plain
 * data.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const people = Bag.fromIterable([{ name: "Ann", city: 1 }, { name: "Bob", city: 2 }, { name: "Eve", city: 1 }])
 * const cities = [{ id: 1, city: "Rome" }, { id: 3, city: "Oslo" }]
 *
 * const pairs = people.pipe(
 *   Bag.join(cities, { on: (person) => person.city, onOther: (city) => city.id }),
 *   Bag.starmap((person, city) => `${person.name}, ${city.city}`)
 * ) // ["Ann, Rome", "Eve, Rome"]
 * ```
 *
 * @since 0.1.0
 * @category joins
 */
export const join: {
  /**
   * Each element with each of the other side that has an equal key, as a pair: an inner join.
   *
   * @since 0.1.0
   * @category joins
   */
  <A, B, E2 = never, R2 = never, K = never, X = never, E3 = never, K3 = never, Y = never, E4 = never>(
    other: Side<B, E2, R2>,
    options: JoinOptions<A, B, K, X, E3, K3, Y, E4>
  ): <E, R>(self: Bag<A, E, R>) => Bag<readonly [A, B], E | E2 | E3 | E4 | Error<X> | Error<Y>, R | R2>
  /**
   * Each element with each of the other side that has an equal key, as a pair: an inner join.
   *
   * @since 0.1.0
   * @category joins
   */
  <A, B, E2 = never, R2 = never, K = never, X = never, E3 = never>(
    other: Side<B, E2, R2>,
    options: JoinOnOptions<A | B, K, X, E3>
  ): <E, R>(self: Bag<A, E, R>) => Bag<readonly [A, B], E | E2 | E3 | Error<X>, R | R2>
  /**
   * Each element with each of the other side that has an equal key, as a pair: an inner join.
   *
   * @since 0.1.0
   * @category joins
   */
  <A, E, R, B, E2 = never, R2 = never, K = never, X = never, E3 = never, K3 = never, Y = never, E4 = never>(
    self: Bag<A, E, R>,
    other: Side<B, E2, R2>,
    options: JoinOptions<A, B, K, X, E3, K3, Y, E4>
  ): Bag<readonly [A, B], E | E2 | E3 | E4 | Error<X> | Error<Y>, R | R2>
  /**
   * Each element with each of the other side that has an equal key, as a pair: an inner join.
   *
   * @since 0.1.0
   * @category joins
   */
  <A, E, R, B, E2 = never, R2 = never, K = never, X = never, E3 = never>(
    self: Bag<A, E, R>,
    other: Side<B, E2, R2>,
    options: JoinOnOptions<A | B, K, X, E3>
  ): Bag<readonly [A, B], E | E2 | E3 | Error<X>, R | R2>
} = dual(
  (args) => isBag(args[0]) && args.length === 3,
  (self: Any, other: any, options: internal.JoinOptions): any => internal.join(self, other, options)
)

/**
 * Each element with each of the other side, as a pair.
 *
 * Each partition meets each partition of the other side in a task of its own; there are as many partitions as pairs of them.
 * Within each, pairs stand in the order of the left elements, then of the right ones. Elements must be plain data.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const pairs = Bag.make(1, 2).pipe(Bag.product(["a", "b"])) // [[1, "a"], [1, "b"], [2, "a"], [2, "b"]]
 * ```
 *
 * @since 0.1.0
 * @category joins
 */
export const product: {
  /**
   * Each element with each of the other side, as a pair.
   *
   * @since 0.1.0
   * @category joins
   */
  <B, E2 = never, R2 = never>(
    other: Side<B, E2, R2>
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<readonly [A, B], E | E2, R | R2>
  /**
   * Each element with each of the other side, as a pair.
   *
   * @since 0.1.0
   * @category joins
   */
  <A, E, R, B, E2 = never, R2 = never>(
    self: Bag<A, E, R>,
    other: Side<B, E2, R2>
  ): Bag<readonly [A, B], E | E2, R | R2>
} = dual(2, (self: Any, other: any): any => internal.product(self, other))
