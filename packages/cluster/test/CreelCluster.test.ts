/** A cluster as services have it: real processes, a real database. */
import * as CreelCluster from "@creel/cluster/CreelCluster"
import * as Security from "@creel/cluster/Security"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import type { Running } from "./utils/processes.js"
import { start } from "./utils/processes.js"

const ends = (client: Running) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* client.line("sum"), `sum ${(2048 * 2047) / 2}`)
    assert.strictEqual(yield* client.line("wide"), `wide ${36 * 10_000}`)
    assert.strictEqual(yield* client.line("wrong"), "wrong 0")
    yield* client.line("done")
  })

const cluster = (name: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const postgres = yield* Postgres.Postgres
    const database = yield* postgres.database(name)
    const nodes = yield* Effect.all(["a", "b", "c"].map((one) => start("node.mjs", [database, one], env)))
    yield* Effect.all(nodes.map((node) => node.line("ready")), { concurrency: "unbounded" })
    const client = yield* start("clusterClient.mjs", [database], env)
    return { nodes, client, database }
  })

const carries = (node: Running): boolean => node.said().includes("scheduler of default at")

layer(PostgresShared.layer, { excludeTestServices: true })("three nodes and a client", (it) => {
  describe("on a database", () => {
    it.scoped("answer right", () =>
      Effect.gen(function*() {
        const { client } = yield* cluster("calm")
        yield* ends(client)
      }))

    it.scoped("answer right when a node, and then the node that carries the scheduler, is killed", () =>
      Effect.gen(function*() {
        const { client, nodes } = yield* cluster("killed")
        yield* client.line("past 200")
        const carrier = nodes.findIndex(carries)
        assert.isAtLeast(carrier, 0)
        yield* nodes[(carrier + 1) % 3]!.kill("SIGKILL")
        yield* client.line("past 600")
        yield* nodes[carrier]!.kill("SIGKILL")
        yield* ends(client)
        assert.isTrue(carries(nodes[(carrier + 2) % 3]!))
      }))

    it.scoped("answer right while every node is replaced in turn, and who does not know the secret is not let in", () =>
      Effect.gen(function*() {
        const secret = yield* Security.generateSecret
        const env = { CREEL_SECRET: Redacted.value(secret) }
        const { client, database, nodes } = yield* cluster("rolling", env)
        const stranger = CreelCluster.layerClient({
          security: Security.secret(yield* Security.generateSecret),
          startWithin: "2 minutes"
        })
        const refused = yield* Effect.flip(Layer.build(Layer.provide(stranger, Postgres.client(database))))
        assert.propertyVal(refused, "reason", "BadCredentials")
        assert.include(refused.message, "the same secret")
        for (const [index, node] of nodes.entries()) {
          yield* client.line(`past ${[200, 600, 1000][index]}`)
          const next = yield* start("node.mjs", [database, `next-${index}`], env)
          yield* next.line("ready")
          yield* node.kill("SIGTERM")
          // 130: it was interrupted, and closed what it had.
          assert.include([0, 130], node.child.exitCode, node.said())
        }
        yield* ends(client)
      }))

    it.scoped("answer right while a node, and the node that carries the scheduler, stand still, and when they go on", () =>
      Effect.gen(function*() {
        const { client, database, nodes } = yield* cluster("frozen")
        yield* client.line("past 200")
        const carrier = nodes.findIndex(carries)
        yield* nodes[(carrier + 1) % 3]!.signal("SIGSTOP")
        yield* client.line("past 600")
        yield* nodes[carrier]!.signal("SIGSTOP")
        yield* ends(client)
        for (const node of nodes) yield* node.signal("SIGCONT")
        yield* ends(yield* start("clusterClient.mjs", [database]))
        assert.isTrue(carries(nodes[(carrier + 2) % 3]!))
        // None of them has given up.
        for (const node of nodes) assert.isNull(node.child.exitCode)
      }))
  })
})
