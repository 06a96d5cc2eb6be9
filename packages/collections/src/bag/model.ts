/**
 * Bags: lazy, partitioned collections. It owns what a bag is and how one is made of values; `elements` has what is done to
 * each element, `reductions` what a bag comes to.
 *
 * @since 0.1.0
 */
import type * as Collection from "creel/Collection"
import { SubmitError } from "creel/FutureError"
import * as TaskGroup from "creel/TaskGroup"
import * as Effect from "effect/Effect"
import type { Inspectable } from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import type * as Types from "effect/Types"
import { freshKey, fromNode } from "../delayed/delayed.js"
import { list } from "../files/listing.js"
import { read } from "../files/reading.js"
import { write } from "../files/writing.js"
import type { Range } from "../passes/ops.js"
import * as grouping from "../shuffle/groupTasks.js"
import { failed } from "../streams/streamFailed.js"
import * as internal from "./state.js"
import * as tasks_ from "./tasks.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@creel/collections/Bag")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * Many values, in partitions that are computed apart from each other: a bag has an order within each partition, and its
 * partitions have one, but what is made of all elements should not depend on where a partition ends.
 *
 * `A` is what its elements are, `E` what making them may fail with, `R` what must be there to read its source. Nothing is
 * done until it is computed (`Client.compute`, `Client.persist`), and then all operations on elements run in one pass over
 * each partition, one element after the other. A pass is run anew for each thing that is computed from it: `Client.persist`
 * keeps what came out.
 *
 * Functions are tasks, or plain functions that close over nothing; what they may be is checked when the bag is computed, as
 * `Client.submit` checks it. Those that return their value are called as they are; Effects run one after the other. (What a
 * plain function returns decides how it is run, see `PlainFunction`: in a bag, one that returns a promise must be `async`.)
 * A partition is one task. It is run where and when all that it calls ask to be: by the `workers`, with the `resources` and at
 * the `priority` of their options. A `timeout`, a `key` and a `retry` that is no schedule count for submissions, and not for
 * calls in a bag.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bag<out A, out E = never, out R = never>
  extends Collection.Collection<ReadonlyArray<A>, E, R>, Pipeable, Inspectable
{
  readonly [TypeId]: {
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
  /** How many partitions; `undefined` where the source has to be looked at first. */
  readonly partitions: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Bag<unknown, unknown, unknown>

/**
 * How a bag is cut into partitions.
 *
 * @since 0.1.0
 * @category models
 */
export interface PartitionOptions {
  /** How many partitions, of sizes that differ by one at most. Never more than there are elements, never none. Default: 100. */
  readonly partitions?: number | undefined
  /** How many elements in each, fewer in the last; goes over `partitions`. `Infinity`: all in one. */
  readonly partitionSize?: number | undefined
}

/**
 * How a reduction puts pieces together.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReduceOptions {
  /** How many pieces one task puts together, 2 at least. Default: 8. */
  readonly splitEvery?: number | undefined
}

/**
 * The tasks that bags are computed by: workers must have them.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { LocalCluster, Task, TaskGroup } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * export const layer = LocalCluster.layer({ tasks: TaskGroup.make(inc).merge(Bag.tasks) })
 *
 * const names = Array.from(Bag.tasks.tasks.keys()).length > 0 // true
 * ```
 *
 * @since 0.1.0
 * @category tasks
 */
export const tasks: TaskGroup.TaskGroup = TaskGroup.make(
  tasks_.pass,
  tasks_.merge,
  tasks_.join,
  list,
  read,
  write,
  failed,
  ...grouping.all
)

/**
 * @since 0.1.0
 * @category guards
 */
export const isBag = (u: unknown): u is Any => internal.isBag(u)

/** Where partitions begin, and after the last one. */
const cuts = (length: number, options: PartitionOptions | undefined): ReadonlyArray<number> => {
  const size = options?.partitionSize
  if (size !== undefined) {
    // No more than there are: endlessly many in each is all of them in one.
    const step = Math.max(1, Math.min(Math.floor(size), length))
    const count = Math.max(1, Math.ceil(length / step))
    return Array.from({ length: count + 1 }, (_, n) => Math.min(n * step, length))
  }
  const count = Math.max(1, Math.min(length, Math.floor(options?.partitions ?? 100)))
  return Array.from({ length: count + 1 }, (_, n) => Math.floor((n * length) / count))
}

type Numbers = { readonly [name: string]: number | undefined }

/** The first number by which nothing can be counted out, and what belongs there. */
const wrongIn = (cut: PartitionOptions | undefined, ends: Numbers): string | undefined => {
  const { partitionSize, partitions }: PartitionOptions = cut ?? {}
  for (const [name, n] of Object.entries({ partitions, partitionSize })) {
    if (Number.isNaN(n)) return `${name} is NaN: a whole number of at least 1 belongs there`
  }
  for (const [name, n] of Object.entries(ends)) {
    if (!Number.isFinite(n)) return `${name} is ${n}: a finite number belongs there`
  }
  return ends["step"] === 0 ? "step is 0: another number belongs there" : undefined
}

/** Refused when it is computed, as all that is wrong with a bag. */
const refused = (name: string, detail: string): Bag<never> =>
  // It has no elements of any type.
  internal.of(new SubmitError({ reason: "BadOption", detail: `${name}: ${detail}` }), { count: 1, name }) as Any as Bag<
    never
  >

const ofValues = (
  name: string,
  length: number,
  options: PartitionOptions | undefined,
  partition: (from: number, to: number) => unknown,
  pass: ReadonlyArray<internal.Op>
): Bag<any> => {
  const at = cuts(length, options)
  const key = freshKey(name)
  const parts = Array.from(
    { length: at.length - 1 },
    (_, n) => fromNode(`${key}-${n}`, { _tag: "Value", value: partition(at[n]!, at[n + 1]!) }, [])
  )
  // The values are what the caller's types say, and nothing is done that could fail.
  return internal.of(Effect.succeed(parts), { count: parts.length, name, pass }) as Any as Bag<any>
}

/**
 * A bag of values that are here. They are read when the bag is made, and sent when it is computed, a partition at a time.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.fromIterable(new Set(["a", "b", "c"]), { partitions: 2 }) // ["a", "b", "c"]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromIterable = <A>(values: Iterable<A>, options?: PartitionOptions): Bag<A> => {
  const wrong = wrongIn(options, {})
  if (wrong !== undefined) return refused("fromIterable", wrong)
  const all = Array.from(values)
  return ofValues("values", all.length, options, (from, to) => all.slice(from, to), [])
}

/**
 * A bag of the values given.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.make("b", "a") // ["b", "a"]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <As extends ReadonlyArray<unknown>>(...values: As): Bag<As[number]> => fromIterable(values)

const counted: internal.Op = { name: "range", calls: [], wire: () => ({ op: "range" }) }

/**
 * A bag of the numbers from `start` on, in steps of `step` (default: 1, -1 where `end` is below `start`), to before `end`.
 * All three are finite, and `step` is not 0: else the bag is refused (`SubmitError`) when it is computed. They are made on the workers: only where each partition begins and ends is sent.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const bag = Bag.range(0, 10, { step: 3 }) // [0, 3, 6, 9]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const range = (
  start: number,
  end: number,
  options?: PartitionOptions & { readonly step?: number | undefined }
): Bag<number> => {
  const step = options?.step ?? (end < start ? -1 : 1)
  const wrong = wrongIn(options, { start, end, step })
  if (wrong !== undefined) return refused("range", wrong)
  const length = Math.max(0, Math.ceil((end - start) / step))
  return ofValues("range", length, options, (from, to): Range => ({ start, step, from, to }), [counted])
}
