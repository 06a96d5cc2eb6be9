/**
 * Graphs to try passes with: what they come to, random ones, and how much is held while they are done in some order.
 */
import { Graph, Task } from "creel"
import * as FastCheck from "fast-check"

/** What each kept key comes to, one node after the other in the order given, and how many nodes were done. */
export const evaluate = (
  graph: Graph.Graph.Any,
  keep: ReadonlyArray<string>,
  order: ReadonlyArray<string> = Graph.order(graph, keep)
): { readonly [key: string]: unknown } => {
  const values = new Map<string, unknown>()
  for (const key of order) values.set(key, valueOf(graph.nodes.get(key)!, values))
  return Object.fromEntries(keep.map((key) => {
    if (!values.has(key)) throw new Error(`${key} is gone`)
    return [key, values.get(key)]
  }))
}

const valueOf = (node: Graph.Node, values: ReadonlyMap<string, unknown>): unknown => {
  switch (node._tag) {
    case "Value":
      return node.value
    case "Held":
      return node.future
    case "Alias":
      return look(values, node.of)
    case "Call":
      return run(node, values)
    case "Fused": {
      const own = new Map<string, unknown>()
      let last: unknown
      for (const { call, key } of node.steps) {
        last = run(call, {
          get: (name: string) => own.has(name) ? own.get(name) : values.get(name),
          has: (name: string) => own.has(name) || values.has(name)
        })
        own.set(key, last)
      }
      return last
    }
  }
}

type Values = Pick<ReadonlyMap<string, unknown>, "get" | "has">

const look = (values: Values, key: string): unknown => {
  if (!values.has(key)) throw new Error(`${key} is not there yet`)
  return values.get(key)
}

const run = (call: Graph.Call, values: Values): unknown => {
  const mapped = Graph.mapRefs(call, (ref) => look(values, ref.key))
  const { args, task } = mapped as Graph.Call
  return Task.isTask(task) ? task.runSync(args) : (task as (...args: ReadonlyArray<unknown>) => unknown)(...args)
}

/** A tree of what was called with what: two graphs that give the same have done the same. */
export const node = (name: string, options?: Task.SubmitOptions & { readonly slots?: "cpu" | number }) =>
  Task.sync(name, (...args: ReadonlyArray<unknown>): unknown => digest(name, args), options)

/** Of names and values, small whatever goes in. */
const digest = (name: string, value: unknown): string => {
  const text = JSON.stringify([name, value], (_, each) => typeof each === "bigint" ? `${each}n` : each)
  let hash = 2166136261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0
  return `${name}:${hash.toString(36)}`
}

const tasks = {
  f: node("f"),
  g: node("g"),
  here: node("here", { workers: ["a"] }),
  there: node("there", { workers: "b" }),
  gpu: node("gpu", { resources: { gpu: 1 } }),
  urgent: node("urgent", { priority: 5 }),
  light: node("light", { slots: 8 }),
  tried: node("tried", { retry: { times: 3 } }),
  timed: node("timed", { timeout: "1 second" }),
  named: node("named", { key: "a key" })
}

export interface Drawn {
  readonly graph: Graph.Graph
  readonly keep: ReadonlyArray<string>
}

/** Acyclic, of any shape, in any order, with all kinds of nodes (but Held), names at any depth and options of all kinds. */
export const drawn: FastCheck.Arbitrary<Drawn> = FastCheck.array(
  FastCheck.record({
    kind: FastCheck.constantFrom(
      ..."fffffffgggggg".split(""),
      ...Object.keys(tasks),
      "value",
      "large",
      "alias",
      "fused"
    ),
    needs: FastCheck.array(FastCheck.nat(7), { maxLength: 4 }),
    far: FastCheck.nat(1000),
    deep: FastCheck.boolean(),
    keep: FastCheck.integer({ min: 0, max: 5 }),
    place: FastCheck.nat(1000)
  }),
  { maxLength: 40, minLength: 1 }
).map((rows) => {
  const nodes = rows.map((row, i): readonly [string, Graph.Node] => {
    // Names go back: near ones mostly, so that there are chains.
    const needs = i === 0 ? [] : row.needs.map((need) => need === 7 ? row.far % i : Math.max(0, i - 1 - need))
    const refs = needs.map((need) => Graph.ref<never, never>(`n${need}`))
    const args = row.deep ? [i, { x: refs, y: [[refs[0] ?? "none"]] }] : [i, ...refs]
    return [`n${i}`, drawnNode(row.kind, args, needs, i)]
  })
  const at = (i: number) => rows[i]!.place
  const graph = Graph.fromIterable(
    nodes.map((node, i) => [node, at(i)] as const).sort((a, b) => a[1] - b[1]).map(([n]) => n)
  )
  const keep = nodes.filter((_, i) => rows[i]!.keep === 0 || i === rows.length - 1).map(([key]) => key)
  return { graph, keep }
})

const drawnNode = (kind: string, args: ReadonlyArray<unknown>, needs: ReadonlyArray<number>, i: number): Graph.Node => {
  if (kind === "value") return Graph.value({ small: i })
  if (kind === "large") return Graph.value({ large: new Array(1000).fill(i) })
  if (kind === "alias" && needs.length > 0) return Graph.alias(`n${needs[0]}`)
  if (kind === "fused") {
    return {
      _tag: "Fused",
      steps: [
        { key: `inner${i}`, call: Graph.callOf(tasks.f, args) },
        { key: `n${i}`, call: Graph.callOf(tasks.g, [Graph.ref(`inner${i}`), args[1]]) }
      ]
    }
  }
  return Graph.callOf(tasks[kind as keyof typeof tasks] ?? tasks.f, args)
}

/** How many values are held at once, at most, when nodes are done one by one: outputs to the end, others to the last use. */
export const peak = (graph: Graph.Graph.Any, outputs: ReadonlyArray<string>, order: ReadonlyArray<string>): number => {
  const uses = new Map<string, number>()
  for (const node of graph.nodes.values()) {
    for (const key of Graph.needs(node)) uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  for (const key of outputs) uses.set(key, Infinity)
  let held = 0
  let most = 0
  for (const key of order) {
    most = Math.max(most, ++held)
    for (const need of Graph.needs(graph.nodes.get(key)!)) {
      const left = uses.get(need)! - 1
      uses.set(need, left)
      if (left === 0) held--
    }
    if ((uses.get(key) ?? 0) === 0) held--
  }
  return most
}

/** Level by level: whatever can be done is done before what it leads to. */
export const breadthFirst = (graph: Graph.Graph.Any): ReadonlyArray<string> => {
  const users = new Map<string, Array<string>>()
  const missing = new Map<string, number>()
  const out: Array<string> = []
  for (const [key, node] of graph.nodes) {
    const needs = Graph.needs(node)
    missing.set(key, needs.length)
    if (needs.length === 0) out.push(key)
    for (const need of needs) {
      const list = users.get(need)
      if (list === undefined) users.set(need, [key])
      else list.push(key)
    }
  }
  for (let i = 0; i < out.length; i++) {
    for (const user of users.get(out[i]!) ?? []) {
      const left = missing.get(user)! - 1
      missing.set(user, left)
      if (left === 0) out.push(user)
    }
  }
  return out
}
