/**
 * The program itself: nodes and a client of a user, each a process of its own, on a real database. Of the questions the
 * first is a process too; the others are asked from here, as a process takes a second to load.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../cluster/test/fixtures/ports.js"
import * as Postgres from "../../cluster/test/fixtures/postgres.js"
import * as PostgresShared from "../../cluster/test/fixtures/postgresShared.js"
import * as Caught from "./utils/caught.js"
import type { Running } from "./utils/processes.js"
import { creel, start } from "./utils/processes.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "creel-cli-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Longer than any machine takes. */
const patience = ["--within", "2m"]

const nodeOf = (database: string, name: string, ...more: ReadonlyArray<string>) =>
  Effect.tap(
    creel(database, "node", "--tasks", "fixtures/tasks.mjs", "--threads", "1", "--name", name, ...patience, ...more),
    (node) => node.line(`${name} is up`)
  )

const asked = (database: string, ...args: ReadonlyArray<string>) =>
  Effect.map(
    Caught.creel(...args, ...(args.includes("--within") ? [] : patience), "--storage", database),
    ({ code, error, out }) => ({ code, said: `${out}${error}` })
  )

const after = (client: Running, word: string) => Effect.map(client.line(word), (line) => line.slice(word.length).trim())

layer(PostgresShared.layer, { excludeTestServices: true })("creel", (it) => {
  describe("as processes", () => {
    it.scoped("brings a cluster up, answers, cancels, retires, and ends with 0 when it is told to end", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("commands")
        const port = yield* freePort
        const alpha = yield* nodeOf(database, "alpha", "--health-port", String(port))
        for (const [path, answer] of [["/live", 200], ["/ready", 200], ["/", 404]] as const) {
          const { status } = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`))
          assert.strictEqual(status, answer, path)
        }
        const client = yield* start("fixtures/client.mjs", [database])
        const [done, hangs] = [yield* after(client, "done "), yield* after(client, "hangs ")]

        const status = yield* Effect.scoped(
          Effect.flatMap(creel(database, "status", "--json", ...patience), ({ ended }) => ended)
        )
        assert.strictEqual(status.code, 0, status.said)
        const { scheduler, workers } = JSON.parse(status.said)
        assert.strictEqual(scheduler.namespace, "default")
        assert.deepStrictEqual(workers.map((worker: { readonly name: string }) => worker.name), ["alpha-0"])

        const story = yield* asked(database, "story", done)
        assert.match(story.said, /assigned[^]*stored/)
        const drawn = yield* asked(database, "story", done, "--mermaid")
        assert.match(drawn.said, /sequenceDiagram\n {2}participant scheduler\n/)
        assert.match((yield* asked(database, "tasks")).said, /endless +0 +0 +1/)

        const cancelled = yield* asked(database, "cancel", hangs, "--reason", "it hangs")
        assert.strictEqual(cancelled.code, 0, cancelled.said)
        assert.match(yield* after(client, "ended "), /Cancelled by .*: it hangs/)
        assert.strictEqual((yield* asked(database, "cancel", hangs)).code, 6)
        assert.strictEqual((yield* asked(database, "story", "nothing")).code, 5)

        const anew = yield* asked(database, "restart")
        assert.strictEqual(anew.code, 0, anew.said)
        assert.match(anew.said, /the scheduler of default begins anew at .*, incarnation \d+/)

        // With nobody to take what it holds, it stays; with another, it goes.
        assert.strictEqual((yield* asked(database, "retire", "alpha-0")).code, 6)
        const beta = yield* nodeOf(database, "beta")
        const retired = yield* asked(database, "retire", "alpha-0")
        assert.strictEqual(retired.code, 0, retired.said)
        assert.include(retired.said, "alpha-0 has retired")
        assert.strictEqual((yield* asked(database, "retire", "nobody")).code, 5)

        alpha.child.kill("SIGTERM")
        const gone = yield* alpha.ended
        assert.strictEqual(gone.code, 0, gone.said)
        assert.include(gone.said, "alpha has ended")
        beta.child.kill("SIGINT")
        assert.strictEqual((yield* beta.ended).code, 0)
      }))

    it.scoped("lets nobody in who does not know the secret, and observers only look", () =>
      Effect.gen(function*() {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database("secrets")
        const secret = "k1pZ0vQm8uYx3rTn6sWb9dFh2jLc5aGe7iOq4wRt"
        const directory = yield* folder
        const file = (name: string, text: string) => {
          const path = join(directory, name)
          writeFileSync(path, text)
          return path
        }
        const secretFile = file("secret", secret)
        const roleKey = yield* Caught.creel("secret", "--role", "observer", "--secret-file", secretFile)
        const observer = ["--role-key-file", file("observer", roleKey.out)]
        yield* nodeOf(database, "alpha", "--secret-file", secretFile)
        assert.strictEqual((yield* asked(database, "workers", ...observer)).code, 0)
        const refused = yield* asked(database, "retire", "alpha-0", ...observer)
        assert.strictEqual(refused.code, 4, refused.said)
        assert.strictEqual((yield* asked(database, "restart", ...observer)).code, 4)
        const other = ["--secret-file", file("other", secret.toLowerCase())]
        const stranger = yield* asked(database, "workers", ...other, "--within", "2m")
        assert.strictEqual(stranger.code, 4, stranger.said)
        assert.include(stranger.said, "BadCredentials")
        assert.include(stranger.said, "the same secret")
      }))
  })
})
