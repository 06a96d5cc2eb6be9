/**
 * Bags side by side, one after another and cut anew, and running values, as lazy calls: from bags to the partitions of
 * what they become. `groupTasks` has what runs on workers.
 */
import * as Client from "creel/Client"
import { SubmitError } from "creel/FutureError"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Bag from "../bag/model.js"
import type { RepartitionOptions } from "../bag/shapes.js"
import {
  contractFor,
  type End,
  type Fn,
  node,
  of,
  type Owner,
  type Parts,
  partsOf,
  pieces,
  stateOf
} from "../bag/state.js"
import * as Whole from "../bag/tasks.js"
import type * as Delayed from "../Delayed.js"
import { call, freshKey, structure, value } from "../delayed/delayed.js"
import { pick } from "./graph.js"
import { badOption, into, plainOnly, whole } from "./groupBuild.js"
import * as Tasks from "./groupTasks.js"
import { pieces as piecesFor, type Range, rechunk, runs } from "./slices.js"

export const zip = (left: Bag.Any, right: Bag.Any): Bag.Any => {
  const key = freshKey("zip")
  const parts: Parts = Effect.gen(function*() {
    yield* plainOnly("zip", left, right)
    const [ls, rs] = [yield* partsOf(left), yield* partsOf(right)]
    if (ls.length !== rs.length) {
      const detail = `zip of ${ls.length} partitions with ${rs.length}: both must be partitioned alike`
      return yield* new SubmitError({
        ...badOption(detail),
        advice: "bring both to one partition size by Bag.repartition"
      })
    }
    const contract = Task.with(Tasks.zip, { group: "zip" })
    return ls.map((part, n) => node(`${key}-${n}`, contract, [n, part, rs[n]]))
  })
  return of(parts, { count: stateOf(left).count ?? stateOf(right).count, name: "zip" })
}

/** Elements of several bags stay what they are only if one Schema, or none, is theirs. */
const commonOwner = (bags: ReadonlyArray<Bag.Any>): { readonly owner: Owner | undefined } | undefined => {
  const owners = bags.map((bag) => stateOf(bag).owner).map((owner) =>
    owner?.task.schemas.success === undefined ? undefined : owner
  )
  const [first] = owners
  return owners.every((owner) => owner?.task === first?.task && owner?.depth === first?.depth)
    ? { owner: first }
    : undefined
}

export const concatAll = (bags: ReadonlyArray<Bag.Any>): Bag.Any => {
  const common = commonOwner(bags)
  const counts = bags.map((bag) => stateOf(bag).count)
  const parts: Parts = Effect.gen(function*() {
    if (common === undefined) yield* plainOnly("concat of bags of different tasks", ...bags)
    return (yield* Effect.forEach(bags, partsOf)).flat()
  })
  const count = counts.includes(undefined) ? undefined : counts.reduce<number>((a, b) => a + b!, 0)
  return of(parts, { count, owner: common?.owner, name: "concat" })
}

/** Each partition waits for the value with which the one before it ended, and for nothing else of it. */
const oneAfterAnother = (inputs: ReadonlyArray<Delayed.Any>, key: string, binop: Fn, initial: unknown): Parts =>
  Effect.gen(function*() {
    const { contract, wires: [f] } = yield* contractFor(Tasks.scanOn, [binop], undefined, "accumulate")
    const last = Task.with(Tasks.last, { group: "accumulate-last" })
    const values = Task.with(Tasks.values, { group: "accumulate-values" })
    let carry: unknown = initial
    return inputs.map((part, n) => {
      const scan = node(`${key}-scan-${n}`, contract, [part, f, carry, n === 0])
      carry = node(`${key}-last-${n}`, last, [scan])
      return node(`${key}-${n}`, values, [scan])
    })
  })

/** What each partition comes to is found side by side; what goes before it is put together; then all go on, side by side. */
const inTwoPasses = (
  inputs: ReadonlyArray<Delayed.Any>,
  key: string,
  binop: Fn,
  initial: unknown,
  combine: Fn
): Parts =>
  Effect.gen(function*() {
    const total = yield* contractFor(Tasks.total, [binop], undefined, "accumulate-total")
    const scan = yield* contractFor(Tasks.scan, [binop], undefined, "accumulate")
    let carry: unknown = initial
    return inputs.map((part, n) => {
      const out = node(`${key}-${n}`, scan.contract, [part, scan.wires[0], carry, n === 0])
      const here = node(`${key}-total-${n}`, total.contract, [part, total.wires[0], initial])
      carry = n === 0 ? here : call(combine, [carry, here])
      return out
    })
  })

export const accumulate = (bag: Bag.Any, initial: unknown, binop: Fn, combine: Fn | undefined): Bag.Any => {
  const key = freshKey("accumulate")
  const parts: Parts = Effect.flatMap(partsOf(bag), (inputs) =>
    combine === undefined
      ? oneAfterAnother(inputs, key, binop, initial)
      : inTwoPasses(inputs, key, binop, initial, combine))
  return of(parts, { count: stateOf(bag).count, name: "accumulate" })
}

/** Neighbours become one. */
const fewer = (bag: Bag.Any, key: string, to: number): Parts =>
  Effect.gen(function*() {
    const inputs = yield* partsOf(bag)
    const { contract, owner } = yield* contractFor(Whole.join, [], stateOf(bag).owner, "repartition")
    return runs(inputs.length, to).map(([start, end], n) =>
      end - start === 1 ? inputs[start]! : node(`${key}-${n}`, contract, [owner, ...inputs.slice(start, end)])
    )
  })

const perElement = (bag: Bag.Any): Effect.Effect<void, SubmitError> =>
  stateOf(bag).owner?.depth === 0 ? plainOnly("repartition", bag) : Effect.void

/** Each partition is cut into neighbours. */
const more = (bag: Bag.Any, key: string, from: number, to: number): Parts =>
  Effect.gen(function*() {
    yield* perElement(bag)
    const state = stateOf(bag)
    const each = piecesFor(from, to)
    const { contract, owner } = yield* contractFor(Tasks.open, [], state.owner, "repartition")
    const picking = Task.with(pick, { group: "repartition-pick" })
    const cuts = yield* pieces(state, `${key}-cut`, into("cut", Tasks.cutEnd, (_, n) => [each[n], owner]))
    return cuts.flatMap((cut, n) =>
      Array.from({ length: each[n]! }, (_, i) => {
        const picked = node(`${key}-pick-${n}-${i}`, picking, [cut, i])
        return node(`${key}-${n}-${i}`, contract, [[picked], owner])
      })
    )
  })

const toPartitions = (bag: Bag.Any, to: number): Parts => {
  const key = freshKey("repartition")
  return Effect.gen(function*() {
    const from = stateOf(bag).count ?? (yield* partsOf(bag)).length
    if (from === 0) return Array.from({ length: to }, () => value([]))
    return yield* to < from ? fewer(bag, key, to) : to > from ? more(bag, key, from, to) : partsOf(bag)
  })
}

/** All elements in one partition: what computes it fails as making them failed. */
const inOne = (bag: Bag.Any, key: string): Parts =>
  Effect.gen(function*() {
    const { contract, owner } = yield* contractFor(Whole.join, [], stateOf(bag).owner, "repartition")
    return [node(`${key}-0`, contract, [owner, ...(yield* partsOf(bag))])]
  })

const counting: End = { name: "count", calls: [], wire: () => ({ end: "count" }) }

/** How many elements each partition has; nothing where they could not be made. */
const lengthsOf = (held: Bag.Any, key: string) =>
  Effect.gen(function*() {
    const counts = yield* pieces(stateOf(held), `${key}-count`, counting)
    // Ends of a pass that say `count` are numbers.
    const all = structure(counts) as Delayed.Delayed<ReadonlyArray<number>, unknown>
    return yield* Effect.option(yield* Client.compute(all))
  })

/** Where each partition is cut: where a range begins, and at its end. */
const cutsOf = (lengths: ReadonlyArray<number>, ranges: ReadonlyArray<ReadonlyArray<Range>>) => {
  const cuts: Array<Array<number>> = lengths.map(() => [])
  for (const { partition, start } of ranges.flat()) cuts[partition]!.push(start)
  return cuts.map((starts, n) => [...starts, lengths[n]!])
}

/** Counted, cut where the new ones begin, and put together. */
const toSize = (bag: Bag.Any, size: number): Parts => {
  const key = freshKey("repartition")
  return Effect.gen(function*() {
    yield* perElement(bag)
    const held = yield* Client.persist(bag)
    const lengths = yield* lengthsOf(held, key)
    if (Option.isNone(lengths)) return yield* inOne(held, key)
    const ranges = rechunk(lengths.value, size)
    if (ranges.length === 0) return [value([])]
    const cutsAt = cutsOf(lengths.value, ranges)
    const { contract, owner } = yield* contractFor(Tasks.open, [], stateOf(bag).owner, "repartition")
    const picking = Task.with(pick, { group: "repartition-pick" })
    const cuts = yield* pieces(stateOf(held), `${key}-cut`, into("cut", Tasks.cutEnd, (_, n) => [cutsAt[n], owner]))
    const picked = (range: Range): Delayed.Any => {
      const n = cutsAt[range.partition]!.indexOf(range.start)
      return node(`${key}-pick-${range.partition}-${n}`, picking, [cuts[range.partition], n])
    }
    return ranges.map((of, n) => node(`${key}-${n}`, contract, [of.map(picked), owner]))
  })
}

export const repartition = (bag: Bag.Any, options: RepartitionOptions): Bag.Any => {
  const { partitionSize, partitions } = options
  const parts: Parts = Effect.gen(function*() {
    yield* whole("partitions", partitions, 1)
    yield* whole("partitionSize", partitionSize, 1)
    if (partitions !== undefined) return yield* toPartitions(bag, partitions)
    if (partitionSize !== undefined) return yield* toSize(bag, partitionSize)
    return yield* badOption("repartition with neither partitions nor partitionSize")
  })
  return of(parts, { count: partitions, owner: stateOf(bag).owner, name: "repartition" })
}
