/**
 * Rows by names that say no number, in several maps of unequal size: a map that doubles moves all it has at once, and one of
 * a million names would stop everything for a tenth of a second or more. Of these no two double at the same time, and none is
 * large.
 *
 * Owns which map a name belongs to, told from a few of its letters: those before the mark by which names that users give
 * end, or the last of a digest. Where they are the same, one map has them all, and nothing is worse than with one map.
 *
 * @since 0.1.0
 */

const parts = 16
const mark = 7

/** Each part has 2^(1/16) times the share of the one before it: between two sizes of the whole each doubles once. */
const partOf = Uint8Array.from({ length: 256 }, (_, n) => parts * Math.log2(1 + (n + 0.5) / 256))

/**
 * @since 0.1.0
 * @category models
 */
export class Maps<K, A> {
  private readonly maps: Array<Map<K, A> | undefined> = new Array<Map<K, A> | undefined>(parts).fill(undefined)
  size = 0

  private part(name: K): number {
    if (typeof name !== "string") return 0
    const at = name.length - mark
    if (at < 2) return 0
    const mixed = Math.imul(
      name.charCodeAt(at) + 31 * name.charCodeAt(at - 1) + 961 * name.charCodeAt(at - 2),
      0x9e3779b1
    )
    return partOf[mixed >>> 24]!
  }

  get(name: K): A | undefined {
    return this.maps[this.part(name)]?.get(name)
  }

  /** Adds a name that is not there. */
  add(name: K, row: A): void {
    const part = this.part(name)
    ;(this.maps[part] ??= new Map<K, A>()).set(name, row)
    this.size++
  }

  delete(name: K): boolean {
    const is = this.maps[this.part(name)]?.delete(name) === true
    if (is) this.size--
    return is
  }

  clear(): void {
    this.maps.fill(undefined)
    this.size = 0
  }

  *values(): IterableIterator<A> {
    for (const map of this.maps) if (map !== undefined) yield* map.values()
  }
}
