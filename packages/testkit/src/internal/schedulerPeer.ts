/**
 * One life of the scheduler: its machine, and its end of every session.
 *
 * @since 0.1.0
 */
import type { Incarnation } from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type { FromClient, FromWorker, Note } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import type { Wire } from "./network.js"
import { Peer } from "./peer.js"
import { checkLink, look, makeLink, type Uplink } from "./session.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

interface Down {
  readonly peer: string
  link: Link.Link
  uplink: Uplink
  wire: Wire | undefined
  /** What its session began with, and whether the machine has recorded that: nothing is said to it before. */
  told: Note | undefined
  isBegun: boolean
}

const isClient = (peer: string): boolean => peer.startsWith("c")

export class SchedulerPeer extends Peer<Scheduler.Event> {
  readonly machine: Scheduler.State
  readonly downs = new Map<string, Down>()
  private sessions = 0
  /** How far its journal was read. */
  private cursor = 0
  constructor(world: World, readonly incarnation: Incarnation, options: Parameters<typeof Scheduler.make>[0]) {
    super(world, `s${incarnation}`)
    this.machine = Scheduler.make(options)
  }

  protected tick(): Scheduler.Event {
    return { _tag: "Tick" }
  }
  protected deadline(): number | undefined {
    return Scheduler.nextDeadline(this.machine)
  }
  protected apply(events: ReadonlyArray<Scheduler.Event>, now: number): void {
    const { journal, timeline } = this.world
    for (const event of events) journal.note(now, this.id, `← ${event._tag}`, event)
    const before = timeline.now
    const wasRecovering = this.machine.recovering !== undefined
    this.carryOut(Scheduler.step(this.machine, events, now))
    // A step that would touch very many rows stops after some; nothing may come between but time.
    for (let n = 0; Scheduler.more(this.machine); n++) {
      if (n > 10_000) throw new Wrong("endless", "the scheduler asks to be stepped again and again", [])
      this.carryOut(Scheduler.step(this.machine, [], before))
    }
    this.look(wasRecovering)
    this.check()
  }
  private look(wasRecovering: boolean): void {
    const { coverage } = this.world
    const { cursor, entries } = Scheduler.readJournal(this.machine, this.cursor)
    this.cursor = cursor
    for (const { detail, key, what } of entries) {
      coverage.decided(what)
      // It was about to begin, and whether it did nobody is left to say.
      if (what !== "died" || key === undefined || detail !== "with the scheduler") continue
      for (const digest of this.world.model.meanings.get(key) ?? []) this.world.model.recordDeath(digest)
    }
    for (const worker of this.machine.workers.values()) if (worker.suspect) coverage.fired("suspected")
    if (this.machine.bounded.size > 0) coverage.fired("bounded")
    if (wasRecovering && this.machine.recovering === undefined) coverage.fired("recovered")
  }
  private check(): void {
    if (!this.world.checking) return
    const wrong = Scheduler.check(this.machine)
    if (wrong.length > 0) throw new Wrong("scheduler", wrong.join("\n  "), this.world.keysIn(wrong.join(" ")))
  }
  private carryOut(commands: ReadonlyArray<Scheduler.Command>): void {
    const { journal, timeline } = this.world
    const touched = new Set<Down>()
    for (const command of commands) {
      journal.note(timeline.now, this.id, `→ ${command._tag}`, command)
      this.world.commanded(this, command)
      if (command._tag === "Forget") {
        this.forget(command.peer)
        continue
      }
      if (command._tag === "Begun") {
        const down = this.downs.get(command.peer)
        if (down?.told === command.told) down.isBegun = true
        continue
      }
      const down = this.downs.get(command._tag === "ToClient" ? command.client : command.worker)
      if (down === undefined) continue
      if (!down.isBegun) {
        this.world.coverage.fired("saidTooEarly")
        continue
      }
      const refused = Link.push(down.link, command.notes)
      if (refused !== undefined) throw new Wrong("too large", refused.detail, [refused.key])
      touched.add(down)
    }
    for (const down of touched) this.flush(down)
  }
  private forget(peer: string): void {
    const down = this.downs.get(peer)
    this.ended(down)
    this.downs.delete(peer)
    down?.wire?.cut(1 + this.world.network.delay(), Infinity)
    // What it had said arrived behind its loss: the machine knows it again, and it has no connection.
    if (this.machine.clients.has(peer) || this.machine.workers.has(peer)) this.tell({ _tag: "LinkDown", peer })
  }

  /** A peer introduces itself on a new connection. */
  hello(uplink: Uplink, wire: Wire, hello: Link.Hello | undefined, highest: Incarnation): void {
    if (!this.alive) return wire.cut(1, Infinity)
    // It came late, and its sender has given this connection up.
    if (!wire.isOpen || uplink.wire !== wire) return
    // Somebody has seen a later life: this one is over.
    if (highest > this.incarnation) return this.die()
    const peer = uplink.owner.id
    const down = this.downs.get(peer)
    if (down?.wire !== undefined && down.wire !== wire) down.wire.cut(Infinity, Infinity, true)
    const resumed = down === undefined || hello === undefined ? undefined : Link.resume(down.link, hello)
    if (down === undefined || resumed === undefined) return this.welcome(uplink, wire, down)
    down.wire = wire
    this.tell({ _tag: "LinkUp", peer })
    const own = Link.hello(down.link)
    wire.send("a", () => uplink.resumed(wire, own))
    for (const frame of resumed.frames) this.put(down, frame)
  }
  private welcome(uplink: Uplink, wire: Wire, known: Down | undefined): void {
    const peer = uplink.owner.id
    const session = `${peer}/${this.incarnation}/${++this.sessions}`
    const link = makeLink(this.world, "scheduler", session, this.incarnation)
    const down: Down = known ?? { peer, link, uplink, wire, told: undefined, isBegun: false }
    this.ended(down)
    down.link = link
    down.uplink = uplink
    down.wire = wire
    down.told = undefined
    down.isBegun = false
    this.downs.set(peer, down)
    wire.send("a", () => uplink.welcomed(wire, session, this.incarnation))
  }
  /** Loses the session with this peer, as a restart of the transport would. */
  loseSession(peer: string): void {
    this.ended(this.downs.get(peer))
    this.downs.delete(peer)
  }
  wireLost(peer: string, wire: Wire): void {
    const down = this.downs.get(peer)
    if (down === undefined || down.wire !== wire) return
    down.wire = undefined
    this.tell({ _tag: "LinkDown", peer })
  }

  /** What came of a note that was on its way in pieces, means nothing. */
  private ended(down: Down | undefined): void {
    if (down !== undefined && down.link.pieces.length > 0) this.world.coverage.fired("halfTold")
  }

  private flush(down: Down): void {
    if (down.wire !== undefined) {
      for (let frame = Link.flush(down.link); frame !== undefined; frame = Link.flush(down.link)) this.put(down, frame)
    }
    if (this.world.checking) checkLink(down.link)
  }
  private put(down: Down, frame: Link.Frame): void {
    const { uplink } = down
    down.wire?.send("a", () => uplink.frame(frame))
  }
  frame(peer: string, frame: Link.Frame): void {
    if (!this.alive) return
    const down = this.downs.get(peer)
    if (down === undefined) return
    const received = Link.receive(down.link, frame)
    look(this.world, down.link, frame, received)
    for (const note of received.notes) if (note._tag === "ClientTold" || note._tag === "WorkerTold") down.told = note
    this.tell(...received.notes.map((note): Scheduler.Event => fromPeer(peer, note)))
    // It came late: its sender is no nearer for it.
    if (down.wire === undefined) this.tell({ _tag: "LinkDown", peer })
    this.flush(down)
  }

  die(): void {
    if (!this.alive) return
    this.alive = false
    this.world.journal.note(this.world.timeline.now, this.id, "dies", "")
    for (const down of this.downs.values()) {
      this.ended(down)
      down.wire?.cut(1 + this.world.network.delay(), Infinity, this.world.random.network.chance(0.5))
    }
    this.downs.clear()
  }
}

/** The link carries notes of either direction; which way this one went decides what it may be. */
const fromPeer = (peer: string, note: Note): Scheduler.Event =>
  isClient(peer)
    ? { _tag: "FromClient", client: peer, note: note as FromClient }
    : { _tag: "FromWorker", worker: peer, note: note as FromWorker }
