/** Much at once, with workers coming and going, half of it stopped, and the exact answer at the end. */
import { assert, describe, it } from "@effect/vitest"
import { Client, type Future, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import { gated, inc, until } from "../LocalCluster.fixture.js"
import { cluster, counted, held, holdOnly, large, nothingLeft, plus, shrink } from "./parity.fixture.js"

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Pairwise sums, level by level, down to one; also all that was made on the way. */
const tree = (leaves: ReadonlyArray<Future.Future<Float64Array>>) =>
  Effect.gen(function*() {
    const all: Array<Future.Future<Float64Array>> = [...leaves]
    let level: ReadonlyArray<Future.Future<Float64Array>> = leaves
    while (level.length > 1) {
      const left = level.filter((_, n) => n % 2 === 0)
      const right = level.filter((_, n) => n % 2 === 1)
      level = yield* Client.map(plus, left, right)
      all.push(...level)
    }
    return { root: level[0]!, all }
  })

describe("stress", () => {
  it.scoped("a tree over 64 leaves", () =>
    Effect.gen(function*() {
      const { runs, task } = counted("leaf")
      return yield* Effect.gen(function*() {
        const { all, root } = yield* tree(yield* Client.map(task, range(64)))
        assert.deepStrictEqual(yield* root, large(2016))
        assert.deepStrictEqual([all.length, runs()], [127, 64])
      }).pipe(Effect.provide(cluster({ workers: 4, slots: 2 }, task, plus)))
    }))

  it.scoped("a tree over 256 leaves whose workers come and go: the exact sum", () =>
    Effect.gen(function*() {
      const { runs, task } = counted("leaf")
      return yield* Effect.gen(function*() {
        const sum = yield* Effect.fork(Effect.gen(function*() {
          const leaves = yield* Client.map(task, range(256))
          const { root } = yield* tree(leaves)
          // Only the root is awaited: all else may have to be made again, and again.
          return yield* root
        }))
        // Each change begins when the work has gone on a bit.
        for (const [n, count] of [1, 4, 2, 5, 1, 3].entries()) {
          const at = (n + 1) * 20
          yield* until(Effect.sync(() => runs()), (ran) => ran >= at || sum.unsafePoll() !== null)
          yield* Client.scale(count, { within: 0 })
        }
        assert.deepStrictEqual(yield* Fiber.join(sum), large(32_640))
        assert.isAtLeast(runs(), 256)
      }).pipe(Effect.provide(cluster({ workers: 3 }, task, plus)))
    }))

  it.scoped(
    "a chain of a thousand, each released once the next is submitted, leaves one value and then none",
    () =>
      Effect.gen(function*() {
        const next = Task.sync("next", (x: Float64Array) => x.map((y) => y + 1))
        const { task } = counted("start")
        return yield* Effect.gen(function*() {
          const start = yield* Client.submit(task, 0)
          const keys = [start.key]
          let last = start
          for (let n = 1; n < 1000; n++) {
            const following = yield* Client.submit(next, last)
            last[Symbol.dispose]()
            last = following
            keys.push(last.key)
          }
          assert.deepStrictEqual(yield* last, large(999))
          yield* holdOnly(last.key)
          last[Symbol.dispose]()
          yield* nothingLeft([keys[0]!, keys[500]!, last.key])
        }).pipe(Effect.provide(cluster({ workers: 2 }, task, next)))
      }),
    20_000
  )

  it.scoped(
    "five times: much work, and half way the half of it is cancelled; the rest is right, the books are empty",
    () =>
      Effect.gen(function*() {
        const { runs, task } = counted("leaf")
        return yield* Effect.gen(function*() {
          for (let round = 0; round < 5; round++) {
            yield* Effect.scoped(Effect.gen(function*() {
              const before = runs()
              const leaves = yield* Client.map(task, range(60))
              const sums = yield* Client.map(plus, leaves.slice(0, 30), leaves.slice(30))
              yield* until(Effect.sync(() => runs()), (ran) => ran >= before + 20)
              // Every other sum, and of each the right-hand leaf, which only it needs.
              const stopped = sums.filter((_, n) => n % 2 === 0)
              yield* Client.cancel([...stopped, ...leaves.slice(30).filter((_, n) => n % 2 === 0)])
              const answers = yield* Client.gather(sums, { mode: "either" })
              for (const [n, answer] of answers.entries()) {
                if (n % 2 === 1) assert.deepStrictEqual(answer, Either.right(large(2 * n + 30)))
                // What was done before it could be cancelled stays done.
                else if (Either.isRight(answer)) assert.deepStrictEqual(answer.right, large(2 * n + 30))
                else assert.include(String(answer.left), "Cancelled")
              }
            }))
            yield* holdOnly()
            yield* until(Client.workers, (workers) => workers.every((one) => one.assigned === 0))
          }
        }).pipe(Effect.provide(cluster({ workers: 8 }, task, plus)))
      }),
    20_000
  )

  it.scoped(
    "a hundred rounds of submitting and letting go at once, between workers that help each other out",
    () =>
      Effect.gen(function*() {
        const logged = yield* Ref.make(0)
        const counting = Logger.replace(
          Logger.defaultLogger,
          Logger.make(() => void Effect.runSync(Ref.update(logged, (n) => n + 1)))
        )
        const { task } = counted("leaf")
        yield* Effect.gen(function*() {
          for (let round = 0; round < 100; round++) {
            const { all } = yield* tree(yield* Client.map(task, range(4)))
            if (round % 3 === 0) yield* Effect.yieldNow()
            for (const future of all) future[Symbol.dispose]()
          }
          yield* holdOnly()
          yield* until(Client.workers, (workers) => workers.every((one) => one.assigned === 0))
          assert.strictEqual(yield* Client.run(inc, 1), 2)
        }).pipe(Effect.provide(cluster({ workers: 3 }, task, plus, inc)), Effect.provide(counting))
        assert.strictEqual(yield* Ref.get(logged), 0)
      }),
    20_000
  )

  it.scoped(
    "scattered over ten workers of which seven go: what is left is right, what is lost says so",
    () =>
      Effect.gen(function*() {
        const data = yield* Effect.forEach(range(10), (n) => Client.scatter(large(n), { workers: `worker-${n}` }))
        const twice = yield* Effect.forEach(
          range(10),
          (n) => Client.scatter(large(n), { workers: [`worker-${n}`, "worker-0"], broadcast: true })
        )
        yield* until(held, (keys) => keys.length === 29)
        yield* shrink(3)
        const sums = yield* Client.map(plus, twice, twice)
        assert.deepStrictEqual((yield* Client.gather(sums)).map((sum) => sum[0]), range(10).map((n) => 2 * n))
        const alone = yield* Client.map(plus, data, data)
        const answers = yield* Client.gather(alone, { mode: "either" })
        for (const [n, answer] of answers.entries()) {
          if (n < 3) assert.deepStrictEqual(answer, Either.right(large(2 * n)))
          else assert.include(String(Either.isLeft(answer) ? answer.left : answer), "Lost")
        }
        assert.deepStrictEqual(data.map((future) => future.status === "lost"), range(10).map((n) => n >= 3))
      }).pipe(Effect.provide(cluster({ workers: 10 }, plus))),
    20_000
  )

  it.scoped("workers come and go while a task waits for what it has submitted", () =>
    Effect.gen(function*() {
      const child = gated("child")
      const parent = Task.make("parent", (n: number) =>
        Effect.gen(function*() {
          const futures = yield* Client.map(child.task, range(n))
          return (yield* Client.gather(futures)).reduce((a, b) => a + b, 0)
        }).pipe(Effect.orDie))
      return yield* Effect.gen(function*() {
        const there = parent.pipe(Task.with({ workers: "worker-0" }))
        const future = yield* Client.submit(there, 10)
        yield* child.started
        for (const count of [3, 1, 2, 1]) {
          yield* Client.scale(count, { within: 0 })
          yield* until(Client.workers, (workers) => workers.length === count)
        }
        yield* child.open
        assert.strictEqual(yield* future, 45)
      }).pipe(Effect.provide(cluster({ workers: 2 }, child.task, parent)))
    }))
})
