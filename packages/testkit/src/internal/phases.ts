/**
 * Safety, liveness, emptiness: what happens when, and what must be true at the end of each.
 *
 * 1. Safety: every answer is right at any time (`person.ts`, `program.ts`).
 * 2. Liveness: when faults stop and everything heals, all that is wanted settles in bounded virtual time.
 * 3. At rest, what the scheduler believes of workers is so, and workers hold nothing it does not know of.
 * 4. Emptiness: when all is released, no machine has a row, no store a value, no link a note.
 *
 * @since 0.1.0
 */
import * as Client from "@creel/core/Client"
import * as Link from "@creel/core/Link"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

/** Milliseconds of virtual time: far beyond every lease and grace, and all the work on one slot. */
const patience = 1_500_000

/** Signs of life are always on their way. */
const hasNews = (link: Link.Link): boolean => Link.unacked(link).some((note) => note._tag !== "Heartbeat")

export class Phases {
  constructor(readonly world: World) {}

  run(): void {
    this.safety()
    this.heal()
    this.liveness()
    this.rest()
    this.agree()
    this.emptiness()
  }

  private safety(): void {
    const { people, random, swarm, timeline } = this.world
    this.world.isSafe = true
    for (let i = 0; i < swarm.actions; i++) {
      timeline.after(random.user.int(swarm.safety), () => {
        if (this.world.isSafe) random.user.pick(people.filter((x) => x.active))?.act()
      })
    }
    this.world.accidents.plan()
    this.world.beside.begin()
    this.until(timeline.now + swarm.safety, () => false)
    this.world.isSafe = false
  }
  private heal(): void {
    const { world } = this
    world.phase = "liveness"
    world.journal.note(world.timeline.now, "world", "heals", "")
    // A deposed one is no scheduler, though it may not know it yet.
    const newest = world.schedulers[world.schedulers.length - 1]
    const current = newest?.alive === true ? newest : world.startScheduler(true)
    for (const scheduler of world.schedulers) if (scheduler !== current) scheduler.die()
    for (const peer of [...world.workers.values(), ...world.clients.values(), current]) peer.frozenUntil = 0
    world.network.heal()
    world.proveAll()
    world.beside.end()
    for (const worker of world.workers.keys()) current.tell({ _tag: "Retire", worker, over: true })
    const names = new Set([...world.workers.values()].filter((x) => !x.leaving).map((x) => x.name))
    for (let i = 0; i < world.swarm.workers; i++) if (!names.has(`m${i}`)) world.startWorker(`m${i}`)
    if (world.people.length === 0) world.startPerson()
  }
  private liveness(): void {
    const { world } = this
    for (const person of world.people) person.needAll()
    const waiting = () =>
      world.people.flatMap((person) => person.unsettled().map((key) => `${person.id} waits for ${key}`))
    const isSettled = () => waiting().length === 0
    if (!this.until(world.timeline.now + patience, isSettled)) {
      const all = waiting()
      throw new Wrong(
        "hangs",
        `${all.slice(0, 5).join(", ")}${all.length > 5 ? `, ${all.length} in all` : ""}${this.explain()}`,
        world.keysIn(all[0] ?? "")
      )
    }
  }
  /** Until nothing runs, nothing is on its way and nothing is to be said. */
  private rest(): void {
    if (this.until(this.world.timeline.now + patience, () => this.restless() === undefined)) return
    const why = this.restless() ?? ""
    throw new Wrong("no rest", why, this.world.keysIn(why))
  }
  private restless(): string | undefined {
    const { world } = this
    const scheduler = world.scheduler
    if (scheduler === undefined || !scheduler.idle) return "the scheduler is busy"
    if (scheduler.machine.recovering !== undefined) return "the scheduler recovers"
    if (scheduler.machine.activities.until !== undefined) return "the scheduler is watched"
    for (const run of scheduler.machine.runs.values()) {
      return `${run.row.key} runs on ${run.worker.id}, the scheduler says`
    }
    for (const [key] of scheduler.machine.unclaimed) return `${key} is unclaimed`
    for (const worker of world.workers.values()) {
      if (worker.leaving) return `${worker.id} is leaving`
      if (!worker.idle || !worker.uplink.up) return `${worker.id} is not at rest`
      for (const job of worker.machine.jobs.values()) return `${job.spec.key} is a job on ${worker.id}`
      for (const x of worker.machine.replicas.values()) {
        if (x.state._tag !== "Held") return `${x.value} is ${x.state._tag} on ${worker.id}`
      }
    }
    for (const client of world.clients.values()) {
      if (client.closing || !client.idle || !client.uplink.up) return `${client.id} is not at rest`
    }
    // Who died, or was closed behind a cut, is believed in until the proof of it arrives or the lease is over.
    for (const id of scheduler.machine.clients.keys()) {
      if (!world.clients.has(id)) return `${id} went, and the scheduler does not know`
    }
    for (const id of scheduler.machine.workers.keys()) {
      if (!world.workers.has(id)) return `${id} went, and the scheduler does not know`
    }
    for (const { link, peer } of scheduler.downs.values()) if (hasNews(link)) return `notes to ${peer} wait`
    for (const peer of [...world.workers.values(), ...world.clients.values()]) {
      const link = peer.uplink.link
      if (link === undefined || hasNews(link)) return `notes from ${peer.id} wait`
      // Its end may not have found out yet that the session is over.
      if (scheduler.downs.get(peer.id)?.link.session !== link.session) return `${peer.id} has no session`
    }
    return undefined
  }
  private explain(): string {
    const state = this.world.scheduler?.machine
    if (state === undefined) return "; no scheduler"
    const counts = new Map<string, number>()
    for (const row of state.rows.values()) counts.set(row.state._tag, (counts.get(row.state._tag) ?? 0) + 1)
    return `; the scheduler has ${
      [...counts].map(([tag, n]) => `${n} ${tag}`).join(", ")
    } and ${state.workers.size} workers`
  }

  /** The scheduler's view and the workers' truth are the same. */
  private agree(): void {
    const { world } = this
    const state = world.scheduler?.machine
    if (state === undefined) throw new Wrong("no scheduler", "at the end", [])
    const known = new Set<string>()
    for (const row of [...state.rows.values(), ...[...state.shadows.values()].flat()]) {
      if (row.state._tag !== "Stored") continue
      for (const holder of row.state.holders) {
        known.add(`${holder.id} ${row.state.value}`)
        const peer = world.workers.get(holder.id) ?? world.clients.get(holder.id)
        if (peer?.store.has(row.state.value) === true) continue
        throw new Wrong("view", `the scheduler believes that ${holder.id} holds ${row.state.value}`, [row.key])
      }
    }
    for (const worker of world.workers.values()) {
      for (const value of worker.store.keys()) {
        if (known.has(`${worker.id} ${value}`)) continue
        throw new Wrong("leak", `${worker.id} stores ${value}, and the scheduler does not know`, world.keysIn(value))
      }
      for (const value of worker.machine.replicas.keys()) {
        if (!worker.store.has(value)) {
          throw new Wrong("view", `${worker.id} believes it holds ${value}`, world.keysIn(value))
        }
      }
    }
    for (const { id, machine } of world.workers.values()) {
      if (machine.watching !== undefined) throw new Wrong("view", `${id} says what it does, and nobody looks on`, [])
    }
    if (state.workers.size !== world.workers.size) {
      throw new Wrong(
        "view",
        `the scheduler knows ${[...state.workers.keys()].join(" ")}, there are ${[...world.workers.keys()].join(" ")}`,
        []
      )
    }
  }

  private emptiness(): void {
    const { world } = this
    world.phase = "emptiness"
    world.journal.note(world.timeline.now, "world", "releases everything", "")
    for (const person of world.people) person.releaseAll()
    if (this.until(world.timeline.now + patience, () => this.left() === undefined && this.restless() === undefined)) {
      return
    }
    const why = this.left() ?? this.restless() ?? ""
    throw new Wrong("left over", why, world.keysIn(why))
  }
  private left(): string | undefined {
    const { world } = this
    const state = world.scheduler?.machine
    if (state === undefined) return "no scheduler"
    for (const person of world.people) {
      for (const key of person.ending) return `${person.id} was not told that ${key} ended`
      if (!Client.isEmpty(person.client.machine)) {
        return `${person.id} has ${[...person.client.machine.rows.keys()].join(" ") || "something"}`
      }
      for (const value of person.client.store.keys()) return `${person.id} serves ${value}`
    }
    for (const { key, state: { _tag } } of state.rows.values()) return `the scheduler has ${key}, ${_tag}`
    for (const [key] of state.shadows) return `the scheduler has a shadow of ${key}`
    for (const client of state.clients.keys()) {
      if (!world.clients.has(client)) return `the scheduler knows ${client}, who went`
    }
    for (const worker of world.workers.values()) {
      for (const value of worker.store.keys()) return `${worker.id} stores ${value}`
      for (const value of worker.machine.replicas.keys()) return `${worker.id} has a replica ${value}`
      for (const job of worker.machine.jobs.values()) return `${worker.id} has a job ${job.spec.key}`
    }
    return undefined
  }

  /** Lets time pass until something is so; false when it is not by then. Looks when nothing is about to happen. */
  private until(end: number, isSo: () => boolean): boolean {
    const { timeline } = this.world
    while (timeline.now <= end) {
      const next = timeline.peek()
      if (this.world.isNews || next === undefined || next - timeline.now > 5) {
        this.world.isNews = false
        if (isSo()) return true
      }
      if (next === undefined || next > end) return isSo()
      timeline.advance()
    }
    return isSo()
  }
}
