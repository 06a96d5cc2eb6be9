/** What a grouping is submitted as: after all that is done to graphs, no task brings together what the shuffle keeps apart. */
import { Bag } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { type Client, Collection, Graph } from "creel"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Nothing in these asks the client. */
const built = (of: Collection.Any): Collection.Built =>
  Effect.runSync(of[Collection.TypeId].build as Exclude<Effect.Effect<Collection.Built>, Client.Client | Scope.Scope>)

interface Submitted {
  readonly nodes: ReadonlyMap<string, Graph.Node>
  readonly finish: string | undefined
}

/** As `Client.compute` has it. */
const submitted = (of: Collection.Any): Submitted => {
  const { finish, graph, outputs } = built(of)
  const nodes = finish === undefined ? graph.nodes : new Map([...graph.nodes, [finish.key, finish.node]])
  const keep = finish === undefined ? outputs : [finish.key]
  return { nodes: Graph.optimize({ nodes }, keep).nodes, finish: finish?.key }
}

const tasksOf = (node: Graph.Node): ReadonlyArray<string> =>
  node._tag === "Call" ? [node.task.name] : node._tag === "Fused" ? node.steps.map(({ call }) => call.task.name) : []

const splits = ["creel/bag/resplit", "creel/bag/end/cut", "creel/bag/scanon"]

/** Whether the value of a node is all buckets of a partition. */
const isSplit = (key: string, node: Graph.Node): boolean =>
  /-(split|cut|scan)-\d/.test(key) || tasksOf(node).some((task) => splits.includes(task))

const check = (of: Collection.Any, maxBranch: number): ReadonlyMap<string, Graph.Node> => {
  const { finish, nodes } = submitted(of)
  for (const [key, node] of nodes) {
    if (key === finish) continue
    const needs = Graph.needs(node)
    assert.isTrue(needs.length <= maxBranch, `${key} has ${needs.length} inputs`)
    for (const need of needs) {
      if (!isSplit(need, nodes.get(need)!)) continue
      // Only what takes one bucket, and does nothing else, is given a split.
      const tasks = tasksOf(node)
      assert.strictEqual(tasks.length, 1, `${key}: ${tasks.join()} of ${need}`)
      assert.include(["creel/bag/pick", "creel/bag/last", "creel/bag/values"], tasks[0])
    }
  }
  return nodes
}

const numbers = (partitions: number) => Bag.range(0, 1000, { partitions }).pipe(Bag.map((n) => n + 1))

describe("what is submitted", () => {
  it("for groupBy has bounded inputs, and splits go to picks alone", () => {
    for (const [partitions, outputs] of [[1, 1], [1, 8], [8, 1], [8, 8], [50, 50], [100, 7], [7, 100]] as const) {
      check(numbers(partitions).pipe(Bag.groupBy((n) => n % 10, { partitions: outputs, maxBranch: 8 })), 8)
    }
  })

  it("for groupBy grows like n log n", () => {
    const tasks = (n: number) => check(Bag.groupBy(numbers(n), (x) => x, { maxBranch: 4 }), 4).size
    // For each partition its split; for each step 4 picks and a split, or in the end a group; and one task for all.
    for (const [n, steps] of [[4, 1], [16, 2], [64, 3], [256, 4]] as const) {
      assert.strictEqual(tasks(n), n * (1 + steps * (4 + 1)) + 1)
    }
  })

  it("for joins, cuts and running values neither brings whole splits anywhere", () => {
    check(numbers(20).pipe(Bag.join(numbers(30), { on: (n) => n, maxBranch: 4 })), 8)
    check(numbers(3).pipe(Bag.repartition({ partitions: 12 })), 2)
    check(numbers(9).pipe(Bag.accumulate(0, (a, b) => a + b)), 2)
    check(Bag.range(0, 9, { partitions: 9 }).pipe(Bag.accumulate(0, (a, b) => a + b)), 2)
  })
})
