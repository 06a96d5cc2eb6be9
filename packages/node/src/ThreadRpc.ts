/**
 * An rpc conversation between a program and a thread of its own: one client, one server, on the port between them. All
 * that is said in one turn of the loop crosses at once, cloned as threads do it and encoded no further.
 *
 * For threads that are no executors: executors have conversations of their own.
 *
 * @since 0.1.0
 */
import type * as RpcClient from "@effect/rpc/RpcClient"
import type * as RpcServer from "@effect/rpc/RpcServer"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { MessagePort, Worker } from "node:worker_threads"
import * as RpcWire from "./wire/rpcWire.js"
import * as Wires from "./wire/wire.js"

/**
 * The program's side: what `RpcClient.make` needs to ask the thread. Says nothing of the thread's death, which the worker's
 * own `exit` event tells: whoever asks races with that.
 *
 * ```ts
 * import { ThreadRpc } from "@creel/node"
 * import { Rpc, RpcClient, RpcGroup } from "@effect/rpc"
 * import { Effect, Schema } from "effect"
 * import { Worker } from "node:worker_threads"
 *
 * class Numbers extends RpcGroup.make(
 *   Rpc.make("Double", { payload: { of: Schema.Number }, success: Schema.Number })
 * ) {}
 *
 * const program = Effect.gen(function*() {
 *   const worker = new Worker(new URL("./numbers.js", import.meta.url))
 *   const rpc = yield* RpcClient.make(Numbers).pipe(
 *     Effect.provideServiceEffect(RpcClient.Protocol, ThreadRpc.makeClient(worker))
 *   )
 *   return yield* rpc.Double({ of: 21 })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeClient = (
  worker: Worker | MessagePort
): Effect.Effect<RpcClient.Protocol["Type"], never, Scope.Scope> =>
  RpcWire.makeClient(Wires.fromMessagePort(worker), Wires.channelExecutor)

/**
 * The thread's side, given its `parentPort`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = (port: MessagePort): Layer.Layer<RpcServer.Protocol> =>
  // The port is listened to from when the layer is built.
  Layer.suspend(() => RpcWire.layerServer(Wires.fromMessagePort(port), Wires.channelExecutor))
