/**
 * Folds glances into a store: the whole of the dashboard's arithmetic, without a clock, a socket or a page. The same glances give
 * the same store.
 *
 * It owns what a store does not show: where to go on asking, how far clocks are apart, which lane is free when.
 */
import { Clocks } from "creel/TaskStream"
import { eventOf } from "./events.js"
import type { ActivityBatch, Glance } from "./glance.js"
import { Groups } from "./groups.js"
import { Lanes, type Place } from "./lanes.js"
import { type Limits, limits, Store } from "./store.js"
import { Workers } from "./workers.js"

/** Milliseconds between two points of the history. */
const second = 1000

/** Glances that are further apart than this leave a gap: workers do not note so long what they do. */
const gapAfter = 5000

const gapsMax = 32

const compute = 0
const transfer = 1

type Note = ActivityBatch["note"]

/** Whether it is one of those of which a busy worker tells only some: tasks that took less than a millisecond and ended well. */
const isSampled = ({ columns }: Note, row: number): boolean =>
  columns.kinds[row] === compute && columns.ends[row] === 0 && columns.millis[row]! < 1

/** How many each of these stands for. */
const weightOf = (note: Note): number => {
  if (note.missed === 0) return 1
  let told = 0
  for (let row = 0; row < note.columns.keys.length; row++) if (isSampled(note, row)) told++
  return told === 0 ? 1 : 1 + note.missed / told
}

/** How many ended of each group that a batch names: added up there once. */
class Ended {
  private readonly well: Float64Array
  private readonly broken: Float64Array
  private readonly last: Float64Array

  constructor(count: number) {
    this.well = new Float64Array(count)
    this.broken = new Float64Array(count)
    this.last = new Float64Array(count)
  }

  add(group: number, isWell: boolean, at: number, many: number): void {
    const counts = isWell ? this.well : this.broken
    counts[group] = counts[group]! + many
    if (at > this.last[group]!) this.last[group] = at
  }

  /** Each that had some: how many ended well, and badly, and when the last did. */
  get groups(): ReadonlyArray<readonly [group: number, well: number, broken: number, at: number]> {
    return [...this.last.keys()].filter((n) => this.last[n]! > 0).map((n) =>
      [n, this.well[n]!, this.broken[n]!, this.last[n]!] as const
    )
  }
}

export class Fold {
  store: Store
  cursor = 0
  activityCursor = 0
  failureCursor = 0
  private lanes = new Lanes()
  private numbers = new Map<string, number>()
  private readonly clocks = new Clocks()
  private readonly groups = new Groups()
  private readonly workers = new Workers()
  private last: Glance | undefined
  private pointAt = 0
  private pointOf: Glance | undefined
  private missed = 0
  private entriesMissed = 0
  private gaps: Array<readonly [number, number]> = []
  private epochs = 0

  constructor(
    readonly options: {
      readonly epoch: string
      readonly title: string
      readonly role: "observer" | "operator"
      readonly limits?: Limits | undefined
    }
  ) {
    this.store = this.fresh()
  }

  private fresh(): Store {
    this.lanes = new Lanes()
    this.numbers = new Map()
    return new Store(`${this.options.epoch}-${this.epochs++}`, this.options.limits ?? limits)
  }

  /** What to ask next: everything since the last glance. */
  get asks(): { readonly cursor: number; readonly activityCursor: number; readonly failureCursor: number } {
    return { cursor: this.cursor, activityCursor: this.activityCursor, failureCursor: this.failureCursor }
  }

  step(glance: Glance): void {
    const { store } = this
    if (store.names.length > store.limits.names - 512 || store.lanes.length > store.limits.lanes - 512) {
      this.store = this.fresh()
    }
    const another = this.last !== undefined && this.last.incarnation !== glance.incarnation
    if (another) this.restarted(glance)
    const away = this.last === undefined || glance.now - this.last.now > gapAfter
    if (this.last !== undefined && away) this.gap(this.last.now, glance.now)
    this.workers.see(glance, this.clocks)
    this.record(glance)
    for (const batch of glance.activities) this.take(batch)
    // What was before somebody looked on, nobody has missed.
    if (!away) {
      this.missed += glance.activitiesMissed
      this.entriesMissed += glance.missed
    }
    this.cursor = glance.cursor
    this.activityCursor = glance.activityCursor
    this.failureCursor = glance.failureCursor
    this.last = glance
    this.tell(glance)
  }

  /** The scheduler did not answer. */
  unreached(): void {
    this.store.now = { ...this.store.now, reached: false }
  }

  private restarted(glance: Glance): void {
    this.store.events.add({
      at: glance.began,
      what: "scheduler started again",
      tone: "warn",
      key: undefined,
      peer: undefined,
      detail: `life ${glance.incarnation}`
    })
    this.pointOf = undefined
  }

  private gap(from: number, to: number): void {
    this.gaps.push([from, to])
    if (this.gaps.length > gapsMax) this.gaps.shift()
    this.pointOf = undefined
  }

  private record(glance: Glance): void {
    for (const entry of glance.entries) {
      this.store.events.add(eventOf(entry, (peer) => this.workers.name(peer)))
    }
    for (const { at, failure: { detail, reason, worker }, group, key } of glance.failures) {
      const failed = { at, key, group, reason, detail }
      this.store.failures.add(failed)
      if (worker !== undefined) this.workers.failed(worker, failed)
    }
  }

  private number(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    const number = this.store.names.push(name) - 1
    this.numbers.set(name, number)
    return number
  }

  private take({ heard, note, worker }: ActivityBatch): void {
    const { columns, names } = note
    const offset = this.clocks.heard(worker, note.at, heard)
    this.missed += note.missed
    const each = weightOf(note)
    const groups = names.map(() => -1)
    const places = names.map((): Place | undefined => undefined)
    const ended = new Ended(names.length)
    const beside = this.lanes.of(worker, "")
    for (let i = 0; i < columns.keys.length; i++) {
      const kind = columns.kinds[i]!
      const end = columns.ends[i]!
      const millis = columns.millis[i]!
      const start = columns.starts[i]! + offset
      const group = columns.groups[i]!
      const executor = columns.lanes[i]!
      if (groups[group] === -1) groups[group] = this.number(names[group] ?? "")
      // Values move beside what is computed, and have lanes of their own.
      const place = kind === compute ? places[executor] ??= this.lanes.of(worker, names[executor] ?? "") : beside
      const lane = this.lanes.place(place, start, start + millis)
      this.store.rects.add(lane, groups[group] ?? 0, kind, end, start, millis, columns.bytes[i]!, columns.keys[i]!)
      if (kind === compute) {
        ended.add(group, end === 0, start + millis, isSampled(note, i) ? each : 1)
      } else if (kind === transfer && end === 0) this.workers.moved(worker, columns.bytes[i]!)
    }
    for (const [group, well, broken, at] of ended.groups) {
      this.groups.ended(names[group] ?? "", well, broken, at)
      this.workers.ended(worker, well, broken)
    }
    const { store } = this
    for (let n = store.lanes.length; n < this.lanes.list.length; n++) store.lanes.push(this.lanes.list[n]!)
  }

  private tell(glance: Glance): void {
    const { store } = this
    const slots = glance.workers.reduce((sum, { info }) => sum + info.slots, 0)
    const groups = this.groups.tell(glance, slots)
    if (groups !== undefined) store.groups = { version: store.groups.version + 1, list: groups }
    store.workers = { version: store.workers.version + 1, list: this.workers.list(glance.now) }
    store.now = {
      title: this.options.title,
      role: this.options.role,
      incarnation: glance.incarnation,
      now: glance.now,
      began: glance.began,
      computed: glance.computed,
      failed: glance.failed,
      counts: glance.counts,
      missed: this.missed,
      entriesMissed: this.entriesMissed,
      gaps: this.gaps,
      reached: true
    }
    this.point(glance, slots)
  }

  private point(glance: Glance, slots: number): void {
    if (this.pointOf === undefined) {
      this.pointOf = glance
      this.pointAt = glance.now
      return
    }
    const millis = glance.now - this.pointAt
    if (millis < second) return
    const { computed, failed } = this.pointOf
    const used = glance.workers.reduce((sum, worker) => sum + worker.used, 0)
    this.store.points.add({
      at: glance.now,
      rate: Math.max(0, glance.computed - computed) * 1000 / millis,
      failed: Math.max(0, glance.failed - failed) * 1000 / millis,
      running: glance.workers.reduce((sum, worker) => sum + worker.running, 0),
      waiting: (glance.counts["Waiting"] ?? 0) + (glance.counts["Queued"] ?? 0),
      held: glance.workers.reduce((sum, worker) => sum + worker.heldBytes, 0),
      used: slots === 0 ? 0 : Math.min(1, used / slots)
    })
    this.pointOf = glance
    this.pointAt = glance.now
  }
}
