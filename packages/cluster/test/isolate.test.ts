/** The scheduler has a thread of its own in a service: real processes, a real database. */
import * as CreelCluster from "@creel/cluster/CreelCluster"
import { assert, describe, layer } from "@effect/vitest"
import * as Client from "creel/Client"
import * as Cluster from "creel/Cluster"
import { Context, Effect, Layer, Logger, Queue } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { Worker } from "node:worker_threads"
import { freePort } from "./fixtures/ports.js"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import { start } from "./utils/processes.js"
import { tasks } from "./utils/programs.js"

/** What `tasks` can do, for this process. */
const contracts = new URL("./fixtures/tasks.mjs", import.meta.url).href

const file = Effect.acquireRelease(
  Effect.sync(() => path.join(fs.mkdtempSync(path.join(tmpdir(), "creel-busy-")), "free")),
  (file) => Effect.sync(() => fs.rmSync(path.dirname(file), { recursive: true, force: true }))
)

/** The threads that carry schedulers, as this process starts them. */
const threads = Effect.gen(function*() {
  const started = yield* Queue.unbounded<Worker>()
  const hear = (worker: Worker) => void started.unsafeOffer(worker)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("worker", hear)),
    () => Effect.sync(() => process.off("worker", hear))
  )
  return started
})

/** What is logged, as one line each. */
const log = Effect.map(Queue.unbounded<string>(), (lines) => ({
  lines,
  layer: Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => void lines.unsafeOffer(`${logLevel.label} ${String(message)}`))
  )
}))

const saying = (lines: Queue.Queue<string>, what: string): Effect.Effect<string> =>
  Effect.repeat(lines.take, { until: (line) => line.includes(what) })

layer(PostgresShared.layer, { excludeTestServices: true })("a node in a service", (it) => {
  describe("whose own thread is blocked", () => {
    it.scoped("carries the scheduler all the same, and the work of others goes on", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("blocked")
        const port = String(yield* freePort)
        // Of the worker's fixture.
        const env = { CREEL_NAMESPACE: "test" }
        const busy = yield* start("busyNode.mjs", [database, "busy"], { ...env, CREEL_LINKS: port })
        yield* busy.line("ready")
        // It knows the scheduler's address and can carry none: no other process could take over.
        const other = yield* start("worker.mjs", [port, "other"])
        yield* other.line("ready")
        const free = yield* file
        busy.tell(`block ${free}`)
        yield* busy.line("blocked")
        const client = yield* start("clusterClient.mjs", [database], env)
        yield* client.line("done")
        assert.include(client.said(), `sum ${(1024 * 1023) / 2}`)
        assert.include(client.said(), "wrong 0")
        assert.notInclude(busy.said(), "free")
        fs.writeFileSync(free, "")
        yield* busy.line("free")
        const after = yield* start("clusterClient.mjs", [database], env)
        yield* after.line("done")
      }))
  })

  describe("whose scheduler's thread", () => {
    it.scoped("dies, starts another: nobody need do anything", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("died")
        const started = yield* threads
        const { layer, lines } = yield* log
        const context = yield* Layer.build(
          CreelCluster.layer({ tasks, threads: 1, workerName: "one" }).pipe(
            Layer.provide(Postgres.client(database)),
            Layer.provide(layer)
          )
        )
        const client = Context.get(context, Client.Client)
        const { leaf } = yield* Effect.promise(() => import(contracts))
        assert.strictEqual(yield* client.run(leaf, 1), 1)
        const thread = yield* started.take
        yield* saying(lines, "incarnation 1")
        void thread.terminate()
        yield* saying(lines, "ERROR the thread that carries the scheduler ended")
        yield* saying(lines, "incarnation 2")
        assert.strictEqual(yield* client.run(leaf, 2), 2)
        const workers = yield* Context.get(context, Cluster.Cluster).workers
        assert.lengthOf(workers, 1)
      }))

    it.scoped("cannot be, does without it and says why", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("without")
        const { layer, lines } = yield* log
        const started = yield* threads
        const policies = { scheduler: { policies: {} } }
        yield* Layer.build(
          CreelCluster.layer({ tasks, threads: 1, ...policies }).pipe(
            Layer.provide(Postgres.client(database)),
            Layer.provide(layer)
          )
        )
        yield* saying(lines, "no thread of its own")
        const { name } = yield* Effect.map(started.take, (worker) => worker as Worker & { readonly name?: string })
        assert.notStrictEqual(name, "creel-scheduler")
      }))
  })
})
