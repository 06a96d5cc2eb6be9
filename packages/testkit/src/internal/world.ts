/**
 * Everything there is in one run, and what it does to each other: time, chance, network, machines, people. It owns who
 * is alive; `accidents.ts` decides what happens to them, `phases.ts` what must be true in the end.
 *
 * @since 0.1.0
 */
import type * as Client from "@creel/core/Client"
import * as Link from "@creel/core/Link"
import type { FromWorker, ToClient, ToWorker } from "@creel/core/Note"
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Worker from "@creel/core/Worker"
import type { Options } from "../Simulation.js"
import { Accidents } from "./accidents.js"
import { Beside, nodeOf } from "./beside.js"
import type { ClientPeer } from "./clientPeer.js"
import { Coverage } from "./coverage.js"
import { Journal } from "./journal.js"
import { Model } from "./model.js"
import { Network } from "./network.js"
import { Person } from "./person.js"
import { Phases } from "./phases.js"
import type { Program } from "./program.js"
import { Random } from "./random.js"
import { SchedulerPeer } from "./schedulerPeer.js"
import * as Swarm from "./swarm.js"
import { Timeline } from "./timeline.js"
import { WorkerPeer } from "./workerPeer.js"
import { Works } from "./works.js"
import { Wrong } from "./wrong.js"

const start = 1_000_000

export type Got =
  | { readonly _tag: "Got"; readonly text: string; readonly bytes: number }
  | { readonly _tag: "gone" | "unreachable" | "corrupt" }

interface Dead {
  readonly peer: string
  readonly expected: boolean
  isTold: boolean
}

export class World {
  readonly timeline = new Timeline(start)
  readonly journal: Journal
  readonly coverage = new Coverage()
  readonly model = new Model()
  readonly random: Readonly<Record<"user" | "network" | "faults" | "beside", Random>>
  readonly swarm: Swarm.Swarm
  readonly network: Network
  readonly works: Works
  readonly schedulers: Array<SchedulerPeer> = []
  readonly workers = new Map<string, WorkerPeer>()
  readonly clients = new Map<string, ClientPeer>()
  readonly people: Array<Person> = []
  readonly programs = new Set<Program>()
  /** Which work each offered key stands for. */
  readonly offers = new Map<string, string>()
  /** Executors that died, and whether it is known what had begun on them. */
  readonly deadExecutors = new Map<string, boolean>()
  readonly accidents: Accidents
  readonly beside: Beside
  readonly phases: Phases
  checking = true
  events = 0
  phase = "safety"
  /** Faults may happen. */
  isSafe = false
  /** Something was answered since somebody last looked. */
  isNews = false
  private incarnation = -1
  private serial = 0
  private readonly texts = new Map<string, string>()
  private readonly dead: Array<Dead> = []

  constructor(readonly options: Options, record: boolean) {
    const random = new Random(options.seed)
    this.journal = new Journal(record, options.trace)
    this.random = {
      user: random.fork("user"),
      network: random.fork("network"),
      faults: random.fork("faults"),
      beside: random.fork("beside")
    }
    this.swarm = Swarm.make(random.fork("swarm"), options)
    this.network = new Network(this.timeline, this.random.network, this.swarm.latency)
    this.network.onLate = () => this.coverage.fired("lateFrame")
    this.works = new Works(this.model, this.random.user, this.swarm, this.coverage)
    this.model.memoryLimit = this.swarm.worker.memory?.limit ?? Infinity
    this.accidents = new Accidents(this)
    this.beside = new Beside(this)
    this.phases = new Phases(this)
    if (this.swarm.isStorm) this.coverage.fired("storm")
  }
  get elapsed(): number {
    return this.timeline.now - start
  }
  run(): void {
    this.startScheduler(false)
    for (let i = 0; i < this.swarm.workers; i++) this.startWorker(`m${i}`)
    for (let i = 0; i < this.swarm.clients; i++) this.startPerson()
    this.phases.run()
  }

  // -- who is there -------------------------------------------------------------------------------

  startScheduler(isAgain: boolean): SchedulerPeer {
    this.incarnation++
    const expect = [...this.workers.values(), ...this.clients.values()].filter((x) => x.alive).map((x) => x.id)
    // Membership lags: it may still name some who are gone, and be corrected.
    const late = this.dead.filter((x) => !x.isTold).map((x) => x.peer)
    const recovering = isAgain ? { until: this.timeline.now + 5_000, expect: [...expect, ...late] } : undefined
    const scheduler = new SchedulerPeer(this, this.incarnation, {
      incarnation: this.incarnation,
      config: this.swarm.scheduler,
      recovering
    })
    this.schedulers.push(scheduler)
    // The first look at the clock, and the due end of recovery.
    scheduler.tell({ _tag: "Tick" })
    return scheduler
  }
  get scheduler(): SchedulerPeer | undefined {
    for (let i = this.schedulers.length - 1; i >= 0; i--) {
      if (this.schedulers[i]?.alive === true) return this.schedulers[i]
    }
    return undefined
  }
  /** The scheduler that a peer which has seen this incarnation finds when it looks for one. */
  reachable(highest: number): SchedulerPeer | undefined {
    const alive = this.schedulers.filter((x) => x.alive && x.incarnation >= highest)
    const newest = alive[alive.length - 1]
    return alive.length > 1 && this.random.network.chance(0.3) ? alive[alive.length - 2] : newest
  }
  startWorker(name: string): WorkerPeer {
    const id = `w${++this.serial}`
    const { faults } = this.random
    const gpu = name === "m0" || faults.chance(0.3) ? 1 : 0
    const node = `node-${faults.chance(0.8) ? id : name}`
    const worker = new WorkerPeer(this, id, name, nodeOf(name) ?? node, faults.between(1, 3), gpu)
    this.workers.set(id, worker)
    return worker
  }
  clientId(): string {
    return `c${++this.serial}`
  }
  startPerson(): Person {
    const person = new Person(this, this.clientId())
    this.clients.set(person.id, person.client)
    this.people.push(person)
    return person
  }
  private bury(peer: string, expected: boolean): void {
    const dead: Dead = { peer, expected, isTold: false }
    this.dead.push(dead)
    if (!this.isSafe || this.random.faults.chance(0.6)) {
      this.timeline.after(1 + this.random.faults.longTailed(1, 2_000), () => this.proveDead(dead))
    }
  }
  private proveDead(dead: Dead): void {
    if (dead.isTold) return
    dead.isTold = true
    for (const scheduler of this.schedulers) {
      scheduler.tell({ _tag: "PeerLost", peer: dead.peer, detail: "exit code 9", expected: dead.expected })
    }
  }
  /** The membership catches up. */
  proveAll(): void {
    for (const dead of this.dead) this.proveDead(dead)
  }
  workerDies(worker: WorkerPeer): void {
    this.workers.delete(worker.id)
    this.unheard(worker)
    worker.die(true)
    this.bury(worker.id, false)
  }
  /** A task ends the process that its worker is in, and with it the scheduler, if that is where it is. */
  takesProcess(worker: WorkerPeer): boolean {
    const { network } = this.random
    if (!this.swarm.isFar || !network.chance(0.5)) return false
    this.coverage.fired("tookWorker")
    if (this.scheduler !== undefined && network.chance(0.4)) {
      this.coverage.fired("tookScheduler")
      this.scheduler.die()
      this.accidents.moveScheduler()
    }
    this.workerDies(worker)
    if (!worker.leaving && nodeOf(worker.name) === undefined) {
      this.timeline.after(network.int(3_000), () => void this.startWorker(worker.name))
    }
    return true
  }
  /** What ended, and was not heard to have: for all the scheduler can tell it was running when its worker went. */
  private unheard({ executors, machine, uplink }: WorkerPeer): void {
    for (const { asks, attempt, spec, state } of machine.jobs.values()) {
      if (state._tag !== "Running") continue
      // What was told that it may begin has begun, for all that is known; what ended a moment ago has not ended.
      const executor = executors.get(state.executor.id)
      const begun = executor?.begun(attempt)
      const isOver = executor !== undefined && begun === undefined
      if (state.withheld || isOver || (asks && begun === false)) this.model.recordDeath(spec.digest)
    }
    for (const note of uplink.link === undefined ? [] : Link.unacked(uplink.link)) {
      const ends = note._tag === "ValueHeld" || note._tag === "TaskFailed" || note._tag === "TaskReturned" ||
        note._tag === "TaskEnded"
      if (ends) { for (const digest of this.model.meanings.get(note.key) ?? []) this.model.recordDeath(digest) }
    }
  }
  /** It has said goodbye; it goes once that has arrived, or nobody listens. */
  left(worker: WorkerPeer, tries = 0): void {
    const link = worker.uplink.link
    if (link !== undefined && link.next - 1 > link.base && worker.uplink.up && tries < 20) {
      this.timeline.after(100, () => worker.alive && this.left(worker, tries + 1))
      return
    }
    if (!worker.alive) return
    this.workers.delete(worker.id)
    // Where its silence is noticed first, nobody knows that it went on purpose.
    this.unheard(worker)
    worker.die(true)
    this.bury(worker.id, true)
  }
  clientDies(client: ClientPeer): void {
    if (!client.alive) return
    this.clients.delete(client.id)
    this.bereave([...client.store.keys()], client.id)
    this.model.pardon()
    client.die()
    this.bury(client.id, false)
  }
  clientCloses(client: ClientPeer, tries = 0): void {
    if (!client.alive) return
    const link = client.uplink.link
    const isHeard = link !== undefined && (link.next - 1 === link.base || !client.uplink.up)
    const isDone = client.machine.closed && isHeard
    if (!isDone && tries < 20) {
      this.timeline.after(100, () => this.clientCloses(client, tries + 1))
      return
    }
    this.clientDies(client)
  }
  peopleGone(person: Person): void {
    const i = this.people.indexOf(person)
    if (i >= 0) this.people.splice(i, 1)
  }

  // -- the data plane -----------------------------------------------------------------------------

  /** Reads a value from a holder; exactly one answer, unless the reader dies. */
  fetch(reader: WorkerPeer | ClientPeer, value: string, from: string, done: (got: Got) => void): void {
    const answer = (delay: number, got: Got) =>
      this.timeline.after(delay, () => {
        if (!reader.alive) return
        this.journal.note(this.timeline.now, reader.id, `fetched ${got._tag}`, { value, from })
        if (got._tag === "Got") this.coverage.fired("fetched")
        else this.bereave([value], from)
        done(got)
      })
    const delay = this.network.delay()
    if (this.accidents.strikes("fetchUnreachable")) {
      return answer(delay + this.random.network.int(1_000), { _tag: "unreachable" })
    }
    this.timeline.after(delay, () => {
      const holder = this.workers.get(from) ?? this.clients.get(from)
      const isCut = this.network.blockedUntil(reader.id, from) !== undefined
      // A frozen holder keeps its readers waiting until they give up, as a partition does.
      if (holder === undefined || (isCut && !this.relays(reader.id, from))) {
        return answer(this.random.network.int(1_000), { _tag: "unreachable" })
      }
      if (holder instanceof WorkerPeer && this.accidents.strikes("fetchGone")) {
        holder.loseValue(value, this.random.network.int(50))
      }
      const text = holder instanceof WorkerPeer ? holder.serves(value) : holder.store.get(value)
      if (text === undefined) return answer(this.network.delay(), { _tag: "gone" })
      if (this.accidents.strikes("fetchCorrupt")) return answer(this.network.delay(), { _tag: "corrupt" })
      // A key may have meant several things: who holds the value knows which one it is of.
      const replica = holder instanceof WorkerPeer ? holder.machine.replicas.get(value) : undefined
      const bytes = replica?.bytes ?? this.bytesOf(value)
      const delay = this.network.delay() + Math.floor(bytes / 20_000)
      if (holder instanceof WorkerPeer) holder.serve(value, delay)
      answer(delay, { _tag: "Got", text, bytes })
    })
  }
  /** Whether the scheduler's node passes on what these two cannot say to each other; it may have too much to do. */
  private relays(reader: string, holder: string): boolean {
    const { network, scheduler } = this
    const reaches = (peer: string) =>
      scheduler !== undefined && network.blockedUntil(scheduler.id, peer) === undefined &&
      network.blockedUntil(peer, scheduler.id) === undefined
    if (!this.swarm.isFar || !reaches(reader) || !reaches(holder) || this.random.network.chance(0.2)) return false
    this.coverage.fired("relayed")
    return true
  }
  private bytesOf(value: string): number {
    const key = value.slice(0, value.lastIndexOf("#"))
    for (const digest of this.model.meanings.get(key) ?? []) return this.model.work(digest).behaviour.bytes
    return 0
  }
  /** A value is written once: whoever holds it holds the same. */
  written(value: string, text: string): void {
    const known = this.texts.get(value)
    if (known !== undefined && known !== text) {
      throw new Wrong("written twice", `${value} was ${known}, is ${text}`, [value.slice(0, value.lastIndexOf("#"))])
    }
    this.texts.set(value, text)
  }
  /** This holder of these went: what was offered or cut, and nothing else, may be lost. */
  bereave(values: ReadonlyArray<string>, holder: string): void {
    this.model.recordGone(values, holder)
    for (const value of values) {
      const offered = this.offers.get(value.slice(0, value.lastIndexOf("#")))
      if (offered !== undefined) this.model.bereft.add(offered)
    }
  }

  // -- what is noticed ----------------------------------------------------------------------------

  settled(): void {
    this.isNews = true
  }
  commanded(scheduler: SchedulerPeer, command: Scheduler.Command): void {
    if (command._tag === "Begun") return
    if (command._tag === "Forget") return this.forgotten(scheduler, command.peer)
    for (const note of command.notes) {
      this.said(scheduler, note)
      if (note._tag !== "DropValue" || command._tag !== "ToWorker") continue
      this.model.recordGone([note.value], command.worker)
      this.dropped(scheduler, note.value)
      this.unclaimed(scheduler, note.value)
    }
  }
  /** One copy of several, of a value that can be made again. */
  private dropped(scheduler: SchedulerPeer, value: string): void {
    const row = scheduler.machine.rows.get(value.slice(0, value.lastIndexOf("#")))
    if (row?.spec !== undefined && row.state._tag === "Stored" && row.state.value === value) {
      this.coverage.fired("spared")
    }
  }
  /** Its client was not heard for longer than its lease: to this life of the scheduler it is nobody's. */
  private unclaimed(scheduler: SchedulerPeer, value: string): void {
    const { clients } = scheduler.machine
    const offered = this.offers.get(value.slice(0, value.lastIndexOf("#")))
    if (offered !== undefined && !clients.has(value.slice(value.lastIndexOf("#") + 1))) this.model.bereft.add(offered)
  }
  private said(scheduler: SchedulerPeer, note: ToClient | ToWorker): void {
    if (note._tag === "RunTask") {
      if (note.inputs.some((input) => input.ahead)) this.coverage.fired("assignedAhead")
      if (note.failures > 0) this.coverage.fired("retried")
    } else if (note._tag === "FetchValue" && note.how !== "scattered") this.coverage.fired("copied")
    else if (note._tag === "RecallTask") this.coverage.fired("recalled")
    else if (note._tag === "LineageCut") this.cut(scheduler, note.key, note.digest)
    else if (note._tag === "TaskPending") this.coverage.fired("pendingAgain")
    else if (note._tag === "TaskNotStored" && note.failure.reason === "Lost") this.untold(scheduler)
  }
  /** Who was not heard by this life of the scheduler for as long as it waits for that, is not waited for. */
  private untold({ machine }: SchedulerPeer): void {
    if (this.timeline.now < machine.unclaimedUntil) return
    for (const { id, store } of this.workers.values()) if (!machine.workers.has(id)) this.bereave([...store.keys()], id)
  }
  /** From now on it is lost with those that hold it. */
  private cut(scheduler: SchedulerPeer, key: string, of: string): void {
    const s = scheduler.machine.rows.get(key)?.state
    if (s?._tag !== "Stored" || s.row.digest !== of) return this.model.recordCut(of, undefined, [])
    const holders = s.holders.filter(({ id }) => this.workers.get(id)?.serves(s.value) !== undefined)
    this.model.recordCut(of, s.value, holders.map(({ id }) => id))
  }
  private forgotten(_: SchedulerPeer, peer: string): void {
    // A client given up while it lives: all that only it wanted is let go, and what it brought cannot be made again.
    for (const key of this.clients.get(peer)?.machine.rows.keys() ?? []) {
      const offered = this.offers.get(key)
      if (offered !== undefined) this.model.bereft.add(offered)
    }
    const worker = this.workers.get(peer)
    if (worker === undefined) return
    // What it had is of no use to anybody from now on, whenever it goes.
    this.model.recordGone([...worker.store.keys()], worker.id)
    this.unheard(worker)
    // Its goodbye may be among what was not heard.
    if (worker.machine.left) return
    // Given up while it lives: what ran there counts as dead with it.
    this.coverage.fired("declaredDead")
    worker.wasGivenUp = true
    this.bereave([...worker.store.keys()], worker.id)
    // What has ended there since nothing is heard of it was running for all that is known.
    const running = new Set([...worker.machine.jobs.values()].map(({ spec }) => spec.digest))
    for (const executor of worker.executors.values()) {
      for (const run of executor.current()) running.add(run.work.digest)
    }
    for (const digest of running) this.model.recordDeath(digest)
  }
  workerTold(worker: WorkerPeer, note: FromWorker): void {
    if (note._tag === "WorkerLeft") {
      if (worker.machine.mayLeave) this.coverage.fired("leftInPeace")
      else this.bereave([...worker.store.keys()], worker.id)
    } else if (note._tag === "WorkerTold") {
      if (worker.wasGivenUp) this.coverage.fired("toldAfterDeath")
      worker.wasGivenUp = false
    } else if (note._tag === "TaskStarted") {
      if (note.asks === true) this.coverage.fired("askedToBegin")
    } else if (note._tag === "TaskReturned") this.coverage.fired("returned")
    else if (note._tag === "RecallRefused") this.coverage.fired("recallRefused")
    else if (note._tag === "TaskDied") this.coverage.fired("died")
    else if (note._tag === "TaskFailed" && note.failure.reason === "MemoryExceeded") this.coverage.fired("tooLarge")
  }
  keysIn(text: string): ReadonlyArray<string> {
    const keys = (text.match(/[a-z]\w+/g) ?? []).filter((word) => this.model.meanings.has(word))
    return [...new Set(keys)].slice(0, 5)
  }
  clientConfig(): Partial<Client.Config> {
    return this.swarm.client
  }
  workerConfig(): Partial<Worker.Config> {
    return this.swarm.worker
  }
}
