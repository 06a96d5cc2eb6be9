/** The database that a cluster shares, by its URL. Owned here: which client speaks to it, and what is said when it fails. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { CliError } from "../CliError.js"

const known = ["postgres:", "postgresql:", "mysql:"]

/** As it may be shown: without the password. */
export const shown = (storage: string): string => {
  const url = new URL(storage)
  if (url.password !== "") url.password = "***"
  return url.toString()
}

const failed = (url: URL) => (error: unknown): CliError => {
  const causes: Array<string> = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const nested = at instanceof AggregateError ? at.errors : []
    causes.push(...[at, ...nested].map((one: unknown) => one instanceof Error ? one.message : ""))
  }
  const why = causes.filter((text) => text !== "").at(-1) ?? "it says nothing"
  return new CliError({
    reason: "StorageFailed",
    detail: `the database ${url.host}${url.pathname} does not let us in: ${why}`,
    advice:
      "see whether it runs and can be reached from here, and whether user, password and name in --storage are right",
    cause: error
  })
}

const parse = (storage: string): Effect.Effect<URL, CliError> =>
  Effect.suspend(() => {
    const advice = "give --storage postgres://user:password@host:5432/name, or mysql://..."
    const bad = (detail: string) => new CliError({ reason: "BadOption", detail, advice })
    if (!URL.canParse(storage)) return bad("--storage is no URL")
    const url = new URL(storage)
    return known.includes(url.protocol)
      ? Effect.succeed(url)
      : bad(`--storage begins with ${url.protocol}, which is neither postgres: nor mysql:`)
  })

const client = (url: URL, connections: number) =>
  Effect.gen(function*() {
    const options = { url: Redacted.make(url.toString()), maxConnections: connections }
    if (url.protocol !== "mysql:") {
      const PgClient = yield* Effect.promise(() => import("@effect/sql-pg/PgClient"))
      return PgClient.layer({ ...options, applicationName: "creel" })
    }
    const MysqlClient = yield* Effect.tryPromise({
      try: () => import("@effect/sql-mysql2/MysqlClient"),
      catch: (cause) =>
        new CliError({
          reason: "StorageFailed",
          detail: "the client of MySQL is not installed",
          advice: "run: npm install @effect/sql-mysql2@0.53.0",
          cause
        })
    })
    return MysqlClient.layer(options)
  })

/** So many connections at most: a node needs two or more, one of them for its locks alone. */
export const layer = (storage: string, connections: number): Layer.Layer<SqlClient.SqlClient, CliError> =>
  Layer.unwrapEffect(
    Effect.gen(function*() {
      const url = yield* parse(storage)
      return Layer.mapError(yield* client(url, connections), failed(url))
    })
  )
