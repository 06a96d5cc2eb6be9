/**
 * How a node's placement is put together from `@effect/cluster`'s parts. Owned here: which parts, with which settings,
 * and that closing them takes a bounded time. Not owned: any of the parts.
 */
import { PersistenceError } from "@effect/cluster/ClusterError"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerServer from "@effect/cluster/RunnerServer"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { ClusterError } from "../ClusterError.js"
import * as KeptTable from "../kept/table.js"
import type * as Placement from "../Placement.js"
import * as Security from "../Security.js"
import { Leases } from "./lease.js"
import * as Members from "./members.js"
import * as RunnerSockets from "./runnerSockets.js"
import * as SchedulerEntity from "./schedulerEntity.js"
import * as SchedulerLives from "./schedulerLives.js"
import * as SteadyRunners from "./steadyRunners.js"
import * as PlacementTables from "./tables.js"
import { Trust } from "./trust.js"

const badOption = (detail: string) => new ClusterError({ reason: "BadOption", detail })

const checked = (node: string, namespaces: ReadonlyArray<string>, host: string): ClusterError | undefined => {
  if (node.length === 0 || node.length > 64) return badOption("`node` has 1 to 64 characters")
  const wrong = namespaces.find((namespace) => namespace.length === 0 || namespace.length > 190)
  if (wrong !== undefined) return badOption(`a namespace has 1 to 190 characters, not ${wrong.length}`)
  if (new Set(namespaces).size < namespaces.length) return badOption("a namespace is named twice")
  if (!/^[\w.:%-]+$/.test(host)) return badOption(`${JSON.stringify(host)} is no host name`)
  return host === "0.0.0.0" || host === "::"
    ? badOption("where `listen.host` is every address, `advertise` says under which one this node is reached")
    : undefined
}

/**
 * Nothing here is read from the environment: `HOST` and `PORT` belong to whatever service this runs in.
 */
const shardingConfig = (options: {
  readonly expiry: Duration.DurationInput
  readonly groups: ReadonlyArray<string>
  readonly address: Option.Option<RunnerAddress.RunnerAddress>
}) =>
  ShardingConfig.layer({
    runnerAddress: options.address,
    runnerListenAddress: Option.none(),
    availableShardGroups: options.groups,
    assignedShardGroups: options.groups,
    shardsPerGroup: 1,
    // A session's advisory lock stays with a process that is frozen, for ever; a row of a table expires.
    shardLockDisableAdvisory: true,
    shardLockExpiration: options.expiry,
    // Also how long a refresh may take: who is given more time in all has more for each of its steps.
    shardLockRefreshInterval: Duration.times(options.expiry, 1 / 4),
    refreshAssignmentsInterval: "500 millis",
    runnerHealthCheckInterval: "1 second",
    entityMessagePollInterval: "1 second",
    entityTerminationTimeout: "1 second",
    sendRetryInterval: "100 millis",
    simulateRemoteSerialization: false
  })

const healthGroup = "default"

/** Runner rows and locks, seen so that what lives stays where it is. */
const layerStorage = (options: {
  readonly prefix: string
  readonly tables: PlacementTables.Tables
  readonly leases: Leases
}): Layer.Layer<RunnerStorage.RunnerStorage, ClusterError, SqlClient.SqlClient | ShardingConfig.ShardingConfig> =>
  Layer.scoped(
    RunnerStorage.RunnerStorage,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const storage = yield* PlacementTables.creating(Effect.gen(function*() {
        const attempt = yield* Scope.fork(scope, ExecutionStrategy.sequential)
        return yield* SqlRunnerStorage.make({ prefix: PlacementTables.runnersPrefix(options.prefix) }).pipe(
          Scope.extend(attempt),
          Effect.tapErrorCause((cause) => Scope.close(attempt, Exit.failCause(cause)))
        )
      })).pipe(Effect.mapError(Members.storageFailed("the tables of the nodes could not be made")))
      return SteadyRunners.make({
        storage,
        owners: PersistenceError.refail(options.tables.owners),
        renew: (address, shards) => PersistenceError.refail(options.tables.renew(address, shards)),
        leases: options.leases,
        common: new Set([healthGroup]),
        patience: 3000
      })
    })
  )

/** What every node has, whether it carries schedulers or not. */
const shared = Effect.fnUntraced(function*(options: Placement.Common) {
  const prefix = options.prefix ?? "creel"
  if (!/^[a-z_][a-z0-9_]{0,30}$/.test(prefix)) {
    return yield* badOption(`${JSON.stringify(prefix)} begins no table's name`)
  }
  const expiry = options.expiry ?? "4 seconds"
  const tables = yield* Effect.mapError(
    PlacementTables.make({ prefix, expiry }),
    Members.storageFailed("the tables of the placement could not be made")
  )
  const leases = new Leases(expiry)
  const members = yield* Members.make({ tables, every: "1 second" })
  return { prefix, expiry, tables, leases, members, trust: new Trust() }
})

type Shared = Effect.Effect.Success<ReturnType<typeof shared>>

/** A runner's calls are small: what is larger is not one of them. */
const layerSerialization = RpcSerialization.layerMsgPackWith({ maxBufferSize: 1 << 20 })

const service = Effect.fnUntraced(function*(
  options: Placement.Common,
  parts: Shared,
  runner: Option.Option<RunnerAddress.RunnerAddress>
) {
  const sharding = yield* Sharding.Sharding
  const client = yield* sharding.makeClient(SchedulerEntity.SchedulerEntity)
  const within = options.locateWithin ?? "10 seconds"
  const locate = (namespace: string) =>
    SchedulerEntity.ask(client, namespace).pipe(
      Effect.retry(Schedule.spaced("100 millis")),
      Effect.orDie,
      Effect.timeoutFail({
        duration: within,
        onTimeout: () =>
          new ClusterError({ reason: "NoScheduler", detail: `nobody carries the scheduler of namespace ${namespace}` })
      }),
      Effect.raceFirst(parts.trust.broken)
    )
  const made: Placement.Service = {
    locate,
    register: parts.members.register,
    members: parts.members.members,
    runner: Option.map(runner, (address) => `${address.host}:${address.port}`)
  }
  return made
})

/** Builds in a scope of its own, whose closing is never waited for longer than this. */
const bounded = <A, E, R>(
  build: Effect.Effect<A, E, R>,
  within: Duration.DurationInput
): Effect.Effect<A, E, Exclude<R, Scope.Scope> | Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(Scope.make(), (scope, exit) => SchedulerLives.closeWithin(scope, exit, within)),
    (scope) => Scope.extend(build, scope)
  ).pipe(
    // What the placement asks of the database every half second is of no use in anyone's traces.
    Effect.withTracerEnabled(false)
  )

/** A node that can carry schedulers. */
export const node = <E, R>(options: Placement.Options<E, R>) => bounded(carrier(options), "10 seconds")

const carrier = Effect.fnUntraced(function*<E, R>(options: Placement.Options<E, R>) {
  const host = options.listen?.host ?? "127.0.0.1"
  const wrong = checked(options.node, options.namespaces, options.listen?.advertise ?? host)
  if (wrong !== undefined) return yield* wrong
  const parts = yield* shared(options)
  const context = yield* Effect.context<R>()
  const kept = yield* Effect.mapError(
    KeptTable.make(parts.prefix),
    Members.storageFailed("the table of what is kept could not be made")
  )
  const security = options.security ?? Security.none
  const listening = yield* RunnerSockets.listen(security, { host, port: options.listen?.port ?? 0 })
  const address = RunnerAddress.make(options.listen?.advertise ?? host, listening.port)
  const groups = options.namespaces.map(SchedulerEntity.groupOf)
  const sharding = yield* Layer.build(
    RunnerServer.layerWithClients.pipe(
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(Layer.mergeAll(
        options.health ?? RunnerHealth.layerNoop,
        MessageStorage.layerNoop,
        Layer.succeed(SocketServer.SocketServer, listening.server),
        RunnerSockets.layerProtocol(security, "worker", parts.trust),
        layerStorage(parts)
      )),
      Layer.provide(layerSerialization),
      Layer.provide(shardingConfig({
        expiry: parts.expiry,
        groups: options.health === undefined ? groups : [...groups, healthGroup],
        address: Option.some(address)
      }))
    )
  )
  yield* Effect.provide(
    SchedulerEntity.register(options.namespaces, (namespace) =>
      SchedulerLives.make({
        namespace,
        node: options.node,
        shard: SteadyRunners.shardOf(SchedulerEntity.groupOf(namespace)),
        runner: `${address.host}:${address.port}`,
        tables: parts.tables,
        kept,
        leases: parts.leases,
        host: (life) =>
          // Its own scope is the life's, not the one this was built in.
          Effect.scopeWith((scope) => Effect.provide(options.host(life), Context.add(context, Scope.Scope, scope))),
        closeWithin: options.closeWithin ?? "3 seconds"
      })),
    sharding
  )
  return yield* Effect.provide(service(options, parts, Option.some(address)), sharding)
})

/** A node that only asks. */
export const client = (options: Placement.Common) => bounded(asking(options), "5 seconds")

const asking = Effect.fnUntraced(function*(options: Placement.Common) {
  const security = options.security ?? Security.none
  const role = security.roles.includes("client") ? "client" : (security.roles[0] ?? "client")
  const parts = yield* shared(options)
  const sharding = yield* Layer.build(
    RunnerServer.layerClientOnly.pipe(
      Layer.provide(Layer.mergeAll(
        MessageStorage.layerNoop,
        RunnerSockets.layerProtocol(security, role, parts.trust),
        layerStorage(parts)
      )),
      Layer.provide(layerSerialization),
      Layer.provide(shardingConfig({ expiry: parts.expiry, groups: [], address: Option.none() }))
    )
  )
  return yield* Effect.provide(service(options, parts, Option.none()), sharding)
})
