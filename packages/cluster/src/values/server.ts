/**
 * The serving end of the data plane: what is asked for, who may have it, and in what order it goes out.
 *
 * On `node:http` itself: profiles of answers of one mebibyte showed much of their time in the scope, the pipeline and the abort
 * signal that `HttpServer` of `@effect/platform` has for each. A question is one fiber here, its body goes out by plain callbacks.
 */
import type * as Payload from "@creel/core/Payload"
import * as ValueImage from "@creel/node/ValueImage"
import type { ReadFailed } from "creel/Door"
import type * as Store from "creel/Store"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as http from "node:http"
import type * as net from "node:net"
import { Readable } from "node:stream"
import { isLoopback } from "../internal/loopback.js"
import * as Security from "../Security.js"
import type { Budget } from "./budget.js"
import * as Wire from "./wire.js"

export interface Serving {
  readonly find: (
    value: string,
    holder: string
  ) => Effect.Effect<Payload.Payload | Store.Source, ReadFailed, Scope.Scope>
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
  /** Answers under way, each one of them; those that are passed on apart: nobody waits for a relay that waits for him. */
  readonly answers: { readonly own: Budget; readonly relayed: Budget }
  /** What one answer may have under way, in bytes. */
  readonly window: number
  /** Questions that have been heard, and not answered yet. */
  readonly unanswered: Set<http.ServerResponse>
}

/** What goes out behind the head: pieces that stand in memory, or what a file or another node gives. */
interface Answer {
  readonly status: number
  readonly headers: http.OutgoingHttpHeaders
  readonly body: Iterator<Uint8Array> | Readable | undefined
  /** Bytes it may have under way. */
  readonly window: number
}

const say = (status: number): Answer => ({ status, headers: { "content-length": 0 }, body: undefined, window: 0 })

/** Nobody who belongs here is a browser. */
const isBrowser = (headers: http.IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined

/** Of a `Host` header, without the port. */
const hostOf = (headers: http.IncomingHttpHeaders): string => (headers.host ?? "").replace(/:\d*$/, "")

const nameOf = (request: http.IncomingMessage): string => {
  const named = request.headers[Wire.peerHeader]
  return typeof named === "string" ? named : request.socket.remoteAddress ?? ""
}

const isSource = (found: Payload.Payload | Store.Source): found is Store.Source =>
  typeof found === "object" && "stream" in found

const answerOf = (
  request: http.IncomingMessage,
  image: { readonly bytes: number; readonly digest: string },
  window: number,
  body: (from: number) => Iterator<Uint8Array> | Readable
): Answer => {
  const { bytes } = image
  const etag = Wire.etagOf(image.digest)
  const ifRange = request.headers["if-range"]
  const from = typeof ifRange === "string" ? Wire.startOf(request.headers.range, ifRange, etag) : 0
  if (from >= bytes) return say(416)
  return {
    status: from > 0 ? 206 : 200,
    headers: {
      etag,
      "content-type": "application/octet-stream",
      "content-length": bytes - from,
      ...(from > 0 ? { "content-range": `bytes ${from}-${bytes - 1}/${bytes}` } : {})
    },
    body: body(from),
    window: Math.min(window, bytes - from)
  }
}

const readable = (bytes: AsyncIterable<Uint8Array>): Readable =>
  bytes instanceof Readable ? bytes : Readable.from(bytes, { objectMode: false })

const value = (
  serving: Serving,
  asked: Wire.Asked,
  request: http.IncomingMessage
): Effect.Effect<Answer, ReadFailed, Scope.Scope> =>
  Effect.flatMap(serving.find(asked.value, asked.holder), (found) =>
    isSource(found)
      ? Effect.succeed(answerOf(request, found, serving.window, (from) => readable(found.stream(from))))
      : Effect.map(Effect.promise(() => ValueImage.make(found)), (image) =>
        answerOf(request, image, serving.window, (from) => ValueImage.pieces(image, from))))

const passedOn = ["etag", "content-range", "content-length", "content-type"]

/** One relay at most: it asks the holder's own node, and never another relay. */
const relayed = Effect.fnUntraced(function*(serving: Serving, asked: Wire.Asked, request: http.IncomingMessage) {
  const url = yield* serving.relay(asked.holder)
  const answer = url === undefined ? undefined : yield* serving.forward(url, asked, request)
  if (answer === undefined) return say(Wire.statusOf.unreachable)
  const headers = Object.fromEntries(passedOn.map((name) => [name, answer.headers[name]] as const))
  return {
    status: answer.statusCode ?? 502,
    headers: Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined)),
    body: answer,
    window: serving.window
  } satisfies Answer
})

/** What can be said without a look at any value. */
const refusal = (serving: Serving, request: http.IncomingMessage): number | undefined => {
  const peer = serving.peerOf(request.socket)
  if (isBrowser(request.headers) || (serving.loopback && !isLoopback(hostOf(request.headers)))) return 403
  // Observers see sizes, not bytes.
  if (peer === undefined || !Security.allows(peer.role, "client")) return 403
  return request.method === "GET" ? undefined : 405
}

const answer = (
  serving: Serving,
  asked: Wire.Asked,
  request: http.IncomingMessage
): Effect.Effect<Answer, never, Scope.Scope> => {
  const found: Effect.Effect<Answer, ReadFailed, Scope.Scope> = (asked.relayed ? relayed : value)(
    serving,
    asked,
    request
  )
  return found.pipe(
    Effect.catchAll((error) => Effect.succeed(say(Wire.statusOf[error.why]))),
    Effect.catchAllDefect(() => Effect.succeed(say(503)))
  )
}

/** Two pieces under way: one that the system takes, and the next. */
const pump = (response: http.ServerResponse, pieces: Iterator<Uint8Array>): void => {
  let underWay = 0
  const more = (): void => {
    while (underWay < 2 && !response.destroyed) {
      const { done, value } = pieces.next()
      if (done === true) return void response.end()
      underWay++
      response.write(value, () => {
        underWay--
        more()
      })
    }
  }
  more()
}

const isReadable = (body: NonNullable<Answer["body"]>): body is Readable => "pipe" in body

const send = (response: http.ServerResponse, { body, headers, status }: Answer): void => {
  response.writeHead(status, headers)
  if (body === undefined) response.end()
  else if (isReadable(body)) {
    // What breaks off before its length is reached is broken for the reader too.
    let left = Number(headers["content-length"])
    body.on("data", (some: Uint8Array) => void (left -= some.byteLength))
    body.once("error", () => response.destroy())
    body.once("end", () => left === 0 ? response.end() : response.destroy())
    body.once("close", () => response.writableEnded ? undefined : response.destroy())
    body.pipe(response, { end: false })
  } else pump(response, body)
}

/** Who waits for an answer is told now and then that somebody is there: who hears nothing takes this node for one that stands still. */
export const reassuring = ({ unanswered }: Pick<Serving, "unanswered">): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() =>
      setInterval(() => {
        for (const response of unanswered) response.writeProcessing()
      }, 1000).unref()
    ),
    (timer) => Effect.sync(() => clearInterval(timer))
  ))

export const handler = (serving: Serving, runtime: Runtime.Runtime<never>): http.RequestListener => {
  const run = Runtime.runFork(runtime)
  return (request, response) => {
    const status = refusal(serving, request)
    const asked = status === undefined ? Wire.askedOf(request.url ?? "") : undefined
    if (asked === undefined) return send(response, say(status ?? 400))
    const { own, relayed } = serving.answers
    const peer = nameOf(request)
    let body: Answer["body"] = undefined
    let giveBack = (): void => {}
    let stop = (): void => {}
    const { unanswered } = serving
    unanswered.add(response)
    // Nothing is looked for, lent or opened before its turn.
    const leave = (asked.relayed ? relayed : own).ask(peer, 1, () => {
      const give = Effect.map(answer(serving, asked, request), (answer) => {
        body = answer.body
        giveBack = serving.out.ask(peer, answer.window, () => {
          unanswered.delete(response)
          send(response, answer)
        })
      })
      // What was found is lent until the last of it has gone out.
      const fiber = run(Effect.scoped(Effect.zipRight(give, Effect.never)))
      stop = () => fiber.unsafeInterruptAsFork(FiberId.none)
    })
    response.once("close", () => {
      unanswered.delete(response)
      stop()
      giveBack()
      leave()
      if (body !== undefined && isReadable(body)) body.destroy()
    })
  }
}
