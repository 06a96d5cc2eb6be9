/**
 * Which buckets go where: a shuffle as steps over digits, so that no task has more than `maxBranch` inputs or buckets, and
 * m inputs and n outputs need some (m + n) * maxBranch * log(max(m, n)) tasks, not m * n.
 *
 * Inputs are numbered with the digits of their position, lowest first. Step s brings together those that differ in digit s
 * alone, and puts the digit of the output in its place. After the last step all digits are the output's. As step 1 joins
 * neighbours, step 2 neighbours of these, and so on, the order of the inputs is kept in each output.
 */
import type { Digit } from "./buckets.js"

/** After `step` steps: `low` holds the digits of the output so far, `high` those of the inputs that are left. */
export interface Place {
  readonly low: number
  readonly high: number
}

export interface Step {
  /** What a place of the step before is split into; `low` of that place is a parameter, as the last digit may end early. */
  readonly digit: (low: number) => Digit
  /** The places that this step makes, and for each the places before that it takes a bucket of, and which. */
  readonly places: ReadonlyArray<Place & { readonly from: ReadonlyArray<Place>; readonly bucket: number }>
}

/** The least radix with which this many steps are enough, for as few steps as `maxBranch` allows. */
const radixOf = (size: number, maxBranch: number): { readonly radix: number; readonly steps: number } => {
  let steps = 1
  while (maxBranch ** steps < size) steps++
  let radix = 1
  while (radix ** steps < size) radix++
  return { radix, steps }
}

/** Steps from `inputs` to `outputs` partitions, both at least 1. The last one's places are the outputs, in order. */
export const plan = (inputs: number, outputs: number, maxBranch: number): ReadonlyArray<Step> => {
  const { radix, steps } = radixOf(Math.max(inputs, outputs), Math.max(2, maxBranch))
  const out: Array<Step> = []
  for (let unit = 1, s = 0; s < steps; s++, unit *= radix) out.push(stepOf(inputs, outputs, unit, radix))
  return out
}

const stepOf = (inputs: number, outputs: number, unit: number, radix: number): Step => {
  const before = Math.ceil(inputs / unit)
  const lows = Math.min(unit * radix, outputs)
  const highs = Math.ceil(before / radix)
  const places: Array<Place & { readonly from: ReadonlyArray<Place>; readonly bucket: number }> = []
  for (let low = 0; low < lows; low++) {
    for (let high = 0; high < highs; high++) {
      const from: Array<Place> = []
      for (let p = high * radix; p < Math.min((high + 1) * radix, before); p++) from.push({ low: low % unit, high: p })
      places.push({ low, high, from, bucket: Math.floor(low / unit) })
    }
  }
  return {
    digit: (low) => ({
      of: outputs,
      unit,
      radix,
      buckets: Math.min(radix, Math.ceil((outputs - low) / unit))
    }),
    places
  }
}
