/**
 * A mailbox in front of a machine: events gather, and one step takes all that did. A peer may freeze for a while or
 * die; what arrives in a freeze waits, what arrives after death is lost.
 *
 * @since 0.1.0
 */
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

/** Far more than any run needs. */
const eventsMax = 300_000

export abstract class Peer<E> {
  alive = true
  frozenUntil = 0
  private inbox: Array<E> = []
  private scheduled = false
  private wakeAt = Infinity
  constructor(readonly world: World, readonly id: string) {}

  /** Steps the machine, checks it and carries out what it commands. */
  protected abstract apply(events: ReadonlyArray<E>, now: number): void
  protected abstract tick(): E
  protected abstract deadline(): number | undefined

  tell(...events: ReadonlyArray<E>): void {
    if (!this.alive) return
    for (const event of events) this.inbox.push(event)
    this.schedule()
  }
  get idle(): boolean {
    return this.inbox.length === 0
  }
  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    const { random, swarm, timeline } = this.world
    const delay = random.network.chance(swarm.batching) ? random.network.int(8) : 0
    timeline.at(Math.max(timeline.now + delay, this.frozenUntil), () => this.process())
  }
  private process(): void {
    this.scheduled = false
    if (!this.alive) return
    const now = this.world.timeline.now
    if (this.frozenUntil > now) return this.schedule()
    const events = this.inbox
    if (events.length === 0) return
    this.inbox = []
    this.world.events += events.length
    if (this.world.events > eventsMax) throw new Wrong("endless", `${eventsMax} events, and no end`, [])
    this.apply(events, now)
    this.arm()
  }
  /** Plans the next tick: one is enough, the earliest. */
  protected arm(): void {
    const due = this.alive ? this.deadline() : undefined
    if (due === undefined || due >= this.wakeAt) return
    const now = this.world.timeline.now
    const at = Math.max(Math.ceil(due), now + 1)
    this.wakeAt = at
    this.world.timeline.at(at, () => {
      if (this.wakeAt !== at) return
      this.wakeAt = Infinity
      const current = this.deadline()
      if (current === undefined || !this.alive) return
      if (current <= this.world.timeline.now) this.tell(this.tick())
      else this.arm()
    })
  }
}
