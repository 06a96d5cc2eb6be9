/**
 * The work itself: plain functions. The pools' threads run them as they are, Creel's as `Task.sync`.
 */
import { existsSync } from "node:fs"

export const inc = (x: number): number => x + 1

// piscina and tinypool call a module's default where no name is given
export default inc

export const add = ([x, y]: readonly [number, number]): number => x + y

/** So many bytes that are not all the same. */
export const bytes = (count: number): Uint8Array => {
  const made = new Uint8Array(count).fill(7)
  made[count - 1] = 9
  return made
}

/** What shows that bytes are there: how many, and the last one. */
export const look = (found: Uint8Array): number => found.length + found[found.length - 1]!

/** Turns a number around so often. */
export const spin = (times: number): number => {
  let x = 1
  for (let n = 0; n < times; n++) x = (Math.imul(x, 1_103_515_245) + 12_345) | 0
  return x
}

/** How often `spin` must turn to take that many milliseconds on this thread, when it is warm and undisturbed. */
export const timesFor = (millis: number): number => {
  const times = 1_000_000
  let best = Infinity
  for (let n = 0; n < 20; n++) {
    const started = performance.now()
    spin(times)
    best = Math.min(best, performance.now() - started)
  }
  return Math.round(millis / best * times)
}

/** Holds its thread until the file is there. */
export const hold = (file: string): number => {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(file)) Atomics.wait(clock, 0, 0, 20)
  return 1
}

/** One row of a square picture: how many steps each point takes to leave. */
export const mandelbrotRow = (y: number, size: number): Uint16Array => {
  const row = new Uint16Array(size)
  const cy = y / size * 2.4 - 1.2
  for (let at = 0; at < size; at++) {
    const cx = at / size * 3 - 2.2
    let zx = 0
    let zy = 0
    let step = 0
    for (; step < 1_000 && zx * zx + zy * zy <= 4; step++) {
      const next = zx * zx - zy * zy + cx
      zy = 2 * zx * zy + cy
      zx = next
    }
    row[at] = step
  }
  return row
}

const decoder = new TextDecoder()

/** How often each word stands in the text between two places. `slice` copies: a decoder takes no shared memory. */
export const countWords = (text: Uint8Array, from: number, to: number): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const word of decoder.decode(text.slice(from, to)).toLowerCase().split(/[^a-z]+/)) {
    if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}
