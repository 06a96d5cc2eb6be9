/**
 * Numbers of short strings: a hash table for what a `Map` is slow at. Words that were just cut from a line are new objects
 * each time, so a `Map` works out their hash in a call to the engine, and then goes from entry to entry through memory that
 * no cache has. Here hashes stand side by side, and a word is only looked at where its hash is the same: numbering words
 * takes about a third less time.
 *
 * Imperative on purpose: this runs for every element.
 */

/** With longer ones, hashing here costs more than it saves. */
export const shortMax = 16

/** Another one in each thread: nobody can know which words would fall on one place. */
const seed = Math.floor(Math.random() * 2 ** 32) | 0

const hashOf = (key: string): number => {
  let h = seed
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x5bd1e995)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  // 0 stands for an empty place.
  return (h ^ (h >>> 13)) | 1
}

export class ShortStrings {
  /** Two numbers for a place: the hash of what stands there, and where that is in `keys`. */
  private table = new Int32Array(128)
  private size = 0

  /** `keys`: where those that were added are to be found, with others between them. */
  constructor(private readonly keys: ReadonlyArray<unknown>) {}

  /** Where it is among the keys, or `-1`. */
  find(key: string): number {
    const hash = hashOf(key)
    const at = this.placeOf(hash, key)
    return this.table[at] === 0 ? -1 : this.table[at + 1]!
  }

  /** Where it is among the keys: at their end if it is new, and the caller puts it there. */
  add(key: string): number {
    const hash = hashOf(key)
    const at = this.placeOf(hash, key)
    if (this.table[at] !== 0) return this.table[at + 1]!
    const number = this.keys.length
    this.table[at] = hash
    this.table[at + 1] = number
    this.size++
    if (this.size * 4 > this.table.length) this.grow()
    return number
  }

  /** Where the key stands, or would. */
  private placeOf(hash: number, key: string): number {
    const { keys, table } = this
    const mask = table.length - 1
    for (let at = (hash & ~1) & mask;; at = (at + 2) & mask) {
      const there = table[at]!
      if (there === 0 || there === hash && keys[table[at + 1]!] === key) return at
    }
  }

  private grow(): void {
    const before = this.table
    const table = new Int32Array(before.length * 2)
    const mask = table.length - 1
    for (let from = 0; from < before.length; from += 2) {
      const hash = before[from]!
      if (hash === 0) continue
      let at = (hash & ~1) & mask
      while (table[at] !== 0) at = (at + 2) & mask
      table[at] = hash
      table[at + 1] = before[from + 1]!
    }
    this.table = table
  }
}
