/**
 * Which lane a rectangle is drawn in: one for each executor, and more where several things run on it at once.
 *
 * Rectangles come in the order of their ends, so one fits behind another in a lane exactly when it begins after the last
 * end there.
 */

/** A lane as it crosses: the worker's id, its executor (or nothing for moves of values), and the place among its likes. */
export type Lane = readonly [worker: string, executor: string, slot: number]

interface Slot {
  readonly lane: number
  end: number
}

/** Of one executor of one worker. */
export interface Place {
  readonly worker: string
  readonly executor: string
  readonly slots: Array<Slot>
}

/** Milliseconds by which neighbours may overlap: clocks of whole milliseconds round. */
const tolerance = 2

/** Things that run at once on one executor, at most; what is more shares the last lane. */
const slotsMax = 64

export class Lanes {
  readonly list: Array<Lane> = []
  private readonly places = new Map<string, Place>()

  /** Where lanes of this executor are: looked for once for many rectangles. */
  of(worker: string, executor: string): Place {
    const key = `${worker}\n${executor}`
    const known = this.places.get(key)
    if (known !== undefined) return known
    const place: Place = { worker, executor, slots: [] }
    this.places.set(key, place)
    return place
  }

  /** The lane of what ran there from `start` to `end`. */
  place({ executor, slots, worker }: Place, start: number, end: number): number {
    for (const slot of slots) {
      if (slot.end <= start + tolerance) return this.take(slot, end)
    }
    if (slots.length >= slotsMax) return this.take(slots[slotsMax - 1]!, end)
    const lane = this.list.push([worker, executor, slots.length]) - 1
    slots.push({ lane, end })
    return lane
  }

  private take(slot: Slot, end: number): number {
    slot.end = Math.max(slot.end, end)
    return slot.lane
  }
}
