/**
 * What goes wrong around the machines. Each kind is one function; the seed says which are on, and when.
 *
 * @since 0.1.0
 */
import * as Scheduler from "@creel/core/Scheduler"
import { nodeOf } from "./beside.js"
import type { ClientPeer } from "./clientPeer.js"
import type { FaultKind } from "./coverage.js"
import { weighted } from "./swarm.js"
import type { WorkerPeer } from "./workerPeer.js"
import type { World } from "./world.js"

type Accident = (accidents: Accidents) => boolean

const always: ReadonlySet<FaultKind> = new Set([
  "fetchGone",
  "fetchUnreachable",
  "fetchCorrupt",
  "diskRefuses",
  "diskForgets"
])

export class Accidents {
  constructor(readonly world: World) {}

  /** Plans the safety phase's accidents. */
  plan(): void {
    const { swarm, timeline } = this.world
    const { faults } = this.world.random
    const rates = new Map([...swarm.faults].filter(([kind]) => !always.has(kind)))
    for (let i = 0; i < swarm.accidents; i++) {
      timeline.after(faults.int(swarm.safety), () => {
        const kind = weighted(faults, rates)
        if (kind !== undefined && this.world.isSafe) this.happen(kind)
      })
    }
  }
  private happen(kind: FaultKind): void {
    const { coverage, journal, timeline } = this.world
    journal.note(timeline.now, "fault", kind, "")
    if (kinds[kind]?.(this) === true) coverage.fired(kind)
  }
  /** Faults that a read from the data plane, or a move to or from the disk, may have. */
  strikes(kind: FaultKind): boolean {
    const rate = this.world.isSafe ? this.world.swarm.faults.get(kind) : undefined
    const yes = rate !== undefined && this.world.random.faults.chance(rate * 0.15)
    if (yes) this.world.coverage.fired(kind)
    return yes
  }

  worker(): WorkerPeer | undefined {
    return this.world.random.faults.pick([...this.world.workers.values()].filter((x) => !x.leaving))
  }
  peer(): WorkerPeer | ClientPeer | undefined {
    return this.world.random.faults.pick([...this.world.workers.values(), ...this.world.clients.values()])
  }
  replaceWorker(name: string): void {
    const { random, timeline } = this.world
    // A node that adapts sees for itself.
    if (random.faults.chance(0.8) && nodeOf(name) === undefined) {
      timeline.after(random.faults.int(3_000), () => void this.world.startWorker(name))
    }
  }
  /** Another life begins elsewhere after a while. */
  moveScheduler(): void {
    const { world } = this
    const count = world.schedulers.length
    world.timeline.after(world.random.faults.longTailed(1, 4_000), () => {
      if (world.schedulers.length !== count) return
      world.startScheduler(true)
      // Once nothing more happens, whoever loses its place knows.
      if (!world.isSafe) { for (const old of world.schedulers.slice(0, count)) old.die() }
    })
  }
  cut(peer: WorkerPeer | ClientPeer): void {
    const { faults } = this.world.random
    peer.uplink.wire?.cut(faults.int(200), faults.int(200), faults.chance(0.3))
  }
}

const freeze = (low: number, high: number): Accident => ({ peer, world }) => {
  const { faults } = world.random
  const victim = faults.chance(0.2) ? world.scheduler : peer.call(world.accidents)
  if (victim === undefined) return false
  const until = world.timeline.now + faults.between(low, high)
  victim.frozenUntil = until
  world.network.freeze(victim.id, until)
  return true
}

const executorCrash = (isKnown: boolean): Accident => ({ world }) => {
  const busy = [...world.workers.values()].flatMap((worker) =>
    [...worker.executors.values()].filter((x) => x.busy).map((executor) => ({ worker, executor }))
  )
  const victim = world.random.faults.pick(busy)
  victim?.worker.killExecutor(victim.executor.id, isKnown, "killed")
  return victim !== undefined
}

/** What an operator asks of the scheduler. */
const replicate: Accident = ({ world }) => {
  const { faults } = world.random
  const keys = [...world.scheduler?.machine.rows.keys() ?? []].filter(() => faults.chance(0.3))
  const workers = faults.chance(0.2) ? [`m${faults.int(world.swarm.workers)}`] : undefined
  world.scheduler?.tell({ _tag: "Replicate", keys, copies: faults.between(1, 5), workers })
  return keys.length > 0
}

const checkpoint: Accident = ({ world }) => {
  const { faults } = world.random
  const keys = [...world.scheduler?.machine.rows.keys() ?? []].filter(() => faults.chance(0.1))
  world.scheduler?.tell({ _tag: "Checkpoint", keys })
  return keys.length > 0
}

const rebalance: Accident = ({ world }) => {
  world.scheduler?.tell({ _tag: "Rebalance", keys: undefined, workers: undefined })
  return world.scheduler !== undefined
}

/** It leaves once nothing is only there; or it is told that it may stay. */
const retire: Accident = (accidents) => {
  const { random, scheduler, timeline } = accidents.world
  const worker = accidents.worker()
  if (worker === undefined || scheduler === undefined || accidents.world.workers.size < 2) return false
  scheduler.tell({ _tag: "Retire", worker: worker.id, over: false })
  timeline.after(random.faults.longTailed(100, 5_000), () => {
    const state = accidents.world.scheduler?.machine
    if (!worker.alive || worker.leaving || !accidents.world.isSafe || state === undefined) return
    const { copying, stuck } = Scheduler.retiringOf(state, worker.id)
    if (copying + stuck > 0) return
    worker.leave()
    accidents.replaceWorker(worker.name)
  })
  return true
}

/** An operator stops what anybody wants. */
const cancelAll: Accident = ({ world: { model, random: { faults }, scheduler, timeline } }) => {
  const rows = [...scheduler?.machine.rows.values() ?? []].filter(() => faults.chance(0.1))
  if (rows.length === 0) return false
  for (const { digest, key } of rows) {
    model.cancels.push({ client: "operator", key, digest, force: true, at: timeline.now })
  }
  scheduler?.tell({ _tag: "CancelAll", keys: rows.map(({ key }) => key), by: "operator", reason: "no more of this" })
  return true
}

/** Some workers and the scheduler do not reach each other, and reach everybody else. */
const partitionSome: Accident = ({ world: { network, random: { faults }, scheduler, timeline, workers } }) => {
  const some = [...workers.keys()].filter(() => faults.chance(0.5))
  if (scheduler === undefined || some.length === 0) return false
  const until = timeline.now + faults.between(500, 25_000)
  for (const worker of some) {
    network.block(worker, scheduler.id, until)
    if (faults.chance(0.5)) { for (const wire of network.wiresOf(worker)) wire.cut(faults.int(200), faults.int(200)) }
  }
  return true
}

/** The scheduler reaches all workers, and they do not reach each other. */
const partitionWorkers: Accident = ({ world: { network, random: { faults }, timeline, workers } }) => {
  const all = [...workers.keys()]
  const until = timeline.now + faults.between(500, 25_000)
  for (const a of all) for (const b of all) if (a < b) network.block(a, b, until)
  return all.length > 1
}

/** The node that carries the scheduler goes: a worker with it, maybe a client too. */
const carrierCrash: Accident = (accidents) => {
  const { world } = accidents
  const { faults } = world.random
  const worker = accidents.worker()
  const person = faults.chance(0.3) && world.people.length > 1 ? faults.pick(world.people) : undefined
  if (world.scheduler === undefined || worker === undefined) return false
  world.scheduler.die()
  accidents.moveScheduler()
  world.workerDies(worker)
  accidents.replaceWorker(worker.name)
  if (person !== undefined) {
    world.peopleGone(person)
    world.clientDies(person.client)
  }
  return true
}

/** It stands still, another takes over, and then it goes on as if nothing had been, until it finds out. */
const frozenScheduler: Accident = (accidents) => {
  const { world } = accidents
  const { network, random: { faults }, timeline } = world
  const old = world.scheduler
  if (old === undefined) return false
  const until = timeline.now + faults.between(3_000, 12_000)
  old.frozenUntil = until
  network.freeze(old.id, until)
  // Its peers find out by its silence; what was on its way arrives all the same.
  for (const wire of network.wiresOf(old.id)) wire.cut(faults.int(4_000), Infinity, true)
  accidents.moveScheduler()
  timeline.at(until + faults.longTailed(100, 5_000), () => old.die())
  return true
}

/** Nothing is heard of it until it counts as dead, and then it is there again. */
const freezeBeyondDead: Accident = (accidents) => {
  const { network, random: { faults }, swarm: { scheduler: { deadAfter } }, timeline } = accidents.world
  const worker = accidents.worker()
  if (worker === undefined) return false
  const until = timeline.now + deadAfter! + faults.between(500, 5_000)
  worker.frozenUntil = until
  network.freeze(worker.id, until)
  return true
}

/** One worker after another is replaced by a new one, and leaves in peace. */
const rolling: Accident = ({ world }) => {
  const { random: { faults }, timeline, workers } = world
  const all = [...workers.values()].filter((worker) => !worker.leaving)
  all.forEach((worker, i) =>
    timeline.after(i * faults.between(200, 2_000), () => {
      if (!world.isSafe || !worker.alive || worker.leaving) return
      world.startWorker(worker.name)
      worker.leave()
    })
  )
  return all.length > 0
}

const kinds: { readonly [K in FaultKind]?: Accident } = {
  workerCrash: (accidents) => {
    const worker = accidents.worker()
    if (worker === undefined) return false
    accidents.world.workerDies(worker)
    accidents.replaceWorker(worker.name)
    return true
  },
  workerLeave: (accidents) => {
    const worker = accidents.worker()
    if (worker === undefined) return false
    worker.leave()
    accidents.replaceWorker(worker.name)
    return true
  },
  workerJoin: ({ world }) => {
    if (world.workers.size > 8) return false
    world.startWorker(`m${world.random.faults.int(world.swarm.workers + 2)}`)
    return true
  },
  replicate,
  checkpoint,
  rebalance,
  retire,
  cancelAll,
  partitionSome,
  partitionWorkers,
  carrierCrash,
  frozenScheduler,
  freezeBeyondDead,
  rolling,
  unretire: ({ world }) => {
    const one = world.random.faults.pick([...world.scheduler?.machine.roster ?? []].filter((x) => x.retiring))
    if (one !== undefined) world.scheduler?.tell({ _tag: "Retire", worker: one.id, over: true })
    return one !== undefined
  },
  executorCrash: executorCrash(true),
  executorCrashUnstarted: executorCrash(false),
  executorTired: ({ world: { random, workers } }) => {
    const all = [...workers.values()].filter((worker) => !worker.leaving)
    const fresh = all.flatMap((worker) => worker.fresh().map((id) => ({ worker, id })))
    const one = random.faults.pick(fresh)
    one?.worker.tire(one.id)
    return one !== undefined
  },
  linkCut: (accidents) => {
    const peer = accidents.peer()
    if (peer?.uplink.wire === undefined) return false
    accidents.cut(peer)
    return true
  },
  linkReset: (accidents) => {
    const peer = accidents.peer()
    if (peer?.uplink.wire === undefined) return false
    accidents.world.scheduler?.loseSession(peer.id)
    accidents.cut(peer)
    return true
  },
  partitionScheduler: (accidents) => {
    const { network, random, scheduler, timeline } = accidents.world
    const peer = accidents.peer()
    if (peer === undefined || scheduler === undefined) return false
    network.block(peer.id, scheduler.id, timeline.now + random.faults.longTailed(100, 40_000))
    if (random.faults.chance(0.5)) accidents.cut(peer)
    return true
  },
  partitionPeers: (accidents) => {
    const { network, random, timeline } = accidents.world
    const a = accidents.peer()
    const b = accidents.peer()
    if (a === undefined || b === undefined || a === b) return false
    network.block(a.id, b.id, timeline.now + random.faults.longTailed(100, 20_000))
    return true
  },
  freezeShort: freeze(20, 1_500),
  freezeLong: freeze(2_000, 15_000),
  schedulerDeath: ({ world }) => {
    const scheduler = world.scheduler
    if (scheduler === undefined) return false
    scheduler.die()
    world.timeline.after(world.random.faults.longTailed(1, 4_000), () => {
      if (world.scheduler === undefined) world.startScheduler(true)
    })
    return true
  },
  zombieScheduler: ({ world }) => {
    const old = world.scheduler
    const { faults } = world.random
    if (old === undefined) return false
    world.startScheduler(true)
    for (const wire of world.network.wiresOf(old.id)) if (faults.chance(0.5)) wire.cut(faults.int(200), faults.int(200))
    world.timeline.after(faults.longTailed(100, 5_000), () => old.die())
    return true
  },
  clientCrash: ({ world }) => {
    const person = world.random.faults.pick(world.people)
    if (person === undefined) return false
    world.peopleGone(person)
    world.clientDies(person.client)
    if (world.random.faults.chance(0.7)) world.startPerson()
    return true
  },
  clientClose: ({ world }) => {
    const person = world.random.faults.pick(world.people)
    if (person === undefined) return false
    world.peopleGone(person)
    person.client.close()
    world.clientCloses(person.client)
    if (world.random.faults.chance(0.7)) world.startPerson()
    return true
  },
  valueGone: ({ world }) => {
    const { faults } = world.random
    const holders = [...world.workers.values()].filter((x) => x.store.size > 0)
    const holder = faults.pick(holders)
    if (holder === undefined) return false
    const value = faults.pick([...holder.store.keys()])
    // What a running task reads is in memory; only what is at rest goes bad.
    const replica = value === undefined ? undefined : holder.machine.replicas.get(value)
    if (value === undefined || replica === undefined || replica.jobs !== undefined) return false
    holder.loseValue(value, faults.int(100))
    return true
  }
}
