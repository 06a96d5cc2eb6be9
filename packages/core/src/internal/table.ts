/**
 * Rows by key, in several maps of unequal size: a map that doubles moves all it has at once, and one of a million keys
 * would stop everything for a tenth of a second or more. Of these no two double at the same time, and none is large.
 *
 * Owns which map a key belongs to, told from a few of its letters: those before the mark by which a client's keys end,
 * which differ from key to key. Where they do not, one map has them all, and nothing is worse than with one map.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"

const parts = 16
const mark = 7

/** Each part has 2^(1/16) times the share of the one before it: between two sizes of the table each doubles once. */
const partOf = Uint8Array.from({ length: 256 }, (_, n) => parts * Math.log2(1 + (n + 0.5) / 256))

/**
 * @since 0.1.0
 * @category models
 */
export class Table<A> implements Iterable<[Key, A]> {
  private readonly maps: ReadonlyArray<Map<Key, A>> = Array.from({ length: parts }, () => new Map<Key, A>())
  size = 0

  private map(key: Key): Map<Key, A> {
    const at = key.length - mark
    if (at < 2) return this.maps[0]!
    const mixed = Math.imul(key.charCodeAt(at) + 31 * key.charCodeAt(at - 1) + 961 * key.charCodeAt(at - 2), 0x9e3779b1)
    return this.maps[partOf[mixed >>> 24]!]!
  }

  get(key: Key): A | undefined {
    return this.map(key).get(key)
  }

  has(key: Key): boolean {
    return this.map(key).has(key)
  }

  /** Adds a key that is not there. */
  add(key: Key, value: A): void {
    this.map(key).set(key, value)
    this.size++
  }

  /** Adds a key, or puts another value in the place of its own. */
  set(key: Key, value: A): void {
    const map = this.map(key)
    const before = map.size
    map.set(key, value)
    this.size += map.size - before
  }

  delete(key: Key): void {
    if (this.map(key).delete(key)) this.size--
  }

  clear(): void {
    for (const map of this.maps) map.clear()
    this.size = 0
  }

  /** In no particular order. */
  *[Symbol.iterator](): Iterator<[Key, A]> {
    for (const map of this.maps) yield* map
  }

  *keys(): Iterable<Key> {
    for (const map of this.maps) yield* map.keys()
  }

  *values(): Iterable<A> {
    for (const map of this.maps) yield* map.values()
  }

  /** In the order in which they were added, told by a number of theirs that grows with it. */
  inOrder(of: (value: A) => number): ReadonlyArray<A> {
    const lists = this.maps.filter((map) => map.size > 0).map((map) => [...map.values()])
    const at = lists.map(() => 0)
    const all: Array<A> = []
    while (all.length < this.size) {
      let first = -1
      let least = Infinity
      for (let n = 0; n < lists.length; n++) {
        const value = lists[n]![at[n]!]
        if (value === undefined || of(value) >= least) continue
        least = of(value)
        first = n
      }
      all.push(lists[first]![at[first]!++]!)
    }
    return all
  }
}
