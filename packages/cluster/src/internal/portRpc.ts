/**
 * An rpc conversation between two threads of a process, one client and one server, on the port between them. What is said
 * is cloned as threads do it, and encoded no further.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import type { FromClientEncoded, FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { MessagePort, Worker } from "node:worker_threads"

const hearing = (
  port: MessagePort | Worker,
  hear: (message: unknown) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void port.on("message", hear)),
    () => Effect.sync(() => void port.off("message", hear))
  )

export const makeClient = (port: Worker): Effect.Effect<RpcClient.Protocol["Type"], never, Scope.Scope> =>
  RpcClient.Protocol.make((respond) =>
    Effect.gen(function*() {
      const run = Runtime.runFork(yield* Effect.runtime<never>())
      // A fork runs at once until it has to wait, so messages are taken in their order.
      yield* hearing(port, (message) => void run(respond(message as FromServerEncoded)))
      return {
        send: (request) => Effect.sync(() => port.postMessage(request)),
        supportsAck: true,
        supportsTransferables: false
      }
    })
  )

export const layerServer = (port: MessagePort): Layer.Layer<RpcServer.Protocol> =>
  Layer.scoped(
    RpcServer.Protocol,
    RpcServer.Protocol.make((hear) =>
      Effect.gen(function*() {
        const run = Runtime.runFork(yield* Effect.runtime<never>())
        yield* hearing(port, (message) => void run(hear(0, message as FromClientEncoded)))
        return {
          disconnects: yield* Mailbox.make<number>(),
          send: (_: number, response: FromServerEncoded) => Effect.sync(() => port.postMessage(response)),
          end: () => Effect.void,
          clientIds: Effect.succeed(new Set([0])),
          initialMessage: Effect.succeed(Option.none()),
          supportsAck: true,
          supportsTransferables: false,
          supportsSpanPropagation: false
        }
      })
    )
  )
