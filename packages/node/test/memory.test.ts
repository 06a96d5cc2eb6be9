import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client, type Door, MemorySampler } from "creel"
import { Effect, Logger, LogLevel } from "effect"
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { tasks } from "./utils/programs.js"
import { turn } from "./utils/turn.js"

const mega = 1024 * 1024

/** A cluster whose values may take so many bytes, and the directory it spills to. */
const cluster = (limit: number, more?: NodeCluster.ThreadsOptions & { readonly max?: number }) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "creel-test-"))
  const memory = { limit, spill: { directory, max: more?.max ?? 1000 * mega } }
  return { directory, layer: NodeCluster.layerThreads({ threads: 2, tasks, memory, ...more }) }
}

const fill = (length: number, n: number) => new Float64Array(length).fill(n)

const sumOf = (xs: Float64Array) => xs.reduce((a, b) => a + b, 0)

const megabyte = mega / 8

/** What values of a megabyte take at most. */
const asValue = mega + 1024

/** Whoever else has something to do goes first. */

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory).flatMap((life) =>
    readdirSync(path.join(directory, life)).map((file) => path.join(directory, life, file))
  )

const memoryOf = Effect.map(Client.workers, (workers) => workers[0]?.memory)

/** By their own books, which miss nothing between two looks: no more than the budget and what two threads make. */
const staysWithin = Client.workersMemory.pipe(
  Effect.zipLeft(turn),
  Effect.repeat({ until: (workers) => workers.every(({ peak, spilled }) => (peak ?? 0) > 0 && spilled > 0) }),
  Effect.map((workers) => {
    for (const { limit, managed, peak } of workers) {
      assert.isAtMost(managed, peak!)
      assert.isAtMost(peak!, limit! + 2 * asValue)
    }
  })
)

/** It has told of itself, and of all its executors, and did so after values were there. */
const isKnown = ({ executors, limit, shared }: Door.MemoryOfWorker): boolean =>
  limit !== undefined && (shared ?? 0) > 0 && executors.length === 2

describe("memory", () => {
  it.live("values of eight times the budget are made, kept and read, each as it was", () => {
    const { directory, layer } = cluster(8 * mega)
    return Effect.gen(function*() {
      const count = 64
      const numbers = Array.from({ length: count }, (_, n) => n)
      const values = yield* Client.map(fill, numbers.map(() => megabyte), numbers)
      yield* Client.wait(values)
      assert.isAtLeast(files(directory).length, count / 2)
      yield* staysWithin
      const sums = yield* Client.gather(yield* Client.map(sumOf, values))
      assert.deepStrictEqual(sums, numbers.map((n) => n * megabyte))
      yield* staysWithin
      // And so they come here, from memory and from the disk.
      assert.strictEqual(sumOf(yield* values[0]!), 0)
      assert.strictEqual(sumOf(yield* values[1]!), megabyte)
      assert.strictEqual(sumOf(yield* values[count - 1]!), (count - 1) * megabyte)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("copies nobody needs go, as soon as the cluster was told; workers know their machine", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.host), ["here", "here"])
      const data = yield* Client.scatter(fill(megabyte, 1), { broadcast: true })
      const value = yield* Client.submit((xs: Float64Array) => xs.map((x) => x + 1), data)
      yield* Client.wait(value)
      yield* Client.replicate(value, { copies: 2 })
      const count = Effect.map(Client.whoHas([value]), (has) => has[value.key]?.length)
      assert.strictEqual(yield* count, 2)
      yield* Client.replicate(value, { copies: 1 })
      yield* Effect.repeat(Effect.zipLeft(count, turn), { until: (n) => n === 1 })
      assert.strictEqual(sumOf(yield* value), 2 * megabyte)
    }).pipe(Effect.scoped, Effect.provide(cluster(64 * mega, { workers: 2, copiesIdle: 1, host: "here" }).layer)))

  it.live("a shuffle of four times the budget has the right answer", () => {
    const limit = 8 * mega
    const { layer } = cluster(limit, { workers: 2 })
    return Effect.gen(function*() {
      const [parts, buckets, length] = [64, 16, 4096]
      assert.strictEqual(parts * buckets * length * 8, 4 * limit)
      const numbers = Array.from({ length: parts }, (_, part) => part)
      const made = yield* Client.map(
        (part: number, buckets: number, length: number) =>
          Array.from({ length: buckets }, (_, bucket) => new Float64Array(length).fill(part * 100 + bucket)),
        numbers,
        numbers.map(() => buckets),
        numbers.map(() => length)
      )
      const sums = []
      for (let bucket = 0; bucket < buckets; bucket++) {
        const pieces = yield* Client.map(
          (part: ReadonlyArray<Float64Array>, bucket: number) => part[bucket]!.slice(),
          made,
          made.map(() => bucket)
        )
        sums.push(
          yield* Client.submit(
            (pieces: ReadonlyArray<Float64Array>) => pieces.map((piece) => piece.reduce((a, b) => a + b, 0)),
            pieces
          )
        )
      }
      const all = yield* Client.gather(sums)
      const expected = sums.map((_, bucket) => numbers.map((part) => length * (part * 100 + bucket)))
      assert.deepStrictEqual(all, expected)
      // Both spilled.
      yield* staysWithin
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("it is seen while it is used, and what it is used for", () => {
    const { layer } = cluster(4 * mega)
    return Effect.gen(function*() {
      const numbers = Array.from({ length: 16 }, (_, n) => n)
      const values = yield* Client.map(fill, numbers.map(() => megabyte), numbers)
      const { samples } = yield* Client.wait(values).pipe(
        Effect.zipRight(Client.memory.pipe(
          Effect.zipLeft(turn),
          Effect.repeat({
            until: ({ workers }) => workers.every((one) => isKnown(one) && one.managed + one.spilled >= 16 * mega)
          })
        )),
        MemorySampler.sample("sixteen megabytes", { interval: "10 millis" })
      )
      const last = samples.points.at(-1)!.workers[0]!
      assert.strictEqual(last.limit, 4 * mega)
      assert.isAtMost(last.peak!, 4 * mega + 2 * asValue)
      assert.isAtLeast(last.managed + last.spilled, 16 * mega)
      // Nothing else stands anywhere: what results are made of is shared with the threads that made them.
      assert.isTrue(last.shared! > 0 && last.shared! <= last.managed)
      assert.strictEqual(last.rest, last.process! - last.managed)
      for (const { heapLimit, heapUsed } of last.executors) assert.isTrue(heapUsed > 0 && heapUsed < heapLimit)
      assert.strictEqual(last.executors.length, 2)
      assert.isAtLeast(last.heldBytes, 16 * mega)
      assert.include(MemorySampler.svg(samples), "spilled")
      const { groups, largest } = yield* Client.memory
      assert.isAtLeast(groups[0]!.bytes, 16 * mega)
      assert.isAtLeast(largest[0]!.bytes, mega)
      assert.strictEqual((yield* Client.whyHeld(values[0]!)).wantedBy.length, 1)
      const would = yield* Client.wouldFree(values)
      assert.isAtLeast(would.bytes, 16 * mega)
      assert.strictEqual(would.keys.length, 16)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("what was spilled and is spoiled is made again: never a wrong value", () => {
    const { directory, layer } = cluster(4 * mega)
    return Effect.gen(function*() {
      const numbers = Array.from({ length: 16 }, (_, n) => n + 1)
      const values = yield* Client.map(fill, numbers.map(() => megabyte), numbers)
      yield* Client.wait(values)
      for (const file of files(directory)) writeFileSync(file, "spoiled")
      const sums = yield* Client.gather(yield* Client.map(sumOf, values))
      assert.deepStrictEqual(sums, numbers.map((n) => n * megabyte))
    }).pipe(Effect.scoped, Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.None))
  })

  it.live("inputs that never fit fail with MemoryExceeded and their sizes, and other work goes on", () => {
    const { layer } = cluster(4 * mega)
    return Effect.gen(function*() {
      const numbers = [1, 2, 3, 4, 5, 6]
      const values = yield* Client.map(fill, numbers.map(() => megabyte), numbers)
      const all = yield* Client.submit((all: ReadonlyArray<Float64Array>) => all.length, values)
      const error = yield* Effect.flip(all)
      assert.strictEqual("reason" in error && error.reason, "MemoryExceeded")
      assert.match(error.message, /the inputs of .* take (at least )?\d+ bytes/)
      assert.strictEqual(sumOf(yield* values[5]!), 6 * megabyte)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("where the disk has no room left all work is done all the same", () => {
    const { layer } = cluster(4 * mega, { max: 2 * mega })
    return Effect.gen(function*() {
      const numbers = Array.from({ length: 12 }, (_, n) => n)
      const values = yield* Client.map(fill, numbers.map(() => megabyte), numbers)
      const sums = yield* Client.gather(yield* Client.map(sumOf, values))
      assert.deepStrictEqual(sums, numbers.map((n) => n * megabyte))
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("released, they leave memory and disk as they were", () => {
    const { directory, layer } = cluster(4 * mega)
    return Effect.gen(function*() {
      yield* Effect.scoped(Effect.gen(function*() {
        const numbers = Array.from({ length: 16 }, (_, n) => n)
        yield* Client.wait(yield* Client.map(fill, numbers.map(() => megabyte), numbers))
        assert.isAbove(files(directory).length, 0)
      }))
      yield* memoryOf.pipe(
        Effect.repeat({ until: (memory) => memory !== undefined && memory.managed === 0 && memory.spilled === 0 })
      )
      yield* Effect.sync(() => files(directory).length).pipe(
        Effect.zipLeft(turn),
        Effect.repeat({ until: (count) => count === 0 })
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
