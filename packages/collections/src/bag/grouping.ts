/**
 * Grouping: elements brought together by a key, and values made for each key.
 *
 * Keys are equal as `Equal` has it of values that crossed: strings, numbers and the like by value, everything else (records,
 * arrays, Maps, `Data`, Options) by its contents, never by identity; `NaN` is `NaN`. They are plain data.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { dual } from "effect/Function"
import * as internal from "../shuffle/groupBuild.js"
import type { Gives } from "./ends.js"
import type { Any, Bag, ReduceOptions } from "./model.js"
import { type Fn, isBag } from "./state.js"

type Success<X> = PlainFunction.Success<X>
type Error<X> = PlainFunction.Error<X>

/**
 * How elements are brought together.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShuffleOptions {
  /** How many partitions come out. Default: as many as went in. */
  readonly partitions?: number | undefined
  /** How many inputs, and buckets, one task has at most; 2 at least. More partitions take more steps. Default: 32. */
  readonly maxBranch?: number | undefined
}

/**
 * The elements under each key, which a task or a plain function finds: pairs of a key and an array.
 *
 * This is a shuffle between the workers: each partition is split by the hashes of its keys, and each part goes where the
 * partition is made that it belongs to. No task, and not the client, ever has all elements; only those under one key have to
 * fit into one. With more than `maxBranch` partitions it is done in steps, so that the number of tasks grows as n log n.
 *
 * Elements of a group keep their order: that of the partitions, and theirs within each. The order of groups means nothing.
 * Where only a value for each key is wanted, `foldby` moves far less. Elements must be plain data: those that cross by the
 * Schema of a task are refused (`SubmitError`).
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const groups = Bag.range(0, 6, { partitions: 3 }).pipe(
 *   Bag.groupBy((n) => n % 2, { partitions: 1 })
 * ) // [[0, [0, 2, 4]], [1, [1, 3, 5]]]
 * ```
 *
 * @since 0.1.0
 * @category grouping
 */
export const groupBy: {
  /**
   * The elements under each key, which a task or a plain function finds: pairs of a key and an array.
   *
   * @since 0.1.0
   * @category grouping
   */
  <A, K = never, E2 = never, X = never>(
    key: Task.Contract<[a: A], K, E2> | ((a: A) => X),
    options?: ShuffleOptions
  ): <E, R>(self: Bag<A, E, R>) => Bag<readonly [K | Success<X>, Array<A>], E | E2 | Error<X>, R>
  /**
   * The elements under each key, which a task or a plain function finds: pairs of a key and an array.
   *
   * @since 0.1.0
   * @category grouping
   */
  <A, E, R, K = never, E2 = never, X = never>(
    self: Bag<A, E, R>,
    key: Task.Contract<[a: A], K, E2> | ((a: A) => X),
    options?: ShuffleOptions
  ): Bag<readonly [K | Success<X>, Array<A>], E | E2 | Error<X>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, key: Fn, options?: ShuffleOptions): any => internal.groupBy(self, key, options)
)

/**
 * A value for each key: the elements under it, taken into one by `f`, from `initial` on. Pairs of a key and a value, in one
 * partition.
 *
 * Nothing is shuffled: each partition makes one value for each of its keys, and those of several partitions are put together
 * by `combine` in a tree, `splitEvery` at a time (default: 8). As each of them was begun from `initial`, that should be what
 * changes nothing: 0 for a sum. It is the same value for all keys of a partition: `f` must not change it, but answer another.
 *
 * `f` and `combine` are given values in the order of the elements; keys come in the order in which they are first met.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const counts = Bag.make("a", "bc", "a", "d").pipe(
 *   Bag.foldby((word) => word.length, 0, (n, _word) => n + 1, (a, b) => a + b)
 * ) // [[1, 3], [2, 1]]
 * ```
 *
 * @since 0.1.0
 * @category grouping
 */
export const foldby: {
  /**
   * A value for each key: the elements under it, taken into one by `f`, from `initial` on. Pairs of a key and a value, in one
   * partition.
   *
   * @since 0.1.0
   * @category grouping
   */
  <
    A,
    B,
    K = never,
    E2 = never,
    X = never,
    Y extends Gives<NoInfer<B>> = never,
    E3 = never,
    Z extends Gives<NoInfer<B>> = never,
    E4 = never
  >(
    key: Task.Contract<[a: A], K, E2> | ((a: A) => X),
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E3> | ((acc: B, a: A) => Y),
    combine: Task.Contract<[a: B, b: B], B, E4> | ((a: B, b: B) => Z),
    options?: ReduceOptions
  ): <E, R>(
    self: Bag<A, E, R>
  ) => Bag<readonly [K | Success<X>, B], E | E2 | E3 | E4 | Error<X> | Error<Y> | Error<Z>, R>
  /**
   * A value for each key: the elements under it, taken into one by `f`, from `initial` on. Pairs of a key and a value, in one
   * partition.
   *
   * @since 0.1.0
   * @category grouping
   */
  <
    A,
    E,
    R,
    B,
    K = never,
    E2 = never,
    X = never,
    Y extends Gives<NoInfer<B>> = never,
    E3 = never,
    Z extends Gives<NoInfer<B>> = never,
    E4 = never
  >(
    self: Bag<A, E, R>,
    key: Task.Contract<[a: A], K, E2> | ((a: A) => X),
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E3> | ((acc: B, a: A) => Y),
    combine: Task.Contract<[a: B, b: B], B, E4> | ((a: B, b: B) => Z),
    options?: ReduceOptions
  ): Bag<readonly [K | Success<X>, B], E | E2 | E3 | E4 | Error<X> | Error<Y> | Error<Z>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, key: Fn, initial: unknown, f: Fn, combine: Fn, options?: ReduceOptions): any =>
    internal.foldby(self, key, initial, f, combine, options)
)
