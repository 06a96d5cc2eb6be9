/**
 * What an Effect user has without Creel: a group of rpcs over a pool of two worker threads.
 */
import { NodeWorker } from "@effect/platform-node"
import { RpcClient } from "@effect/rpc"
import type { Effect } from "effect"
import { Context, Layer } from "effect"
import { Worker } from "node:worker_threads"
import { Rpcs } from "../workers/rpcGroup.js"

const make = RpcClient.make(Rpcs)

export class Client extends Context.Tag("bench/effectRpc/Client")<Client, Effect.Effect.Success<typeof make>>() {}

/**
 * How many calls are under way at once. With one a thread, the pool's default, each waits for the answer to the one before;
 * from here to several hundred it makes no difference, and unbounded is twenty times slower.
 */
export const concurrency = 64

export const effectRpc: Layer.Layer<Client, unknown> = Layer.scoped(Client, make).pipe(
  Layer.provide(RpcClient.layerProtocolWorker({ size: 2, concurrency: concurrency / 2 })),
  Layer.provide(NodeWorker.layerPlatform(() => new Worker(new URL("../workers/rpcWorker.js", import.meta.url))))
)
