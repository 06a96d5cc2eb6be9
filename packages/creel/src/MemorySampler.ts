/**
 * How much memory values take on a cluster while something runs: sampled over time, as data and as a picture.
 *
 * Sampling asks for `Client.workersMemory` on a period: it costs the same however many values are held, and what runs is not
 * touched by it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "./Client.js"
import type * as Door from "./Door.js"
import * as chart from "./internal/memoryChart.js"

/**
 * What is measured: values by the scheduler's own count (`held`), in memory (`managed`), what of that is in shared memory
 * (`shared`), on disk (`spilled`), whole processes (`process`), what of those is no value (`rest`), and the heaps of executors
 * (`heaps`).
 *
 * @since 0.1.0
 * @category models
 */
export type Measure = "held" | "managed" | "shared" | "spilled" | "process" | "rest" | "heaps"

/**
 * All workers at one moment: milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Point {
  readonly at: number
  readonly workers: ReadonlyArray<Door.MemoryOfWorker>
}

/**
 * What was sampled under one label, oldest first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Samples {
  readonly label: string
  readonly points: ReadonlyArray<Point>
}

/**
 * What an effect answered, and what was sampled meanwhile.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sampled<A> {
  readonly value: A
  readonly samples: Samples
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SampleOptions {
  /** From one sample to the next. Default: 100 milliseconds. */
  readonly interval?: Duration.DurationInput | undefined
}

/**
 * Runs an effect, and samples the memory of the cluster meanwhile: once before it begins, once when it is over, and on a
 * period in between. To have the samples of what fails, give it `Effect.exit` of that.
 *
 * @example
 * ```ts
 * import { Client, MemorySampler, Task } from "creel"
 * import { Console, Effect } from "effect"
 *
 * const zeros = Task.sync("zeros", (length: number) => new Float64Array(length))
 *
 * const program = Effect.gen(function*() {
 *   const { samples, value } = yield* Client.map(zeros, [1_000, 10_000]).pipe(
 *     Effect.flatMap(Client.gather),
 *     Effect.scoped,
 *     MemorySampler.sample("two arrays", { interval: "50 millis" })
 *   )
 *   yield* Console.log(value.length, MemorySampler.svg(samples))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const sample =
  (label: string, options?: SampleOptions) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Sampled<A>, E, R | Client.Client> =>
    Effect.gen(function*() {
      const points: Array<Point> = []
      const look = Effect.flatMap(
        Client.workersMemory,
        (workers) => Effect.map(Clock.currentTimeMillis, (at) => void points.push({ at, workers }))
      )
      yield* look
      const looking = yield* Effect.fork(
        Effect.interruptible(Effect.forever(Effect.delay(look, options?.interval ?? "100 millis")))
      )
      const value = yield* Effect.ensuring(self, Fiber.interrupt(looking))
      yield* look
      return { value, samples: { label, points } }
    })

/**
 * @since 0.1.0
 * @category models
 */
export interface SeriesOptions {
  /** Default: `managed`. */
  readonly measure?: Measure | undefined
  /** Of the worker with this name, instead of all together. */
  readonly worker?: string | undefined
  /** Whether all begin at 0: milliseconds since the first sample of each, instead of since the epoch. Default: false. */
  readonly align?: boolean | undefined
}

/**
 * One line: bytes over milliseconds. What was not known at a moment has no point there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Series {
  readonly label: string
  readonly points: ReadonlyArray<{ readonly at: number; readonly bytes: number }>
}

/**
 * Time series, one for each label.
 *
 * @since 0.1.0
 * @category data
 */
export const series = (samples: Samples | Iterable<Samples>, options?: SeriesOptions): ReadonlyArray<Series> =>
  listOf(samples).map(({ label, points }) => {
    const start = options?.align === true ? points[0]?.at ?? 0 : 0
    return {
      label,
      points: points.flatMap(({ at, workers }) => {
        const bytes = bytesOf(workers, options?.measure ?? "managed", options?.worker)
        return bytes === undefined ? [] : [{ at: at - start, bytes }]
      })
    }
  })

/**
 * One row for each moment at which anything was sampled; `bytes` are in the order of `labels`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  readonly labels: ReadonlyArray<string>
  readonly rows: ReadonlyArray<{ readonly at: number; readonly bytes: ReadonlyArray<number | undefined> }>
}

/**
 * The same series side by side: where one has no sample at a moment, what it was before; nothing before its first sample
 * and after its last.
 *
 * @since 0.1.0
 * @category data
 */
export const table = (samples: Samples | Iterable<Samples>, options?: SeriesOptions): Table => {
  const lines = series(samples, options)
  const times = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.at)))].sort((a, b) => a - b)
  const next = lines.map(() => 0)
  return {
    labels: lines.map((line) => line.label),
    rows: times.map((at) => ({
      at,
      bytes: lines.map(({ points }, n) => {
        while (next[n]! < points.length && points[next[n]!]!.at <= at) next[n]!++
        const last = points[next[n]! - 1]
        return last === undefined || (next[n] === points.length && last.at < at) ? undefined : last.bytes
      })
    }))
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SvgOptions {
  /**
   * What to draw of each label. Default: of one label `managed`, and `spilled` and `process` where there are any; of
   * several `managed`.
   */
  readonly measures?: ReadonlyArray<Measure> | undefined
  /** Of the worker with this name, instead of all together. */
  readonly worker?: string | undefined
  /** Whether all begin at 0, on top of each other. Default: true. */
  readonly align?: boolean | undefined
  readonly title?: string | undefined
  /** Pixels. Default: 760. */
  readonly width?: number | undefined
  /** Pixels. Default: 400. */
  readonly height?: number | undefined
}

/**
 * One picture of all of them, as an SVG that needs nothing else and follows the reader's light or dark theme. Where every
 * worker has a limit, it is drawn too.
 *
 * @example
 * ```ts
 * import { MemorySampler } from "creel"
 *
 * const compare = (before: MemorySampler.Samples, after: MemorySampler.Samples): string =>
 *   MemorySampler.svg([before, after], { title: "before and after" })
 * ```
 *
 * @since 0.1.0
 * @category pictures
 */
export const svg = (samples: Samples | Iterable<Samples>, options?: SvgOptions): string => {
  const all = listOf(samples)
  const measures = options?.measures ?? (all.length === 1 ? measuresOf(all[0]!, options?.worker) : ["managed" as const])
  const align = options?.align ?? true
  const start = Math.min(...all.flatMap(({ points }) => points.slice(0, 1).map((point) => point.at)))
  const lines = all.flatMap((one, label) =>
    measures.flatMap((measure, m) => {
      const [line] = series(one, { measure, worker: options?.worker, align })
      return line === undefined || line.points.length === 0 ? [] : [{
        label,
        measure: m,
        name: all.length === 1 ? measure : measures.length === 1 ? one.label : `${one.label}, ${measure}`,
        points: align ? line.points : line.points.map(({ at, bytes }) => ({ at: at - start, bytes }))
      }]
    })
  )
  return chart.make({
    lines,
    byLabel: all.length > 1,
    limit: limitOf(all, options?.worker),
    title: options?.title ?? titleOf(all, measures, options?.worker),
    width: options?.width ?? 760,
    height: options?.height ?? 400
  })
}

const listOf = (samples: Samples | Iterable<Samples>): ReadonlyArray<Samples> =>
  "points" in samples ? [samples] : [...samples]

const titleOf = (all: ReadonlyArray<Samples>, measures: ReadonlyArray<Measure>, worker: string | undefined): string => {
  const of = worker === undefined ? "" : ` of ${worker}`
  if (all.length === 1) return `${all[0]!.label}: memory${of}`
  return `${measures.length === 1 ? `${measures[0]} ` : ""}memory${of}`
}

const measuresOf = (samples: Samples, worker: string | undefined): ReadonlyArray<Measure> =>
  (["managed", "spilled", "process"] as const).filter((measure) =>
    measure === "managed" ||
    samples.points.some(({ workers }) => (bytesOf(workers, measure, worker) ?? 0) > 0)
  )

/** Workers of one node share its process. */
const bytesOf = (
  workers: ReadonlyArray<Door.MemoryOfWorker>,
  measure: Measure,
  worker: string | undefined
): number | undefined => {
  const these = worker === undefined ? workers : workers.filter((one) => one.name === worker)
  if (worker !== undefined && these.length === 0) return undefined
  switch (measure) {
    case "held":
      return sumOf(these.map((one) => one.heldBytes)) ?? 0
    case "managed":
    case "spilled":
      return sumOf(these.map((one) => one[measure])) ?? 0
    case "shared":
      return sumOf(these.map((one) => one.shared))
    case "heaps":
      return sumOf(these.flatMap((one) => one.executors.map((executor) => executor.heapUsed)))
    default:
      return sumOf(new Map(these.map((one) => [one.node, one[measure]])).values())
  }
}

/** Of what is known. */
const sumOf = (all: Iterable<number | undefined>): number | undefined => {
  let sum: number | undefined
  for (const bytes of all) if (bytes !== undefined) sum = (sum ?? 0) + bytes
  return sum
}

/** The same for all that was sampled, or none. */
const limitOf = (all: ReadonlyArray<Samples>, worker: string | undefined): number | undefined => {
  const limits = new Set(all.map(({ points }) => {
    const workers = points.at(-1)?.workers.filter((one) => worker === undefined || one.name === worker) ?? []
    if (workers.length === 0 || workers.some((one) => one.limit === undefined)) return undefined
    return workers.reduce((sum, one) => sum + one.limit!, 0)
  }))
  return limits.size === 1 ? [...limits][0] : undefined
}
