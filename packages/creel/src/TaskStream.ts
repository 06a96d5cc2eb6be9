/**
 * What the workers of a cluster do, row by row: what ran where and when, what was brought there, what went to the disk and
 * came back. As a stream while it happens, as data about a stretch of a program, and as a file that trace viewers open.
 *
 * Workers report only while somebody reads: nothing of what was before is known.
 *
 * @since 0.1.0
 */
import * as Note from "@creel/core/Note"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Door from "./Door.js"
import type * as Observe from "./Observe.js"

/**
 * One thing that a worker did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Row {
  readonly kind: "compute" | "transfer" | "spill" | "load"
  readonly end: "done" | "failed" | "cancelled" | "died"
  readonly key: string
  /** What people call the task; empty where it is none. */
  readonly group: string
  /** The worker, by name and by id. */
  readonly worker: string
  readonly workerId: string
  /** The executor that ran it, or the holder it came from; empty for what went to the disk or came back. */
  readonly lane: string
  /** Milliseconds since the epoch, by the scheduler's clock. */
  readonly start: number
  /** How long it took, in milliseconds. */
  readonly millis: number
  /** Of the value that was made or moved. */
  readonly bytes: number
}

/** Clocks of one machine differ by what a message takes, which is no difference. */
const sameClock = 20

/**
 * Reads rows off glances, in the order in which they come. It remembers how far the clock of each worker is from the
 * scheduler's: the least that any batch of it took to arrive.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeReader = (): (glance: Observe.Glance) => ReadonlyArray<Row> => {
  const apart = new Map<string, number>()
  return ({ activities, workers }) => {
    const names = new Map(workers.map(({ id, info }) => [id, info.name]))
    return activities.flatMap(({ heard, note, worker }) => {
      const least = Math.min(apart.get(worker) ?? Infinity, heard - note.at)
      apart.set(worker, least)
      return rowsOf(note, worker, names.get(worker) ?? worker, Math.abs(least) < sameClock ? 0 : least)
    })
  }
}

const rowsOf = (
  { columns, names }: Note.Activities,
  workerId: string,
  worker: string,
  shift: number
): ReadonlyArray<Row> =>
  columns.keys.map((key, row) => ({
    kind: Note.activityKinds[columns.kinds[row]!]!,
    end: Note.activityEnds[columns.ends[row]!]!,
    key,
    group: names[columns.groups[row]!]!,
    worker,
    workerId,
    lane: names[columns.lanes[row]!]!,
    start: columns.starts[row]! + shift,
    millis: columns.millis[row]!,
    bytes: columns.bytes[row]!
  }))

/**
 * How often is looked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** From one look to the next, at most 2 seconds: workers forget who looks more seldom than every 5. Default: 200 milliseconds. */
  readonly every?: Duration.DurationInput | undefined
}

const pauseOf = (options: Options | undefined): Duration.Duration =>
  Duration.min(Duration.decode(options?.every ?? "200 millis"), "2 seconds")

/**
 * The cluster at a glance, again and again, for ever. Each has what happened since the one before; after a restart of the
 * scheduler they go on with what its new life knows.
 *
 * @since 0.1.0
 * @category streams
 */
export const glances = (options?: Options): Stream.Stream<Observe.Glance, never, Door.Door> =>
  Stream.unwrap(Effect.map(Door.Door, ({ ask }) => glancesOf(ask, pauseOf(options))))

const begin: Observe.GlanceOptions = { cursor: 0, activityCursor: 0 }

const glancesOf = (ask: Door.Questions, pause: Duration.Duration): Stream.Stream<Observe.Glance> =>
  Stream.unfoldEffect(undefined as Observe.Glance | undefined, (last) =>
    Effect.gen(function*() {
      if (last !== undefined) yield* Effect.sleep(pause)
      const next = yield* ask.observe(last ?? begin)
      const isSame = last === undefined || last.incarnation === next.incarnation
      const glance = isSame ? next : yield* ask.observe(begin)
      return Option.some([glance, glance] as const)
    }))

/**
 * What workers do from now on, for ever.
 *
 * @example
 * ```ts
 * import { TaskStream } from "creel"
 * import { Console, Stream } from "effect"
 *
 * const failures = TaskStream.stream().pipe(
 *   Stream.filter((row) => row.end === "failed"),
 *   Stream.runForEach((row) => Console.log(`${row.key} failed on ${row.worker} after ${row.millis} ms`))
 * )
 * ```
 *
 * @since 0.1.0
 * @category streams
 */
export const stream = (options?: Options): Stream.Stream<Row, never, Door.Door> =>
  Stream.suspend(() => Stream.mapConcat(glances(options), makeReader()))

/**
 * What an effect answered, and what the workers did meanwhile, in the order of their ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorded<A> {
  readonly value: A
  readonly rows: ReadonlyArray<Row>
  /** How many rows are not among them: workers did more at once than they tell. */
  readonly missed: number
}

/** Workers tell what they did after so many milliseconds at the latest. */
const told = "400 millis"

/**
 * Runs an effect, and keeps what the workers do meanwhile, for whomever. To have the rows of what fails, give it `Effect.exit` of that.
 *
 * @example
 * ```ts
 * import { Client, Task, TaskStream } from "creel"
 * import { Effect } from "effect"
 *
 * const square = Task.sync("square", (x: number) => x * x)
 *
 * const program = Effect.gen(function*() {
 *   const { rows, value } = yield* Client.map(square, [1, 2, 3]).pipe(
 *     Effect.flatMap(Client.gather),
 *     Effect.scoped,
 *     TaskStream.record()
 *   )
 *   // opens in chrome://tracing and Perfetto
 *   return { value, file: TaskStream.toChromeTrace(rows) }
 * })
 * ```
 *
 * @since 0.1.0
 * @category recording
 */
export const record =
  (options?: Options) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Recorded<A>, E, R | Door.Door> =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      const read = makeReader()
      const rows: Array<Row> = []
      let last = yield* ask.observe(begin)
      let missed = 0
      const look = Effect.gen(function*() {
        const next = yield* ask.observe(last)
        const glance = next.incarnation === last.incarnation ? next : yield* ask.observe(begin)
        for (const row of read(glance)) rows.push(row)
        for (const { note } of glance.activities) missed += note.missed
        missed += glance.activitiesMissed
        last = glance
      })
      const looking = yield* Effect.fork(Effect.interruptible(Effect.forever(Effect.delay(look, pauseOf(options)))))
      const value = yield* Effect.ensuring(self, Fiber.interrupt(looking))
      // What ended last is told a moment later.
      yield* Effect.delay(look, told)
      return { value, rows, missed }
    })

/**
 * The rows in Chrome's trace event format, as JSON: `chrome://tracing`, Perfetto and others open it. A worker is a process,
 * a lane is a thread, and what overlaps in one lane is drawn below each other. Times are in microseconds since the first row.
 *
 * Source: "Trace Event Format", complete events (`"ph": "X"`) and metadata events (`"ph": "M"`).
 *
 * @since 0.1.0
 * @category exports
 */
export const toChromeTrace = (rows: Iterable<Row>): string => {
  const all = [...rows].sort((a, b) => a.start - b.start)
  const origin = all[0]?.start ?? 0
  const processes = new Map<string, number>()
  const threads = new Map<string, number>()
  const events: Array<object> = []
  const numbered = (numbers: Map<string, number>, of: string, named: (number: number) => object): number => {
    const known = numbers.get(of)
    if (known !== undefined) return known
    const number = numbers.size + 1
    numbers.set(of, number)
    events.push(named(number))
    return number
  }
  for (const { bytes, end, group, key, kind, lane, millis, start, worker, workerId } of all) {
    const pid = numbered(processes, workerId, (pid) => ({ ph: "M", name: "process_name", pid, args: { name: worker } }))
    const title = kind === "compute" ? lane : kind
    const tid = numbered(
      threads,
      `${workerId} ${title}`,
      (tid) => ({ ph: "M", name: "thread_name", pid, tid, args: { name: title } })
    )
    events.push({
      ph: "X",
      name: kind === "compute" ? group : kind,
      cat: kind,
      pid,
      tid,
      ts: micros(start - origin),
      dur: micros(millis),
      args: { key, end, bytes, ...kind === "transfer" && { from: lane } }
    })
  }
  return JSON.stringify({ traceEvents: events, displayTimeUnit: "ms" })
}

const micros = (millis: number): number => Math.round(millis * 1000)
