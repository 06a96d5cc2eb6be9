import { NodeCluster } from "@creel/node"
import * as ThreadExecutors from "@creel/node/ThreadExecutors"
import { assert, describe, it, layer } from "@effect/vitest"
import { Client } from "creel"
import { Effect, Fiber, Layer, Logger, LogLevel } from "effect"
import { Worker } from "node:worker_threads"
import { hoard, inc, leak, where } from "./fixtures/contracts.js"
import { job, Log, worker } from "./fixtures/log.js"
import { fake, tasks } from "./utils/programs.js"
import { turn } from "./utils/turn.js"

/** One supervised thread whose body does what each job's task says. */
const one = (limits: ThreadExecutors.ExecutorLimits) =>
  Effect.gen(function*() {
    const log = new Log()
    const closed: Array<string> = []
    const spawn = () => {
      const thread = new Worker(fake, { stderr: true })
      thread.stderr.on("data", (chunk: Uint8Array) => closed.push(String(chunk).trim()))
      return thread
    }
    const executors = yield* ThreadExecutors.make({
      count: 1,
      worker,
      spawn,
      grace: "1 minute",
      restarts: { delay: 1 },
      executors: limits
    })
    yield* executors.start(log.emit)
    yield* executors.ready
    const tired = (executor: string) =>
      log.first((event): event is Extract<typeof event, { _tag: "Tired" }> =>
        event._tag === "Tired" && event.executor === executor
      )
    const order = () =>
      log.events.flatMap((event) =>
        event._tag === "Up" || event._tag === "Down" || event._tag === "Tired"
          ? [`${event._tag} ${event.executor}`]
          : []
      )
    return { executors, log, tired, order, closed, place: "w/thread-1" }
  })

describe("an executor that has lived long enough", () => {
  it.scopedLive("has a successor before it is tired, ends what it has, and closes its services", () =>
    Effect.gen(function*() {
      const { closed, executors, log, order, place, tired } = yield* one({ tasksMax: 3 })
      const old = `${place}.1`
      executors.run(old, job(9, "wait"))
      for (let attempt = 1; attempt <= 3; attempt++) executors.run(old, job(attempt, "echo"))
      yield* tired(old)
      assert.deepStrictEqual(order(), [`Up ${old}`, `Up ${place}.2`, `Tired ${old}`])
      // What is said to it until it is ended is still done.
      executors.run(old, job(4, "echo"))
      yield* log.ended(4)
      executors.interrupt(old, 9, "", "")
      yield* log.ended(9)
      executors.end(old, "another took its place", true)
      const down = yield* log.down(place, 1)
      assert.isTrue(down.expected)
      assert.deepStrictEqual(down.started, [])
      executors.run(`${place}.2`, job(5, "echo"))
      yield* log.ended(5)
      yield* Effect.yieldNow().pipe(
        Effect.zipRight(turn),
        Effect.repeat({ until: () => closed.includes(`closed ${old}`) })
      )
    }))

  it.scopedLive("is replaced when its time is over; and the next one not before the last is gone", () =>
    Effect.gen(function*() {
      const { executors, log, order, place, tired } = yield* one({ lifetime: 1 })
      yield* tired(`${place}.1`)
      executors.run(`${place}.2`, job(1, "echo"))
      yield* log.ended(1)
      assert.notInclude(order(), `Up ${place}.3`)
      executors.end(`${place}.1`, "another took its place", true)
      yield* tired(`${place}.2`)
      const all = order()
      assert.isBelow(all.indexOf(`Down ${place}.1`), all.indexOf(`Up ${place}.3`))
    }))

  it.scopedLive("counts no death, and one that dies all the same counts as ever", () =>
    Effect.gen(function*() {
      const { executors, log, place, tired } = yield* one({ tasksMax: 1 })
      executors.run(`${place}.1`, job(1, "wait"))
      executors.run(`${place}.1`, job(2, "echo"))
      yield* tired(`${place}.1`)
      executors.run(`${place}.1`, job(3, "exit"))
      const down = yield* log.down(place, 1)
      assert.isFalse(down.expected)
      assert.deepStrictEqual(down.started, [1, 3])
      executors.run(`${place}.2`, job(4, "echo"))
      yield* log.ended(4)
    }))

  const kinds = {
    threads: (limits: ThreadExecutors.ExecutorLimits) =>
      NodeCluster.layerThreads({ threads: 2, tasks, executors: limits }),
    processes: (limits: ThreadExecutors.ExecutorLimits) =>
      NodeCluster.layerProcesses({ processes: 2, tasks, executors: limits }),
    "isolated threads": (limits: ThreadExecutors.ExecutorLimits) =>
      NodeCluster.layerThreads({ threads: 2, tasks, isolate: true, executors: limits })
  }
  for (const [kind, cluster] of Object.entries(kinds)) {
    it.live(`nothing is lost while ${kind} come and go`, () =>
      Effect.gen(function*() {
        const lives = new Set<string>()
        const numbers = Array.from({ length: 40 }, (_, n) => n)
        while (lives.size < 5) {
          const all = yield* Client.gather(yield* Client.map(where, numbers))
          assert.deepStrictEqual(all.map(({ x }) => x), numbers.map((n) => n + 1))
          for (const { life } of all) lives.add(life)
        }
      }).pipe(Effect.scoped, Effect.provide(cluster({ tasksMax: 30 }))))
  }

  it.live("is replaced when its heap has grown", () =>
    Effect.gen(function*() {
      const { life } = yield* Client.run(where, 1)
      yield* Client.run(leak, 32)
      yield* Client.run(where, 1).pipe(Effect.repeat({ until: (now) => now.life !== life }))
    }).pipe(
      Effect.scoped,
      Effect.provide(NodeCluster.layerThreads({ threads: 1, tasks, executors: { heapGrowthMax: 16 * 1024 * 1024 } }))
    ), 120_000)

  it.live("limits that mean nothing are refused", () =>
    Effect.gen(function*() {
      const error = yield* Client.run(inc, 1).pipe(
        Effect.provide(NodeCluster.layerThreads({ tasks, executors: { tasksMax: 0 } })),
        Effect.flip
      )
      assert.include(error.message, "executors.tasksMax is 0")
    }))
})

const hoardForEver = () => {
  const hoard: Array<unknown> = []
  for (;;) hoard.push(new Array(100_000).fill(hoard.length))
}

// What computes without a pause is not looked at: V8 ends that, whatever `terminate` says.
const limits = { restarts: { delay: 1, limit: 100 }, executors: { terminate: 0.5 } }
const limited = {
  threads: NodeCluster.layerThreads({
    threads: 2,
    tasks,
    resourceLimits: { maxOldGenerationSizeMb: 100 },
    ...limits
  }),
  processes: NodeCluster.layerProcesses({ processes: 2, tasks, execArgv: ["--max-old-space-size=100"], ...limits })
}

/** While something bad goes on: values kept from before, and new ones. */
const othersAreWell = <A, E, R>(bad: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const numbers = Array.from({ length: 50 }, (_, n) => n)
    const kept = yield* Client.map(inc, numbers)
    yield* Client.wait(kept)
    const fiber = yield* Effect.fork(bad)
    let rounds = 0
    while ((yield* Fiber.poll(fiber))._tag === "None") {
      const all = yield* Client.gather(yield* Client.map(inc, numbers.map((n) => n + 1000 * rounds)))
      assert.deepStrictEqual(all, numbers.map((n) => n + 1 + 1000 * rounds))
      rounds++
    }
    assert.isAbove(rounds, 0)
    assert.deepStrictEqual(yield* Client.gather(kept), numbers.map((n) => n + 1))
    return yield* Fiber.join(fiber)
  })

for (const [kind, cluster] of Object.entries(limited)) {
  const quiet = Layer.provide(cluster, Logger.minimumLogLevel(LogLevel.None))
  const option = kind === "threads" ? "maxOldGenerationSizeMb" : "--max-old-space-size"
  layer(quiet, { excludeTestServices: true, timeout: "2 minutes" })(`heaps of ${kind}`, (it) => {
    it.scoped("what executors take is known", () =>
      Effect.gen(function*() {
        // What was measured first may be of a time when they were still being started.
        const [worker] = yield* Client.workers.pipe(
          Effect.zipLeft(turn),
          Effect.repeat({ until: ([worker]) => worker?.processBytes !== undefined && worker.executors.length === 2 })
        )
        assert.isAbove(worker!.processBytes!, 10_000_000)
        for (const { heapLimit, heapUsed, processBytes } of worker!.executors) {
          assert.strictEqual(heapLimit, 100 * 1024 * 1024)
          assert.isTrue(heapUsed > 1_000_000 && heapUsed < heapLimit)
          assert.strictEqual(processBytes === undefined, kind === "threads")
        }
      }))

    it.scoped("one executor that runs out of heap costs its running attempts and nothing else", () =>
      Effect.gen(function*() {
        const error = yield* othersAreWell(Effect.flip(Client.run(hoardForEver)))
        assert.isTrue("reason" in error && error.reason === "KilledWorker")
        assert.include(error.message, "out of memory")
        assert.include(error.message, option)
      }))

    it.scoped("one that is about to is ended, and it is said how much it held", () =>
      Effect.gen(function*() {
        // With what an executor has anyway more than it may hold, and less than the 80 % from which on V8 itself gives up.
        const error = yield* othersAreWell(Effect.flip(Client.run(hoard, 60)))
        assert.isTrue("reason" in error && error.reason === "KilledWorker")
        assert.match(error.message, /out of memory: its heap held \d+ MB of the 100 MB it may have/)
        assert.include(error.message, option)
      }))
  })
}
