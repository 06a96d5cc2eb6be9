/**
 * Nodes into those that use them: other names are followed, small values stand where they are used, and calls that cost
 * less than a task of their own are done by each of their users.
 *
 * A call cannot stand among arguments, so a user of an inlined call becomes a fused node: the call, then the user. What
 * was inlined stays in the graph, for `cull` to remove where nobody names it any more.
 */
import * as Future from "../Future.js"
import type * as Graph from "../Graph.js"
import { type Indexed, indexed, sorted } from "./indexed.js"
import { Kinds, type Steps, stepsOf } from "./kinds.js"
import { isRef, mapRefs, needs, ref } from "./refs.js"

/** Whether a value has about `limit` bytes at most, and no refs or futures, which would be something else elsewhere. */
const isSmall = (value: unknown, limit: number): boolean => {
  let size = 0
  const stack: Array<unknown> = [value]
  const seen = new Set<object>()
  while (stack.length > 0) {
    // What is on the stack has this size at least: a long array is not looked at element by element.
    if (size + stack.length * 8 > limit) return false
    const item = stack.pop()
    size += typeof item === "string" ? 8 + item.length * 2 : 8
    if (typeof item !== "object" || item === null || seen.has(item)) continue
    if (isRef(item) || Future.isFuture(item)) return false
    seen.add(item)
    if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) size += item.byteLength
    else if (Array.isArray(item)) pushAll(stack, item, limit)
    else if (item instanceof Map) pushAll(stack, [...item.keys(), ...item.values()], limit)
    else if (item instanceof Set) pushAll(stack, Array.from(item), limit)
    else pushAll(stack, Object.entries(item).flat(), limit)
  }
  return size <= limit
}

const pushAll = (stack: Array<unknown>, items: ReadonlyArray<unknown>, limit: number): void => {
  for (let i = 0; i < items.length && stack.length * 8 <= limit; i++) stack.push(items[i])
}

/** What stands for a ref to some node instead: another ref, or a value; nothing where the ref stays. */
type Instead = (key: string) => { readonly with: unknown } | undefined

const instead = (nodes: ReadonlyMap<string, Graph.Node>, options: Options): Instead => {
  const known = new Map<string, ReturnType<Instead>>()
  return (key) => {
    if (known.has(key)) return known.get(key)
    const met = new Set([key])
    let end = key
    let node = nodes.get(key)
    while (node?._tag === "Alias" && !met.has(node.of)) {
      end = node.of
      met.add(end)
      node = nodes.get(end)
    }
    const value = node?._tag === "Value" && (options.keys?.has(end) === true || isSmall(node.value, options.values))
      ? { with: node.value }
      : undefined
    for (const each of met) known.set(each, value ?? (each === end ? undefined : { with: ref(end) }))
    return known.get(key)
  }
}

interface Options {
  readonly values: number
  readonly keys: ReadonlySet<string> | undefined
  readonly cheap: ((call: Graph.Call, key: string) => boolean) | undefined
  readonly maxSteps: number
}

class Inlining {
  private readonly kinds = new Kinds()
  /** What a user of the node has to do first, the node itself last; nothing for what is not inlined. */
  private readonly ahead: Array<Steps | undefined>

  constructor(private readonly graph: Indexed, private readonly options: Options) {
    this.ahead = new Array(graph.keys.length)
  }

  run(): ReadonlyMap<string, Graph.Node> {
    const nodes = this.graph.nodes.slice()
    for (const at of sorted(this.graph)) {
      const node = this.node(at)
      nodes[at] = node
      if (this.isCheap(at)) {
        const steps = stepsOf(this.graph.keys[at]!, node)
        if (steps.length <= this.options.maxSteps) this.ahead[at] = steps
      }
    }
    return new Map(this.graph.keys.map((key, at) => [key, nodes[at]!]))
  }

  private isCheap(at: number): boolean {
    const node = this.graph.nodes[at]!
    const key = this.graph.keys[at]!
    return node._tag === "Call" && this.kinds.of(node) !== undefined &&
      (this.options.keys?.has(key) === true || this.options.cheap?.(node, key) === true)
  }

  private node(at: number): Graph.Node {
    const node = this.graph.nodes[at]!
    const wishes = this.kinds.ofNode(node)
    if (wishes === undefined) return node
    const steps = new Map<string, Steps[number]>()
    for (const name of this.graph.needs[at]!) {
      const ahead = this.ahead[name]
      if (ahead === undefined || !ahead.every((step) => this.kinds.goesInto(step.call, wishes))) continue
      for (const step of ahead) steps.set(step.key, step)
    }
    if (steps.size === 0) return node
    for (const step of stepsOf(this.graph.keys[at]!, node)) steps.set(step.key, step)
    return { _tag: "Fused", steps: Array.from(steps.values()) }
  }
}

export const inline = (
  nodes: ReadonlyMap<string, Graph.Node>,
  options: Graph.InlineOptions | undefined
): ReadonlyMap<string, Graph.Node> => {
  const { cheap, keys, maxSteps = 16, values = 1024 } = options ?? {}
  const all: Options = { values, keys: keys === undefined ? undefined : new Set(keys), cheap, maxSteps }
  const names = namesGone(nodes, all)
  return cheap === undefined && keys === undefined ? names : new Inlining(indexed(names), all).run()
}

/** Without names of aliases and of small values. The same graph where there are none. */
const namesGone = (
  nodes: ReadonlyMap<string, Graph.Node>,
  options: Options
): ReadonlyMap<string, Graph.Node> => {
  let some = false
  for (const node of nodes.values()) some ||= node._tag === "Alias" || node._tag === "Value"
  if (!some) return nodes
  const other = instead(nodes, options)
  const out = new Map<string, Graph.Node>()
  let changed = false
  for (const [key, node] of nodes) {
    const touched = needs(node).some((name) => other(name) !== undefined)
    changed ||= touched
    out.set(key, touched ? mapRefs(node, (ref) => (other(ref.key) ?? { with: ref }).with) : node)
  }
  return changed ? out : nodes
}
