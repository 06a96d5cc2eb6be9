/**
 * One way through a partition: all operations of a pass at once, element after element, and what is made at its end. It
 * owns the order of things, interruption, and the turns it leaves to others; `ops` says what an operation does.
 *
 * 1. Nothing is kept but what the end keeps: the elements, or what a reducer makes of them.
 * 2. Functions that return their value are called directly; Effects run one after the other, and each element goes
 *    through to the end before the next is taken.
 * 3. A pass that runs for long without an Effect leaves the thread to others every few milliseconds, and can be interrupted
 *    there.
 */
import * as Callable from "creel/Callable"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { breathe, Pace } from "./breath.js"
import { type Resolved, type Sink, type Step, Thrown } from "./ops.js"

type Ran<A = unknown> = Effect.Effect<A, unknown>

/** Where elements end: taken at once, or each waited for. */
export type End =
  | { readonly _tag: "Sink"; readonly sink: Sink; readonly result: () => unknown }
  | { readonly _tag: "Run"; readonly run: (x: any) => Ran<unknown>; readonly result: () => Ran }

const resultOf = (end: End): Ran => end._tag === "Sink" ? Effect.sync(end.result) : Effect.suspend(end.result)

/** The elements themselves. */
export const collect = (): End => {
  const out: Array<unknown> = []
  return {
    _tag: "Sink",
    sink: (x) => {
      out.push(x)
      return false
    },
    result: () => out
  }
}

/** Takes an element; an Effect where it has to be waited for. */
type Feed = (x: unknown) => boolean | Ran<boolean>

type Each = Exclude<Step, { readonly _tag: "Whole" }>

const isEffectful = (step: Step): boolean => step._tag === "Run"

const linked = (steps: ReadonlyArray<Step>, end: Sink): Sink => {
  let sink = end
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!
    if (step._tag === "Push") sink = step.link(sink)
  }
  return sink
}

const endFeed = (end: End): Feed => {
  if (end._tag === "Sink") return end.sink
  return (x) => {
    const ran = end.run(x)
    return Exit.isExit(ran) && Exit.isSuccess(ran) ? false : Effect.as(ran, false)
  }
}

/** An Effect for each element. What has ended already is not run. */
const runFeed = (step: Extract<Step, { readonly _tag: "Run" }>, next: Feed): Feed => {
  const go = step.answer === "value"
    ? (_: unknown, answer: unknown) => next(answer)
    : (x: unknown, answer: unknown) => (answer === true) === (step.answer === "keep") ? next(x) : false
  const after = (x: unknown, answer: unknown): Ran<boolean> => {
    const more = go(x, answer)
    return typeof more === "boolean" ? Effect.succeed(more) : more
  }
  return (x) => {
    const ran = step.run(x)
    return Exit.isExit(ran) && Exit.isSuccess(ran)
      ? go(x, ran.value)
      : Effect.flatMap(ran, (answer) => after(x, answer))
  }
}

/** Operations that need no waiting, before one that does: what one element becomes is handed on piece by piece. */
const pushFeed = (steps: ReadonlyArray<Step>, next: Feed): Feed => {
  if (steps.length === 0) return next
  let out: Array<unknown> = []
  const sink = linked(steps, (x) => {
    out.push(x)
    return false
  })
  return (x) => {
    const enough = sink(x)
    if (out.length === 0) return enough
    const pieces = out
    out = []
    const more = feedAll(pieces, 0, next)
    if (typeof more === "boolean") return more || enough
    return enough ? Effect.as(more, true) : more
  }
}

const feedAll = (pieces: ReadonlyArray<unknown>, from: number, next: Feed): boolean | Ran<boolean> => {
  for (let i = from; i < pieces.length; i++) {
    const more = next(pieces[i])
    if (more === true) return true
    if (more !== false) {
      return Effect.flatMap(more, (enough) => {
        const rest = enough ? true : feedAll(pieces, i + 1, next)
        return typeof rest === "boolean" ? Effect.succeed(rest) : rest
      })
    }
  }
  return false
}

const feedOf = (steps: ReadonlyArray<Each>, end: End): Feed => {
  if (end._tag === "Sink" && !steps.some(isEffectful)) return linked(steps, end.sink)
  let feed = endFeed(end)
  let to = steps.length
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!
    if (step._tag !== "Run") continue
    feed = runFeed(step, pushFeed(steps.slice(i + 1, to), feed))
    to = i
  }
  return pushFeed(steps.slice(0, to), feed)
}

/** Where a partition is being read. */
interface Cursor {
  /** Feeds so many elements, fewer if one has to be waited for. `undefined`: there are more. */
  readonly take: (count: number, feed: Feed) => "end" | "enough" | undefined | Ran<boolean>
  readonly close: (() => void) | undefined
}

const cursorOfArray = (xs: ReadonlyArray<unknown>): Cursor => {
  let at = 0
  return {
    take: (count, feed) => {
      const until = Math.min(at + count, xs.length)
      while (at < until) {
        const more = feed(xs[at++])
        if (more === false) continue
        return more === true ? "enough" : more
      }
      return at < xs.length ? undefined : "end"
    },
    close: undefined
  }
}

const cursorOf = (xs: Iterable<unknown>): Cursor => {
  if (Array.isArray(xs)) return cursorOfArray(xs)
  const iterator = xs[Symbol.iterator]()
  return {
    take: (count, feed) => {
      for (let left = count; left > 0; left--) {
        const next = iterator.next()
        if (next.done === true) return "end"
        const more = feed(next.value)
        if (more === false) continue
        return more === true ? "enough" : more
      }
      return undefined
    },
    close: iterator.return === undefined ? undefined : () => iterator.return?.()
  }
}

/** All elements of an iterable, with pauses. Answers whether no more are wanted. */
const drain = (xs: Iterable<unknown>, feed: Feed): Ran<boolean> =>
  Effect.suspend(() => {
    const cursor = cursorOf(xs)
    const pace = new Pace()
    const loop = (): Ran<boolean> => {
      for (;;) {
        const at = cursor.take(pace.count, feed)
        if (at === "end") return Effect.succeed(false)
        if (at === "enough") return Effect.sync(() => (cursor.close?.(), true))
        if (at !== undefined) {
          return Effect.flatMap(at, (enough) => enough ? Effect.sync(() => (cursor.close?.(), true)) : loop())
        }
        if (pace.isDue()) return Effect.flatMap(breathe, () => (pace.begin(), loop()))
      }
    }
    return cursor.close === undefined
      ? loop()
      : Effect.onError(Effect.suspend(loop), () => Effect.sync(() => cursor.close?.()))
  })

/** Chunk by chunk: the next one is asked for when all of one have gone through. */
const drainStream = (stream: Stream.Stream<unknown, unknown>, feed: Feed): Ran<void> =>
  Stream.chunks(stream).pipe(
    Stream.mapEffect((chunk) => drain(Chunk.toReadonlyArray(chunk), feed)),
    Stream.takeUntil((enough) => enough),
    Stream.runDrain
  )

const isStream = (u: unknown): u is Stream.Stream<unknown, unknown> => Predicate.hasProperty(u, Stream.StreamTypeId)

const pour = (source: unknown, feed: Feed): Ran<void> =>
  isStream(source) ? drainStream(source, feed) : Effect.asVoid(drain(source as Iterable<unknown>, feed))

/** What a function that takes a whole partition is given: the operations before it run as it asks for elements. */
const pulled = (source: Iterable<unknown>, steps: ReadonlyArray<Step>): Iterable<unknown> => ({
  *[Symbol.iterator]() {
    let out: Array<unknown> = []
    const sink = linked(steps, (x) => {
      out.push(x)
      return false
    })
    for (const x of source) {
      const enough = sink(x)
      if (out.length > 0) {
        const pieces = out
        out = []
        yield* pieces
      }
      if (enough) return
    }
  }
})

/** What goes into a function of a whole partition. Only what needs no waiting can be lazy. */
const inputOf = (source: unknown, steps: ReadonlyArray<Each>): Ran => {
  if (isStream(source) || steps.some(isEffectful)) {
    const end = collect()
    return Effect.zipRight(pour(source, feedOf(steps, end)), resultOf(end))
  }
  return Effect.succeed(steps.length === 0 ? source : pulled(source as Iterable<unknown>, steps))
}

/** A partition as far as the last function of a whole one has made it, and what is left to do to its elements. */
interface Reached {
  readonly source: unknown
  readonly rest: ReadonlyArray<Each>
}

const reach = (source: unknown, steps: ReadonlyArray<Step>): Effect.Effect<Reached, unknown> =>
  Effect.gen(function*() {
    let now = source
    let from = 0
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!
      if (step._tag !== "Whole") continue
      now = yield* step.of(yield* inputOf(now, steps.slice(from, i) as ReadonlyArray<Each>))
      if (step.by !== undefined && isStream(now)) now = failingBy(now, step.by)
      from = i + 1
    }
    return { source: now, rest: steps.slice(from) as ReadonlyArray<Each> }
  })

/** A Stream's failures are those of the function that made it, as if it had failed itself. */
const failingBy = (stream: Stream.Stream<unknown, unknown>, by: Resolved): Stream.Stream<unknown, unknown> =>
  Stream.mapError(stream, (error) => Callable.ownError(by, error))

/** What a function threw is what its task makes of it. */
export const withThrown = (self: Ran): Ran =>
  Effect.catchSomeDefect(self, (defect) => defect instanceof Thrown ? Option.some(defect.exit) : Option.none())

/** Runs a partition through steps into an end. */
export const run = (source: unknown, steps: ReadonlyArray<Step>, end: End): Ran =>
  withThrown(
    Effect.flatMap(
      reach(source, steps),
      (at) => Effect.zipRight(pour(at.source, feedOf(at.rest, end)), resultOf(end))
    )
  )

/** Runs a partition through steps, the last of which makes one value of it. */
export const runWhole = (source: unknown, steps: ReadonlyArray<Step>): Ran =>
  withThrown(Effect.map(reach(source, steps), (at) => at.source))
