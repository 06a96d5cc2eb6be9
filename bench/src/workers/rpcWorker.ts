/**
 * A thread that serves the group.
 */
import { NodeRuntime, NodeWorkerRunner } from "@effect/platform-node"
import { RpcServer } from "@effect/rpc"
import { Effect, Layer } from "effect"
import { Rpcs } from "./rpcGroup.js"

const handlers = Rpcs.toLayer({
  inc: ({ x }) => Effect.succeed(x + 1),
  add: ({ x, y }) => Effect.succeed(x + y)
})

RpcServer.layer(Rpcs).pipe(
  Layer.provide(handlers),
  Layer.provide(RpcServer.layerProtocolWorkerRunner),
  Layer.provide(NodeWorkerRunner.layer),
  NodeWorkerRunner.launch,
  NodeRuntime.runMain
)
