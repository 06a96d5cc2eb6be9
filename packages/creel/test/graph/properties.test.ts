import { assert, describe, it } from "@effect/vitest"
import { Graph } from "creel"
import { Either } from "effect"
import * as FastCheck from "fast-check"
import { breadthFirst, type Drawn, drawn, evaluate } from "../utils/graphs.js"

const runs = { numRuns: 300 }

const holds = (name: string, f: (drawn: Drawn) => void) =>
  it(name, () => FastCheck.assert(FastCheck.property(drawn, f), runs))

/** The order in which a graph can be done is part of it: not the one under test. */
const answers = (graph: Graph.Graph, keep: ReadonlyArray<string>) => evaluate(graph, keep, breadthFirst(graph))

const cheap = (call: Graph.Call) => typeof call.task !== "function" && call.task.name !== "g"

const passes: { readonly [name: string]: (drawn: Drawn) => Graph.Graph } = {
  cull: ({ graph, keep }) => Graph.cull(graph, keep),
  inline: ({ graph }) => Graph.inline(graph),
  "inline of cheap calls": ({ graph }) => Graph.inline(graph, { cheap }),
  "inline of cheap calls, a few steps each": ({ graph }) => Graph.inline(graph, { cheap, maxSteps: 2 }),
  "inline of named nodes": ({ graph }) => Graph.inline(graph, { keys: ["n0", "n3", "n5"], values: 0 }),
  fuse: ({ graph, keep }) => Graph.fuse(graph, keep),
  "fuse of neighbours": ({ graph, keep }) => Graph.fuse(graph, keep, { aveWidth: 3 }),
  "fuse of all that may": ({ graph, keep }) => Graph.fuse(graph, keep, { aveWidth: 100, maxWidth: 100 }),
  "fuse of low towers": ({ graph, keep }) => Graph.fuse(graph, keep, { maxHeight: 2 }),
  "fuse twice": ({ graph, keep }) => Graph.fuse(Graph.fuse(graph, keep), keep, { aveWidth: 4 }),
  optimize: ({ graph, keep }) => Graph.optimize(graph, keep),
  "optimize with cheap calls and neighbours": ({ graph, keep }) => Graph.optimize(graph, keep, { cheap, aveWidth: 3 }),
  "optimize twice": ({ graph, keep }) => Graph.optimize(Graph.optimize(graph, keep, { cheap }), keep, { aveWidth: 2 })
}

const tasksIn = (graph: Graph.Graph): number =>
  Array.from(graph.nodes.values()).filter((node) => node._tag === "Call" || node._tag === "Fused").length

describe.each(Object.entries(passes))("%s", (_, pass) => {
  holds("gives the same answers, for keys that survive", (drawn) => {
    const after = pass(drawn)
    assert.deepStrictEqual(answers(after, drawn.keep), answers(drawn.graph, drawn.keep))
  })

  holds("leaves a sound graph of no more tasks, and what it was given as it was", (drawn) => {
    const before = new Map(drawn.graph.nodes)
    const after = pass(drawn)
    assert.isTrue(Either.isRight(Graph.check(after, drawn.keep)))
    assert.isAtMost(tasksIn(after), tasksIn(drawn.graph))
    for (const key of after.nodes.keys()) assert.isTrue(before.has(key))
    assert.deepStrictEqual(drawn.graph.nodes, before)
  })

  holds("leaves fused nodes in whose steps each comes after those it names", (drawn) => {
    for (const [key, node] of pass(drawn).nodes) {
      if (node._tag !== "Fused") continue
      const keys = node.steps.map((step) => step.key)
      assert.strictEqual(keys.at(-1), key)
      assert.strictEqual(new Set(keys).size, keys.length)
      const own = new Set(keys)
      const needs = new Set(Graph.needs(node))
      // What a step names stands before it, or comes from outside.
      node.steps.forEach((step, i) => {
        for (const name of Graph.needs(step.call)) {
          if (own.has(name) && !keys.slice(0, i).includes(name)) assert.isTrue(needs.has(name))
        }
      })
    }
  })

  holds("puts only calls together that may run together", (drawn) => {
    for (const node of pass(drawn).nodes.values()) {
      if (node._tag !== "Fused") continue
      const places = new Set<string>()
      for (const { call } of node.steps) {
        assert(typeof call.task !== "function")
        const { key, resources, retry, timeout, workers } = call.task.submission
        assert.deepStrictEqual([key, retry, timeout], [undefined, undefined, undefined])
        if (workers !== undefined || resources !== undefined) places.add(JSON.stringify([workers, resources]))
      }
      assert.isAtMost(places.size, 1)
    }
  })
})

describe("order", () => {
  holds("is a permutation that respects what each needs, the same each time", ({ graph, keep }) => {
    const order = Graph.order(graph, keep)
    assert.deepStrictEqual([...order].sort(), [...graph.nodes.keys()].sort())
    const place = new Map(order.map((key, i) => [key, i]))
    for (const [key, node] of graph.nodes) {
      for (const need of Graph.needs(node)) assert.isBelow(place.get(need)!, place.get(key)!)
    }
    assert.deepStrictEqual(Graph.order(graph, keep), order)
  })
})
