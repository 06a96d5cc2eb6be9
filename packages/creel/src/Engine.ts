/**
 * Scheduler and workers of one node, for those who build clusters: `LocalCluster` gives it executors that are fibers,
 * `@creel/node` threads and processes. It owns which workers there are; what they do, the machines decide.
 *
 * @since 0.1.0
 */
import * as ChildSpec from "@creel/actor/ChildSpec"
import type * as Id from "@creel/core/Id"
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Machine from "@creel/core/Worker"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Cluster from "./Cluster.js"
import * as Door from "./Door.js"
import type { Executors } from "./Executor.js"
import { freshId } from "./internal/freshId.js"
import * as schedulerHost from "./internal/schedulerHost.js"
import * as workerActor from "./internal/workerActor.js"
import * as Store from "./Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<E, R> {
  /** What it runs on, for people: `fibers`, `4 threads`. */
  readonly kind: string
  /** How many workers it begins with. */
  readonly workers: number
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

/** One life of a worker: a name stays the same from life to life, an id does not. */
const workerLife = <E, R>(host: schedulerHost.SchedulerHost, options: Options<E, R>, name: string) =>
  Effect.gen(function*() {
    const id = yield* freshId("w")
    const store = Store.make(options.disk === undefined ? undefined : yield* options.disk)
    host.serve(id, store)
    const executors = yield* options.executors({ id, name })
    return yield* workerActor.make({
      id,
      info: { name, node: "local", resources: options.resources ?? {} },
      executors,
      store,
      door: host.door,
      config: options.worker
    })
  }).pipe(Effect.provideService(Door.Door, host.door))

/** Executors come up in their own time; in process that is a few turns, and the clock need not be asked. */
const joined = (door: Door.Service, workers: number, turn = 0): Effect.Effect<void> =>
  Effect.flatMap(door.ask.workers, (there) =>
    there.filter((worker) => worker.slots > 0).length >= workers
      ? Effect.void
      : Effect.zipRight(turn < 64 ? Effect.yieldNow() : Effect.sleep("5 millis"), joined(door, workers, turn + 1)))

const make = <E, R>(options: Options<E, R>) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, Door.Door | Scope.Scope>>()
    const names: Array<string> = []
    const lock = yield* Effect.makeSemaphore(1)
    const { host, supervisor } = yield* schedulerHost.make({
      config: options.scheduler,
      tellWithin: 5000,
      // A worker that fails to start leaves the cluster as it is, and says so in the log.
      scale: (count) =>
        lock.withPermits(1)(
          Effect.catchAllCause(resize(count), (cause) => Effect.logError("a worker could not be started", cause))
        ),
      stop: (worker) => lock.withPermits(1)(stop(worker))
    })

    const nameOf = (index: number) => `${options.name ?? "worker"}-${index}`

    const startWorker = Effect.gen(function*() {
      let index = names.length
      while (names.includes(nameOf(index))) index++
      const name = nameOf(index)
      const first = yield* Deferred.make<never, E>()
      const life = Effect.tapErrorCause(workerLife(host, options, name), (cause) => Deferred.failCause(first, cause))
      const started = supervisor.startChild(ChildSpec.make({ id: name, start: life }))
      yield* Effect.mapInputContext(started, (given: Context.Context<never>) =>
        // What the executors require is in the layer's own context; their Scope is the life's.
        Context.merge(given, context) as Context.Context<any>).pipe(
          Effect.catchTag("StartFailed", () => Deferred.await(first)),
          Effect.catchTag("ChildExists", Effect.die)
        )
      names.push(name)
    })

    const resize = (count: number): Effect.Effect<void, E> =>
      Effect.gen(function*() {
        while (names.length < count) yield* startWorker
        const over = names.splice(Math.max(0, count))
        yield* Effect.forEach(over.reverse(), (name) => Effect.ignore(supervisor.removeChild(name)), { discard: true })
      }) as Effect.Effect<void, E>

    const stop = (worker: string): Effect.Effect<boolean> =>
      Effect.flatMap(host.door.ask.workers, (there) => {
        const name = there.find((one) => one.id === worker || one.name === worker)?.name ?? worker
        const at = names.indexOf(name)
        if (at < 0) return Effect.succeed(false)
        names.splice(at, 1)
        return Effect.as(Effect.ignore(supervisor.removeChild(name)), true)
      })

    yield* resize(options.workers)
    yield* joined(host.door, options.workers)
    return Context.make(Door.Door, host.door).pipe(Context.add(Cluster.Cluster, {
      describe: Effect.map(host.door.ask.workers, (workers) => describe(options.kind, workers)),
      workers: host.door.ask.workers,
      scale: host.door.ask.scale,
      tree: supervisor.tree,
      restartScheduler: Effect.ignore(supervisor.restartChild("scheduler"))
    }))
  })

const describe = (kind: string, workers: ReadonlyArray<Door.WorkerView>): string => {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
  const tasks = [...new Set(workers.flatMap((worker) => worker.tasks.map((task) => task.split("#", 1)[0])))]
    // Creel's own come with every cluster, or with a group of theirs.
    .filter((task) => task !== undefined && !task.startsWith("creel/"))
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`
  return `Cluster(${kind}: ${count(workers.length, "worker")}, ${count(slots, "slot")}; tasks: ${tasks.join(", ")})`
}
