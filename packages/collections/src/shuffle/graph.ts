/**
 * The calls of a shuffle. A task has one value, so a partition is split by one task into all its buckets, as bytes; for each
 * bucket a task that costs next to nothing picks it, where the split is (moving the others would cost more than waiting
 * there), and only what was picked moves on. A split is released when all its buckets have been picked.
 */
import * as Task from "creel/Task"
import { node } from "../bag/state.js"
import type * as Delayed from "../Delayed.js"
import { type Digit, merge, type Packed, split } from "./buckets.js"
import { type Place, plan } from "./plan.js"

/**
 * For tasks that take a small part of a large value, where that is. They take no slot, and so are of another kind than the
 * tasks that use them: fused into those, they would bring the whole value along.
 */
export const picking = { slots: 64 } as const

/** One bucket of a split. */
export const pick = Task.sync(
  "creel/bag/pick",
  (of: ReadonlyArray<Packed>, n: number): Packed => {
    const bucket = of[n]
    if (bucket === undefined) throw new RangeError(`no bucket ${n} of ${of.length}`)
    return bucket
  },
  picking
)

/** Buckets of one step, split for the next. */
export const resplit = Task.sync(
  "creel/bag/resplit",
  (buckets: ReadonlyArray<Packed>, digit: Digit): Array<Packed> => split(merge(buckets), digit)
)

export interface Sizes {
  readonly inputs: number
  readonly outputs: number
  /** The most inputs, and the most buckets, of one task. */
  readonly maxBranch: number
}

/** By what inputs are split in the first step. */
export const firstDigit = ({ inputs, maxBranch, outputs }: Sizes): Digit =>
  plan(Math.max(1, inputs), outputs, maxBranch)[0]!.digit(0)

const name = (place: Place): string => `${place.low}-${place.high}`

/** How the calls between are submitted, and what their keys begin with. */
export interface Naming {
  readonly key: string
  readonly pick: Task.Contract.Any
  readonly resplit: Task.Contract.Any
}

export const naming = (key: string, group: string): Naming => ({
  key,
  pick: Task.with(pick, { group: `${group}-pick` }),
  resplit: Task.with(resplit, { group: `${group}-split` })
})

/**
 * From inputs that are split by the first digit to the buckets that make each output, in the order of the inputs.
 */
export const shuffle = (
  naming: Naming,
  sizes: Sizes,
  inputs: ReadonlyArray<Delayed.Any>
): ReadonlyArray<ReadonlyArray<Delayed.Any>> => {
  if (inputs.length === 0) return Array.from({ length: sizes.outputs }, () => [])
  const steps = plan(inputs.length, sizes.outputs, sizes.maxBranch)
  let splits = new Map(inputs.map((input, high) => [name({ low: 0, high }), input]))
  let picked: ReadonlyArray<ReadonlyArray<Delayed.Any>> = []
  steps.forEach((step, s) => {
    picked = step.places.map((place) =>
      place.from.map((from) => {
        const key = `${naming.key}-pick-${s}-${name(from)}-${place.bucket}`
        return node(key, naming.pick, [splits.get(name(from)), place.bucket])
      })
    )
    const next = steps[s + 1]
    if (next === undefined) return
    splits = new Map(step.places.map((place, n) => {
      const key = `${naming.key}-split-${s + 1}-${name(place)}`
      return [name(place), node(key, naming.resplit, [picked[n], next.digit(place.low)])]
    }))
  })
  return picked
}
