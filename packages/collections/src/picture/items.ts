/**
 * A graph as a picture sees it: one item a node, with the names a reader knows it by. It owns names, labels and layers;
 * which items share a box is `boxes`' business, where boxes stand `layout`'s.
 */
import * as Graph from "creel/Graph"
import * as Predicate from "effect/Predicate"
import * as Text from "./text.js"

export type Kind = "task" | "fused" | "value" | "held" | "alias" | "missing"

export interface Item {
  readonly key: string
  readonly kind: Kind
  /** The name it shares with others of its kind: the task's, or what stands before the digest in its key. */
  readonly group: string
  /** The first lines of its box: what is called, and the key where somebody chose it. */
  readonly label: ReadonlyArray<string>
  readonly output: boolean
  /** Places of what it needs in the list, each once. */
  readonly needs: ReadonlyArray<number>
  readonly dependents: ReadonlyArray<number>
  /** How many steps lie between it and the farthest of what it needs. */
  readonly layer: number
}

/** `inc-3f2a9c…`, `sum-3f2a9c…-4`: a name, and a digest, and perhaps numbers, that tell it from others. */
const digested = /^(.*[^-])-+(?=[^-]*\d)[0-9A-Za-z_]{6,}(?:-\d+)*$/s

const named = (key: string): string | undefined => digested.exec(key)?.[1]

/** Creel's own tasks are known by their last words. */
const shortened = (name: string): string => name.replace(/^creel\//, "")

const taskName = (task: Graph.Call["task"]): string =>
  Text.visible(shortened(task.name)) || (typeof task === "function" ? "function" : "task")

const groupOf = (key: string, node: Graph.Node): string => {
  switch (node._tag) {
    case "Call":
      return shortened(named(key) ?? "") || taskName(node.task)
    case "Fused":
      return shortened(named(key) ?? "") || runs(node.steps.map((step) => taskName(step.call.task))).join(" · ")
    case "Value":
      return named(key) ?? Text.kindOf(node.value)
    case "Held":
      return named(node.future.key) ?? node.future.key
    case "Alias":
      return named(key) ?? "alias"
  }
}

/** `inc`, `inc`, `sum` as `inc ×2`, `sum`. */
const runs = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const out: Array<{ readonly name: string; count: number }> = []
  for (const name of names) {
    const last = out.at(-1)
    if (last?.name === name) last.count++
    else out.push({ name, count: 1 })
  }
  return out.map(({ count, name }) => count === 1 ? name : `${name} ×${count}`)
}

/** The operations that a task of Creel's own is told to do: its arguments are for machines. */
const operations = (call: Graph.Call): ReadonlyArray<string> => {
  const names = call.args.flatMap((arg) => Array.isArray(arg) ? arg : []).flatMap((part: unknown) =>
    Predicate.hasProperty(part, "op") && typeof part.op === "string" ? [part.op] : []
  )
  return names.length === 0 ? [] : [Text.clipped(runs(names).join(" · "), 30)]
}

const isOwn = (call: Graph.Call): boolean => call.task.name.startsWith("creel/")

const callLabel = (call: Graph.Call, name: string): string => {
  const args = call.args.map(Text.argument)
  const known = args.some((arg) => arg !== Text.hole)
  return known ? Text.clipped(`${name}(${args.join(", ")})`, 30) : Text.clipped(name, 30)
}

const maxSteps = 5

const stepLabels = (node: Graph.Fused): ReadonlyArray<string> => {
  const names = runs(node.steps.map((step) => taskName(step.call.task))).map((name) => Text.clipped(name, 30))
  return names.length <= maxSteps
    ? names
    : [...names.slice(0, maxSteps - 2), `… ${names.length - maxSteps + 1} more`, names.at(-1)!]
}

/** A key that somebody chose says what the node is for. */
const chosen = (key: string, shown: string): ReadonlyArray<string> =>
  named(key) === undefined && key !== shown ? [Text.clipped(key, 30)] : []

const labelOf = (key: string, node: Graph.Node, group: string): ReadonlyArray<string> => {
  switch (node._tag) {
    case "Call": {
      // The key of a bag's pass says more than the name of the one task that runs them all.
      const name = shortened(named(key) ?? "") || taskName(node.task)
      return isOwn(node)
        ? [Text.clipped(name, 30), ...operations(node), ...chosen(key, name)]
        : [callLabel(node, name), ...chosen(key, name)]
    }
    case "Fused":
      return [...stepLabels(node), ...chosen(key, group)]
    case "Value":
      return [Text.clipped(valueLabel(key, node.value), 24), ...chosen(key, "")]
    case "Held":
      return [Text.clipped(group, 30), ...chosen(key, group)]
    case "Alias":
      return [Text.clipped(key, 30)]
  }
}

/** Of a record nothing can be seen but its name. */
const valueLabel = (key: string, value: unknown): string =>
  Text.kindOf(value) === "record" ? named(key) ?? Text.value(value) : Text.value(value)

const kinds = { Call: "task", Fused: "fused", Value: "value", Held: "held", Alias: "alias" } as const

/** What one node names: the keys of its refs, those between the steps of one node left out. */
const needsOf = (node: Graph.Node): ReadonlyArray<string> => Graph.needs(node)

/**
 * The items of a graph in the order of its nodes; what is named and not there comes last, so that a picture of a broken
 * graph shows where it is broken. Without `outputs`, whatever no other node needs is one.
 */
export const make = (graph: Graph.Graph.Any, outputs: ReadonlyArray<string> | undefined): ReadonlyArray<Item> => {
  const keys = [...graph.nodes.keys()]
  const at = new Map(keys.map((key, i) => [key, i]))
  const needs: Array<Array<number>> = []
  const place = (key: string): number => {
    const known = at.get(key)
    if (known !== undefined) return known
    at.set(key, keys.length)
    return keys.push(key) - 1
  }
  // `keys` grows while the nodes are read: by those that are missing.
  for (const node of graph.nodes.values()) needs.push(Array.from(needsOf(node), place))
  for (const key of outputs ?? []) place(key)
  while (needs.length < keys.length) needs.push([])
  const dependents: Array<Array<number>> = keys.map(() => [])
  needs.forEach((of, i) => of.forEach((need) => dependents[need]!.push(i)))
  const layer = layers(needs, dependents)
  const wanted = outputs === undefined ? undefined : new Set(outputs)
  return keys.map((key, i): Item => {
    const node = graph.nodes.get(key)
    const group = node === undefined ? "missing" : Text.visible(groupOf(key, node))
    return {
      key,
      kind: node === undefined ? "missing" : kinds[node._tag],
      group,
      label: node === undefined
        ? [Text.clipped(key, 30), "is not in the graph"]
        : labelOf(key, node, group).map(Text.visible),
      output: wanted === undefined ? dependents[i]!.length === 0 : wanted.has(key),
      needs: needs[i]!,
      dependents: dependents[i]!,
      layer: layer[i]!
    }
  })
}

/** Longest paths from the sources; a circle, which no such path leads into, is broken at its first node. */
export const layers = (
  needs: ReadonlyArray<ReadonlyArray<number>>,
  dependents: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<number> => {
  const layer = needs.map(() => 0)
  const missing = needs.map((of) => of.length)
  const done = needs.map(() => false)
  const ready: Array<number> = []
  missing.forEach((count, i) => count === 0 && ready.push(i))
  let circle = 0
  for (let read = 0;; read++) {
    if (read === ready.length) {
      while (circle < needs.length && done[circle]) circle++
      if (circle === needs.length) return layer
      ready.push(circle)
    }
    const i = ready[read]!
    if (done[i]) continue
    done[i] = true
    for (const dependent of dependents[i]!) {
      if (done[dependent]) continue
      layer[dependent] = Math.max(layer[dependent]!, layer[i]! + 1)
      if (--missing[dependent]! === 0) ready.push(dependent)
    }
  }
}
