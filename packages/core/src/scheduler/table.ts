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

  /** Adds a key that is not there. */
  add(key: Key, value: A): void {
    this.map(key).set(key, value)
    this.size++
  }

  delete(key: Key): void {
    if (this.map(key).delete(key)) this.size--
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
}
