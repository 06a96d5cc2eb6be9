/**
 * Where a namespace's scheduler is, and who takes part. `@effect/cluster` keeps the nodes' list, their health and one
 * lock per namespace in a database; the node that holds the lock carries the scheduler, at an incarnation that the
 * database counts. When that node is killed, frozen or cut off, another takes over within seconds.
 *
 * Owned here: the choice of the node, the incarnation, the list of peers that a new scheduler waits for. Not owned: the
 * scheduler itself (what to run is given to `layer`), and the links to it.
 *
 * 1. A scheduler lives only on the node that holds its namespace's lock, and ends there before the lock can be
 *    another's.
 * 2. Incarnations of a namespace only grow.
 * 3. A node that joins moves no scheduler that lives.
 * 4. Every call here ends: with an answer or with a `ClusterError`.
 *
 * @since 0.1.0
 */
import type * as RunnerHealth from "@effect/cluster/RunnerHealth"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClusterError } from "./ClusterError.js"
import * as Placing from "./placement/placing.js"
import type * as Security from "./Security.js"

/**
 * Where a namespace's scheduler listens. `incarnation` grows with each new scheduler of the namespace: of two answers,
 * the higher one is right.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  readonly namespace: string
  /** As the scheduler's host gave it: usually `host:port` of its links. */
  readonly address: string
  readonly incarnation: number
}

/**
 * One that takes part in a namespace. A new scheduler waits for all of them to tell it what they want and hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Member {
  /** At most 64 characters; fresh for each start of a peer. */
  readonly id: string
  readonly kind: "client" | "worker"
  readonly namespace: string
  /** The process it is in. */
  readonly node: string
  /** The machine's name. */
  readonly host: string
  /** Where its values are served, as a URL. */
  readonly address?: string | undefined
}

/**
 * One life of a scheduler, handed to what runs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Life {
  readonly namespace: string
  readonly incarnation: number
  /** Who takes part as the life begins: whoever was heard of within the expiry. */
  readonly members: ReadonlyArray<Member>
  /**
   * Whether this life may still act, as far as this process can know now. False from the moment at which another node
   * might carry the scheduler, also right after this process was frozen. Cheap: it reads a clock.
   */
  readonly held: () => boolean
  /** Ends this life, with why; the next one begins. */
  readonly end: (why: string) => Effect.Effect<void>
  /** What earlier lives kept, and where this one keeps. */
  readonly kept: Kept
}

/**
 * What a namespace keeps for its own sake, whoever leaves: bytes under keys, in the database. It outlives every
 * scheduler. What was stored is there when `store` returns, so it can be acknowledged then.
 *
 * All fail with `StorageFailed` when the database does not answer, and `store` and `drop` with `NoScheduler` when a later
 * incarnation has begun: then nothing was changed, and this scheduler is about to end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly store: (rows: ReadonlyArray<KeptRow>) => Effect.Effect<void, ClusterError>
  readonly drop: (keys: ReadonlyArray<string>) => Effect.Effect<void, ClusterError>
  /** What is counted against those that are kept; of others nothing is written. */
  readonly spend: (rows: ReadonlyArray<KeptSpend>) => Effect.Effect<void, ClusterError>
  readonly all: Effect.Effect<ReadonlyArray<KeptRow>, ClusterError>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface KeptRow {
  readonly key: string
  readonly bytes: Uint8Array
  /** What is counted against it, once there is something. */
  readonly spent?: Uint8Array | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface KeptSpend {
  readonly key: string
  readonly spent: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Asks where the scheduler of a namespace is. Waits up to `locateWithin` (10 seconds) for one that is just being
   * moved; then it fails with `NoScheduler`. Fails with `BadCredentials` when the node that would answer does not let this
   * one in, tried several times.
   */
  readonly locate: (namespace: string) => Effect.Effect<Place, ClusterError>
  /** Takes part until the scope closes. Fails with `StorageFailed` when the database does not answer. */
  readonly register: (member: Member) => Effect.Effect<void, ClusterError, Scope.Scope>
  /** Who takes part now. */
  readonly members: (namespace: string) => Effect.Effect<ReadonlyArray<Member>, ClusterError>
  /** Where the other nodes reach this one, as `host:port`; nothing where this node carries no scheduler. */
  readonly runner: Option.Option<string>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Placement extends Context.Tag("@creel/cluster/Placement")<Placement, Service>() {}

/**
 * What all nodes of a cluster must agree on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Common {
  /** Begins the names of all tables. Default `creel`. */
  readonly prefix?: string | undefined
  /**
   * How long a node may be silent before another takes over what it carries. Default 4 seconds; whole seconds.
   */
  readonly expiry?: Duration.DurationInput | undefined
  /** How the nodes know each other. Default: `Security.none`, which is for one machine only. */
  readonly security?: Security.Service | undefined
  /** How long `locate` waits for a scheduler. Default 10 seconds. */
  readonly locateWithin?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<E, R> extends Common {
  /** This process: an id that is fresh for each start, at most 64 characters. */
  readonly node: string
  /** The namespaces whose schedulers this node may carry. */
  readonly namespaces: ReadonlyArray<string>
  /**
   * Runs the scheduler of a namespace until the scope closes, and says where it listens. When it fails, the next
   * incarnation begins.
   */
  readonly host: (life: Life) => Effect.Effect<string, E, R>
  /** Where the other nodes reach this one. Default: 127.0.0.1 and any free port. */
  readonly listen?: {
    readonly host?: string | undefined
    readonly port?: number | undefined
    /** The host name or address that the others are told, when it is another than `host`. */
    readonly advertise?: string | undefined
  } | undefined
  /**
   * Who says that a node is ill beyond its being silent, for instance `RunnerHealth.layerK8s()`. Default: silence alone.
   */
  readonly health?: Layer.Layer<RunnerHealth.RunnerHealth> | undefined
  /** How long a scheduler may take to close before it is left behind. Default 3 seconds. */
  readonly closeWithin?: Duration.DurationInput | undefined
}

/**
 * A node that can carry schedulers. It begins to serve the other nodes, and takes over a namespace's scheduler when
 * nobody carries it; both end with the layer, which takes a bounded time.
 *
 * Its tables are made when they are not there. The database's pool needs two connections or more: one is kept for the
 * locks alone.
 *
 * @example
 * ```ts
 * import { Placement } from "@creel/cluster"
 * import { Effect } from "effect"
 *
 * const PlacementLive = Placement.layer({
 *   node: crypto.randomUUID(),
 *   namespaces: ["orders"],
 *   host: (life) => Effect.as(Effect.log(`incarnation ${life.incarnation}`), "127.0.0.1:7100")
 * })
 *
 * const where = Effect.flatMap(Placement.Placement, (placement) => placement.locate("orders"))
 *
 * // needs a SqlClient: PgClient.layer or MysqlClient.layer
 * const program = Effect.provide(where, PlacementLive)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(
  options: Options<E, R>
): Layer.Layer<Placement, ClusterError, SqlClient.SqlClient | Exclude<R, Scope.Scope>> =>
  Layer.scoped(Placement, Placing.node(options))

/**
 * A node that only asks: it carries no scheduler and listens nowhere.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: Common = {}
): Layer.Layer<Placement, ClusterError, SqlClient.SqlClient> => Layer.scoped(Placement, Placing.client(options))
