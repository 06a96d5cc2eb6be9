/**
 * The executors of one worker, each a supervised child: when one dies another takes its place, after a pause that grows,
 * and not more often than the limit allows. Past the limit, or when the module no longer loads, its place stays empty
 * and says why. One that has lived long enough is replaced before anybody sees it go.
 */
import type { ExecutorMemory, ProcessUse } from "@creel/core/Note"
import type * as RpcServer from "@effect/rpc/RpcServer"
import type { ExecutorEvent, Executors } from "creel/Executor"
import * as Profile from "creel/Profile"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { performance } from "node:perf_hooks"
import * as RealTime from "../internal/realTime.js"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Bounds, Life, LifeEnd, LifeOptions } from "./life.js"
import { live } from "./life.js"

/** How deaths are answered. Ending an executor on purpose counts for nothing. */
export interface Limits {
  /** How many deaths within `period` an executor may die before its place stays empty. */
  readonly restarts: number
  /** Milliseconds. */
  readonly period: number
  /** Milliseconds before the first restart after a death; doubles with each further one in the period. */
  readonly delay: number
  readonly maxDelay: number
}

export type ServeDoor = (protocol: RpcServer.Protocol["Type"]) => Effect.Effect<void, never, Scope.Scope>

export interface SuperviseOptions extends Omit<LifeOptions, "name" | "emit" | "serveDoor"> {
  /** Of each place; a life adds its number. */
  readonly names: ReadonlyArray<string>
  readonly limits: Limits
}

export interface Supervised extends Executors {
  /** Waits until every place has had a first life; fails with what kept one from it. */
  readonly ready: Effect.Effect<void, NodeClusterError>
  /** Where the clients inside tasks find the scheduler, as soon as there is one. */
  readonly openDoor: (serve: ServeDoor) => Effect.Effect<void>
  /** Places that stay empty, and why. */
  readonly givenUp: Effect.Effect<ReadonlyArray<NodeClusterError>>
}

class Deaths {
  private times: Array<number> = []

  constructor(private readonly limits: Limits) {}

  /** Milliseconds to wait, or undefined past the limit. */
  next(now: number): number | undefined {
    this.times = this.times.filter((time) => now - time < this.limits.period)
    this.times.push(now)
    if (this.times.length > this.limits.restarts) return undefined
    return Math.min(this.limits.delay * 2 ** (this.times.length - 1), this.limits.maxDelay)
  }
}

/** What the places of one set of executors share. */
interface Places {
  readonly options: SuperviseOptions
  readonly lives: Map<string, Life>
  readonly givenUp: Array<NodeClusterError>
  readonly door: Deferred.Deferred<ServeDoor>
  /** Of each place: its first life, or what kept it from one. */
  readonly first: ReadonlyArray<Deferred.Deferred<void, NodeClusterError>>
}

const giveUp = ({ first, givenUp }: Places, place: number, error: NodeClusterError): Effect.Effect<void> =>
  Effect.suspend(() => {
    givenUp.push(error)
    return Effect.zipRight(
      Effect.logError(error.message),
      Deferred.fail(first[place] as Deferred.Deferred<void, NodeClusterError>, error)
    )
  })

const begin = Effect.fnUntraced(function*(
  { door, first, lives, options }: Places,
  place: number,
  number: number,
  emit: (event: ExecutorEvent) => void
) {
  const name = `${options.names[place]}.${number}`
  const up = yield* Deferred.make<Life>()
  const fiber = yield* live(
    { ...options, name, emit, bounds: yield* jitter(options.bounds), serveDoor: Deferred.await(door) },
    (life) =>
      Effect.suspend(() => {
        lives.set(name, life)
        return Effect.zipRight(
          Deferred.succeed(first[place] as Deferred.Deferred<void, NodeClusterError>, undefined),
          Deferred.succeed(up, life)
        )
      })
  ).pipe(Effect.merge, Effect.ensuring(Effect.sync(() => lives.delete(name))), Effect.forkScoped)
  const begun: Begun = { name, fiber, up: Deferred.await(up) }
  return begun
})

/** A place has a living executor, one after the other, until it is given up. */
const keep = Effect.fnUntraced(function*(places: Places, place: number, emit: (event: ExecutorEvent) => void) {
  const { options } = places
  const deaths = new Deaths(options.limits)
  let number = 1
  let retiring: Begun | undefined
  let current = yield* begin(places, place, number, emit)
  for (;;) {
    const why = yield* tiredOrOver(current, retiring)
    if (why !== undefined) {
      // The next is up before anything is kept from this one: nobody waits for it to load its tasks.
      const next = yield* begin(places, place, ++number, emit)
      const failed = yield* Effect.raceFirst(Effect.as(next.up, undefined), Fiber.join(next.fiber))
      if (failed === undefined) {
        yield* Effect.logInfo(`${current.name} is replaced by ${next.name} ${why}`)
        emit({ _tag: "Tired", executor: current.name })
        yield* Effect.fork(Effect.flatMap(Fiber.join(current.fiber), logRetired(current.name)))
        retiring = current
        current = next
        continue
      }
      yield* Effect.logWarning(`${current.name} is not replaced: ${detailOf(failed)}`)
      const delay = deaths.next(Date.now())
      const over = Effect.asVoid(Fiber.await(current.fiber))
      // It goes on for as long as it can.
      yield* delay === undefined ? over : Effect.raceFirst(RealTime.sleep(delay), over)
      if (delay === undefined) return yield* giveUp(places, place, tooOften(options, place, number, failed))
      continue
    }
    const end = yield* Fiber.join(current.fiber)
    if (end instanceof NodeClusterError) {
      if (number === 1 || isFinal(end)) return yield* giveUp(places, place, end)
      yield* Effect.logWarning(end.message)
    } else if (end.refused !== undefined) {
      return yield* giveUp(places, place, end.refused)
    } else if (end.expected) {
      yield* Effect.logInfo(`${current.name} ${end.detail}; another takes its place`)
    } else {
      yield* Effect.logWarning(`${current.name} died: ${end.detail}`)
    }
    if (end instanceof NodeClusterError || !end.expected) {
      const delay = deaths.next(Date.now())
      if (delay === undefined) return yield* giveUp(places, place, tooOften(options, place, number, end))
      yield* RealTime.sleep(delay)
    }
    current = yield* begin(places, place, ++number, emit)
  }
})

/** Beside the signs of life of their worker, which go out as often. */
const measure = (lives: ReadonlyMap<string, Life>, emit: (event: ExecutorEvent) => void): Effect.Effect<void> =>
  Effect.suspend(() => {
    const use = useSince()
    const tell = Effect.sync(() =>
      emit({ _tag: "Measured", processBytes: process.memoryUsage.rss(), use: use(), executors: memoryOf(lives) })
    )
    return Effect.forever(Effect.zipRight(RealTime.sleep(measureEvery), tell))
  })

/** How busy the process, and this thread of it, were since it was asked last. */
const useSince = (): () => ProcessUse => {
  let at = performance.now()
  let processors = process.cpuUsage()
  let loop = performance.eventLoopUtilization()
  return () => {
    const [now, used, turned] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()]
    const micros = used.user + used.system - processors.user - processors.system
    const use = {
      processors: now > at ? Math.round(micros / (now - at)) / 1000 : 0,
      loop: Math.round(performance.eventLoopUtilization(turned, loop).utilization * 1000) / 1000
    }
    at = now
    processors = used
    loop = turned
    return use
  }
}

export const make = (options: SuperviseOptions): Effect.Effect<Supervised> =>
  Effect.gen(function*() {
    const lives = new Map<string, Life>()
    const givenUp: Array<NodeClusterError> = []
    const door = yield* Deferred.make<ServeDoor>()
    const first = yield* Effect.forEach(options.names, () => Deferred.make<void, NodeClusterError>())
    const places: Places = { options, lives, givenUp, door, first }

    const at = (executor: string, f: (life: Life) => void): void => {
      const life = lives.get(executor)
      if (life !== undefined) f(life)
    }

    return {
      start: (emit) =>
        Effect.zipRight(
          Effect.forkScoped(measure(lives, emit)),
          Effect.forEach(options.names, (_, place) => Effect.scoped(keep(places, place, emit)), {
            concurrency: "unbounded",
            discard: true
          })
            .pipe(Effect.forkScoped, Effect.asVoid)
        ),
      // A closure for each job would cost more than the look-up.
      run: (executor, job) => lives.get(executor)?.run(job),
      interrupt: (executor, attempt, reason, by) => at(executor, (life) => life.interrupt(attempt, reason, by)),
      proceed: (executor, attempt) => at(executor, (life) => life.proceed(attempt)),
      end: (executor, why, idle) => at(executor, (life) => idle === true ? life.close(why) : life.end(why)),
      profile: (millis, interval) => profiled(lives, millis, interval),
      ready: Effect.forEach(first, Deferred.await, { discard: true, concurrency: "unbounded" }),
      openDoor: (serve) => Effect.asVoid(Deferred.succeed(door, serve)),
      givenUp: Effect.sync(() => givenUp.slice())
    }
  })

/** Of all that live when it begins. */
const profiled = (lives: ReadonlyMap<string, Life>, millis: number, interval: number) =>
  Effect.map(
    Effect.forEach([...lives], ([executor, life]) =>
      Effect.map(life.profile(millis, interval), (of) => ({ executor, ...of })), { concurrency: "unbounded" }),
    (all) => ({
      executors: all.map(({ tree: _, ...of }) =>
        of
      ),
      tree: Profile.merge(all.flatMap(({ tree }) => tree ?? []), callsMax)
    })
  )

/** Calls that are told of one worker. */
const callsMax = 3000

interface Begun {
  readonly name: string
  readonly fiber: Fiber.Fiber<LifeEnd | NodeClusterError>
  readonly up: Effect.Effect<Life>
}

/** Milliseconds. */
const measureEvery = 1000

/** Those that began together do not all go at once: each up to a tenth earlier. */
const jitter = (bounds: Bounds): Effect.Effect<Bounds> =>
  Effect.map(Random.next, (random) => {
    const part = 1 - random / 10
    return { ...bounds, tasks: Math.ceil(bounds.tasks * part), millis: Math.ceil(bounds.millis * part) }
  })

/** Waits until it has lived long enough, and answers why, or until it is over. A place has two lives at once at most. */
const tiredOrOver = ({ fiber, up }: Begun, retiring: Begun | undefined): Effect.Effect<string | undefined> =>
  Effect.raceFirst(
    Effect.as(Fiber.await(fiber), undefined),
    Effect.zipRight(
      retiring === undefined ? Effect.void : Fiber.await(retiring.fiber),
      Effect.flatMap(up, (life) => Deferred.await(life.tired))
    )
  )

const detailOf = (end: LifeEnd | NodeClusterError): string => "message" in end ? end.message : end.detail

const logRetired = (name: string) => (end: LifeEnd | NodeClusterError): Effect.Effect<void> =>
  "expected" in end && end.expected ? Effect.void : Effect.logWarning(`${name} died: ${detailOf(end)}`)

const memoryOf = (lives: ReadonlyMap<string, Life>): ReadonlyArray<ExecutorMemory> => {
  const all: Array<ExecutorMemory> = []
  for (const [executor, life] of lives) {
    const heap = life.heap()
    if (heap === undefined) continue
    all.push({ executor, heapUsed: heap.used, heapLimit: heap.limit, processBytes: heap.process })
  }
  return all
}

/** Whether trying again can change anything. */
const isFinal = (error: NodeClusterError): boolean => error.reason !== "ExecutorNotStarted"

const tooOften = (
  options: SuperviseOptions,
  place: number,
  lives: number,
  last: LifeEnd | NodeClusterError
): NodeClusterError =>
  new NodeClusterError({
    reason: "ExecutorGivenUp",
    file: options.open.tasks,
    executor: options.names[place],
    detail: `it died more than ${options.limits.restarts} times within ${options.limits.period} ms (${lives} lives): ` +
      `it is not started again, and its worker has one slot less; at last: ` +
      detailOf(last)
  })
