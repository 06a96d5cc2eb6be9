// A client that has more values made, and held, than there is memory for: `bulk.mjs OPTIONS`.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Effect, Layer } from "effect"
import { common, memory, options, say, Storage } from "./shared.mjs"
import { bytes } from "./tasks.mjs"

const { bytes: size, count, rounds } = options

const program = Effect.gen(function*() {
  for (let round = 1; round <= rounds; round++) {
    yield* Effect.scoped(Effect.gen(function*() {
      const futures = yield* Effect.forEach(
        Array.from({ length: count }),
        (_, at) => Client.submit(bytes, round * 1000 + at, size)
      )
      const { done } = yield* Client.wait(futures)
      const wrong = []
      for (const [at, future] of futures.entries()) {
        const exit = yield* Effect.exit(future)
        const right = exit._tag === "Success" && exit.value.length === size &&
          exit.value.every((byte) => byte === (round * 1000 + at) % 251)
        if (!right) wrong.push(`${at}: ${exit._tag === "Success" ? "other bytes" : String(exit.cause)}`)
      }
      const missing = count - done.length
      say("round", {
        round,
        tasks: count,
        missing,
        twice: 0,
        wrong: wrong.length,
        examples: wrong.slice(0, 5),
        ...memory()
      })
    }))
  }
  say("done")
})

NodeRuntime.runMain(
  Effect.provide(program, Layer.provide(CreelCluster.layerClient(common), Storage)).pipe(
    Effect.ensuring(Effect.sync(() => process.stdin.destroy()))
  )
)
