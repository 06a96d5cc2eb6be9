/**
 * The lives of one namespace's scheduler on this node, for as long as its shard is this node's. Owned here: which
 * incarnation lives, where, and when it must end. Not owned: whose the shard is, and what a scheduler does.
 *
 * 1. A life begins with an incarnation that the database gave to the holder of the lock.
 * 2. A life ends at once when the lease ends, when a later incarnation is seen, when what runs it fails, or when the
 *    shard leaves: then `held` answers false before anything is closed.
 * 3. Closing a life takes `closeWithin` at most: what hangs in it is left behind, and keeps no shard from moving.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { ClusterError } from "../ClusterError.js"
import type * as KeptTable from "../kept/table.js"
import type * as Placement from "../Placement.js"
import { apart } from "./apart.js"
import * as Late from "./late.js"
import type { Leases } from "./lease.js"
import * as Members from "./members.js"
import type * as PlacementTables from "./tables.js"

export interface Options {
  readonly namespace: string
  readonly node: string
  readonly shard: string
  readonly runner: string
  readonly tables: PlacementTables.Tables
  readonly kept: KeptTable.KeptTable
  readonly leases: Leases
  readonly host: (life: Placement.Life) => Effect.Effect<string, unknown, Scope.Scope>
  readonly closeWithin: Duration.DurationInput
}

/** Where the scheduler is now; completed anew for each life. */
export interface Lives {
  readonly place: Effect.Effect<Placement.Place>
}

/**
 * Closes a scope, but no longer than this: closing goes on behind. For places where a finalizer that hangs must not
 * hold up what others wait for.
 */
export const closeWithin = (
  scope: Scope.CloseableScope,
  exit: Exit.Exit<unknown, unknown>,
  within: Duration.DurationInput
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const closing = yield* Effect.forkDaemon(Scope.close(scope, exit))
    const done = yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(closing)), within)
    if (done._tag === "None") {
      yield* Effect.logWarning(`closing takes longer than ${Duration.format(within)}; it is left behind`)
    }
  })

/** Questions to the database that must not wait longer than a lease. */
const asked = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError | Cause.TimeoutException> =>
  Late.timeout("1 second")(effect)

/** Ends when the lease has; it sleeps as long as the lease is sure to last. */
const leaseEnds = (options: Options): Effect.Effect<string> =>
  Effect.suspend(() => {
    const left = options.leases.left(options.shard)
    if (left > 0) return Effect.zipRight(Effect.sleep(left), leaseEnds(options))
    // Nothing acts meanwhile, since `held` goes by the clock; an answer that is in already is one.
    return Effect.flatMap(Late.looked, () =>
      options.leases.held(options.shard) ? leaseEnds(options) : Effect.succeed("the lock was not confirmed in time"))
  })

/** Ends when a later incarnation has begun. A database that does not answer says nothing. */
const superseded = (options: Options, incarnation: number): Effect.Effect<string> =>
  asked(options.tables.confirm(options.namespace, incarnation)).pipe(
    Effect.orElseSucceed(() => true),
    Effect.delay("1 second"),
    Effect.repeat({ while: (still) => still }),
    Effect.as("a later incarnation has begun")
  )

/** The table of what is kept, as one incarnation may use it. */
const keptOf = ({ kept, namespace }: Options, incarnation: number): Placement.Kept => {
  const ask = <A>(what: string, effect: Effect.Effect<A, SqlError>) =>
    Effect.mapError(Effect.timeout(effect, "5 seconds"), Members.storageFailed(what))
  const mine = (what: string, done: Effect.Effect<boolean, SqlError>) =>
    Effect.flatMap(ask(what, done), (done) =>
      done ? Effect.void : Effect.fail(
        new ClusterError({
          reason: "NoScheduler",
          detail: `${what}: incarnation ${incarnation} of ${namespace} is over`,
          advice: "ask the scheduler that lives now"
        })
      ))
  return {
    store: (rows) =>
      rows.length === 0 ? Effect.void : mine("nothing was kept", kept.store(namespace, incarnation, rows)),
    drop: (keys) =>
      keys.length === 0 ? Effect.void : mine("nothing was dropped", kept.drop(namespace, incarnation, keys)),
    spend: (rows) =>
      rows.length === 0 ? Effect.void : mine("nothing was counted", kept.spend(namespace, incarnation, rows)),
    all: ask("what is kept could not be read", kept.all(namespace))
  }
}

const life = Effect.fnUntraced(function*(options: Options, place: (place: Placement.Place) => void) {
  const { namespace, node, runner, shard, tables } = options
  // The lock's row may still name this node, though nobody here knows for how long.
  if (!options.leases.held(shard)) return yield* Effect.fail("its lock is not confirmed")
  const incarnation = yield* asked(tables.begin({ namespace, node, shard, runner }))
  if (incarnation === undefined) return yield* Effect.fail("its lock is not this node's")
  const rows = yield* asked(tables.members(namespace))
  const scope = yield* Scope.make()
  let ended = false
  const over = yield* Deferred.make<string>()
  const run = Effect.gen(function*() {
    const address = yield* Scope.extend(
      options.host({
        namespace,
        incarnation,
        members: rows.map(Members.fromRow),
        held: () => !ended && options.leases.held(shard),
        kept: keptOf(options, incarnation),
        end: (why) => Effect.asVoid(Deferred.succeed(over, why))
      }),
      scope
    )
    const still = yield* Effect.orElseSucceed(asked(tables.announce(namespace, incarnation, address)), () => true)
    if (!still) return "a later incarnation has begun"
    yield* Effect.logInfo(`scheduler of ${namespace} at ${address}, incarnation ${incarnation}`)
    place({ namespace, address, incarnation })
    return yield* Deferred.await(over)
  })
  return yield* Effect.raceFirst(
    // Busy where it cannot be interrupted, it is not waited for; interrupted by what it runs, it has failed.
    apart(run),
    Effect.raceFirst(leaseEnds(options), superseded(options, incarnation))
  ).pipe(
    Effect.onExit((exit) => {
      ended = true
      return closeWithin(scope, exit, options.closeWithin)
    })
  )
})

/** Lives one after another, until the scope closes. */
export const make = (options: Options): Effect.Effect<Lives, never, Scope.Scope> =>
  Effect.gen(function*() {
    let current = Deferred.unsafeMake<Placement.Place>(FiberId.none)
    let placed = false
    const one = Effect.suspend(() =>
      life(options, (place) => {
        placed = true
        Deferred.unsafeDone(current, Exit.succeed(place))
      })
    ).pipe(
      Effect.flatMap((why) => Effect.logWarning(`the scheduler of ${options.namespace} ends here: ${why}`)),
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.logWarning(`the scheduler of ${options.namespace} did not live`, cause)
      ),
      Effect.onExit(() =>
        Effect.sync(() => {
          if (placed) current = Deferred.unsafeMake(FiberId.none)
          placed = false
        })
      )
    )
    const pause = Schedule.jittered(Schedule.spaced("300 millis"))
    yield* Effect.forkScoped(Effect.interruptible(Effect.repeat(one, pause)))
    return { place: Effect.suspend(() => Deferred.await(current)) }
  })
