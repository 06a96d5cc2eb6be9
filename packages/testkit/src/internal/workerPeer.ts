/**
 * A worker: its machine, its end of the session, and its hands, which are executors, a store, and reads from the data
 * plane. Every run and every fetch that is started comes back as exactly one event, unless the worker dies.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import type { FromWorker, Note, ToWorker } from "@creel/core/Note"
import * as Worker from "@creel/core/Worker"
import { Executor } from "./executor.js"
import { LinkedPeer } from "./linkedPeer.js"
import { commonTasks, textOf } from "./works.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

export class WorkerPeer extends LinkedPeer<Worker.Event> {
  readonly machine: ReturnType<typeof Worker.make>
  readonly store = new Map<string, string>()
  /** Of the values in `store`, those whose bytes are not in memory, and moves under way by their number. */
  readonly onDisk = new Set<string>()
  private readonly moves = new Map<string, number>()
  readonly executors = new Map<string, Executor>()
  /** Those that were given all tasks for want of another that has them. */
  private readonly wholes = new Set<string>()
  /** Lost, though its machine has yet to hear of it: what it hands to runs meanwhile was read before. */
  private readonly lost = new Set<string>()
  /** Executors whose place another has taken. */
  private readonly tired = new Set<string>()
  leaving = false
  /** The scheduler took it for dead. */
  wasGivenUp = false
  private wasPaused = false
  private executorNumber = 0
  constructor(world: World, id: string, readonly name: string, readonly node: string, executors: number, gpu: number) {
    super(world, id)
    this.machine = Worker.make({
      id,
      info: { name, node, resources: gpu > 0 ? { gpu } : {} },
      config: world.workerConfig()
    })
    for (let i = 0; i < executors; i++) this.startExecutor()
    this.uplink.connect()
  }

  protected tick(): Worker.Event {
    return { _tag: "Tick" }
  }
  protected deadline(): number | undefined {
    return Worker.nextDeadline(this.machine)
  }
  protected linkReset(unacked: ReadonlyArray<Note>): Worker.Event {
    return { _tag: "LinkReset", unacked }
  }
  protected step(all: ReadonlyArray<Worker.Event>, now: number): void {
    if (!this.alive) return
    // A copy that came since is not the one that was lost.
    const events = all.filter((event) => event._tag !== "ValueGone" || this.lost.has(event.value))
    const { journal } = this.world
    for (const event of events) journal.note(now, this.id, `← ${event._tag}`, event)
    const told: Array<FromWorker> = []
    // What the machine says of it from here on is said of one that came since, and is in memory.
    for (const event of events) if (event._tag === "ValueGone") this.onDisk.delete(event.value)
    for (const command of Worker.step(this.machine, events, now)) {
      journal.note(now, this.id, `→ ${command._tag}`, command)
      if (command._tag === "Tell") told.push(...command.notes)
      else this.carryOut(command)
    }
    for (const event of events) if (event._tag === "Notes") this.rideAlong(event.notes)
    for (const event of events) {
      if (event._tag !== "ValueGone" || !this.lost.delete(event.value)) continue
      this.store.delete(event.value)
      this.onDisk.delete(event.value)
      this.moves.delete(event.value)
    }
    for (const note of told) this.world.workerTold(this, note)
    this.uplink.send(told)
    const isPaused = this.machine.memory?.isPaused === true
    if (isPaused) this.world.coverage.fired("paused")
    else if (this.wasPaused) this.world.coverage.fired("resumedAfterPause")
    this.wasPaused = isPaused
    if (this.world.checking) this.check()
    if (this.machine.left && this.leaving) this.world.left(this)
  }
  private check(): void {
    const wrong = Worker.check(this.machine)
    if (wrong.length > 0) {
      throw new Wrong("worker", `${this.id}: ${wrong.join("\n  ")}`, this.world.keysIn(wrong.join(" ")))
    }
  }
  private carryOut(command: Exclude<Worker.Command, { readonly _tag: "Tell" }>): void {
    switch (command._tag) {
      case "Run":
        return this.run(command)
      case "Interrupt":
        return this.executors.get(command.executor)?.interrupt(command.attempt)
      case "Continue":
        return this.executors.get(command.executor)?.goOn(command.attempt)
      case "EndExecutor":
        return this.endExecutor(command.executor, command.idle === true)
      case "Fetch":
        return this.fetch(command)
      case "Drop":
        this.lost.delete(command.value)
        this.onDisk.delete(command.value)
        this.moves.delete(command.value)
        this.world.model.recordGone([command.value], this.id)
        return void this.store.delete(command.value)
      case "Spill":
        return this.spill(command)
      case "Load":
        return this.load(command)
      case "StopFetch":
        return this.world.coverage.fired("fetchStopped")
    }
  }
  /** The disk takes its time, may refuse, and may not have what it was given. */
  private move(value: string, turn: number, bytes: number, done: () => void): void {
    const { network } = this.world.random
    this.moves.set(value, turn)
    this.world.timeline.after(network.int(50) + Math.floor(bytes / 50_000), () => {
      if (!this.alive || this.moves.get(value) !== turn) return
      this.moves.delete(value)
      done()
    })
  }
  private spill({ bytes, turn, value }: Extract<Worker.Command, { readonly _tag: "Spill" }>): void {
    if (this.onDisk.has(value)) throw new Wrong("spilled twice", `${this.id} spills ${value}`, [])
    this.move(value, turn, bytes, () => {
      const ok = !this.world.accidents.strikes("diskRefuses")
      if (ok) {
        this.world.coverage.fired("spilled")
        this.onDisk.add(value)
      }
      this.tell({ _tag: "SpillEnded", value, turn, ok })
    })
  }
  private load({ bytes, turn, value }: Extract<Worker.Command, { readonly _tag: "Load" }>): void {
    if (!this.onDisk.has(value)) throw new Wrong("loaded twice", `${this.id} loads ${value}`, [])
    this.move(value, turn, bytes, () => {
      const ok = this.serves(value) !== undefined && !this.world.accidents.strikes("diskForgets")
      this.onDisk.delete(value)
      if (ok) this.world.coverage.fired("loaded")
      else {
        this.store.delete(value)
        this.world.bereave([value], this.id)
      }
      this.tell({ _tag: "LoadEnded", value, turn, ok })
    })
  }
  private run(command: Extract<Worker.Command, { readonly _tag: "Run" }>): void {
    const executor = this.executors.get(command.executor)
    const { attempt, spec: { digest, timeout } } = command
    // The worker's clock begins now, and runs until it hears of the end.
    if (timeout !== undefined) {
      this.world.timeline.after(timeout, () => {
        if (this.machine.jobs.has(attempt)) this.world.model.ranLong.add(digest)
      })
    }
    // It died a moment ago, and the machine has yet to hear of it: the run goes down with it.
    if (executor !== undefined) return executor.run(command)
    const isKnown = this.world.deadExecutors.get(command.executor)
    // Where nobody knows what had begun, this may have, for all its worker can tell.
    if (isKnown === false) this.world.model.recordDeath(command.spec.digest)
    if (isKnown === undefined) {
      throw new Wrong("no executor", `${this.id} runs ${command.spec.key} on ${command.executor}`, [command.spec.key])
    }
  }
  /** Small values that came with these are in the machine's rows, where it took them from there. */
  private rideAlong(notes: ReadonlyArray<ToWorker>): void {
    for (const note of notes) {
      const came = note._tag === "RunTask" ? note.inputs : note._tag === "FetchValue" ? [note] : []
      for (const { inline, value } of came) {
        if (inline !== undefined && this.machine.replicas.get(value)?.inline === inline) {
          this.keep(value, textOf(inline))
        }
      }
    }
  }
  keep(value: string, text: string): void {
    this.world.written(value, text)
    this.lost.delete(value)
    this.store.set(value, text)
  }
  private fetch({ from, value }: { readonly from: string; readonly value: string }): void {
    this.world.fetch(this, value, from, (got) => {
      if (got._tag === "Got") {
        this.keep(value, got.text)
        this.tell({ _tag: "FetchEnded", value, from, ok: true, bytes: got.bytes })
      } else this.tell({ _tag: "FetchEnded", value, from, ok: false, why: got._tag })
    })
  }

  startExecutor(): void {
    const id = `${this.id}e${++this.executorNumber}`
    this.executors.set(id, new Executor(this, id))
    // Beside one that has all tasks some lack one: what needs several must find the right one.
    const whole = [...this.executors.keys()].some((other) => this.wholes.has(other) && !this.tired.has(other))
    if (!whole) this.wholes.add(id)
    const lacks = whole ? commonTasks[this.executorNumber % 3] : undefined
    this.tell({ _tag: "ExecutorUp", executor: id, slots: 1, tasks: commonTasks.filter((task) => task !== lacks) })
  }
  /** An executor dies. Whoever looks after it knows which runs had begun, or not. */
  killExecutor(id: string, isKnown: boolean, detail: string): void {
    const executor = this.executors.get(id)
    if (executor === undefined) return
    const { queued, started } = executor.die()
    for (const run of isKnown ? started : [...started, ...queued]) this.world.model.recordDeath(run.work.digest)
    this.gone(executor, isKnown ? started.map((run) => run.attempt) : undefined, detail, false)
  }
  /** Executors that can still get tired. */
  fresh(): ReadonlyArray<string> {
    return [...this.executors.keys()].filter((id) => !this.tired.has(id))
  }
  /** Another is there in its place, before the machine hears of it. */
  tire(id: string): void {
    const { random, timeline } = this.world
    this.tired.add(id)
    this.startExecutor()
    timeline.after(random.network.int(30), () => {
      if (this.alive) this.tell({ _tag: "ExecutorTired", executor: id })
    })
  }
  /** On the machine's demand: nobody is to blame. */
  private endExecutor(id: string, isIdle: boolean): void {
    if (isIdle && this.executors.get(id)?.busy === true) {
      throw new Wrong("not idle", `${this.id} retires ${id}, which has something to do`, [])
    }
    this.world.coverage.fired(isIdle ? "executorRetired" : "executorEnded")
    // What had submitted the one that did not listen goes down with it, and not without blame.
    for (const run of isIdle ? [] : this.executors.get(id)?.current() ?? []) {
      if (run.program !== undefined) this.world.model.recordDeath(run.work.digest)
    }
    this.world.timeline.after(1 + this.world.random.network.int(10), () => {
      const executor = this.alive ? this.executors.get(id) : undefined
      if (executor === undefined) return
      const { started } = executor.die()
      this.gone(executor, started.map((run) => run.attempt), "ended", true)
    })
  }
  private gone(
    executor: Executor,
    started: ReadonlyArray<Id.Attempt> | undefined,
    detail: string,
    expected: boolean
  ): void {
    const { random, timeline } = this.world
    this.executors.delete(executor.id)
    this.world.deadExecutors.set(executor.id, started !== undefined)
    timeline.after(random.network.int(30), () => {
      this.tell({ _tag: "ExecutorDown", executor: executor.id, started, detail, expected })
      timeline.after(random.network.int(100), () => {
        if (this.alive && !this.leaving && !this.tired.delete(executor.id)) this.startExecutor()
      })
    })
  }

  /** Loses a value as a broken disk would: readers are told so at once, the machine a little later. */
  loseValue(value: string, delay: number): void {
    if (!this.store.has(value) || this.lost.has(value)) return
    this.lost.add(value)
    this.world.bereave([value], this.id)
    this.world.timeline.after(delay, () => this.tell({ _tag: "ValueGone", value }))
  }
  serves(value: string): string | undefined {
    return this.lost.has(value) ? undefined : this.store.get(value)
  }

  /** Somebody reads it for a while. */
  serve(value: string, millis: number): void {
    if (this.onDisk.has(value)) return
    this.tell({ _tag: "Serving", value })
    this.world.timeline.after(millis, () => {
      if (this.alive) this.tell({ _tag: "Served", value })
    })
    if (this.machine.memory !== undefined && this.machine.memory.lent > 0) this.world.coverage.fired("lent")
  }
  notes(notes: ReadonlyArray<Note>): void {
    this.tell(...notes.map((note): Worker.Event => ({ _tag: "Notes", notes: [note as ToWorker] })))
  }
  acked(_work: number): void {}
  reset(): void {
    this.tell({ _tag: "LinkReset", unacked: [] })
  }

  leave(): void {
    this.leaving = true
    const { faults } = this.world.random
    this.tell({ _tag: "Leave", within: faults.pick([0, 500, 10_000, 30_000]) ?? 0 })
  }
  /** All at once, without a word. `running` attempts die with it. */
  die(isBlamed: boolean): void {
    this.alive = false
    this.uplink.close()
    for (const executor of this.executors.values()) {
      const { started } = executor.die()
      if (isBlamed) { for (const run of started) this.world.model.recordDeath(run.work.digest) }
    }
    // Who was told that it may leave takes nothing along.
    this.world.model.recordGone([...this.store.keys()], this.id)
    if (!this.machine.mayLeave || !this.machine.left) this.world.bereave([...this.store.keys()], this.id)
    this.store.clear()
    this.onDisk.clear()
    this.executors.clear()
  }
}
