/**
 * The HTTP server: listens, lets in, sends each request to its route, and puts the same headers on all that it answers.
 * It lives as long as its scope; when that closes, so do all connections.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import { isIP, isIPv6 } from "node:net"
import { DashboardError } from "../DashboardError.js"
import type { Guard } from "./guard.js"
import { text } from "./reply.js"
import type { Reply, Request, Route } from "./reply.js"
import type { Routes } from "./routes.js"

/** Nothing but what we serve runs, loads or frames this page, and it tells nobody where it was. */
const always = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache"
}

export const headersOf = (more: Readonly<Record<string, string>>): Record<string, string> => ({ ...always, ...more })

const send = (response: http.ServerResponse, reply: Reply): void => {
  if (response.headersSent || response.destroyed) return
  const body = typeof reply.body === "string" ? Buffer.from(reply.body) : reply.body
  response.writeHead(
    reply.status,
    headersOf({ "content-type": reply.type, "content-length": String(body.length), ...reply.headers })
  )
  response.end(body)
}

const unknown = text(
  401,
  "This dashboard opens by its link, which the program wrote to its log when it started (…/?token=…). " +
    "A program that started again has another link. If you followed a link from another page just now, reload this one."
)

/** Lets in whoever has the token, and takes it out of the address. */
const enter = (guard: Guard, { port, url }: Request): Reply | undefined => {
  if (url.pathname !== "/" || !url.searchParams.has("token")) return undefined
  if (!guard.opens(url.searchParams.get("token"))) {
    return text(401, "This link is of another start of the program: look for the last one in its log.")
  }
  return {
    ...text(303, "Come in."),
    headers: { location: "/", "set-cookie": guard.cookie(port), "cache-control": "no-store" }
  }
}

const routeOf = (guard: Guard, routes: Routes, request: Request): Route | Reply => {
  const { message, port, url } = request
  const foreign = guard.foreign(message.headers)
  if (foreign !== undefined) return text(403, `Refused: ${foreign}.`)
  const open = routes.open.get(`${message.method} ${url.pathname}`)
  if (open !== undefined) return open
  if (message.method === "GET") {
    const entered = enter(guard, request)
    if (entered !== undefined) return entered
  }
  if (!guard.knows(message.headers, port)) return unknown
  return routes.closed.get(`${message.method} ${url.pathname}`) ??
    text(routes.paths.has(url.pathname) ? 405 : 404, "There is no such thing here.")
}

const answer = (
  options: Options,
  port: number,
  message: http.IncomingMessage,
  response: http.ServerResponse
): Effect.Effect<void> =>
  Effect.suspend(() => {
    // A browser may send what is no path; the name is ours, since the one that was asked for proves nothing.
    const url = URL.canParse(message.url ?? "/", "http://dashboard")
      ? new URL(message.url ?? "/", "http://dashboard")
      : undefined
    if (url === undefined) return Effect.sync(() => send(response, text(400, "This is no address.")))
    const request = { url, message, response, port }
    const route = routeOf(options.guard, options.routes, request)
    if (typeof route !== "function") return Effect.sync(() => send(response, route))
    return Effect.map(route(request), (reply) => reply === undefined ? undefined : send(response, reply))
  }).pipe(
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.sync(() => response.destroy())
        : Effect.zipRight(
          Effect.logWarning("dashboard: a request failed", cause),
          Effect.sync(() => send(response, text(500, "This failed; the program's log says why.")))
        )
    )
  )

export interface Options {
  readonly host: string
  readonly port: number
  readonly guard: Guard
  readonly routes: Routes
}

const failed = ({ host, port }: Options, error: NodeJS.ErrnoException): DashboardError =>
  error.code === "EADDRINUSE"
    ? new DashboardError({
      reason: "PortTaken",
      host,
      port,
      detail: "something else listens there, perhaps a dashboard of another program",
      advice: `Choose another port, or 0 for one that is free: Dashboard.layer({ port: 0 })`,
      cause: error
    })
    : new DashboardError({
      reason: "NotListening",
      host,
      port,
      detail: error.message,
      advice: "Choose an address of this machine and a port that this user may listen on",
      cause: error
    })

const portOf = (server: http.Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Connections that a browser leaves open are few; what is more is somebody else. */
const connectionsMax = 512

const start = (options: Options, run: (effect: Effect.Effect<void>) => () => void) =>
  Effect.async<http.Server, DashboardError>((resume) => {
    const server = http.createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (message, response) => {
      const stop = run(answer(options, portOf(server), message, response))
      response.once("close", stop)
    })
    server.maxConnections = connectionsMax
    // A connection that breaks while it is read is no concern of ours.
    server.on("clientError", (_, socket) => socket.destroy())
    server.once("error", (error) => resume(Effect.fail(failed(options, error))))
    server.listen(options.port, options.host, () => resume(Effect.succeed(server)))
  })

const stop = (server: http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Where browsers find it: an address that stands for all addresses is none. */
const urlOf = (host: string, port: number): string => {
  const name = isIP(host) !== 0 && /^[0:.]+$/.test(host) ? "localhost" : isIPv6(host) ? `[${host}]` : host
  return `http://${name}:${port}/`
}

export const listen = (options: Options): Effect.Effect<string, DashboardError, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const run = (effect: Effect.Effect<void>) => {
      const fiber = Runtime.runFork(runtime)(effect)
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
    const server = yield* Effect.acquireRelease(start(options, run), stop)
    return urlOf(options.host, portOf(server))
  })
