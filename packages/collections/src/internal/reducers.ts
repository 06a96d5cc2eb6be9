/**
 * What is made at the end of a pass, and how the pieces of several partitions become one. A reducer has three parts: of the
 * elements of a partition a piece, of pieces a piece, of the last piece the value. Pieces are plain data.
 *
 * Imperative on purpose: this runs for every element.
 */
import type { Wire } from "creel/Callable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { KeyIndex } from "./keys.js"
import { callOf, type Resolve } from "./passOps.js"
import type { End } from "./passRun.js"
import { compareNatural, namedOrders, Top } from "./ranking.js"

/** A reducer as it crosses: plain data. `mark` where elements come with a key before them (see the operation `tag`). */
export type WireEnd =
  | { readonly end: "sum" | "count" | "mean" | "any" | "all" }
  | { readonly end: "variance"; readonly ddof: number; readonly root: boolean }
  | { readonly end: "min" | "max"; readonly order: Wire | string }
  | { readonly end: "fold"; readonly f: Wire; readonly combine: Wire; readonly initial: unknown }
  | { readonly end: "reduction"; readonly f: Wire; readonly aggregate: Wire }
  | { readonly end: "topk"; readonly k: number; readonly mark: boolean }
  | { readonly end: "distinct"; readonly mark: boolean }
  | { readonly end: "frequencies" }

type Ran<A = unknown> = Effect.Effect<A, unknown, any>

/** `whole`: makes the piece of an iterable of all elements. */
export interface Reducer {
  readonly leaf: { readonly _tag: "End"; readonly make: () => End } | {
    readonly _tag: "Whole"
    readonly of: (xs: unknown) => unknown
  }
  /** A piece, or an Effect of one. */
  readonly merge: (pieces: ReadonlyArray<any>) => unknown
  readonly finish: (piece: any) => Ran
}

const value = <A>(piece: A): Effect.Effect<A> => Effect.succeed(piece)

const empty = (what: string): Ran => Effect.fail(new Cause.NoSuchElementException(`${what} of an empty bag`))

const sum: Reducer = {
  leaf: {
    _tag: "End",
    make: () => {
      let total = 0
      return { _tag: "Sink", sink: (x) => ((total += x), false), result: () => total }
    }
  },
  merge: (pieces) => pieces.reduce((a: number, b: number) => a + b, 0),
  finish: value
}

const count: Reducer = {
  leaf: {
    _tag: "End",
    make: () => {
      let n = 0
      return { _tag: "Sink", sink: () => ((n += 1), false), result: () => n }
    }
  },
  merge: sum.merge,
  finish: value
}

/** `any` ends at the first `true`, `all` at the first `false`. */
const until = (wanted: boolean): Reducer => ({
  leaf: {
    _tag: "End",
    make: () => {
      let found = false
      return {
        _tag: "Sink",
        sink: (x) => (found = Boolean(x) === wanted),
        result: () => found === wanted
      }
    }
  },
  merge: (pieces) => pieces.includes(wanted) === wanted,
  finish: value
})

/** How many, their mean, and the sum of squared distances from it. */
type Moments = readonly [n: number, mean: number, m2: number]

/** Welford's way: no sum of squares that eats all digits. */
const momentsOf = (): End => {
  let n = 0
  let mean = 0
  let m2 = 0
  return {
    _tag: "Sink",
    sink: (x: number) => {
      n += 1
      const delta = x - mean
      mean += delta / n
      m2 += delta * (x - mean)
      return false
    },
    result: (): Moments => [n, mean, m2]
  }
}

/** Chan's way to put two together. */
const together = (a: Moments, b: Moments): Moments => {
  if (a[0] === 0) return b
  if (b[0] === 0) return a
  const n = a[0] + b[0]
  const delta = b[1] - a[1]
  return [n, a[1] + delta * (b[0] / n), a[2] + b[2] + delta * delta * (a[0] * b[0] / n)]
}

const moments = (finish: (piece: Moments) => Ran): Reducer => ({
  leaf: { _tag: "End", make: momentsOf },
  merge: (pieces: ReadonlyArray<Moments>) => pieces.reduce(together, [0, 0, 0]),
  finish
})

const mean = moments(([n, mean]) => n === 0 ? empty("the mean") : Effect.succeed(mean))

const variance = (ddof: number, root: boolean): Reducer =>
  moments(([n, , m2]) => {
    const what = root ? "the standard deviation" : "the variance"
    if (n === 0) return empty(what)
    if (n <= ddof) return Effect.fail(new Cause.NoSuchElementException(`${what} of ${n} with ddof ${ddof}`))
    return Effect.succeed(root ? Math.sqrt(m2 / (n - ddof)) : m2 / (n - ddof))
  })

/** A function of two that may have to be waited for, over elements one after the other. */
const folding = (
  f: (a: any, b: any) => unknown,
  isEffect: boolean,
  start: { readonly value: unknown } | undefined
): End => {
  let has = start !== undefined
  let acc = start?.value
  const result = (): unknown => has ? [acc] : []
  if (isEffect) {
    return {
      _tag: "Run",
      run: (x) => {
        if (has) return Effect.map(f(acc, x) as Ran, (next) => void (acc = next))
        has = true
        acc = x
        return Effect.void
      },
      result
    }
  }
  return {
    _tag: "Sink",
    sink: (x) => {
      acc = has ? f(acc, x) : x
      has = true
      return false
    },
    result
  }
}

/** Pieces are empty, or one value. */
const foldPieces = (f: (a: any, b: any) => unknown, isEffect: boolean) => (pieces: ReadonlyArray<readonly [any?]>) => {
  const values = pieces.flat()
  if (values.length === 0) return []
  return isEffect
    ? Effect.map(Effect.reduce(values.slice(1), values[0], (a, b) => f(a, b) as Ran), (one) => [one])
    : [values.reduce((a, b) => f(a, b))]
}

const fold = (resolve: Resolve, end: Extract<WireEnd, { readonly end: "fold" }>): Reducer => {
  const f = callOf(resolve(end.f))
  const combine = callOf(resolve(end.combine))
  return {
    leaf: { _tag: "End", make: () => folding(f.call, f.isEffect, { value: end.initial }) },
    merge: foldPieces(combine.call, combine.isEffect),
    finish: ([piece]) => Effect.succeed(piece)
  }
}

const extreme = (resolve: Resolve, { end, order }: Extract<WireEnd, { readonly end: "min" | "max" }>): Reducer => {
  const sign = end === "min" ? 1 : -1
  const named = typeof order === "string" ? namedOrders.get(order) ?? compareNatural : undefined
  const { call, isEffect } = named === undefined ? callOf(resolve(order as Wire)) : { call: named, isEffect: false }
  // The first of equal ones stays.
  const pick = (a: unknown, b: unknown, n: unknown): unknown => Number(n) * sign > 0 ? b : a
  const f = isEffect
    ? (a: unknown, b: unknown) => Effect.map(call(a, b) as Ran, (n) => pick(a, b, n))
    : (a: unknown, b: unknown) => pick(a, b, call(a, b))
  return {
    leaf: { _tag: "End", make: () => folding(f, isEffect, undefined) },
    merge: foldPieces(f, isEffect),
    finish: (piece) => piece.length === 0 ? empty(`the ${end}imum`) : Effect.succeed(piece[0])
  }
}

const reduction = (resolve: Resolve, end: Extract<WireEnd, { readonly end: "reduction" }>): Reducer => ({
  leaf: { _tag: "Whole", of: callOf(resolve(end.f)).call },
  merge: callOf(resolve(end.aggregate)).call,
  finish: value
})

/** Pieces are pairs of rank and element, the highest first. */
const topk = (k: number, mark: boolean): Reducer => ({
  leaf: {
    _tag: "End",
    make: () => {
      const top = new Top<unknown>(k)
      const sink = mark
        ? (pair: readonly [unknown, unknown]) => (top.add(pair[0], pair[1]), false)
        : (x: unknown) => (top.add(x, x), false)
      return { _tag: "Sink", sink, result: () => top.sorted() }
    }
  },
  merge: (pieces: ReadonlyArray<ReadonlyArray<readonly [unknown, unknown]>>) => {
    const top = new Top<unknown>(k)
    for (const piece of pieces) for (const [rank, x] of piece) top.add(rank, x)
    return top.sorted()
  },
  finish: (piece: ReadonlyArray<readonly [unknown, unknown]>) => Effect.succeed(piece.map(([, x]) => x))
})

/** Pieces are keys, and the first element of each; the keys alone where they are the elements. */
const distinct = (mark: boolean): Reducer => ({
  leaf: {
    _tag: "End",
    make: () => {
      const index = new KeyIndex<unknown>()
      const firsts: Array<unknown> = []
      const sink = mark
        ? ([key, x]: readonly [unknown, unknown]) => {
          if (index.add(key) === firsts.length) firsts.push(x)
          return false
        }
        : (x: unknown) => (index.add(x), false)
      return { _tag: "Sink", sink, result: () => mark ? [index.keys, firsts] : [index.keys] }
    }
  },
  merge: (pieces: ReadonlyArray<ReadonlyArray<ReadonlyArray<unknown>>>) => {
    const index = new KeyIndex<unknown>()
    const firsts: Array<unknown> = []
    for (const [keys, elements] of pieces) {
      keys!.forEach((key, n) => {
        if (index.add(key) === firsts.length) firsts.push(elements === undefined ? key : elements[n])
      })
    }
    return mark ? [index.keys, firsts] : [index.keys]
  },
  finish: (piece) => Effect.succeed(piece[piece.length - 1])
})

/** Pieces are keys and counts. */
const frequencies: Reducer = {
  leaf: {
    _tag: "End",
    make: () => {
      const index = new KeyIndex<unknown>()
      const counts: Array<number> = []
      const sink = (x: unknown) => {
        const n = index.add(x)
        counts[n] = (counts[n] ?? 0) + 1
        return false
      }
      return { _tag: "Sink", sink, result: () => [index.keys, counts] }
    }
  },
  merge: (pieces: ReadonlyArray<readonly [ReadonlyArray<unknown>, ReadonlyArray<number>]>) => {
    const index = new KeyIndex<unknown>()
    const counts: Array<number> = []
    for (const [keys, each] of pieces) {
      keys.forEach((key, at) => {
        const n = index.add(key)
        counts[n] = (counts[n] ?? 0) + each[at]!
      })
    }
    return [index.keys, counts]
  },
  finish: ([keys, counts]: readonly [ReadonlyArray<unknown>, ReadonlyArray<number>]) =>
    Effect.succeed(keys.map((key, n) => [key, counts[n]!] as const))
}

export const reducerOf = (end: WireEnd, resolve: Resolve): Reducer => {
  switch (end.end) {
    case "sum":
      return sum
    case "count":
      return count
    case "mean":
      return mean
    case "any":
    case "all":
      return until(end.end === "any")
    case "variance":
      return variance(end.ddof, end.root)
    case "min":
    case "max":
      return extreme(resolve, end)
    case "fold":
      return fold(resolve, end)
    case "reduction":
      return reduction(resolve, end)
    case "topk":
      return topk(end.k, end.mark)
    case "distinct":
      return distinct(end.mark)
    case "frequencies":
      return frequencies
  }
}
