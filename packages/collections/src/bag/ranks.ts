/**
 * The first and the last of a bag, by an order.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import type * as Cause from "effect/Cause"
import { dual } from "effect/Function"
import type * as Order from "effect/Order"
import type * as Delayed from "../Delayed.js"
import { nameOfOrder } from "../passes/ranking.js"
import { type Gives, type Ordered, plain, tagged } from "./ends.js"
import type { Any, Bag, ReduceOptions } from "./model.js"
import { reduce } from "./reduce.js"
import { type Fn, isBag } from "./state.js"

type Error<X> = PlainFunction.Error<X>

const extreme = (end: "min" | "max"): any =>
  dual(
    (args) => isBag(args[0]),
    (self: Any, order: Fn, options?: ReduceOptions) => {
      const name = nameOfOrder(order)
      return name === undefined
        ? reduce(self, { name: end, calls: [order], wire: ([f]) => ({ end, order: f! }) }, options)
        : reduce(self, plain({ end, order: name }), options)
    }
  )

/**
 * The lowest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
 *
 * The order is one of Effect's own (`Order.number`, `string`, `bigint`, `boolean`, `Date`), a task, or a plain function; those that
 * `Order.mapInput` and the like make close over others, and are refused when the bag is computed.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Order } from "effect"
 *
 * const lowest = Bag.make(1, -1, 3).pipe(Bag.min(Order.number)) // -1
 * const shortest = Bag.make("aa", "b").pipe(Bag.min((x, y) => x.length < y.length ? -1 : 1)) // "b"
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const min: {
  /**
   * The lowest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E2 = never>(
    order: Order.Order<A> | Task.Contract<[a: A, b: A], number, E2>,
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<A, E | E2 | Cause.NoSuchElementException, R>
  /**
   * The lowest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, E2 = never>(
    self: Bag<A, E, R>,
    order: Order.Order<A> | Task.Contract<[a: A, b: A], number, E2>,
    options?: ReduceOptions
  ): Delayed.Delayed<A, E | E2 | Cause.NoSuchElementException, R>
} = extreme("min")

/**
 * The highest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
 *
 * The order is one of Effect's own (`Order.number`, `string`, `bigint`, `boolean`, `Date`), a task, or a plain function; those that
 * `Order.mapInput` and the like make close over others, and are refused when the bag is computed.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Order } from "effect"
 *
 * const highest = Bag.make(1, -1, 3).pipe(Bag.max(Order.number)) // 3
 * const longest = Bag.make("aa", "b").pipe(Bag.max((x, y) => x.length < y.length ? -1 : 1)) // "aa"
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const max: {
  /**
   * The highest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E2 = never>(
    order: Order.Order<A> | Task.Contract<[a: A, b: A], number, E2>,
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<A, E | E2 | Cause.NoSuchElementException, R>
  /**
   * The highest element, of equal ones the first. An empty bag has none: `NoSuchElementException`.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, E2 = never>(
    self: Bag<A, E, R>,
    order: Order.Order<A> | Task.Contract<[a: A, b: A], number, E2>,
    options?: ReduceOptions
  ): Delayed.Delayed<A, E | E2 | Cause.NoSuchElementException, R>
} = extreme("max")

/**
 * The `k` highest elements, the highest first, of equal ones those that come first. What counts is the element itself, or what a task or a
 * plain function makes of it: a number, string, bigint, boolean or Date, `NaN` below all numbers.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const highest = Bag.make(1, 5, 3).pipe(Bag.topk(2)) // [5, 3]
 * const longest = Bag.make("a", "ccc", "bb").pipe(Bag.topk(2, (word) => word.length)) // ["ccc", "bb"]
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const topk: {
  /**
   * The `k` highest elements, the highest first, of equal ones those that come first. What counts is the element itself, or what a task or a
   * plain function makes of it: a number, string, bigint, boolean or Date, `NaN` below all numbers.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A extends Ordered>(k: number): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<ReadonlyArray<A>, E, R>
  /**
   * The `k` highest elements, the highest first, of equal ones those that come first. What counts is the element itself, or what a task or a
   * plain function makes of it: a number, string, bigint, boolean or Date, `NaN` below all numbers.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X extends Gives<Ordered> = never, E2 = never>(
    k: number,
    by: Task.Contract<[a: A], Ordered, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<ReadonlyArray<A>, E | E2 | Error<X>, R>
  /**
   * The `k` highest elements, the highest first, of equal ones those that come first. What counts is the element itself, or what a task or a
   * plain function makes of it: a number, string, bigint, boolean or Date, `NaN` below all numbers.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A extends Ordered, E, R>(self: Bag<A, E, R>, k: number): Delayed.Delayed<ReadonlyArray<A>, E, R>
  /**
   * The `k` highest elements, the highest first, of equal ones those that come first. What counts is the element itself, or what a task or a
   * plain function makes of it: a number, string, bigint, boolean or Date, `NaN` below all numbers.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X extends Gives<Ordered> = never, E2 = never>(
    self: Bag<A, E, R>,
    k: number,
    by: Task.Contract<[a: A], Ordered, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): Delayed.Delayed<ReadonlyArray<A>, E | E2 | Error<X>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, k: number, by?: Fn, options?: ReduceOptions) => {
    const end = { end: "topk", k: Math.max(0, Math.floor(k)), mark: by !== undefined } as const
    return reduce(tagged(self, by), plain(end), options)
  }
)
