/**
 * Scheduler and workers of one node, for those who build clusters: `LocalCluster` gives it executors that are fibers,
 * `@creel/node` threads and processes. It owns which workers there are; what they do, the machines decide.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Machine from "@creel/core/Worker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Cluster from "./Cluster.js"
import * as Door from "./Door.js"
import type { Executors } from "./Executor.js"
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
  readonly scheduler?: Partial<Scheduler.Config> | undefined
  readonly worker?: Partial<Machine.Config> | undefined
}

interface Running {
  readonly id: Id.WorkerId
  readonly name: string
  readonly scope: Scope.CloseableScope
}

const freshId = Effect.map(
  Effect.all([Random.nextIntBetween(0x100000, 0xffffff), Random.nextIntBetween(0x100000, 0xffffff)]),
  ([a, b]) => `w${a.toString(16)}${b.toString(16)}`
)

/**
 * A scheduler and its workers: the layer is built when all workers have joined, and closing it ends them all.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(
  options: Options<E, R>
): Layer.Layer<Door.Door | Cluster.Cluster, E, Exclude<R, Door.Door | Scope.Scope>> =>
  Layer.scopedContext(make(options))

const make = <E, R>(options: Options<E, R>) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, Door.Door | Scope.Scope>>()
    const parent = yield* Effect.scope
    const running: Array<Running> = []
    const lock = yield* Effect.makeSemaphore(1)
    let next = 0
    const { host } = yield* schedulerHost.make({
      config: options.scheduler,
      tellWithin: 5000,
      // A worker that fails to start leaves the cluster as it is, and says so in the log.
      scale: (count) => lock.withPermits(1)(Effect.catchAllCause(resize(count), (cause) =>
        Effect.logError("a worker could not be started", cause)))
    })
    const provided = Context.add(context, Door.Door, host.door) as Context.Context<Exclude<R, Scope.Scope>>

    const startWorker = Effect.gen(function*() {
      const id = yield* freshId
      const name = `${options.name ?? "worker"}-${next++}`
      const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
      const store = Store.make()
      host.serve(id, store)
      yield* options.executors({ id, name }).pipe(
        Effect.flatMap((executors) =>
          workerActor.make({
            id,
            info: { name, node: "local", resources: options.resources ?? {} },
            executors,
            store,
            door: host.door,
            config: options.worker
          })
        ),
        Effect.provide(Context.add(provided, Scope.Scope, scope) as Context.Context<R | Door.Door | Scope.Scope>),
        Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit))
      )
      running.push({ id, name, scope })
    })

    const resize = (count: number): Effect.Effect<void, E> =>
      Effect.gen(function*() {
        while (running.length < count) yield* startWorker
        const over = running.splice(Math.max(0, count))
        yield* Effect.forEach(over.reverse(), ({ scope }) => Scope.close(scope, Exit.void), { discard: true })
      })

    yield* resize(options.workers)
    return Context.make(Door.Door, host.door).pipe(Context.add(Cluster.Cluster, {
      describe: Effect.map(host.door.ask.workers, (workers) => describe(options.kind, workers)),
      workers: host.door.ask.workers,
      scale: host.door.ask.scale
    }))
  })

const describe = (kind: string, workers: ReadonlyArray<Door.WorkerView>): string => {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
  const tasks = [...new Set(workers.flatMap((worker) => worker.tasks.map((task) => task.split("#", 1)[0])))]
    .filter((task) => task !== "creel/plain")
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`
  return `Cluster(${kind}: ${count(workers.length, "worker")}, ${count(slots, "slot")}; tasks: ${tasks.join(", ")})`
}
