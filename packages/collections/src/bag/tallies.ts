/**
 * Which elements a bag has, and how often.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { dual } from "effect/Function"
import { plain, tagged } from "./ends.js"
import type { Any, Bag, ReduceOptions } from "./model.js"
import { reduceToBag } from "./reduce.js"
import { type Fn, isBag, stateOf } from "./state.js"

type Error<X> = PlainFunction.Error<X>

/**
 * Each different element with how often it is there, in the order in which they first come, in one partition. Which are equal is decided
 * by content, as `Equal` does for primitives and Effect's data: see `groupBy`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const letters = Bag.make("b", "a", "b").pipe(Bag.frequencies) // [["b", 2], ["a", 1]]
 * const most = Bag.make("b", "a", "b").pipe(Bag.frequencies, Bag.topk(1, ([, n]) => n)) // [["b", 2]]
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const frequencies = <A, E, R>(
  self: Bag<A, E, R>,
  options?: ReduceOptions
): Bag<readonly [element: A, count: number], E, R> =>
  reduceToBag(self, plain({ end: "frequencies" }), undefined, options) as Bag<readonly [A, number], E, R>

/**
 * The different elements, in the order in which they first come, in one partition. Which are equal is decided as for `frequencies`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const letters = Bag.make("b", "a", "b").pipe(Bag.distinct) // ["b", "a"]
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const distinct = <A, E, R>(self: Bag<A, E, R>, options?: ReduceOptions): Bag<A, E, R> =>
  reduceToBag(self, plain({ end: "distinct", mark: false }), stateOf(self).owner, options) as Bag<A, E, R>

/**
 * Of all elements for which a task, or a plain function, answers the same, the first one, in the order in which they come, in one partition.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const one = Bag.make("b", "a", "cc").pipe(Bag.distinctBy((word) => word.length)) // ["b", "cc"]
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const distinctBy: {
  /**
   * Of all elements for which a task, or a plain function, answers the same, the first one, in the order in which they come, in one partition.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X = never, E2 = never>(
    by: Task.Contract<[a: A], unknown, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Bag<A, E | E2 | Error<X>, R>
  /**
   * Of all elements for which a task, or a plain function, answers the same, the first one, in the order in which they come, in one partition.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X = never, E2 = never>(
    self: Bag<A, E, R>,
    by: Task.Contract<[a: A], unknown, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): Bag<A, E | E2 | Error<X>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, by: Fn, options?: ReduceOptions) =>
    reduceToBag(tagged(self, by), plain({ end: "distinct", mark: true }), stateOf(self).owner, options)
)
