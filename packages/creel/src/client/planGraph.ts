/**
 * From a graph to what is to be submitted, and in which order: checked, culled, optimised, each node with the digest of the
 * work that it stood for in the graph as it was given. Nothing is told and no row is made here.
 */
import * as Either from "effect/Either"
import { withAdvice } from "../future/answers.js"
import { SubmitError } from "../FutureError.js"
import * as Graph from "../Graph.js"
import { Digests } from "../graph/digest.js"
import type * as Task from "../Task.js"
import { using } from "../task/callable.js"

/** `Graph.optimize`, or what a collection has instead. It keeps the keys given. */
export type Optimize = (graph: Graph.Graph, keep: ReadonlyArray<string>) => Graph.Graph

export interface Plan {
  readonly nodes: ReadonlyMap<string, Graph.Node>
  /** Each after those that it names. */
  readonly order: ReadonlyArray<string>
  /** For each of them, the place in `order` of the last one that names it. */
  readonly lastUse: ReadonlyMap<string, number>
  readonly uses: ReadonlyMap<string, number>
  readonly digests: Digests
}

/** The contract of each call, found once. Throws `SubmitError`. */
export class Contracts {
  private readonly made = new Map<Graph.Call, Task.Contract.Any>()

  constructor(private readonly contractOf: (what: unknown) => Task.Contract.Any) {}

  readonly of = (call: Graph.Call): Task.Contract.Any => {
    let contract = this.made.get(call)
    if (contract === undefined) {
      contract = this.contractOf(call.task)
      if (call.uses.length > 0) contract = using(contract, call.uses)
      this.made.set(call, contract)
    }
    return contract
  }
}

/** Each after those that it names. Depth first, with a stack of its own. */
const sorted = ({ nodes }: Graph.Graph.Any, outputs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const done = new Set<string>()
  const order: Array<string> = []
  const stack: Array<{ readonly key: string; readonly names: ReadonlyArray<string>; next: number }> = []
  const enter = (key: string): void => {
    if (done.has(key)) return
    done.add(key)
    stack.push({ key, names: Graph.needs(nodes.get(key)!), next: 0 })
  }
  for (const output of outputs) {
    enter(output)
    for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
      if (top.next < top.names.length) enter(top.names[top.next++]!)
      else {
        order.push(top.key)
        stack.pop()
      }
    }
  }
  return order
}

const wrong = (error: Graph.GraphError): SubmitError =>
  new SubmitError({ reason: "BadGraph", key: error.keys[0], ...withAdvice(error.message) })

/** Throws `SubmitError`. With `whole`, all of the graph must be right, and not what the outputs need alone. */
export const make = (
  graph: Graph.Graph.Any,
  outputs: ReadonlyArray<string>,
  whole: boolean,
  optimize: Optimize | undefined,
  contracts: Contracts,
  futureKey: (leaf: object, task: string) => string | undefined
): Plan => {
  const given = Graph.cull(graph, outputs)
  const checked = Graph.check(whole ? graph : given, outputs)
  if (Either.isLeft(checked)) throw wrong(checked.left)
  const digests = new Digests(contracts.of, futureKey)
  if (optimize === undefined) return planOf(given.nodes, Graph.order(given, outputs), digests)
  for (const key of sorted(given, outputs)) digests.add(key, given.nodes.get(key)!)
  const better = Graph.cull(optimize(given, outputs), outputs)
  const again = Graph.check(better, outputs)
  if (Either.isLeft(again)) throw wrong(again.left)
  return planOf(better.nodes, Graph.order(better, outputs), digests)
}

const planOf = (nodes: ReadonlyMap<string, Graph.Node>, order: ReadonlyArray<string>, digests: Digests): Plan => {
  const lastUse = new Map<string, number>()
  const uses = new Map<string, number>()
  order.forEach((key, index) => {
    const node = nodes.get(key)!
    // Optimising may have made it: what was there before keeps the digest that it had.
    if (digests.get(key) === undefined) digests.add(key, node)
    for (const name of Graph.needs(node)) {
      lastUse.set(name, index)
      uses.set(name, (uses.get(name) ?? 0) + 1)
    }
  })
  return { nodes, order, lastUse, uses, digests }
}
