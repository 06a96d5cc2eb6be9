// Notebook: cluster = make_cluster(); cluster
import { NodeCluster } from "@creel/node"
import { Client, Cluster } from "creel"
import { Effect } from "effect"
import { code, heading, out, say } from "../print.js"

/** Workers are a Layer: what runs on them does not know whether they are threads, processes or machines. */
export const layer = NodeCluster.layerThreads({
  threads: 4,
  workers: 2,
  tasks: new URL("../tasks.js", import.meta.url)
})

export const cluster = Effect.gen(function*() {
  yield* heading(1, "A cluster")
  yield* say("Four threads of this process, shared by two workers. They loaded tasks.js before this line.")
  yield* code("NodeCluster.layerThreads({ threads: 4, workers: 2, tasks: new URL(\"../tasks.js\", import.meta.url) })")
  yield* Client.waitForWorkers(2)
  yield* out(yield* Cluster.describe)
})
