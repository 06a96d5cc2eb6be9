/**
 * The end of a link that connects: a socket to the node that carries the scheduler, and an rpc client on it.
 *
 * When the connection ends, all that is under way fails with an `RpcClientError`, and then `broken` is done.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import type { FromServerEncoded } from "@effect/rpc/RpcMessage"
import type * as Door from "creel/Door"
import type { Introduction, There } from "creel/Rpcs"
import { protocol, Refused, SchedulerRpcs } from "creel/Rpcs"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as net from "node:net"
import { ClusterError } from "../ClusterError.js"
import type { Pulse } from "./frames.js"
import { Frames } from "./frames.js"
import * as LinkWire from "./wire.js"

const broke = (detail: string): RpcClientError => new RpcClientError({ reason: "Protocol", message: `link: ${detail}` })

const makeProtocol = (socket: net.Socket, pulse: Pulse, broken: Deferred.Deferred<void>) =>
  Effect.gen(function*() {
    const parser = (yield* LinkWire.makeParser)()
    const runtime = yield* Effect.runtime<never>()
    const run = Runtime.runFork(runtime)
    let failure: RpcClientError | undefined
    let frames: Frames | undefined
    const protocol = yield* RpcClient.Protocol.make((respond) =>
      Effect.sync(() => {
        frames = new Frames(socket, {
          pulse,
          max: () => LinkWire.peerMax,
          frame: (bytes) => {
            try {
              // A fork runs at once until it has to wait, so messages are taken in their order.
              for (const message of parser.decode(bytes)) run(respond(message as FromServerEncoded))
            } catch {
              frames?.end("it says what cannot be read")
            }
          },
          ended: (why) => {
            failure = broke(why)
            run(Effect.zipRight(
              respond({ _tag: "ClientProtocolError", error: failure }),
              Deferred.succeed(broken, undefined)
            ))
          }
        })
        return {
          send: (request) =>
            Effect.suspend(() => {
              if (failure !== undefined) return Effect.fail(failure)
              const bytes = parser.encode(request)
              if (bytes !== undefined) frames?.write(bytes as Uint8Array)
              return Effect.void
            }),
          supportsAck: true,
          supportsTransferables: false
        }
      })
    )
    return { protocol, end: (why: string) => Effect.sync(() => frames?.end(why)) }
  })

export interface Options {
  readonly address: string
  readonly socket: Effect.Effect<net.Socket, ClusterError>
  readonly pulse: Pulse
  readonly introduction: Omit<Introduction, "protocol">
  /** Milliseconds the other end may take to answer the introduction. */
  readonly within: number
}

export interface Connection extends Door.Connection {
  readonly there: There
}

export const connect = (options: Options): Effect.Effect<Connection, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const { address } = options
    const socket = yield* Effect.acquireRelease(options.socket, (socket) => Effect.sync(() => socket.destroy()))
    const broken = yield* Deferred.make<void>()
    const wire = yield* makeProtocol(socket, options.pulse, broken)
    const client = yield* Effect.provideService(
      RpcClient.make(SchedulerRpcs, { disableTracing: true }),
      RpcClient.Protocol,
      wire.protocol
    )
    const there = yield* client.Introduce({ ...options.introduction, protocol }).pipe(
      Effect.timeoutFail({
        duration: options.within,
        onTimeout: () => new ClusterError({ reason: "ConnectFailed", address, detail: "it does not answer" })
      }),
      Effect.catchTags({
        Refused: (refused) => Effect.fail(new ClusterError({ reason: "Refused", address, detail: refused.message })),
        RpcClientError: (error) =>
          Effect.fail(new ClusterError({ reason: "ConnectFailed", address, detail: error.message, cause: error }))
      })
    )
    if (there.protocol !== protocol) {
      const { message } = new Refused({ reason: "version", detail: LinkWire.otherProtocol(there.protocol) })
      return yield* new ClusterError({ reason: "Refused", address, detail: message })
    }
    return { client, there, broken: Deferred.await(broken), abort: wire.end("it was given up") }
  })
