/**
 * Partitions cut and joined by position, and steps from element to element. Pure: what runs on workers, without tasks.
 */
import { pack, type Packed } from "./buckets.js"

/** Where `parts` pieces of some elements begin and end: as even as can be. */
export const evenly = (length: number, parts: number): ReadonlyArray<number> =>
  Array.from({ length: parts + 1 }, (_, n) => Math.floor(length * n / parts))

/** The pieces between neighbours in `bounds`, each as bytes. */
export const cut = (items: ReadonlyArray<unknown>, bounds: ReadonlyArray<number>): Array<Packed> =>
  bounds.slice(1).map((to, n) => pack(items.slice(bounds[n], to)))

/** A run of partitions for each of fewer partitions, in order. */
export const runs = (from: number, to: number): ReadonlyArray<readonly [start: number, end: number]> => {
  const bounds = evenly(from, to)
  return bounds.slice(1).map((end, n) => [bounds[n]!, end])
}

/** How many pieces each of some partitions is to be cut into, for more partitions. */
export const pieces = (from: number, to: number): ReadonlyArray<number> => {
  const bounds = evenly(to, from)
  return bounds.slice(1).map((end, n) => end - bounds[n]!)
}

/** A part of a partition. */
export interface Range {
  readonly partition: number
  readonly start: number
  readonly end: number
}

/** Which ranges of partitions of these lengths make the partitions of one size, in order. The last may be smaller. */
export const rechunk = (lengths: ReadonlyArray<number>, size: number): ReadonlyArray<ReadonlyArray<Range>> => {
  const out: Array<Array<Range>> = []
  let room = 0
  lengths.forEach((length, partition) => {
    for (let start = 0; start < length;) {
      if (room === 0) {
        out.push([])
        room = size
      }
      const end = Math.min(length, start + room)
      out[out.length - 1]!.push({ partition, start, end })
      room -= end - start
      start = end
    }
  })
  return out
}
