/**
 * The element-wise operations of a pass as they cross, and what each does to one element. `run` owns the way through
 * a partition, `reducers` what is made at its end.
 *
 * Elements are pushed: an operation is a function that calls the next. This is the inner loop of every bag, and an
 * iterator per operation would cost some ten times as much.
 */
import type * as Callable from "creel/Callable"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { randomOf } from "./random.js"

/**
 * An operation as it crosses: plain data. `args` come after the element among the arguments of `f`.
 */
export type WireOp =
  | {
    readonly op: "map" | "starmap" | "filter" | "remove" | "partition"
    readonly f: Callable.Wire
    readonly args: ReadonlyArray<unknown>
  }
  | { readonly op: "tag"; readonly f: Callable.Wire }
  | {
    readonly op: "pluck"
    readonly key: string | number
    readonly otherwise?: { readonly value: unknown } | undefined
  }
  | { readonly op: "flatten" | "range" }
  | { readonly op: "take"; readonly count: number }
  | { readonly op: "sample"; readonly fraction: number; readonly seed: number; readonly partition: number }

/** A function as a worker knows it. */
export type Resolved = Callable.Resolved<any, unknown, unknown>

export type Resolve = (wire: Callable.Wire) => Resolved

/** Takes an element. True: no more are wanted. */
export type Sink = (x: any) => boolean

/** What an operation does. */
export type Step =
  | { readonly _tag: "Push"; readonly link: (next: Sink) => Sink }
  | {
    readonly _tag: "Run"
    readonly run: (x: unknown) => Effect.Effect<unknown, unknown>
    /** What the answer means: the next element, or whether to keep this one. */
    readonly answer: "value" | "keep" | "drop"
  }
  | {
    readonly _tag: "Whole"
    /** Answers an iterable or a Stream, or what the last step makes of them. */
    readonly of: (xs: unknown) => Effect.Effect<unknown, unknown>
    /** Whose failure it is, when a Stream fails later. */
    readonly by: Resolved | undefined
  }

/** What a function that was called has thrown, as the end that its task makes of it. */
export class Thrown {
  constructor(readonly exit: Exit.Exit<never, unknown>) {}
}

/** Elements may go through other people's code between two functions: what one of them threw stays what it was. */
const thrown = (error: unknown, { caught }: Resolved): Thrown =>
  error instanceof Thrown ? error : new Thrown(caught(error))

type Call = (...args: ReadonlyArray<any>) => unknown

/** A function of two or of any number, as it stands: for reducers. */
export const callOf = (f: Resolved): { readonly call: Call; readonly isEffect: boolean } => {
  const { sync } = f
  if (sync === undefined) return { call: f.run, isEffect: true }
  const call = (a: unknown, b: unknown) => {
    try {
      return sync(a, b)
    } catch (error) {
      throw thrown(error, f)
    }
  }
  return { call, isEffect: false }
}

const withArgs = (f: Call, args: ReadonlyArray<unknown>): (x: any) => unknown =>
  args.length === 0 ? f : args.length === 1 ? (x) => f(x, args[0]) : (x) => f(x, ...args)

const spread = (f: Call, args: ReadonlyArray<unknown>): (x: any) => unknown =>
  args.length === 0 ? (x) => f(...x) : (x) => f(...x, ...args)

const guarded = (f: (x: any) => unknown, of: Resolved) => (x: any): unknown => {
  try {
    return f(x)
  } catch (error) {
    throw thrown(error, of)
  }
}

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

const take = (count: number): Step => ({
  _tag: "Push",
  link: (next) => {
    let left = count
    return (x) => left-- <= 0 || next(x) || left <= 0
  }
})

const pluck = (key: PropertyKey, otherwise: { readonly value: unknown } | undefined): Step =>
  otherwise === undefined
    ? mapping((x) => x[key])
    : mapping((x) => {
      const value = x === null || x === undefined ? undefined : x[key]
      return value === undefined ? otherwise.value : value
    })

/** The numbers from the `from`-th to before the `to`-th of `start`, `start + step`, and so on. */
export interface Range {
  readonly start: number
  readonly step: number
  readonly from: number
  readonly to: number
}

function* range({ from, start, step, to }: Range) {
  // Multiplied, not added up: steps like 0.1 would drift.
  for (let i = from; i < to; i++) yield start + i * step
}

const called = (op: Extract<WireOp, { readonly args: unknown }>, f: Resolved): Step => {
  const through = op.op === "starmap" ? spread : withArgs
  if (f.sync === undefined) {
    const run = through(f.run, op.args) as (x: unknown) => Effect.Effect<unknown, unknown>
    if (op.op === "partition") return { _tag: "Whole", of: run, by: f }
    return { _tag: "Run", run, answer: op.op === "filter" ? "keep" : op.op === "remove" ? "drop" : "value" }
  }
  const sync = guarded(through(f.sync, op.args), f)
  switch (op.op) {
    case "partition":
      return { _tag: "Whole", of: (xs) => Effect.sync(() => sync(xs)), by: f }
    case "filter":
    case "remove":
      return keeping(sync, op.op === "filter")
    default:
      return mapping(sync)
  }
}

const tag = (f: Resolved): Step => {
  if (f.sync === undefined) {
    return { _tag: "Run", run: (x) => Effect.map(f.run(x), (key) => [key, x]), answer: "value" }
  }
  const sync = guarded(f.sync, f)
  return mapping((x) => [sync(x), x])
}

export const stepOf = (op: WireOp, resolve: Resolve): Step => {
  switch (op.op) {
    case "pluck":
      return pluck(op.key, op.otherwise)
    case "flatten":
      return flatten
    case "range":
      return { _tag: "Whole", of: (xs: any) => Effect.sync(() => range(xs)), by: undefined }
    case "take":
      return take(op.count)
    case "sample":
      return sample(op.fraction, op.seed, op.partition)
    case "tag":
      return tag(resolve(op.f))
    default:
      return called(op, resolve(op.f))
  }
}
