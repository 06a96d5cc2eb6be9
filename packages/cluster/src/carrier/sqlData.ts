/**
 * A client of the database as data, so that another thread of this process can have one of its own. Owned here: what of a
 * client's configuration can go there, and how a client is made of it again.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

type Value = string | number | boolean | object | undefined

/** `secrets` are texts here that a client wants `Redacted`. */
export interface SqlData {
  readonly dialect: "pg" | "mysql"
  readonly config: Readonly<Record<string, Value>>
  readonly secrets: Readonly<Record<string, string>>
}

/** How the two clients say what they are; said here again, since neither need be installed. */
const brands = {
  pg: "~@effect/sql-pg/PgClient",
  mysql: Symbol.for("@effect/sql-mysql2/MysqlClient")
} as const

// What changes names or values of rows is left out: no statement of ours wants it.
const carried = {
  pg: ["host", "port", "path", "ssl", "database", "username", "applicationName"],
  mysql: ["host", "port", "database", "username", "poolConfig"]
} as const

const durations = ["connectTimeout", "idleTimeout", "connectionTTL"] as const

const dialectOf = (sql: object): SqlData["dialect"] | undefined =>
  brands.pg in sql ? "pg" : brands.mysql in sql ? "mysql" : undefined

const clones = (data: unknown): boolean => {
  try {
    structuredClone(data)
    return true
  } catch {
    return false
  }
}

const present = <A>(entries: ReadonlyArray<readonly [string, A | undefined]>): Record<string, A> =>
  Object.fromEntries(entries.filter((entry): entry is [string, A] => entry[1] !== undefined))

/** What this client was made of, or why that cannot go to a thread. */
export const fromClient = (sql: SqlClient): SqlData | string => {
  const dialect = dialectOf(sql)
  if (dialect === undefined || !("config" in sql) || typeof sql.config !== "object" || sql.config === null) {
    return "the SqlClient is none of @effect/sql-pg or @effect/sql-mysql2"
  }
  const config = sql.config as Readonly<Record<string, unknown>>
  if (typeof config.stream === "function") return "the SqlClient makes its own sockets"
  const data: SqlData = {
    dialect,
    config: present([
      ...carried[dialect].map((name) => [name, config[name] as Value] as const),
      ...durations.map((name) => {
        const given = config[name] as Duration.DurationInput | undefined
        return [name, given === undefined ? undefined : Duration.toMillis(given)] as const
      })
    ]),
    secrets: present(["url", "password"].map((name) => {
      const given = config[name]
      return [name, Redacted.isRedacted(given) ? String(Redacted.value(given)) : undefined] as const
    }))
  }
  return clones(data) ? data : "the configuration of the SqlClient has functions in it"
}

/** The locks have a connection of their own; the rest share two. */
const connections = 3

/** A client made of that. Fails where the driver cannot be loaded, or the database is not reached. */
export const layer = (data: SqlData): Layer.Layer<SqlClient, unknown> => {
  const secrets = Object.fromEntries(
    Object.entries(data.secrets).map(([name, secret]) => [name, Redacted.make(secret)])
  )
  const config = { ...data.config, ...secrets, maxConnections: connections }
  return Layer.unwrapEffect(
    Effect.tryPromise(async (): Promise<Layer.Layer<SqlClient, unknown>> =>
      data.dialect === "pg"
        ? (await import("@effect/sql-pg/PgClient")).layer(config)
        : (await import("@effect/sql-mysql2/MysqlClient")).layer(config)
    )
  )
}
