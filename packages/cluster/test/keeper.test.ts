/** What is to be done whoever leaves: real processes, a real database. */
import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Postgres from "./fixtures/postgres.js"
import type { Running } from "./utils/processes.js"
import { start } from "./utils/processes.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(tmpdir(), "creel-keeper-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

const until = <E, R>(look: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(look, { until: (there) => there, schedule: Schedule.spaced("50 millis") })

/** How much is kept in this database. */
const kept = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql<{ readonly n: number }>`SELECT count(*)::int AS n FROM creel_kept`, ([row]) => row?.n ?? 0)
)

/** The last that it has carried. */
const incarnation = (node: Running): number =>
  Math.max(
    0,
    ...[...node.said().matchAll(/scheduler of default at .*, incarnation (\d+)/g)].map((said) => Number(said[1]))
  )

layer(Postgres.layer, { excludeTestServices: true })("what a client does not wait for", (it) => {
  it.scoped("is done when that client and then the scheduler are killed, and is then kept no longer", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const database = yield* postgres.database("keeper")
      const at = yield* folder
      const nodes = yield* Effect.all(["a", "b", "c"].map((one) => start("node.mjs", [database, one])))
      yield* Effect.all(nodes.map((node) => node.line("ready")), { concurrency: "unbounded" })
      const client = yield* start("forgetful.mjs", [database, at])
      yield* client.line("submitted")
      yield* Effect.gen(function*() {
        yield* until(Effect.map(kept, (n) => n === 1))
        yield* client.kill("SIGKILL")
        yield* nodes.reduce((a, b) => incarnation(a) > incarnation(b) ? a : b).kill("SIGKILL")
        fs.writeFileSync(path.join(at, "go"), "")
        yield* until(Effect.sync(() => fs.existsSync(path.join(at, "result"))))
        assert.strictEqual(fs.readFileSync(path.join(at, "result"), "utf8"), "21")
        yield* until(Effect.map(kept, (n) => n === 0))
      }).pipe(Effect.provide(Postgres.client(database)))
    }))
})
