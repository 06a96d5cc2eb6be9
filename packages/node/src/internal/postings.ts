/**
 * The jobs posted to one executor in one life, and whether each has begun. Plain mutable rows: this is touched for
 * every job.
 *
 * Invariants: an attempt is here from `post` until `ended`, or until its executor is down; no two rows share a mark.
 */
import type { Marks } from "./marks.js"
import { capacity, first, next } from "./marks.js"

export class Postings {
  /** By its attempt, the mark of each. */
  private readonly marked = new Map<number, number>()
  /** Those of which it was said that they began: few, since most have ended before anybody looks. */
  private readonly claimed = new Set<number>()
  private readonly free: Array<number> = []
  private fresh = 0

  constructor(private readonly marks: Marks) {}

  /** Its mark, or -1 when more are posted than can be marked. */
  post(attempt: number): number {
    const mark = this.free.pop() ?? (this.fresh < capacity ? first(this.fresh++) : -1)
    this.marked.set(attempt, mark)
    return mark
  }

  /** Whether this is news. */
  claim(attempt: number): boolean {
    if (!this.marked.has(attempt) || this.claimed.has(attempt)) return false
    this.claimed.add(attempt)
    return true
  }

  ended(attempt: number): boolean {
    const mark = this.marked.get(attempt)
    if (mark === undefined) return false
    this.marked.delete(attempt)
    if (this.claimed.size > 0) this.claimed.delete(attempt)
    if (mark >= 0) this.free.push(next(mark, this.marks))
    return true
  }

  hasUnclaimed(): boolean {
    return this.marked.size > this.claimed.size
  }

  /** Attempts that began without its having been said: code that blocks says nothing. */
  readMarks(): ReadonlyArray<number> {
    const begun: Array<number> = []
    if (!this.hasUnclaimed()) return begun
    for (const [attempt, mark] of this.marked) {
      if (!this.claimed.has(attempt) && this.marks.isSet(mark)) begun.push(attempt)
    }
    return begun
  }

  /** All that had begun and not ended: what has ended without its having been heard is not marked any more. */
  started(): ReadonlyArray<number> {
    for (const attempt of this.readMarks()) this.claim(attempt)
    const isMarked = this.marks.open !== undefined
    const isOpen = (mark: number): boolean => !isMarked || mark < 0 || this.marks.isSet(mark)
    const started: Array<number> = []
    for (const [attempt, mark] of this.marked) if (this.claimed.has(attempt) && isOpen(mark)) started.push(attempt)
    return started
  }
}
