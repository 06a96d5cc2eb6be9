/**
 * What grouping, joining and scanning make at the end of a pass, element by element: ends, as `passes/run` has them. Where keys
 * count, elements come tagged: a pair of key and element (the operation `tag`).
 *
 * Imperative on purpose: this runs for every element.
 */
import * as Effect from "effect/Effect"
import { KeyIndex } from "../passes/keys.js"
import { callOf, type Resolved } from "../passes/ops.js"
import type { End } from "../passes/run.js"
import { Groups } from "./buckets.js"

type Ran<A = unknown> = Effect.Effect<A, unknown>
type Tagged = readonly [key: unknown, x: unknown]

/** Groups by key, and what is made of them. */
export const grouping = (result: (groups: Groups<unknown, unknown>) => unknown): End => {
  const groups = new Groups<unknown, unknown>()
  return {
    _tag: "Sink",
    sink: ([key, x]: Tagged) => {
      groups.add(key, x)
      return false
    },
    result: () => result(groups)
  }
}

/** Each element with each of the other side's under an equal key. */
export const joining = (other: Groups<unknown, unknown>): End => {
  const out: Array<[unknown, unknown]> = []
  return {
    _tag: "Sink",
    sink: ([key, x]: Tagged) => {
      for (const y of other.get(key)) out.push([x, y])
      return false
    },
    result: () => out
  }
}

/** Each element with each of the other side. */
export const multiplying = (other: ReadonlyArray<unknown>): End => {
  const out: Array<[unknown, unknown]> = []
  return {
    _tag: "Sink",
    sink: (x) => {
      for (const y of other) out.push([x, y])
      return false
    },
    result: () => out
  }
}

/** Values under keys. */
class Folds {
  private readonly index = new KeyIndex<unknown>()
  private readonly values: Array<unknown> = []

  /** The number of a key; a new one's value is `seed`. */
  at(key: unknown, seed: unknown): number {
    const n = this.index.add(key)
    if (n === this.values.length) this.values.push(seed)
    return n
  }

  get(n: number): unknown {
    return this.values[n]
  }

  set(n: number, value: unknown): void {
    this.values[n] = value
  }

  get size(): number {
    return this.values.length
  }

  entries(): Array<[unknown, unknown]> {
    return this.values.map((value, n) => [this.index.keys[n], value])
  }
}

/** Elements folded by key. */
export const foldingBy = (binop: Resolved, initial: unknown): End => {
  const folds = new Folds()
  const { call, isEffect } = callOf(binop)
  if (isEffect) {
    return {
      _tag: "Run",
      run: ([key, x]: Tagged) => {
        const n = folds.at(key, initial)
        return Effect.map(call(folds.get(n), x) as Ran, (value) => folds.set(n, value))
      },
      result: () => Effect.succeed(folds.entries())
    }
  }
  return {
    _tag: "Sink",
    sink: ([key, x]: Tagged) => {
      const n = folds.at(key, initial)
      folds.set(n, call(folds.get(n), x))
      return false
    },
    result: () => folds.entries()
  }
}

/** Entries of several partitions, combined key by key in the order of the partitions. */
export const combineFolds = (
  parts: ReadonlyArray<ReadonlyArray<Tagged>>,
  combine: Resolved
): Ran<Array<[unknown, unknown]>> =>
  Effect.gen(function*() {
    const folds = new Folds()
    const { call, isEffect } = callOf(combine)
    for (const part of parts) {
      for (const [key, value] of part) {
        const { size } = folds
        const n = folds.at(key, value)
        if (n === size) continue
        const both = call(folds.get(n), value)
        folds.set(n, isEffect ? yield* both as Ran : both)
      }
    }
    return folds.entries()
  })

/** A fold from `carry`, that shows each value on its way. */
export const scanning = (
  binop: Resolved,
  carry: unknown,
  show: (value: unknown) => void,
  result: (last: unknown) => unknown
): End => {
  let at = carry
  const { call, isEffect } = callOf(binop)
  const take = (value: unknown): void => {
    at = value
    show(value)
  }
  if (isEffect) {
    return {
      _tag: "Run",
      run: (x) => Effect.map(call(at, x) as Ran, take),
      result: () => Effect.sync(() => result(at))
    }
  }
  return {
    _tag: "Sink",
    sink: (x) => {
      take(call(at, x))
      return false
    },
    result: () => result(at)
  }
}
