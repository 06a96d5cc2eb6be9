/**
 * Chance, from a seed. Independent streams are forked by name, so that drawing more for the network does not change
 * what the workload draws.
 *
 * @since 0.1.0
 */
import { hash32 } from "./digest.js"

/** Mulberry32: 32 bits of state are enough for choices, and it costs a few nanoseconds. Mutable for speed. */
export class Random {
  private state: number
  constructor(readonly seed: number) {
    this.state = seed | 0
  }
  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    const s = this.state
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  /** An integer from 0 up to, not including, `n`. */
  int(n: number): number {
    return Math.floor(this.next() * n)
  }
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1)
  }
  chance(p: number): boolean {
    return this.next() < p
  }
  pick<A>(items: ReadonlyArray<A>): A | undefined {
    return items.length === 0 ? undefined : items[this.int(items.length)]
  }
  /** Mostly near `low`, sometimes far beyond: delays and durations look like this. */
  longTailed(low: number, high: number): number {
    const x = this.next()
    return Math.floor(low + (high - low) * x * x * x)
  }
  shuffle<A>(items: ReadonlyArray<A>): Array<A> {
    const out = items.slice()
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      const x = out[i]!
      out[i] = out[j]!
      out[j] = x
    }
    return out
  }
  fork(name: string): Random {
    return new Random(hash32(`${this.seed}/${name}`))
  }
}
