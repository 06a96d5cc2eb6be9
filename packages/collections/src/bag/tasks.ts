/**
 * The tasks that bags are computed by: one way through a partition, pieces of partitions into one, partitions into one array.
 */
import * as Callable from "creel/Callable"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import { type Resolve, type Resolved, stepOf, type WireOp } from "../passes/ops.js"
import { type Owned, type Reducer, reducerOf, type WireEnd } from "../passes/reducers.js"
import * as Pass from "../passes/run.js"

/** By whose `success` Schema elements cross, and how many levels of arrays stand between a partition and what it made. */
export interface WireOwner {
  readonly callable: Callable.Wire
  readonly depth: 0 | 1
}

interface Elements {
  readonly by: Resolved
  readonly depth: 0 | 1
}

const elementsOf = (resolve: Resolve, owner: WireOwner | undefined): Elements | undefined =>
  owner && { by: resolve(owner.callable), depth: owner.depth }

const own = (owned: Owned) => <A>(value: A): A =>
  owned === undefined ? value : Callable.own(owned.by, value, owned.depth)

const reducer = (resolve: Resolve, end: WireEnd, elements: Elements | undefined): Reducer =>
  reducerOf(end, resolve, elements?.depth === 1 ? elements.by : undefined)

const options = {
  advice:
    "add Bag.tasks (of @creel/collections) to the tasks of the workers: TaskGroup.make(...).merge(Bag.tasks), or in a " +
    "module of tasks, export const bags = Bag.tasks"
} as const

/** The elements that come out of a partition's pass, or what is made at its end. */
export const pass = Task.make(
  "creel/bag/pass",
  function*(partition: unknown, ops: ReadonlyArray<WireOp>, end: WireEnd | undefined, owner: WireOwner | undefined) {
    const { resolve } = yield* Task.Known
    const steps = ops.map((op) => stepOf(op, resolve))
    const elements = elementsOf(resolve, owner)
    if (end === undefined) return own(elements)(yield* Pass.run(partition, steps, Pass.collect()))
    const { leaf, owner: owners } = reducer(resolve, end, elements)
    const piece = leaf._tag === "Whole"
      ? yield* Pass.runWhole(partition, [...steps, leaf])
      : yield* Effect.flatMap(leaf.make, (made) => Pass.run(partition, steps, made))
    return own(owners?.piece)(piece)
  },
  options
)

/** Pieces of several partitions as one; the last one as the value. */
export const merge = Task.make(
  "creel/bag/merge",
  function*(pieces: ReadonlyArray<unknown>, end: WireEnd, last: boolean, owner: WireOwner | undefined) {
    const { resolve } = yield* Task.Known
    const { finish, merge, owner: owners } = reducer(resolve, end, elementsOf(resolve, owner))
    const piece = yield* Pass.withThrown(merge(pieces))
    return last ? own(owners?.value)(yield* finish(piece)) : own(owners?.merged)(piece)
  },
  options
)

/** The elements of several partitions in one array. */
export const join = Task.make(
  "creel/bag/join",
  function*(owner: WireOwner | undefined, ...partitions: ReadonlyArray<ReadonlyArray<unknown>>) {
    const { resolve } = yield* Task.Known
    return own(elementsOf(resolve, owner))(partitions.flat(1))
  },
  options
)
