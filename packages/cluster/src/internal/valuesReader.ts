/**
 * The reading end of the data plane. Bytes go from the socket straight into the memory in which the value stays; a Stream
 * in between would cost more than all the rest, so one answer is read by plain callbacks, and only what follows from how
 * it ended is Effects.
 */
import type * as Payload from "@creel/core/Payload"
import * as ValueImage from "@creel/node/ValueImage"
import { ReadFailed } from "creel/Door"
import * as Effect from "effect/Effect"
import * as http from "node:http"
import { isClusterError } from "../ClusterError.js"
import type { Budget, Lease } from "./budget.js"
import * as Wire from "./valuesWire.js"

export interface Reading {
  readonly agent: http.Agent
  readonly peer: string
  readonly in: Budget
  /** Until when nodes are asked by way of another. */
  readonly detours: Map<string, number>
  /** Milliseconds without a byte after which a connection is taken for broken. */
  readonly stall: number
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

/** Once this often in a row nothing new came, it is over; sooner where nobody listens, at once where we are not let in. */
const triesMax = 4

/** Of small values, whose sizes nobody told, as many at once as room for this allows. */
const unknownBytes = 64 * 1024

const backoff = (tries: number) => `${25 * 4 ** tries} millis` as const

export const open = (
  reading: Pick<Reading, "agent" | "peer" | "stall">,
  at: string,
  path: string,
  headers: http.OutgoingHttpHeaders
): http.ClientRequest => {
  const url = new URL(at)
  return http.request({
    agent: reading.agent,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port,
    path,
    timeout: reading.stall,
    headers: { ...headers, host: url.host, [Wire.peerHeader]: reading.peer }
  })
}

/** Whether the answer can be read on from where we are; a value that is another now is begun anew. */
const begin = (progress: Progress, answer: http.IncomingMessage): boolean => {
  const total = Wire.totalOf(answer.statusCode ?? 0, answer.headers)
  if (total === undefined) return false
  const goesOn = answer.statusCode === 206 && progress.reader !== undefined && progress.etag === answer.headers.etag
  if (!goesOn) {
    if (answer.statusCode === 206) return false
    progress.reader = new ValueImage.Reader(total, true)
    progress.etag = answer.headers.etag
  }
  progress.total = total
  return true
}

const readBody = (reader: ValueImage.Reader, answer: http.IncomingMessage, end: (ended: Ended) => void): void => {
  answer.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk)
    } catch {
      end({ _tag: "Torn" })
    }
  })
  answer.once("end", () => end(reader.done ? { _tag: "Done" } : { _tag: "Broken", weight: 1 }))
  answer.once("close", () => end({ _tag: "Broken", weight: 1 }))
}

const attempt = (
  reading: Reading,
  request: Request,
  relayed: boolean,
  progress: Progress,
  lease: Lease
): Effect.Effect<Ended> =>
  Effect.async<Ended>((resume) => {
    const from = progress.reader?.offset ?? 0
    const sent = open(
      reading,
      relayed ? request.relay ?? request.url : request.url,
      Wire.pathOf(request.value, request.holder, relayed),
      from > 0 ? { range: `bytes=${from}-`, "if-range": progress.etag } : {}
    )
    let over = false
    const end = (ended: Ended): void => {
      if (over) return
      over = true
      // A connection is used again when its answer was read to the end.
      if (ended._tag !== "Done" && ended._tag !== "Refused") sent.destroy()
      resume(Effect.succeed(ended))
    }
    sent.once("timeout", () => end({ _tag: "Broken", weight: 1 }))
    sent.on("error", (error) =>
      end({
        _tag: "Broken",
        weight: !isClusterError(error) ? 1 : error.reason === "ConnectFailed" ? triesMax / 2 : triesMax
      }))
    sent.once("response", (answer) => {
      const status = answer.statusCode ?? 0
      if (status === 416 || status === 503) {
        return end({ _tag: "Broken", weight: 1 })
      }
      if (status !== 200 && status !== 206) {
        answer.resume()
        return end({ _tag: "Refused", why: Wire.whyOf(status) })
      }
      if (!begin(progress, answer) || progress.reader === undefined) {
        return end({ _tag: "Broken", weight: 1 })
      }
      if (!reading.in.grow(lease, progress.total ?? 0)) {
        return end({ _tag: "TooMany" })
      }
      readBody(progress.reader, answer, end)
    })
    sent.end()
    return Effect.sync(() => {
      over = true
      sent.destroy()
    })
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

/** What a node said that was asked is believed; where none could be asked, another may know a way. */
export const read = (reading: Reading, request: Request): Effect.Effect<Payload.Payload, ReadFailed> =>
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
