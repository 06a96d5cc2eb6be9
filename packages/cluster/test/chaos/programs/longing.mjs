// A client with tasks that last longer than it does: `longing.mjs OPTIONS`.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Effect, Layer } from "effect"
import { common, options, say, Storage } from "./shared.mjs"
import { long } from "./tasks.mjs"

const program = Effect.gen(function*() {
  const names = Array.from({ length: options.count }, (_, at) => `${options.prefix}${at + 1}`)
  const futures = yield* Effect.forEach(names, (name) => Client.submit(long, name, 3_600_000))
  say("submitted")
  yield* Effect.all(futures, { concurrency: "unbounded" })
}).pipe(Effect.scoped)

NodeRuntime.runMain(
  Effect.provide(program, Layer.provide(CreelCluster.layerClient(common), Storage)).pipe(
    Effect.ensuring(Effect.sync(() => process.stdin.destroy()))
  )
)
