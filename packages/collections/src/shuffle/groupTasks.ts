/**
 * The tasks of grouping, joining and cutting. Those whose name says `end` answer an end of a pass, which runs inside of the
 * pass's own task and never crosses.
 */
import * as Callable from "creel/Callable"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import { ZipMismatch } from "../bag/mismatch.js"
import type { WireOwner } from "../bag/tasks.js"
import * as Pass from "../passes/run.js"
import { type Digit, Groups, match as matchGroups, merge, pack, type Packed, split, unpack } from "./buckets.js"
import { pick, picking, resplit } from "./graph.js"
import * as Ends from "./groupEnds.js"
import { cut as cutItems, evenly } from "./slices.js"

type Pair = readonly [key: unknown, x: unknown]

/** An end is no plain data, and need not be: who makes it keeps it. */
const end = (made: Pass.End): unknown => made

/** Of tagged elements the buckets of the first step of a shuffle. */
export const splitEnd = Task.sync(
  "creel/bag/end/split",
  (digit: Digit) => end(Ends.grouping((groups) => split(groups, digit)))
)

/** Of tagged elements the pairs with the tagged elements of another side. */
export const joinEnd = Task.sync("creel/bag/end/join", (other: ReadonlyArray<Pair>) => {
  const groups = new Groups<unknown, unknown>()
  for (const [key, x] of other) groups.add(key, x)
  return end(Ends.joining(groups))
})

export const productEnd = Task.sync(
  "creel/bag/end/product",
  (other: ReadonlyArray<unknown>) => end(Ends.multiplying(other))
)

/** Of tagged elements a value for each key. */
export const foldbyEnd = Task.make(
  "creel/bag/end/foldby",
  (binop: Callable.Wire, initial: unknown) =>
    Effect.map(Task.Known, ({ resolve }) => end(Ends.foldingBy(resolve(binop), initial)))
)

/** Pieces of a partition, as bytes: as many as `at` says, or between these places. */
export const cutEnd = Task.make(
  "creel/bag/end/cut",
  (at: number | ReadonlyArray<number>, owner: WireOwner | undefined) =>
    Effect.map(Task.Known, ({ resolve }) => {
      const by = owner && resolve(owner.callable)
      const items: Array<unknown> = []
      return end({
        _tag: "Sink",
        sink: (x) => {
          items.push(x)
          return false
        },
        result: () => {
          const plain = by === undefined ? items : items.map((item) => Callable.encodeValue(by, item))
          return cutItems(plain, typeof at === "number" ? evenly(items.length, at) : at)
        }
      })
    })
)

/** The elements in bytes. */
export const open = Task.make(
  "creel/bag/open",
  (packed: ReadonlyArray<Packed>, owner: WireOwner | undefined) =>
    Effect.map(Task.Known, ({ resolve }) => {
      const plain = packed.flatMap((one) => unpack(one) as ReadonlyArray<unknown>)
      if (owner === undefined) return plain
      const by = resolve(owner.callable)
      return Callable.own(by, plain.map((item) => Callable.decodeValue(by, item)), 1)
    })
)

type Elements = ReadonlyArray<unknown>

/** What the elements come to. */
export const total = Task.make(
  "creel/bag/total",
  (elements: Elements, binop: Callable.Wire, initial: unknown) =>
    Effect.flatMap(
      Task.Known,
      ({ resolve }) => Pass.run(elements, [], Ends.scanning(resolve(binop), initial, () => {}, (last) => last))
    )
)

/** Running values from `carry` on, which is one of them if it is the first. */
export const scan = Task.make(
  "creel/bag/scan",
  (elements: Elements, binop: Callable.Wire, carry: unknown, first: boolean) =>
    Effect.flatMap(Task.Known, ({ resolve }) => {
      const out = first ? [carry] : []
      return Pass.run(elements, [], Ends.scanning(resolve(binop), carry, (value) => out.push(value), () => out))
    })
)

/** The same for those who need the value at the end without the others: these stand beside it, as bytes. */
export const scanOn = Task.make(
  "creel/bag/scanon",
  (elements: Elements, binop: Callable.Wire, carry: unknown, first: boolean) =>
    Effect.flatMap(Task.Known, ({ resolve }) => {
      const out = first ? [carry] : []
      const both = (last: unknown) => ({ values: pack(out), last })
      return Pass.run(elements, [], Ends.scanning(resolve(binop), carry, (value) => out.push(value), both))
    })
)

interface Scanned {
  readonly values: Packed
  readonly last: unknown
}

/** The value with which a scan ended. */
export const last = Task.sync("creel/bag/last", (scanned: Scanned) => scanned.last, picking)

/** The values of a scan. */
export const values = Task.sync("creel/bag/values", (scanned: Scanned) => unpack(scanned.values))

/** Groups of the buckets of one output partition. */
export const group = Task.sync("creel/bag/group", (buckets: ReadonlyArray<Packed>) => merge(buckets).entries())

/** Pairs of the buckets of one output partition of two sides. */
export const match = Task.sync(
  "creel/bag/match",
  (left: ReadonlyArray<Packed>, right: ReadonlyArray<Packed>) => matchGroups(merge(left), merge(right))
)

/** Values under keys of several partitions as those of one. */
export const combineBy = Task.make(
  "creel/bag/combineby",
  (parts: ReadonlyArray<ReadonlyArray<Pair>>, combine: Callable.Wire) =>
    Effect.flatMap(Task.Known, ({ resolve }) => Pass.withThrown(Ends.combineFolds(parts, resolve(combine))))
)

/** Elements side by side. */
export const zip = Task.make(
  "creel/bag/zip",
  (partition: number, left: ReadonlyArray<unknown>, right: ReadonlyArray<unknown>) =>
    left.length === right.length
      ? Effect.succeed(left.map((x, n) => [x, right[n]] as const))
      : Effect.fail(new ZipMismatch({ partition, left: left.length, right: right.length })),
  { error: ZipMismatch }
)

export const all = [
  splitEnd,
  joinEnd,
  productEnd,
  foldbyEnd,
  cutEnd,
  open,
  total,
  scan,
  scanOn,
  last,
  values,
  group,
  match,
  combineBy,
  zip,
  pick,
  resplit
] as const
