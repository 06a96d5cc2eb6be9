/**
 * A peer with an uplink to the scheduler. It owns the order of things where a link begins anew: what came before is
 * stepped first, then the machine hears of it, then the link goes on.
 *
 * @since 0.1.0
 */
import type { Note } from "@creel/core/Note"
import { Peer } from "./peer.js"
import type { Owner } from "./session.js"
import { Uplink } from "./session.js"
import type { World } from "./world.js"

export abstract class LinkedPeer<E extends { readonly _tag: string }> extends Peer<E> implements Owner {
  readonly uplink: Uplink
  constructor(world: World, id: string) {
    super(world, id)
    this.uplink = new Uplink(world, this)
  }

  protected abstract step(events: ReadonlyArray<E>, now: number): void
  protected abstract linkReset(unacked: ReadonlyArray<Note>): E
  abstract notes(notes: ReadonlyArray<Note>): void
  abstract acked(work: number): void
  abstract reset(): void

  protected apply(events: ReadonlyArray<E>, now: number): void {
    let from = 0
    events.forEach((event, i) => {
      if (event._tag !== "LinkReset") return
      if (i > from) this.step(events.slice(from, i), now)
      from = i + 1
      const unacked = this.uplink.begin()
      if (unacked === undefined) return
      this.step([this.linkReset(unacked)], now)
      this.uplink.begun()
    })
    if (from < events.length) this.step(events.slice(from), now)
  }
}
