/**
 * Scheduler and workers of one node, for those who build clusters: `LocalCluster` gives it executors that are fibers,
 * `@creel/node` threads and processes. It owns which workers there are; what they do, the machines decide.
 *
 * @since 0.1.0
 */
import * as Supervisor from "@creel/actor/Supervisor"
import type * as Id from "@creel/core/Id"
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Machine from "@creel/core/Worker"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Cluster from "./Cluster.js"
import * as Door from "./Door.js"
import * as Adapting from "./engine/adapting.js"
import * as Crew from "./engine/crew.js"
import * as schedulerHost from "./engine/schedulerHost.js"
import type { Executors } from "./Executor.js"
import * as Within from "./internal/within.js"
import { ManageError } from "./ManageError.js"
import type * as Shelf from "./Shelf.js"
import type * as Store from "./Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<E, R> {
  /** What it runs on, for people: `fibers`, `4 threads`. */
  readonly kind: string
  /** How many workers it begins with. */
  readonly workers: number
  /** The machine it is on: between workers of one host values travel a shorter way. Default: not known. */
  readonly host?: string | undefined
  /** Abstract amounts each worker has. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** Worker number `index` is called `${name}-${index}`. Default: `worker`. */
  readonly name?: string | undefined
  /** The executors of one worker, living in the scope it is given. */
  readonly executors: (worker: { readonly id: Id.WorkerId; readonly name: string }) => Effect.Effect<
    Executors,
    E,
    R | Door.Door | Scope.Scope
  >
  /** Where a worker spills to, living in the scope it is given. Default: nowhere. */
  readonly disk?: Effect.Effect<Store.Disk | undefined, E, R | Scope.Scope> | undefined
  readonly scheduler?: Partial<Scheduler.Config> | undefined
  readonly worker?: Partial<Machine.Config> | undefined
  /** Told of bytes in shared memory that a worker let go of, dropped or spilled: no engine counts those as garbage. */
  readonly letGo?: ((bytes: number) => void) | undefined
}

/**
 * A scheduler and its workers, supervised: one that fails is started again, up to five times a minute; past that the
 * cluster is over and says so to everyone. Closing the layer ends them all.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(
  options: Options<E, R>
): Layer.Layer<Door.Door | Cluster.Cluster, E, Exclude<R, Door.Door | Scope.Scope>> =>
  Layer.scopedContext(make(options))

/** Executors come up in their own time; in process that is a few turns, and the clock need not be asked. */
const joined = (door: Door.Service, workers: number, turn = 0): Effect.Effect<void> =>
  Effect.flatMap(door.ask.workers, (there) =>
    there.filter((worker) => worker.slots > 0).length >= workers
      ? Effect.void
      : Effect.zipRight(turn < 64 ? Effect.yieldNow() : Effect.sleep("5 millis"), joined(door, workers, turn + 1)))

const make = <E, R>(options: Options<E, R>) =>
  Effect.gen(function*() {
    const ready = yield* Deferred.make<Crew.Place>()
    const crew = yield* Crew.make<E, R>(Deferred.await(ready), options)
    const adapt = Adapting.make({ node: "local", door: Effect.map(Deferred.await(ready), ({ door }) => door), crew })
    const { host, supervisor } = yield* schedulerHost.make({
      config: options.scheduler,
      tellWithin: 5000,
      scale: crew.scale,
      adapt,
      stop: crew.stop
    })
    yield* Deferred.succeed(ready, {
      supervisor,
      door: host.door,
      shelf: host.shelf,
      node: "local",
      host: options.host
    })
    yield* crew.resize(options.workers)
    yield* joined(host.door, options.workers)
    return Context.make(Door.Door, host.door).pipe(Context.add(Cluster.Cluster, {
      describe: describe(options.kind, host.door),
      workers: host.door.ask.workers,
      scale: (workers, options) => crew.scale(workers, Within.millis(options)),
      adapt: (options) => adapt(Cluster.adapting(options)),
      tree: supervisor.tree,
      restartScheduler: Effect.ignore(supervisor.restartChild("scheduler"))
    }))
  })

/**
 * A scheduler alone, for peers that are elsewhere.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulerOptions {
  /** The next life's incarnation, greater than any before; asked for once a life. Default: counted from 0. */
  readonly incarnation?: Effect.Effect<Id.Incarnation> | undefined
  /** Who is to tell the next life all it knows, beside those attached to this door. Default: nobody. */
  readonly expect?: Effect.Effect<ReadonlyArray<Id.PeerId>> | undefined
  /** Whether this life may still act. Asked before each step: one that may not ends, and says nothing. Default: it may. */
  readonly held?: (() => boolean) | undefined
  /** How long a new life waits for them. Default: 5 seconds. */
  readonly tellWithin?: Duration.DurationInput | undefined
  readonly config?: Partial<Scheduler.Config> | undefined
  /** What is done when somebody asks for so many workers. Default: it fails as `NotScalable`. */
  readonly scale?: Door.Questions["scale"] | undefined
  /** The same for a number that follows the work. Default: it fails as `NotScalable`. */
  readonly adapt?: Door.Questions["adapt"] | undefined
  /** Stops a worker that has nothing left, by name or id; says whether it could. Default: it could not. */
  readonly stop?: ((worker: string) => Effect.Effect<boolean>) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SchedulerEnd {
  /** Where peers are attached; see `Door.handlers` for those that are elsewhere. */
  readonly door: Door.Service
  /** There is proof that this peer is dead. */
  readonly lost: (peer: Id.PeerId, detail: string) => void
  /** How these are made, as far as this life knows: what could be told to another one. */
  readonly howMade: (keys: ReadonlyArray<Id.Key>) => Effect.Effect<Scheduler.HowMade>
  /** Ends this life; the next is told by its peers. */
  readonly restart: Effect.Effect<void>
  readonly tree: Effect.Effect<Supervisor.Tree>
  /** Ends when it failed more often than five times a minute, with why. */
  readonly failed: Effect.Effect<string>
}

const notScalable = Effect.suspend(() =>
  new ManageError({
    reason: "NotScalable",
    detail: "the workers of this cluster are on nodes of their own, and the scheduler starts none"
  })
)

/**
 * A scheduler without workers, living in the scope. A step of it that throws ends one life and begins the next. When the
 * scope closes its peers are told nothing: another one takes over.
 *
 * @since 0.1.0
 * @category constructors
 */
export const scheduler = (options: SchedulerOptions = {}): Effect.Effect<SchedulerEnd, never, Scope.Scope> =>
  Effect.map(
    schedulerHost.make({
      config: options.config,
      tellWithin: Duration.toMillis(options.tellWithin ?? "5 seconds"),
      scale: options.scale ?? (() => notScalable),
      adapt: options.adapt ?? (() => notScalable),
      stop: options.stop ?? (() => Effect.succeed(false)),
      incarnation: options.incarnation,
      expect: options.expect,
      held: options.held,
      succeeded: true
    }),
    ({ host, supervisor }) => ({
      door: host.door,
      lost: (peer, detail) => host.lost(peer, detail),
      howMade: (keys) => host.howMade(keys),
      restart: Effect.ignore(supervisor.restartChild("scheduler")),
      tree: supervisor.tree,
      failed: Effect.match(supervisor.await, {
        onFailure: (failed) => failed.message,
        onSuccess: () => "it was stopped"
      })
    })
  )

/**
 * Workers alone, on a door that leads to their scheduler.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkersOptions<E, R> extends Omit<Options<E, R>, "kind" | "scheduler"> {
  readonly door: Door.Service
  /** Where their values are served from. */
  readonly shelf: Shelf.Shelf
  /** The process: workers of one share memory, and nothing is copied between them. */
  readonly node: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Workers {
  /**
   * So many. One that cannot be started is said in the log. Those that go may take so many milliseconds (default: 30,000)
   * until what runs there has ended and what only they hold is elsewhere: `scale(0)` is how a node leaves in peace.
   */
  readonly scale: (count: number, within?: number | undefined) => Effect.Effect<void>
  /** As many as there is work for in the whole cluster, for as long as the scope is open. See `Client.adapt`. */
  readonly adapt: (options: Cluster.AdaptOptions) => Effect.Effect<void, never, Scope.Scope>
  /** The same, told in plain numbers: what a door asks for. */
  readonly adapting: (adapting: Door.Adapting) => Effect.Effect<void, never, Scope.Scope>
  /** By name or id; says whether it was one of these. */
  readonly stop: (worker: string) => Effect.Effect<boolean>
  readonly tree: Effect.Effect<Supervisor.Tree>
  /** Ends when they failed more often than five times a minute, with why. */
  readonly failed: Effect.Effect<string>
}

/**
 * Workers without a scheduler, supervised, living in the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const workers = <E, R>(
  options: WorkersOptions<E, R>
): Effect.Effect<Workers, E, Exclude<R, Door.Door | Scope.Scope> | Scope.Scope> =>
  Effect.gen(function*() {
    const supervisor = yield* Effect.orDie(Supervisor.make({
      name: "workers",
      limit: { failures: 5, within: "1 minute" },
      backoff: Schedule.exponential("10 millis")
    }))
    const { door, host, node, shelf } = options
    const crew = yield* Crew.make<E, R>(Effect.succeed({ supervisor, door, shelf, node, host }), options)
    yield* crew.resize(options.workers)
    const adapt = Adapting.make({ node, door: Effect.succeed(door), crew })
    return {
      scale: crew.scale,
      adapt: (options) => adapt(Cluster.adapting(options)),
      adapting: adapt,
      stop: crew.stop,
      tree: supervisor.tree,
      failed: Effect.match(supervisor.await, {
        onFailure: (failed) => failed.message,
        onSuccess: () => "they were stopped"
      })
    }
  })

/**
 * A cluster in one line: `kind` says what it runs on.
 *
 * @since 0.1.0
 * @category getters
 */
export const describe = (kind: string, door: Door.Service): Effect.Effect<string> =>
  Effect.map(door.ask.workers, (workers) => inOneLine(kind, workers))

const inOneLine = (kind: string, workers: ReadonlyArray<Door.WorkerView>): string => {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
  const tasks = [...new Set(workers.flatMap((worker) => worker.tasks.map((task) => task.split("#", 1)[0])))]
    // Creel's own come with every cluster, or with a group of theirs.
    .filter((task) => task !== undefined && !task.startsWith("creel/"))
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`
  return `Cluster(${kind}: ${count(workers.length, "worker")}, ${count(slots, "slot")}; tasks: ${tasks.join(", ")})`
}
