/**
 * The sockets between runners. Owned here: how `@effect/cluster`'s runner traffic is listened for and connected. Not
 * owned: who is let in, and that small writes are sent at once, which are `Security`'s.
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
import type * as Net from "node:net"
import type * as Security from "../Security.js"
import type { Trust } from "./trust.js"

/** Errors of a socket are told by its closing; without a listener they would end the process. */
const quiet = <A extends Net.Socket>(socket: A): A => socket.on("error", () => {})

/** Listens, and keeps who connects until there is somebody to serve them. */
export const listen = Effect.fnUntraced(function*(
  security: Security.Service,
  options: { readonly host: string; readonly port: number }
) {
  const waiting: Array<Net.Socket> = []
  let serve = (socket: Net.Socket): void => void waiting.push(socket)
  // Anyone of the cluster may ask where a scheduler is, and that is all that can be asked here.
  const listener = yield* security.listen({ ...options, onConnection: (socket) => serve(quiet(socket)) })
  const server = SocketServer.SocketServer.of({
    address: { _tag: "TcpAddress", hostname: listener.host, port: listener.port },
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
  return { server, host: listener.host, port: listener.port }
})

/** How a runner reaches another. */
export const layerProtocol = (
  security: Security.Service,
  role: Security.Role,
  trust: Trust
): Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization> =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.map(RpcSerialization.RpcSerialization, (serialization) => (address) =>
      NodeSocket.fromDuplex(
        Effect.acquireRelease(
          Effect.mapBoth(security.connect({ host: address.host, port: address.port, role, within: "1 second" }), {
            onFailure: (cause) => {
              trust.failed(cause)
              return new Socket.SocketGenericError({ reason: "Open", cause })
            },
            onSuccess: (socket) => {
              trust.accepted()
              return quiet(socket)
            }
          }),
          (socket) => Effect.sync(() => socket.destroy())
        )
      ).pipe(
        Effect.flatMap((socket) =>
          RpcClient.makeProtocolSocket().pipe(
            Effect.provideService(Socket.Socket, socket),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          )
        )
      ))
  )
