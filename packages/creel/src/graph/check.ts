/**
 * What is wrong with a graph: a key that no node has, or nodes that wait for each other in a circle.
 */
import type * as Graph from "../Graph.js"
import { needs } from "./refs.js"

export interface Wrong {
  readonly reason: "MissingKey" | "Circle"
  readonly keys: ReadonlyArray<string>
}

/** The first fault met. Depth first with a stack of its own, each node and each name once. */
export const wrongIn = (graph: Graph.Graph.Any, keep: ReadonlyArray<string>): Wrong | undefined => {
  const { nodes } = graph
  for (const key of keep) if (!nodes.has(key)) return { reason: "MissingKey", keys: [key] }
  const done = new Set<string>()
  const path: Array<{ readonly key: string; readonly names: ReadonlyArray<string>; next: number }> = []
  const onPath = new Set<string>()
  const enter = (key: string, node: Graph.Node): void => {
    onPath.add(key)
    path.push({ key, names: needs(node), next: 0 })
  }
  for (const [start, node] of nodes) {
    if (done.has(start)) continue
    enter(start, node)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const name = top.names[top.next++]
      if (name === undefined) {
        path.pop()
        onPath.delete(top.key)
        done.add(top.key)
        continue
      }
      if (done.has(name)) continue
      if (onPath.has(name)) {
        return {
          reason: "Circle",
          keys: path.slice(path.findIndex((each) => each.key === name)).map((each) => each.key)
        }
      }
      const named = nodes.get(name)
      if (named === undefined) return { reason: "MissingKey", keys: [top.key, name] }
      enter(name, named)
    }
  }
  return undefined
}
