/**
 * Digests: 160 bits of SHA-256 in 32 characters. Canonical for values: the order of a record's keys, of a Map, a Set, a
 * HashMap or a HashSet does not matter, nor whether two equal parts are one object; `-0` differs from `0`.
 *
 * A value is turned into a token: itself if short, else its digest, so that no part is digested twice and a value that
 * shares its parts a million times stays small. (Two cyclic values that unfold alike but are tied otherwise differ.)
 */
import * as Payload from "@creel/core/Payload"
import { sha256 } from "@noble/hashes/sha2"
import * as Chunk from "effect/Chunk"
import type * as HashMap from "effect/HashMap"
import type * as HashSet from "effect/HashSet"
import { write } from "./effects.js"
import { isDataArray, kindOf } from "./kinds.js"
import * as Tag from "./tags.js"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** 160 bits, five at a time. */
const text = (hash: Uint8Array): string => {
  let out = ""
  let bits = 0
  let value = 0
  for (let i = 0; i < 20; i++) {
    value = (value << 8) | hash[i]!
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return out
}

const lengths = (parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  new TextEncoder().encode(parts.map((part) => part.byteLength).join())

/** Of several byte strings, each counted with its length: no two lists of parts are alike by accident. */
export const digest = (...parts: ReadonlyArray<Uint8Array>): string => {
  const hash = sha256.create().update(lengths(parts))
  for (const part of parts) hash.update(part)
  return text(hash.digest())
}

/** UTF-16 units, since UTF-8 would take lone surrogates for one another. */
const units = (value: string): Uint8Array => {
  const out = new Uint8Array(value.length * 2)
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    out[i * 2] = code & 0xff
    out[i * 2 + 1] = code >>> 8
  }
  return out
}

export const digestText = (parts: ReadonlyArray<string>): string => digest(...parts.map(units))

const shortToken = 64

interface Walk {
  readonly inputKey: (leaf: object) => string | undefined
  readonly root: string
  /** Tokens of objects from which no way leads to an object above. */
  readonly known: Map<object, string>
  /** Objects that are being walked, with their depth. */
  readonly above: Map<object, number>
  /** Depth of the highest object that anything under the current one refers to. */
  highest: number
  opaque: number
  readonly negativeZero: string
}

/**
 * Throws what the codec throws for a value that is not of the domain. `inputKey` answers the key that stands for a future.
 */
export const canonicalDigest = (
  value: unknown,
  inputKey: (leaf: object) => string | undefined,
  root = ""
): string => {
  return digestText([token(walkFrom(inputKey, root, "n-0"), value)])
}

const walkFrom = (inputKey: Walk["inputKey"], root: string, negativeZero: string): Walk => ({
  inputKey,
  root,
  known: new Map(),
  above: new Map(),
  highest: Infinity,
  opaque: 0,
  negativeZero
})

/** What `canonicalDigest` digests: text that is equal for equal values, and of bounded length. */
export const canonicalText = (value: unknown, inputKey: (leaf: object) => string | undefined, root = ""): string =>
  token(walkFrom(inputKey, root, "n-0"), value)

const noInput = (): undefined => undefined

/** What two values share if they are equal, and only then: no digest where it is short. `-0` is `0`, as `===` has it. */
export const canonicalToken = (value: unknown): string => token(walkFrom(noInput, "", "n0"), value)

const token = (walk: Walk, value: unknown): string => {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? walk.negativeZero : `n${value}`
    case "string":
      return short(`s${value.length}:${value}`)
    case "boolean":
      return value ? "t" : "f"
    case "undefined":
      return "u"
    case "bigint":
      return short(`i${value}`)
    case "object":
      return value === null ? "0" : objectToken(walk, value)
    default:
      // The codec says what it is and refuses it.
      return short(opaqueToken(walk, value))
  }
}

const short = (value: string): string => value.length <= shortToken ? value : `#${digestText([value])}`

const objectToken = (walk: Walk, value: object): string => {
  const known = walk.known.get(value)
  if (known !== undefined) return known
  const depth = walk.above.size
  const at = walk.above.get(value)
  if (at !== undefined) {
    walk.highest = Math.min(walk.highest, at)
    return `^${depth - at}`
  }
  // The codec, which runs on every value too, names the place; here only the stack has to be spared.
  if (depth > Tag.maxDepth) return opaqueToken(walk, value)
  const outer = walk.highest
  walk.highest = Infinity
  walk.above.set(value, depth)
  const out = short(contentToken(walk, value))
  walk.above.delete(value)
  if (walk.highest >= depth) walk.known.set(value, out)
  walk.highest = Math.min(outer, walk.highest < depth ? walk.highest : Infinity)
  return out
}

const contentToken = (walk: Walk, value: object): string => {
  const proto: object | null = Object.getPrototypeOf(value)
  if (proto === Object.prototype || proto === null) {
    return recordToken(walk, proto === null ? "o" : "r", value as Record<string, unknown>)
  }
  if (Array.isArray(value)) return arrayToken(walk, value, proto)
  const input = walk.inputKey(value)
  if (input !== undefined) return `k${input.length}:${input}`
  if (value instanceof Map) return unordered("m", pairs(walk, value))
  if (value instanceof Set) return unordered("e", tokens(walk, value))
  if (proto === Date.prototype) return `d${(value as Date).getTime()}`
  if (ArrayBuffer.isView(value)) {
    return `v${proto.constructor.name}:${digest(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`
  }
  if (value instanceof ArrayBuffer) return `b${digest(new Uint8Array(value))}`
  switch (kindOf(value, proto)) {
    case "Struct":
      return recordToken(walk, "c", value as Record<string, unknown>)
    case "Chunk":
      return `k[${tokens(walk, Chunk.toReadonlyArray(value as Chunk.Chunk<unknown>)).join()}]`
    case "HashMap":
      return unordered("M", pairs(walk, value as HashMap.HashMap<unknown, unknown>))
    case "HashSet":
      return unordered("E", tokens(walk, value as HashSet.HashSet<unknown>))
    case "Option":
      return tagged(walk, "O", value, "value")
    case "Either":
      return tagged(walk, "X", value, "right", "left")
    case "Exit":
      return tagged(walk, "Y", value, "value", "cause")
    default:
      return opaqueToken(walk, value)
  }
}

const tokens = (walk: Walk, items: Iterable<unknown>): Array<string> => Array.from(items, (item) => token(walk, item))

const pairs = (walk: Walk, items: Iterable<readonly [unknown, unknown]>): Array<string> =>
  Array.from(items, ([key, item]) => `${token(walk, key)}=${token(walk, item)}`)

const unordered = (tag: string, items: Array<string>): string => `${tag}{${items.sort().join()}}`

const tagged = (walk: Walk, tag: string, value: object, ...keys: ReadonlyArray<string>): string => {
  const key = keys.find((key) => key in value)
  const name: unknown = Reflect.get(value, "_tag")
  return `${tag}${String(name)}(${key === undefined ? "" : token(walk, Reflect.get(value, key))})`
}

const recordToken = (walk: Walk, tag: string, value: Record<string, unknown>): string => {
  if (Object.getOwnPropertySymbols(value).some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))) {
    return opaqueToken(walk, value)
  }
  const fields = Object.keys(value).sort().map((key) => `${key.length}:${key}=${token(walk, value[key])}`)
  return `${tag}{${fields.join()}}`
}

const arrayToken = (walk: Walk, value: ReadonlyArray<unknown>, proto: object): string => {
  if (proto !== Array.prototype && !isDataArray(proto)) return opaqueToken(walk, value)
  const items: Array<string> = []
  for (let i = 0; i < value.length; i++) items.push(i in value ? token(walk, value[i]) : "h")
  return `${proto === Array.prototype ? "a" : "A"}[${items.join()}]`
}

/** Durations, DateTimes, Causes, errors: their bytes have one form. What is not of the domain is refused by the codec. */
const opaqueToken = (walk: Walk, value: unknown): string => {
  const payload = write(value, { root: walk.root, share: false, schema: undefined, asInput: undefined })
  return `w${digest(...Payload.parts(payload))}`
}
