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

/** Batches that count as of late. */
const memory = 32

/** Milliseconds: less than this is the way, not the clock. */
const tolerance = 5

/**
 * What a worker's clock shows when the scheduler's shows something else.
 *
 * A batch says when it was sent by one clock and when it was heard by the other. The way takes time, so the smallest
 * difference of late is the nearest to the truth; and since what is drawn should not wander with each message, it only
 * changes when it is clearly wrong.
 *
 * @since 0.1.0
 * @category models
 */
export class Clocks {
  /** @internal */
  private readonly known = new Map<string, { readonly late: Array<number>; offset: number }>()

  /**
   * Milliseconds to add to what the worker's clock says.
   *
   * @since 0.1.0
   */
  heard(worker: string, at: number, heard: number): number {
    const difference = heard - at
    const clock = this.known.get(worker)
    if (clock === undefined) {
      this.known.set(worker, { late: [difference], offset: difference > tolerance || difference < 0 ? difference : 0 })
      return this.offset(worker)
    }
    if (clock.late.push(difference) > memory) clock.late.shift()
    const least = Math.min(...clock.late)
    if (Math.abs(least - clock.offset) > tolerance) clock.offset = Math.abs(least) <= tolerance ? 0 : least
    return clock.offset
  }

  /**
   * The same, of what was heard last; 0 of a worker that was not.
   *
   * @since 0.1.0
   */
  offset(worker: string): number {
    return this.known.get(worker)?.offset ?? 0
  }

  /**
   * Those that are gone are forgotten.
   *
   * @since 0.1.0
   */
  keep(workers: ReadonlySet<string>): void {
    for (const worker of this.known.keys()) if (!workers.has(worker)) this.known.delete(worker)
  }
}

/**
 * Reads rows off glances, in the order in which they come, and sets clocks right (see `Clocks`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeReader = (): (glance: Observe.Glance) => ReadonlyArray<Row> => {
  const clocks = new Clocks()
  return ({ activities, workers }) => {
    const names = new Map(workers.map(({ id, info }) => [id, info.name]))
    return activities.flatMap(({ heard, note, worker }) =>
      rowsOf(note, worker, names.get(worker) ?? worker, clocks.heard(worker, note.at, heard))
    )
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
  Stream.unwrap(Effect.map(Door.Door, ({ ask }) =>
    Stream.suspend(() => {
      const look = looking(ask)
      return Stream.concat(Stream.fromEffect(look), Stream.repeatEffect(Effect.delay(look, pauseOf(options))))
    })))

const begin: Observe.GlanceOptions = { cursor: 0, activityCursor: 0, failureCursor: 0 }

/** Each time what happened since the time before. A new life of the scheduler begins to count anew. */
const looking = (ask: Door.Questions): Effect.Effect<Observe.Glance> => {
  let last: Observe.Glance | undefined
  return Effect.suspend(() => ask.observe(last ?? begin)).pipe(
    Effect.flatMap((next) =>
      last === undefined || last.incarnation === next.incarnation ? Effect.succeed(next) : ask.observe(begin)
    ),
    Effect.tap((glance) => Effect.sync(() => last = glance))
  )
}

/** Workers tell what they did after so many milliseconds at the latest. */
const told = "400 millis"

/**
 * Runs an effect, and gives `see` what is seen of the cluster meanwhile: when it begins, again and again, and a moment after it
 * has ended, since what ended last is told then. What was before is not given. To see what fails to its end, give it `Effect.exit`
 * of that.
 *
 * @since 0.1.0
 * @category recording
 */
export const follow = (see: (glance: Observe.Glance) => void, options?: Options) =>
<A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Door.Door> =>
  Effect.gen(function*() {
    const { ask } = yield* Door.Door
    const next = looking(ask)
    yield* next
    const look = Effect.map(next, see)
    yield* look
    // Whoever runs this may not be interrupted; looking can always be.
    const fiber = yield* Effect.fork(Effect.interruptible(Effect.forever(Effect.delay(look, pauseOf(options)))))
    const value = yield* Effect.ensuring(self, Fiber.interrupt(fiber))
    yield* Effect.delay(look, told)
    return value
  })

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
    Effect.suspend(() => {
      const read = makeReader()
      const rows: Array<Row> = []
      let missed = 0
      const see = (glance: Observe.Glance): void => {
        for (const row of read(glance)) rows.push(row)
        for (const { note } of glance.activities) missed += note.missed
        missed += glance.activitiesMissed
      }
      return Effect.map(follow(see, options)(self), (value) => ({ value, rows, missed }))
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
