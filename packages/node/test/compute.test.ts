/** Graphs on real threads: fused chains, shared buffers, callables. */
import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client, Graph } from "creel"
import { Effect } from "effect"
import { add, big, inc, sum } from "./fixtures/contracts.js"
import { tasks } from "./utils/programs.js"

describe("graphs on threads", () => {
  it.live("chains are fused, large values stay in shared memory, a thousand nodes come to one", () =>
    Effect.gen(function*() {
      const graph = Graph.make({
        x: Graph.call(inc, 1),
        y: Graph.call((x: number) => x * 10, Graph.ref("x")),
        z: Graph.call(add, Graph.ref("y"), Graph.ref("y")),
        xs: Graph.call(big, 100_000),
        seen: Graph.call(sum, Graph.ref("xs"))
      })
      const { seen, z } = yield* Client.compute(graph)
      assert.strictEqual(yield* z, 40)
      // Fused, the array does not cross at all.
      assert.deepStrictEqual(yield* seen, { shared: false, total: 100_000 })
      const apart = yield* Client.compute(
        Graph.make({ ys: Graph.call(big, 100_000), looked: Graph.call(sum, Graph.ref("ys")) }),
        { outputs: ["ys", "looked"] }
      )
      assert.deepStrictEqual(yield* apart.looked, { shared: true, total: 100_000 })

      const width = 500
      const wide = Graph.fromIterable([
        ...Array.from({ length: width }, (_, n) => [`a${n}`, Graph.call(inc, n)] as const),
        ...Array.from(
          { length: width },
          (_, n) => [`b${n}`, Graph.call(inc, Graph.ref<number, never>(`a${n}`))] as const
        ),
        [
          "total",
          Graph.callOf((xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0), [
            Array.from({ length: width }, (_, n) => Graph.ref(`b${n}`))
          ])
        ]
      ])
      const { total } = yield* Client.compute(wide)
      assert.strictEqual(yield* total!, width * (width - 1) / 2 + 2 * width)
    }).pipe(Effect.scoped, Effect.provide(NodeCluster.layerThreads({ threads: 2, tasks }))))
})
