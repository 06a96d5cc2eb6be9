/**
 * What is noted while somebody looks on: each thing this worker does, as a row of what is told in batches. Nobody looks:
 * nothing is noted, and an event costs one comparison.
 *
 * It reads the rows before an event changes them, and never changes them itself.
 *
 * @since 0.1.0
 */
import type { Key, ValueId } from "../Id.js"
import * as Note from "../Note.js"
import type { Context, Event, Inner, Job, Running } from "./state.js"

type Kind = typeof Note.activityKinds[number]
type End = typeof Note.activityEnds[number]
type Columns = { -readonly [K in keyof Note.ActivityColumns]: Array<Note.ActivityColumns[K][number]> }

/** Milliseconds that rows are gathered for. */
const period = 200

/** Rows told at once; what is more in one period is counted and not told. */
const rowsMax = 4096

/**
 * Where a period had more than `rowsMany`, of short tasks in the next ones only some are told, evenly spread, some `rowsAim` of
 * them: a worker that does so much has the least time to tell of it. The others are counted. A row costs the scheduler's
 * thread a tenth of what a small task does. Up to fifteen thousand tasks a second there is time for that; beyond, it would
 * be felt, and these are more already than a screen has columns of pixels in a period.
 */
const rowsMany = 3072
const rowsAim = 512

/** Milliseconds: a task that took less is short. */
const short = 1

const none = (): Columns => ({
  kinds: [],
  ends: [],
  groups: [],
  lanes: [],
  keys: [],
  starts: [],
  millis: [],
  bytes: []
})

const kindOf = Note.activityKinds.reduce(
  (numbers, kind, number) => ({ ...numbers, [kind]: number }),
  {} as Record<Kind, number>
)
const endOf = Note.activityEnds.reduce(
  (numbers, end, number) => ({ ...numbers, [end]: number }),
  {} as Record<End, number>
)

export class Watching {
  /**
   * The first `count` of each are rows. They are written over and told as copies of the right length: columns that grow each
   * time would be three times as much for the collector of garbage.
   */
  private readonly columns = none()
  private count = 0
  private names: Array<string> = []
  private readonly numbers = new Map<string, number>()
  private missed = 0
  /** Of so many short tasks one is told. */
  private every = 1
  private passed = 0
  /** When values began to move to or from the disk. */
  readonly moving = new Map<ValueId, number>()
  /** When what was gathered is told. */
  flushAt: number | undefined = undefined
  /** The first row of the step under way. */
  private mark = 0

  private number(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    const number = this.names.push(name) - 1
    this.numbers.set(name, number)
    return number
  }

  row(now: number, kind: Kind, end: End, key: Key, group: string, lane: string, millis: number, bytes: number): void {
    if (this.flushAt === undefined) this.flushAt = now + period
    const { columns, count } = this
    if (count >= rowsMax) {
      this.missed++
      return
    }
    columns.kinds[count] = kindOf[kind]
    columns.ends[count] = endOf[end]
    columns.groups[count] = this.number(group)
    columns.lanes[count] = this.number(lane)
    columns.keys[count] = key
    columns.starts[count] = now - millis
    columns.millis[count] = millis
    columns.bytes[count] = bytes
    this.count++
  }

  /** Whether a task that took so long, and ended well, is one of those that are only counted. */
  passes(millis: number): boolean {
    if (this.every === 1 || millis >= short) return false
    if (++this.passed >= this.every) {
      this.passed = 0
      return false
    }
    this.missed++
    return true
  }

  /**
   * Jobs that came back together ran one after another, and not all up to now: each that fills its lane ended where the
   * next one began. Those that were passed over in between are taken to be like it.
   */
  spread(isWhole: (row: number) => boolean): void {
    const { lanes, millis, starts } = this.columns
    const from = this.mark
    this.mark = this.count
    if (this.count - from < 2) return
    const begun = new Map<number, number>()
    for (let row = this.count - 1; row >= from; row--) {
      if (!isWhole(row)) continue
      const next = begun.get(lanes[row]!)
      const room = millis[row]! * (millis[row]! < short ? this.every : 1)
      if (next !== undefined) starts[row] = Math.min(starts[row]!, next - room)
      begun.set(lanes[row]!, starts[row]!)
    }
  }

  /** Whether this row is a task's. */
  readonly isCompute = (row: number): boolean => this.columns.kinds[row] === 0

  flush(now: number): Note.Activities | undefined {
    this.flushAt = undefined
    const { count, missed, names } = this
    if (count === 0) return undefined
    const columns = this.told(count)
    this.count = 0
    this.names = []
    this.numbers.clear()
    this.missed = 0
    const all = count + missed
    this.every = all <= rowsMany ? 1 : Math.ceil(all / rowsAim)
    this.mark = 0
    return { _tag: "Activities", at: now, names, columns, missed }
  }

  private told(count: number): Note.ActivityColumns {
    const { bytes, ends, groups, keys, kinds, lanes, millis, starts } = this.columns
    // Keys that were told are let go.
    this.columns.keys = []
    return {
      kinds: kinds.slice(0, count),
      ends: ends.slice(0, count),
      groups: groups.slice(0, count),
      lanes: lanes.slice(0, count),
      keys,
      starts: starts.slice(0, count),
      millis: millis.slice(0, count),
      bytes: bytes.slice(0, count)
    }
  }
}

/** Somebody looks on, or nobody does any more. */
export const watch = ({ state }: Context, on: boolean): void => {
  if (!on) state.watching = undefined
  else state.watching ??= new Watching()
}

/** Looks at an event before it is recorded. */
export const notice = ({ now, state }: Context, watching: Watching, event: Event): void => {
  switch (event._tag) {
    case "RunEnded": {
      const job = state.jobs.get(event.attempt)
      if (job === undefined || !isRunning(job)) return
      const { outcome } = event
      if (outcome._tag === "Interrupted" && job.state.takenBack) return
      const millis = event.millis ?? now - job.state.since
      if (outcome._tag === "Value" && watching.passes(millis)) return
      const bytes = outcome._tag === "Value" ? outcome.bytes : 0
      return ran(watching, now, job, ends[outcome._tag], millis, bytes)
    }
    case "ExecutorDown": {
      const executor = state.executors.get(event.executor)
      if (executor === undefined) return
      const end = event.expected || executor.ending ? "cancelled" : "died"
      for (const job of executor.jobs) {
        if (isRunning(job) && !job.state.posted) ran(watching, now, job, end, now - job.state.since, 0)
      }
      return
    }
    case "FetchEnded": {
      const replica = state.replicas.get(event.value)
      if (replica?.state._tag !== "Fetching") return
      const { from, since, stopped } = replica.state
      const end = event.ok ? "done" : stopped ? "cancelled" : "failed"
      const { bytes, key } = replica
      return watching.row(now, "transfer", end, key, "", from, now - since, bytes)
    }
    case "SpillEnded":
      return moved(watching, state, now, "spill", event)
    case "LoadEnded":
      return moved(watching, state, now, "load", event)
  }
}

const ends = { Value: "done", Failure: "failed", Interrupted: "cancelled" } as const

const isRunning = (job: Job): job is Job & { readonly state: Running } => job.state._tag === "Running"

const ran = (
  watching: Watching,
  now: number,
  job: Job & { readonly state: Running },
  end: End,
  millis: number,
  bytes: number
): void => {
  const { group, key } = job.spec
  watching.row(now, "compute", end, key, group, job.state.executor.id, millis, bytes)
}

const moved = (
  watching: Watching,
  { replicas }: Inner,
  now: number,
  kind: "spill" | "load",
  { ok, value }: { readonly value: ValueId; readonly ok: boolean }
): void => {
  const since = watching.moving.get(value)
  const replica = replicas.get(value)
  watching.moving.delete(value)
  if (since === undefined || replica === undefined) return
  const { bytes, key } = replica
  watching.row(now, kind, ok ? "done" : "failed", key, "", "", now - since, bytes)
}

/** At the end of a step: what begins to move is remembered, and what was gathered is told when its time has come. */
export const report = ({ now, out, state, told }: Context): void => {
  const { watching } = state
  if (watching === undefined) return
  for (const command of out) {
    if (command._tag === "Spill" || command._tag === "Load") watching.moving.set(command.value, now)
    else if (command._tag === "Drop" && watching.moving.size > 0) watching.moving.delete(command.value)
  }
  watching.spread(watching.isCompute)
  if (watching.flushAt === undefined || now < watching.flushAt) return
  const note = watching.flush(now)
  if (note !== undefined && state.linked) told.push(note)
}
