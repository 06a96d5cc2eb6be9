/**
 * The sockets between runners. Owned here: how `@effect/cluster`'s runner traffic is listened for and connected, with
 * small writes sent at once (`noDelay`), and closing that ends what is still connected. Not owned: who is let in, which
 * is the `Wire`'s.
 */
import * as Runners from "@effect/cluster/Runners"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Socket from "@effect/platform/Socket"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as ClusterError from "../ClusterError.js"

/** Connections between nodes: plain, or secured by whatever authenticates both ends before a byte is read. */
export interface Wire {
  readonly listen: (options: {
    readonly host: string
    readonly port: number
    readonly onConnection: (socket: Duplex) => void
  }) => Effect.Effect<Net.AddressInfo, ClusterError.ClusterError, Scope.Scope>
  readonly connect: (options: {
    readonly host: string
    readonly port: number
  }) => Effect.Effect<Duplex, ClusterError.ClusterError, Scope.Scope>
}

const at = (host: string, port: number): string => `${host}:${port}`

const loopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)

const listening = (
  server: Net.Server,
  options: { readonly host: string; readonly port: number }
): Effect.Effect<Net.AddressInfo, ClusterError.ClusterError> =>
  Effect.async((resume) => {
    const failed = (cause: Error) =>
      resume(Effect.fail(
        new ClusterError.ClusterError({
          reason: "ListenFailed",
          address: at(options.host, options.port),
          detail: cause.message,
          cause
        })
      ))
    server.once("error", failed)
    server.listen(options, () => {
      server.off("error", failed)
      // A listener that breaks later says so by not being reached any more.
      server.on("error", () => {})
      resume(Effect.succeed(server.address() as Net.AddressInfo))
    })
  })

/** Plain TCP, on loopback only. */
export const plain: Wire = {
  listen: Effect.fnUntraced(function*({ host, onConnection, port }) {
    if (!loopback(host)) {
      return yield* new ClusterError.ClusterError({
        reason: "NotSecured",
        address: at(host, port),
        detail: "runners on other machines would be let in by anyone"
      })
    }
    const server = Net.createServer({ noDelay: true, keepAlive: true }, onConnection)
    yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
    return yield* listening(server, { host, port })
  }),
  connect: ({ host, port }) =>
    Effect.acquireRelease(
      Effect.async<Net.Socket, ClusterError.ClusterError>((resume) => {
        const socket = Net.createConnection({ host, port, noDelay: true, keepAlive: true })
        socket.once("connect", () => resume(Effect.succeed(socket)))
        socket.on("error", (cause) =>
          resume(Effect.fail(
            new ClusterError.ClusterError({
              reason: "ConnectFailed",
              address: at(host, port),
              detail: cause.message,
              cause
            })
          )))
        return Effect.sync(() => socket.destroy())
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
}

/** Listens, and keeps who connects until there is somebody to serve them. */
export const listen = Effect.fnUntraced(
  function*(wire: Wire, options: { readonly host: string; readonly port: number }) {
    const open = new Set<Duplex>()
    const waiting: Array<Duplex> = []
    let serve = (socket: Duplex): void => void waiting.push(socket)
    // Added first, so it runs last: what is connected then would keep the process, and the other end, waiting.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const socket of open) socket.destroy()
      })
    )
    const address = yield* wire.listen({
      ...options,
      onConnection: (socket) => {
        open.add(socket)
        socket.on("error", () => {})
        socket.once("close", () => open.delete(socket))
        serve(socket)
      }
    })
    const server = SocketServer.SocketServer.of({
      address: { _tag: "TcpAddress", hostname: address.address, port: address.port },
      run: <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
        Effect.scoped(Effect.gen(function*() {
          const run = yield* FiberSet.makeRuntime<R>()
          const before = serve
          yield* Effect.addFinalizer(() => Effect.sync(() => void (serve = before)))
          serve = (conn) =>
            void run(
              NodeSocket.fromDuplex(
                Effect.acquireRelease(
                  conn.destroyed
                    ? Effect.fail(new Socket.SocketCloseError({ reason: "Close", code: 1000 }))
                    : Effect.succeed(conn),
                  (conn) => Effect.sync(() => conn.destroy())
                )
              ).pipe(
                Effect.flatMap(handler),
                // A connection that breaks is nothing but that.
                Effect.catchAllCause((cause) => Effect.logDebug("a runner's connection ended", cause))
              )
            )
          waiting.splice(0).forEach(serve)
          return yield* Effect.never
        }))
    })
    return { server, host: address.address, port: address.port }
  }
)

/** How a runner reaches another. */
export const layerProtocol = (
  wire: Wire
): Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization> =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.map(RpcSerialization.RpcSerialization, (serialization) => (address) =>
      NodeSocket.fromDuplex(
        Effect.mapError(
          wire.connect({ host: address.host, port: address.port }),
          (cause) => new Socket.SocketGenericError({ reason: "Open", cause })
        ),
        { openTimeout: 1000 }
      ).pipe(
        Effect.flatMap((socket) =>
          RpcClient.makeProtocolSocket().pipe(
            Effect.provideService(Socket.Socket, socket),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          )
        )
      ))
  )
