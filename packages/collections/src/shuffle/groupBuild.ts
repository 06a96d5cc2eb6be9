/**
 * Grouping and joining, as lazy calls: from bags to the partitions of what they become. `groupTasks` has what runs on
 * workers, `graph` the calls of a shuffle.
 */
import * as Collection from "creel/Collection"
import * as Future from "creel/Future"
import { SubmitError } from "creel/FutureError"
import type * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Bag from "../bag/model.js"
import {
  append,
  contractFor,
  type End,
  type Fn,
  isBag,
  node,
  of,
  type Op,
  type Parts,
  partsOf,
  pieces,
  stateOf
} from "../bag/state.js"
import type * as Delayed from "../Delayed.js"
import { freshKey, fromCollection, fromFuture, value } from "../delayed/delayed.js"
import { firstDigit, naming, shuffle } from "./graph.js"
import * as Tasks from "./groupTasks.js"

/** Elements with their keys before them. */
const tagging = (name: string, key: Fn): Op => ({
  name,
  calls: [key],
  wire: ([f]) => ({ op: "tag", f: f! })
})

/** An end that a task of ours answers. */
export const into = (
  name: string,
  task: Task.Contract.Any,
  args: (wires: ReadonlyArray<unknown>, partition: number) => ReadonlyArray<unknown>,
  calls: ReadonlyArray<Fn> = []
): End => ({
  name,
  calls: [task, ...calls],
  wire: ([f, ...wires], partition) => ({ end: "into", f: f!, args: args(wires, partition) })
})

/** Elements in what is made of them have no Schema to cross by. */
export const plainOnly = (what: string, ...bags: ReadonlyArray<Bag.Any>): Effect.Effect<void, SubmitError> => {
  const owner = bags.map((bag) => stateOf(bag).owner).find((owner) => owner?.task.schemas.success !== undefined)
  if (owner === undefined) return Effect.void
  return Effect.fail(
    new SubmitError({
      reason: "NotEncodable",
      task: owner.task.name,
      detail:
        `${what} makes new values of the elements, which are no plain data: they cross by the Schema of ${owner.task.name}`,
      advice: "map the elements to plain data first"
    })
  )
}

export const badOption = (detail: string): SubmitError => new SubmitError({ reason: "BadOption", detail })

/** A whole number that must be `min` at least. */
export const whole = (
  name: string,
  given: number | undefined,
  min: number
): Effect.Effect<number | undefined, SubmitError> =>
  given === undefined || (Number.isInteger(given) && given >= min)
    ? Effect.succeed(given)
    : Effect.fail(badOption(`${name} is ${given}: a whole number of at least ${min} belongs there`))

export interface ShuffleOptions {
  readonly partitions?: number | undefined
  readonly maxBranch?: number | undefined
}

const branchDefault = 32

/** The buckets that make each output partition, keys and all. */
const shuffled = (
  bag: Bag.Any,
  fn: Fn,
  by: { readonly name: string; readonly key: string; readonly outputs: number; readonly maxBranch: number }
): Effect.Effect<ReadonlyArray<ReadonlyArray<Delayed.Any>>, SubmitError, any> =>
  Effect.gen(function*() {
    const { key, maxBranch, name, outputs } = by
    const inputs = yield* count(bag)
    const digit = firstDigit({ inputs, outputs, maxBranch })
    const tagged = stateOf(append(bag, tagging(name, fn), undefined))
    const splits = yield* pieces(tagged, `${key}-split-0`, into("split", Tasks.splitEnd, () => [digit]))
    return shuffle(naming(key, name), { inputs, outputs, maxBranch }, splits)
  })

const optionsOf = (options: ShuffleOptions | undefined) =>
  Effect.all([
    whole("partitions", options?.partitions, 1),
    Effect.map(whole("maxBranch", options?.maxBranch, 2), (n) => n ?? branchDefault)
  ])

/** How many partitions there are, once that is known. */
const count = (bag: Bag.Any): Effect.Effect<number, SubmitError, any> =>
  stateOf(bag).count === undefined
    ? Effect.map(partsOf(bag), (parts) => parts.length)
    : Effect.succeed(stateOf(bag).count!)

export const groupBy = (bag: Bag.Any, fn: Fn, options?: ShuffleOptions): Bag.Any => {
  const key = freshKey("groupBy")
  const parts: Parts = Effect.gen(function*() {
    yield* plainOnly("groupBy", bag)
    const [partitions, maxBranch] = yield* optionsOf(options)
    const outputs = partitions ?? Math.max(1, yield* count(bag))
    const buckets = yield* shuffled(bag, fn, { name: "groupBy", key, outputs, maxBranch })
    const { contract } = yield* contractFor(Tasks.group, [], undefined, "groupBy")
    return buckets.map((of, n) => node(`${key}-${n}`, contract, [of]))
  })
  return of(parts, { count: options?.partitions ?? stateOf(bag).count, name: "groupBy" })
}

const groupsOf = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))

const splitDefault = 8

export const foldby = (
  bag: Bag.Any,
  fn: Fn,
  initial: unknown,
  f: Fn,
  combine: Fn,
  options?: Bag.ReduceOptions
): Bag.Any => {
  const key = freshKey("foldby")
  const parts: Parts = Effect.gen(function*() {
    const splitEvery = (yield* whole("splitEvery", options?.splitEvery, 2)) ?? splitDefault
    const tagged = stateOf(append(bag, tagging("foldby", fn), undefined))
    const end = into("fold", Tasks.foldbyEnd, ([wire]) => [wire, initial], [f])
    let level = yield* pieces(tagged, `${key}-fold`, end)
    const { contract, wires } = yield* contractFor(Tasks.combineBy, [combine], undefined, "foldby")
    for (let n = 0; level.length > splitEvery; n++) {
      level = groupsOf(level, splitEvery).map((parts, i) => node(`${key}-${n}-${i}`, contract, [parts, wires[0]]))
    }
    return [node(`${key}-0`, contract, [level, wires[0]])]
  })
  return of(parts, { count: 1, name: "foldby" })
}

type Side = Bag.Any | Iterable<unknown> | Collection.Any | Future.Future<unknown, unknown>

/** What stands on the other side, as a bag: what is no bag is one partition. */
const sideOf = (other: Side): Bag.Any => {
  if (isBag(other)) return other
  const lazy = Future.isFuture(other)
    ? fromFuture(other)
    : Predicate.hasProperty(other, Collection.TypeId)
    ? fromCollection(other as Collection.Any)
    : value(Array.from(other as Iterable<unknown>))
  return of(Effect.succeed([lazy]), { count: 1, name: "other" })
}

export interface JoinOptions extends ShuffleOptions {
  readonly on: Fn
  readonly onOther?: Fn | undefined
}

/** A side of one partition goes to all partitions of the left; two sides of many are shuffled by their keys. */
export const join = (bag: Bag.Any, given: Side, options: JoinOptions): Bag.Any => {
  const key = freshKey("join")
  const other = sideOf(given)
  const onOther = options.onOther ?? options.on
  const parts: Parts = Effect.gen(function*() {
    yield* plainOnly("join", bag, other)
    const [partitions, maxBranch] = yield* optionsOf(options)
    if ((yield* count(other)) === 1) {
      const [pairs] = yield* partsOf(append(other, tagging("join", onOther), undefined))
      const tagged = stateOf(append(bag, tagging("join", options.on), undefined))
      return yield* pieces(tagged, key, into("join", Tasks.joinEnd, () => [pairs]))
    }
    const outputs = partitions ?? Math.max(1, yield* count(bag), yield* count(other))
    const left = yield* shuffled(bag, options.on, { name: "join", key: `${key}-left`, outputs, maxBranch })
    const right = yield* shuffled(other, onOther, { name: "join", key: `${key}-right`, outputs, maxBranch })
    const { contract } = yield* contractFor(Tasks.match, [], undefined, "join")
    return left.map((of, n) => node(`${key}-${n}`, contract, [of, right[n]]))
  })
  return of(parts, { count: joinCount(bag, other, options), name: "join" })
}

const joinCount = (bag: Bag.Any, other: Bag.Any, options: JoinOptions): number | undefined => {
  const left = stateOf(bag).count
  const right = stateOf(other).count
  if (right === 1) return left
  if (right === undefined || left === undefined) return undefined
  return options.partitions ?? Math.max(1, left, right)
}

/** The same elements, each partition made once however often it is used. */
export const made = (bag: Bag.Any): Bag.Any => {
  const { count, owner, pass } = stateOf(bag)
  return pass.length === 0 ? bag : of(partsOf(bag), { count, owner, name: "bag" })
}

export const product = (bag: Bag.Any, given: Side): Bag.Any => {
  const key = freshKey("product")
  const other = sideOf(given)
  const parts: Parts = Effect.gen(function*() {
    yield* plainOnly("product", bag, other)
    const others = yield* partsOf(other)
    const self = stateOf(others.length > 1 ? made(bag) : bag)
    const columns: Array<ReadonlyArray<Delayed.Any>> = []
    for (const [n, part] of others.entries()) {
      columns.push(yield* pieces(self, `${key}-${n}`, into("product", Tasks.productEnd, () => [part])))
    }
    return Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => columns.map((column) => column[row]!)).flat()
  })
  const left = stateOf(bag).count
  const right = stateOf(other).count
  return of(parts, { count: left === undefined || right === undefined ? undefined : left * right, name: "product" })
}
