/**
 * Keys of groups: which of them are equal, and a hash of each that is the same in every thread, process and run.
 *
 * Equality is what `Equal` says of values that crossed: primitives by value (`-0` is `0`; and `NaN` is `NaN`, so that such
 * elements are a group, too), everything else by content. Identity cannot be asked for: after a crossing there is none.
 *
 * Imperative on purpose: this runs for every element.
 */
import * as Value from "creel/Value"
import * as Hash from "effect/Hash"
import { shortMax, ShortStrings } from "./shortStrings.js"

const float = new Float64Array(1)
const halves = new Int32Array(float.buffer)

/** All bits count in all bits: what follows takes remainders. */
const mix = (hash: number): number => {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

// By its bits: `Hash.number` gives fractions that differ in their last bits one hash.
const ofNumber = (key: number): number => {
  if ((key | 0) === key) return mix(key | 0)
  float[0] = key !== key ? NaN : key
  return mix(halves[0]! ^ Math.imul(halves[1]!, 0x9e3779b1))
}

/** 32 bits, unsigned. */
export const hash = (key: unknown): number => {
  switch (typeof key) {
    case "string":
      return mix(Hash.string(key))
    case "number":
      return ofNumber(key)
    default:
      return mix(Hash.string(isPlain(key) ? String(key) : Value.token(key)))
  }
}

/** Whether a `Map` tells it from others as it is. */
const isPlain = (key: unknown): boolean => key === null || (typeof key !== "object" && typeof key !== "function")

/** Numbers keys in the order in which they first come. */
export class KeyIndex<K> {
  readonly keys: Array<K> = []
  private readonly short = new ShortStrings(this.keys)
  private readonly plain = new Map<unknown, number>()
  private readonly tokens = new Map<string, number>()

  /** The number of a key: the next one if it is new. */
  add(key: K): number {
    const next = this.keys.length
    const n = typeof key === "string" && key.length <= shortMax ? this.short.add(key) : this.addTo(key, next)
    if (n === next) this.keys.push(key)
    return n
  }

  find(key: unknown): number | undefined {
    if (typeof key === "string" && key.length <= shortMax) {
      const found = this.short.find(key)
      return found < 0 ? undefined : found
    }
    return isPlain(key) ? this.plain.get(key) : this.tokens.get(Value.token(key))
  }

  private addTo(key: K, next: number): number {
    const of: Map<unknown, number> = isPlain(key) ? this.plain : this.tokens
    const name = isPlain(key) ? key : Value.token(key)
    const known = of.get(name)
    if (known === undefined) of.set(name, next)
    return known ?? next
  }
}
