/**
 * The words of files of text: by a bag on two threads, and by the loop one would write for one.
 */
import { Bag } from "@creel/collections"
import { Client } from "creel"
import { Effect } from "effect"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import { topOf } from "../Texts.js"

const blockSize = 8_000_000

const topOfBag = (files: ReadonlyArray<string>) =>
  Bag.textFiles(files, { blockSize }).pipe(
    Bag.map((line: string) => line.toLowerCase()),
    Bag.map((line: string): ReadonlyArray<string> => line.match(/\S+/g) ?? []),
    Bag.flatten,
    Bag.frequencies,
    Bag.topk(10, ([, times]: readonly [string, number]) => times)
  )

const byBag = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const top = yield* yield* Client.compute(topOfBag(files))
    return top.reduce((sum, [, times]) => sum + times, 0)
  }).pipe(Effect.scoped)

const byLoop = (files: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const counts = new Map<string, number>()
    for (const file of files) {
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        for (const word of line.toLowerCase().match(/\S+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1)
      }
    }
    return topOf(counts.values(), 10)
  })

/** Milliseconds by the clock, and microseconds of processor time for a megabyte. */
const timed = <E, R>(order: Order, name: string, work: Effect.Effect<number, E, R>) =>
  Effect.gen(function*() {
    yield* settle
    const before = process.cpuUsage()
    const started = performance.now()
    const found = yield* work
    const millis = performance.now() - started
    const { system, user } = process.cpuUsage(before)
    const { top } = order.texts
    if (found !== top) {
      return yield* Effect.dieMessage(`${name}: the ten words are there ${found} times, not ${top} times`)
    }
    const megabytes = order.counts["wordcount"]! / 1e6
    return { millis, value: megabytes / millis * 1e3, cpu: (system + user) / megabytes }
  })

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const { files } = order.texts
    const bag = timed(order, "the bag", byBag(files))
    const loop = timed(order, "the loop", byLoop(files))
    yield* bag
    yield* loop
    for (let n = 0; n < order.repeats; n++) {
      const found = yield* bag
      emit({ figure: "wordcount", value: found.value, cpu: found.cpu })
      const alone = yield* loop
      emit({ figure: "wordcount", subject: "by-hand", variant: "1 thread", value: alone.value, cpu: alone.cpu })
      emit({ figure: "wordcount-to-loop", value: alone.millis / found.millis })
    }
  }).pipe(Effect.provide(threads(2, { tasks: new URL("../bagTasks.js", import.meta.url) })))
