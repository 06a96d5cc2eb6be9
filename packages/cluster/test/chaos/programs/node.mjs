// A node: `node.mjs OPTIONS`.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { common, options, say, Storage } from "./shared.mjs"

const tasks = new URL("./tasks.mjs", import.meta.url)
const shared = {
  ...common,
  tasks,
  workerName: options.name,
  ...(options.scheduler === undefined ? {} : { scheduler: options.scheduler }),
  ...(options.resources === undefined ? {} : { resources: options.resources }),
  ...(options.memory === undefined ? {} : { memory: options.memory })
}

const Node = options.processes === undefined
  ? CreelCluster.layer({ ...shared, threads: options.threads ?? 1 })
  : CreelCluster.layerProcesses({ ...shared, processes: options.processes })

NodeRuntime.runMain(
  Effect.gen(function*() {
    const context = yield* Layer.build(Layer.provide(Node, Storage))
    say("ready", { id: Context.get(context, CreelCluster.Node).id })
    return yield* Effect.never
  }).pipe(Effect.scoped)
)
