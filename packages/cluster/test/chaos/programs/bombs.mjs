// A client that submits tasks which kill their process, and says what becomes of them: `bombs.mjs OPTIONS`.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Client, Task } from "creel"
import { Cause, Effect, Layer, Option } from "effect"
import { common, options, say, Storage } from "./shared.mjs"
import { bomb } from "./tasks.mjs"

const armed = options.resources === undefined ? bomb : bomb.pipe(Task.with({ resources: options.resources }))

const program = Effect.gen(function*() {
  const names = Array.from({ length: options.count }, (_, at) => String(at + 1))
  const futures = yield* Effect.forEach(names, (name) => Client.submit(armed, name, "kill", 200))
  say("submitted")
  yield* Effect.forEach(names, (name, at) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(futures[at])
      const error = exit._tag === "Success" ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
      say("bomb", {
        name,
        reason: exit._tag === "Success" ? "success" : error?.reason ?? error?._tag ?? String(exit.cause)
      })
    }), { concurrency: "unbounded", discard: true })
  say("done")
}).pipe(Effect.scoped)

NodeRuntime.runMain(
  Effect.provide(program, Layer.provide(CreelCluster.layerClient(common), Storage)).pipe(
    Effect.ensuring(Effect.sync(() => process.stdin.destroy()))
  )
)
