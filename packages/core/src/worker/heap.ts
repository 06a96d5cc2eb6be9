/**
 * A priority queue. Entries may be stale: whoever takes one asks whether it still means something.
 *
 * Nearly all come in their order: these stand in a line, where coming and going takes no comparison but one. The others
 * stand in a binary heap beside it.
 *
 * @since 0.1.0
 */

const cutAt = 1_024

export class Heap<A> {
  /** In order, from `head` to before `end`. */
  private line: Array<A | undefined> = []
  private head = 0
  private end = 0
  private readonly items: Array<A> = []
  constructor(private readonly before: (a: A, b: A) => boolean) {}

  get size(): number {
    return this.end - this.head + this.items.length
  }

  /** In no particular order. */
  entries(): ReadonlyArray<A> {
    return [...this.inLine(), ...this.items]
  }

  private inLine(): Array<A> {
    return this.line.slice(this.head, this.end) as Array<A> // gaps are before the head
  }

  peek(): A | undefined {
    return this.isLineFirst() ? this.line[this.head] : this.items[0]
  }

  private isLineFirst(): boolean {
    if (this.items.length === 0) return true
    return this.head < this.end && !this.before(this.items[0]!, this.line[this.head]!)
  }

  push(item: A): void {
    if (this.head < this.end && this.before(item, this.line[this.end - 1]!)) return this.pushAside(item)
    this.line[this.end++] = item
  }

  pop(): A | undefined {
    return this.isLineFirst() ? this.shift() : this.popAside()
  }

  private shift(): A | undefined {
    if (this.head === this.end) return undefined
    const first = this.line[this.head]
    this.line[this.head++] = undefined
    if (this.head === this.end) {
      if (this.end > cutAt) this.line = []
      this.head = this.end = 0
    } else if (this.head > cutAt && this.head * 2 > this.end) {
      this.line = this.line.slice(this.head, this.end)
      this.end -= this.head
      this.head = 0
    }
    return first
  }

  private pushAside(item: A): void {
    const { before, items } = this
    let i = items.length
    items.push(item)
    while (i > 0) {
      const up = (i - 1) >> 1
      if (!before(item, items[up]!)) break
      items[i] = items[up]!
      i = up
    }
    items[i] = item
  }

  private popAside(): A | undefined {
    const { before, items } = this
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= items.length) break
      if (down + 1 < items.length && before(items[down + 1]!, items[down]!)) down += 1
      if (!before(items[down]!, last)) break
      items[i] = items[down]!
      i = down
    }
    items[i] = last
    return top
  }

  /** Forgets stale entries once they could outnumber the rest. */
  compact(live: number, keep: (item: A) => boolean): void {
    if (this.size <= 2 * live + 64) return
    this.line = this.inLine().filter(keep)
    this.head = 0
    this.end = this.line.length
    const kept = this.items.filter(keep)
    this.items.length = 0
    for (const item of kept) this.pushAside(item)
  }
}
