import { assert, describe, it, layer } from "@effect/vitest"
import { Array as Arr, Effect, Exit, Layer, Scope } from "effect"
import * as KeptTable from "../src/internal/keptTable.js"
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
    yield* first.kept.store([row("one", 1), row(long, 0, 255), row("one", 2), row("gone", 3)])
    yield* first.kept.store([])
    yield* first.kept.drop(["gone", "never there"])
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
    const many = Arr.makeBy(450, (i) => row(`many-${i}`, i % 256))
    yield* second.kept.store(many)
    assert.strictEqual((yield* second.kept.all).length, 452)
    yield* second.kept.drop([...many.map((it) => it.key), long])
    assert.deepStrictEqual(sorted(yield* second.kept.all), sorted([row("one", 1, 2, 3)]))
  })

layer(PostgresShared.layer, { excludeTestServices: true, timeout: "120 seconds" })("what is kept", (it) => {
  it.scoped("outlives the scheduler, and is changed by the one that lives alone", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      yield* outlives(yield* postgres.database("kept"), "creel")
    }))
})

const mysql = process.env["CREEL_TEST_MYSQL"]

if (mysql !== undefined) {
  describe("what is kept on MySQL", () => {
    it.scopedLive("outlives the scheduler", () => outlives(mysql, `kept_${Date.now()}`))
  })
}
