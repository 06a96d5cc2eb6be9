/**
 * What moves in a shuffle. The elements of a partition, grouped by key, fall into buckets by the hash of their key; a bucket
 * crosses as bytes made once: tasks between its maker and its reader pass it on without looking into it, and from a value
 * of many buckets one leaves without the others.
 *
 * Order: keys stand in the order in which they first come, elements of one key in theirs. Putting the buckets of several
 * partitions together in the order of the partitions keeps both.
 *
 * Imperative on purpose: this runs for every element.
 */
import * as Value from "creel/Value"
import { hash, KeyIndex } from "../passes/keys.js"

/** Bytes of a value: the head first, then what stands out of band. */
export type Packed = ReadonlyArray<Uint8Array>

export const pack = (value: unknown): Packed => Value.parts(Value.encode(value))

/** Throws `NotDecodable`. */
export const unpack = (packed: Packed): unknown => Value.decode(Value.fromParts(packed))

/** Groups side by side: the n-th key has the n-th hash and the n-th count, and its elements stand together, in order. */
export interface Bucket<K, A> {
  readonly keys: Array<K>
  readonly hashes: Uint32Array
  readonly counts: Uint32Array
  readonly items: Array<A>
}

/** Elements that are grouped while they come. */
export class Groups<K, A> {
  private readonly index = new KeyIndex<K>()
  readonly hashes: Array<number> = []
  readonly items: Array<Array<A>> = []

  get keys(): ReadonlyArray<K> {
    return this.index.keys
  }

  add(key: K, item: A): void {
    const n = this.index.add(key)
    const items = this.items[n]
    if (items !== undefined) items.push(item)
    else {
      this.items.push([item])
      this.hashes.push(hash(key))
    }
  }

  addBucket(bucket: Bucket<K, A>): void {
    let from = 0
    for (let i = 0; i < bucket.keys.length; i++) {
      const to = from + bucket.counts[i]!
      const n = this.index.add(bucket.keys[i]!)
      const items = this.items[n]
      if (items === undefined) {
        this.items.push(bucket.items.slice(from, to))
        this.hashes.push(bucket.hashes[i]!)
      } else {
        for (let at = from; at < to; at++) items.push(bucket.items[at]!)
      }
      from = to
    }
  }

  get(key: unknown): ReadonlyArray<A> {
    const n = this.index.find(key)
    return n === undefined ? [] : this.items[n]!
  }

  entries(): Array<[K, Array<A>]> {
    return this.items.map((items, n) => [this.index.keys[n]!, items])
  }
}

/** How one step of a shuffle tells buckets apart: by one digit of the number of the output partition. */
export interface Digit {
  /** Output partitions. */
  readonly of: number
  /** What the digit counts in: the product of the radices before. */
  readonly unit: number
  readonly radix: number
  /** How many buckets there are to fall into: no more than the radix. */
  readonly buckets: number
}

export const bucketOf = (hash: number, digit: Digit): number => Math.floor(hash % digit.of / digit.unit) % digit.radix

/** The groups apart by a digit, a packed bucket each. */
export const split = <K, A>(groups: Groups<K, A>, digit: Digit): Array<Packed> => {
  const places: Array<Array<number>> = Array.from({ length: digit.buckets }, () => [])
  for (let n = 0; n < groups.hashes.length; n++) places[bucketOf(groups.hashes[n]!, digit)]!.push(n)
  return places.map((place) => pack(bucket(groups, place)))
}

const bucket = <K, A>(groups: Groups<K, A>, place: ReadonlyArray<number>): Bucket<K, A> => {
  const items: Array<A> = []
  const hashes = new Uint32Array(place.length)
  const counts = new Uint32Array(place.length)
  const keys = place.map((n, i) => {
    const of = groups.items[n]!
    hashes[i] = groups.hashes[n]!
    counts[i] = of.length
    for (const item of of) items.push(item)
    return groups.keys[n]!
  })
  return { keys, hashes, counts, items }
}

/** Buckets of several partitions, in the order of the partitions. */
export const merge = <K, A>(packed: ReadonlyArray<Packed>): Groups<K, A> => {
  const groups = new Groups<K, A>()
  // What split wrote.
  for (const one of packed) groups.addBucket(unpack(one) as Bucket<K, A>)
  return groups
}

/** What two sides have under equal keys: each of the left with each of the right, the left one's order first. */
export const match = <K, A, B>(left: Groups<K, A>, right: Groups<K, B>): Array<[A, B]> => {
  const out: Array<[A, B]> = []
  for (let n = 0; n < left.items.length; n++) {
    const others = right.get(left.keys[n])
    if (others.length === 0) continue
    for (const item of left.items[n]!) for (const other of others) out.push([item, other])
  }
  return out
}
