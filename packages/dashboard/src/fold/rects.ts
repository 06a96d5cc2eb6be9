/**
 * The newest rectangles of the task stream, as columns in a ring: a hundred thousand of them take a few megabytes and no
 * work of the collector of garbage.
 *
 * Invariants:
 *   R1. Rectangles are numbered from 0 without a gap; the ring holds the newest `capacity` of them.
 */

/** As they cross: columns of equal length; times are milliseconds after `base`. */
export interface RectsFrame {
  /** The number of the first. */
  readonly from: number
  readonly base: number
  readonly lane: ReadonlyArray<number>
  readonly name: ReadonlyArray<number>
  readonly kind: ReadonlyArray<number>
  readonly end: ReadonlyArray<number>
  readonly start: ReadonlyArray<number>
  readonly millis: ReadonlyArray<number>
  readonly bytes: ReadonlyArray<number>
  readonly keys: ReadonlyArray<string>
}

/** A thousandth of a millisecond is exact enough, and shorter to write. */
const short = (n: number): number => Math.round(n * 1000) / 1000

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
    const frame = {
      from: first,
      base,
      lane: [] as Array<number>,
      name: [] as Array<number>,
      kind: [] as Array<number>,
      end: [] as Array<number>,
      start: [] as Array<number>,
      millis: [] as Array<number>,
      bytes: [] as Array<number>,
      keys: [] as Array<string>
    }
    for (let n = first; n < to; n++) {
      const at = n % this.capacity
      frame.lane.push(this.lane[at]!)
      frame.name.push(this.name[at]!)
      frame.kind.push(this.kind[at]!)
      frame.end.push(this.end[at]!)
      frame.start.push(short(this.start[at]! - base))
      frame.millis.push(short(this.millis[at]!))
      frame.bytes.push(this.bytes[at]!)
      frame.keys.push(this.keys[at]!)
    }
    return frame
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
        frame.base + frame.start[i]!,
        frame.millis[i]!,
        frame.bytes[i]!,
        frame.keys[i]!
      )
    }
    return Math.max(0, frame.keys.length - Math.max(0, known))
  }
}
