// The count itself: as a bag, and as the loop one would write for one thread. Of words that are as frequent the first in
// the alphabet counts more, so that both say the same.
import { Bag } from "@creel/collections"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import { words } from "./tasks.js"

export type Counted = readonly [word: string, times: number]

/** How many words of how many there are, and those that are found most often. */
export interface Found {
  readonly words: number
  readonly different: number
  readonly top: ReadonlyArray<Counted>
}

/** Every line of the files, in blocks; the words of each; how often each is there. Nothing is done yet. */
export const bag = (files: ReadonlyArray<string>) =>
  Bag.textFiles(files).pipe(Bag.map(words), Bag.flatten, Bag.frequencies)

export const found = (counts: Iterable<Counted>, most: number): Found => {
  const all = Array.from(counts)
  all.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return { words: all.reduce((sum, [, times]) => sum + times, 0), different: all.length, top: all.slice(0, most) }
}

/** One thread, line after line. */
export const loop = async (files: ReadonlyArray<string>): Promise<Map<string, number>> => {
  const counts = new Map<string, number>()
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      for (const word of line.toLowerCase().match(/[a-z]+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}
