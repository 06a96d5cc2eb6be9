/**
 * Names and values as short lines, and how each of the three languages writes text down. Keys are anybody's: nothing of
 * theirs may end a string, open a tag or start a line.
 */
import * as Graph from "creel/Graph"

/** Where an argument is another node's value: the edge says which. */
export const hole = "·"

const unseen = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]+/g
const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Control characters, words that turn the direction of writing, and halves of characters belong into no picture. */
export const visible = (text: string): string => text.replace(unseen, " ").replace(halves, "\ufffd")

/** Columns of a monospaced font: letters of the far east and pictures take two. */
export const columns = (text: string): number => {
  let count = 0
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (code >= 0x300 && code < 0x370) continue
    count += code >= 0x1100 && code <= 0x115f || code >= 0x2e80 && code <= 0xa4cf || code >= 0xac00 && code <= 0xd7a3 ||
        code >= 0xf900 && code <= 0xfaff || code >= 0xfe30 && code <= 0xfe6f || code >= 0xff00 && code <= 0xff60 ||
        code >= 0x1f000
      ? 2
      : 1
  }
  return count
}

/** At most so many columns; what is left out is shown by an ellipsis in its middle, since names differ at both ends. */
export const clipped = (text: string, max: number): string => {
  // A key may be a megabyte long: its ends are all that is looked at.
  const chars = text.length > 4 * max ? [...text.slice(0, 2 * max), ...text.slice(-2 * max)] : [...text]
  if (chars.length === text.length && columns(text) <= max) return text
  const half = Math.floor((max - 1) / 2)
  let head = ""
  let tail = ""
  for (const char of chars) {
    if (columns(head + char) > max - 1 - half) break
    head += char
  }
  for (const char of chars.reverse()) {
    if (columns(char + tail) > half) break
    tail = char + tail
  }
  return text.length === chars.length && columns(text) <= max ? text : `${head}…${tail}`
}

/** The kind of a value in a word. */
export const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  if (typeof value !== "object") return typeof value
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === "string" && name !== "Object" && name !== "" ? name : "record"
}

/** A value in a few characters; of what is large, its kind and size. */
export const value = (u: unknown): string => {
  if (typeof u === "string") return u.length <= 20 ? JSON.stringify(u) : `string(${u.length})`
  if (typeof u === "bigint") return `${u}n`
  if (typeof u === "function") return u.name === "" ? "function" : `${u.name}`
  if (typeof u === "symbol") return "symbol"
  if (u === null || typeof u !== "object") return String(u)
  if (Array.isArray(u)) {
    if (u.length <= 4 && u.every((part) => part === null || typeof part !== "object")) {
      return clipped(`[${u.map(value).join(", ")}]`, 24)
    }
    return `array(${u.length})`
  }
  if (ArrayBuffer.isView(u) || u instanceof ArrayBuffer) return `${kindOf(u)}(${u.byteLength} bytes)`
  if (u instanceof Map || u instanceof Set) return `${kindOf(u)}(${u.size})`
  if (u instanceof Date) return Number.isNaN(u.getTime()) ? "Invalid Date" : u.toISOString()
  const kind = kindOf(u)
  return kind === "record" ? "{…}" : kind
}

/** An argument of a call: what stands for another value is left open. */
export const argument = (u: unknown): string => {
  if (u === null || typeof u !== "object") return typeof u === "string" ? clipped(value(u), 14) : value(u)
  if (Graph.isRef(u) || "poll" in u && "key" in u) return hole
  if (Array.isArray(u)) {
    if (u.length === 0) return "[]"
    return u.length <= 3 && u.every((part) => typeof part === "number") ? value(u) : `[${hole}]`
  }
  return kindOf(u) === "record" ? (Object.keys(u).length === 0 ? "{}" : `{${hole}}`) : value(u)
}

/** Milliseconds for people. */
export const millis = (ms: number): string => {
  if (ms < 1) return "<1 ms"
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor(ms / 1000) % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `12,345`, the same on every machine. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

export const xml = (text: string): string => visible(text).replace(/[&<>"']/g, (char) => entities[char]!)

/** A quoted DOT string. In labels a backslash begins an escape: each is doubled, so that it is shown. */
export const dot = (text: string): string => `"${visible(text).replace(/[\\"]/g, (char) => `\\${char}`)}"`

/**
 * A quoted Mermaid string: every character that Mermaid, its Markdown or HTML could read is written by its number. Mermaid
 * reads `#35;` where HTML has `&#35;`.
 */
export const mermaid = (text: string): string =>
  `"${visible(text).replace(/[&<>"'#;`\\*_[\](){}|~$%:@!^+=-]/g, (char) => `#${char.charCodeAt(0)};`)}"`
