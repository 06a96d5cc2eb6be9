/**
 * What a viewer sees: the same on both ends of the stream. The server's is written by the fold, a page's by the frames
 * that the server's gives. Bounded in everything.
 *
 * Invariants:
 *   S1. Lists only grow at their end, by numbers without a gap, and keep their newest; so a cursor of a few numbers says
 *       what a viewer has, and `since` gives the rest, however much it has missed.
 *   S2. A full dictionary begins another `epoch`: all anew.
 */
import type { GroupGlance, WorkerGlance } from "./glance.js"
import type { Lane } from "./lanes.js"
import { Rects, type RectsFrame } from "./rects.js"

/** A group of tasks: how far it is, and how it went so far. */
export interface Group extends GroupGlance {
  /** Attempts that ended well, and badly, since somebody looks on. */
  readonly ended: number
  readonly broken: number
  /** Whether nothing of it is known any more: all was released. */
  readonly gone: boolean
  /** Milliseconds until the last is done, as far as can be told. */
  readonly left: number | undefined
}

/** A worker; `name` is what people call it. */
export interface Worker extends Omit<WorkerGlance, "info" | "now"> {
  readonly name: string
  readonly node: string
  readonly host: string | undefined
  readonly slots: number
  readonly tasks: ReadonlyArray<string>
  /** What runs there now: `since` by the scheduler's clock. */
  readonly now: WorkerGlance["now"]
  /** Attempts that ended there since somebody looks on: well, badly. */
  readonly ended: number
  readonly broken: number
  /** Values that came from elsewhere since somebody looks on. */
  readonly came: { readonly count: number; readonly bytes: number }
  /** How often it, or an executor of it, was lost and came again, since somebody looks on. */
  readonly restarts: number
  /** The last task that failed for good there. */
  readonly wrong: Failed | undefined
  /** When it was lost or left, by the scheduler's clock. */
  readonly gone: number | undefined
  /** Since when it has no executor any more, though it is there; they are started again. */
  readonly down: number | undefined
}

/** A task that failed for good: why, in the scheduler's words. */
export interface Failed {
  readonly at: number
  readonly key: string
  readonly group: string
  readonly reason: string
  readonly detail: string
}

export interface Event {
  readonly at: number
  readonly what: string
  readonly tone: "bad" | "warn" | "good" | "plain"
  readonly key: string | undefined
  readonly peer: string | undefined
  readonly detail: string | undefined
}

/** One second: what was done in it, and what there was at its end. */
export interface Point {
  readonly at: number
  readonly rate: number
  readonly failed: number
  readonly running: number
  readonly waiting: number
  readonly held: number
  /** 0 to 1: how busy slots were. */
  readonly used: number
}

/** What is of the moment, and sent as a whole when it has changed. */
export interface Now {
  readonly title: string
  readonly role: "observer" | "operator"
  readonly incarnation: number
  readonly now: number
  readonly began: number
  readonly computed: number
  readonly failed: number
  readonly counts: Readonly<Record<string, number>>
  /** Rectangles and decisions that were too many to be told. */
  readonly missed: number
  readonly entriesMissed: number
  /** Times at which nobody looked on, so that nothing is known of them. */
  readonly gaps: ReadonlyArray<readonly [from: number, to: number]>
  /** Whether the scheduler answers. */
  readonly reached: boolean
}

export interface Cursor {
  readonly epoch: string
  readonly names: number
  readonly lanes: number
  readonly rects: number
  readonly events: number
  readonly failures: number
  readonly points: number
  readonly groups: number
  readonly workers: number
}

interface List<A> {
  readonly from: number
  readonly list: ReadonlyArray<A>
}

export interface Frame {
  readonly epoch: string
  readonly now: Now
  readonly names?: List<string>
  readonly lanes?: List<Lane>
  readonly rects?: RectsFrame
  readonly events?: List<Event>
  readonly failures?: List<Failed>
  readonly points?: List<Point>
  readonly groups?: { readonly version: number; readonly list: ReadonlyArray<Group> }
  readonly workers?: { readonly version: number; readonly list: ReadonlyArray<Worker> }
  /** Whether there is more to be told at once. */
  readonly more?: boolean
}

export const limits = {
  rects: 100_000,
  events: 2_000,
  failures: 100,
  points: 1_800,
  names: 16_384,
  lanes: 16_384,
  frame: 10_000
}

export type Limits = typeof limits

/** The newest of a list whose members are numbered from 0. */
class Tail<A> {
  next = 0
  list: Array<A> = []
  constructor(readonly capacity: number) {}

  add(member: A): void {
    this.list.push(member)
    this.next++
    // Seldom and many at once: a list that is cut at its front is copied.
    if (this.list.length > this.capacity * 1.25) this.list.splice(0, this.list.length - this.capacity)
  }

  since(from: number): List<A> | undefined {
    if (from >= this.next) return undefined
    const first = Math.max(from, this.next - this.list.length)
    return { from: first, list: this.list.slice(first - this.next) }
  }

  apply(frame: List<A> | undefined): void {
    if (frame === undefined) return
    if (frame.from > this.next) this.next = frame.from
    for (const member of frame.list.slice(Math.max(0, this.next - frame.from))) this.add(member)
  }
}

const nothing: Now = {
  title: "",
  role: "observer",
  incarnation: 0,
  now: 0,
  began: 0,
  computed: 0,
  failed: 0,
  counts: {},
  missed: 0,
  entriesMissed: 0,
  gaps: [],
  reached: false
}

export class Store {
  readonly names: Array<string> = []
  readonly lanes: Array<Lane> = []
  readonly rects: Rects
  readonly events: Tail<Event>
  readonly failures: Tail<Failed>
  readonly points: Tail<Point>
  groups: { version: number; list: ReadonlyArray<Group> } = { version: 0, list: [] }
  workers: { version: number; list: ReadonlyArray<Worker> } = { version: 0, list: [] }
  now: Now = nothing

  constructor(readonly epoch: string, readonly limits: Limits) {
    this.rects = new Rects(limits.rects)
    this.events = new Tail(limits.events)
    this.failures = new Tail(limits.failures)
    this.points = new Tail(limits.points)
  }

  get cursor(): Cursor {
    return {
      epoch: this.epoch,
      names: this.names.length,
      lanes: this.lanes.length,
      rects: this.rects.next,
      events: this.events.next,
      failures: this.failures.next,
      points: this.points.next,
      groups: this.groups.version,
      workers: this.workers.version
    }
  }

  /** What a viewer lacks that has this much, in pieces that leave a page time to draw. */
  since(cursor: Cursor): Frame {
    const at = cursor.epoch === this.epoch ? cursor : begin(this.epoch)
    const rects = this.rects.since(at.rects, this.limits.frame)
    const events = this.events.since(at.events)
    const failures = this.failures.since(at.failures)
    const points = this.points.since(at.points)
    const names = at.names < this.names.length
    const lanes = at.lanes < this.lanes.length
    return {
      epoch: this.epoch,
      now: this.now,
      ...(names && { names: { from: at.names, list: this.names.slice(at.names) } }),
      ...(lanes && { lanes: { from: at.lanes, list: this.lanes.slice(at.lanes) } }),
      ...(rects !== undefined && { rects }),
      ...(events !== undefined && { events }),
      ...(failures !== undefined && { failures }),
      ...(points !== undefined && { points }),
      ...(at.groups !== this.groups.version && { groups: this.groups }),
      ...(at.workers !== this.workers.version && { workers: this.workers }),
      ...(rects !== undefined && rects.from + rects.keys.length < this.rects.next && { more: true })
    }
  }

  /** Takes in a frame of this epoch, and says how many rectangles are new. */
  apply(frame: Frame): number {
    this.now = frame.now
    if (frame.names !== undefined) this.names.push(...frame.names.list.slice(this.names.length - frame.names.from))
    if (frame.lanes !== undefined) this.lanes.push(...frame.lanes.list.slice(this.lanes.length - frame.lanes.from))
    this.events.apply(frame.events)
    this.failures.apply(frame.failures)
    this.points.apply(frame.points)
    if (frame.groups !== undefined) this.groups = frame.groups
    if (frame.workers !== undefined) this.workers = frame.workers
    return frame.rects === undefined ? 0 : this.rects.apply(frame.rects)
  }
}

/** Of one who has nothing. */
export const begin = (epoch: string): Cursor => ({
  epoch,
  names: 0,
  lanes: 0,
  rects: 0,
  events: 0,
  failures: 0,
  points: 0,
  groups: -1,
  workers: -1
})

const numbered = ["names", "lanes", "rects", "events", "failures", "points", "groups", "workers"] as const

/** As one word, for an address and back. */
export const cursorText = (cursor: Cursor): string => [cursor.epoch, ...numbered.map((name) => cursor[name])].join("/")

export const parseCursor = (text: string | undefined): Cursor | undefined => {
  const [epoch = "", ...rest] = (text ?? "").split("/")
  const numbers = rest.map(Number)
  if (epoch === "" || numbers.length !== numbered.length) return undefined
  if (!numbers.every((n) => Number.isSafeInteger(n) && n >= -1)) return undefined
  return numbered.reduce((cursor, name, n) => ({ ...cursor, [name]: numbers[n]! }), begin(epoch))
}

/** What a viewer has who has taken in this frame. */
export const after = (cursor: Cursor, frame: Frame): Cursor => {
  const at = cursor.epoch === frame.epoch ? cursor : begin(frame.epoch)
  const end = <A>(list: List<A> | undefined, otherwise: number) =>
    list === undefined ? otherwise : list.from + list.list.length
  return {
    epoch: frame.epoch,
    names: end(frame.names, at.names),
    lanes: end(frame.lanes, at.lanes),
    rects: frame.rects === undefined ? at.rects : frame.rects.from + frame.rects.keys.length,
    events: end(frame.events, at.events),
    failures: end(frame.failures, at.failures),
    points: end(frame.points, at.points),
    groups: frame.groups?.version ?? at.groups,
    workers: frame.workers?.version ?? at.workers
  }
}
