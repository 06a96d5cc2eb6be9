import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { boom, forgotten, gated, inc, on, reasonOf } from "./LocalCluster.fixture.js"

/** Tasks that end when they are told, in the order in which they are told. */
const turns = () => {
  const gates = new Map<number, Deferred.Deferred<number>>()
  const gate = (n: number) => {
    const known = gates.get(n) ?? Deferred.unsafeMake<number>(FiberId.none)
    gates.set(n, known)
    return known
  }
  const task = Task.make("turn", (n: number) => Deferred.await(gate(n)))
  return { task, end: (n: number) => Deferred.succeed(gate(n), n) }
}

describe("Client.asCompleted", () => {
  it.scoped("hands futures out in the order in which they are done", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(task, [0, 1, 2])
        const completed = yield* Client.asCompleted(futures)
        const seen: Array<number> = []
        for (const n of [2, 0, 1]) {
          yield* end(n)
          seen.push(yield* yield* completed.take)
        }
        assert.deepStrictEqual(seen, [2, 0, 1])
        assert.strictEqual((yield* Effect.flip(completed.take))._tag, "NoSuchElementException")
      }).pipe(on({}, task))
    }))

  it.scoped("adding from the loop's body always works; it ends when nothing is outstanding", () =>
    Effect.gen(function*() {
      const completed = yield* Client.asCompleted([yield* Client.submit(inc, 0)])
      const seen: Array<number> = []
      yield* Stream.runForEach(completed.stream, (future) =>
        Effect.gen(function*() {
          const n = yield* future
          seen.push(n)
          if (n < 10) yield* completed.add(yield* Client.submit(inc, n))
        }))
      assert.deepStrictEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }).pipe(on({}, inc)))

  it.scoped("after its end more can be added and taken", () =>
    Effect.gen(function*() {
      const completed = yield* Client.asCompleted<number, never>()
      assert.isTrue(yield* completed.isEmpty)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(completed.take)))
      yield* completed.update(yield* Client.map(inc, [1, 2]))
      assert.strictEqual(yield* completed.count, 2)
      assert.isFalse(yield* completed.isEmpty)
      assert.strictEqual(yield* Stream.runCount(completed.stream), 2)
      assert.isTrue(yield* completed.isEmpty)
      yield* completed.add(yield* Client.submit(inc, 3))
      assert.strictEqual(yield* yield* completed.take, 4)
    }).pipe(on({}, inc)))

  it.scoped("a future added twice comes out twice, done or not", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task, 0)
        const completed = yield* Client.asCompleted([future, future])
        yield* end(0)
        assert.strictEqual(yield* completed.take, future)
        yield* completed.add(future)
        assert.strictEqual(yield* completed.take, future)
        assert.strictEqual(yield* completed.take, future)
        assert.strictEqual(yield* future, 0)
        assert.isTrue(yield* completed.isEmpty)
      }).pipe(on({}, task))
    }))

  it.scoped("failed and cancelled futures come out, the last one too", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const failed = yield* Client.submit(boom, "no")
        const [a, b] = yield* Client.map(task, [0, 1])
        const completed = yield* Client.asCompleted<number, string>([failed, a!, b!])
        assert.strictEqual(yield* completed.take, failed)
        assert.strictEqual(failed.status, "error")
        yield* Client.cancel(a!)
        assert.strictEqual((yield* completed.take).status, "cancelled")
        const taking = yield* Effect.fork(completed.take)
        yield* Effect.yieldNow()
        yield* Client.cancel(b!)
        assert.strictEqual((yield* Fiber.join(taking)).status, "cancelled")
        assert.isTrue(yield* completed.isEmpty)
        yield* end(0)
      }).pipe(on({}, task, boom))
    }))

  it.scoped("interrupted and released futures come out", () =>
    Effect.gen(function*() {
      const a = gated("a")
      return yield* Effect.gen(function*() {
        const one = yield* Client.submit(a.task, 1)
        const other = yield* Client.submit(a.task, 2)
        const completed = yield* Client.asCompleted<number, string>([one, other])
        yield* a.started
        yield* Fiber.interrupt(one)
        assert.strictEqual(yield* completed.take, one)
        const taking = yield* Effect.fork(completed.take)
        yield* Future.release(other)
        assert.strictEqual(yield* Fiber.join(taking), other)
      }).pipe(on({}, a.task))
    }))

  it.scoped("batches: what is done already, at least one", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(task, [0, 1, 2])
        const completed = yield* Client.asCompleted(futures)
        yield* end(0)
        yield* end(1)
        yield* Client.wait(futures, { until: 2 })
        assert.strictEqual((yield* completed.takeBatch).length, 2)
        yield* end(2)
        const rest = yield* Stream.runCollect(completed.batches)
        assert.deepStrictEqual(Chunk.toReadonlyArray(rest).map((batch) => batch.length), [1])
      }).pipe(on({}, task))
    }))

  it.scoped("results: the values; the stream fails with the first failure", () =>
    Effect.gen(function*() {
      const values = yield* Client.asCompleted(yield* Client.map(inc, [1, 2, 3]))
      const all = yield* Stream.runCollect(values.results)
      assert.deepStrictEqual([...Chunk.toReadonlyArray(all)].sort(), [2, 3, 4])
      const failing = yield* Client.asCompleted([yield* Client.submit(boom, "no")])
      assert.deepStrictEqual(yield* Effect.exit(Stream.runDrain(failing.results)), Exit.fail("no"))
    }).pipe(on({}, inc, boom)))

  it.scoped("settled: values and failures alike", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const failed = yield* Client.submit(boom, "no")
      yield* Client.wait([x, failed])
      const completed = yield* Client.asCompleted<number, string>([x, failed])
      const all = yield* Stream.runCollect(completed.settled)
      assert.deepStrictEqual(Chunk.toReadonlyArray(all), [Either.right(2), Either.left("no")])
    }).pipe(on({}, inc, boom)))

  it.scoped("a future is released when the following one is taken", () =>
    Effect.gen(function*() {
      const futures = yield* Client.map(inc, [1, 2])
      yield* Client.wait(futures)
      const completed = yield* Client.asCompleted(futures)
      const first = yield* completed.take
      assert.notStrictEqual((yield* Client.explain(first.key)).state, "Unknown")
      yield* completed.take
      yield* forgotten(first.key)
      assert.strictEqual(yield* reasonOf(Client.submit(inc, first)), "ClosedFuture")
    }).pipe(on({}, inc)))

  it.scoped("unless it was retained", () =>
    Effect.gen(function*() {
      const futures = yield* Client.map(inc, [1, 2])
      yield* Client.wait(futures)
      const completed = yield* Client.asCompleted(futures)
      const scope = yield* Scope.make()
      const first = yield* completed.take
      yield* Scope.extend(Future.retain(first), scope)
      yield* completed.take
      assert.strictEqual(yield* Client.run(inc, first), (yield* first) + 1)
      yield* Scope.close(scope, Exit.void)
      yield* forgotten(first.key)
    }).pipe(on({}, inc)))

  it.scoped("clear lets go of what is outstanding, and those who wait hear of it", () =>
    Effect.gen(function*() {
      const { task } = turns()
      return yield* Effect.gen(function*() {
        const completed = yield* Client.asCompleted(yield* Client.map(task, [0, 1]))
        const taking = yield* Effect.fork(Effect.exit(completed.take))
        yield* Effect.yieldNow()
        yield* completed.clear
        assert.isTrue(yield* completed.isEmpty)
        assert.isTrue(Exit.isFailure(yield* Fiber.join(taking)))
      }).pipe(on({}, task))
    }))

  it.scoped("two takers share: each future goes to one of them", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const completed = yield* Client.asCompleted(yield* Client.map(task, [0, 1]))
        const takers = yield* Effect.fork(
          Effect.all([completed.take, completed.take], { concurrency: 2 })
        )
        yield* Effect.yieldNow()
        yield* end(0)
        yield* end(1)
        const [a, b] = yield* Fiber.join(takers)
        assert.notStrictEqual(a, b)
      }).pipe(on({}, task))
    }))

  it.scoped("an interrupted taker loses nothing", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const completed = yield* Client.asCompleted(yield* Client.map(task, [0]))
        const taker = yield* Effect.fork(completed.take)
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(taker)
        yield* end(0)
        assert.strictEqual(yield* yield* completed.take, 0)
      }).pipe(on({}, task))
    }))

  it.scoped("a timeout is Effect's: what was not taken stays", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const completed = yield* Client.asCompleted(yield* Client.map(task, [0, 1]))
        yield* end(0)
        assert.strictEqual(yield* yield* completed.take, 0)
        const timed = yield* Effect.fork(Effect.either(Effect.timeout(completed.take, "1 seconds")))
        yield* TestClock.adjust("1 seconds")
        assert.isTrue(Either.isLeft(yield* Fiber.join(timed)))
        assert.strictEqual(yield* completed.count, 1)
        yield* end(1)
        assert.strictEqual(yield* yield* completed.take, 1)
      }).pipe(on({}, task))
    }))

  it.scoped("closing its scope releases what was taken last; the futures' own scope keeps the rest", () =>
    Effect.gen(function*() {
      const futures = yield* Client.map(inc, [1, 2])
      yield* Client.wait(futures)
      const taken = yield* Effect.scoped(Effect.gen(function*() {
        const completed = yield* Client.asCompleted(futures)
        return yield* completed.take
      }))
      yield* forgotten(taken.key)
      const other = futures.find((future) => future !== taken)!
      assert.isNumber(yield* other)
    }).pipe(on({}, inc)))

  it.scoped("a search that goes on from what it found, inside a task", () =>
    Effect.gen(function*() {
      const search = Task.make("search", (n: number) =>
        Effect.gen(function*() {
          const completed = yield* Client.asCompleted(yield* Client.map(inc, [0, 10, 20]))
          let best = 0
          yield* Stream.runForEach(completed.results, (x) =>
            Effect.gen(function*() {
              best = Math.max(best, x)
              if (x < n) yield* completed.add(yield* Client.submit(inc, x))
            }))
          return best
        }).pipe(Effect.orDie))
      return yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(search, 15), 21)
      }).pipe(on({ slots: 1 }, search, inc))
    }))

  it.scoped("says how many wait and how many are done", () =>
    Effect.gen(function*() {
      const { end, task } = turns()
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(task, [0, 1])
        const completed = yield* Client.asCompleted(futures)
        yield* end(0)
        yield* Client.wait(futures, { until: "first" })
        assert.strictEqual(String(completed), "AsCompleted(1 waiting, 1 done)")
      }).pipe(on({}, task))
    }))
})
