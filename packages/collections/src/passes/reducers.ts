/**
 * What is made at the end of a pass, and how the pieces of several partitions become one. A reducer has three parts: of the
 * elements of a partition a piece, of pieces a piece, of the last piece the value. Pieces are plain data.
 *
 * Imperative on purpose: this runs for every element.
 */
import * as Callable from "creel/Callable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { KeyIndex } from "./keys.js"
import { callOf, type Resolve, type Resolved, type Step } from "./ops.js"
import { compareNatural, namedOrders, Top } from "./ranking.js"
import type { End } from "./run.js"

/** A reducer as it crosses: plain data. `mark` where elements come with a key before them (see the operation `tag`). */
export type WireEnd =
  | { readonly end: "sum" | "count" | "mean" | "any" | "all" }
  | { readonly end: "variance"; readonly ddof: number; readonly root: boolean }
  | { readonly end: "min" | "max"; readonly order: Callable.Wire | string }
  | { readonly end: "fold"; readonly f: Callable.Wire; readonly combine: Callable.Wire; readonly initial: unknown }
  | { readonly end: "reduction"; readonly f: Callable.Wire; readonly aggregate: Callable.Wire }
  | { readonly end: "topk"; readonly k: number; readonly mark: boolean }
  | { readonly end: "distinct"; readonly mark: boolean }
  | { readonly end: "frequencies" }
  | { readonly end: "into"; readonly f: Callable.Wire; readonly args: ReadonlyArray<unknown> }

type Ran<A = unknown> = Effect.Effect<A, unknown>

export interface Reducer {
  /** Where the elements of a partition end, or what makes a piece of all of them. */
  readonly leaf: { readonly _tag: "End"; readonly make: Ran<End> } | Extract<Step, { readonly _tag: "Whole" }>
  readonly merge: (pieces: ReadonlyArray<any>) => Ran
  readonly finish: (piece: any) => Ran
  /** By whose `success` Schema pieces and the value cross, and how many levels of arrays are around what it made. */
  readonly owner?: { readonly piece: Owned; readonly merged: Owned; readonly value: Owned } | undefined
}

export type Owned = { readonly by: Resolved; readonly depth: number } | undefined

const leaf = (make: () => End): Reducer["leaf"] => ({ _tag: "End", make: Effect.sync(make) })

const merging = <P>(f: (pieces: ReadonlyArray<P>) => unknown) => (pieces: ReadonlyArray<P>): Ran =>
  Effect.sync(() => f(pieces))

const value = <A>(piece: A): Effect.Effect<A> => Effect.succeed(piece)

const empty = (what: string): Ran => Effect.fail(new Cause.NoSuchElementException(`${what} of an empty bag`))

const add = (pieces: ReadonlyArray<number>): number => pieces.reduce((a, b) => a + b, 0)

const sum: Reducer = {
  leaf: leaf(() => {
    let total = 0
    return { _tag: "Sink", sink: (x) => ((total += x), false), result: () => total }
  }),
  merge: merging(add),
  finish: value
}

const count: Reducer = {
  leaf: leaf(() => {
    let n = 0
    return { _tag: "Sink", sink: () => ((n += 1), false), result: () => n }
  }),
  merge: merging(add),
  finish: value
}

/** `any` ends at the first `true`, `all` at the first `false`. */
const until = (wanted: boolean): Reducer => ({
  leaf: leaf(() => {
    let found = false
    return {
      _tag: "Sink",
      sink: (x) => (found = Boolean(x) === wanted),
      result: () => found === wanted
    }
  }),
  merge: merging((pieces) => pieces.includes(wanted) === wanted),
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
  leaf: leaf(momentsOf),
  merge: merging((pieces: ReadonlyArray<Moments>) => pieces.reduce(together, [0, 0, 0])),
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

/** A function of two that may have to be waited for, over elements one after the other. Its piece is empty, or one value. */
const folding = (
  f: (a: any, b: any) => unknown,
  isEffect: boolean,
  start: { readonly value: unknown } | undefined
): End => {
  let has = start !== undefined
  let acc = start?.value
  const first = (x: unknown): false => {
    has = true
    acc = x
    return false
  }
  if (isEffect) {
    return {
      _tag: "Run",
      run: (x) => has ? Effect.map(f(acc, x) as Ran, (next) => void (acc = next)) : Exit.succeed(first(x)),
      result: () => Effect.succeed(has ? [acc] : [])
    }
  }
  return {
    _tag: "Sink",
    sink: (x) => {
      if (!has) return first(x)
      acc = f(acc, x)
      return false
    },
    result: () => has ? [acc] : []
  }
}

const foldPieces =
  (f: (a: any, b: any) => unknown, isEffect: boolean) => (pieces: ReadonlyArray<ReadonlyArray<unknown>>): Ran => {
    const values = pieces.flat(1)
    if (values.length === 0) return Effect.succeed([])
    return isEffect
      ? Effect.map(Effect.reduce(values.slice(1), values[0], (a, b) => f(a, b) as Ran), (one) => [one])
      : Effect.sync(() => [values.reduce((a, b) => f(a, b))])
  }

const fold = (resolve: Resolve, end: Extract<WireEnd, { readonly end: "fold" }>): Reducer => {
  const binop = resolve(end.f)
  const combine = resolve(end.combine)
  const { call, isEffect } = callOf(binop)
  const both = callOf(combine)
  return {
    leaf: leaf(() => folding(call, isEffect, { value: end.initial })),
    merge: foldPieces(both.call, both.isEffect),
    finish: ([piece]) => Effect.succeed(piece),
    owner: { piece: { by: binop, depth: 1 }, merged: { by: combine, depth: 1 }, value: { by: combine, depth: 0 } }
  }
}

const orderOf = (
  resolve: Resolve,
  order: Callable.Wire | string
): { call: (a: any, b: any) => unknown; isEffect: boolean } =>
  typeof order === "string"
    ? { call: namedOrders.get(order) ?? compareNatural, isEffect: false }
    : callOf(resolve(order))

/** Pieces are empty, or the element. */
const extreme = (
  resolve: Resolve,
  { end, order }: Extract<WireEnd, { readonly end: "min" | "max" }>,
  elements: Resolved | undefined
): Reducer => {
  const sign = end === "min" ? 1 : -1
  const { call, isEffect } = orderOf(resolve, order)
  // The first of equal ones stays.
  const pick = (a: unknown, b: unknown, n: unknown): unknown => Number(n) * sign > 0 ? b : a
  const f = isEffect
    ? (a: unknown, b: unknown) => Effect.map(call(a, b) as Ran, (n) => pick(a, b, n))
    : (a: unknown, b: unknown) => pick(a, b, call(a, b))
  return {
    leaf: leaf(() => folding(f, isEffect, undefined)),
    merge: foldPieces(f, isEffect),
    finish: (piece) => piece.length === 0 ? empty(`the ${end}imum`) : Effect.succeed(piece[0]),
    owner: owned(elements, 1, 0)
  }
}

const owned = (by: Resolved | undefined, piece: number | undefined, value: number): Reducer["owner"] =>
  by && {
    piece: piece === undefined ? undefined : { by, depth: piece },
    merged: piece === undefined ? undefined : { by, depth: piece },
    value: { by, depth: value }
  }

/** For pieces whose last list holds elements, deeper than a mark reaches: these cross by their owner's Schema one by one. */
const coded = (elements: Resolved | undefined, self: Reducer): Reducer => {
  const { leaf } = self
  if (elements === undefined || leaf._tag === "Whole") return self
  const each = (f: (x: any) => unknown) => (piece: any) => [...piece.slice(0, -1), piece[piece.length - 1].map(f)]
  const encode = each((x) => Callable.encodeValue(elements, x))
  const decode = each((x) => Callable.decodeValue(elements, x))
  return {
    leaf: { _tag: "End", make: Effect.map(leaf.make, (end) => mapEnd(end, encode)) },
    merge: (pieces) => Effect.map(self.merge(pieces.map(decode)), encode),
    finish: (piece) => self.finish(decode(piece)),
    owner: owned(elements, undefined, 1)
  }
}

const mapEnd = (end: End, f: (result: unknown) => unknown): End =>
  end._tag === "Sink"
    ? { ...end, result: () => f(end.result()) }
    : { ...end, result: () => Effect.map(end.result(), f) }

const reduction = (resolve: Resolve, end: Extract<WireEnd, { readonly end: "reduction" }>): Reducer => {
  const first = resolve(end.f)
  const aggregate = resolve(end.aggregate)
  return {
    leaf: wholeOf(first),
    merge: wholeOf(aggregate).of,
    finish: value,
    owner: { piece: { by: first, depth: 0 }, merged: { by: aggregate, depth: 0 }, value: { by: aggregate, depth: 0 } }
  }
}

const wholeOf = (by: Resolved): Extract<Step, { readonly _tag: "Whole" }> => {
  const { call, isEffect } = callOf(by)
  return { _tag: "Whole", of: isEffect ? (xs) => call(xs) as Ran : (xs) => Effect.sync(() => call(xs)), by: undefined }
}

/** Pieces are ranks and elements, the highest first. */
type Ranked = readonly [ranks: ReadonlyArray<unknown>, elements: ReadonlyArray<unknown>]

const topk = (k: number, mark: boolean, elements: Resolved | undefined): Reducer =>
  coded(elements, {
    leaf: leaf(() => {
      const top = new Top<unknown>(k)
      const sink = mark
        ? (pair: readonly [unknown, unknown]) => (top.add(pair[0], pair[1]), false)
        : (x: unknown) => (top.add(x, x), false)
      return { _tag: "Sink", sink, result: () => top.sorted() }
    }),
    merge: merging((pieces: ReadonlyArray<Ranked>) => {
      const top = new Top<unknown>(k)
      for (const [ranks, elements] of pieces) ranks.forEach((rank, n) => top.add(rank, elements[n]))
      return top.sorted()
    }),
    finish: ([, elements]: Ranked) => Effect.succeed(elements)
  })

/** Pieces are keys, and the first element of each; the keys alone where they are the elements. */
const distinct = (mark: boolean, elements: Resolved | undefined): Reducer =>
  coded(elements, {
    leaf: leaf(() => {
      const index = new KeyIndex<unknown>()
      const firsts: Array<unknown> = []
      const sink = mark
        ? ([key, x]: readonly [unknown, unknown]) => {
          if (index.add(key) === firsts.length) firsts.push(x)
          return false
        }
        : (x: unknown) => (index.add(x), false)
      return { _tag: "Sink", sink, result: () => mark ? [index.keys, firsts] : [index.keys] }
    }),
    merge: merging((pieces: ReadonlyArray<ReadonlyArray<ReadonlyArray<unknown>>>) => {
      const index = new KeyIndex<unknown>()
      const firsts: Array<unknown> = []
      for (const [keys, elements] of pieces) {
        keys!.forEach((key, n) => {
          if (index.add(key) === firsts.length) firsts.push(elements === undefined ? key : elements[n])
        })
      }
      return mark ? [index.keys, firsts] : [index.keys]
    }),
    finish: (piece) => Effect.succeed(piece[piece.length - 1])
  })

/** Keys and how often each came. */
type Counts = readonly [keys: ReadonlyArray<unknown>, counts: ReadonlyArray<number>]

class Counting {
  private readonly index = new KeyIndex<unknown>()
  private readonly counts: Array<number> = []

  add(key: unknown, times: number): void {
    const n = this.index.add(key)
    if (n === this.counts.length) this.counts.push(times)
    else this.counts[n]! += times
  }

  get piece(): Counts {
    return [this.index.keys, this.counts]
  }
}

const frequencies: Reducer = {
  leaf: leaf(() => {
    const counting = new Counting()
    return { _tag: "Sink", sink: (x) => (counting.add(x, 1), false), result: () => counting.piece }
  }),
  merge: merging((pieces: ReadonlyArray<Counts>) => {
    const counting = new Counting()
    for (const [keys, counts] of pieces) keys.forEach((key, n) => counting.add(key, counts[n]!))
    return counting.piece
  }),
  finish: ([keys, counts]: Counts) => Effect.succeed(keys.map((key, n) => [key, counts[n]!] as const))
}

/** What an end that a task made fails with later is as if the task had failed itself. */
const endBy = (by: Resolved, end: End): End => {
  if (end._tag === "Sink") return end
  const owned = Effect.mapError((error: unknown) => Callable.ownError(by, error))
  return {
    _tag: "Run",
    run: (x) => {
      const ran = end.run(x)
      return Exit.isExit(ran) && Exit.isSuccess(ran) ? ran : owned(ran)
    },
    result: () => owned(Effect.suspend(end.result))
  }
}

/** An end of someone else's making; its pieces are not put together. */
const into = (resolve: Resolve, end: Extract<WireEnd, { readonly end: "into" }>): Reducer => {
  const by = resolve(end.f)
  return {
    // What a task makes that is called here alone never crosses: it may be an End.
    leaf: { _tag: "End", make: Effect.map(by.run(...end.args) as Ran<End>, (made) => endBy(by, made)) },
    merge: (pieces) => Effect.succeed(pieces),
    finish: value
  }
}

export const reducerOf = (end: WireEnd, resolve: Resolve, elements: Resolved | undefined): Reducer => {
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
      return extreme(resolve, end, elements)
    case "fold":
      return fold(resolve, end)
    case "reduction":
      return reduction(resolve, end)
    case "topk":
      return topk(end.k, end.mark, elements)
    case "distinct":
      return distinct(end.mark, elements)
    case "frequencies":
      return frequencies
    case "into":
      return into(resolve, end)
  }
}
