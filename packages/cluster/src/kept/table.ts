/**
 * What is kept for a cluster's own sake, in its database: bytes under a key, by namespace. Owned here: the table and its
 * statements. Not owned: what the bytes mean, and when they may go, which is the scheduler's.
 *
 * 1. What was stored is in the database when `store` returns.
 * 2. Only the incarnation that lives changes it: one that was superseded changes nothing and is told so.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as PlacementTables from "../placement/tables.js"

export interface KeptRow {
  readonly key: string
  readonly bytes: Uint8Array
  readonly spent?: Uint8Array | undefined
}

export interface KeptSpend {
  readonly key: string
  readonly spent: Uint8Array
}

export interface KeptTable {
  /** False when a later incarnation has begun, and nothing was stored. */
  readonly store: (
    namespace: string,
    incarnation: number,
    rows: ReadonlyArray<KeptRow>
  ) => Effect.Effect<boolean, SqlError>
  /** False when a later incarnation has begun, and nothing was dropped. */
  readonly drop: (
    namespace: string,
    incarnation: number,
    keys: ReadonlyArray<string>
  ) => Effect.Effect<boolean, SqlError>
  /** Of those that are kept. False when a later incarnation has begun, and nothing was written. */
  readonly spend: (
    namespace: string,
    incarnation: number,
    rows: ReadonlyArray<KeptSpend>
  ) => Effect.Effect<boolean, SqlError>
  readonly all: (namespace: string) => Effect.Effect<ReadonlyArray<KeptRow>, SqlError>
}

/** Keys have no bound, and what is indexed has one. */
const idOf = (key: string): string => createHash("sha256").update(key).digest("hex")

/** Rows that go in one statement. */
const atOnce = 200

const batches = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / atOnce) }, (_, i) => all.slice(i * atOnce, (i + 1) * atOnce))

/** The drivers know a Buffer for bytes, and not every one of them a Uint8Array. */
const bufferOf = ({ buffer, byteLength, byteOffset }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength)

/** Values as the statements below want them. */
const valuesOf = ({ bytes, key }: KeptRow) => [idOf(key), key, bufferOf(bytes)] as const

/** Of two rows of one key the last one counts; one statement may not name a key twice. */
const lastOf = <A extends { readonly key: string }>(rows: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(rows.map((row) => [row.key, row])).values()
]

type Insert = (
  namespace: string,
  incarnation: number,
  rows: ReadonlyArray<KeptRow>
) => Statement.Statement<{ readonly one: number }>

/**
 * One statement, and no transaction of several: a process that is frozen between two of them would keep the row locked
 * that the next incarnation begins with. The row is read under a shared lock (which MySQL takes by itself here), so the
 * next incarnation begins before this and stops it, or after it and finds it.
 */
const insertOf = (
  sql: SqlClient.SqlClient,
  { kept, schedulers }: { readonly kept: Statement.Identifier; readonly schedulers: Statement.Identifier }
) => {
  const pg: Insert = (namespace, incarnation, rows) => {
    const values = sql.csv(rows.map(valuesOf).map(([id, name, bytes]) => sql`(${id}, ${name}, ${bytes}::bytea)`))
    return sql`WITH alive AS (
        SELECT namespace FROM ${schedulers}
        WHERE namespace = ${namespace} AND incarnation = ${incarnation} FOR SHARE
      )
      INSERT INTO ${kept} (namespace, id, name, bytes)
      SELECT alive.namespace, v.id, v.name, v.bytes FROM alive CROSS JOIN (VALUES ${values}) AS v (id, name, bytes)
      ON CONFLICT (namespace, id) DO UPDATE SET bytes = EXCLUDED.bytes`
  }
  const mysql: Insert = (namespace, incarnation, rows) => {
    const [first = sql`SELECT 1`, ...others] = rows.map(valuesOf).map(([id, name, bytes]) =>
      sql`SELECT ${id} AS id, ${name} AS name, ${bytes} AS bytes`
    )
    const values = others.reduce((all, other) => sql`${all} UNION ALL ${other}`, first)
    return sql`INSERT INTO ${kept} (namespace, id, name, bytes)
      SELECT s.namespace, v.id, v.name, v.bytes FROM ${schedulers} s JOIN (${values}) v
      WHERE s.namespace = ${namespace} AND s.incarnation = ${incarnation}
      ON DUPLICATE KEY UPDATE bytes = VALUES(bytes)`
  }
  return sql.onDialectOrElse({ mysql: () => mysql, orElse: () => pg })
}

/** One statement here too. */
const spendOf = (
  sql: SqlClient.SqlClient,
  { kept, schedulers }: { readonly kept: Statement.Identifier; readonly schedulers: Statement.Identifier }
) => {
  const pg = (namespace: string, incarnation: number, rows: ReadonlyArray<KeptSpend>) => {
    const values = sql.csv(rows.map(({ key, spent }) => sql`(${idOf(key)}, ${bufferOf(spent)}::bytea)`))
    return sql`WITH alive AS (
        SELECT namespace FROM ${schedulers}
        WHERE namespace = ${namespace} AND incarnation = ${incarnation} FOR SHARE
      )
      UPDATE ${kept} AS k SET spent = v.spent FROM alive, (VALUES ${values}) AS v (id, spent)
      WHERE k.namespace = alive.namespace AND k.id = v.id`
  }
  const mysql = (namespace: string, incarnation: number, rows: ReadonlyArray<KeptSpend>) => {
    const [first = sql`SELECT 1`, ...others] = rows.map(({ key, spent }) =>
      sql`SELECT ${idOf(key)} AS id, ${bufferOf(spent)} AS spent`
    )
    const values = others.reduce((all, other) => sql`${all} UNION ALL ${other}`, first)
    return sql`UPDATE ${kept} k JOIN ${schedulers} s ON s.namespace = k.namespace JOIN (${values}) v ON v.id = k.id
      SET k.spent = v.spent WHERE s.namespace = ${namespace} AND s.incarnation = ${incarnation}`
  }
  return sql.onDialectOrElse({ mysql: () => mysql, orElse: () => pg })
}

export const make = Effect.fnUntraced(function*(prefix: string) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const kept = sql(`${prefix}_kept`)
  const schedulers = sql(`${prefix}_schedulers`)
  const mysql = sql.onDialectOrElse({ mysql: () => true, orElse: () => false })
  const blob = sql.literal(mysql ? "LONGBLOB" : "BYTEA")
  yield* PlacementTables.creating(sql`CREATE TABLE IF NOT EXISTS ${kept} (
    namespace VARCHAR(190) NOT NULL,
    id VARCHAR(64) NOT NULL,
    name TEXT NOT NULL,
    bytes ${blob} NOT NULL,
    spent ${blob},
    PRIMARY KEY (namespace, id)
  )`)
  // A table of an earlier version has no such column. It is looked for first: to alter a table is to wait for all who use it.
  yield* PlacementTables.creating(Effect.catchAll(
    sql`SELECT spent FROM ${kept} WHERE 1 = 0`,
    () => sql`ALTER TABLE ${kept} ADD COLUMN spent ${blob}`
  ))

  const isAlive = (namespace: string, incarnation: number) =>
    Effect.map(
      sql`SELECT 1 AS one FROM ${schedulers} WHERE namespace = ${namespace} AND incarnation = ${incarnation}`,
      (rows) => rows.length > 0
    )

  const insert = insertOf(sql, { kept, schedulers })
  const spend = spendOf(sql, { kept, schedulers })

  const remove = (namespace: string, incarnation: number, ids: ReadonlyArray<string>) =>
    Effect.zipRight(
      sql`DELETE FROM ${kept} WHERE namespace = ${namespace} AND ${sql.in("id", ids)} AND EXISTS (
        SELECT 1 FROM ${schedulers} WHERE namespace = ${namespace} AND incarnation = ${incarnation}
      )`,
      isAlive(namespace, incarnation)
    )

  const whileAlive = <A>(all: ReadonlyArray<A>, some: (batch: ReadonlyArray<A>) => Effect.Effect<boolean, SqlError>) =>
    Effect.every(batches(all), some)

  const table: KeptTable = {
    store: (namespace, incarnation, rows) =>
      whileAlive(
        lastOf(rows),
        (batch) => Effect.zipRight(insert(namespace, incarnation, batch), isAlive(namespace, incarnation))
      ),
    spend: (namespace, incarnation, rows) =>
      whileAlive(
        lastOf(rows),
        (batch) => Effect.zipRight(spend(namespace, incarnation, batch), isAlive(namespace, incarnation))
      ),
    drop: (namespace, incarnation, keys) => whileAlive(keys.map(idOf), (ids) => remove(namespace, incarnation, ids)),
    all: (namespace) =>
      Effect.map(
        sql<{ readonly name: string; readonly bytes: Uint8Array; readonly spent: Uint8Array | null }>`
          SELECT name, bytes, spent FROM ${kept} WHERE namespace = ${namespace} ORDER BY id`,
        (rows) =>
          rows.map(({ bytes, name, spent }) => ({
            key: name,
            bytes: new Uint8Array(bytes),
            ...spent !== null && { spent: new Uint8Array(spent) }
          }))
      )
  }
  return table
})
