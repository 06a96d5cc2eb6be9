/**
 * Fewer and larger tasks: a node that one other node alone uses becomes a step of that one, where nothing that could run
 * side by side is lost by it, or not more than the limits allow.
 *
 * Bottom up, each node and each name once: a group is its last node, and grows when the node above takes it in.
 */
import type * as Graph from "../Graph.js"
import { type Indexed, indexed, sorted } from "./indexed.js"
import { Kinds, stepsOf } from "./kinds.js"

interface Group {
  readonly kind: string
  readonly last: Graph.Call
  readonly steps: number
  readonly height: number
  readonly width: number
  /** What it stands on that is none of it, but for values that are there. */
  readonly needs: ReadonlyArray<number>
  /** The last nodes of the groups it took in. */
  readonly parts: ReadonlyArray<number>
}

interface Limits {
  readonly aveWidth: number
  readonly maxWidth: number
  readonly maxHeight: number
  readonly when: ((step: Graph.Call, into: Graph.Call) => boolean) | undefined
}

const limitsOf = (options: Graph.FuseOptions | undefined): Limits => {
  const aveWidth = Math.max(1, options?.aveWidth ?? 1)
  return {
    aveWidth,
    maxWidth: options?.maxWidth ?? 1.5 + aveWidth * Math.log(aveWidth + 1),
    maxHeight: options?.maxHeight ?? 100,
    when: options?.when
  }
}

class Fusing {
  private readonly groups: Array<Group | undefined>
  private readonly taken: Uint8Array
  private readonly kept: Uint8Array
  private readonly mark: Int32Array
  private readonly kinds = new Kinds()

  constructor(private readonly graph: Indexed, keep: Iterable<string>, private readonly limits: Limits) {
    const size = graph.keys.length
    this.groups = new Array(size)
    this.taken = new Uint8Array(size)
    this.kept = new Uint8Array(size)
    this.mark = new Int32Array(size).fill(-1)
    for (const key of keep) {
      const at = graph.numbers.get(key)
      if (at !== undefined) this.kept[at] = 1
    }
  }

  run(): ReadonlyMap<string, Graph.Node> {
    for (const at of sorted(this.graph)) this.groups[at] = this.group(at)
    const { keys, nodes } = this.graph
    const out = new Map<string, Graph.Node>()
    for (let at = 0; at < keys.length; at++) if (this.taken[at] === 0) out.set(keys[at]!, this.fused(at) ?? nodes[at]!)
    return out
  }

  private alone(at: number): Group | undefined {
    const node = this.graph.nodes[at]!
    const kind = this.kinds.ofNode(node)?.kind
    if (kind === undefined) return undefined
    const steps = stepsOf(this.graph.keys[at]!, node)
    return {
      kind,
      last: steps[steps.length - 1]!.call,
      steps: steps.length,
      height: steps.length,
      width: 1,
      needs: this.graph.needs[at]!.filter((name) => this.graph.nodes[name]!._tag !== "Value"),
      parts: []
    }
  }

  private group(at: number): Group | undefined {
    const alone = this.alone(at)
    if (alone === undefined) return undefined
    const parts = alone.needs.filter((name) => this.goesInto(name, alone))
    if (parts.length === 0) return alone
    const groups = parts.map((part) => this.groups[part]!)
    let { height, steps, width } = { height: 0, steps: alone.steps, width: 0 }
    for (const group of groups) {
      steps += group.steps
      width += group.width
      height = Math.max(height, group.height)
    }
    height += alone.height
    const { aveWidth, maxHeight, maxWidth } = this.limits
    if (height > maxHeight || width > maxWidth || steps > aveWidth * height) return alone
    const needs = this.together(at, groups)
    // A part would have to wait for what only the whole needs.
    const waits = alone.needs.some((name) => this.mark[name] !== at && !parts.includes(name))
    if (waits) return alone
    for (const part of parts) this.taken[part] = 1
    return { ...alone, steps, height, width, needs, parts }
  }

  private goesInto(part: number, whole: Group): boolean {
    if (this.kept[part] === 1 || this.graph.users[part]!.length !== 1) return false
    const group = this.groups[part]
    return group !== undefined && group.kind === whole.kind && (this.limits.when?.(group.last, whole.last) ?? true)
  }

  /** What some groups need, each once and marked. */
  private together(at: number, groups: ReadonlyArray<Group>): ReadonlyArray<number> {
    const out: Array<number> = []
    for (const { needs } of groups) {
      for (const name of needs) {
        if (this.mark[name] === at) continue
        this.mark[name] = at
        out.push(name)
      }
    }
    return groups.length === 1 ? groups[0]!.needs : out
  }

  /** The steps of a group, parts first; nothing for a node that took nothing in. */
  private fused(at: number): Graph.Fused | undefined {
    const { keys, nodes } = this.graph
    if ((this.groups[at]?.parts.length ?? 0) === 0) return undefined
    const steps: Array<Graph.Fused["steps"][number]> = []
    const done = new Set<string>()
    const stack: Array<{ readonly at: number; next: number }> = [{ at, next: 0 }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const part = this.groups[top.at]!.parts[top.next++]
      if (part !== undefined) {
        stack.push({ at: part, next: 0 })
        continue
      }
      stack.pop()
      for (const step of stepsOf(keys[top.at]!, nodes[top.at]!)) {
        if (done.has(step.key)) continue
        done.add(step.key)
        steps.push(step)
      }
    }
    return { _tag: "Fused", steps }
  }
}

export const fuse = (
  nodes: ReadonlyMap<string, Graph.Node>,
  keep: Iterable<string>,
  options: Graph.FuseOptions | undefined
): ReadonlyMap<string, Graph.Node> => new Fusing(indexed(nodes), keep, limitsOf(options)).run()
