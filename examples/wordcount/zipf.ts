// Text for those who have none: the word of rank r is r times as rare as the first, as in what people write.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs"
import * as path from "node:path"

const vocabulary = 50_000
const wordsPerLine = 12
const chunk = 1 << 20

/** The same numbers every time. */
const numbers = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Each rank has a word of its own, the frequent ones short. */
const wordOf = (rank: number): string => {
  let word = ""
  for (let left = rank; left > 0; left = Math.floor(left / 100)) {
    const digit = left % 100
    word += "bcdfghjklmnprstvwxyz"[digit % 20]! + "aeiou"[Math.floor(digit / 20)]!
  }
  return word
}

/** So many bytes of it in so many files of a directory; answers the files. */
export const write = (directory: string, bytes: number, files: number): ReadonlyArray<string> => {
  mkdirSync(directory, { recursive: true })
  const words = Array.from({ length: vocabulary }, (_, n) => wordOf(n + 1))
  const sums = new Float64Array(vocabulary)
  let sum = 0
  for (let n = 0; n < vocabulary; n++) sums[n] = sum += 1 / (n + 1)
  // What a number stands for, to begin the search with.
  const steps = 1 << 16
  const first = new Int32Array(steps + 1)
  for (let n = 0, at = 0; n <= steps; n++) {
    while (at < vocabulary - 1 && sums[at]! < (n / steps) * sum) at++
    first[n] = at
  }
  const next = numbers(1)
  const word = (): string => {
    const x = next()
    let at = first[Math.floor(x * steps)]!
    while (sums[at]! < x * sum) at++
    return words[at]!
  }
  return Array.from({ length: files }, (_, n) => {
    const file = path.join(directory, `zipf-${String(n).padStart(2, "0")}.txt`)
    const to = openSync(file, "w")
    const size = Math.floor(bytes * (n + 1) / files) - Math.floor(bytes * n / files)
    for (let written = 0, text = ""; written < size; text = "") {
      const most = Math.min(chunk, size - written)
      while (text.length < most) {
        for (let i = 1; i < wordsPerLine; i++) text += `${word()} `
        text += `${word()}\n`
      }
      written += writeSync(to, text)
    }
    closeSync(to)
    return file
  })
}
