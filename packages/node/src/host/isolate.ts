/**
 * Scheduler, workers' machines and stores in a thread of their own, on which neither tasks nor the program run: however
 * busy the program is, heartbeats, fetches and timeouts go on.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import * as Cluster from "creel/Cluster"
import * as Door from "creel/Door"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ResourceLimits, WorkerOptions } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import * as BootFile from "../boot/bootFile.js"
import type { Plan } from "../internal/clusterPlan.js"
import * as DoorWire from "../internal/door.js"
import * as RealTime from "../internal/realTime.js"
import * as SharedGarbage from "../internal/sharedGarbage.js"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Backing } from "../supervisor/backing.js"
import * as Backings from "../supervisor/backing.js"
import * as Module from "../supervisor/module.js"
import { bare, spawnWith } from "../supervisor/options.js"
import * as RpcWire from "../wire/rpcWire.js"
import { channelExecutor, channelGarbage } from "../wire/wire.js"
import type { HostOptions } from "./rpcs.js"
import { HostRpcs } from "./rpcs.js"

/** What only one kind of cluster can be told. */
export interface More {
  readonly tasks: URL | string | undefined
  readonly resourceLimits?: ResourceLimits | undefined
  readonly execArgv?: ReadonlyArray<string> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Milliseconds the host may take to end what it started, beyond the grace it gives that. */
const stopWithin = 5000

const hostOptions = (plan: Plan, more: More, tasks: string): HostOptions => ({
  kind: plan.kind,
  tasks,
  executors: plan.executors,
  workers: plan.workers,
  workersMax: plan.workersMax,
  io: plan.io,
  resources: plan.resources,
  plainFunctions: plan.plainFunctions,
  strict: plan.strict,
  grace: graceOf(plan),
  startWithin: Duration.toMillis(plan.startWithin ?? "1 minute"),
  restarts: plan.restarts,
  executorLimits: plan.executorLimits,
  workerName: plan.workerName,
  host: plan.host,
  lineageBytes: plan.lineageBytes,
  copiesIdle: plan.copiesIdle,
  memory: plan.memory,
  resourceLimits: more.resourceLimits,
  execArgv: more.execArgv,
  env: more.env
})

const graceOf = (plan: Plan): number => Duration.toMillis(plan.grace ?? "2 seconds")

const died = (detail: string): NodeClusterError => new NodeClusterError({ reason: "HostFailed", detail })

const acquireHost = (boot: URL) =>
  Effect.acquireRelease(
    Effect.map(
      spawnWith("host", () => new Worker(boot, bare<WorkerOptions>({ name: "creel-host", ...BootFile.execArgv() }))),
      Backings.fromThread
    ),
    (host) =>
      Effect.suspend(() => {
        if (host.isGone()) return Effect.void
        host.kill()
        return RealTime.within(Deferred.await(host.exited), 1000)
      })
  )

/** When the thread dies, everyone who waits for the scheduler is told. */
const overWith = (door: Door.Service, host: Backing) =>
  Effect.gen(function*() {
    const ears = new Set<Door.Ears<any>>()
    yield* Deferred.await(host.exited).pipe(
      Effect.flatMap((detail) =>
        Effect.zipRight(
          Effect.logError(`the thread that hosts the cluster died: ${detail}`),
          Effect.sync(() => {
            for (const ear of ears) ear.over(`the thread that hosts the cluster died: ${detail}`)
          })
        )
      ),
      Effect.forkScoped
    )
    const heard = <Down, A, E, R>(ear: Door.Ears<Down>, attach: Effect.Effect<A, E, R>) =>
      Effect.zipRight(
        Effect.acquireRelease(Effect.sync(() => ears.add(ear)), () => Effect.sync(() => ears.delete(ear))),
        attach
      )
    return {
      ...door,
      attachClient: (id, ear) => heard(ear, door.attachClient(id, ear)),
      attachWorker: (id, ear) => heard(ear, door.attachWorker(id, ear))
    } satisfies Door.Service
  })

const make = (plan: Plan, options: HostOptions, boot: URL) =>
  Effect.gen(function*() {
    const host = yield* acquireHost(boot)
    const rpc = yield* RpcClient.make(HostRpcs, { disableTracing: true }).pipe(
      Effect.provideServiceEffect(RpcClient.Protocol, RpcWire.makeClient(host.wire, channelExecutor))
    )
    yield* Effect.addFinalizer(() =>
      host.isGone() ? Effect.void : RealTime.within(Effect.ignore(rpc.Stop()), graceOf(plan) + stopWithin)
    )
    yield* rpc.Start(options).pipe(
      Effect.catchTag("RpcClientError", (error) => Effect.fail(died(error.message))),
      Effect.raceFirst(Effect.flatMap(Deferred.await(host.exited), (detail) => Effect.fail(died(detail))))
    )
    // The other end of the channel is `server`.
    host.wire.listen(channelGarbage, (how) => SharedGarbage.collectSoon(how as SharedGarbage.How))
    const far = Context.get(yield* Layer.build(DoorWire.layerClient(host.wire)), Door.Door)
    const door = yield* overWith(far, host)
    return Context.make(Door.Door, door).pipe(Context.add(Cluster.Cluster, {
      describe: Effect.orDie(rpc.Describe()),
      workers: door.ask.workers,
      scale: (workers, options) =>
        door.ask.scale(workers, options?.within === undefined ? undefined : Duration.toMillis(options.within)),
      adapt: (options) => door.ask.adapt(Cluster.adapting(options)),
      tree: Effect.orDie(rpc.Tree()),
      restartScheduler: Effect.orDie(rpc.RestartScheduler())
    }))
  })

/** Fails at once when the module cannot be what it is said to be, or when there is none. */
export const layer = (
  plan: Plan,
  more: More
): Effect.Effect<Layer.Layer<Door.Door | Cluster.Cluster, NodeClusterError>, NodeClusterError> =>
  Effect.gen(function*() {
    if (more.tasks === undefined) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: "an isolated cluster starts its executors from a thread of its own, to which `spawn` cannot go",
        advice: "give `tasks`, or leave out `isolate`"
      })
    }
    if (plan.policies !== undefined) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: "the scheduler of an isolated cluster has a thread of its own, to which `policies` cannot go",
        advice: "leave out `policies`, or `isolate`"
      })
    }
    const { url } = yield* Module.resolve(more.tasks)
    const boot = yield* BootFile.locateHost
    return Layer.scopedContext(make(plan, hostOptions(plan, more, url), boot))
  })
