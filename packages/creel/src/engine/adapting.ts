/**
 * Has the workers of one node come and go as there is work. `core`'s Adaptive decides; this asks it at an interval, and
 * carries out what it says.
 *
 * 1. A worker goes by retiring: one that holds what no other can take stays.
 * 2. Who is about to go stays, before anybody is started.
 * 3. When it ends, whoever is about to go stays: the number is left as it is.
 * 4. Where several adapt at once, the last that began counts.
 */
import * as Adaptive from "@creel/core/Adaptive"
import type * as Id from "@creel/core/Id"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Door from "../Door.js"

/** The workers it has come and go. */
export interface Crew {
  /** Those that are not about to go; by the id of their present life. */
  readonly members: () => ReadonlyArray<Id.WorkerId>
  /** So many more; one that cannot be started is said in the log. */
  readonly add: (count: number) => Effect.Effect<void>
  /** At once, by id; says whether it was one of these. */
  readonly stop: (worker: string) => Effect.Effect<boolean>
}

export interface Place {
  readonly node: string
  readonly door: Effect.Effect<Door.Service>
  readonly crew: Crew
}

export type Adapt = (adapting: Door.Adapting) => Effect.Effect<void, never, Scope.Scope>

const full = 0.6

/** Milliseconds nobody is started after one could not be. */
const pauseAfterFailure = 30_000

class Adapter {
  private memory = Adaptive.nothing
  private readonly going = new Set<Id.WorkerId>()
  private startUp = 0
  private slots = 1
  private notBefore = 0
  private changed: string | undefined = undefined

  constructor(private readonly place: Place, private readonly asked: Door.Adapting) {}

  private staying(): ReadonlyArray<Id.WorkerId> {
    return this.place.crew.members().filter((id) => !this.going.has(id))
  }

  readonly round: Effect.Effect<void> = Effect.gen(this, function*() {
    const { ask } = yield* this.place.door
    const { changed } = this
    const { asked } = this
    const demand = yield* ask.demand({
      node: this.place.node,
      slots: asked.maximum * this.slots,
      interval: asked.interval,
      changed
    })
    if (this.changed === changed) this.changed = undefined
    const now = yield* Clock.currentTimeMillis
    const there = this.staying().length
    const { close, memory, wanted, why } = Adaptive.decide(this.memory, this.seen(demand, now), { ...asked, full })
    this.memory = memory
    if (wanted > there && now >= this.notBefore) {
      yield* this.grow(wanted - there, now)
      yield* this.say(there, this.staying().length, why)
    }
    for (const id of close) this.going.add(id)
    if (close.length > 0) yield* this.say(there, wanted, why)
    yield* Effect.forEach(this.going, (id) => this.retire(ask, id), { discard: true })
  })

  private seen(demand: Door.Demand, now: number): Adaptive.Seen {
    const known = new Map(demand.workers.map((worker) => [worker.id, worker]))
    this.slots = Math.max(1, ...demand.workers.map((worker) => worker.slots))
    return {
      now,
      work: demand.work,
      parallel: demand.parallel,
      elsewhere: demand.elsewhere,
      share: demand.share,
      slots: this.slots,
      startUp: this.startUp,
      // One that has not joined yet is not idle.
      workers: this.staying().map((id) => known.get(id) ?? { id, attempts: 1, held: 0, limit: undefined })
    }
  }

  private readonly grow = (count: number, now: number): Effect.Effect<void> =>
    Effect.gen(this, function*() {
      const stay = [...this.going].slice(-count)
      const { ask } = yield* this.place.door
      yield* Effect.forEach(stay, (id) => this.keep(ask, id), { discard: true })
      const more = count - stay.length
      if (more === 0) return
      const before = this.place.crew.members().length
      yield* this.place.crew.add(more)
      const then = yield* Clock.currentTimeMillis
      if (this.place.crew.members().length < before + more) this.notBefore = then + pauseAfterFailure
      else this.startUp = this.startUp === 0 ? then - now : (this.startUp + then - now) / 2
    })

  private keep(ask: Door.Questions, id: Id.WorkerId): Effect.Effect<void> {
    this.going.delete(id)
    return Effect.ignore(ask.retire(id, true))
  }

  private retire(ask: Door.Questions, id: Id.WorkerId): Effect.Effect<void> {
    return Effect.matchEffect(ask.retire(id), {
      onFailure: (error) => Effect.zipRight(Effect.logWarning(error.message), this.keep(ask, id)),
      onSuccess: ({ state, stuck }) => {
        if (state === "busy") return Effect.void
        this.going.delete(id)
        if (state === "retired") return Effect.asVoid(this.place.crew.stop(id))
        // It was lost meanwhile, and its successor has another id.
        if (state !== "stuck") return Effect.void
        const there = this.staying().length
        return this.say(there - 1, there, `${stuck} values are only on ${id}, and no other worker can take them`)
      }
    })
  }

  private say(from: number, to: number, why = ""): Effect.Effect<void> {
    if (from === to) return Effect.void
    const said = `${from} → ${to}: ${why}`
    this.changed = this.changed === undefined ? said : `${this.changed}; ${said}`
    return Effect.logInfo(`the number of workers changes, ${said}`)
  }

  /** Whoever is about to go stays. */
  readonly end: Effect.Effect<void> = Effect.suspend(() =>
    this.going.size === 0
      ? Effect.void
      : Effect.flatMap(this.place.door, ({ ask }) =>
        Effect.forEach([...this.going], (id) => this.keep(ask, id), { discard: true }))
  )
}

/** What cannot be meant would be carried out without end. */
const check = (asked: Door.Adapting): Effect.Effect<void> => {
  const { idle, interval, maximum, minimum, target, waitCount } = asked
  const wrong = !(Number.isInteger(minimum) && minimum >= 0)
    ? `minimum is ${minimum}, and has to be a whole number from 0`
    : !(Number.isInteger(maximum) && maximum >= Math.max(1, minimum))
    ? `maximum is ${maximum}, and has to be a whole number from 1 and from minimum, which is ${minimum}`
    : !(Number.isInteger(waitCount) && waitCount >= 1)
    ? `waitCount is ${waitCount}, and has to be a whole number from 1`
    : !(target > 0 && interval > 0 && interval < Infinity && idle >= 0)
    ? `target (${target} ms) and interval (${interval} ms) have to be more than 0, and idle (${idle} ms) no less`
    : undefined
  return wrong === undefined ? Effect.void : Effect.dieMessage(`adapt: ${wrong}`)
}

export const make = (place: Place): Adapt => {
  const begun: Array<Adapter> = []
  const turn = (adapter: Adapter): Effect.Effect<void> =>
    Effect.suspend(() => begun.at(-1) === adapter ? adapter.round : adapter.end).pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.logWarning("how many workers there should be could not be found out", cause)
      )
    )
  return (adapting) =>
    Effect.gen(function*() {
      yield* check(adapting)
      const adapter = new Adapter(place, adapting)
      yield* Effect.acquireRelease(
        Effect.sync(() => begun.push(adapter)),
        () => Effect.zipRight(Effect.sync(() => begun.splice(begun.indexOf(adapter), 1)), adapter.end)
      )
      yield* turn(adapter).pipe(
        Effect.zipRight(Effect.sleep(adapting.interval)),
        Effect.forever,
        Effect.interruptible,
        Effect.forkScoped
      )
    })
}
