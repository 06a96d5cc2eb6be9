/**
 * The two ends of a session between a peer and the scheduler: connecting, resuming after a cut, beginning anew when one
 * side no longer has the session or the scheduler is another one. What is sent while there is no connection waits in
 * the link.
 *
 * @since 0.1.0
 */
import type { Incarnation } from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type { Note } from "@creel/core/Note"
import type { Wire } from "./network.js"
import type { SchedulerPeer } from "./schedulerPeer.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

/** Small enough that windows fill up now and then, and that what is told travels in pieces, and those in frames. */
const sizesOf = ({ swarm: { client: { noteBytes = 32 * 1024 }, latency } }: World) => ({
  ...latency[1] > 20 ? { window: 16 * 1024, frameMax: 4 * 1024 } : {},
  ...noteBytes < 1024 ? { window: 2 * 1024, frameMax: 2 * noteBytes } : {},
  noteMax: noteBytes
})

export const makeLink = (world: World, self: string, session: string, incarnation: Incarnation): Link.Link =>
  Link.make({ self, session, incarnation, ...sizesOf(world) })

export const checkLink = (link: Link.Link): void => {
  const wrong = Link.check(link)
  if (wrong.length > 0) throw new Wrong("link", `${link.self} ${link.session}: ${wrong.join("; ")}`, [])
}

/** Whether something was said twice, or by a life of the scheduler that is over. */
export const look = (world: World, link: Link.Link, frame: Link.Frame, received: Link.Received): void => {
  if (received._tag === "Applied" && received.notes.length < frame.notes.length) world.coverage.fired("heardTwice")
  if (received._tag === "Old" && frame.incarnation < link.incarnation) world.coverage.fired("lateLife")
}

export interface Owner {
  readonly id: string
  readonly alive: boolean
  readonly frozenUntil: number
  /** Notes that arrived, in order. */
  notes(notes: ReadonlyArray<Note>): void
  acked(work: number): void
  /** A session is to begin. */
  reset(): void
}

/** The peer's end. It is the one that connects, again and again. */
export class Uplink {
  link: Link.Link | undefined
  wire: Wire | undefined
  scheduler: SchedulerPeer | undefined
  highest: Incarnation = 0
  private isUp = false
  private pending:
    | { readonly session: string; readonly incarnation: Incarnation; readonly frames: Array<Link.Frame> }
    | undefined
  private connecting = false
  private isClosed = false
  constructor(readonly world: World, readonly owner: Owner) {}

  get up(): boolean {
    return this.isUp
  }
  close(): void {
    this.isClosed = true
    // What left this process before it ended may arrive yet.
    this.wire?.cut(Infinity, this.world.network.delay() + 1, this.world.random.network.chance(0.3))
    this.wire = undefined
    this.isUp = false
  }

  connect(): void {
    if (this.connecting || this.isClosed || !this.owner.alive) return
    if (this.owner.frozenUntil > this.world.timeline.now) return this.later()
    const scheduler = this.world.reachable(this.highest)
    if (scheduler === undefined) return this.later()
    this.connecting = true
    this.scheduler = scheduler
    const wire = this.world.network.open(this.owner.id, scheduler.id)
    this.wire = wire
    wire.onCut.a = () => this.lost(wire)
    wire.onCut.b = () => scheduler.wireLost(this.owner.id, wire)
    this.hello(scheduler, wire, this.link)
  }
  private later(): void {
    this.world.timeline.after(20 + this.world.random.network.int(200), () => this.connect())
  }
  private hello(scheduler: SchedulerPeer, wire: Wire, link: Link.Link | undefined): void {
    const hello = link === undefined ? undefined : Link.hello(link)
    wire.send("b", () => scheduler.hello(this, wire, hello, this.highest))
  }
  /** The connection is gone, as this end finds out. */
  private lost(wire: Wire): void {
    if (this.wire !== wire) return
    this.wire = undefined
    this.isUp = false
    this.connecting = false
    this.later()
  }

  /** The scheduler still has the session. */
  resumed(wire: Wire, hello: Link.Hello): void {
    if (this.wire !== wire || !this.owner.alive || this.link === undefined) return
    const resumed = Link.resume(this.link, hello)
    if (resumed === undefined) {
      this.pending = undefined
      if (this.scheduler !== undefined) this.hello(this.scheduler, wire, undefined)
      return
    }
    this.isUp = true
    this.connecting = false
    this.world.coverage.fired("sessionResumed")
    this.owner.acked(resumed.acked.work)
    for (const frame of resumed.frames) this.put(frame)
    this.flush()
  }
  /**
   * A fresh session, maybe with a new incarnation. It begins when the machine is stepped with `LinkReset`: what the
   * machine says before that belongs to the old one.
   */
  welcomed(wire: Wire, session: string, incarnation: Incarnation): void {
    if (this.wire !== wire || !this.owner.alive) return
    if (incarnation < this.highest) return wire.cut(1, 1)
    this.highest = incarnation
    this.pending = { session, incarnation, frames: [] }
    this.connecting = false
    this.owner.reset()
  }
  /** What the last session leaves; undefined where it was begun already. */
  begin(): ReadonlyArray<Note> | undefined {
    const { pending } = this
    if (pending === undefined) return undefined
    const unacked = this.link === undefined ? [] : Link.unacked(this.link)
    if (this.link !== undefined) this.world.coverage.fired("toldAgain")
    this.link = makeLink(this.world, this.owner.id, pending.session, pending.incarnation)
    this.isUp = this.wire !== undefined
    return unacked
  }
  /** The machine has begun: what came early may be read. */
  begun(): void {
    const frames = this.pending?.frames ?? []
    this.pending = undefined
    for (const frame of frames) this.frame(frame)
  }

  send(notes: ReadonlyArray<Note>): void {
    if (this.link === undefined || notes.length === 0) return
    const refused = Link.push(this.link, notes)
    if (refused !== undefined) throw new Wrong("too large", refused.detail, [refused.key])
    this.flush()
  }
  flush(): void {
    if (!this.isUp || this.link === undefined) return
    for (let frame = Link.flush(this.link); frame !== undefined; frame = Link.flush(this.link)) this.put(frame)
    if (this.world.checking) checkLink(this.link)
  }
  private put(frame: Link.Frame): void {
    const scheduler = this.scheduler
    const id = this.owner.id
    if (frame.notes.some((note) => note._tag === "Piece")) this.world.coverage.fired("inPieces")
    this.wire?.send("b", () => scheduler?.frame(id, frame))
  }
  /** May come late, of a connection that was given up: the link tells whether it still means anything. */
  frame(frame: Link.Frame): void {
    if (this.pending !== undefined && frame.session === this.pending.session) {
      this.pending.frames.push(frame)
      return
    }
    // The welcome ended the session before: what comes late of that is not read, whether the machine knows or not.
    if (!this.owner.alive || this.link === undefined || this.pending !== undefined) return
    const received = Link.receive(this.link, frame)
    look(this.world, this.link, frame, received)
    if (received.acked.count > 0) this.owner.acked(received.acked.work)
    if (received.notes.length > 0) this.owner.notes(received.notes)
    this.flush()
  }
}
