/**
 * Workers by how pressed they are: a heap in which each has four below it, whose keys stand beside its members in arrays
 * of numbers, so that finding a place among a thousand workers reads a few cache lines and no worker, and moves five.
 *
 * Owns the order of its members: the least key first, of equals the eldest.
 *
 * Invariants:
 *   H5. Each member's place is its index in `items`, -1 while it is no member.
 *   H6. No member sorts before its parent.
 *
 * @since 0.1.0
 */

/**
 * One membership of `of`.
 *
 * @since 0.1.0
 * @category models
 */
export class Rank<A> {
  place = -1
  constructor(readonly of: A, readonly age: number) {}
}

/**
 * Mutable for speed: only the scheduler's step touches it.
 *
 * @since 0.1.0
 * @category models
 */
export class Ranks<A> {
  readonly items: Array<Rank<A>> = []
  private keys = new Float64Array(16)
  private ages = new Float64Array(16)

  get size(): number {
    return this.items.length
  }

  has(rank: Rank<A>): boolean {
    return this.items[rank.place] === rank
  }

  /** Adds it or, where it is a member already, moves it to where it now belongs. */
  update(rank: Rank<A>, key: number): void {
    let index = rank.place
    if (index < 0) {
      index = this.items.length
      if (index === this.keys.length) this.grow()
      this.items.push(rank)
    } else if (this.keys[index] === key) return
    this.settle(rank, index, key, rank.age)
  }

  delete(rank: Rank<A>): void {
    const index = rank.place
    if (index < 0) return
    rank.place = -1
    const last = this.items.pop()!
    if (last !== rank) this.settle(last, index, this.keys[this.items.length]!, last.age)
  }

  private grow(): void {
    const { ages, keys } = this
    this.keys = new Float64Array(keys.length * 2)
    this.ages = new Float64Array(keys.length * 2)
    this.keys.set(keys)
    this.ages.set(ages)
  }

  private put(rank: Rank<A>, index: number, key: number, age: number): void {
    this.items[index] = rank
    this.keys[index] = key
    this.ages[index] = age
    rank.place = index
  }

  /** Whether this key sorts before that of the member there. */
  private isBefore(key: number, age: number, index: number): boolean {
    const other = this.keys[index]!
    return key < other || (key === other && age < this.ages[index]!)
  }

  private settle(rank: Rank<A>, from: number, key: number, age: number): void {
    const { ages, items, keys } = this
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 2
      if (!this.isBefore(key, age, above)) break
      this.put(items[above]!, index, keys[above]!, ages[above]!)
      index = above
    }
    const size = items.length
    while (index >= from) {
      const first = index * 4 + 1
      if (first >= size) break
      let below = first
      const end = Math.min(first + 4, size)
      for (let n = first + 1; n < end; n++) if (this.isBefore(keys[n]!, ages[n]!, below)) below = n
      if (this.isBefore(key, age, below)) break
      this.put(items[below]!, index, keys[below]!, ages[below]!)
      index = below
    }
    this.put(rank, index, key, age)
  }

  /** The broken invariants, in words. */
  check(name: string): ReadonlyArray<string> {
    const broken: Array<string> = []
    this.items.forEach((rank, index) => {
      if (rank.place !== index) broken.push(`H5 ${name}: member ${index} is misplaced`)
      if (index > 0 && this.isBefore(this.keys[index]!, this.ages[index]!, (index - 1) >> 2)) {
        broken.push(`H6 ${name}: member ${index} is before its parent`)
      }
    })
    return broken
  }
}
