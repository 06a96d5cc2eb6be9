/**
 * Those beside: a node that has its workers come and go as there is work, and somebody who looks on. They ask the scheduler
 * now and then, as a node and a page do.
 *
 * 1. There are never more workers of that node than it may have, and it wants no fewer than it is to have.
 * 2. What a looker-on reads has no gap that is not said, and is about work that there was, on workers that there were.
 *
 * @since 0.1.0
 */
import * as Adaptive from "@creel/core/Adaptive"
import * as Scheduler from "@creel/core/Scheduler"
import type { Random } from "./random.js"
import type { SchedulerPeer } from "./schedulerPeer.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

const node = "adaptive"

/** The workers of that node are called so. */
const prefix = "a"

/** The node of a worker of this name, where it is not one of its own. */
export const nodeOf = (name: string): string | undefined => name.startsWith(prefix) ? node : undefined

interface Member {
  readonly id: string
  readonly alive: boolean
  readonly leaving: boolean
  leave(): void
}

/** As `creel`'s adapting does it. */
class Adapter {
  private memory = Adaptive.nothing
  private readonly going = new Set<string>()
  private changed: string | undefined
  private count = 0
  private slots = 1
  constructor(private readonly world: World, private readonly limits: Adaptive.Limits) {}

  private members(): ReadonlyArray<Member> {
    return [...this.world.workers.values()].filter((one) => nodeOf(one.name) !== undefined && !one.leaving)
  }
  private staying(): ReadonlyArray<Member> {
    return this.members().filter(({ id }) => !this.going.has(id))
  }

  round(scheduler: SchedulerPeer): void {
    const { machine } = scheduler
    const { now } = this.world.timeline
    if (this.changed !== undefined) scheduler.tell({ _tag: "Scaled", node, detail: this.changed })
    this.changed = undefined
    const { parallel, work, workers } = Scheduler.demand(machine, node, now)
    const known = new Map(workers.map((worker) => [worker.id, worker]))
    const staying = this.staying()
    this.slots = Math.max(1, ...staying.map(({ id }) => known.get(id)?.slots ?? 1))
    const elsewhere = workers.reduce((sum, one) => one.node !== node && one.open ? sum + one.slots : sum, 0)
    const seen = staying.map(({ id }) => known.get(id) ?? { id, attempts: 1, held: 0, limit: undefined })
    const { close, memory, wanted, why } = Adaptive.decide(this.memory, {
      now,
      work,
      parallel,
      elsewhere,
      share: 1,
      slots: this.slots,
      startUp: 0,
      workers: seen
    }, this.limits)
    this.memory = memory
    const there = staying.length
    if (wanted > this.limits.maximum && wanted > there || wanted < this.limits.minimum) {
      throw new Wrong("adapts", `${wanted} workers are wanted, of ${this.limits.minimum} to ${this.limits.maximum}`, [])
    }
    if (wanted > there) this.grow(scheduler, wanted - there)
    for (const id of close) this.going.add(id)
    if (close.length > 0) this.world.coverage.fired("scaledDown")
    if (wanted !== there) this.changed = `${there} → ${wanted}: ${why ?? ""}`
    for (const id of this.going) this.retire(scheduler, id)
  }
  private grow(scheduler: SchedulerPeer, more: number): void {
    const { coverage } = this.world
    for (const id of [...this.going].slice(-more)) {
      this.keep(scheduler, id)
      more--
      coverage.fired("keptAfterAll")
    }
    for (; more > 0; more--) {
      this.world.startWorker(`${prefix}${++this.count}`)
      coverage.fired("scaledUp")
    }
    const there = this.staying().length
    if (there > this.limits.maximum) throw new Wrong("adapts", `${there} workers, beyond ${this.limits.maximum}`, [])
  }
  private keep(scheduler: SchedulerPeer, worker: string): void {
    this.going.delete(worker)
    scheduler.tell({ _tag: "Retire", worker, over: true })
  }
  private retire(scheduler: SchedulerPeer, worker: string): void {
    const one = this.members().find(({ id }) => id === worker)
    if (one === undefined) return void this.going.delete(worker)
    scheduler.tell({ _tag: "Retire", worker, over: false })
    const { attempts, copying, retiring, stuck } = Scheduler.retiringOf(scheduler.machine, worker)
    if (attempts + copying > 0 || !retiring || scheduler.machine.recovering !== undefined) return
    if (stuck > 0) return this.keep(scheduler, worker)
    this.going.delete(worker)
    one.leave()
  }
  end(scheduler: SchedulerPeer | undefined): void {
    if (scheduler !== undefined) { for (const id of [...this.going]) this.keep(scheduler, id) }
    this.going.clear()
  }
}

/** Reads what workers did, from one look to the next. */
class Observer {
  private life: SchedulerPeer | undefined
  private cursor = 0
  private entries = 0
  constructor(private readonly world: World) {}

  look(scheduler: SchedulerPeer): void {
    const { coverage, timeline } = this.world
    if (this.life !== scheduler) this.cursor = this.entries = 0
    this.life = scheduler
    scheduler.tell({ _tag: "Watched" })
    const { activities, activitiesMissed, activityCursor, cursor, entries, missed } = Scheduler.glance(
      scheduler.machine,
      timeline.now,
      { cursor: this.entries, activityCursor: this.cursor, routine: true }
    )
    if (entries.length + missed !== cursor - this.entries) throw this.wrong(`${cursor} entries, and not all of them`)
    this.entries = cursor
    if (activitiesMissed > 0) coverage.fired("missedActivities")
    let next = this.cursor + activitiesMissed
    for (const batch of activities) {
      // The first one may have been read in part.
      if (batch.from > next) throw this.wrong(`from ${next} on, and was given ${batch.from}`)
      next = batch.from + batch.note.columns.keys.length
      this.check(batch)
    }
    if (activities.length > 0) coverage.fired("observed")
    if (next !== activityCursor) throw this.wrong(`up to ${activityCursor}, and was given all up to ${next}`)
    this.cursor = activityCursor
  }
  private check({ heard, note: { at, columns, names }, worker }: Scheduler.ActivityBatch): void {
    const { keys, lanes, millis, starts } = columns
    if (heard > this.world.timeline.now) throw this.wrong(`what ${worker} says at ${heard}`)
    keys.forEach((key, i) => {
      const isOver = starts[i]! + millis[i]! <= at && millis[i]! >= 0
      const isKnown = this.world.model.meanings.has(key) && names[lanes[i]!] !== undefined
      if (!isOver || !isKnown) throw this.wrong(`${key}, which ${worker} did from ${starts[i]} for ${millis[i]} ms`)
    })
  }
  private wrong(what: string): Wrong {
    return new Wrong("observed", `somebody looks on, reads ${what}`, [])
  }
}

/** As long as there are faults, whoever of them the seed wants asks again and again. */
export class Beside {
  private readonly random: Random
  private readonly adapter: Adapter | undefined
  private readonly observer: Observer | undefined
  constructor(private readonly world: World) {
    const { swarm } = world
    this.random = world.random.beside
    if (swarm.beside.has("adapts")) this.adapter = new Adapter(world, this.limits())
    if (swarm.beside.has("looksOn")) this.observer = new Observer(world)
  }
  private limits(): Adaptive.Limits {
    const minimum = this.random.int(2)
    return {
      minimum,
      maximum: minimum + this.random.between(1, 3),
      target: this.random.pick([50, 500, 5_000])!,
      waitCount: this.random.between(1, 3),
      idle: this.random.int(1_000),
      full: 0.6
    }
  }
  begin(): void {
    const { adapter, observer, world: { coverage, swarm } } = this
    for (const kind of swarm.beside) coverage.fired(kind)
    if (adapter !== undefined) this.again((scheduler) => adapter.round(scheduler), 100, 1_000)
    // Seldom enough that now and then nobody looks.
    if (observer !== undefined) this.again((scheduler) => observer.look(scheduler), 50, 4_000)
  }
  private again(ask: (scheduler: SchedulerPeer) => void, low: number, high: number): void {
    this.world.timeline.after(this.random.longTailed(low, high), () => {
      if (!this.world.isSafe) return
      const { scheduler } = this.world
      // One that stands still answers nobody.
      if (scheduler !== undefined && scheduler.frozenUntil <= this.world.timeline.now) ask(scheduler)
      this.again(ask, low, high)
    })
  }
  end(): void {
    this.adapter?.end(this.world.scheduler)
  }
}
