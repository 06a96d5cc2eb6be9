/**
 * What a worker's clock shows when the scheduler's shows something else.
 *
 * A batch says when it was sent by one clock and when it was heard by the other. The way takes time, so the smallest
 * difference of late is the nearest to the truth; and since what is drawn should not wander with each message, it only
 * changes when it is clearly wrong.
 */

/** Batches that count as of late. */
const memory = 32

/** Milliseconds: less than this is the way, not the clock. */
const tolerance = 5

export class Clocks {
  private readonly known = new Map<string, { readonly late: Array<number>; offset: number }>()

  /** Milliseconds to add to what the worker's clock says. */
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

  offset(worker: string): number {
    return this.known.get(worker)?.offset ?? 0
  }

  /** Those that are gone are forgotten. */
  keep(workers: ReadonlySet<string>): void {
    for (const worker of this.known.keys()) if (!workers.has(worker)) this.known.delete(worker)
  }
}
