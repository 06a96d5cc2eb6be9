/**
 * The element-wise operations of a pass as they cross, and what each does to one element. `passRun` owns the way through
 * a partition, `reducers` what is made at its end.
 *
 * Elements are pushed: an operation is a function that calls the next. This is the inner loop of every bag, and an
 * iterator per operation would cost some ten times as much.
 */
import type { Wire } from "creel/Callable"
import type * as Effect from "effect/Effect"
import { randomOf } from "./random.js"

/**
 * An operation as it crosses: plain data. `args` come after the element among the arguments of `f`.
 */
export type WireOp =
  | {
    readonly op: "map" | "starmap" | "filter" | "remove" | "partition"
    readonly f: Wire
    readonly args: ReadonlyArray<unknown>
  }
  | { readonly op: "pluck"; readonly key: PropertyKey; readonly otherwise?: { readonly value: unknown } | undefined }
  | { readonly op: "flatten" }
  | { readonly op: "range" }
  | { readonly op: "sample"; readonly fraction: number; readonly seed: number; readonly partition: number }

/** A function as a worker knows it: called as it stands where that gives the value, else run as an Effect. */
export interface Resolved {
  readonly sync: ((...args: ReadonlyArray<any>) => unknown) | undefined
  readonly run: (...args: ReadonlyArray<any>) => Effect.Effect<unknown, unknown, any>
}

export type Resolve = (wire: Wire) => Resolved

/** Takes an element. True: no more are wanted. */
export type Sink = (x: any) => boolean

/** What an operation does. */
export type Step =
  | { readonly _tag: "Push"; readonly link: (next: Sink) => Sink }
  | {
    readonly _tag: "Run"
    readonly run: (x: unknown) => Effect.Effect<unknown, unknown, any>
    /** What the answer means: the next element, or whether to keep this one. */
    readonly answer: "value" | "keep" | "drop"
  }
  | {
    readonly _tag: "Whole"
    /** An iterable, a Stream, or an Effect of one. */
    readonly of: (xs: unknown) => unknown
  }

const unary = (f: (...args: ReadonlyArray<any>) => unknown, args: ReadonlyArray<unknown>): (x: unknown) => unknown =>
  args.length === 0 ? f as (x: unknown) => unknown : args.length === 1 ? (x) => f(x, args[0]) : (x) => f(x, ...args)

const spread = (f: (...args: ReadonlyArray<any>) => unknown, args: ReadonlyArray<unknown>): (x: any) => unknown =>
  args.length === 0 ? (x) => f(...x) : (x) => f(...x, ...args)

const mapping = (f: (x: any) => unknown): Step => ({ _tag: "Push", link: (next) => (x) => next(f(x)) })

const keeping = (f: (x: any) => unknown, wanted: boolean): Step => ({
  _tag: "Push",
  link: wanted ? (next) => (x) => f(x) ? next(x) : false : (next) => (x) => f(x) ? false : next(x)
})

const flatten: Step = {
  _tag: "Push",
  link: (next) => (xs: Iterable<unknown>) => {
    if (Array.isArray(xs)) {
      for (let i = 0; i < xs.length; i++) if (next(xs[i])) return true
      return false
    }
    for (const x of xs) if (next(x)) return true
    return false
  }
}

/** Drawn again from the beginning each time the pass runs, so that the same elements are chosen. */
const sample = (fraction: number, seed: number, partition: number): Step => ({
  _tag: "Push",
  link: (next) => {
    const random = randomOf(seed, partition)
    return (x) => random() < fraction ? next(x) : false
  }
})

const pluck = (key: PropertyKey, otherwise: { readonly value: unknown } | undefined): Step =>
  otherwise === undefined
    ? mapping((x) => x[key])
    : mapping((x) => {
      const value = x === null || x === undefined ? undefined : x[key]
      return value === undefined ? otherwise.value : value
    })

function* range({ end, start, step }: { readonly start: number; readonly end: number; readonly step: number }) {
  const count = Math.ceil((end - start) / step)
  // Multiplied, not added up: steps like 0.1 would drift.
  for (let i = 0; i < count; i++) yield start + i * step
}

const called = (op: Extract<WireOp, { readonly f: Wire }>, f: Resolved): Step => {
  const through = op.op === "starmap" ? spread : unary
  if (op.op === "partition") {
    return { _tag: "Whole", of: f.sync === undefined ? unary(f.run, op.args) : unary(f.sync, op.args) }
  }
  if (f.sync === undefined) {
    return {
      _tag: "Run",
      run: through(f.run, op.args) as (x: unknown) => Effect.Effect<unknown, unknown, any>,
      answer: op.op === "filter" ? "keep" : op.op === "remove" ? "drop" : "value"
    }
  }
  const sync = through(f.sync, op.args)
  return op.op === "filter" ? keeping(sync, true) : op.op === "remove" ? keeping(sync, false) : mapping(sync)
}

export const stepOf = (op: WireOp, resolve: Resolve): Step => {
  switch (op.op) {
    case "pluck":
      return pluck(op.key, op.otherwise)
    case "flatten":
      return flatten
    case "range":
      return { _tag: "Whole", of: range as (xs: any) => unknown }
    case "sample":
      return sample(op.fraction, op.seed, op.partition)
    default:
      return called(op, resolve(op.f))
  }
}
