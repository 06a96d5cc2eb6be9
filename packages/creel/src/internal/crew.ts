/**
 * The workers of one node: which there are, and their lives. What they do, the machines decide.
 *
 * 1. A worker's name stays the same from life to life, its id does not.
 * 2. What it holds is on the shelf before its door hears of it.
 */
import * as ChildSpec from "@creel/actor/ChildSpec"
import type * as Supervisor from "@creel/actor/Supervisor"
import type * as Id from "@creel/core/Id"
import type * as Machine from "@creel/core/Worker"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Door from "../Door.js"
import type { Executors } from "../Executor.js"
import type * as Shelf from "../Shelf.js"
import * as Store from "../Store.js"
import { freshId } from "./freshId.js"
import * as workerActor from "./workerActor.js"

export interface Options<E, R> {
  readonly resources?: Readonly<Record<string, number>> | undefined
  readonly name?: string | undefined
  readonly executors: (worker: { readonly id: Id.WorkerId; readonly name: string }) => Effect.Effect<
    Executors,
    E,
    R | Door.Door | Scope.Scope
  >
  readonly disk?: Effect.Effect<Store.Disk | undefined, E, R | Scope.Scope> | undefined
  readonly worker?: Partial<Machine.Config> | undefined
}

export interface Place {
  readonly supervisor: Supervisor.Supervisor
  readonly door: Door.Service
  readonly shelf: Shelf.Shelf
  /** The process it is in. */
  readonly node: string
}

export interface Crew<E> {
  readonly resize: (count: number) => Effect.Effect<void, E>
  /** The same, said in the log where it fails: the cluster stays as it is. */
  readonly scale: (count: number) => Effect.Effect<void>
  /** By name or id; says whether it was one of these. */
  readonly stop: (worker: string) => Effect.Effect<boolean>
  readonly names: ReadonlyArray<string>
}

const life = <E, R>({ door, node, shelf }: Place, options: Options<E, R>, name: string, known: Map<string, string>) =>
  Effect.gen(function*() {
    const id = yield* freshId("w")
    known.set(name, id)
    const store = Store.make(options.disk === undefined ? undefined : yield* options.disk)
    yield* Effect.acquireRelease(Effect.sync(() => shelf.serve(id, store)), () => Effect.sync(() => shelf.left(id)))
    const executors = yield* options.executors({ id, name })
    return yield* workerActor.make({
      id,
      info: { name, node, resources: options.resources ?? {} },
      executors,
      store,
      door,
      config: options.worker
    })
  }).pipe(Effect.provideService(Door.Door, door))

export const make = <E, R>(
  place: Effect.Effect<Place>,
  options: Options<E, R>
): Effect.Effect<Crew<E>, never, Exclude<R, Door.Door | Scope.Scope>> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, Door.Door | Scope.Scope>>()
    const names: Array<string> = []
    const ids = new Map<string, string>()
    const lock = yield* Effect.makeSemaphore(1)

    const nameOf = (index: number) => `${options.name ?? "worker"}-${index}`

    const startWorker = Effect.gen(function*() {
      const here = yield* place
      let index = names.length
      while (names.includes(nameOf(index))) index++
      const name = nameOf(index)
      const first = yield* Deferred.make<never, E>()
      const start = Effect.tapErrorCause(life(here, options, name, ids), (cause) => Deferred.failCause(first, cause))
      const started = here.supervisor.startChild(ChildSpec.make({ id: name, start }))
      yield* Effect.mapInputContext(started, (given: Context.Context<never>) =>
        // What the executors require is in the layer's own context; their Scope is the life's.
        Context.merge(given, context) as Context.Context<any>).pipe(
          Effect.catchTag("StartFailed", () => Deferred.await(first)),
          Effect.catchTag("ChildExists", Effect.die)
        )
      names.push(name)
    })

    const remove = (name: string) => Effect.flatMap(place, ({ supervisor }) => supervisor.removeChild(name))

    const resize = (count: number): Effect.Effect<void, E> =>
      Effect.gen(function*() {
        while (names.length < count) yield* startWorker
        const over = names.splice(Math.max(0, count))
        yield* Effect.forEach(over.reverse(), (name) => Effect.ignore(remove(name)), { discard: true })
      }) as Effect.Effect<void, E>

    const stop = (worker: string): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const at = names.findIndex((name) => name === worker || ids.get(name) === worker)
        const [name] = at < 0 ? [] : names.splice(at, 1)
        return name === undefined ? Effect.succeed(false) : Effect.as(Effect.ignore(remove(name)), true)
      })

    const alone = lock.withPermits(1)
    return {
      resize: (count) => alone(resize(count)),
      scale: (count) =>
        alone(Effect.catchAllCause(resize(count), (cause) => Effect.logError("a worker could not be started", cause))),
      stop: (worker) => alone(stop(worker)),
      names
    }
  })
