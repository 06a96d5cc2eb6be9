/**
 * What is still to be looked at, first come first served. It keeps its room: an array set to length 0 would give it
 * back, and grow anew in every step.
 *
 * @since 0.1.0
 */

const keptMax = 65_536

/**
 * @since 0.1.0
 * @category models
 */
export class Worklist<A extends object> {
  private items: Array<A | undefined> = []
  private at = 0
  private end = 0

  get size(): number {
    return this.end - this.at
  }

  push(item: A): void {
    this.items[this.end++] = item
  }

  shift(): A | undefined {
    if (this.at === this.end) return undefined
    const item = this.items[this.at]
    this.items[this.at++] = undefined
    if (this.at === this.end) {
      this.at = this.end = 0
      if (this.items.length > keptMax) this.items = []
    }
    return item
  }
}
