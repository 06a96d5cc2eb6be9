/**
 * A graph by numbers: what the passes that look at all nodes and all names work on. Nodes have their place in the graph
 * for a number; names that no node has are left out.
 */
import type * as Graph from "../Graph.js"
import { needs } from "./refs.js"

export interface Indexed {
  readonly keys: ReadonlyArray<string>
  readonly nodes: ReadonlyArray<Graph.Node>
  readonly numbers: ReadonlyMap<string, number>
  /** What each node names, each once. */
  readonly needs: ReadonlyArray<ReadonlyArray<number>>
  /** Who names each node, each once. */
  readonly users: ReadonlyArray<ReadonlyArray<number>>
}

const none: ReadonlyArray<number> = []

export const indexed = (graph: ReadonlyMap<string, Graph.Node>): Indexed => {
  const keys = Array.from(graph.keys())
  const nodes = Array.from(graph.values())
  const numbers = new Map<string, number>()
  for (let i = 0; i < keys.length; i++) numbers.set(keys[i]!, i)
  const users: Array<Array<number> | undefined> = new Array(keys.length)
  const named = nodes.map((node, i): ReadonlyArray<number> => {
    const names = needs(node)
    if (names.length === 0) return none
    const out: Array<number> = []
    for (const name of names) {
      const at = numbers.get(name)
      if (at === undefined) continue
      out.push(at)
      const list = users[at]
      if (list === undefined) users[at] = [i]
      else list.push(i)
    }
    return out
  })
  return { keys, nodes, numbers, needs: named, users: Array.from(users, (list) => list ?? none) }
}

/**
 * Nodes in an order in which each comes after those it names, and otherwise as they stand in the graph. Nodes of a circle,
 * and those that need them, are not in it.
 */
export const sorted = ({ needs, users }: Indexed): ReadonlyArray<number> => {
  const missing = Int32Array.from(needs, (names) => names.length)
  const out: Array<number> = []
  for (let i = 0; i < missing.length; i++) if (missing[i] === 0) out.push(i)
  for (let at = 0; at < out.length; at++) {
    for (const user of users[out[at]!]!) if (--missing[user]! === 0) out.push(user)
  }
  return out
}
