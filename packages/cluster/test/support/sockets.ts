import type { Security } from "@creel/cluster"
import { Deferred, Effect, Redacted, Runtime } from "effect"
import { once } from "node:events"
import * as net from "node:net"

export const secretOf = (letter: string) => Redacted.make(letter.repeat(43))

export interface Met {
  readonly peer: Security.Peer
  readonly socket: net.Socket
}

/** A listener that echoes, and remembers whom it met. */
export const echo = (security: Security.Service, options?: Partial<Security.ListenOptions>) =>
  Effect.gen(function*() {
    const met: Array<Met> = []
    const first = yield* Deferred.make<Met>()
    const runtime = yield* Effect.runtime<never>()
    const listener = yield* security.listen({
      ...options,
      onConnection: (socket, peer) => {
        met.push({ socket, peer })
        Runtime.runSync(runtime)(Deferred.succeed(first, { socket, peer }))
        socket.pipe(socket)
      }
    })
    return { ...listener, met, first: Deferred.await(first) }
  })

/** What comes back for what was said. */
export const say = (socket: net.Socket, words: string) =>
  Effect.promise(async () => {
    socket.write(words)
    let heard = ""
    for await (const chunk of socket) {
      heard += String(chunk)
      if (heard.length >= words.length) break
    }
    return heard
  })

export const closed = (socket: net.Socket) =>
  Effect.promise(() =>
    new Promise<void>((resolve) => socket.closed ? resolve() : socket.once("close", () => resolve()))
  )

/** A connection that has proved nothing, and never will. */
export const bare = (port: number) =>
  Effect.promise(async () => {
    const socket = net.connect({ host: "127.0.0.1", port })
    socket.on("error", () => {})
    await once(socket, "connect")
    return socket
  })

/** Listens, and says nothing: as a process would that stands still. */
export const silent = Effect.acquireRelease(
  Effect.async<net.Server>((resume) => {
    const server = net.createServer((socket) => void socket.on("error", () => {}).resume())
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
)
