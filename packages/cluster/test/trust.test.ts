/** Nodes that know each other by certificates, and those that are of another cluster: a real database, real sockets. */
import * as Certificates from "@creel/cluster/Certificates"
import * as CreelCluster from "@creel/cluster/CreelCluster"
import * as Security from "@creel/cluster/Security"
import { assert, describe, layer } from "@effect/vitest"
import * as Client from "creel/Client"
import { Effect, Layer } from "effect"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import { tasks } from "./utils/programs.js"

/** What `tasks` can do, for this process. */
const contracts = new URL("./fixtures/tasks.mjs", import.meta.url).href

const startWithin = "2 minutes"

const certificates = Effect.map(Certificates.makeAuthority(), (authority) => (role: Security.Role) =>
  Effect.map(
    Certificates.issue(authority, { role, names: ["127.0.0.1"] }),
    ({ cert, key }) => Security.mutual({ ca: authority.cert, cert, key })
  ))

const build = (database: string, cluster: ReturnType<typeof CreelCluster.layerClient>) =>
  Layer.build(Layer.provide(Layer.fresh(cluster), Layer.fresh(Postgres.client(database))))

const client = (database: string, security: Security.Service) =>
  build(database, CreelCluster.layerClient({ security, startWithin }))

const node = (database: string, security: Security.Service) =>
  build(database, CreelCluster.layer({ tasks, threads: 1, security, startWithin }))

layer(PostgresShared.layer, { excludeTestServices: true })("a cluster whose nodes know each other", (it) => {
  describe("by certificates", () => {
    it.scoped("works, and tells those of another authority what is wrong", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("mutual")
        const ours = yield* certificates
        const theirs = yield* certificates
        yield* node(database, yield* ours("worker"))
        const context = yield* client(database, yield* ours("client"))
        const { sum } = yield* Effect.promise(() => import(contracts))
        assert.strictEqual(yield* Effect.provide(Client.run(sum, [1, 2, 3]), context), 6)

        const stranger = yield* Effect.flip(client(database, yield* theirs("client")))
        assert.propertyVal(stranger, "reason", "BadCredentials")
        assert.include(stranger.message, "certificates of the same authority")
        const strange = yield* Effect.flip(Effect.scoped(node(database, yield* theirs("worker"))))
        assert.propertyVal(strange, "reason", "BadCredentials")
      }))
  })

  describe("by a secret", () => {
    it.scoped("tells who has another one what is wrong, be it a client or a node", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("secret")
        yield* node(database, Security.secret(yield* Security.generateSecret))
        const other = Security.secret(yield* Security.generateSecret)
        const stranger = yield* Effect.flip(client(database, other))
        assert.propertyVal(stranger, "reason", "BadCredentials")
        assert.include(stranger.message, "the same secret")
        const strange = yield* Effect.flip(Effect.scoped(node(database, other)))
        assert.propertyVal(strange, "reason", "BadCredentials")
      }))
  })
})
