/**
 * A binary heap whose members can leave or move from the middle, in O(log n).
 *
 * Owns the order of its members, which carry their place (-1 while they are in none): a map of places would cost more
 * than all comparisons. What orders them is the caller's; when that changes for a member, `update` it.
 *
 * Invariants:
 *   H1. Each member's place is its index in `items`.
 *   H2. No member sorts before its parent.
 *
 * @since 0.1.0
 */

/**
 * Mutable for speed: only the scheduler's step touches it.
 *
 * @since 0.1.0
 * @category models
 */
export class Heap<A extends { place: number }> {
  readonly items: Array<A> = []

  constructor(private readonly before: (a: A, b: A) => boolean) {}

  get size(): number {
    return this.items.length
  }

  has(item: A): boolean {
    return this.items[item.place] === item
  }

  peek(): A | undefined {
    return this.items[0]
  }

  push(item: A): void {
    if (item.place >= 0) return this.update(item)
    this.items.push(item)
    this.up(item, this.items.length - 1)
  }

  pop(): A | undefined {
    const top = this.items[0]
    if (top !== undefined) this.delete(top)
    return top
  }

  /** Adds it or, where it is a member already, moves it to where it now belongs. */
  update(item: A): void {
    const index = item.place
    if (index < 0) return this.push(item)
    if (index > 0 && this.before(item, this.items[(index - 1) >> 1]!)) this.up(item, index)
    else this.down(item, index)
  }

  delete(item: A): boolean {
    const index = item.place
    if (index < 0) return false
    item.place = -1
    const last = this.items.pop()!
    if (last !== item) {
      this.items[index] = last
      last.place = index
      this.update(last)
    }
    return true
  }

  /** How many members sort before this one: below one that does not, none does. */
  countBefore(item: A): number {
    const { items } = this
    const open = [0]
    let count = 0
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const one = items[index]
      if (one === undefined || !this.before(one, item)) continue
      count++
      open.push(index * 2 + 1, index * 2 + 2)
    }
    return count
  }

  private up(item: A, from: number): void {
    const items = this.items
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = items[above]!
      if (!this.before(item, parent)) break
      items[index] = parent
      parent.place = index
      index = above
    }
    items[index] = item
    item.place = index
  }

  private down(item: A, from: number): void {
    const items = this.items
    const size = items.length
    let index = from
    for (;;) {
      let below = index * 2 + 1
      if (below >= size) break
      if (below + 1 < size && this.before(items[below + 1]!, items[below]!)) below++
      const child = items[below]!
      if (!this.before(child, item)) break
      items[index] = child
      child.place = index
      index = below
    }
    items[index] = item
    item.place = index
  }

  /** The broken invariants, in words. */
  check(name: string): ReadonlyArray<string> {
    const broken: Array<string> = []
    this.items.forEach((item, index) => {
      if (item.place !== index) broken.push(`H1 ${name}: member ${index} is misplaced`)
      if (index > 0 && this.before(item, this.items[(index - 1) >> 1]!)) {
        broken.push(`H2 ${name}: member ${index} is before its parent`)
      }
    })
    return broken
  }
}
