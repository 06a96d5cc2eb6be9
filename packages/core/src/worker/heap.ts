/**
 * A binary heap. Entries may be stale: whoever takes one asks whether it still means something.
 *
 * @since 0.1.0
 */
export class Heap<A> {
  private readonly items: Array<A> = []
  constructor(private readonly before: (a: A, b: A) => boolean) {}

  get size(): number {
    return this.items.length
  }

  /** In no particular order. */
  entries(): ReadonlyArray<A> {
    return this.items
  }

  peek(): A | undefined {
    return this.items[0]
  }

  push(item: A): void {
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

  pop(): A | undefined {
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
    if (this.items.length <= 2 * live + 64) return
    const kept = this.items.filter(keep)
    this.items.length = 0
    for (const item of kept) this.push(item)
  }
}
