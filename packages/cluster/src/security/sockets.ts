/**
 * Sockets that are handed over when both ends have proved who they are, and not before: no byte of what they carry has
 * been read until then. All that differs between the kinds of security is in `How`.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import * as tls from "node:tls"
import { ClusterError } from "../ClusterError.js"
import { addressOf, isLoopback } from "../internal/loopback.js"
import type * as Security from "../Security.js"
import { Gate } from "./gate.js"

/** Said in the handshake: two versions that do not understand each other end there. */
export const protocol = "creel/1"

/** Of a server: how to ask, and who answered. */
export interface HowToListen {
  readonly options: tls.TlsOptions
  readonly peerOf: (socket: tls.TLSSocket) => Security.Peer | undefined
}

const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 }

const detailOf = (error: unknown): string => error instanceof Error ? error.message : "it did not say why"

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""

/** Nothing is thrown for an error that nobody waits for any more. */
const quiet = (socket: net.Socket): void => void socket.on("error", () => {})

export const notSecured = (address: string, what: string): ClusterError =>
  new ClusterError({
    reason: "NotSecured",
    address,
    detail: `${what} an address that others reach needs credentials, and there are none`,
    advice: "set `security` to `Security.secret(...)` or `Security.mutual({ ca, cert, key })`, or stay on 127.0.0.1"
  })

/** Listens, and closes with the scope all that came by it. */
const listening = (
  server: net.Server,
  host: string,
  port: number,
  sockets: ReadonlySet<net.Socket>
): Effect.Effect<net.AddressInfo, ClusterError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<net.AddressInfo, ClusterError>((resume) => {
      const failed = (error: Error) =>
        resume(Effect.fail(
          new ClusterError({
            reason: "ListenFailed",
            address: addressOf(host, port),
            detail: detailOf(error),
            cause: error
          })
        ))
      server.once("error", failed)
      server.listen({ host, port }, () => {
        server.off("error", failed)
        // An accept that fails (too many open files) is one connection less, not the end of the process.
        server.on("error", () => {})
        const address = server.address()
        if (address !== null && typeof address === "object") resume(Effect.succeed(address))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  )

const handOver = (
  socket: net.Socket,
  peer: Security.Peer,
  sockets: Set<net.Socket>,
  options: Security.ListenOptions
): void => {
  quiet(socket)
  sockets.add(socket)
  socket.once("close", () => sockets.delete(socket))
  try {
    options.onConnection(socket, peer)
  } catch {
    socket.destroy()
  }
}

export const listenPlain = (
  options: Security.ListenOptions,
  peer: Security.Peer
): Effect.Effect<Security.Listener, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const host = options.host ?? "127.0.0.1"
    if (!isLoopback(host)) return yield* notSecured(addressOf(host, options.port ?? 0), "to listen on")
    const sockets = new Set<net.Socket>()
    const server = net.createServer(tcp, (socket) => handOver(socket, peer, sockets, options))
    const at = yield* listening(server, host, options.port ?? 0, sockets)
    // A name is what the resolver makes of it.
    if (!isLoopback(at.address)) return yield* notSecured(addressOf(at.address, at.port), "to listen on")
    return { host, port: at.port, refused: () => 0 }
  })

export const listenTls = (
  options: Security.ListenOptions,
  how: HowToListen
): Effect.Effect<Security.Listener, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const host = options.host ?? "127.0.0.1"
    const within = Duration.toMillis(options.handshake?.within ?? "5 seconds")
    const gate = new Gate(within, options.handshake?.pendingMax ?? 256)
    const sockets = new Set<net.Socket>()
    let unknown = 0
    const server = tls.createServer({
      ...tcp,
      ...how.options,
      minVersion: "TLSv1.3",
      ALPNProtocols: [protocol],
      handshakeTimeout: within
    })
    server.prependListener("connection", (socket: net.Socket) => gate.enter(socket))
    server.on("tlsClientError", (_, socket) => socket.destroy())
    server.on("secureConnection", (socket) => {
      quiet(socket)
      if (!gate.pass(socket)) return socket.destroy()
      const peer = socket.alpnProtocol === protocol ? how.peerOf(socket) : undefined
      if (peer !== undefined) return handOver(socket, peer, sockets, options)
      unknown++
      socket.destroy()
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => gate.close()))
    const at = yield* listening(server, host, options.port ?? 0, sockets)
    return { host, port: at.port, refused: () => gate.refused + unknown }
  })

/** What went wrong before a byte was exchanged is told from what the two ends did not agree on. */
const failure = (address: string, error: unknown): ClusterError => {
  const code = codeOf(error)
  const network = /^E(?!RR_|PROTO)/.test(code)
  return new ClusterError({
    reason: network ? "ConnectFailed" : "BadCredentials",
    address,
    detail: network ? detailOf(error) : `the two ends do not agree on who they are (${code || detailOf(error)})`,
    cause: error
  })
}

/** Opens a socket; `ready` is the event after which both ends know each other. */
const opened = <S extends net.Socket>(
  address: string,
  within: number,
  open: () => S,
  ready: string,
  check: (socket: S) => ClusterError | undefined
): Effect.Effect<S, ClusterError> =>
  Effect.async<S, ClusterError>((resume) => {
    const socket = open()
    quiet(socket)
    let broken: unknown = undefined
    socket.once("error", (error: unknown) => broken = error)
    socket.once("close", () =>
      resume(Effect.fail(
        broken !== undefined ? failure(address, broken) : new ClusterError({
          reason: "BadCredentials",
          address,
          detail: "the other end hung up before it had let us in"
        })
      )))
    // `session` is said from within TLS's own reading: what is written before that is over would wait for ever.
    socket.once(ready, () =>
      setImmediate(() => {
        if (socket.destroyed) return
        const problem = check(socket)
        if (problem !== undefined) socket.destroy()
        resume(problem === undefined ? Effect.succeed(socket) : Effect.fail(problem))
      }))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    // Sockets are acquired, and no time passes for what cannot be interrupted.
    Effect.interruptible,
    Effect.timeoutFail({
      duration: within,
      onTimeout: () => new ClusterError({ reason: "ConnectFailed", address, detail: `no answer in ${within} ms` })
    })
  )

const withinOf = (options: Security.ConnectOptions): number => Duration.toMillis(options.within ?? "5 seconds")

/** Larger than what Node reads at once by itself, and small enough to stay in a processor's cache. */
const readBytes = 256 * 1024

const onread = (onBytes: Security.ConnectOptions["onBytes"]) =>
  onBytes === undefined ? {} : {
    onread: {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (bytes: number, buffer: Uint8Array) => {
        onBytes(buffer.subarray(0, bytes))
        return true
      }
    }
  }

export const connectPlain = (options: Security.ConnectOptions): Effect.Effect<net.Socket, ClusterError> => {
  const { host, onBytes, port } = options
  const address = addressOf(host, port)
  if (!isLoopback(host)) return Effect.fail(notSecured(address, "to speak to"))
  const open = () => net.connect({ ...tcp, host, port, ...onread(onBytes) })
  return opened(
    address,
    withinOf(options),
    open,
    "connect",
    (socket) => isLoopback(socket.remoteAddress ?? "") ? undefined : notSecured(address, "to speak to")
  )
}

/** A server says `session` when it has seen our proof: in TLS 1.3, our own handshake is over before that. */
export const connectTls = (
  options: Security.ConnectOptions,
  credentials: tls.ConnectionOptions
): Effect.Effect<net.Socket, ClusterError> => {
  const address = addressOf(options.host, options.port)
  const open = () =>
    tls.connect({
      ...tcp,
      ...credentials,
      host: options.host,
      port: options.port,
      minVersion: "TLSv1.3",
      ALPNProtocols: [protocol]
    })
  return opened(address, withinOf(options), open, "session", (socket) => {
    if (socket.alpnProtocol !== protocol) {
      return new ClusterError({ reason: "Refused", address, detail: `it does not speak ${protocol}` })
    }
    if (options.onBytes !== undefined) socket.on("data", options.onBytes)
    return undefined
  })
}
