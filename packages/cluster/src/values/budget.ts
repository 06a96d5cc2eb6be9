/**
 * What may be under way at once, in bytes or in number, in all and for each peer.
 *
 * 1. What is lent never exceeds `total`, and of it no peer has more than its share: one that is slow stops nobody else.
 * 2. Who asked first is first, but for those whose share is used up: they wait for their own.
 * 3. What asks for more than a share is lent the share: so it waits for itself at most.
 */
import * as Effect from "effect/Effect"

interface Waiter {
  readonly peer: string
  readonly bytes: number
  readonly lend: (lease: Lease) => void
}

export interface Lease {
  readonly peer: string
  bytes: number
}

export class Budget {
  private used = 0
  private readonly usedBy = new Map<string, number>()
  private readonly waiting = new Set<Waiter>()

  constructor(readonly total: number, readonly share: number) {}

  get lent(): number {
    return this.used
  }

  /** How many wait. */
  get queue(): number {
    return this.waiting.size
  }

  /** Lends so many, now or later. What is returned gives them back, whichever it is. */
  ask(peer: string, bytes: number, lend: (lease: Lease) => void): () => void {
    let lent: Lease | undefined = undefined
    const waiter: Waiter = {
      peer,
      bytes: this.clamp(bytes),
      lend: (lease) => {
        lent = lease
        lend(lease)
      }
    }
    this.waiting.add(waiter)
    this.serve()
    return () => {
      this.waiting.delete(waiter)
      if (lent !== undefined) this.giveBack(lent)
      else this.serve()
    }
  }

  readonly take = (peer: string, bytes: number): Effect.Effect<Lease> =>
    Effect.async<Lease>((resume) => {
      // Interrupted between the two, it was lent to nobody.
      return Effect.sync(this.ask(peer, bytes, (lease) => resume(Effect.succeed(lease))))
    })

  /** Whether so many could be had without waiting: then they are lent. */
  grow(lease: Lease, bytes: number): boolean {
    const more = this.clamp(bytes) - lease.bytes
    if (more <= 0) return true
    if (!this.fits(lease.peer, more) || this.used + more > this.total) return false
    this.count(lease.peer, more)
    lease.bytes += more
    return true
  }

  readonly giveBack = (lease: Lease): void => {
    this.count(lease.peer, -lease.bytes)
    lease.bytes = 0
    this.serve()
  }

  private clamp(bytes: number): number {
    return Math.min(bytes, this.share, this.total)
  }

  private fits(peer: string, bytes: number): boolean {
    return (this.usedBy.get(peer) ?? 0) + bytes <= this.share
  }

  private count(peer: string, bytes: number): void {
    this.used += bytes
    const used = (this.usedBy.get(peer) ?? 0) + bytes
    if (used === 0) this.usedBy.delete(peer)
    else this.usedBy.set(peer, used)
  }

  private serve(): void {
    for (const waiter of this.waiting) {
      if (!this.fits(waiter.peer, waiter.bytes)) continue
      if (this.used + waiter.bytes > this.total) return
      this.waiting.delete(waiter)
      this.count(waiter.peer, waiter.bytes)
      waiter.lend({ peer: waiter.peer, bytes: waiter.bytes })
    }
  }
}
