/**
 * What a bag is for in the end: some of its elements, files, lazy partitions, a stream.
 *
 * @since 0.1.0
 */
import type * as Client from "creel/Client"
import type { SubmitError } from "creel/FutureError"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Scope from "effect/Scope"
import type * as Delayed from "../Delayed.js"
import type { WriteError } from "./errors.js"
import type { Bag } from "./model.js"
import * as internal from "./sinkBuild.js"

const isOwnData = (args: IArguments): boolean => internal.isBag(args[0])

/**
 * @since 0.1.0
 * @category models
 */
export interface TakeOptions {
  /** How many partitions to look into, from the first. Default: 1. */
  readonly partitions?: number | "all" | undefined
}

/**
 * The first elements, `count` at most, of the first partition, or of the first `partitions` together. A partition is made no
 * further than they are: of a large file, only its first lines are read.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const some = Bag.range(0, 1000).pipe(Bag.take(3)) // [0, 1, 2]
 * const more = Bag.range(0, 6, { partitionSize: 2 }).pipe(Bag.take(3, { partitions: 2 })) // [0, 1, 2]
 * ```
 *
 * @since 0.1.0
 * @category results
 */
export const take: {
  /**
   * The first elements, `count` at most, of the first partition, or of the first `partitions` together.
   *
   * @since 0.1.0
   * @category results
   */
  (
    count: number,
    options?: TakeOptions
  ): <A, E, R>(self: Bag<A, E, R>) => Delayed.Delayed<ReadonlyArray<A>, E, R>
  /**
   * The first elements, `count` at most, of the first partition, or of the first `partitions` together.
   *
   * @since 0.1.0
   * @category results
   */
  <A, E, R>(self: Bag<A, E, R>, count: number, options?: TakeOptions): Delayed.Delayed<ReadonlyArray<A>, E, R>
} = dual(isOwnData, internal.take)

/**
 * @since 0.1.0
 * @category models
 */
export interface WriteOptions {
  /** Whether the files are gzip. Default: where the path ends in `.gz`. */
  readonly gzip?: boolean | undefined
}

/**
 * Writes each partition to a file, a line an element, when it is computed; the answer is the paths, in the order of the
 * partitions. A `*` in the path is the number of the partition (`out/*.txt` gives `out/00.txt` and so on, with as many digits as
 * the last one has); a path without one is a directory, which gets `part-00.txt` and so on. Directories are made where there
 * are none. A line end in an element makes two lines of it.
 *
 * A worker writes what it makes, as it makes it; paths are the workers', as those of `textFiles` are. A file is whole or not
 * there: what is tried again, or was stopped, leaves nothing half written. Files of the name that are there are replaced.
 *
 * Fails with `WriteError`.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const paths = Bag.make("a", "b").pipe(Bag.toTextFiles("out/*.txt.gz")) // ["out/0.txt.gz", "out/1.txt.gz"]
 * const again = Bag.textFiles("out/*.txt.gz") // ["a", "b"]
 * ```
 *
 * @since 0.1.0
 * @category results
 */
export const toTextFiles: {
  /**
   * Writes each partition to a file, a line an element, when it is computed; the answer is the paths.
   *
   * @since 0.1.0
   * @category results
   */
  (
    path: string,
    options?: WriteOptions
  ): <E, R>(self: Bag<string, E, R>) => Delayed.Delayed<ReadonlyArray<string>, E | WriteError, R>
  /**
   * Writes each partition to a file, a line an element, when it is computed; the answer is the paths.
   *
   * @since 0.1.0
   * @category results
   */
  <E, R>(
    self: Bag<string, E, R>,
    path: string,
    options?: WriteOptions
  ): Delayed.Delayed<ReadonlyArray<string>, E | WriteError, R>
} = dual(isOwnData, internal.toTextFiles)

/**
 * Writes each partition to a file, each element as JSON on a line of its own, as `JSON.stringify` has it. Paths and files are
 * those of `toTextFiles`; in a directory they are called `part-00.jsonl` and so on.
 *
 * Fails with `WriteError`, also for an element that has no JSON (`undefined`).
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const paths = Bag.make({ n: 1 }, { n: 2 }).pipe(Bag.toJsonLines("numbers")) // ["numbers/part-0.jsonl", "numbers/part-1.jsonl"]
 * const again = Bag.jsonLines("numbers/*.jsonl") // [{ n: 1 }, { n: 2 }]
 * ```
 *
 * @since 0.1.0
 * @category results
 */
export const toJsonLines: {
  /**
   * Writes each partition to a file, each element as JSON on a line of its own; the answer is the paths.
   *
   * @since 0.1.0
   * @category results
   */
  (
    path: string,
    options?: WriteOptions
  ): <A, E, R>(self: Bag<A, E, R>) => Delayed.Delayed<ReadonlyArray<string>, E | WriteError, R>
  /**
   * Writes each partition to a file, each element as JSON on a line of its own; the answer is the paths.
   *
   * @since 0.1.0
   * @category results
   */
  <A, E, R>(
    self: Bag<A, E, R>,
    path: string,
    options?: WriteOptions
  ): Delayed.Delayed<ReadonlyArray<string>, E | WriteError, R>
} = dual(isOwnData, internal.toJsonLines)

/**
 * The partitions as lazy values. How many there are may have to be found out: in files, in a stream.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Effect } from "effect"
 *
 * const keys = Effect.map(Bag.toDelayed(Bag.range(0, 4, { partitions: 2 })), (parts) => parts.length) // 2
 * ```
 *
 * @since 0.1.0
 * @category results
 */
export const toDelayed: <A, E, R>(
  self: Bag<A, E, R>
) => Effect.Effect<
  ReadonlyArray<Delayed.Delayed<ReadonlyArray<A>, E>>,
  SubmitError,
  Client.Client | Scope.Scope | R
> = internal.toDelayed

/**
 * A bag of partitions that are lazy arrays.
 *
 * @example
 * ```ts
 * import { Bag, Delayed } from "@creel/collections"
 * import { Task } from "creel"
 *
 * const upTo = Task.sync("upTo", (n: number) => Array.from({ length: n }, (_, i) => i))
 *
 * const bag = Bag.fromDelayed([Delayed.make(upTo)(2), Delayed.make(upTo)(3)]) // [0, 1, 0, 1, 2]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromDelayed: <A, E = never, R = never>(
  partitions: Iterable<Delayed.Delayed<ReadonlyArray<A>, E, R>>
) => Bag<A, E, R> = internal.fromDelayed
