/**
 * Several graphs as one.
 */
import type * as Graph from "../Graph.js"

/** Later nodes over earlier ones; but what is there already (Held) gives way to nothing that is still to be done. */
export const merge = (graphs: ReadonlyArray<ReadonlyMap<string, Graph.Node>>): ReadonlyMap<string, Graph.Node> => {
  const [first, ...rest] = graphs
  const out = new Map(first)
  for (const nodes of rest) {
    for (const [key, node] of nodes) {
      if (node._tag === "Held" || out.get(key)?._tag !== "Held") out.set(key, node)
    }
  }
  return out
}
