/**
 * Connections between peers: frames arrive in the order they were sent, some time later, or not at all. Partitions
 * hold frames back; a cut loses what had not arrived. What a connection carries is none of its business.
 *
 * @since 0.1.0
 */
import type { Random } from "./random.js"
import type { Timeline } from "./timeline.js"

const pair = (a: string, b: string): string => a < b ? `${a}|${b}` : `${b}|${a}`

export class Network {
  private readonly blocked = new Map<string, number>()
  private readonly frozen = new Map<string, number>()
  /** A frame arrives of a connection that was given up. */
  onLate: () => void = () => {}
  private readonly wires = new Set<Wire>()
  constructor(
    readonly timeline: Timeline,
    readonly random: Random,
    readonly latency: readonly [number, number]
  ) {}
  delay(): number {
    return this.random.longTailed(this.latency[0], this.latency[1])
  }
  /** Nothing passes between these two until then. */
  block(a: string, b: string, until: number): void {
    this.blocked.set(pair(a, b), Math.max(until, this.blocked.get(pair(a, b)) ?? 0))
  }
  /** This one reads nothing until then. */
  freeze(peer: string, until: number): void {
    this.frozen.set(peer, until)
  }
  /** When something may pass again; undefined when it may now. */
  blockedUntil(from: string, to: string): number | undefined {
    const until = Math.max(this.blocked.get(pair(from, to)) ?? 0, this.frozen.get(to) ?? 0)
    return until > this.timeline.now ? until : undefined
  }
  heal(): void {
    this.blocked.clear()
    this.frozen.clear()
    for (const wire of this.wires) wire.pump()
  }
  open(a: string, b: string): Wire {
    const wire = new Wire(this, a, b)
    this.wires.add(wire)
    return wire
  }
  closed(wire: Wire): void {
    this.wires.delete(wire)
  }
  wiresOf(peer: string): Array<Wire> {
    return [...this.wires].filter((wire) => wire.a === peer || wire.b === peer)
  }
}

interface Flight {
  readonly due: number
  readonly deliver: () => void
}

/** One connection, for as long as it lasts. Mutable: frames wait in it. */
export class Wire {
  isOpen = true
  private isDrained = false
  private readonly flights: { readonly a: Array<Flight>; readonly b: Array<Flight> } = { a: [], b: [] }
  private readonly lastDue = { a: 0, b: 0 }
  /** What each end does when it finds out that the connection is gone. */
  onCut: { a: () => void; b: () => void } = { a: () => {}, b: () => {} }
  constructor(private readonly network: Network, readonly a: string, readonly b: string) {}

  /** Towards one end. */
  send(to: "a" | "b", deliver: () => void): void {
    if (!this.isOpen) return
    const due = Math.max(this.lastDue[to], this.network.timeline.now + this.network.delay())
    this.lastDue[to] = due
    this.flights[to].push({ due, deliver })
    this.network.timeline.at(due, () => this.arrive(to))
  }
  pump(): void {
    this.arrive("a")
    this.arrive("b")
  }
  private arrive(to: "a" | "b"): void {
    const flights = this.flights[to]
    const now = this.network.timeline.now
    while (!this.isDrained && flights.length > 0 && (flights[0]?.due ?? 0) <= now) {
      const until = to === "a" ? this.network.blockedUntil(this.b, this.a) : this.network.blockedUntil(this.a, this.b)
      if (until !== undefined) {
        this.network.timeline.at(until, () => this.arrive(to))
        return
      }
      if (!this.isOpen) this.network.onLate()
      flights.shift()?.deliver()
    }
  }
  /**
   * Ends it; each end learns of it in its own time, or never. What is on its way is lost, or, where `late`, still
   * arrives: maybe after another connection has taken over.
   */
  cut(noticeA: number, noticeB: number, late = false): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.isDrained = !late
    this.network.closed(this)
    if (noticeA < Infinity) this.network.timeline.after(noticeA, () => this.onCut.a())
    if (noticeB < Infinity) this.network.timeline.after(noticeB, () => this.onCut.b())
  }
}
