import { SqlClient } from "@effect/sql"
import { assert, describe, it, layer } from "@effect/vitest"
import { Array as Arr, Effect, Exit, Layer, Scope } from "effect"
import * as KeptTable from "../src/kept/table.js"
import type * as Placement from "../src/Placement.js"
import * as Nodes from "./fixtures/nodes.js"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import * as Sql from "./fixtures/sql.js"

const row = (key: string, ...bytes: ReadonlyArray<number>): Placement.KeptRow => ({
  key,
  bytes: Uint8Array.from(bytes)
})

const sorted = (rows: ReadonlyArray<Placement.KeptRow>) =>
  [...rows].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ bytes, key }) => ({ key, bytes: [...bytes] }))

const outlives = (url: string, prefix: string) =>
  Effect.gen(function*() {
    const said = yield* Nodes.ears
    const a = yield* Scope.make()
    yield* Scope.extend(Nodes.start(url, said, "a", ["x", "y"], { prefix }), a)
    const lives = [yield* Nodes.next(said, "began"), yield* Nodes.next(said, "began")]
    const first = lives.find((it) => it.namespace === "x")!.life
    const other = lives.find((it) => it.namespace === "y")!.life
    const long = "k".repeat(5000)
    yield* first.kept.spend([{ key: "never there", spent: Uint8Array.from([1]) }])
    yield* first.kept.store([row("one", 1), row(long, 0, 255), row("one", 2), row("gone", 3)])
    yield* first.kept.store([])
    yield* first.kept.drop(["gone", "never there"])
    yield* first.kept.spend([{ key: "one", spent: Uint8Array.from([8]) }, { key: long, spent: Uint8Array.from([9]) }])
    yield* first.kept.spend([{ key: "one", spent: Uint8Array.from([7]) }])
    yield* first.kept.store([row("one", 1, 2, 3)])
    // The same again is no reason to be refused.
    yield* first.kept.store([row("one", 1, 2, 3)])
    assert.deepStrictEqual(sorted(yield* first.kept.all), sorted([row(long, 0, 255), row("one", 1, 2, 3)]))
    assert.deepStrictEqual(yield* other.kept.all, [])
    yield* Scope.close(a, Exit.void)
    yield* Effect.repeatN(Nodes.next(said, "ended"), 1)

    yield* Nodes.start(url, said, "b", ["x"], { prefix })
    const second = (yield* Nodes.next(said, "began")).life
    assert.deepStrictEqual(sorted(yield* second.kept.all), sorted([row(long, 0, 255), row("one", 1, 2, 3)]))
    // The first one, had it been frozen all that time.
    const table = yield* Effect.provide(KeptTable.make(prefix), yield* Layer.build(Sql.client(url)))
    assert.isFalse(yield* table.store("x", 1, [row("late", 1)]))
    assert.isFalse(yield* table.drop("x", 1, ["one"]))
    assert.isFalse(yield* table.spend("x", 1, [{ key: "one", spent: Uint8Array.from([6]) }]))
    // What is counted is another's to change, and is not touched by what is stored again.
    const spent = Object.fromEntries((yield* second.kept.all).map(({ key, spent }) => [key, [...spent ?? []]]))
    assert.deepStrictEqual(spent, { one: [7], [long]: [9] })
    const many = Arr.makeBy(450, (i) => row(`many-${i}`, i % 256))
    yield* second.kept.store(many)
    assert.strictEqual((yield* second.kept.all).length, 452)
    yield* second.kept.drop([...many.map((it) => it.key), long])
    assert.deepStrictEqual(sorted(yield* second.kept.all), sorted([row("one", 1, 2, 3)]))
  })

/** As the version before made it, with a row of its own. */
const older = (url: string, prefix: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const kept = sql(`${prefix}_kept`)
    const blob = sql.literal(url.startsWith("mysql:") ? "LONGBLOB" : "BYTEA")
    yield* sql`CREATE TABLE ${kept} (namespace VARCHAR(190) NOT NULL, id VARCHAR(64) NOT NULL, name TEXT NOT NULL,
      bytes ${blob} NOT NULL, PRIMARY KEY (namespace, id))`
    yield* sql`INSERT INTO ${kept} (namespace, id, name, bytes) VALUES ('x', 'id', 'old', ${Buffer.from([5])})`
    // Several nodes at once.
    const [table] = yield* Effect.all(Arr.makeBy(4, () => KeptTable.make(prefix)), { concurrency: "unbounded" })
    assert.deepStrictEqual(sorted(yield* table!.all("x")), sorted([row("old", 5)]))
    yield* KeptTable.make(prefix)
  }).pipe(Effect.provide(Sql.client(url)))

layer(PostgresShared.layer, { excludeTestServices: true, timeout: "120 seconds" })("what is kept", (it) => {
  it.scoped("outlives the scheduler, and is changed by the one that lives alone", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      yield* outlives(yield* postgres.database("kept"), "creel")
    }))

  it.scoped("is read from a table of the version before, which is given what it lacks", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      yield* older(yield* postgres.database("older"), "creel")
    }))
})

const mysql = process.env["CREEL_TEST_MYSQL"]

if (mysql !== undefined) {
  describe("what is kept on MySQL", () => {
    it.scopedLive("outlives the scheduler", () => outlives(mysql, `kept_${Date.now()}`))
    it.scopedLive("is read from a table of the version before", () => older(mysql, `older_${Date.now()}`))
  })
}
