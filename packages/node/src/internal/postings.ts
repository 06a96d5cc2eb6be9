/**
 * The jobs posted to one executor in one life, and whether each has begun. Plain mutable rows: this is touched for
 * every job.
 *
 * Invariants: an attempt is here from `post` until `ended`, or until its executor is down; no two rows share a mark.
 */
import type { Marks } from "./marks.js"
import { capacity, first, next } from "./marks.js"

interface Posting {
  readonly mark: number
  claimed: boolean
}

export class Postings {
  private readonly rows = new Map<number, Posting>()
  private readonly free: Array<number> = []
  private fresh = 0
  private unclaimed = 0

  constructor(private readonly marks: Marks) {}

  /** Its mark, or -1 when more are posted than can be marked. */
  post(attempt: number): number {
    const mark = this.free.pop() ?? (this.fresh < capacity ? first(this.fresh++) : -1)
    this.rows.set(attempt, { mark, claimed: false })
    this.unclaimed++
    return mark
  }

  /** Whether this is news. */
  claim(attempt: number): boolean {
    const row = this.rows.get(attempt)
    if (row === undefined || row.claimed) return false
    row.claimed = true
    this.unclaimed--
    return true
  }

  ended(attempt: number): boolean {
    const row = this.rows.get(attempt)
    if (row === undefined) return false
    this.rows.delete(attempt)
    if (!row.claimed) this.unclaimed--
    if (row.mark >= 0) this.free.push(next(row.mark, this.marks))
    return true
  }

  hasUnclaimed(): boolean {
    return this.unclaimed > 0
  }

  /** Attempts that began without its having been said: code that blocks says nothing. */
  readMarks(): ReadonlyArray<number> {
    const begun: Array<number> = []
    if (this.unclaimed === 0) return begun
    for (const [attempt, row] of this.rows) {
      if (!row.claimed && this.marks.isSet(row.mark)) begun.push(attempt)
    }
    return begun
  }

  /** All that had begun and not ended: what has ended without its having been heard is not marked any more. */
  started(): ReadonlyArray<number> {
    for (const attempt of this.readMarks()) this.claim(attempt)
    const marked = this.marks.open !== undefined
    return [...this.rows]
      .filter(([, row]) => row.claimed && (!marked || row.mark < 0 || this.marks.isSet(row.mark)))
      .map(([attempt]) => attempt)
  }
}
