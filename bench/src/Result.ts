/**
 * From runs to rows: medians, ratios to Dask and to the best pool, and whether what is aimed at was reached.
 */
import type { Aim, Figure } from "./Figure.js"
import { figures } from "./Figure.js"
import * as Interval from "./Interval.js"
import { subjects } from "./Plan.js"
import type { Run } from "./Sample.js"

export interface Row {
  readonly figure: string
  readonly work: string
  readonly unit: string
  readonly subject: string
  readonly variant: string | undefined
  readonly runs: ReadonlyArray<number>
  readonly median: number
  readonly least: number
  readonly most: number
  /** Where the median is in 95 of 100 cases; nothing where there are too few runs to tell. */
  readonly interval: readonly [number, number] | undefined
  /** Median of the processor time, in microseconds a task; where it was measured. */
  readonly cpu: number | undefined
  /** How many times better than Dask, and than the best of the JavaScript pools; below 1 is worse. */
  readonly overDask: number | undefined
  readonly overPool: number | undefined
  /** `undefined` in `met`: what it is compared with was not measured. `sure`: the whole of the interval says the same. */
  readonly aim: { readonly text: string; readonly met: boolean | undefined; readonly sure: boolean } | undefined
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How many times better `value` is than `other`. */
export const ratio = (figure: Pick<Figure, "better">, value: number, other: number): number =>
  figure.better === "more" ? value / other : other / value

const pools = new Set(subjects.filter((each) => each.pool).map((each) => each.name))

const number = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 6 })

export const aimText = (figure: Figure, aim: Aim): string =>
  [
    aim.dask === undefined ? [] : [`≥ ${aim.dask} × Dask`],
    aim.pool === undefined ? [] : [`≥ ${aim.pool} × best pool`],
    aim.atLeast === undefined ? [] : [`≥ ${number(aim.atLeast)} ${figure.unit}`],
    aim.atMost === undefined ? [] : [`≤ ${number(aim.atMost)} ${figure.unit}`]
  ].flat().join(", ")

/** Every condition holds; `undefined` where one cannot be told. One that fails decides. */
const met = (aim: Aim, value: number, overDask: number | undefined, overPool: number | undefined) => {
  const conditions: Array<boolean | undefined> = []
  if (aim.dask !== undefined) conditions.push(overDask === undefined ? undefined : overDask >= aim.dask)
  if (aim.pool !== undefined) conditions.push(overPool === undefined ? undefined : overPool >= aim.pool)
  if (aim.atLeast !== undefined) conditions.push(value >= aim.atLeast)
  if (aim.atMost !== undefined) conditions.push(value <= aim.atMost)
  if (conditions.includes(false)) return false
  return conditions.includes(undefined) ? undefined : true
}

/** Neither bound that is aimed at lies between the ends. */
const isSure = ({ atLeast, atMost }: Aim, interval: Row["interval"]): boolean => {
  if (interval === undefined) return true
  const [from, to] = interval
  const apart = (bound: number | undefined) => bound === undefined || bound < from || bound > to
  return apart(atLeast) && apart(atMost)
}

/** In the order of the figures, and within one in the order of the subjects. */
export const rows = (runs: ReadonlyArray<Run>): ReadonlyArray<Row> =>
  figures.flatMap((figure) => {
    const of = (subject: string, variant: string | undefined) =>
      runs.filter((run) => run.figure === figure.name && run.subject === subject && run.variant === variant)
        .map((run) => run.value)
    // shares may be nothing, or less: no ratio of them says anything
    const compared = figure.unit !== "%"
    const dask = of("dask", undefined)
    const ofPools = [...pools].map((name) => of(name, undefined)).filter((values) => values.length > 0).map(median)
    const best = ofPools.length === 0
      ? undefined
      : figure.better === "more"
      ? Math.max(...ofPools)
      : Math.min(...ofPools)
    return subjects.flatMap(({ name: subject }) => {
      const variants = new Set(
        runs.filter((run) => run.figure === figure.name && run.subject === subject).map((run) => run.variant)
      )
      return [...variants].map((variant): Row => {
        const values = of(subject, variant)
        const cpu = runs.flatMap((run) =>
          run.figure === figure.name && run.subject === subject && run.variant === variant && run.cpu !== undefined
            ? [run.cpu]
            : []
        )
        const value = median(values)
        const overDask = dask.length === 0 || !compared ? undefined : ratio(figure, value, median(dask))
        const overPool = best === undefined || !compared ? undefined : ratio(figure, value, best)
        const interval = Interval.ofMedian(values)
        const aim = figure.aims.find((each) => each.subject === subject && each.variant === variant)
        return {
          figure: figure.name,
          work: figure.work,
          unit: figure.unit,
          subject,
          variant,
          runs: values,
          median: value,
          least: Math.min(...values),
          most: Math.max(...values),
          interval,
          cpu: cpu.length === 0 ? undefined : median(cpu),
          overDask,
          overPool,
          aim: aim && {
            text: aimText(figure, aim),
            met: met(aim, value, overDask, overPool),
            sure: isSure(aim, interval)
          }
        }
      })
    })
  })
