/**
 * A client: its machine, its end of the session, what it serves, and its reads from the data plane.
 *
 * @since 0.1.0
 */
import * as Client from "@creel/core/Client"
import type { Note, ToClient } from "@creel/core/Note"
import { LinkedPeer } from "./linkedPeer.js"
import { payload, textOf } from "./works.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

type Settled = Extract<Client.Command, { readonly _tag: "Settled" }>

/** Whoever uses the client hears of what it settles. */
export interface User {
  settled(command: Settled): void
  refused(command: Extract<Client.Command, { readonly _tag: "Refused" }>): void
  ended(key: string, want: number): void
}

export class ClientPeer extends LinkedPeer<Client.Event> {
  readonly machine: ReturnType<typeof Client.make>
  /** What it serves, by value. */
  readonly store = new Map<string, string>()
  closing = false
  constructor(world: World, id: string, readonly node: string, readonly user: User) {
    super(world, id)
    this.machine = Client.make({ id, name: id, config: world.clientConfig() })
    this.uplink.connect()
  }

  protected tick(): Client.Event {
    return { _tag: "Tick" }
  }
  protected deadline(): number | undefined {
    return Client.nextDeadline(this.machine)
  }
  protected linkReset(unacked: ReadonlyArray<Note>): Client.Event {
    return { _tag: "LinkReset", unacked }
  }
  protected step(events: ReadonlyArray<Client.Event>, now: number): void {
    if (!this.alive) return
    const { journal } = this.world
    for (const event of events) journal.note(now, this.id, `← ${event._tag}`, event)
    const told: Array<Note> = []
    for (const command of Client.step(this.machine, events, now)) {
      journal.note(now, this.id, `→ ${command._tag}`, command)
      if (command._tag === "Tell") {
        told.push(command.note)
        if (command.note._tag === "ClientTold" && command.note.spent?.some((one) => one.deaths.length > 0) === true) {
          this.world.coverage.fired("deathsRemembered")
        }
      } else this.carryOut(command)
    }
    this.uplink.send(told)
    if (!this.world.checking) return
    const wrong = Client.check(this.machine)
    if (wrong.length > 0) {
      throw new Wrong("client", `${this.id}: ${wrong.join("\n  ")}`, this.world.keysIn(wrong.join(" ")))
    }
  }
  private carryOut(command: Exclude<Client.Command, { readonly _tag: "Tell" }>): void {
    switch (command._tag) {
      case "Settled":
        return this.user.settled(command)
      case "Refused":
        return this.user.refused(command)
      case "Ended":
        return this.user.ended(command.key, command.want)
      case "Fetch":
        return this.fetch(command)
      case "DropOffer":
        return void this.store.delete(command.value)
      case "StopFetch":
      case "Changed":
        return
    }
  }
  private fetch({ from, value }: { readonly from: string; readonly value: string }): void {
    this.world.fetch(this, value, from, (got) => {
      this.tell(
        got._tag === "Got"
          ? { _tag: "FetchEnded", value, from, payload: payload(got.text, got.bytes) }
          : { _tag: "FetchEnded", value, from, why: got._tag }
      )
    })
  }

  notes(notes: ReadonlyArray<Note>): void {
    this.tell({ _tag: "Notes", notes: notes as ReadonlyArray<ToClient> })
  }
  acked(work: number): void {
    if (work > 0) this.tell({ _tag: "Acked", bytes: work })
  }
  reset(): void {
    this.tell({ _tag: "LinkReset", unacked: [] })
  }

  /** Says goodbye; the session stays until that has arrived. */
  close(): void {
    this.closing = true
    this.tell({ _tag: "Close" })
  }
  die(): void {
    this.alive = false
    this.uplink.close()
    this.store.clear()
  }
}

export const textOfOutcome = (outcome: Settled["outcome"]): string | undefined =>
  outcome._tag === "Value" ? textOf(outcome.payload) : undefined
