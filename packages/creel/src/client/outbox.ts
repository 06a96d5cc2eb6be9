/**
 * What a client has said and not sent. It owns the order in which notes leave, and those who wait until there is room.
 *
 * O1. Notes leave in the order they were said; whatever gathers in one turn of the event loop leaves together.
 */
import type * as Note from "@creel/core/Note"
import * as Effect from "effect/Effect"
import type * as Door from "../Door.js"
import { Outgoing } from "./outgoing.js"

export class Outbox {
  private mouth: Door.Mouth<Note.FromClient> | undefined = undefined
  private out = new Outgoing()
  private flushing = false
  private waiting: Array<() => void> = []

  constructor(
    private readonly options: {
      /** Whether more new work may be said. */
      readonly hasRoom: () => boolean
      /** So many bytes were counted that will not be sent. */
      readonly saved: (bytes: number) => void
    }
  ) {}

  /** From now on notes can leave. */
  open(mouth: Door.Mouth<Note.FromClient>): void {
    this.mouth = mouth
    this.flush()
  }

  tell(note: Note.FromClient): void {
    this.out.add(note)
    if (this.flushing) return
    this.flushing = true
    // Whatever this turn of the event loop still says leaves with it.
    queueMicrotask(this.flush)
  }

  readonly flush = (): void => {
    this.flushing = false
    if (this.mouth === undefined || this.out.notes.length === 0) return
    const { notes, saved } = this.out
    this.out = new Outgoing()
    this.mouth.send(notes)
    // Nobody will acknowledge what is not sent.
    if (saved > 0) this.options.saved(saved)
  }

  /** Suspends while more new work waits to leave than may. */
  readonly awaitRoom: Effect.Effect<void> = Effect.suspend(() =>
    this.options.hasRoom()
      ? Effect.void
      : Effect.async<void>((resume) => {
        const wake = () => resume(Effect.void)
        this.waiting.push(wake)
        return Effect.sync(() => {
          this.waiting = this.waiting.filter((each) => each !== wake)
        })
      })
  )

  wakeRoom(): void {
    if (!this.options.hasRoom()) return
    const waiting = this.waiting
    this.waiting = []
    for (const wake of waiting) wake()
  }
}
