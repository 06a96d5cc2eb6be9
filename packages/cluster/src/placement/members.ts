/**
 * Those that take part in a namespace: this node's rows, kept alive in the database as long as their scopes live. Owned
 * here: the rows of this process and their heartbeat. Not owned: when others take a row for gone, which is the tables'.
 *
 * 1. A row that was registered is in the database when `register` returns, and leaves with its scope.
 * 2. A database that is away for a while costs no row: all of them are written at each beat.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ClusterError from "../ClusterError.js"
import type * as Placement from "../Placement.js"
import type * as PlacementTables from "./tables.js"

export const fromRow = (row: PlacementTables.MemberRow): Placement.Member => ({
  id: row.id,
  kind: row.kind === "worker" ? "worker" : "client",
  namespace: row.namespace,
  node: row.node,
  host: row.host,
  ...(row.address === null ? {} : { address: row.address })
})

const toRow = (member: Placement.Member): PlacementTables.MemberRow => ({ ...member, address: member.address ?? null })

/** An error of a driver says little itself: what the server said is its cause. */
const said = (cause: unknown): string =>
  cause instanceof Error && cause.cause instanceof Error ? `${cause.message} (${cause.cause.message})` : String(cause)

/** What the database answered, or that it did not. */
export const storageFailed = (what: string) => (cause: unknown): ClusterError.ClusterError =>
  new ClusterError.ClusterError({ reason: "StorageFailed", detail: `${what}: ${said(cause)}`, cause })

export interface Members {
  readonly register: (member: Placement.Member) => Effect.Effect<void, ClusterError.ClusterError, Scope.Scope>
  readonly members: (
    namespace: string
  ) => Effect.Effect<ReadonlyArray<Placement.Member>, ClusterError.ClusterError>
}

export const make = Effect.fnUntraced(function*(options: {
  readonly tables: PlacementTables.Tables
  readonly every: Duration.DurationInput
}) {
  const { tables } = options
  const rows = new Map<string, PlacementTables.MemberRow>()
  let beats = 0
  const beat = Effect.suspend(() => {
    // A row that nobody asked about for an hour is of no use to anyone; some node removes it now and then.
    const purge = ++beats % 600 === 0 ? tables.purge : Effect.void
    return Effect.zipRight(tables.seen([...rows.values()]), purge)
  }).pipe(
    Effect.timeout("2 seconds"),
    Effect.catchAllCause((cause) => Effect.logDebug("the database did not hear this node's beat", cause))
  )
  yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(beat, options.every))))
  const ask = <A, E>(what: string, effect: Effect.Effect<A, E>) =>
    Effect.mapError(Effect.timeout(effect, "5 seconds"), storageFailed(what))
  const members: Members = {
    register: (member) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          const row = toRow(member)
          rows.set(row.id, row)
          return Effect.tapErrorCause(
            ask(`${member.kind} ${member.id} could not be registered`, tables.seen([row])),
            () => Effect.sync(() => rows.delete(row.id))
          )
        }),
        () =>
          Effect.suspend(() => {
            rows.delete(member.id)
            return Effect.ignore(
              Effect.disconnect(Effect.timeout(Effect.interruptible(tables.leave([member.id])), "1 second"))
            )
          })
      ),
    members: (namespace) =>
      Effect.map(
        ask(`the members of ${namespace} could not be read`, tables.members(namespace)),
        (rows) => rows.map(fromRow)
      )
  }
  return members
})
