/** The serving end of the data plane, as an HTTP app: what is asked for, who may have it, and in what order it goes out. */
import type * as Payload from "@creel/core/Payload"
import * as ValueImage from "@creel/node/ValueImage"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { ReadFailed } from "creel/Door"
import * as Effect from "effect/Effect"
import type * as http from "node:http"
import type * as net from "node:net"
import * as Security from "../Security.js"
import type { Budget } from "./budget.js"
import { isLoopback } from "./loopback.js"
import * as Wire from "./valuesWire.js"

export interface Serving {
  readonly find: (value: string, holder: string) => Effect.Effect<Payload.Payload | ValueImage.Source, ReadFailed>
  readonly relay: (holder: string) => Effect.Effect<string | undefined>
  /** Asks another node, for one who cannot. */
  readonly forward: (
    url: string,
    asked: Wire.Asked,
    request: http.IncomingMessage
  ) => Effect.Effect<http.IncomingMessage | undefined>
  readonly peerOf: (socket: net.Socket) => Security.Peer | undefined
  /** Only this machine is spoken to: a browser on it must not be made to speak for others. */
  readonly loopback: boolean
  readonly out: Budget
  /** What one answer may have under way, in bytes. */
  readonly window: number
}

const say = (status: number, headers?: Record<string, string>) => HttpServerResponse.empty({ status, headers })

const failed = (error: ReadFailed) => say(Wire.statusOf[error.why])

/** Nobody who belongs here is a browser. */
const isBrowser = (headers: http.IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined

const hostOf = (headers: http.IncomingHttpHeaders): string => {
  try {
    return new URL(`http://${headers.host ?? ""}`).hostname
  } catch {
    return ""
  }
}

const isSource = (found: Payload.Payload | ValueImage.Source): found is ValueImage.Source => "stream" in found

const imageOf = (found: Payload.Payload | ValueImage.Source): Effect.Effect<ValueImage.Source> =>
  isSource(found) ? Effect.succeed(found) : Effect.promise(() => ValueImage.make(found).then(ValueImage.source))

/** Room for what an answer has under way, until it has gone out. */
const room = (serving: Serving, request: http.IncomingMessage, bytes: number) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      restore(serving.out.take(nameOf(request), Math.min(bytes, serving.window))),
      (lease) => Effect.addFinalizer(() => Effect.sync(() => serving.out.giveBack(lease)))
    )
  )

const nameOf = (request: http.IncomingMessage): string => {
  const named = request.headers[Wire.peerHeader]
  return typeof named === "string" ? named : request.socket.remoteAddress ?? ""
}

const value = Effect.fnUntraced(function*(serving: Serving, asked: Wire.Asked, request: http.IncomingMessage) {
  const source = yield* Effect.flatMap(serving.find(asked.value, asked.holder), imageOf)
  const etag = Wire.etagOf(source.digest)
  const from = Wire.startOf(request.headers, etag)
  if (from > 0 && from >= source.bytes) return say(416)
  yield* room(serving, request, source.bytes - from)
  return HttpServerResponse.raw(source.stream(from), {
    status: from > 0 ? 206 : 200,
    contentType: "application/octet-stream",
    contentLength: source.bytes - from,
    headers: {
      etag,
      ...(from > 0 ? { "content-range": `bytes ${from}-${source.bytes - 1}/${source.bytes}` } : {})
    }
  })
})

const passedOn = ["etag", "content-range", "content-length", "content-type"]

/** One relay at most: it asks the holder's own node, and never another relay. */
const relayed = Effect.fnUntraced(function*(serving: Serving, asked: Wire.Asked, request: http.IncomingMessage) {
  const url = yield* serving.relay(asked.holder)
  const unreachable = say(Wire.statusOf.unreachable)
  if (url === undefined) return unreachable
  yield* room(serving, request, serving.window)
  const answer = yield* serving.forward(url, asked, request)
  if (answer === undefined) return unreachable
  const headers = Object.fromEntries(
    passedOn.flatMap((name) => {
      const text = answer.headers[name]
      return typeof text === "string" ? [[name, text]] : []
    })
  )
  return HttpServerResponse.raw(answer, { status: answer.statusCode ?? 502, headers })
})

export const app = (serving: Serving) =>
  Effect.gen(function*() {
    const request = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
    const peer = serving.peerOf(request.socket)
    if (isBrowser(request.headers) || (serving.loopback && !isLoopback(hostOf(request.headers)))) return say(403)
    // Observers see sizes, not bytes.
    if (peer === undefined || !Security.allows(peer.role, "client")) return say(403)
    if (request.method !== "GET") return say(405, { allow: "GET" })
    const asked = Wire.askedOf(request.url ?? "")
    if (asked === undefined) return say(400)
    return yield* (asked.relayed ? relayed : value)(serving, asked, request)
  }).pipe(
    Effect.catchAll((error) => Effect.succeed(failed(error))),
    Effect.catchAllDefect(() => Effect.succeed(say(503)))
  )
