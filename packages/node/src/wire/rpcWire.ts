/**
 * The two ends of an rpc conversation over a wire. One wire channel serves one client: a connection per pair, so that
 * one death is one scope. Nothing is serialized beyond what the wire does by itself.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import type { FromClientEncoded, FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type { Wire } from "./wire.js"

/**
 * `acks`: whether a stream waits for its reader after each chunk. Without, it never waits: for streams whose length is
 * bounded by what was asked for.
 */
interface Options {
  readonly acks: boolean
}

export const makeClient = (wire: Wire, channel: number, options: Options = { acks: true }) =>
  RpcClient.Protocol.make(Effect.fnUntraced(function*(writeResponse) {
    const run = Runtime.runFork(yield* Effect.runtime())
    yield* Effect.acquireRelease(
      // A fork runs at once until it has to wait, so messages are taken in their order.
      Effect.sync(() => wire.listen(channel, (message) => run(writeResponse(message as FromServerEncoded)))),
      (stop) => Effect.sync(stop)
    )
    return {
      send: (request) => Effect.sync(() => wire.post(channel, request)),
      supportsAck: options.acks,
      supportsTransferables: false
    }
  }))

export const layerClient = (wire: Wire, channel: number): Layer.Layer<RpcClient.Protocol> =>
  Layer.scoped(RpcClient.Protocol, makeClient(wire, channel))

export const makeServer = (wire: Wire, channel: number, options: Options = { acks: true }) =>
  RpcServer.Protocol.make(Effect.fnUntraced(function*(writeRequest) {
    const run = Runtime.runFork(yield* Effect.runtime())
    const disconnects = yield* Mailbox.make<number>()
    yield* Effect.acquireRelease(
      Effect.sync(() => wire.listen(channel, (message) => run(writeRequest(0, message as FromClientEncoded)))),
      (stop) => Effect.sync(stop)
    )
    return {
      disconnects,
      send: (_clientId, response: FromServerEncoded) => Effect.sync(() => wire.post(channel, response)),
      end: () => Effect.void,
      clientIds: Effect.succeed(new Set([0])),
      initialMessage: Effect.succeed(Option.none()),
      supportsAck: options.acks,
      supportsTransferables: false,
      supportsSpanPropagation: false
    }
  }))

export const layerServer = (
  wire: Wire,
  channel: number,
  options?: Options
): Layer.Layer<RpcServer.Protocol> => Layer.scoped(RpcServer.Protocol, makeServer(wire, channel, options))
