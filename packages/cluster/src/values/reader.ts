/**
 * The reading end of the data plane. Bytes go from the socket straight into the memory in which the value stays; a Stream
 * in between would cost more than all the rest, so one answer is read by plain callbacks, and only what follows from how
 * it ended is Effects.
 */
import type * as Payload from "@creel/core/Payload"
import * as ValueImage from "@creel/node/ValueImage"
import { ReadFailed } from "creel/Door"
import * as Effect from "effect/Effect"
import type { Budget, Lease } from "./budget.js"
import type { Connection, Pool } from "./connection.js"
import * as Wire from "./wire.js"

export interface Reading {
  readonly pool: Pool
  readonly peer: string
  readonly in: Budget
  /** Until when nodes are asked by way of another. */
  readonly detours: Map<string, number>
  /** How long a node may say nothing, in milliseconds; and how long one that did is not asked again. */
  readonly stall: number
  /** Until when nodes are not asked, by whom else they would be: they stand still, or are cut off, and that one knew no better. */
  readonly still: Map<string, number>
}

export interface Request {
  readonly value: string
  readonly holder: string
  readonly url: string
  readonly relay: string | undefined
  /** What is known of its size. */
  readonly bytes: number | undefined
}

type Ended =
  | { readonly _tag: "Done" }
  /** There is no room for so many bytes now. Nothing was read. */
  | { readonly _tag: "TooMany" }
  | { readonly _tag: "Refused"; readonly why: ReadFailed["why"] }
  /** `weight`: as how many tries it counts. */
  | { readonly _tag: "Broken"; readonly weight: number }
  | { readonly _tag: "Torn" }

/** What has come so far, over all connections that it came by. */
interface Progress {
  reader: ValueImage.Reader | undefined
  etag: string | undefined
  total: number | undefined
}

/** Once this often in a row nothing new came, it is over; sooner where nobody listens, at once where we are not let in, or not answered. */
const triesMax = 4

/** Of small values, whose sizes nobody told, as many at once as room for this allows. */
const unknownBytes = 64 * 1024

const backoff = (tries: number) => `${25 * 4 ** tries} millis` as const

/** Whether the answer can be read on from where we are; a value that is another now is begun anew. */
const begin = (progress: Progress, status: number, headers: ReadonlyMap<string, string>): boolean => {
  const total = Wire.totalOf(status, headers)
  const etag = headers.get("etag")
  if (total === undefined || etag === undefined || !Wire.isEtag(etag)) return false
  if (status === 206 && (progress.reader === undefined || progress.etag !== etag)) return false
  if (status !== 206) progress.reader = new ValueImage.Reader(total, true)
  progress.etag = etag
  progress.total = total
  return true
}

const questionOf = (reading: Reading, request: Request, relayed: boolean, progress: Progress): string => {
  const from = progress.reader?.offset ?? 0
  const lines = [
    `GET ${Wire.pathOf(request.value, request.holder, relayed)} HTTP/1.1`,
    `host: ${new URL(urlOf(request, relayed)).host}`,
    `${Wire.peerHeader}: ${encodeURIComponent(reading.peer)}`,
    ...(from > 0 && progress.etag !== undefined ? [`range: bytes=${from}-`, `if-range: ${progress.etag}`] : [])
  ]
  return `${lines.join("\r\n")}\r\n\r\n`
}

const urlOf = (request: Request, relayed: boolean): string => relayed ? request.relay ?? request.url : request.url

/** One question, and how it ends. */
class Attempt {
  private over = false
  private connection: Connection | undefined = undefined
  private readonly takeBack: () => void
  private refused: ReadFailed["why"] | undefined = undefined

  constructor(
    private readonly reading: Reading,
    private readonly url: string,
    private readonly progress: Progress,
    private readonly lease: Lease,
    question: string,
    private readonly done: (ended: Ended) => void
  ) {
    this.takeBack = reading.pool.take(url, {
      give: (connection) => {
        this.connection = connection
        connection.ask(question, this)
      },
      fail: (error) => {
        const later = error !== "silent" && error.reason === "ConnectFailed"
        this.finish({ _tag: "Broken", weight: later ? triesMax / 2 : triesMax })
      }
    })
  }

  readonly head = (status: number, headers: ReadonlyMap<string, string>): boolean => {
    if (status === 416 || status === 503) return this.broken()
    if (status !== 200 && status !== 206) {
      this.refused = Wire.whyOf(status)
      return true
    }
    if (!begin(this.progress, status, headers)) return this.broken()
    return this.reading.in.grow(this.lease, this.progress.total ?? 0) || this.finish({ _tag: "TooMany" })
  }

  readonly body = (bytes: Uint8Array): void => {
    if (this.refused !== undefined) return
    try {
      this.progress.reader?.push(bytes)
    } catch {
      this.finish({ _tag: "Torn" })
    }
  }

  readonly end = (): void => {
    if (this.refused !== undefined) this.finish({ _tag: "Refused", why: this.refused })
    else if (this.progress.reader?.done === true) this.finish({ _tag: "Done" })
    else this.broken()
  }

  readonly broken = (silent = false): false => this.finish({ _tag: "Broken", weight: silent ? triesMax : 1 })

  /** Nobody waits for it any more. */
  readonly abandon = (): void => void this.finish({ _tag: "TooMany" })

  private finish(ended: Ended): false {
    if (this.over) return false
    this.over = true
    // Not there yet where all ends at once.
    this.takeBack?.()
    if (this.connection !== undefined) {
      if (ended._tag === "Done" || ended._tag === "Refused") this.reading.pool.giveBack(this.url, this.connection)
      else this.connection.destroy()
    }
    this.done(ended)
    return false
  }
}

const attempt = (
  reading: Reading,
  request: Request,
  relayed: boolean,
  progress: Progress,
  lease: Lease
): Effect.Effect<Ended> =>
  Effect.async<Ended>((resume) => {
    const question = questionOf(reading, request, relayed, progress)
    const attempt = new Attempt(reading, urlOf(request, relayed), progress, lease, question, (ended) =>
      resume(Effect.succeed(ended)))
    return Effect.sync(attempt.abandon)
  })

/** With room for what comes: as much as is known of it. */
const attemptWithRoom = (
  reading: Reading,
  request: Request,
  relayed: boolean,
  progress: Progress
): Effect.Effect<Ended> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      restore(reading.in.take(request.url, progress.total ?? request.bytes ?? unknownBytes)),
      (lease) =>
        Effect.ensuring(
          restore(attempt(reading, request, relayed, progress, lease)),
          Effect.sync(() => reading.in.giveBack(lease))
        )
    )
  )

const readBy = Effect.fnUntraced(
  function*(reading: Reading, request: Request, relayed: boolean, progress: Progress) {
    const fail = (why: ReadFailed["why"]) => new ReadFailed({ value: request.value, holder: request.holder, why })
    let tries = 0
    let best = progress.reader?.offset ?? 0
    for (;;) {
      const ended = yield* attemptWithRoom(reading, request, relayed, progress)
      const reader = progress.reader
      if (ended._tag === "Done" && reader !== undefined) return reader.payload()
      if (ended._tag === "Refused") return yield* fail(ended.why)
      if (ended._tag === "TooMany") continue
      const here = reader?.offset ?? 0
      tries = here > best ? 0 : tries + (ended._tag === "Broken" ? ended.weight : 1)
      best = Math.max(best, here)
      if (tries >= triesMax) return yield* fail(ended._tag === "Torn" ? "corrupt" : "unreachable")
      yield* Effect.sleep(backoff(tries))
    }
  }
)

/** How long a node that could not be reached is asked by way of another first, in milliseconds. */
const detour = 30_000

/** As long as who asked for it takes to ask for it again, so that nobody asks in a circle. */
const pause = "250 millis"

/**
 * What a node said that was asked is believed; where none could be asked, another may know a way. A task stands on one value,
 * that on another, and all may be where nobody answers: to wait anew for each would keep for minutes what can be made elsewhere.
 */
export const read = (reading: Reading, request: Request): Effect.Effect<Payload.Payload, ReadFailed> =>
  Effect.clockWith((clock) => {
    const { stall, still } = reading
    const { holder, relay = "", url, value } = request
    const way = `${url} ${relay}`
    const began = clock.unsafeCurrentTimeMillis()
    if (began < (still.get(way) ?? began)) {
      return Effect.delay(new ReadFailed({ value, holder, why: "unreachable" }), pause)
    }
    return readHereOrThere(reading, request).pipe(
      Effect.tapBoth({
        onSuccess: () => Effect.sync(() => still.delete(way)),
        onFailure: ({ why }) =>
          Effect.sync(() => {
            const now = clock.unsafeCurrentTimeMillis()
            // One that turns us away at once may let us in at once: it is being started.
            if (why === "unreachable" && now - began >= stall) still.set(way, now + stall)
            else still.delete(way)
          })
      })
    )
  })

const readHereOrThere = (reading: Reading, request: Request): Effect.Effect<Payload.Payload, ReadFailed> =>
  Effect.clockWith((clock) => {
    const progress: Progress = { reader: undefined, etag: undefined, total: undefined }
    const { relay, url } = request
    const direct = readBy(reading, request, false, progress)
    if (relay === undefined || relay === url) return direct
    const relayed = readBy(reading, request, true, progress)
    const now = clock.unsafeCurrentTimeMillis()
    const unreachable = (failed: ReadFailed) => failed.why === "unreachable"
    if (now < (reading.detours.get(url) ?? now)) return Effect.catchIf(relayed, unreachable, () => direct)
    reading.detours.delete(url)
    return Effect.catchIf(direct, unreachable, () => {
      reading.detours.set(url, clock.unsafeCurrentTimeMillis() + detour)
      return relayed
    })
  })
