/**
 * A cluster of several processes and machines: each node brings workers, one of them carries the scheduler, and another
 * takes over when that one dies. What they agree by is a database that they have in common (`SqlClient`: Postgres or
 * MySQL).
 *
 * @since 0.1.0
 */
import type * as Supervisor from "@creel/actor/Supervisor"
import type * as CoreScheduler from "@creel/core/Scheduler"
import * as NodeCluster from "@creel/node/NodeCluster"
import type { NodeClusterError } from "@creel/node/NodeClusterError"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Client from "creel/Client"
import * as Cluster from "creel/Cluster"
import * as Door from "creel/Door"
import * as Engine from "creel/Engine"
import { ManageError } from "creel/ManageError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as os from "node:os"
import { ClusterError } from "./ClusterError.js"
import * as ClusterNode from "./internal/clusterNode.js"
import type * as Links from "./Links.js"
import type * as Placement from "./Placement.js"
import * as Security from "./Security.js"

/**
 * What all nodes can be told, those that bring no worker too.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonOptions extends Client.Options {
  /** Which cluster of those that share the database; each has a scheduler of its own. Default: `default`. */
  readonly namespace?: string | undefined
  /** What is listened on. Anything but loopback needs `security`. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** By which name or address the others reach this node. Default: `host`. */
  readonly advertise?: string | undefined
  /**
   * What the machine is called: values are read from nodes on the same machine first. Default: its host name, which in a
   * container is the container's own.
   */
  readonly machine?: string | undefined
  /** Default: any that are free. */
  readonly ports?: {
    /** Where values are read. */
    readonly values?: number | undefined
    /** Where the scheduler is reached, when it is here. */
    readonly links?: number | undefined
    /** Where nodes ask each other for the scheduler. */
    readonly runner?: number | undefined
  } | undefined
  /** How the nodes of the cluster know each other. Default: `Security.none`, which is for loopback alone. */
  readonly security?: Security.Service | undefined
  /** What all nodes must agree on about the database, see `Placement`. */
  readonly storage?: Omit<Placement.Common, "security"> | undefined
  /** When a connection counts as broken, see `Links`. */
  readonly pulse?: Links.PulseOptions | undefined
  /**
   * How long it may take until the scheduler is found. Default: 30 seconds. An executor may take a minute to come up, or
   * this where it is longer.
   */
  readonly startWithin?: Duration.DurationInput | undefined
}

/**
 * What a node that brings workers can be told besides.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeOptions extends CommonOptions {
  /** As whom this node speaks to the scheduler. Default: `worker`. */
  readonly role?: "worker" | "operator" | undefined
  /**
   * How long the node may take to leave, when the layer closes: until what runs there has ended and what only it holds is
   * elsewhere. What is left then begins again, or is computed again, elsewhere. Default: 10 seconds.
   */
  readonly leaveWithin?: Duration.DurationInput | undefined
  /** Whether this node runs plain functions, which are code that comes over the wire. Default: false. */
  readonly plainFunctions?: boolean | undefined
  /**
   * Whether the scheduler, while it is here, and its lock have a thread of their own, so that a busy program stalls neither:
   * it makes a client of the database for itself, of what the `SqlClient` (`PgClient` or `MysqlClient`) was made of, with
   * three connections at most. Where that cannot be, a warning says why. Default: true.
   */
  readonly isolate?: boolean | undefined
  /**
   * Who says, beside the database, that a node is ill, so that no scheduler is put there, or stays. `"kubernetes"`: a pod that
   * is gone or not ready is ill, by the Kubernetes that this pod runs in; `advertise` has to be the pod's address, and its
   * service account may list pods. What makes a pod ready must not be whether it finds the scheduler. Default: silence alone.
   */
  readonly health?: "kubernetes" | {
    /** Kubernetes' namespace. Default: that of this pod. */
    readonly namespace?: string | undefined
    /** Which pods are looked at, as `app=shop`. Default: all of the namespace. */
    readonly labelSelector?: string | undefined
  } | undefined
  /** What is set about the scheduler while it is here: the same on all nodes. With `policies` it has no thread of its own. */
  readonly scheduler?: Partial<CoreScheduler.Config> | undefined
}

/** What is said otherwise here. */
type Apart = "isolate" | "startWithin" | "plainFunctions"

/**
 * A node whose workers run tasks on threads.
 *
 * @since 0.1.0
 * @category models
 */
export interface ThreadsOptions extends NodeOptions, Omit<NodeCluster.ThreadsOptions, Apart> {}

/**
 * A node whose workers run tasks on child processes.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProcessesOptions extends NodeOptions, Omit<NodeCluster.ProcessesOptions, Apart> {}

/**
 * A node that brings no worker and carries no scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends CommonOptions {
  /** As whom it speaks to the scheduler. Default: `client`. */
  readonly role?: Security.Role | undefined
}

/**
 * This node, for those who tell people about it.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeService {
  /** This process, by a name of its own: `node` of its workers. */
  readonly id: string
  /** The machine it is on. */
  readonly machine: string
  /** Where its values are read. */
  readonly url: string
  /** Where the scheduler is reached while it is here, as `host:port`; nothing for a client. */
  readonly links: string | undefined
  /** Where the scheduler is now. */
  readonly scheduler: Effect.Effect<Placement.Place, ClusterError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Node extends Context.Tag("@creel/cluster/Node")<Node, NodeService>() {}

const nodeOptions = (
  options: CommonOptions,
  more: Pick<ClusterNode.Options, "role" | "carries" | "isolate" | "scheduler" | "health">
): ClusterNode.Options => {
  const host = options.host ?? "127.0.0.1"
  const { links = 0, runner = 0, values = 0 } = options.ports ?? {}
  return {
    ...more,
    namespace: options.namespace ?? "default",
    host,
    advertise: options.advertise ?? host,
    machine: options.machine ?? os.hostname(),
    ports: { links, runner, values },
    security: options.security ?? Security.none,
    storage: options.storage ?? {},
    pulse: options.pulse,
    startWithin: options.startWithin ?? "30 seconds"
  }
}

const engineOptions = <Options extends NodeOptions>(options: Options) => ({
  ...options,
  startWithin: options.startWithin === undefined ? undefined : Duration.max(options.startWithin, "1 minute"),
  isolate: undefined,
  health: undefined,
  plainFunctions: options.plainFunctions ?? false
})

/** Who asks before its own workers have been heard would be told that there are none. */
const joined = (door: Door.Service, node: string, workers: number): Effect.Effect<void> =>
  Effect.ignore(
    Effect.repeat(door.ask.workers, {
      schedule: Schedule.spaced("20 millis"),
      until: (there) => there.filter((worker) => worker.node === node && worker.slots > 0).length >= workers
    }).pipe(Effect.timeout("10 seconds"))
  )

const tasksFailed = (error: NodeClusterError): ClusterError =>
  new ClusterError({
    reason: error.reason === "BadOption" ? "BadOption" : "TasksFailed",
    detail: error.message,
    advice: "what is said there",
    cause: error
  })

const millis = (within: Duration.DurationInput | undefined): number | undefined =>
  within === undefined ? undefined : Duration.toMillis(within)

/** How many workers there are is each node's own: its program changes them here, and those of others nowhere. */
const scaledBy = (door: Door.Service, own: Pick<Door.Questions, "scale" | "adapt">): Door.Service => ({
  ...door,
  ask: { ...door.ask, ...own }
})

const bringsNone = Effect.suspend(() =>
  new ManageError({
    reason: "NotScalable",
    detail: "this program is a client of nodes elsewhere, and has started no workers"
  })
)

/** It supervises nobody. */
const alone: Supervisor.Tree = { id: "client", status: "up", restarts: 0, depth: undefined, children: [] }

type Services = Client.Client | Cluster.Cluster | Door.Door | Node

const nodeService = ({ id, links, machine, scheduler, url }: ClusterNode.ClusterNode): NodeService => ({
  id,
  machine,
  url,
  links,
  scheduler
})

const withWorkers = (
  options: NodeOptions,
  engine: Effect.Effect<Engine.Options<NodeClusterError, never>, NodeClusterError>
): Layer.Layer<Services, ClusterError, SqlClient.SqlClient> => {
  const parts = Effect.gen(function*() {
    const made = yield* Effect.mapError(engine, tasksFailed)
    const node = yield* ClusterNode.make(
      nodeOptions(options, {
        role: options.role ?? "worker",
        carries: true,
        isolate: options.isolate ?? true,
        scheduler: { ...made.scheduler, ...options.scheduler },
        health: options.health === "kubernetes" ? {} : options.health
      })
    )
    const { shelf } = node
    const door = scaledBy(node.door, {
      scale: (count, within) => Effect.suspend(() => workers.scale(count, within)),
      adapt: (adapting) => Effect.suspend(() => workers.adapting(adapting))
    })
    const workers: Engine.Workers = yield* Effect.mapError(
      Engine.workers({
        ...made,
        name: made.name ?? node.id,
        door,
        shelf,
        node: node.id,
        host: node.machine
      }),
      tasksFailed
    )
    yield* Effect.addFinalizer(() => workers.scale(0, Duration.toMillis(options.leaveWithin ?? "10 seconds")))
    yield* joined(door, node.id, made.workers)
    return Context.make(Door.Door, door).pipe(
      Context.add(Node, nodeService(node)),
      Context.add(Cluster.Cluster, {
        describe: Engine.describe(`a node with ${made.kind}, and others`, door),
        workers: door.ask.workers,
        scale: (count, options) => workers.scale(count, millis(options?.within)),
        adapt: workers.adapt,
        tree: workers.tree,
        restartScheduler: door.ask.restartScheduler(node.id)
      })
    )
  })
  return Layer.provideMerge(Client.layer(options), Layer.scopedContext(parts))
}

/**
 * A node with workers on threads, and a client of the cluster it belongs to: what each replica of a service adds. One of
 * the nodes carries the scheduler; which, is decided in the database, and decided anew when that node dies. When the layer
 * closes the node hands over what it has, within `leaveWithin`.
 *
 * @example
 * ```ts
 * import { CreelCluster } from "@creel/cluster"
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
 *
 * // needs a SqlClient: PgClient.layer or MysqlClient.layer
 * const program = Client.run(inc, 1).pipe(
 *   Effect.provide(CreelCluster.layer({ threads: 4, tasks: new URL("./tasks.js", import.meta.url) }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: ThreadsOptions): Layer.Layer<Services, ClusterError, SqlClient.SqlClient> =>
  withWorkers(options, NodeCluster.engineThreads(engineOptions(options)))

/**
 * A node with workers on child processes, see `layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProcesses = (options: ProcessesOptions): Layer.Layer<Services, ClusterError, SqlClient.SqlClient> =>
  withWorkers(options, NodeCluster.engineProcesses(engineOptions(options)))

/**
 * A client of a cluster whose nodes are elsewhere: it brings no worker and carries no scheduler.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: ClientOptions = {}
): Layer.Layer<Services, ClusterError, SqlClient.SqlClient> => {
  const parts = Effect.map(
    ClusterNode.make(nodeOptions(options, {
      role: options.role ?? "client",
      carries: false,
      isolate: false,
      scheduler: undefined,
      health: undefined
    })),
    ({ door: way, ...node }) => {
      const door = scaledBy(way, { scale: () => bringsNone, adapt: () => bringsNone })
      return Context.make(Door.Door, door).pipe(
        Context.add(Node, nodeService({ door, ...node })),
        Context.add(Cluster.Cluster, {
          describe: Engine.describe("nodes elsewhere", door),
          workers: door.ask.workers,
          scale: (count, options) => door.ask.scale(count, millis(options?.within)),
          adapt: (options) => door.ask.adapt(Cluster.adapting(options)),
          tree: Effect.succeed(alone),
          restartScheduler: door.ask.restartScheduler(node.id)
        })
      )
    }
  )
  return Layer.provideMerge(Client.layer(options), Layer.scopedContext(parts))
}
