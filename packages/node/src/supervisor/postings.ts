/**
 * The jobs posted to one executor in one life, and whether each has begun. Plain mutable rows: this is touched for
 * every job.
 *
 * Invariants: an attempt is here from `post` until `ended`, or until its executor is down; no two rows share a mark.
 */
import type { Marks } from "../wire/marks.js"
import { capacity, first, next } from "../wire/marks.js"

/** So many places in front that are taken no more are closed. */
const gapMax = 1024

export class Postings {
  /**
   * By twos, attempts and their marks as they were posted, from `head` to `tail`: they begin in that order, and short ones end
   * in it, so that nobody need be looked up.
   */
  private readonly line: Array<number> = []
  private head = 0
  private tail = 0
  /** Those that left the line because one behind them was spoken of, or themselves: attempts and marks. */
  private readonly aside = new Map<number, number>()
  /** Those of which it was said that they began: few, since most have ended before anybody looks. */
  private readonly claimed = new Set<number>()
  private readonly free: Array<number> = []
  private fresh = 0

  constructor(private readonly marks: Marks) {}

  /** Its mark, or -1 when more are posted than can be marked. */
  post(attempt: number): number {
    const mark = this.free.pop() ?? (this.fresh < capacity ? first(this.fresh++) : -1)
    if (this.head > gapMax) this.closeGap()
    this.line[this.tail++] = attempt
    this.line[this.tail++] = mark
    return mark
  }

  private closeGap(): void {
    this.line.copyWithin(0, this.head, this.tail)
    this.tail -= this.head
    this.head = 0
  }

  /** Whether this is news. */
  claim(attempt: number): boolean {
    if (!this.stepAside(attempt) || this.claimed.has(attempt)) return false
    this.claimed.add(attempt)
    return true
  }

  /** Whether it is here: then it stands aside, and so do those that were posted before it. */
  private stepAside(attempt: number): boolean {
    if (this.aside.has(attempt)) return true
    while (this.head < this.tail) {
      const one = this.line[this.head]!
      this.aside.set(one, this.line[this.head + 1]!)
      this.head += 2
      if (one === attempt) return true
    }
    return false
  }

  ended(attempt: number): boolean {
    const mark = this.take(attempt)
    if (mark === undefined) return false
    if (this.claimed.size > 0) this.claimed.delete(attempt)
    if (mark >= 0) this.free.push(next(mark, this.marks))
    return true
  }

  private take(attempt: number): number | undefined {
    if (this.head < this.tail && this.line[this.head] === attempt) {
      const mark = this.line[this.head + 1]
      this.head += 2
      if (this.head === this.tail) this.head = this.tail = 0
      return mark
    }
    if (!this.stepAside(attempt)) return undefined
    const mark = this.aside.get(attempt)
    this.aside.delete(attempt)
    return mark
  }

  hasUnclaimed(): boolean {
    return (this.tail - this.head) / 2 + this.aside.size > this.claimed.size
  }

  /** All of them, and their marks, in the order in which they were posted. */
  private forEach(f: (attempt: number, mark: number) => void): void {
    for (const [attempt, mark] of this.aside) f(attempt, mark)
    for (let at = this.head; at < this.tail; at += 2) f(this.line[at]!, this.line[at + 1]!)
  }

  /** Attempts that began without its having been said: code that blocks says nothing. */
  readMarks(): ReadonlyArray<number> {
    const begun: Array<number> = []
    if (!this.hasUnclaimed()) return begun
    this.forEach((attempt, mark) => {
      if (!this.claimed.has(attempt) && this.marks.isSet(mark)) begun.push(attempt)
    })
    return begun
  }

  /** All that had begun and not ended: what has ended without its having been heard is not marked any more. */
  started(): ReadonlyArray<number> {
    for (const attempt of this.readMarks()) this.claim(attempt)
    const isMarked = this.marks.open !== undefined
    const isOpen = (mark: number): boolean => !isMarked || mark < 0 || this.marks.isSet(mark)
    const started: Array<number> = []
    this.forEach((attempt, mark) => {
      if (this.claimed.has(attempt) && isOpen(mark)) started.push(attempt)
    })
    return started
  }
}
