/**
 * Rows that nobody wants and others name, oldest first: a list through the rows themselves, since a table of a million
 * would stop everything for a moment each time it grows.
 *
 * @since 0.1.0
 */
import type { Row } from "./rowShapes.js"

/**
 * @since 0.1.0
 * @category models
 */
export class Lineage implements Iterable<Row> {
  oldest: Row | undefined = undefined
  private newest: Row | undefined = undefined
  size = 0

  has(row: Row): boolean {
    return row.remembered
  }

  add(row: Row): void {
    if (row.remembered) return
    row.remembered = true
    row.older = this.newest
    if (this.newest === undefined) this.oldest = row
    else this.newest.newer = row
    this.newest = row
    this.size++
  }

  delete(row: Row): void {
    if (!row.remembered) return
    row.remembered = false
    const { newer, older } = row
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    row.older = row.newer = undefined
    this.size--
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let row = this.oldest; row !== undefined; row = row.newer) yield row
  }
}
