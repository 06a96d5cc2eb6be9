/** Profiles put together by the scheduler's host. */
import type * as Note from "@creel/core/Note"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { empty } from "../src/profile/callTrees.js"
import { Profiling } from "../src/profile/profiling.js"

const answer = (profile: number, executor: string): Note.Profiled => ({
  _tag: "Profiled",
  profile,
  executors: [{ executor, sampled: 1, idle: 0, problem: undefined }],
  tree: { ...empty, selfs: [1] }
})

const make = (...names: ReadonlyArray<string>) => {
  const told: Array<[string, Note.Profile]> = []
  const profiling = new Profiling({
    workers: () => names.map((name) => ({ id: `id of ${name}`, name })),
    tell: (id, note) => told.push([id, note])
  })
  return { profiling, told }
}

describe("profiling", () => {
  it.effect("ends when all have answered, or are gone; numbers are within their bounds", () =>
    Effect.gen(function*() {
      const { profiling, told } = make("b", "a")
      const fiber = yield* Effect.fork(profiling.ask({ millis: 1e9, interval: NaN, worker: undefined }))
      yield* Effect.yieldNow()
      assert.deepStrictEqual(told, [
        ["id of b", { _tag: "Profile", profile: 1, millis: 30_000, interval: 100 }],
        ["id of a", { _tag: "Profile", profile: 1, millis: 30_000, interval: 100 }]
      ])
      profiling.told("id of b", answer(7, "of another profile"))
      profiling.told("nobody", answer(1, "of nobody"))
      profiling.told("id of b", answer(1, "e"))
      profiling.told("id of b", answer(1, "twice"))
      profiling.gone("id of a")
      const { tree, workers } = yield* fiber
      assert.deepStrictEqual(workers.map(({ executors, name, problem }) => [name, executors.length, problem]), [
        ["a", 0, "it was lost meanwhile"],
        ["b", 1, undefined]
      ])
      assert.deepStrictEqual(tree.selfs, [1])
    }))

  it.effect("waits for no worker for ever, and is done one after another", () =>
    Effect.gen(function*() {
      const { profiling, told } = make("a")
      const asked = { millis: 1000, interval: 1000, worker: undefined }
      const fibers = yield* Effect.forEach([1, 2], () => Effect.fork(profiling.ask(asked)))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(told.length, 1)
      yield* TestClock.adjust("1 seconds")
      const first = yield* Fiber.join(fibers[0]!)
      assert.deepStrictEqual(first.workers.map(({ problem }) => problem), ["it did not answer in time"])
      yield* Effect.yieldNow()
      assert.strictEqual(told.length, 2)
      profiling.told("id of a", answer(1, "late"))
      profiling.told("id of a", answer(2, "e"))
      const second = yield* Fiber.join(fibers[1]!)
      assert.deepStrictEqual(second.workers[0]!.executors.map(({ executor }) => executor), ["e"])
    }))

  it.effect("of a cluster without workers is done at once", () =>
    Effect.gen(function*() {
      const { workers } = yield* make().profiling.ask({ millis: 1000, interval: 1000, worker: undefined })
      assert.deepStrictEqual(workers, [])
    }))
})
