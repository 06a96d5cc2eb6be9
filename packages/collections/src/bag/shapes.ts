/**
 * Bags side by side and one after another, values on the way, and partitions cut anew.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { dual } from "effect/Function"
import * as internal from "../shuffle/shapeBuild.js"
import { pluck } from "./elements.js"
import type { Gives } from "./ends.js"
import type { ZipMismatch } from "./mismatch.js"
import type { Any, Bag } from "./model.js"
import { type Fn, isBag } from "./state.js"

type Error<X> = PlainFunction.Error<X>

/**
 * Each element with the one in its place in another bag, as a pair.
 *
 * Both must be partitioned alike, as bags are that were made from one another by `map`: with other numbers of partitions this
 * is refused (`SubmitError`), and with other numbers of elements in a partition it fails with `ZipMismatch`. Others are brought
 * to one size by `Bag.repartition({ partitionSize })` first. Elements must be plain data.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const numbers = Bag.range(0, 3)
 * const squares = numbers.pipe(Bag.zip(Bag.map(numbers, (n) => n * n))) // [[0, 0], [1, 1], [2, 4]]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const zip: {
  /**
   * Each element with the one in its place in another bag, as a pair.
   *
   * @since 0.1.0
   * @category combining
   */
  <B, E2, R2>(
    other: Bag<B, E2, R2>
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<readonly [A, B], E | E2 | ZipMismatch, R | R2>
  /**
   * Each element with the one in its place in another bag, as a pair.
   *
   * @since 0.1.0
   * @category combining
   */
  <A, E, R, B, E2, R2>(
    self: Bag<A, E, R>,
    other: Bag<B, E2, R2>
  ): Bag<readonly [A, B], E | E2 | ZipMismatch, R | R2>
} = dual(2, (self: Any, other: Any): any => internal.zip(self, other))

/**
 * The elements of one bag, and then those of another.
 *
 * Its partitions are theirs: nothing is moved.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const both = Bag.make(1, 2).pipe(Bag.concat(Bag.make("a"))) // [1, 2, "a"]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const concat: {
  /**
   * The elements of one bag, and then those of another.
   *
   * @since 0.1.0
   * @category combining
   */
  <B, E2, R2>(
    other: Bag<B, E2, R2>
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<A | B, E | E2, R | R2>
  /**
   * The elements of one bag, and then those of another.
   *
   * @since 0.1.0
   * @category combining
   */
  <A, E, R, B, E2, R2>(
    self: Bag<A, E, R>,
    other: Bag<B, E2, R2>
  ): Bag<A | B, E | E2, R | R2>
} = dual(2, (self: Any, other: Any): any => internal.concatAll([self, other]))

/**
 * The elements of several bags, one bag after the other. Its partitions are theirs: nothing is moved.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const all = Bag.concatAll([Bag.make(1), Bag.range(2, 4), Bag.make(4)]) // [1, 2, 3, 4]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const concatAll = <A, E = never, R = never>(bags: Iterable<Bag<A, E, R>>): Bag<A, E, R> =>
  // All are bags of these.
  internal.concatAll(Array.from(bags)) as Bag<A, E, R>

type Column<A, I extends number> = A extends ReadonlyArray<unknown> ? A[I] : never

/**
 * A bag for each of the first `N` places of its elements.
 *
 * @since 0.1.0
 * @category models
 */
export type Unzipped<A, E, R, N extends number, Out extends ReadonlyArray<unknown> = []> = number extends N
  ? ReadonlyArray<Bag<Column<A, number>, E, R>>
  : Out["length"] extends N ? Out
  : Unzipped<A, E, R, N, readonly [...Out, Bag<Column<A, Out["length"]>, E, R>]>

/**
 * A bag for each of the first `count` places of the elements, which are tuples or arrays.
 *
 * Each is a `pluck` of its own: `Client.persist` the bag first where making its elements is dear.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const [numbers, letters] = Bag.fromIterable<readonly [number, string]>([[1, "a"], [2, "b"]]).pipe(Bag.unzip(2))
 *
 * const again = numbers.pipe(Bag.zip(letters)) // [[1, "a"], [2, "b"]]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const unzip: {
  /**
   * A bag for each of the first `count` places of the elements, which are tuples or arrays.
   *
   * @since 0.1.0
   * @category combining
   */
  <const N extends number>(
    count: N
  ): <A extends ReadonlyArray<unknown>, E, R>(self: Bag<A, E, R>) => Unzipped<A, E, R, N>
  /**
   * A bag for each of the first `count` places of the elements, which are tuples or arrays.
   *
   * @since 0.1.0
   * @category combining
   */
  <A extends ReadonlyArray<unknown>, E, R, const N extends number>(
    self: Bag<A, E, R>,
    count: N
  ): Unzipped<A, E, R, N>
} = dual(
  2,
  (self: Any, count: number): any =>
    Array.from({ length: count }, (_, n) => pluck(self as Bag<ReadonlyArray<unknown>>, n))
)

/**
 * Each value on the way from `initial` through all elements in their order: `initial` itself first, then what `f` makes of the
 * value before and the next element.
 *
 * `f` is a task or a plain function. Partition after partition has to wait for the value that the one before it ended with, and
 * only that value moves. With `combine`, which puts together what two runs of elements come to, nothing waits for long: what
 * each partition comes to is found side by side, and then the values within each, so that `f` is called twice for an element.
 * As every partition is then begun from `initial`, that should be what changes nothing, as in `fold`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const running = Bag.range(1, 5).pipe(Bag.accumulate(0, (sum, n) => sum + n)) // [0, 1, 3, 6, 10]
 * const sideBySide = Bag.range(1, 5).pipe(Bag.accumulate(0, (sum, n) => sum + n, (a, b) => a + b)) // [0, 1, 3, 6, 10]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const accumulate: {
  /**
   * Each value on the way from `initial` through all elements in their order: `initial` itself first, then what `f` makes of the
   * value before and the next element.
   *
   * @since 0.1.0
   * @category combining
   */
  <A, B, X extends Gives<NoInfer<B>> = never, E2 = never, Y extends Gives<NoInfer<B>> = never, E3 = never>(
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E2> | ((acc: B, a: A) => X),
    combine?: Task.Contract<[a: B, b: B], B, E3> | ((a: B, b: B) => Y)
  ): <E, R>(self: Bag<A, E, R>) => Bag<B, E | E2 | E3 | Error<X> | Error<Y>, R>
  /**
   * Each value on the way from `initial` through all elements in their order: `initial` itself first, then what `f` makes of the
   * value before and the next element.
   *
   * @since 0.1.0
   * @category combining
   */
  <A, E, R, B, X extends Gives<NoInfer<B>> = never, E2 = never, Y extends Gives<NoInfer<B>> = never, E3 = never>(
    self: Bag<A, E, R>,
    initial: B,
    f: Task.Contract<[acc: B, a: A], B, E2> | ((acc: B, a: A) => X),
    combine?: Task.Contract<[a: B, b: B], B, E3> | ((a: B, b: B) => Y)
  ): Bag<B, E | E2 | E3 | Error<X> | Error<Y>, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, initial: unknown, f: Fn, combine?: Fn): any => internal.accumulate(self, initial, f, combine)
)

/**
 * How a bag is cut anew: into so many partitions, or into partitions of so many elements.
 *
 * @since 0.1.0
 * @category models
 */
export type RepartitionOptions =
  | { readonly partitions: number; readonly partitionSize?: undefined }
  | { readonly partitionSize: number; readonly partitions?: undefined }

/**
 * The same elements in the same order, in other partitions.
 *
 * With `partitions`, neighbours are put together where that is fewer than there are, and partitions are cut where it is more,
 * each into pieces of about one size; nobody counts elements. With `partitionSize` each has so many elements, but the last,
 * which may have fewer. That needs the length of each partition before there is anything to submit: all of them are made when
 * the bag is built for `Client.compute` or the like, counted, and held as long as its scope is open.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const two = Bag.range(0, 5, { partitions: 5 }).pipe(Bag.repartition({ partitions: 2 }), Bag.mapPartitions((xs) => [[...xs]])) // [[0, 1], [2, 3, 4]]
 * const pairs = Bag.range(0, 5, { partitions: 3 }).pipe(Bag.repartition({ partitionSize: 2 }), Bag.mapPartitions((xs) => [[...xs]])) // [[0, 1], [2, 3], [4]]
 * ```
 *
 * @since 0.1.0
 * @category combining
 */
export const repartition: {
  /**
   * The same elements in the same order, in other partitions.
   *
   * @since 0.1.0
   * @category combining
   */
  (
    options: RepartitionOptions
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<A, E, R>
  /**
   * The same elements in the same order, in other partitions.
   *
   * @since 0.1.0
   * @category combining
   */
  <A, E, R>(
    self: Bag<A, E, R>,
    options: RepartitionOptions
  ): Bag<A, E, R>
} = dual(2, (self: Any, options: RepartitionOptions): any => internal.repartition(self, options))
