/**
 * What a bag comes to: a piece of each partition, made at the end of its pass, and pieces put together in a tree, so many at a
 * time (`splitEvery`). All of it is lazy: a value is a `Delayed`, what has many elements is a bag again, of one partition.
 *
 * Bags and partitions may be empty. What then has no answer (a mean, a minimum) fails with `NoSuchElementException`, so that the
 * value itself can be an argument of further tasks.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import type * as Cause from "effect/Cause"
import { dual } from "effect/Function"
import type * as Delayed from "../Delayed.js"
import { type Gives, plain } from "./ends.js"
import type { Any, Bag, ReduceOptions } from "./model.js"
import { reduce } from "./reduce.js"
import { append, type Fn, isBag } from "./state.js"

type Success<X> = PlainFunction.Success<X>
type Error<X> = PlainFunction.Error<X>

/**
 * The sum of all numbers; 0 of none.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const total = Bag.range(0, 5).pipe(Bag.sum) // 10
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const sum = <E, R>(
  self: Bag<number, E, R>,
  options?: ReduceOptions
): Delayed.Delayed<number, E, R> => reduce(self, plain({ end: "sum" }), options)

/**
 * How many elements there are.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const even = Bag.range(0, 5).pipe(Bag.filter((x) => x % 2 === 0), Bag.count) // 3
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const count = <E, R>(
  self: Bag<unknown, E, R>,
  options?: ReduceOptions
): Delayed.Delayed<number, E, R> => reduce(self, plain({ end: "count" }), options)

/**
 * The mean of all numbers. An empty bag has none: `NoSuchElementException`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const mean = Bag.make(1, 2, 6).pipe(Bag.mean) // 3
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const mean = <E, R>(
  self: Bag<number, E, R>,
  options?: ReduceOptions
): Delayed.Delayed<number, E | Cause.NoSuchElementException, R> => reduce(self, plain({ end: "mean" }), options)

const spread = (
  self: Any,
  name: "variance" | "std",
  options: (ReduceOptions & { readonly ddof?: number | undefined }) | undefined
): Delayed.Delayed<any, any, any> => {
  const end = { end: "variance", ddof: options?.ddof ?? 0, root: name === "std" } as const
  return reduce(self, { ...plain(end), name }, options)
}

/**
 * The variance of all numbers, by a method that keeps its digits. With `ddof` (default: 0) it is divided by so many fewer than there are: 1
 * for a sample. Where `ddof` leaves nothing to divide by: `NoSuchElementException`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const ofAll = Bag.make(2, 4, 9).pipe(Bag.variance) // 26 / 3
 * const ofSample = Bag.variance(Bag.make(2, 4, 9), { ddof: 1 }) // 13
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const variance = <E, R>(
  self: Bag<number, E, R>,
  options?: ReduceOptions & { readonly ddof?: number | undefined }
): Delayed.Delayed<number, E | Cause.NoSuchElementException, R> => spread(self, "variance", options)

/**
 * The standard deviation of all numbers, by a method that keeps its digits. With `ddof` (default: 0) it is divided by so many fewer than there are: 1
 * for a sample. Where `ddof` leaves nothing to divide by: `NoSuchElementException`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const std = Bag.make(2, 4).pipe(Bag.std) // 1
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const std = <E, R>(
  self: Bag<number, E, R>,
  options?: ReduceOptions & { readonly ddof?: number | undefined }
): Delayed.Delayed<number, E | Cause.NoSuchElementException, R> => spread(self, "std", options)

const until = (end: "any" | "all"): any =>
  dual(
    (args) => isBag(args[0]),
    (self: Any, f: Fn, options?: ReduceOptions) => {
      const asked = append(
        self,
        { name: "map", calls: [f], wire: ([f]) => ({ op: "map", f: f!, args: [] }) },
        undefined
      )
      return reduce(asked, plain({ end }), options)
    }
  )

/**
 * Whether a task, or a plain function, says `true` for some element: `false` of none. A partition is left at the first one.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const some = Bag.range(0, 5).pipe(Bag.any((x) => x > 3)) // true
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const any: {
  /**
   * Whether a task, or a plain function, says `true` for some element: `false` of none. A partition is left at the first one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X extends Gives<boolean> = never, E2 = never>(
    predicate: Task.Contract<[a: A], boolean, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<boolean, E | E2 | Error<X>, R>
  /**
   * Whether a task, or a plain function, says `true` for some element: `false` of none. A partition is left at the first one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X extends Gives<boolean> = never, E2 = never>(
    self: Bag<A, E, R>,
    predicate: Task.Contract<[a: A], boolean, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): Delayed.Delayed<boolean, E | E2 | Error<X>, R>
} = until("any")

/**
 * Whether a task, or a plain function, says `true` for each element: `true` of none. A partition is left at the first one for
 * which it does not.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const each = Bag.range(0, 5).pipe(Bag.all((x) => x > 3)) // false
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const all: {
  /**
   * Whether a task, or a plain function, says `true` for each element: `true` of none. A partition is left at the first one for
   * which it does not.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X extends Gives<boolean> = never, E2 = never>(
    predicate: Task.Contract<[a: A], boolean, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<boolean, E | E2 | Error<X>, R>
  /**
   * Whether a task, or a plain function, says `true` for each element: `true` of none. A partition is left at the first one for
   * which it does not.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X extends Gives<boolean> = never, E2 = never>(
    self: Bag<A, E, R>,
    predicate: Task.Contract<[a: A], boolean, E2> | ((a: A) => X),
    options?: ReduceOptions
  ): Delayed.Delayed<boolean, E | E2 | Error<X>, R>
} = until("all")

/**
 * All elements taken into one value, from `initial` on, by a task or a plain function; what the partitions come to is put together by
 * `combine`. It may be left out where `f` does that too.
 *
 * Each partition begins with `initial`, an empty one too: what `combine` makes of it and another value should be that value.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const total = Bag.range(0, 5).pipe(Bag.fold(0, (a, b) => a + b)) // 10
 * const letters = Bag.make("a", "bc").pipe(Bag.fold(0, (n, word) => n + word.length, (a, b) => a + b)) // 3
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const fold: {
  /**
   * All elements taken into one value, from `initial` on, by a task or a plain function; what the partitions come to is put together by
   * `combine`. It may be left out where `f` does that too.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X extends Gives<NoInfer<A>> = never, E2 = never>(
    initial: A,
    f: Task.Contract<[acc: A, a: A], A, E2> | ((acc: A, a: A) => X)
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<A, E | E2 | Error<X>, R>
  /**
   * All elements taken into one value, from `initial` on, by a task or a plain function; what the partitions come to is put together by
   * `combine`. It may be left out where `f` does that too.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, B, X extends Gives<NoInfer<B>> = never, Y extends Gives<NoInfer<B>> = never, E2 = never, E3 = never>(
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E2> | ((acc: B, a: A) => X),
    combine: Task.Contract<[a: B, b: B], B, E3> | ((a: B, b: B) => Y),
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<B, E | E2 | E3 | Error<X> | Error<Y>, R>
  /**
   * All elements taken into one value, from `initial` on, by a task or a plain function; what the partitions come to is put together by
   * `combine`. It may be left out where `f` does that too.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X extends Gives<NoInfer<A>> = never, E2 = never>(
    self: Bag<A, E, R>,
    initial: A,
    f: Task.Contract<[acc: A, a: A], A, E2> | ((acc: A, a: A) => X)
  ): Delayed.Delayed<A, E | E2 | Error<X>, R>
  /**
   * All elements taken into one value, from `initial` on, by a task or a plain function; what the partitions come to is put together by
   * `combine`. It may be left out where `f` does that too.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, B, X extends Gives<NoInfer<B>> = never, Y extends Gives<NoInfer<B>> = never, E2 = never, E3 = never>(
    self: Bag<A, E, R>,
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E2> | ((acc: B, a: A) => X),
    combine: Task.Contract<[a: B, b: B], B, E3> | ((a: B, b: B) => Y),
    options?: ReduceOptions
  ): Delayed.Delayed<B, E | E2 | E3 | Error<X> | Error<Y>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, initial: unknown, f: Fn, combine: Fn = f, options?: ReduceOptions) =>
    reduce(
      self,
      {
        name: "fold",
        calls: [f, combine],
        wire: ([f, combine]) => ({ end: "fold", f: f!, combine: combine!, initial })
      },
      options
    )
)

/**
 * A piece of all elements of each partition, by a task or a plain function, and of several pieces one, by `aggregate`, until there is one.
 *
 * A partition comes as an iterable, as for `mapPartitions`. `aggregate` is called at least once, and with one piece too.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const longest = Bag.make("a", "ccc", "bb").pipe(
 *   Bag.reduction(
 *     (words) => {
 *       let longest = 0
 *       for (const word of words) if (word.length > longest) longest = word.length
 *       return longest
 *     },
 *     (pieces) => Math.max(...pieces)
 *   )
 * ) // 3
 * ```
 *
 * @since 0.1.0
 * @category reductions
 */
export const reduction: {
  /**
   * A piece of all elements of each partition, by a task or a plain function, and of several pieces one, by `aggregate`, until there is one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, B, E2, E3>(
    perPartition: Task.Contract<[xs: Iterable<A>], B, E2>,
    aggregate: Task.Contract<[pieces: ReadonlyArray<B>], B, E3>,
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<B, E | E2 | E3, R>
  /**
   * A piece of all elements of each partition, by a task or a plain function, and of several pieces one, by `aggregate`, until there is one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, X, Y extends Gives<Success<X>>>(
    perPartition: (xs: Iterable<A>) => X,
    aggregate: (pieces: ReadonlyArray<Success<X>>) => Y,
    options?: ReduceOptions
  ): <E, R>(self: Bag<A, E, R>) => Delayed.Delayed<Success<X>, E | Error<X> | Error<Y>, R>
  /**
   * A piece of all elements of each partition, by a task or a plain function, and of several pieces one, by `aggregate`, until there is one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, B, E2, E3>(
    self: Bag<A, E, R>,
    perPartition: Task.Contract<[xs: Iterable<A>], B, E2>,
    aggregate: Task.Contract<[pieces: ReadonlyArray<B>], B, E3>,
    options?: ReduceOptions
  ): Delayed.Delayed<B, E | E2 | E3, R>
  /**
   * A piece of all elements of each partition, by a task or a plain function, and of several pieces one, by `aggregate`, until there is one.
   *
   * @since 0.1.0
   * @category reductions
   */
  <A, E, R, X, Y extends Gives<Success<X>>>(
    self: Bag<A, E, R>,
    perPartition: (xs: Iterable<A>) => X,
    aggregate: (pieces: ReadonlyArray<Success<X>>) => Y,
    options?: ReduceOptions
  ): Delayed.Delayed<Success<X>, E | Error<X> | Error<Y>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, f: Fn, aggregate: Fn, options?: ReduceOptions) =>
    reduce(
      self,
      {
        name: "reduction",
        calls: [f, aggregate],
        wire: ([f, aggregate]) => ({ end: "reduction", f: f!, aggregate: aggregate! })
      },
      options
    )
)
