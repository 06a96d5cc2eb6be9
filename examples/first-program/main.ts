import { NodeCluster } from "@creel/node"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Effect } from "effect"
import { add, inc } from "./tasks.js"

const program = Effect.gen(function*() {
  const x = yield* Client.submit(inc, 1) // Future<number, never>: returned at once, pending
  const y = yield* Client.submit(inc, 10)
  const total = yield* Client.submit(add, x, y) // futures are accepted wherever their value is: work moves to the data
  console.log(total) // Future(add-7f3a…, pending)
  console.log(yield* total) // a Future is a Fiber, a Fiber is an Effect: yielding it joins it
}).pipe(Effect.scoped) // the scope ends: references drop, values are freed on the workers

program.pipe(
  Effect.provide(NodeCluster.layerThreads({ threads: 4, tasks: new URL("./tasks.js", import.meta.url) })),
  NodeRuntime.runMain
)
