import { NodeCluster } from "@creel/node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Client, Cluster, TaskGroup } from "creel"
import { Effect, Exit, Fiber, Layer, type Scope } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { broken } from "./fixtures/broken.js"
import { add, big, exit, fib, greeting, inc, isThere, spin, sum, whoami } from "./fixtures/contracts.js"
import { entry, tasks } from "./utils/programs.js"
import { turn } from "./utils/turn.js"

const threads = (options: NodeCluster.ThreadsOptions = {}) =>
  NodeCluster.layerThreads({ threads: 2, tasks, restarts: { delay: 1 }, ...options })

const graph = Effect.gen(function*() {
  const x = yield* Client.submit(inc, 1)
  const y = yield* Client.submit(inc, 10)
  const total = yield* Client.submit(add, x, y)
  return yield* total
})

/** Threads hang on ports. */
const open = Effect.sync(() =>
  process.getActiveResourcesInfo().filter((name) => name === "MessagePort" || name === "ProcessWrap").length
)

/** The same, in a later turn of the loop: threads come up, and ports are given back, while nobody computes. */
const openNext = Effect.zipRight(turn, open)

/** How it ends, once nothing is open but what was open before. Else the test never ends. */
const leavesNothing = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* open
    const exit = yield* Effect.exit(self)
    yield* Effect.repeat(openNext, { until: (now) => now <= before })
    return exit
  })

layer(threads(), { excludeTestServices: true, timeout: "2 minutes" })("two threads", (it) => {
  it.scoped("runs graphs, tasks that submit tasks, and functions", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* graph, 13)
      assert.strictEqual(yield* Client.run(fib, 7), 13)
      // Node's own services are there for every task.
      assert.isTrue(yield* Client.run(isThere, fileURLToPath(import.meta.url)))
      assert.strictEqual(yield* Client.run((x: number) => x * 2, 21), 42)
      assert.match(yield* Cluster.describe, /^Cluster\(2 threads: 1 worker, 2 slots; tasks: .*inc/)
      // A thousand jobs, each with its own answer.
      const futures = yield* Client.map(inc, Array.from({ length: 1000 }, (_, n) => n))
      const values = yield* Client.gather(futures)
      assert.deepStrictEqual(values, Array.from({ length: 1000 }, (_, n) => n + 1))
      // Large values stay in shared memory, all the way.
      const xs = yield* Client.submit(big, 100_000)
      const { shared, total } = yield* Client.run(sum, xs)
      assert.strictEqual(total, 100_000)
      assert.isTrue(shared)
      assert.isTrue((yield* xs).buffer instanceof SharedArrayBuffer)
    }))

  it.scoped("ends code that never yields, and goes on", () =>
    Effect.gen(function*() {
      const blocked = yield* Client.submit(spin)
      yield* Client.explain(blocked).pipe(Effect.repeat({ until: ({ state }) => state === "Running" }))
      yield* Client.cancel([blocked], { force: true, reason: "enough" })
      const error = yield* Effect.flip(blocked)
      assert.strictEqual(error.reason, "Cancelled")
      assert.strictEqual(yield* graph, 13)
    }))

  it.scoped("fails a task that kills its executors, and no other", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Client.run(exit))
      assert.isTrue("reason" in error && error.reason === "KilledWorker")
      assert.include(error.message, "code 3")
      assert.strictEqual(yield* graph, 13)
    }))
})

describe("a cluster of threads", () => {
  it.scopedLive("has as many workers as asked, each with threads of its own", () =>
    Effect.gen(function*() {
      const workers = yield* Client.waitForWorkers(2)
      assert.deepStrictEqual(workers.map(({ name, slots }) => [name, slots]), [["worker-0", 2], ["worker-1", 1]])
      assert.include(["worker-0", "worker-1"], yield* Client.run(whoami))
    }).pipe(Effect.provide(threads({ threads: 3, workers: 2 }))))

  it.scopedLive("with a worker entry that provides what its tasks need", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(greeting, "you"), "hello, you")
      assert.isTrue(yield* Client.run(isThere, fileURLToPath(import.meta.url)))
    }).pipe(Effect.provide(NodeCluster.layerThreads({ threads: 1, spawn: () => new Worker(entry) }))))

  it.scopedLive("tells why the layer of a worker entry cannot be built", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.build(NodeCluster.layerThreads({
        threads: 1,
        spawn: () => new Worker(entry, { env: { ...process.env, NO_GREETER: "1" } })
      })))
      assert.strictEqual(error.reason, "ExecutorNotStarted")
      assert.include(error.message, "nobody to greet")
    }))

  it.scopedLive("with scheduler and stores in a thread of their own", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* graph, 13)
      assert.strictEqual(yield* Client.run(fib, 5), 5)
      const xs = yield* Client.submit(big, 100_000)
      assert.strictEqual((yield* xs).length, 100_000)
      assert.include(yield* Cluster.describe, "2 threads: 1 worker, 2 slots")
    }).pipe(Effect.provide(threads({ isolate: true }))))

  it.scopedLive("tells what is wrong with its module or its options, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const unreadable = yield* broken
      const reason = (options: NodeCluster.ThreadsOptions) =>
        Effect.map(Effect.flip(Effect.scoped(Layer.build(NodeCluster.layerThreads(options)))), (error) => error.reason)
      const unloaded = yield* leavesNothing(reason({ threads: 1, tasks: unreadable }))
      assert.deepStrictEqual(unloaded, Exit.succeed("TasksNotLoaded"))
      assert.strictEqual(yield* reason({ threads: 1, tasks: unreadable, isolate: true }), "TasksNotLoaded")
      assert.strictEqual(yield* reason({ threads: 1, tasks: "./nowhere.js" }), "TasksNotFound")
      assert.strictEqual(yield* reason({ threads: 1, tasks: "./nowhere.js", isolate: true }), "TasksNotFound")
      assert.strictEqual(yield* reason({ threads: 0, tasks }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1e6, tasks }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1, workers: 2, tasks }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1, tasks, memory: { target: 0.7, pause: 0.5 } }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1, tasks, lineageBytes: -1 }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1, tasks, executors: { terminate: 5 } }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1 }), "BadOption")
      // What types refuse, and programs without them give.
      const untyped: ReadonlyArray<readonly [part: string, options: unknown]> = [
        ["no options", undefined],
        ["tasks is an array", { tasks: [] }],
        ["tasks is a TaskGroup", { tasks: TaskGroup.make() }],
        ["tasks is an object", { tasks: Object.create(null) }],
        ["tasks is null", { tasks: null }],
        ["grace is \"soon\"", { tasks, grace: "soon" }],
        ["copiesIdle is an object", { tasks, copiesIdle: {} }],
        ["executors.lifetime", { tasks, executors: { lifetime: "long" } }],
        ["outboxMax is NaN", { tasks, outboxMax: Number.NaN }],
        ["io is 0", { tasks, io: 0 }],
        ["resources.gpu is \"2\"", { tasks, resources: { gpu: "2" } }],
        ["memory is \"1 GB\"", { tasks, memory: "1 GB" }],
        ["workerName is 5", { tasks, workerName: 5 }]
      ]
      for (const [part, options] of untyped) {
        for (const make of [NodeCluster.layerThreads, NodeCluster.layerProcesses]) {
          const error = yield* Effect.flip(Layer.build(make(options as never)))
          assert.strictEqual(error.reason, "BadOption")
          assert.include(error.message, part)
        }
      }
      assert.strictEqual(yield* reason({ threads: 1, tasks, spawn: () => new Worker(entry) }), "BadOption")
      assert.strictEqual(yield* reason({ threads: 1, spawn: () => new Worker(entry), isolate: true }), "BadOption")
    }))

  it.scopedLive("leaves nothing behind: at its end, when the program fails, when its start is interrupted", () =>
    Effect.gen(function*() {
      const over = <A, E>(
        program: Effect.Effect<A, E, Client.Client | Scope.Scope>,
        options: NodeCluster.ThreadsOptions
      ) => leavesNothing(Effect.scoped(Effect.provide(program, threads({ threads: 1, ...options }))))
      assert.deepStrictEqual(yield* over(graph, {}), Exit.succeed(13))
      assert.deepStrictEqual(yield* over(graph, { isolate: true }), Exit.succeed(13))
      const failing = Effect.zipRight(Client.submit(spin), Effect.fail("no"))
      assert.deepStrictEqual(yield* over(failing, { grace: 100 }), Exit.fail("no"))
      const interrupted = Effect.gen(function*() {
        const before = yield* open
        const starting = yield* Effect.fork(Effect.scoped(Layer.build(threads())))
        yield* Effect.repeat(openNext, { until: (ports) => ports > before })
        const exit = yield* Fiber.interrupt(starting)
        assert.isTrue(Exit.isInterrupted(exit))
      })
      assert.deepStrictEqual(yield* leavesNothing(interrupted), Exit.void)
    }))
})

describe("a cluster of processes", () => {
  it.scopedLive("runs graphs, tasks that submit tasks, and copies large values", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* graph, 13)
      assert.strictEqual(yield* Client.run(fib, 5), 5)
      const xs = yield* Client.submit(big, 100_000)
      const { shared, total } = yield* Client.run(sum, xs)
      assert.strictEqual(total, 100_000)
      assert.isFalse(shared)
    }).pipe(Effect.provide(NodeCluster.layerProcesses({ processes: 2, tasks }))))

  it.scopedLive("ends code that never yields, goes on, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const blocked = yield* Client.submit(spin)
        yield* Client.explain(blocked).pipe(Effect.repeat({ until: ({ state }) => state === "Running" }))
        yield* Client.cancel([blocked], { force: true, reason: "enough" })
        assert.strictEqual((yield* Effect.flip(blocked)).reason, "Cancelled")
        assert.strictEqual(yield* graph, 13)
      })
      const cluster = NodeCluster.layerProcesses({ processes: 1, tasks, restarts: { delay: 1 } })
      const exit = yield* leavesNothing(Effect.scoped(Effect.provide(program, cluster)))
      assert.deepStrictEqual(exit, Exit.void)
    }))

  it.scopedLive("with a worker entry that provides what its tasks need", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(greeting, "you"), "hello, you")
    }).pipe(
      Effect.provide(NodeCluster.layerProcesses({
        processes: 1,
        spawn: () => fork(entry, { serialization: "advanced" })
      }))
    ))
})
