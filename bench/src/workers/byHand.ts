/**
 * What one would write without a library: a thread that takes the next piece from a shared counter until there is none,
 * and posts what it made of it.
 */
import { parentPort } from "node:worker_threads"
import { countWords, mandelbrotRow } from "./functions.js"

export interface Job {
  readonly work: "mandelbrot" | "words"
  /** The next piece that nobody has taken. */
  readonly next: Int32Array
  /** The first piece that is none of the job's. */
  readonly end: number
  /** Rows, and columns, of the whole picture. */
  readonly size: number
  readonly text: Uint8Array
  readonly cuts: ReadonlyArray<number>
}

parentPort!.on("message", ({ cuts, end, next, size, text, work }: Job) => {
  for (let piece = Atomics.add(next, 0, 1); piece < end; piece = Atomics.add(next, 0, 1)) {
    if (work === "words") {
      parentPort!.postMessage({ piece, value: countWords(text, cuts[piece]!, cuts[piece + 1]!) })
    } else {
      const value = mandelbrotRow(piece, size)
      parentPort!.postMessage({ piece, value }, [value.buffer as ArrayBuffer])
    }
  }
})
