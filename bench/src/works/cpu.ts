/**
 * Work that keeps processors busy, on one thread and on two, by Creel and by hand: rows of the Mandelbrot set, and the
 * words of a text.
 */
import { Client } from "creel"
import { Context, Effect, Layer } from "effect"
import { Worker } from "node:worker_threads"
import { processor, settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"
import type { Job } from "../workers/byHand.js"
import { countWords, mandelbrotRow } from "../workers/functions.js"
import { cuts, text } from "./text.js"

type Words = Map<string, number>

/** Bytes of text in one task. Merging what tasks counted is the program's own work: with smaller pieces it counts more. */
const piece = 2_000_000

const range = (from: number, end: number): Array<number> => Array.from({ length: end - from }, (_, n) => from + n)

const merged = (all: ReadonlyArray<Words>): Words => {
  const total: Words = new Map()
  for (const words of all) for (const [word, count] of words) total.set(word, (total.get(word) ?? 0) + count)
  return total
}

/** One number for a whole result, to tell whether it is right. */
const sumOfRows = (rows: ReadonlyArray<Uint16Array>): number =>
  rows.reduce((sum, row, y) => row.reduce((inRow, steps) => inRow + steps * (y % 7 + 1), sum), 0)
const sumOfWords = (words: Words): number =>
  [...words].reduce((sum, [word, count]) => sum + word.length * count, words.size)

/** Rows that are not the cheapest, and far from the dearest. */
const fewRows = (size: number) => [Math.round(size / 12), Math.round(size / 6)] as const

/** A piece of work and who does it; answers its one number. */
interface Doer {
  readonly subject: "creel-threads" | "by-hand"
  readonly threads: number
  readonly mandelbrot: Effect.Effect<number, unknown>
  /** A few rows of the picture, of the cheaper ones: the same code, and results of the same size, in a fraction of the time. */
  readonly small: Effect.Effect<number, unknown>
  readonly words: Effect.Effect<number, unknown>
}

interface Given {
  readonly size: number
  readonly text: Uint8Array
  readonly cuts: ReadonlyArray<number>
}

const byCreel = (count: number, given: Given) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(threads(count))
    const client = Context.get(context, Client.Client)
    const there = yield* client.scatter(given.text)
    const { cuts, size } = given
    const pieces = cuts.length - 1
    const picture = (from: number, end: number) =>
      Effect.scoped(Effect.gen(function*() {
        const ys = range(from, end)
        const rows = yield* client.map(Tasks.mandelbrotRow, ys, ys.map(() => size))
        return sumOfRows(yield* client.gather(rows))
      }))
    const doer: Doer = {
      subject: "creel-threads",
      threads: count,
      mandelbrot: picture(0, size),
      small: picture(...fewRows(size)),
      words: Effect.scoped(Effect.gen(function*() {
        const texts = range(0, pieces).map(() => there)
        const counted = yield* client.map(Tasks.countWords, texts, cuts.slice(0, -1), cuts.slice(1))
        return sumOfWords(merged(yield* client.gather(counted)))
      }))
    }
    return doer
  })

/** Gives all threads the job and waits until every piece is back. */
const collect = <A>(workers: ReadonlyArray<Worker>, job: Job): Effect.Effect<Array<A>> =>
  Effect.async((resume) => {
    const from = job.next[0]!
    const values = new Array<A>(job.end - from)
    let left = values.length
    const listen = (found: { readonly piece: number; readonly value: A }) => {
      values[found.piece - from] = found.value
      left--
      if (left > 0) return
      for (const worker of workers) worker.off("message", listen)
      resume(Effect.succeed(values))
    }
    for (const worker of workers) {
      worker.on("message", listen)
      worker.postMessage(job)
    }
  })

const byHand = (count: number, given: Given) =>
  Effect.gen(function*() {
    const workers = yield* Effect.acquireRelease(
      Effect.sync(() => range(0, count).map(() => new Worker(new URL("../workers/byHand.js", import.meta.url)))),
      (workers) => Effect.promise(() => Promise.all(workers.map((worker) => worker.terminate())))
    )
    const { cuts, size, text } = given
    const job = (work: Job["work"], from: number, end: number): Job => ({
      work,
      end,
      size,
      text,
      cuts,
      next: new Int32Array(new SharedArrayBuffer(4)).fill(from)
    })
    const picture = (from: number, end: number) =>
      Effect.suspend(() => Effect.map(collect<Uint16Array>(workers, job("mandelbrot", from, end)), sumOfRows))
    const doer: Doer = {
      subject: "by-hand",
      threads: count,
      mandelbrot: picture(0, size),
      small: picture(...fewRows(size)),
      words: Effect.suspend(() =>
        Effect.map(collect<Words>(workers, job("words", 0, cuts.length - 1)), (all) => sumOfWords(merged(all)))
      )
    }
    return doer
  })

const timed = (name: string, work: Effect.Effect<number, unknown>, wanted: number) =>
  Effect.gen(function*() {
    yield* settle
    const started = performance.now()
    const found = yield* work
    const millis = performance.now() - started
    if (found !== wanted) return yield* Effect.dieMessage(`${name}: the result is ${found}, not ${wanted}`)
    return millis
  })

/**
 * Everyone warms up on a few rows again and again: a whole picture takes a second, in which there are few ends to tell, so that
 * the code which tells them would be measured before it is compiled. And for longer than on other works, since most of this
 * processor time goes into the rows, and little into that code.
 */
const warmUp = (order: Order, doers: ReadonlyArray<Doer>) =>
  Effect.gen(function*() {
    for (const { small } of doers) {
      const until = processor() + 5 * order.warmup
      while (processor() < until) yield* small
    }
  })

/** One of the two works: done once, then in turns; what is compared was measured one after the other. */
const compare = (
  order: Order,
  work: "mandelbrot" | "words",
  doers: ReadonlyArray<Doer>,
  wanted: number,
  size: number
) =>
  Effect.gen(function*() {
    for (const doer of doers) yield* timed(work, doer[work], wanted)
    for (let n = 0; n < order.repeats; n++) {
      const millis: Record<string, number> = {}
      for (const doer of doers) {
        const { subject, threads } = doer
        const took = yield* timed(work, doer[work], wanted)
        millis[`${subject} ${threads}`] = took
        const variant = threads === 1 ? "1 thread" : `${threads} threads`
        emit({ figure: work, subject, variant, value: size / took * 1000 })
      }
      for (const subject of ["creel-threads", "by-hand"]) {
        const value = millis[`${subject} 1`]! / millis[`${subject} 2`]!
        emit({ figure: `${work}-speedup`, subject, value })
      }
      emit({ figure: `${work}-to-hand`, value: millis["by-hand 2"]! / millis["creel-threads 2"]! })
    }
  })

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const size = order.counts["mandelbrot"] ?? 0
    const all = text(order.counts["words"]!)
    const given: Given = { size, text: all, cuts: cuts(all, piece) }
    const doers = [
      yield* byHand(1, given),
      yield* byCreel(1, given),
      yield* byHand(2, given),
      yield* byCreel(2, given)
    ]
    if (order.works.includes("mandelbrot")) {
      const rows = range(0, size).map((y) => mandelbrotRow(y, size))
      yield* warmUp(order, doers)
      yield* compare(order, "mandelbrot", doers, sumOfRows(rows), size)
    }
    if (order.works.includes("words")) {
      const pieces = given.cuts.slice(0, -1).map((from, index) => countWords(all, from, given.cuts[index + 1]!))
      yield* compare(order, "words", doers, sumOfWords(merged(pieces)), all.length / 1e6)
    }
  }).pipe(Effect.scoped)
