/** The host's end: one cluster, started and ended as the program says, with the program let in by its door. */
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Cluster from "creel/Cluster"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as threads from "node:worker_threads"
import type { Make, Plan } from "../internal/clusterPlan.js"
import { layerEngine } from "../internal/clusterPlan.js"
import * as DoorWire from "../internal/door.js"
import * as SharedGarbage from "../internal/sharedGarbage.js"
import { NodeClusterError } from "../NodeClusterError.js"
import * as ProcessExecutors from "../ProcessExecutors.js"
import * as ThreadExecutors from "../ThreadExecutors.js"
import * as RpcWire from "../wire/rpcWire.js"
import type { Wire } from "../wire/wire.js"
import * as Wires from "../wire/wire.js"
import type { HostOptions } from "./rpcs.js"
import { HostRpcs } from "./rpcs.js"

const makeOf = (options: HostOptions): Make => (common) =>
  options.kind === "threads"
    ? ThreadExecutors.make({ ...common, tasks: options.tasks, resourceLimits: options.resourceLimits })
    : ProcessExecutors.make({ ...common, tasks: options.tasks, execArgv: options.execArgv, env: options.env })

const planOf = (options: HostOptions): Plan => ({ ...options, make: makeOf(options) })

const notStarted = new NodeClusterError({ reason: "HostFailed", detail: "the cluster has not been started" })

const handlers = (wire: Wire, scope: Scope.CloseableScope) =>
  HostRpcs.toLayer(Effect.sync(() => {
    let cluster: Cluster.Service | undefined
    const running = Effect.suspend(() => cluster === undefined ? Effect.die(notStarted) : Effect.succeed(cluster))
    return {
      Start: (options: HostOptions) =>
        Effect.gen(function*() {
          const context = yield* Layer.build(layerEngine(planOf(options)))
          yield* Effect.acquireRelease(
            Effect.sync(() => SharedGarbage.follow((how) => wire.post(Wires.channelGarbage, how))),
            (stop) => Effect.sync(stop)
          )
          const serveDoor = yield* Effect.provide(DoorWire.serve, context)
          yield* Effect.flatMap(RpcWire.makeServer(wire, Wires.channelDoor), serveDoor)
          cluster = Context.get(context, Cluster.Cluster)
        }).pipe(Scope.extend(scope)),
      Describe: () => Effect.flatMap(running, (cluster) => cluster.describe),
      Tree: () => Effect.flatMap(running, (cluster) => cluster.tree),
      RestartScheduler: () => Effect.flatMap(running, (cluster) => Effect.orDie(cluster.restartScheduler)),
      Stop: () => Scope.close(scope, Exit.void)
    }
  }))

export const serve: Effect.Effect<never, never, Scope.Scope> = Effect.gen(function*() {
  if (threads.parentPort === null) return yield* Effect.dieMessage("this file is started as a thread, by a cluster")
  const wire = Wires.fromMessagePort(threads.parentPort)
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  return yield* RpcServer.make(HostRpcs, { disableFatalDefects: true, disableTracing: true }).pipe(
    Effect.provide(handlers(wire, scope)),
    Effect.provide(RpcWire.layerServer(wire, Wires.channelExecutor))
  )
})
