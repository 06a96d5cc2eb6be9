/** A cluster as services have it: real processes, a real database. */
import * as CreelCluster from "@creel/cluster/CreelCluster"
import * as Security from "@creel/cluster/Security"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { fileURLToPath } from "node:url"
import { freePort } from "./fixtures/ports.js"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import type { Running } from "./utils/processes.js"
import { start } from "./utils/processes.js"

const ends = (client: Running, leaves = 1024) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* client.line("sum"), `sum ${(leaves * (leaves - 1)) / 2}`)
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

/** With nodes of both builds there, what each client gets is its own build's. */
const bothBuilds = (database: string, env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const clients = yield* Effect.all(
      ["1", "2"].map((build) => start("buildClient.mjs", [database], { ...env, CREEL_BUILD: build }))
    )
    for (const [index, client] of clients.entries()) {
      assert.strictEqual(yield* client.line("build"), `build ${index + 1} 100`)
    }
  }).pipe(Effect.scoped)

const reach = fileURLToPath(new URL("./fixtures/reach.mjs", import.meta.url))

/**
 * Nodes whose values are served at ports that are known; each can reach none of those that `cut` names. The first one carries
 * the scheduler.
 */
const networked = (name: string, names: ReadonlyArray<string>, cut: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const postgres = yield* Postgres.Postgres
    const database = yield* postgres.database(name)
    const ports = yield* Effect.all(names.map(() => freePort))
    const env = (one: string) => ({
      NODE_OPTIONS: `--import=${reach}`,
      CREEL_REACH: names.flatMap((other, i) => other === one ? [] : [`${other}=${ports[i]}`]).join(),
      CREEL_CUT: cut[one] ?? "",
      // However slow the machine is.
      CREEL_STAYS: "5 minutes"
    })
    const begin = (one: string, i: number) =>
      start("node.mjs", [database, one], { ...env(one), CREEL_VALUES: String(ports[i]) })
    const first = yield* begin(names[0]!, 0)
    yield* first.line("ready")
    const others = yield* Effect.all(names.slice(1).map((one, i) => begin(one, i + 1)))
    yield* Effect.all(others.map((node) => node.line("ready")))
    const client = (...ways: ReadonlyArray<string>) => start("between.mjs", [database, ...ways], env("client"))
    return { nodes: [first, ...others], client }
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
        yield* client.line("past 500")
        yield* nodes[carrier]!.kill("SIGKILL")
        yield* ends(client)
        assert.isTrue(carries(nodes[(carrier + 2) % 3]!))
      }))

    it.scoped("answer right while every node is replaced by one of the next build, and who does not know the secret is not let in", () =>
      Effect.gen(function*() {
        const secret = yield* Security.generateSecret
        // So many that there is work as long as it takes to replace nodes.
        const leaves = 2048
        const env = { CREEL_SECRET: Redacted.value(secret), CREEL_LEAVES: String(leaves) }
        const { client, database, nodes } = yield* cluster("rolling", env)
        const stranger = CreelCluster.layerClient({
          security: Security.secret(yield* Security.generateSecret),
          startWithin: "2 minutes"
        })
        const refused = yield* Effect.flip(Layer.build(Layer.provide(stranger, Postgres.client(database))))
        assert.propertyVal(refused, "reason", "BadCredentials")
        assert.include(refused.message, "the same secret")
        for (const [index, node] of nodes.entries()) {
          yield* client.line(`past ${[200, 500, 800][index]}`)
          const next = yield* start("node.mjs", [database, `next-${index}`], { ...env, CREEL_BUILD: "2" })
          yield* next.line("ready")
          if (index === 1) yield* bothBuilds(database, env)
          yield* node.kill("SIGTERM")
          // 130: it was interrupted, and closed what it had.
          assert.include([0, 130], node.child.exitCode, node.said())
        }
        yield* ends(client, leaves)
      }))

    it.scoped("answer right where nodes reach the scheduler's node, and neither each other nor the client them", () =>
      Effect.gen(function*() {
        const { client, nodes: [a, b, c] } = yield* networked("apart", ["a", "b", "c"], {
          b: "c",
          c: "b",
          client: "b,c"
        })
        assert.isTrue(carries(a!))
        const running = yield* client("b,c", "c,b")
        for (const way of ["b to c: 100000", "b to client: 10000", "c to b: 100000", "c to client: 10000", "done"]) {
          assert.strictEqual(yield* running.line(way.split(":")[0]!), way)
        }
        // They have tried, and then found another way.
        assert.include(c!.said(), "cannot reach b")
        assert.include(b!.said(), "cannot reach c")
        assert.include(running.said(), "cannot reach b")
        assert.include(a!.said(), "reaches b")
      }))

    it.scoped("answer right while a node, and the node that carries the scheduler, stand still, and when they go on", () =>
      Effect.gen(function*() {
        const { client, database, nodes } = yield* cluster("frozen")
        yield* client.line("past 200")
        const carrier = nodes.findIndex(carries)
        yield* nodes[(carrier + 1) % 3]!.signal("SIGSTOP")
        yield* client.line("past 500")
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
