import { Bag, Delayed } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, type Collection, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { compute } from "./utils/compute.js"
import { onCluster } from "./utils/files.js"

const get = <A, E, R>(of: Collection.Collection<A, E, R>) => Effect.flatten(compute(of))

/** Not plain, and no Schema has it: it could not cross. */
class Broken extends Data.TaggedError("Broken")<{ readonly why: () => string }> {}

class Source extends Context.Tag("Source")<Source, { readonly numbers: ReadonlyArray<number> }>() {}

const heldOnWorkers = Effect.map(Client.hasWhat, (held) => new Set(Object.values(held).flat()).size)

describe("bags of streams", () => {
  it.scopedLive("any number of elements, in partitions of any size", () =>
    Effect.gen(function*() {
      for (const [length, partitionSize] of [[0, 3], [1, 3], [3, 3], [10, 3], [10, 100], [7, 1]] as const) {
        const numbers = Array.from({ length }, (_, n) => n)
        const bag = Bag.fromStream(Stream.fromIterable(numbers), { partitionSize })
        assert.deepStrictEqual(yield* get(bag), numbers)
        const parts = yield* Bag.toDelayed(bag)
        assert.strictEqual(parts.length, Math.ceil(length / partitionSize))
        assert.strictEqual(yield* get(Bag.sum(bag)), numbers.reduce((a, b) => a + b, 0))
      }
    }).pipe(onCluster()))

  it.scopedLive("what the stream needs is needed where the bag is computed", () =>
    Effect.gen(function*() {
      const stream = Stream.unwrap(Effect.map(Source, ({ numbers }) => Stream.fromIterable(numbers)))
      const bag: Bag.Bag<number, never, Source> = Bag.fromStream(stream, { partitionSize: 2 })
      const values = yield* get(Bag.map(bag, (x) => x + 1)).pipe(Effect.provideService(Source, { numbers: [1, 2, 3] }))
      assert.deepStrictEqual(values, [2, 3, 4])
    }).pipe(onCluster()))

  it.scopedLive("partitions are with the workers before more of the stream is asked for", () =>
    Effect.gen(function*() {
      const behind: Array<number> = []
      const stream = Stream.range(0, 39).pipe(
        Stream.rechunk(1),
        Stream.tap((n) => Effect.map(heldOnWorkers, (held) => behind.push(Math.floor(n / 2) - held)))
      )
      const bag = Bag.fromStream(stream, { partitionSize: 2, ahead: 1 })
      assert.strictEqual(yield* get(Bag.count(bag)), 40)
      assert.lengthOf(behind, 40)
      // One on its way, and what the stream itself keeps between its steps.
      assert.isAtMost(Math.max(...behind), 3)
    }).pipe(onCluster()))

  it.scopedLive("what the stream fails with is what computing fails with, as it is", () =>
    Effect.gen(function*() {
      const broken = new Broken({ why: () => "so" })
      const bag = Bag.fromStream(Stream.concat(Stream.range(0, 4), Stream.fail(broken)), { partitionSize: 2 })
      const error = yield* Effect.flip(get(bag.pipe(Bag.map((x) => x + 1))))
      assert.strictEqual(error, broken)
      assert.strictEqual(yield* Effect.flip(get(Bag.sum(bag))), broken)
      const exit = yield* Effect.exit(get(Bag.fromStream(Stream.dieMessage("worse"))))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
    }).pipe(onCluster()))

  it.scopedLive("nothing is left when it is over", () =>
    Effect.gen(function*() {
      const bag = Bag.fromStream(Stream.range(0, 99), { partitionSize: 10 })
      assert.strictEqual(yield* Effect.scoped(get(Bag.sum(bag))), 4950)
      yield* Client.nbytes.pipe(Effect.repeat({ until: (held) => Object.keys(held).length === 0 }))
    }).pipe(onCluster()))
})

const running = { now: 0, most: 0, begun: 0 }
const work = Task.make("work", (x: number) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      running.begun++
      running.most = Math.max(running.most, ++running.now)
    }),
    () => Effect.as(Effect.yieldNow(), x),
    () => Effect.sync(() => running.now--)
  ))

let expensive = 0
const source = Task.sync("source", () => {
  expensive++
  return [1, 2, 3]
})
const at = Task.sync("at", (xs: ReadonlyArray<number>, n: number) => [xs[n]!])

describe("streams of bags", () => {
  it.scopedLive("are the elements in order, and the work is no further than asked", () =>
    Effect.gen(function*() {
      const bag = Bag.range(0, 40, { partitionSize: 2 }).pipe(Bag.map(work))
      const ahead: Array<number> = []
      const all = yield* Bag.toStream(bag, { ahead: 2 }).pipe(
        Stream.rechunk(1),
        Stream.tap((x) => Effect.sync(() => ahead.push(running.begun - x))),
        Stream.runCollect
      )
      assert.deepStrictEqual(Array.from(all), Array.from({ length: 40 }, (_, n) => n))
      // Its own partition and the next one: never more than two partitions beyond where the reader is.
      assert.isAtMost(Math.max(...ahead), 6)
    }).pipe(onCluster(work)))

  it.scopedLive("end their work when they end, and fail as the bag does", () =>
    Effect.gen(function*() {
      const some = yield* Stream.runCollect(Stream.take(Bag.toStream(Bag.range(0, 100, { partitions: 50 })), 3))
      assert.deepStrictEqual(Array.from(some), [0, 1, 2])
      yield* Client.nbytes.pipe(Effect.repeat({ until: (held) => Object.keys(held).length === 0 }))
      const failing = Bag.fromStream(Stream.concat(Stream.range(0, 2), Stream.fail("no more")), { partitionSize: 2 })
      const seen: Array<number> = []
      const error = yield* Bag.toStream(failing).pipe(
        Stream.runForEach((x) => Effect.sync(() => seen.push(x))),
        Effect.flip
      )
      assert.strictEqual(error, "no more")
      assert.deepStrictEqual(seen, [0, 1, 2])
    }).pipe(onCluster()))

  it.scopedLive("what several partitions need is computed once", () =>
    Effect.gen(function*() {
      const xs = Delayed.make(source)()
      const bag = Bag.fromDelayed([0, 1, 2].map((n) => Delayed.make(at)(xs, n)))
      const all = yield* Stream.runCollect(Bag.toStream(Bag.map(bag, (x) => x * 2), { ahead: 1 }))
      assert.deepStrictEqual(Array.from(all), [2, 4, 6])
      assert.strictEqual(expensive, 1)
    }).pipe(onCluster(source, at)))

  it.scopedLive("a bag may be computed again while what it gave is held", () =>
    Effect.gen(function*() {
      let runs = 0
      const stream = Stream.suspend(() => {
        runs++
        return Stream.range(0, 3)
      })
      const bag = Bag.fromStream(stream, { partitionSize: 2 }).pipe(Bag.map((x) => x + 1))
      const total = Bag.sum(bag)
      yield* Effect.scoped(Effect.gen(function*() {
        const [first, second] = yield* Effect.all([Client.compute(bag), Client.compute(bag)], { concurrency: 2 })
        assert.deepStrictEqual([yield* first, yield* second], [[1, 2, 3, 4], [1, 2, 3, 4]])
        const sums = [yield* Client.compute(total), yield* Client.compute(total)]
        assert.deepStrictEqual(yield* Client.gather(sums), [10, 10])
      }))
      assert.strictEqual(runs, 1)
      assert.strictEqual(yield* Effect.flatten(Client.compute(total)), 10)
      assert.strictEqual(runs, 2)
      // Nor does what failed come to another end under the same name.
      const none = Bag.textFiles("/nowhere/at/all")
      const errors = yield* Effect.forEach([1, 2], () => Effect.flip(Effect.flatten(Client.compute(none))))
      assert.deepStrictEqual(errors.map((error) => error._tag), ["ReadError", "ReadError"])
    }).pipe(onCluster()))
})
