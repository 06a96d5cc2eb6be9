import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { boom, gated, inc, on, sum, until } from "./LocalCluster.fixture.js"

const holders = (future: Parameters<typeof Client.whoHas>[0]) =>
  Effect.map(Client.whoHas(future), (byKey) => Object.values(byKey).map((workers) => [...workers].sort()))

const big = (n: number) => new Uint8Array(20_000).fill(n)
const fill = Task.sync("fill", (n: number) => new Uint8Array(20_000).fill(n))
const first = Task.sync("first", (bytes: Uint8Array) => bytes[0]!)

describe("Client.replicate", () => {
  it.scopedLive("as many workers hold it as were asked for, whether it was scattered or made, done or not yet", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      const made = yield* Client.submit(fill, 2)
      const copies = yield* Client.replicate([data, made], { copies: 3 })
      assert.deepStrictEqual(copies.map((one) => [one.key, one.workers.length, one.state]), [
        [data.key, 3, "done"],
        [made.key, 3, "done"]
      ])
      assert.deepStrictEqual((yield* holders([data, made])).map((workers) => workers.length), [3, 3])
      assert.deepStrictEqual(yield* made, big(2))
    }).pipe(on({ workers: 4 }, fill)))

  it.scopedLive("without a number: on all; with more than there are workers: short, and it says who has it", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      assert.deepStrictEqual((yield* Client.replicate(data)).map((one) => [one.workers.length, one.state]), [[
        3,
        "done"
      ]])
      const [many] = yield* Client.replicate(data, { copies: 7 })
      assert.strictEqual(many?.state, "short")
      assert.deepStrictEqual([...many?.workers ?? []].sort(), ["worker-0", "worker-1", "worker-2"])
    }).pipe(on({ workers: 3 }, fill)))

  it.scopedLive("only on the workers that are named, and what failed or was released is said to have none", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1), { workers: ["worker-0"] })
      yield* Client.replicate(data, { copies: 2, workers: ["worker-2"] })
      assert.deepStrictEqual(yield* holders([data]), [["worker-0", "worker-2"]])
      const wrong = yield* Client.submit(boom, "no")
      yield* Effect.exit(wrong)
      assert.deepStrictEqual((yield* Client.replicate(wrong, { copies: 2 })).map((one) => one.state), ["failed"])
    }).pipe(on({ workers: 3 }, boom)))

  it.scopedLive("a copy that is lost is made again; scattered data survives the loss of a worker", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(7))
      yield* Client.replicate(data, { copies: 3 })
      yield* Client.scale(1, { within: 0 })
      assert.strictEqual(yield* Effect.flatten(Client.submit(first, data)), 7)
      yield* Client.scale(3)
      yield* until(holders([data]), ([workers]) => workers?.length === 3)
    }).pipe(on({ workers: 3 }, first)))

  it.scopedLive("a scheduler that dies meanwhile loses nothing", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster.Cluster
      const data = yield* Client.scatter(big(7))
      const asked = yield* Effect.fork(Client.replicate(data, { copies: 3 }))
      yield* cluster.restartScheduler
      assert.deepStrictEqual((yield* Fiber.join(asked)).map((one) => one.state), ["done"])
      assert.deepStrictEqual(yield* data, big(7))
    }).pipe(on({ workers: 3 }, first)))
})

describe("copies that nothing needs", () => {
  const pair = Effect.gen(function*() {
    const data = yield* Client.scatter(big(7), { workers: ["worker-0"] })
    const there = yield* Client.submit(first.pipe(Task.with({ workers: ["worker-1"] })), data)
    assert.strictEqual(yield* there, 7)
    return data
  })

  it.scoped("go after a while; those asked for stay", () =>
    Effect.gen(function*() {
      const data = yield* pair
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual((yield* holders([data]))[0]?.length, 2)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* holders([data]), [["worker-0"]])
      const lines = yield* Client.story(data)
      assert.include(lines.map((line) => `${line.what}: ${line.detail}`).join("; "), "copy dropped")
      yield* Client.replicate(data, { copies: 2 })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* holders([data]))[0]?.length, 2)
    }).pipe(on({ workers: 2, copiesIdle: "10 seconds" }, first)))

  it.scoped("stay where they are, if told so", () =>
    Effect.gen(function*() {
      const data = yield* pair
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* holders([data]), [["worker-0", "worker-1"]])
    }).pipe(on({ workers: 2, copiesIdle: Infinity }, first)))

  it.scoped("NaN copies are refused, and what was asked for before stays", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      yield* Client.replicate(data, { copies: 2 })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Client.replicate(data, { copies: NaN }))))
      const [copies] = yield* Client.replicate(data, { copies: 2 })
      assert.strictEqual(copies?.state, "done")
    }).pipe(on({ workers: 2 })))
})

describe("Client.retire", () => {
  it.scopedLive("what only it held goes to others before it leaves: nothing is lost, nothing made again", () => {
    let runs = 0
    const count = Task.sync("count", (n: number) => {
      runs++
      return new Uint8Array(20_000).fill(n)
    })
    return Effect.gen(function*() {
      const datas = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (n) => Client.scatter(big(n)))
      const made = yield* Client.map(count, [1, 2, 3, 4, 5, 6])
      yield* Client.wait(made)
      for (const worker of ["worker-1", "worker-0"]) {
        assert.strictEqual((yield* Client.retire(worker)).state, "left")
      }
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.name), ["worker-2"])
      assert.deepStrictEqual(yield* Client.gather(datas), [1, 2, 3, 4, 5, 6].map(big))
      assert.deepStrictEqual(yield* Client.gather(made), [1, 2, 3, 4, 5, 6].map(big))
      assert.strictEqual(runs, 6)
      yield* Client.scale(3)
      assert.strictEqual(new Set((yield* Client.workers).map((worker) => worker.name)).size, 3)
    }).pipe(on({ workers: 3 }, count))
  })

  it.scopedLive("the last one stays, as it is the only one to hold something; who is not there is unknown", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      yield* Client.wait(data)
      const answer = yield* Client.retire("worker-0")
      assert.deepStrictEqual([answer.state, answer.stuck], ["stuck", 1])
      assert.strictEqual((yield* Client.retire("nobody")).state, "unknown")
      assert.strictEqual(yield* Effect.flatten(Client.submit(first, data)), 1)
    }).pipe(on({ workers: 1 }, first)))

  it.scopedLive("who runs there, or was submitted from there, is told that it would wait for itself; the worker stays", () => {
    const retire = Task.make(
      "retire",
      (worker: string) => Effect.orDie(Effect.map(Client.retire(worker), ({ state }) => state))
    )
    const nested = Task.make(
      "nested",
      (worker: string) => Client.run(retire.pipe(Task.with({ workers: ["worker-1"] })), worker)
    )
    const at = (worker: string) => Task.with({ workers: [worker] })
    return Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(retire.pipe(at("worker-0")), "worker-0"), "own")
      assert.strictEqual(yield* Client.run(nested.pipe(at("worker-0")), "worker-0"), "own")
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.status), ["running", "running"])
      assert.strictEqual(yield* Client.run(retire.pipe(at("worker-0")), "worker-1"), "left")
    }).pipe(on({ workers: 2 }, retire, nested))
  })

  it.scopedLive("asked twice at once where nothing can take what it holds: it stays, for both", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      yield* Client.wait(data)
      const answers = yield* Effect.all([Client.retire("worker-0"), Client.retire("worker-0")], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers.map((one) => one.state), ["stuck", "stuck"])
      assert.strictEqual(yield* Effect.flatten(Client.submit(first, data)), 1)
    }).pipe(on({ workers: 1 }, first)))

  it.scopedLive("what runs there may end, and what it makes is not lost", () =>
    Effect.gen(function*() {
      const { open, runs, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"] })), 1)
        yield* started
        const retired = yield* Effect.fork(Client.retire("worker-1"))
        yield* until(Client.workers, (all) => all.some((one) => one.status === "leaving"))
        assert.strictEqual(yield* Effect.flatten(Client.submit(inc, 1)), 2)
        yield* open
        assert.strictEqual((yield* Fiber.join(retired)).state, "left")
        assert.strictEqual(yield* x, 1)
        assert.strictEqual(runs(), 1)
      }).pipe(on({ workers: 2 }, task, inc))
    }))

  it.scoped("who no longer waits for it has it stay", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"] })), 1)
        yield* started
        const retired = yield* Effect.fork(Effect.timeoutOption(Client.retire("worker-1"), "1 minute"))
        yield* until(Client.workers, (all) => all.some((one) => one.status === "leaving"))
        yield* TestClock.adjust("1 minute")
        assert.isTrue(Option.isNone(yield* Fiber.join(retired)))
        yield* until(Client.workers, (all) => all.every((one) => one.status === "running"))
        yield* open
        assert.strictEqual(yield* x, 1)
      }).pipe(on({ workers: 2 }, task))
    }))

  it.scopedLive("several at once: nothing is lost on the way", () =>
    Effect.gen(function*() {
      const datas = yield* Effect.forEach([1, 2, 3, 4], (n) => Client.scatter(n, { workers: [`worker-${n - 1}`] }))
      yield* Client.wait(datas)
      const gone = ["worker-1", "worker-2", "worker-3"]
      const answers = yield* Effect.forEach(gone, Client.retire, { concurrency: "unbounded" })
      assert.deepStrictEqual(answers.map((one) => one.state), ["left", "left", "left"])
      assert.strictEqual((yield* Client.workers).length, 1)
      assert.strictEqual(yield* Effect.flatten(Client.submit(sum, datas)), 10)
    }).pipe(on({ workers: 4 }, sum)))
})

describe("Client.scale to fewer", () => {
  it.scoped("what only those held that go is handed over first: nothing is lost, nothing made again", () => {
    let runs = 0
    const count = Task.sync("count", (n: number) => {
      runs++
      return new Uint8Array(20_000).fill(n)
    })
    return Effect.gen(function*() {
      const datas = yield* Effect.forEach([1, 2, 3, 4], (n) => Client.scatter(big(n), { workers: [`worker-${n - 1}`] }))
      const made = yield* Client.map(count, [1, 2, 3, 4, 5, 6])
      yield* Client.wait(made)
      yield* Client.scale(1)
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.name), ["worker-0"])
      assert.deepStrictEqual(yield* Client.gather(datas), [1, 2, 3, 4].map(big))
      assert.deepStrictEqual(yield* Client.gather(made), [1, 2, 3, 4, 5, 6].map(big))
      assert.strictEqual(runs, 6)
    }).pipe(on({ workers: 4 }, count))
  })

  it.scoped("what runs may end; past the time given it is ended, and runs again elsewhere", () =>
    Effect.gen(function*() {
      const { open, runs, started, task } = gated()
      return yield* Effect.gen(function*() {
        const there = task.pipe(Task.with({ workers: ["worker-1"], allowOtherWorkers: true }))
        const x = yield* Client.submit(there, 1)
        yield* started
        const scaled = yield* Effect.fork(Client.scale(1, { within: "10 seconds" }))
        yield* until(Client.workers, (all) => all.some((one) => one.status === "leaving"))
        // It can be made larger meanwhile, and names are not given twice.
        yield* Client.scale(2)
        assert.deepStrictEqual((yield* Client.workers).map((one) => one.name).sort(), [
          "worker-0",
          "worker-1",
          "worker-2"
        ])
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(scaled)
        assert.deepStrictEqual((yield* Client.workers).map((one) => one.name).sort(), ["worker-0", "worker-2"])
        yield* open
        assert.strictEqual(yield* x, 1)
        assert.strictEqual(runs(), 2)
      }).pipe(on({ workers: 2 }, task))
    }))

  // As a node leaves: in a finalizer, which cannot be interrupted.
  it.scoped("it takes no longer than the time given, where the wait for it cannot be interrupted either", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"], allowOtherWorkers: true })), 1)
        yield* started
        const scaled = yield* Effect.fork(Effect.uninterruptible(Cluster.scale(1, { within: "10 seconds" })))
        yield* until(Client.workers, (all) => all.some((one) => one.status === "leaving"))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(scaled)
        assert.deepStrictEqual((yield* Client.workers).map((one) => one.name), ["worker-0"])
        yield* open
        assert.strictEqual(yield* x, 1)
      }).pipe(on({ workers: 2 }, task))
    }))

  it.scoped("who asked may stop waiting: the leaving goes on", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"] })), 1)
        yield* started
        const scaled = yield* Effect.fork(Client.scale(1))
        yield* until(Client.workers, (all) => all.some((one) => one.status === "leaving"))
        yield* Fiber.interrupt(scaled)
        yield* open
        yield* until(Client.workers, (all) => all.length === 1)
        assert.strictEqual(yield* x, 1)
      }).pipe(on({ workers: 2 }, task))
    }))
})

describe("Client.scale", () => {
  it.scoped("to a number that cannot be meant is refused, and the cluster stays as it is", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(big(1))
      yield* Client.wait(data)
      for (const workers of [NaN, Infinity, -1, 1.5]) {
        const exit = yield* Effect.exit(Client.scale(workers, { within: 0 }))
        assert.isTrue(Exit.isFailure(exit), String(workers))
        assert.include(String(exit), `a cluster cannot have ${workers} workers`)
      }
      assert.deepStrictEqual((yield* Client.workers).map((worker) => worker.name).sort(), ["worker-0", "worker-1"])
      assert.deepStrictEqual(yield* data, big(1))
    }).pipe(on({ workers: 2 })))
})

describe("Client.rebalance", () => {
  it.scopedLive("what moves is said by the policy that the cluster was given", () => {
    const asked: Array<number> = []
    const moves = (workers: ReadonlyArray<number>, values: ReadonlyArray<unknown>) => {
      asked.push(workers.length, values.length)
      return []
    }
    return Effect.gen(function*() {
      const data = yield* Client.submit(fill, 1)
      yield* Client.wait([data])
      const before = yield* holders([data])
      yield* Client.rebalance()
      assert.deepStrictEqual(asked, [2, 1])
      assert.deepStrictEqual(yield* holders([data]), before)
    }).pipe(on({ workers: 2, policies: { moves } }, fill))
  })

  it.scopedLive("bytes are spread evenly over the workers, and every value is still there", () =>
    Effect.gen(function*() {
      const datas = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (n) => Client.scatter(big(n)))
      const more = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (n) => Client.submit(fill, n))
      yield* Client.wait(more)
      // With one worker there is nothing to move.
      yield* Client.rebalance(more)
      yield* Client.scale(3)
      yield* Client.rebalance()
      const held = (yield* Client.workers).map((worker) => worker.heldBytes)
      assert.isBelow(Math.max(...held) - Math.min(...held), 20_100)
      assert.deepStrictEqual(yield* Client.gather([...datas, ...more]), [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6].map(big))
    }).pipe(on({ workers: 1 }, fill)))
})
