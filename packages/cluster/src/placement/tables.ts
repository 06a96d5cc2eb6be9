/**
 * What the placement keeps in the database: per namespace its scheduler's incarnation and address, and who takes part.
 * Owned here: these two tables and every statement about them, for Postgres and MySQL. Not owned: runners and shard
 * locks, whose tables are `@effect/cluster`'s (read here to know who owns what, and renewed).
 *
 * 1. An incarnation only grows, and is given only to the address that holds the namespace's lock at that moment: one
 *    statement does both.
 * 2. All times are the database's.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** A row of the table of those that take part. */
export interface MemberRow {
  readonly id: string
  readonly kind: string
  readonly namespace: string
  readonly node: string
  readonly host: string
  readonly address: string | null
}

/** Who holds a lock that has not expired. */
export interface OwnerRow {
  readonly shard: string
  readonly address: string
}

/** The scheduler of a namespace, as far as the database knows. */
export interface SchedulerRow {
  readonly namespace: string
  readonly incarnation: number
  readonly node: string
  readonly address: string | null
}

export interface Tables {
  /** The next incarnation, or `undefined` where the lock is not (or no more) this address's. */
  readonly begin: (options: {
    readonly namespace: string
    readonly node: string
    readonly shard: string
    readonly runner: string
  }) => Effect.Effect<number | undefined, SqlError>
  /** Says where this incarnation listens. False when a later one has begun. */
  readonly announce: (namespace: string, incarnation: number, address: string) => Effect.Effect<boolean, SqlError>
  /** False when a later one has begun. */
  readonly confirm: (namespace: string, incarnation: number) => Effect.Effect<boolean, SqlError>
  readonly schedulers: Effect.Effect<ReadonlyArray<SchedulerRow>, SqlError>
  readonly owners: Effect.Effect<ReadonlyArray<OwnerRow>, SqlError>
  /** The runner at this address lives, and holds these still. Gives those that it does hold. */
  readonly renew: (address: string, shards: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, SqlError>
  /** These are here: new ones are added, known ones are seen again. */
  readonly seen: (rows: ReadonlyArray<MemberRow>) => Effect.Effect<void, SqlError>
  readonly leave: (ids: ReadonlyArray<string>) => Effect.Effect<void, SqlError>
  readonly members: (namespace: string) => Effect.Effect<ReadonlyArray<MemberRow>, SqlError>
  /** Removes those that were not seen for an hour. */
  readonly purge: Effect.Effect<void, SqlError>
}

/**
 * Several nodes that start at once on an empty database all create the tables. `IF NOT EXISTS` does not help: in
 * Postgres two transactions can both see that a table is not there, and the second then breaks a unique index of the
 * catalogue. Whoever lost finds the table when it tries again.
 */
const untilCreated = Schedule.intersect(
  Schedule.jittered(Schedule.exponential("20 millis", 1.7)),
  Schedule.recurs(8)
)

/** Runs what creates tables until it got through, also when the others do the same. */
export const creating = <A, E, R>(create: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  create.pipe(Effect.sandbox, Effect.retry(untilCreated), Effect.unsandbox)

/** The prefix under which `@effect/cluster` keeps its own tables. */
export const runnersPrefix = (prefix: string): string => `${prefix}_cluster`

const definitions = (sql: SqlClient.SqlClient, prefix: string) => {
  const schedulers = sql(`${prefix}_schedulers`)
  const peers = sql(`${prefix}_peers`)
  const instant = sql.onDialectOrElse({
    mysql: () => sql.literal("DATETIME(3)"),
    orElse: () => sql.literal("TIMESTAMP")
  })
  return [
    sql`CREATE TABLE IF NOT EXISTS ${schedulers} (
      namespace VARCHAR(190) PRIMARY KEY,
      incarnation BIGINT NOT NULL,
      node VARCHAR(64) NOT NULL,
      address VARCHAR(255),
      began_at ${instant} NOT NULL,
      seen_at ${instant} NOT NULL
    )`,
    sql`CREATE TABLE IF NOT EXISTS ${peers} (
      id VARCHAR(64) PRIMARY KEY,
      kind VARCHAR(16) NOT NULL,
      namespace VARCHAR(190) NOT NULL,
      node VARCHAR(64) NOT NULL,
      host VARCHAR(255) NOT NULL,
      address VARCHAR(255),
      last_seen ${instant} NOT NULL
    )`
  ]
}

/** What the two databases write differently. */
const words = (sql: SqlClient.SqlClient, prefix: string, expiry: Duration.DurationInput) => {
  const mysql = sql.onDialectOrElse({ mysql: () => true, orElse: () => false })
  const seconds = Math.ceil(Duration.toSeconds(expiry))
  const ago = (n: number) =>
    mysql
      ? sql.literal(`DATE_SUB(NOW(3), INTERVAL ${n} SECOND)`)
      : sql.literal(`(LOCALTIMESTAMP - INTERVAL '${n} seconds')`)
  return {
    sql,
    mysql,
    ago,
    seconds,
    now: sql.literal(mysql ? "NOW(3)" : "LOCALTIMESTAMP"),
    // The locks' own clock has whole seconds in MySQL, so they are compared as their owner does.
    locksExpireAt: mysql ? sql.literal(`DATE_SUB(NOW(), INTERVAL ${seconds} SECOND)`) : ago(seconds),
    schedulers: sql(`${prefix}_schedulers`),
    peers: sql(`${prefix}_peers`),
    // Whole seconds in MySQL, as the tables' owner writes them.
    locksNow: sql.literal(mysql ? "NOW()" : "LOCALTIMESTAMP"),
    locks: sql(`${runnersPrefix(prefix)}_locks`),
    runners: sql(`${runnersPrefix(prefix)}_runners`)
  }
}

type Words = ReturnType<typeof words>

const begin = (
  { locks, locksExpireAt, mysql, now, schedulers, sql }: Words
): Tables["begin"] =>
({ namespace, node, runner, shard }) => {
  const holds = sql`EXISTS (
    SELECT 1 FROM ${locks} WHERE shard_id = ${shard} AND address = ${runner} AND acquired_at >= ${locksExpireAt}
  )`
  if (mysql) {
    return Effect.map(
      sql`INSERT INTO ${schedulers} (namespace, incarnation, node, address, began_at, seen_at)
        SELECT ${namespace}, LAST_INSERT_ID(1), ${node}, NULL, ${now}, ${now} FROM DUAL WHERE ${holds}
        ON DUPLICATE KEY UPDATE incarnation = LAST_INSERT_ID(incarnation + 1),
          node = VALUES(node), address = NULL, began_at = VALUES(began_at), seen_at = VALUES(seen_at)`.raw,
      (result) => {
        const header = result as { readonly affectedRows: number; readonly insertId: number }
        return header.affectedRows > 0 ? Number(header.insertId) : undefined
      }
    )
  }
  return Effect.map(
    sql<{ readonly incarnation: string }>`
      INSERT INTO ${schedulers} AS s (namespace, incarnation, node, address, began_at, seen_at)
      SELECT ${namespace}, 1, ${node}, NULL, ${now}, ${now} WHERE ${holds}
      ON CONFLICT (namespace) DO UPDATE SET incarnation = s.incarnation + 1,
        node = EXCLUDED.node, address = NULL, began_at = EXCLUDED.began_at, seen_at = EXCLUDED.seen_at
      RETURNING incarnation`,
    (rows) => rows[0] === undefined ? undefined : Number(rows[0].incarnation)
  )
}

/** Changes an incarnation's row; false when a later one has begun. */
const change =
  ({ mysql, schedulers, sql }: Words) => (namespace: string, incarnation: number, what: Statement.Fragment) => {
    const row = sql`namespace = ${namespace} AND incarnation = ${incarnation}`
    return mysql
      // What changes nothing counts as no row there, so the row is looked for by itself.
      ? sql`UPDATE ${schedulers} SET ${what} WHERE ${row}`.pipe(
        Effect.zipRight(sql`SELECT 1 AS one FROM ${schedulers} WHERE ${row}`),
        Effect.map((rows) => rows.length > 0)
      )
      : Effect.map(
        sql`UPDATE ${schedulers} SET ${what} WHERE ${row} RETURNING 1 AS one`,
        (rows) => rows.length > 0
      )
  }

const seen = ({ mysql, now, peers, sql }: Words): Tables["seen"] => (rows) => {
  if (rows.length === 0) return Effect.void
  const values = sql.csv(
    rows.map((row) => sql`(${row.id}, ${row.kind}, ${row.namespace}, ${row.node}, ${row.host}, ${row.address}, ${now})`)
  )
  const insert = sql`INSERT INTO ${peers} (id, kind, namespace, node, host, address, last_seen) VALUES ${values}`
  return Effect.asVoid(
    mysql
      ? sql`${insert} ON DUPLICATE KEY UPDATE address = VALUES(address), last_seen = VALUES(last_seen)`
      : sql`${insert} ON CONFLICT (id) DO UPDATE SET address = EXCLUDED.address, last_seen = EXCLUDED.last_seen`
  )
}

const renew = ({ locks, locksNow, mysql, runners, sql }: Words): Tables["renew"] => (address, shards) => {
  const lives = sql`UPDATE ${runners} SET last_heartbeat = ${locksNow} WHERE address = ${address}`
  if (shards.length === 0) return Effect.as(lives, [])
  const mine = sql`address = ${address} AND ${sql.in("shard_id", shards)}`
  const update = sql`UPDATE ${locks} SET acquired_at = ${locksNow} WHERE ${mine}`
  const held = mysql
    ? Effect.zipRight(update, sql<{ readonly shard_id: string }>`SELECT shard_id FROM ${locks} WHERE ${mine}`)
    : sql<{ readonly shard_id: string }>`${update} RETURNING shard_id`
  return Effect.map(Effect.zipRight(lives, held), (rows) => rows.map((row) => row.shard_id))
}

/** Creates the tables if they are not there, and gives the statements. */
export const make = Effect.fnUntraced(function*(options: {
  readonly prefix: string
  readonly expiry: Duration.DurationInput
}) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* Effect.forEach(definitions(sql, options.prefix), (statement) => creating(statement), { discard: true })
  const the = words(sql, options.prefix, options.expiry)
  const { ago, locks, locksExpireAt, now, peers, schedulers, seconds } = the
  const changed = change(the)
  const tables: Tables = {
    begin: begin(the),
    announce: (namespace, incarnation, address) =>
      changed(namespace, incarnation, sql`address = ${address}, seen_at = ${now}`),
    confirm: (namespace, incarnation) => changed(namespace, incarnation, sql`seen_at = ${now}`),
    schedulers: Effect.map(
      sql<SchedulerRow & { readonly incarnation: string | number }>`
        SELECT namespace, incarnation, node, address FROM ${schedulers}`,
      (rows) => rows.map((row) => ({ ...row, incarnation: Number(row.incarnation) }))
    ),
    owners: sql<OwnerRow>`SELECT shard_id AS shard, address FROM ${locks} WHERE acquired_at >= ${locksExpireAt}`,
    renew: renew(the),
    seen: seen(the),
    leave: (ids) =>
      ids.length === 0 ? Effect.void : Effect.asVoid(sql`DELETE FROM ${peers} WHERE ${sql.in("id", ids)}`),
    members: (namespace) =>
      sql<MemberRow>`SELECT id, kind, namespace, node, host, address FROM ${peers}
        WHERE namespace = ${namespace} AND last_seen >= ${ago(seconds)} ORDER BY id`,
    purge: Effect.asVoid(sql`DELETE FROM ${peers} WHERE last_seen < ${ago(seconds + 3600)}`)
  }
  return tables
})
