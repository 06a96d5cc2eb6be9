/** Nodes that all start at once. */
import { Effect } from "effect"
import type { Scenario } from "./scenario.js"
import { counted } from "./scenario.js"

export const together: Scenario = {
  name: "together",
  title: "ten nodes and two clients start at once on an empty database",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short, tell } = stage
      const began = performance.now()
      const all = yield* Effect.all(Array.from({ length: short ? 6 : 10 }, () => crew.node()))
      const clients = yield* Effect.all(
        Array.from({ length: 2 }, (_, at) => crew.client("graphs.mjs", { tasks: 500, millis: 5, rounds: 1, seed: at }))
      )
      yield* Effect.all(
        all.map((node) => Effect.tap(node.word("ready"), () => Effect.sync(() => tell(`${node.name} is ready`)))),
        { concurrency: "unbounded" }
      )
      fact("nodes", all.length)
      fact("all up after s", ((performance.now() - began) / 1000).toFixed(1))
      for (const client of clients) yield* counted(stage, client, client.name)
      expect(all.every((node) => !node.gone()), "a node is gone")
    })
}
