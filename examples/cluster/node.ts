// One node: what each replica of a service would add to its layers. `node.js DATABASE NAME`
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"

const [database = "", workerName] = process.argv.slice(2)

const Node = CreelCluster.layer({
  threads: 2,
  tasks: new URL("./tasks.js", import.meta.url),
  workerName
}).pipe(Layer.provide(PgClient.layer({ url: Redacted.make(database), maxConnections: 4 })))

Layer.launch(Layer.tap(Node, () => Effect.sync(() => console.log("ready")))).pipe(NodeRuntime.runMain)
