/**
 * What a peer holds, by row.
 *
 * Owns the lists. Nearly every value has one holder: it stands in that holder's list by links of its own state, and only
 * the holders of further copies keep a table.
 *
 * Invariants:
 *   D3. A stored value is in the list of its `home`, if it has one, and in the table of any other holder.
 *
 * @since 0.1.0
 */
import type { Row, Stored } from "./rowShapes.js"

/**
 * @since 0.1.0
 * @category models
 */
export class Held implements Iterable<Row> {
  private first: Stored | undefined = undefined
  private last: Stored | undefined = undefined
  private listed = 0
  private readonly copies = new Set<Row>()

  get size(): number {
    return this.listed + this.copies.size
  }

  has(row: Row): boolean {
    return (row.state._tag === "Stored" && row.state.home === this) || this.copies.has(row)
  }

  /** Says whether it was not there yet. */
  add(row: Row, s: Stored): boolean {
    if (s.home === this || this.copies.has(row)) return false
    if (s.home !== undefined) {
      this.copies.add(row)
      return true
    }
    s.home = this
    s.before = this.last
    if (this.last === undefined) this.first = s
    else this.last.after = s
    this.last = s
    this.listed++
    return true
  }

  /** Says whether it was there. */
  delete(row: Row, s: Stored): boolean {
    if (s.home !== this) return this.copies.delete(row)
    const { after, before } = s
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    s.before = s.after = undefined
    s.home = undefined
    this.listed--
    return true
  }

  /** As they are now: what comes or goes meanwhile does not matter. */
  [Symbol.iterator](): Iterator<Row> {
    const rows: Array<Row> = []
    for (let s = this.first; s !== undefined; s = s.after) rows.push(s.row)
    rows.push(...this.copies)
    return rows[Symbol.iterator]()
  }
}
