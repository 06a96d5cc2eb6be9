/**
 * The newest rectangles of the task stream, as columns in a ring: a hundred thousand of them take a few megabytes and no
 * work of the collector of garbage.
 *
 * Invariants:
 *   R1. Rectangles are numbered from 0 without a gap; the ring holds the newest `capacity` of them.
 */

/** As they cross: columns of equal length; times are whole microseconds, which are shorter to write than fractions. */
export interface RectsFrame {
  /** The number of the first. */
  readonly from: number
  /** Milliseconds since the epoch: starts are counted from here. */
  readonly base: number
  readonly lane: ReadonlyArray<number>
  readonly name: ReadonlyArray<number>
  readonly kind: ReadonlyArray<number>
  readonly end: ReadonlyArray<number>
  readonly start: ReadonlyArray<number>
  readonly took: ReadonlyArray<number>
  readonly bytes: ReadonlyArray<number>
  readonly keys: ReadonlyArray<string>
}

const micros = (millis: number): number => Math.round(millis * 1000)

type Numbers = Exclude<keyof RectsFrame, "from" | "base" | "keys">

const none = (): Record<Numbers, Array<number>> => ({
  lane: [],
  name: [],
  kind: [],
  end: [],
  start: [],
  took: [],
  bytes: []
})

export class Rects {
  readonly capacity: number
  /** The number that the next one gets. */
  next = 0
  readonly lane: Uint16Array
  readonly name: Uint16Array
  readonly kind: Uint8Array
  readonly end: Uint8Array
  /** Milliseconds since the epoch, by the scheduler's clock. */
  readonly start: Float64Array
  readonly millis: Float64Array
  readonly bytes: Float64Array
  readonly keys: Array<string> = []
  /** Written over by each `since`, which gives copies of the right length: lists that grow are copied again and again. */
  private readonly draft = none()

  constructor(capacity: number) {
    this.capacity = capacity
    this.lane = new Uint16Array(capacity)
    this.name = new Uint16Array(capacity)
    this.kind = new Uint8Array(capacity)
    this.end = new Uint8Array(capacity)
    this.start = new Float64Array(capacity)
    this.millis = new Float64Array(capacity)
    this.bytes = new Float64Array(capacity)
  }

  /** The number of the oldest one there is. */
  get oldest(): number {
    return Math.max(0, this.next - this.capacity)
  }

  add(
    lane: number,
    name: number,
    kind: number,
    end: number,
    start: number,
    millis: number,
    bytes: number,
    key: string
  ): number {
    const at = this.next % this.capacity
    this.lane[at] = lane
    this.name[at] = name
    this.kind[at] = kind
    this.end[at] = end
    this.start[at] = start
    this.millis[at] = millis
    this.bytes[at] = bytes
    this.keys[at] = key
    return this.next++
  }

  /** At most `limit` rectangles from number `from` on; nothing where there are none. */
  since(from: number, limit: number): RectsFrame | undefined {
    const first = Math.max(from, this.oldest)
    const to = Math.min(this.next, first + limit)
    if (first >= to) return undefined
    const base = Math.floor(this.start[first % this.capacity]!)
    const { draft } = this
    for (let n = first; n < to; n++) {
      const at = n % this.capacity
      const row = n - first
      draft.lane[row] = this.lane[at]!
      draft.name[row] = this.name[at]!
      draft.kind[row] = this.kind[at]!
      draft.end[row] = this.end[at]!
      draft.start[row] = micros(this.start[at]! - base)
      draft.took[row] = micros(this.millis[at]!)
      draft.bytes[row] = this.bytes[at]!
    }
    const count = to - first
    return {
      from: first,
      base,
      lane: draft.lane.slice(0, count),
      name: draft.name.slice(0, count),
      kind: draft.kind.slice(0, count),
      end: draft.end.slice(0, count),
      start: draft.start.slice(0, count),
      took: draft.took.slice(0, count),
      bytes: draft.bytes.slice(0, count),
      keys: this.keysOf(first, to)
    }
  }

  private keysOf(first: number, to: number): ReadonlyArray<string> {
    const from = first % this.capacity
    const until = from + to - first
    const keys = this.keys.slice(from, until)
    return until <= this.capacity ? keys : keys.concat(this.keys.slice(0, until - this.capacity))
  }

  /** Takes in what `since` of another ring gave, and says how many are new. */
  apply(frame: RectsFrame): number {
    // What was skipped was written over there before it could be told.
    if (frame.from > this.next) this.next = frame.from
    const known = this.next - frame.from
    for (let i = Math.max(0, known); i < frame.keys.length; i++) {
      this.add(
        frame.lane[i]!,
        frame.name[i]!,
        frame.kind[i]!,
        frame.end[i]!,
        frame.base + frame.start[i]! / 1000,
        frame.took[i]! / 1000,
        frame.bytes[i]!,
        frame.keys[i]!
      )
    }
    return Math.max(0, frame.keys.length - Math.max(0, known))
  }
}
