/**
 * Every figure of the table: which work yields it, its unit, whether more is better, and what is aimed at.
 */

export type Unit = "ms" | "µs" | "tasks/s" | "MB/s" | "bytes" | "×" | "%" | "/s"

/** What is aimed at: all the conditions given must hold. Ratios are of this run. */
export interface Aim {
  readonly subject: string
  readonly variant?: string | undefined
  /** At least so many times better than Dask. */
  readonly dask?: number | undefined
  /** At least so many times better than the best JavaScript pool. */
  readonly pool?: number | undefined
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
}

export interface Figure {
  readonly name: string
  readonly work: string
  readonly unit: Unit
  readonly better: "more" | "less"
  readonly what: string
  readonly aims: ReadonlyArray<Aim>
}

const figure = (
  name: string,
  work: string,
  unit: Unit,
  better: "more" | "less",
  what: string,
  ...aims: ReadonlyArray<Aim>
): Figure => ({ name, work, unit, better, what, aims })

const threads = "creel-threads"
const fibers = "creel-fibers"

export const figures: ReadonlyArray<Figure> = [
  figure(
    "roundtrip",
    "roundtrip",
    "ms",
    "less",
    "submit one no-op, wait for it, again",
    { subject: threads, dask: 30, atMost: 0.35 },
    { subject: fibers, dask: 100 }
  ),
  figure("map", "map", "tasks/s", "more", "map no-ops, gather", { subject: threads, dask: 120, pool: 2 }),
  figure("submit", "submit", "tasks/s", "more", "single submits of no-ops, gather", { subject: threads, dask: 150 }),
  figure("chain", "chain", "tasks/s", "more", "each takes the one before it", { subject: threads, dask: 100 }),
  figure("tree", "tree", "tasks/s", "more", "leaves added pairwise, by futures", { subject: threads, dask: 50 }),
  figure("ascompleted", "ascompleted", "tasks/s", "more", "10 in flight, each that is done starts another", {
    subject: threads,
    dask: 30
  })
]

const byName = new Map(figures.map((each) => [each.name, each]))

export const find = (name: string): Figure | undefined => byName.get(name)
