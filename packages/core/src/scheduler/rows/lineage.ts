/**
 * Rows that nobody wants and other rows name, oldest first: a list through the rows themselves, since a table of a million
 * would stop everything for a moment each time it grows. And what they take, in bytes.
 *
 * Invariants:
 *   N1. `bytes` is the sum of the weights of its rows and of the arguments that only lineage names.
 *
 * @since 0.1.0
 */
import { ofSpec } from "../../link/weight.js"
import type { Spec } from "../../Spec.js"
import type { Row } from "./rowShapes.js"

/** What a row takes beside its spec, about, here and at its client. */
const ofRow = 512

/**
 * What remembering this row costs.
 *
 * @since 0.1.0
 * @category getters
 */
export const weigh = (row: Row): number => row.spec === undefined ? ofRow : ofRow + ofSpec(row.spec)

/**
 * @since 0.1.0
 * @category models
 */
export class Lineage implements Iterable<Row> {
  oldest: Row | undefined = undefined
  private newest: Row | undefined = undefined
  size = 0
  bytes = 0

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
    this.bytes += weigh(row)
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
    this.bytes -= weigh(row)
  }

  /** The same work, said in other words. */
  respecify(row: Row, spec: Spec): void {
    if (row.remembered) this.bytes -= weigh(row)
    row.spec = spec
    if (row.remembered) this.bytes += weigh(row)
  }

  /** Its client serves this argument for lineage alone. */
  spare(row: Row, bytes: number): void {
    this.bytes += bytes - row.spared
    row.spared = bytes
  }

  unspare(row: Row): void {
    this.bytes -= row.spared
    row.spared = 0
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let row = this.oldest; row !== undefined; row = row.newer) yield row
  }
}
