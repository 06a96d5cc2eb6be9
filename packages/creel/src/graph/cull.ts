/**
 * What is needed for some keys, and nothing else.
 */
import type * as Graph from "../Graph.js"
import { needs } from "./refs.js"

/** The nodes that lead to `keep`, in the graph's order. Keys without a node are passed over: `check` tells them. */
export const cull = (
  nodes: ReadonlyMap<string, Graph.Node>,
  keep: Iterable<string>
): ReadonlyMap<string, Graph.Node> => {
  const needed = new Set<string>()
  const stack = Array.from(keep)
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    if (needed.has(key)) continue
    const node = nodes.get(key)
    if (node === undefined) continue
    needed.add(key)
    for (const name of needs(node)) if (!needed.has(name)) stack.push(name)
  }
  if (needed.size === nodes.size) return nodes
  const out = new Map<string, Graph.Node>()
  for (const [key, node] of nodes) if (needed.has(key)) out.set(key, node)
  return out
}
