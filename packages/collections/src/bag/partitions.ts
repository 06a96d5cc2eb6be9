/**
 * What is done to the elements of a bag a partition at a time.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { calling, type Each, type Fails, type Given, type Needs, type Some } from "./calling.js"
import type { Bag } from "./model.js"

type Success<X> = PlainFunction.Success<X>
type Error<X> = PlainFunction.Error<X>

/**
 * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
 *
 * It is given an iterable: operations before it run as it asks for the next element, unless one of them is an Effect, whose
 * answers are waited for first. A generator function that yields elements must be a task (`Task.sync`): what a plain
 * generator function yields are Effects. What is given after the function is given to it after the elements.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.range(0, 6, { partitions: 2 }).pipe(
 *   Bag.mapPartitions((xs) => {
 *     let sum = 0
 *     for (const x of xs) sum += x
 *     return [sum]
 *   })
 * ) // [3, 12]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const mapPartitions: {
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, B extends Iterable<unknown>, E2>(
    task: Task.Contract<[xs: Iterable<A>], B, E2>
  ): <E, R>(self: Bag<A, E, R>) => Bag<Each<B>, E | E2, R>
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, X>(
    f: (xs: Iterable<A>) => X
  ): <E, R>(self: Bag<A, E, R>) => Bag<Each<Success<X>>, E | Error<X>, R>
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, T extends Some, X>(
    f: (xs: Iterable<A>, ...args: Given<T>) => X,
    ...args: T
  ): <E, R>(self: Bag<A, E, R>) => Bag<Each<Success<X>>, E | Error<X> | Fails<T>, R | Needs<T>>
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, B extends Iterable<unknown>, E2>(
    self: Bag<A, E, R>,
    task: Task.Contract<[xs: Iterable<A>], B, E2>
  ): Bag<Each<B>, E | E2, R>
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, X>(self: Bag<A, E, R>, f: (xs: Iterable<A>) => X): Bag<Each<Success<X>>, E | Error<X>, R>
  /**
   * A task, or a plain function, called with all elements of a partition; the elements of what it answers are the new ones.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, T extends Some, X>(
    self: Bag<A, E, R>,
    f: (xs: Iterable<A>, ...args: Given<T>) => X,
    ...args: T
  ): Bag<Each<Success<X>>, E | Error<X> | Fails<T>, R | Needs<T>>
} = calling("partition")
