/**
 * All attempts in the books, by their names.
 *
 * Owns the table. Attempts are numbered one after another, so their numbers spread by themselves: nearly each stands at
 * the place its number says, with neither hash nor entry, where a `Map` of such large numbers would need both.
 *
 * Invariants:
 *   H7. An attempt stands at one of the first places from the one its number says, or, where these were taken, in `far`.
 *
 * @since 0.1.0
 */
import type { Attempt } from "../Id.js"
import type { Run } from "./rowShapes.js"

const places = 16

/**
 * @since 0.1.0
 * @category models
 */
export class Runs {
  private table: Array<Run | undefined> = new Array<Run | undefined>(64).fill(undefined)
  /** Whose places were taken, by those that have run for long. */
  private readonly far = new Map<Attempt, Run>()
  size = 0

  get(attempt: Attempt): Run | undefined {
    const { table } = this
    const mask = table.length - 1
    // The low bits are those of the number within its incarnation.
    for (let n = 0; n < places; n++) {
      const run = table[(attempt + n) & mask]
      if (run !== undefined && run.attempt === attempt) return run
    }
    return this.far.size === 0 ? undefined : this.far.get(attempt)
  }

  add(run: Run): void {
    if (++this.size * 2 > this.table.length) this.grow()
    this.put(run)
  }

  private put(run: Run): void {
    const { table } = this
    const mask = table.length - 1
    for (let n = 0; n < places; n++) {
      const at = (run.attempt + n) & mask
      if (table[at] === undefined) {
        table[at] = run
        return
      }
    }
    this.far.set(run.attempt, run)
  }

  delete(run: Run): void {
    const { table } = this
    const mask = table.length - 1
    for (let n = 0; n < places; n++) {
      const at = (run.attempt + n) & mask
      if (table[at] === run) {
        table[at] = undefined
        this.size--
        return
      }
    }
    if (this.far.delete(run.attempt)) this.size--
  }

  private grow(): void {
    const old = this.values()
    this.table = new Array<Run | undefined>(this.table.length * 2).fill(undefined)
    this.far.clear()
    for (const run of old) this.put(run)
  }

  /** Older ones first. */
  values(): Array<Run> {
    const runs = [...this.far.values()]
    for (const run of this.table) if (run !== undefined) runs.push(run)
    return runs.sort((a, b) => a.attempt - b.attempt)
  }
}
