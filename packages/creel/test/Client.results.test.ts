import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { boom, broken, gated, inc, on, sum, until } from "./LocalCluster.fixture.js"

// what types refuse, and a program without them may do
const promised = Task.sync("promised", (x: number): number => Promise.reject(new Error(`${x}`)) as never)

describe("a result", () => {
  it.scopedLive("that is a promise is refused, and what becomes of the promise harms nobody", () =>
    Effect.gen(function*() {
      const unheard: Array<unknown> = []
      const listen = (reason: unknown) => unheard.push(reason)
      process.on("unhandledRejection", listen)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.off("unhandledRejection", listen)))
      const error = yield* Effect.flip(Client.run(promised, 1))
      assert.strictEqual(error.reason, "NotEncodable")
      assert.include(error.detail, "a Promise")
      yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      assert.deepStrictEqual(unheard, [])
    }).pipe(on({}, promised)))
})

describe("Client.gather", () => {
  it.scoped("brings the values of nested futures, in their places; other values stay", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const y = yield* Client.submit(inc, 2)
      const date = new Date(0)
      const values = yield* Client.gather({ a: x, list: [y, { deep: x }, "as it is"], date })
      assert.deepStrictEqual(values, { a: 2, list: [3, { deep: 2 }, "as it is"], date })
      assert.strictEqual(yield* Client.gather(x), 2)
      assert.deepStrictEqual(yield* Client.gather([]), [])

      assert.deepStrictEqual(yield* Client.gather([x, , y] as ReadonlyArray<unknown>), [2, , 3])
    }).pipe(on({}, inc)))

  it.scoped("fails with the first failure and leaves the rest running", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        yield* started
        const failed = yield* Client.submit(boom, "no")
        assert.strictEqual(yield* Effect.flip(Client.gather([slow, failed])), "no")
        assert.deepStrictEqual(log, [])
        yield* open
        assert.strictEqual(yield* slow, 1)
      }).pipe(on({}, task, boom))
    }))

  it.scoped("either: an Either in each place", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const failed = yield* Client.submit(boom, "no")
      assert.deepStrictEqual(yield* Client.gather({ x, failed }, { mode: "either" }), {
        x: Either.right(2),
        failed: Either.left("no")
      })
    }).pipe(on({}, inc, boom)))

  it.scoped("validate: waits for all, and fails with an Option in each place", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const failed = yield* Client.submit(boom, "no")
      assert.deepStrictEqual(yield* Effect.flip(Client.gather([x, failed], { mode: "validate" })), [
        Option.none(),
        Option.some("no")
      ])
      assert.deepStrictEqual(yield* Client.gather([x, x], { mode: "validate" }), [2, 2])
    }).pipe(on({}, inc, boom)))

  it.scoped("skip: what failed is left out, defects too", () =>
    Effect.gen(function*() {
      const xs = yield* Client.map(inc, [1, 2])
      const failed = yield* Client.submit(boom, "no")
      const died = yield* Client.submit(broken, "bad")
      assert.deepStrictEqual(yield* Client.gather([xs[0]!, failed, died, xs[1]!], { mode: "skip" }), [2, 3])
      assert.deepStrictEqual(yield* Client.gather({ a: xs[0]!, b: failed }, { mode: "skip" }), { a: 2 })
    }).pipe(on({}, inc, boom, broken)))

  it.scoped("a defect is a defect in the default mode, in either and in validate", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const died = yield* Client.submit(broken, "bad")
      for (const mode of ["default", "either", "validate"] as const) {
        const exit = yield* Effect.exit(Client.gather([x, died], { mode }))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), mode)
      }
    }).pipe(on({}, inc, broken)))

  it.scoped("brings values that do not ride along, each once, however many ask", () =>
    Effect.gen(function*() {
      const make = Task.sync("make", (n: number) => new Uint8Array(n).fill(7))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(make, 100_000)
        const [a, [b], { c }] = yield* Client.gather([x, [x], { c: x }] as const)
        assert.strictEqual(a.byteLength, 100_000)
        assert.strictEqual(a[5], 7)
        assert.deepStrictEqual([b.byteLength, c.byteLength], [100_000, 100_000])
        assert.isAtLeast(x.size!, 100_000)
      }).pipe(on({}, make))
    }))
})

describe("Client.scatter", () => {
  it.scoped("puts a value on a worker; tasks take it as they take any future", () =>
    Effect.gen(function*() {
      const xs = yield* Client.scatter([1, 2, 3])
      const total = yield* Client.submit(sum, xs)
      assert.strictEqual(yield* total, 6)
      assert.deepStrictEqual(yield* xs, [1, 2, 3])
      assert.strictEqual(xs.status, "finished")
    }).pipe(on({}, sum)))

  it.scoped("a large one travels by the data plane", () =>
    Effect.gen(function*() {
      const xs = yield* Client.scatter(Array.from({ length: 50_000 }, (_, n) => n))
      assert.strictEqual(yield* yield* Client.submit(sum, xs), 49_999 * 25_000)
      yield* until(Client.whoHas([xs]), (has) => has[xs.key]!.length > 0)
    }).pipe(on({}, sum)))

  it.scoped("to chosen workers, and to each of them with broadcast", () =>
    Effect.gen(function*() {
      const names = new Map((yield* Client.workers).map((worker) => [worker.name, worker.id]))
      const there = yield* Client.scatter("x".repeat(5000), { workers: "worker-2" })
      yield* until(Client.whoHas([there]), (has) => has[there.key]!.length === 1)
      const holders = (yield* Client.whoHas([there]))[there.key]!
      assert.isTrue(holders[0] === "worker-2" || holders[0] === names.get("worker-2"))
      const all = yield* Client.scatter("y".repeat(5000), { broadcast: true })
      yield* until(Client.whoHas([all]), (has) => has[all.key]!.length === 3)
      const some = yield* Client.scatter("z".repeat(5000), { broadcast: true, workers: ["worker-0", "worker-1"] })
      yield* until(Client.whoHas([some]), (has) => has[some.key]!.length === 2)
    }).pipe(on({ workers: 3 })))

  it.scoped("many: an array gives an array of futures, a record a record", () =>
    Effect.gen(function*() {
      const [x, y] = yield* Client.scatterAll([1, 2])
      const { a, b } = yield* Client.scatterAll({ a: 10, b: 20 })
      assert.strictEqual(yield* yield* Client.submit(sum, [x, y, a, b]), 33)
    }).pipe(on({}, sum)))

  it.scoped("released, it leaves the workers", () =>
    Effect.gen(function*() {
      const key = yield* Effect.scoped(Effect.gen(function*() {
        const x = yield* Client.scatter("x".repeat(5000))
        yield* until(Client.whoHas([x]), (has) => has[x.key]!.length === 1)
        return x.key
      }))
      yield* until(Client.explain(key), (_) => _.state.toLowerCase() === "unknown")
      assert.deepStrictEqual(Object.values(yield* Client.hasWhat).flat(), [])
    }).pipe(on({})))
})

describe("Client.wait", () => {
  it.scoped("for all: whatever becomes of them", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const failed = yield* Client.submit(boom, "no")
      const { done, notDone } = yield* Client.wait([x, failed])
      assert.deepStrictEqual(done, [x, failed])
      assert.deepStrictEqual(notDone, [])
      assert.deepStrictEqual(done.map(Future.status), ["finished", "error"])
      assert.deepStrictEqual((yield* Client.wait(x)).done, [x])
      assert.deepStrictEqual(yield* Client.wait([]), { done: [], notDone: [] })
    }).pipe(on({}, inc, boom)))

  it.scoped("for the first, and for so many", () =>
    Effect.gen(function*() {
      const { open, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        const x = yield* Client.submit(inc, 1)
        const first = yield* Client.wait([slow, x], { until: "first" })
        assert.deepStrictEqual(first, { done: [x], notDone: [slow] })
        assert.strictEqual(slow.status, "pending")
        const y = yield* Client.submit(inc, 2)
        const two = yield* Client.wait([slow, x, y], { until: 2 })
        assert.deepStrictEqual(two, { done: [x, y], notDone: [slow] })
        yield* open
        assert.strictEqual((yield* Client.wait([slow, x, y])).done.length, 3)
      }).pipe(on({}, task, inc))
    }))

  it.scoped("a timeout fails with TimeoutException, and leaves the work running", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const slow = yield* Client.submit(task, 1)
        yield* started
        const waiting = yield* Effect.fork(Effect.flip(Client.wait(slow, { timeout: "5 seconds" })))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "TimeoutException")
        assert.deepStrictEqual(log, [])
        yield* open
        assert.strictEqual(yield* slow, 1)
      }).pipe(on({}, task))
    }))

  it.scoped("counts cancelled and released futures as done", () =>
    Effect.gen(function*() {
      const { task } = gated()
      return yield* Effect.gen(function*() {
        const [a, b] = yield* Client.map(task, [1, 2])
        const waiting = yield* Effect.fork(Client.wait([a!, b!]))
        yield* Client.cancel(a!)
        yield* Future.release(b!)
        assert.strictEqual((yield* Fiber.join(waiting)).done.length, 2)
      }).pipe(on({}, task))
    }))
})

describe("asking", () => {
  it.scoped("whoHas, hasWhat and nbytes know where a value is", () =>
    Effect.gen(function*() {
      const make = Task.sync("make", (n: number) => new Uint8Array(n))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(make, 10_000)
        yield* Client.wait(x)
        const has = yield* Client.whoHas([x])
        assert.deepStrictEqual(Object.keys(has), [x.key])
        assert.strictEqual(has[x.key]!.length, 1)
        const what = yield* Client.hasWhat
        assert.strictEqual(Object.values(what).flat().length, 1)
        assert.isAtLeast((yield* Client.nbytes)["make"]!, 10_000)
      }).pipe(on({ workers: 2 }, make))
    }))

  it.scoped("workers, waitForWorkers and scale", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.name), ["worker-0", "worker-1"])
      assert.strictEqual((yield* Client.waitForWorkers(2)).length, 2)
      yield* Client.scale(4)
      assert.strictEqual((yield* Client.waitForWorkers(4)).length, 4)
      yield* Client.scale(1)
      yield* until(Client.workers, (workers) => workers.length === 1)
      const timeout = yield* Effect.fork(Effect.flip(Client.waitForWorkers(3, { timeout: "1 minutes" })))
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* Fiber.join(timeout))._tag, "TimeoutException")
    }).pipe(on({ workers: 2 })))

  it.scoped("explain says what a future waits for, where it runs, and that it is stored", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        yield* started
        const waiting = yield* until(Client.explain(y), (_) => _.state.toLowerCase() !== "unknown")
        assert.include(waiting.summary, x.key)
        const running = yield* Client.explain(x)
        assert.include(["assigned", "running"], running.state.toLowerCase())
        assert.include(running.summary, "worker-0")
        yield* open
        yield* Client.wait(y)
        assert.strictEqual((yield* Client.explain(y)).state.toLowerCase(), "stored")
        assert.strictEqual((yield* Client.explain("no such key")).state.toLowerCase(), "unknown")
      }).pipe(on({}, task, inc))
    }))

  it.scoped("story tells what was decided about a key, in order", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      yield* x
      const story = yield* Client.story(x)
      assert.isAbove(story.length, 1)
      assert.isTrue(story.every((line, n) => n === 0 || line.at >= story[n - 1]!.at))
    }).pipe(on({}, inc)))
})

describe("two clusters", () => {
  it.scoped("the service has the same functions, for a program that has two", () =>
    Effect.gen(function*() {
      const first = yield* Client.Client.pipe(on({}, inc))
      const inner = yield* Effect.gen(function*() {
        const second = yield* Client.Client
        const x = yield* second.submit(inc, 1)
        assert.strictEqual(yield* second.gather(x), 2)
        return second
      }).pipe(on({}, inc))
      assert.notStrictEqual(first.id, inner.id)
    }))
})
