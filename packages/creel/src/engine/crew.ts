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
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Door from "../Door.js"
import type { Executors } from "../Executor.js"
import { freshId } from "../internal/freshId.js"
import type * as Shelf from "../Shelf.js"
import * as Store from "../Store.js"
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
  readonly letGo?: ((bytes: number) => void) | undefined
}

export interface Place {
  readonly supervisor: Supervisor.Supervisor
  readonly door: Door.Service
  readonly shelf: Shelf.Shelf
  /** The process it is in, and the machine. */
  readonly node: string
  readonly host: string | undefined
}

export interface Crew<E> {
  readonly resize: (count: number) => Effect.Effect<void, E>
  /**
   * The same, said in the log where it fails: the cluster stays as it is. Those that go may take so many milliseconds. Who
   * asked may stop waiting: one that goes does not stop half-way.
   */
  readonly scale: (count: number, within?: number | undefined) => Effect.Effect<void>
  /** By name or id; says whether it was one of these. */
  readonly stop: (worker: string) => Effect.Effect<boolean>
  /** So many more than there are, said in the log where one cannot be started. */
  readonly add: (count: number) => Effect.Effect<void>
  /** The ids of those that are not about to go, in the order they were started. */
  readonly members: () => ReadonlyArray<Id.WorkerId>
}

interface Life {
  readonly id: string
  /** As soon as it has begun. */
  leave?: workerActor.WorkerActor["leave"] | undefined
}

const life = <E, R>(
  { door, host, node, shelf }: Place,
  options: Options<E, R>,
  name: string,
  lives: Map<string, Life>
) =>
  Effect.gen(function*() {
    const id = yield* freshId("w")
    const life: Life = { id }
    lives.set(name, life)
    const store = Store.make(options.disk === undefined ? undefined : yield* options.disk, options.letGo)
    yield* Effect.acquireRelease(Effect.sync(() => shelf.serve(id, store)), () => Effect.sync(() => shelf.left(id)))
    const executors = yield* options.executors({ id, name })
    const actor = yield* workerActor.make({
      id,
      info: { name, node, host, resources: options.resources ?? {} },
      executors,
      store,
      door,
      config: options.worker
    })
    life.leave = actor.leave
    return actor
  }).pipe(Effect.provideService(Door.Door, door))

const none: ReadonlyArray<string> = []

/** The cluster stays as it is, and nobody is to go. */
const notStarted = <E>(resized: Effect.Effect<ReadonlyArray<string>, E>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.catchAllCause(resized, (cause) => Effect.as(Effect.logError("a worker could not be started", cause), none))

const notHandedOver = (name: string, within: number): string =>
  `${name} was to leave within ${within} ms, and goes with what it still has: tasks that run there begin again elsewhere, ` +
  "values that only it held are made again or lost"

const leave = (life: Life | undefined, name: string, within: number): Effect.Effect<void> =>
  life?.leave === undefined || within <= 0
    ? Effect.void
    : Effect.flatMap(
      life.leave(within),
      (left) => left ? Effect.void : Effect.logWarning(notHandedOver(name, within))
    )

/** `NaN` would end them all, and `Infinity` never be reached. */
const mean = (count: number): Effect.Effect<void> =>
  Number.isInteger(count) && count >= 0
    ? Effect.void
    : Effect.dieMessage(`a cluster cannot have ${count} workers, but a whole number of them from 0: it stays as it is`)

export const make = <E, R>(
  place: Effect.Effect<Place>,
  options: Options<E, R>
): Effect.Effect<Crew<E>, never, Exclude<R, Door.Door | Scope.Scope> | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, Door.Door | Scope.Scope>>()
    const scope = yield* Effect.scope
    const names: Array<string> = []
    /** Those that go have a name until they have gone. */
    const going = new Set<string>()
    const lives = new Map<string, Life>()
    const lock = yield* Effect.makeSemaphore(1)

    const startWorker = Effect.gen(function*() {
      const here = yield* place
      let index = names.length
      const nameOf = () => `${options.name ?? "worker"}-${index}`
      while (names.includes(nameOf()) || going.has(nameOf())) index++
      const name = nameOf()
      const first = yield* Deferred.make<never, E>()
      const start = Effect.tapErrorCause(life(here, options, name, lives), (cause) => Deferred.failCause(first, cause))
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

    /** Answers who is to go. */
    const resize = (count: number): Effect.Effect<ReadonlyArray<string>, E> =>
      Effect.gen(function*() {
        while (names.length < count) yield* startWorker
        const over = names.splice(Math.max(0, count)).reverse()
        for (const name of over) going.add(name)
        return over
      }) as Effect.Effect<ReadonlyArray<string>, E>

    const letGo = (over: ReadonlyArray<string>, within: number): Effect.Effect<void> =>
      Effect.forEach(
        over,
        (name) =>
          Effect.zipRight(
            leave(lives.get(name), name, within),
            Effect.ensuring(Effect.ignore(remove(name)), Effect.sync(() => going.delete(name)))
          ),
        // All at once: none of them is to be given what another hands over.
        { concurrency: "unbounded", discard: true }
      )

    const stop = (worker: string): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const at = names.findIndex((name) => name === worker || lives.get(name)?.id === worker)
        const [name] = at < 0 ? [] : names.splice(at, 1)
        return name === undefined ? Effect.succeed(false) : Effect.as(Effect.ignore(remove(name)), true)
      })

    const alone = lock.withPermits(1)
    return {
      resize: (count) => Effect.flatMap(alone(resize(count)), (over) => letGo(over, 0)),
      scale: (count, within = 30_000) =>
        Effect.zipRight(
          mean(count),
          notStarted(alone(resize(count))).pipe(
            Effect.flatMap((over) => letGo(over, within)),
            Effect.forkIn(scope),
            Effect.flatMap(Fiber.join)
          )
        ),
      stop: (worker) => alone(stop(worker)),
      add: (count) => Effect.asVoid(notStarted(alone(Effect.suspend(() => resize(names.length + count))))),
      members: () => names.flatMap((name) => lives.get(name)?.id ?? [])
    }
  })
