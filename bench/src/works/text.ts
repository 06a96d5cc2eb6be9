/**
 * Real text that is on every disk this runs on: the words of this repository and of the packages it uses (their readmes
 * and licences, each freely licensed), cut into pieces at the ends of words.
 */
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const isText = /(?:\.md|^licen[cs]e(?:\.txt)?|ThirdPartyNoticeText\.txt)$/i

const textsIn = (dir: string): ReadonlyArray<string> => {
  try {
    return readdirSync(dir).filter((name) => isText.test(name)).sort().map((name) =>
      readFileSync(path.join(dir, name), "utf8")
    )
  } catch {
    return []
  }
}

const folders = (dir: string): ReadonlyArray<string> =>
  readdirSync(dir).filter((name) => !name.startsWith(".")).sort().flatMap((name) =>
    name.startsWith("@") ? folders(path.join(dir, name)) : [path.join(dir, name)]
  )

/** So many bytes of it, in memory that threads share; what there is is repeated until it is enough. */
export const text = (bytes: number): Uint8Array => {
  const once = Buffer.from([root, ...folders(path.join(root, "node_modules"))].flatMap(textsIn).join("\n"))
  const all = new Uint8Array(new SharedArrayBuffer(bytes))
  for (let at = 0; at < bytes; at += once.length) all.set(once.subarray(0, Math.min(once.length, bytes - at)), at)
  return all
}

const isLetter = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90)

/** Where the pieces begin, and the end: no piece ends within a word, or within a character. */
export const cuts = (all: Uint8Array, size: number): Array<number> => {
  const places = [0]
  for (let at = size; at < all.length; at += size) {
    let cut = at
    while (cut < all.length && (isLetter(all[cut]!) || all[cut]! >= 128)) cut++
    places.push(cut)
  }
  return [...places, all.length]
}
