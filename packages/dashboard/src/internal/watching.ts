/**
 * The stream: one fold for all who look on, stepped a few times a second while somebody does, and not at all while nobody
 * does.
 *
 *   W1. The scheduler is asked once a turn, whatever the number of viewers; with none it is not asked.
 *   W2. What viewers with the same cursor lack is written once.
 *   W3. A viewer that reads more slowly than there is news is given less often, and more at a time; never is more than
 *       `pending` kept for it. One that does not read at all is dropped.
 */
import type * as Door from "creel/Door"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import type { ServerResponse } from "node:http"
import { Fold } from "../fold/fold.js"
import { after, begin, type Cursor, cursorText, type Frame } from "../fold/store.js"

/** Bytes that may wait for one viewer. */
const pending = 1 << 20

/** Milliseconds after which a viewer that reads nothing is dropped. */
const patience = 30_000

interface Viewer {
  readonly response: ServerResponse
  cursor: Cursor
  /** Since when it has not read. */
  stuckSince: number | undefined
}

export interface Watching {
  readonly viewers: Effect.Effect<number>
  /** Begins to tell a viewer; false: there are too many. `cursor`: what it has from before. */
  readonly join: (response: ServerResponse, cursor: Cursor | undefined) => boolean
}

/** What is written for each cursor, once a turn. */
class Frames {
  private readonly made = new Map<string, { readonly text: string; readonly frame: Frame; readonly next: Cursor }>()
  constructor(private readonly fold: Fold) {}

  of(cursor: Cursor) {
    const key = cursorText(cursor)
    const known = this.made.get(key)
    if (known !== undefined) return known
    const frame = this.fold.store.since(cursor)
    const next = after(cursor, frame)
    const made = { frame, next, text: `id: ${cursorText(next)}\ndata: ${JSON.stringify(frame)}\n\n` }
    this.made.set(key, made)
    return made
  }
}

class Audience {
  readonly viewers = new Set<Viewer>()

  tell(frames: Frames, now: number): void {
    for (const viewer of this.viewers) this.one(viewer, frames, now)
  }

  private one(viewer: Viewer, frames: Frames, now: number): void {
    const { response } = viewer
    if (response.destroyed) {
      this.viewers.delete(viewer)
      return
    }
    let more = true
    while (more && response.writableLength < pending) {
      const { frame, next, text } = frames.of(viewer.cursor)
      response.write(text)
      viewer.cursor = next
      more = frame.more === true
    }
    if (response.writableLength < pending) viewer.stuckSince = undefined
    else if (viewer.stuckSince === undefined) viewer.stuckSince = now
    else if (now - viewer.stuckSince > patience) {
      this.viewers.delete(viewer)
      response.destroy()
    }
  }
}

export const make = (options: {
  readonly ask: Door.Questions
  readonly role: "observer" | "operator"
  readonly title: string
  readonly every: number
  readonly viewersMax: number
}): Effect.Effect<Watching, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { ask, every, role, title, viewersMax } = options
    const somebody = yield* Effect.makeLatch(false)
    const audience = new Audience()
    let fold: Fold | undefined

    const turn = Effect.gen(function*() {
      yield* somebody.await
      fold ??= new Fold({ epoch: randomBytes(6).toString("hex"), title, role })
      const current = fold
      // A question is asked again by its door until a scheduler answers; meanwhile viewers are told that none does.
      const glance = yield* Effect.timeoutOption(ask.observe(current.asks), Math.max(2000, 4 * every))
      if (glance._tag === "Some") current.step(glance.value)
      else current.unreached()
      audience.tell(new Frames(current), yield* Clock.currentTimeMillis)
      if (audience.viewers.size === 0) yield* somebody.close
      yield* Effect.sleep(every)
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(turn)))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const { response } of audience.viewers) response.end()
      })
    )

    const join = (response: ServerResponse, cursor: Cursor | undefined): boolean => {
      if (audience.viewers.size >= viewersMax) return false
      const viewer: Viewer = { response, cursor: cursor ?? begin(""), stuckSince: undefined }
      audience.viewers.add(viewer)
      response.once("close", () => audience.viewers.delete(viewer))
      somebody.unsafeOpen()
      return true
    }
    return { viewers: Effect.sync(() => audience.viewers.size), join }
  })
