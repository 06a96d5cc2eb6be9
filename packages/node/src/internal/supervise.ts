/**
 * The executors of one worker, each a supervised child: when one dies another takes its place, after a pause that grows,
 * and not more often than the limit allows. Past the limit, or when the module no longer loads, its place stays empty
 * and says why.
 */
import type * as RpcServer from "@effect/rpc/RpcServer"
import type { ExecutorEvent, Executors } from "creel/Executor"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Life, LifeEnd, LifeOptions } from "./executorLife.js"
import { live } from "./executorLife.js"
import * as RealTime from "./realTime.js"

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

export const make = (options: SuperviseOptions): Effect.Effect<Supervised> =>
  Effect.gen(function*() {
    const lives = new Map<string, Life>()
    const givenUp: Array<NodeClusterError> = []
    const door = yield* Deferred.make<ServeDoor>()
    const first = yield* Effect.forEach(options.names, () => Deferred.make<void, NodeClusterError>())

    const giveUp = (place: number, error: NodeClusterError): Effect.Effect<void> =>
      Effect.suspend(() => {
        givenUp.push(error)
        return Effect.zipRight(
          Effect.logError(error.message),
          Deferred.fail(first[place] as Deferred.Deferred<void, NodeClusterError>, error)
        )
      })

    const oneLife = (place: number, number: number, emit: (event: ExecutorEvent) => void) => {
      const name = `${options.names[place]}.${number}`
      return live(
        { ...options, name, emit, serveDoor: Deferred.await(door) },
        (life) =>
          Effect.suspend(() => {
            lives.set(name, life)
            return Effect.asVoid(Deferred.succeed(first[place] as Deferred.Deferred<void, NodeClusterError>, undefined))
          })
      ).pipe(Effect.ensuring(Effect.sync(() => lives.delete(name))))
    }

    const keep = Effect.fnUntraced(function*(place: number, emit: (event: ExecutorEvent) => void) {
      const deaths = new Deaths(options.limits)
      for (let number = 1;; number++) {
        const end: LifeEnd | NodeClusterError = yield* Effect.merge(oneLife(place, number, emit))
        if (end instanceof NodeClusterError) {
          if (number === 1 || isFinal(end)) return yield* giveUp(place, end)
          yield* Effect.logWarning(end.message)
        } else if (end.refused !== undefined) {
          return yield* giveUp(place, end.refused)
        } else if (end.expected) {
          yield* Effect.logInfo(`${options.names[place]}.${number} ${end.detail}; another takes its place`)
          continue
        } else {
          yield* Effect.logWarning(`${options.names[place]}.${number} died: ${end.detail}`)
        }
        const delay = deaths.next(Date.now())
        if (delay === undefined) return yield* giveUp(place, tooOften(options, place, number, end))
        yield* RealTime.sleep(delay)
      }
    })

    const at = (executor: string, f: (life: Life) => void): void => {
      const life = lives.get(executor)
      if (life !== undefined) f(life)
    }

    return {
      start: (emit) =>
        Effect.forEach(options.names, (_, place) => keep(place, emit), { concurrency: "unbounded", discard: true })
          .pipe(
            Effect.forkScoped,
            Effect.asVoid
          ),
      run: (executor, job) => at(executor, (life) => life.run(job)),
      interrupt: (executor, attempt, reason, by) => at(executor, (life) => life.interrupt(attempt, reason, by)),
      proceed: (executor, attempt) => at(executor, (life) => life.proceed(attempt)),
      end: (executor, why) => at(executor, (life) => life.end(why)),
      ready: Effect.forEach(first, Deferred.await, { discard: true, concurrency: "unbounded" }),
      openDoor: (serve) => Effect.asVoid(Deferred.succeed(door, serve)),
      givenUp: Effect.sync(() => givenUp.slice())
    }
  })

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
      ("message" in last ? last.message : last.detail)
  })
