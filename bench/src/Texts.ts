/**
 * Files of text that several subjects read, and what is found in them.
 */
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { Texts } from "./Sample.js"
import { text } from "./works/text.js"

export const none: Texts = { files: [], top: 0 }

/** So many parts, each of whole lines, and as even as lines are. */
export const parts = (all: Uint8Array, count: number): ReadonlyArray<Uint8Array> => {
  const cut = (n: number): number => {
    if (n === 0 || n === count) return all.length * n / count
    const at = all.indexOf(10, Math.floor(all.length * n / count))
    return at < 0 ? all.length : at + 1
  }
  return Array.from({ length: count }, (_, n) => all.subarray(cut(n), cut(n + 1)))
}

/** What stands between white space: to Python it is `str.split`. */
export const words = (line: string): ReadonlyArray<string> => line.match(/\S+/g) ?? []

/** How often the most frequent ones are there, added up: the same whichever of equally frequent ones is the tenth. */
export const topOf = (counts: Iterable<number>, most: number): number =>
  [...counts].sort((a, b) => b - a).slice(0, most).reduce((sum, each) => sum + each, 0)

const countIn = (files: ReadonlyArray<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const file of files) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      for (const word of words(line.toLowerCase())) counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}

/** Eight files in a directory of the system's for temporary ones; removed with the scope. */
export const make = (bytes: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-bench-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
    ),
    (directory): Texts => {
      const files = parts(text(bytes), 8).map((part, n) => {
        const file = path.join(directory, `${n}.txt`)
        writeFileSync(file, part)
        return file
      })
      return { files, top: topOf(countIn(files).values(), 10) }
    }
  )
