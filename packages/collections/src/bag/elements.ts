/**
 * What is done to the elements of a bag, one by one. Nothing is done here: operations are noted,
 * and run together in one pass when the bag is computed.
 *
 * @since 0.1.0
 */
import type * as PlainFunction from "creel/PlainFunction"
import type * as Task from "creel/Task"
import { dual } from "effect/Function"
import type * as Delayed from "../Delayed.js"
import { shared } from "../delayed/delayed.js"
import { calling, type Each, type Fails, type Given, type Needs, type Some } from "./calling.js"
import type { Gives } from "./ends.js"
import type { Any, Bag } from "./model.js"
import { append, isBag, stateOf } from "./state.js"

type Success<X> = PlainFunction.Success<X>
type Error<X> = PlainFunction.Error<X>

/**
 * A task, or a plain function, called with each element.
 *
 * What is given after the function goes to each call after the element: values, futures, lazy values and collections, alone
 * or in arrays and plain records. They are sent once for each partition, or brought there.
 *
 * @example
 * ```ts
 * import { Bag, Delayed } from "@creel/collections"
 *
 * const factor = Delayed.value(10)
 * const bag = Bag.range(0, 3).pipe(
 *   Bag.map((x) => x + 1),
 *   Bag.map((x, by) => x * by, factor)
 * ) // [10, 20, 30]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const map: {
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, B, E2>(task: Task.Contract<[a: A], B, E2>): <E, R>(self: Bag<A, E, R>) => Bag<B, E | E2, R>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, X>(f: (a: A) => X): <E, R>(self: Bag<A, E, R>) => Bag<Success<X>, E | Error<X>, R>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, P extends ReadonlyArray<any>, B, E2, const T extends Delayed.Args<P>>(
    task: Task.Contract<[a: A, ...args: P], B, E2>,
    ...args: T
  ): <E, R>(self: Bag<A, E, R>) => Bag<B, E | E2 | Fails<T>, R | Needs<T>>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, T extends Some, X>(
    f: (a: A, ...args: Given<T>) => X,
    ...args: T
  ): <E, R>(self: Bag<A, E, R>) => Bag<Success<X>, E | Error<X> | Fails<T>, R | Needs<T>>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, B, E2>(self: Bag<A, E, R>, task: Task.Contract<[a: A], B, E2>): Bag<B, E | E2, R>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, X>(self: Bag<A, E, R>, f: (a: A) => X): Bag<Success<X>, E | Error<X>, R>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, P extends ReadonlyArray<any>, B, E2, const T extends Delayed.Args<P>>(
    self: Bag<A, E, R>,
    task: Task.Contract<[a: A, ...args: P], B, E2>,
    ...args: T
  ): Bag<B, E | E2 | Fails<T>, R | Needs<T>>
  /**
   * A task, or a plain function, called with each element.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, T extends Some, X>(
    self: Bag<A, E, R>,
    f: (a: A, ...args: Given<T>) => X,
    ...args: T
  ): Bag<Success<X>, E | Error<X> | Fails<T>, R | Needs<T>>
} = calling("map")

/**
 * A task, or a plain function, called with what is in each element, an array or a tuple, as its arguments.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const pairs: ReadonlyArray<readonly [x: number, y: number]> = [[1, 2], [3, 4]]
 * const bag = Bag.fromIterable(pairs).pipe(Bag.starmap((x, y) => x * y)) // [2, 12]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const starmap: {
  /**
   * A task, or a plain function, called with what is in each element, an array or a tuple, as its arguments.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <P extends ReadonlyArray<any>, B, E2>(
    task: Task.Contract<P, B, E2>
  ): <E, R>(self: Bag<Readonly<P>, E, R>) => Bag<B, E | E2, R>
  /**
   * A task, or a plain function, called with what is in each element, an array or a tuple, as its arguments.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <P extends ReadonlyArray<any>, X>(
    f: (...args: P) => X
  ): <E, R>(self: Bag<Readonly<P>, E, R>) => Bag<Success<X>, E | Error<X>, R>
  /**
   * A task, or a plain function, called with what is in each element, an array or a tuple, as its arguments.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <P extends ReadonlyArray<any>, E, R, B, E2>(
    self: Bag<Readonly<P>, E, R>,
    task: Task.Contract<P, B, E2>
  ): Bag<B, E | E2, R>
  /**
   * A task, or a plain function, called with what is in each element, an array or a tuple, as its arguments.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <P extends ReadonlyArray<any>, E, R, X>(
    self: Bag<Readonly<P>, E, R>,
    f: (...args: P) => X
  ): Bag<Success<X>, E | Error<X>, R>
} = calling("starmap")

/**
 * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.make(1, "a", 2).pipe(
 *   Bag.filter((x): x is number => typeof x === "number"),
 *   Bag.filter((x) => x > 1)
 * ) // [2]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const filter: {
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E2>(task: Task.Contract<[a: A], boolean, E2>): <E, R>(self: Bag<A, E, R>) => Bag<A, E | E2, R>
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, B extends A>(refinement: (a: A) => a is B): <E, R>(self: Bag<A, E, R>) => Bag<B, E, R>
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, X extends Gives<boolean>>(predicate: (a: A) => X): <E, R>(self: Bag<A, E, R>) => Bag<A, E | Error<X>, R>
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, E2>(self: Bag<A, E, R>, task: Task.Contract<[a: A], boolean, E2>): Bag<A, E | E2, R>
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, B extends A>(self: Bag<A, E, R>, refinement: (a: A) => a is B): Bag<B, E, R>
  /**
   * The elements for which a task, or a plain function, says `true`. A refinement narrows their type.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, X extends Gives<boolean>>(self: Bag<A, E, R>, predicate: (a: A) => X): Bag<A, E | Error<X>, R>
} = calling("filter")

/**
 * The elements for which a task, or a plain function, does not say `true`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.range(0, 5).pipe(Bag.remove((x) => x % 2 === 0)) // [1, 3]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const remove: {
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E2>(task: Task.Contract<[a: A], boolean, E2>): <E, R>(self: Bag<A, E, R>) => Bag<A, E | E2, R>
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, B extends A>(refinement: (a: A) => a is B): <E, R>(self: Bag<A, E, R>) => Bag<Exclude<A, B>, E, R>
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, X extends Gives<boolean>>(predicate: (a: A) => X): <E, R>(self: Bag<A, E, R>) => Bag<A, E | Error<X>, R>
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, E2>(self: Bag<A, E, R>, task: Task.Contract<[a: A], boolean, E2>): Bag<A, E | E2, R>
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, B extends A>(self: Bag<A, E, R>, refinement: (a: A) => a is B): Bag<Exclude<A, B>, E, R>
  /**
   * The elements for which a task, or a plain function, does not say `true`.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, X extends Gives<boolean>>(self: Bag<A, E, R>, predicate: (a: A) => X): Bag<A, E | Error<X>, R>
} = calling("remove")

/** What may stand at a key, apart from `undefined`. */
type Plucked<A, K extends string | number> = A extends { readonly [_ in K]?: infer B } ? Exclude<B, undefined> : never

/**
 * One field of each element, or one place of each array or tuple. With a default, that is what stands where there is none:
 * where the field is absent or `undefined`, or the element has no fields.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const people = Bag.fromIterable<{ readonly name: string; readonly age?: number }>([
 *   { name: "Ann", age: 30 },
 *   { name: "Bob" }
 * ])
 * const ages = people.pipe(Bag.pluck("age", 0)) // [30, 0]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const pluck: {
  /**
   * One field of each element, or one place of each array or tuple. With a default, that is what stands where there is none:
   * where the field is absent or `undefined`, or the element has no fields.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <const K extends string | number>(
    key: K
  ): <A extends { readonly [_ in K]?: unknown }, E, R>(self: Bag<A, E, R>) => Bag<A[K], E, R>
  /**
   * One field of each element, or one place of each array or tuple. With a default, that is what stands where there is none:
   * where the field is absent or `undefined`, or the element has no fields.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <const K extends string | number, D>(
    key: K,
    otherwise: D
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<Plucked<A, K> | D, E, R>
  /**
   * One field of each element, or one place of each array or tuple. With a default, that is what stands where there is none:
   * where the field is absent or `undefined`, or the element has no fields.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, const K extends keyof A & (string | number)>(self: Bag<A, E, R>, key: K): Bag<A[K], E, R>
  /**
   * One field of each element, or one place of each array or tuple. With a default, that is what stands where there is none:
   * where the field is absent or `undefined`, or the element has no fields.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R, const K extends string | number, D>(
    self: Bag<A, E, R>,
    key: K,
    otherwise: D
  ): Bag<Plucked<A, K> | D, E, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, key: string | number, ...given: readonly [value?: unknown]) => {
    const otherwise = given.length === 0 ? undefined : { value: shared(given[0]) }
    return append(self, { name: "pluck", calls: [], wire: () => ({ op: "pluck", key, otherwise }) }, undefined)
  }
)

/**
 * The elements of the elements, which are arrays or other iterables (a string is one, of its characters).
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const words = Bag.make("a b", "c").pipe(Bag.map((line) => line.split(" ")), Bag.flatten) // ["a", "b", "c"]
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const flatten = <A extends Iterable<unknown>, E, R>(self: Bag<A, E, R>): Bag<Each<A>, E, R> =>
  append(self, { name: "flatten", calls: [], wire: () => ({ op: "flatten" }) }, undefined)

/**
 * Each element with the same probability (0 to 1), on its own. The seed, a whole number (default: 0), decides which: the same elements
 * of the same partitions are chosen in every run, on every worker.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const few = (bag: Bag.Bag<number>) => bag.pipe(Bag.randomSample(0.1, { seed: 42 }), Bag.count)
 * const none = Bag.range(0, 100).pipe(Bag.randomSample(0)) // []
 * ```
 *
 * @since 0.1.0
 * @category element-wise
 */
export const randomSample: {
  /**
   * Each element with the same probability (0 to 1), on its own. The seed, a whole number (default: 0), decides which: the same elements
   * of the same partitions are chosen in every run, on every worker.
   *
   * @since 0.1.0
   * @category element-wise
   */
  (
    probability: number,
    options?: { readonly seed?: number | undefined }
  ): <A, E, R>(self: Bag<A, E, R>) => Bag<A, E, R>
  /**
   * Each element with the same probability (0 to 1), on its own. The seed, a whole number (default: 0), decides which: the same elements
   * of the same partitions are chosen in every run, on every worker.
   *
   * @since 0.1.0
   * @category element-wise
   */
  <A, E, R>(
    self: Bag<A, E, R>,
    probability: number,
    options?: { readonly seed?: number | undefined }
  ): Bag<A, E, R>
} = dual(
  (args) => isBag(args[0]),
  (self: Any, fraction: number, options?: { readonly seed?: number | undefined }) => {
    const seed = options?.seed ?? 0
    const wire = (_: unknown, partition: number) => ({ op: "sample", fraction, seed, partition }) as const
    return append(self, { name: "sample", calls: [], wire }, stateOf(self).owner)
  }
)
