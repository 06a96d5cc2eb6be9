/**
 * In which order to do it all, so that values are let go of early.
 *
 * Depth first from the outputs: of what a node needs, that which itself needs most room comes first (as registers are
 * given out for expressions), so that the rest is done while little is held. Three things besides:
 *
 * 1. Whatever can be done and lets a value go is done at once: it costs no room.
 * 2. Before going on with a node of many needs, or with the next output, what one step would free is done first, where it
 *    is no larger: neighbours are found whatever order they are named in.
 * 3. Everything has its place: nodes off the way of the outputs come after, those of a circle last.
 *
 * Linear in nodes and names, but for the sorting of each node's needs.
 */
import type * as Graph from "../Graph.js"
import { type Indexed, indexed, sorted } from "./indexed.js"

/** Past this, sizes are not told apart. */
const manyNodes = 2 ** 50

class Ordering {
  private readonly out: Array<number> = []
  private readonly placed: Uint8Array
  private readonly kept: Uint8Array
  /** Of each node: what it needs and has no place yet. */
  private readonly missing: Int32Array
  /** Of each node: who uses it and has no place yet. */
  private readonly uses: Int32Array
  /** Of each node: how many values it alone still holds on to. */
  private readonly frees: Int32Array
  /** How many values are held at once to compute a node, if none were shared. */
  private readonly room: Float64Array
  /** How many nodes there are below and with a node, those that are shared counted again. */
  private readonly size: Float64Array
  private readonly first: Array<ReadonlyArray<number>>
  private readonly next: Int32Array
  /** Nodes that lack one value, and once let go of another by having it. */
  private readonly near: Array<number> = []
  private readonly ready: Array<number> = []

  constructor(private readonly graph: Indexed, order: ReadonlyArray<number>, outputs: ReadonlyArray<number>) {
    const count = graph.keys.length
    this.placed = new Uint8Array(count)
    this.kept = new Uint8Array(count)
    this.frees = new Int32Array(count)
    this.next = new Int32Array(count)
    this.room = new Float64Array(count)
    this.size = new Float64Array(count)
    this.missing = Int32Array.from(graph.needs, (names) => names.length)
    this.uses = Int32Array.from(graph.users, (names) => names.length)
    this.first = new Array(count)
    for (const at of outputs) this.kept[at] = 1
    for (const at of order) this.measure(at)
  }

  private measure(at: number): void {
    const { room } = this
    const names = this.graph.needs[at]!
    let size = 1
    for (const name of names) size += this.size[name]!
    this.size[at] = Math.min(size, manyNodes)
    const first = names.length < 2 ? names : names.slice().sort((a, b) => room[b]! - room[a]!)
    let most = 1
    for (let i = 0; i < first.length; i++) most = Math.max(most, room[first[i]!]! + i)
    room[at] = most
    this.first[at] = first
  }

  run(goals: Iterable<number>): ReadonlyArray<number> {
    for (const goal of goals) {
      if (this.placed[goal] === 1) continue
      for (let near = this.nearest(Infinity); near !== undefined; near = this.nearest(Infinity)) this.reach(near)
      this.reach(goal)
    }
    return this.out
  }

  private reach(goal: number): void {
    const stack = [goal]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (this.placed[top] === 1) stack.pop()
      else if (this.missing[top] === 0) {
        stack.pop()
        this.place(top)
      } else {
        const need = this.nextNeed(top)
        // What is smaller than a need of every goal on the stack needs none of those goals: no goal waits for itself.
        stack.push(this.nearest(Math.min(this.size[need]!, manyNodes - 1)) ?? need)
      }
    }
  }

  private nextNeed(at: number): number {
    const names = this.first[at]!
    let next = this.next[at]!
    while (this.placed[names[next]!] === 1) next++
    this.next[at] = next
    return names[next]!
  }

  private nearest(size: number): number | undefined {
    for (let near = this.near.at(-1); near !== undefined; near = this.near.at(-1)) {
      if (this.placed[near] === 0 && this.size[near]! > size) return undefined
      this.near.pop()
      if (this.placed[near] === 0) return near
    }
    return undefined
  }

  private place(start: number): void {
    this.ready.push(start)
    for (let at = this.ready.pop(); at !== undefined; at = this.ready.pop()) {
      if (this.placed[at] === 1) continue
      this.placed[at] = 1
      this.out.push(at)
      for (const user of this.graph.users[at]!) {
        this.missing[user]!--
        this.consider(user)
      }
      if (this.uses[at] === 1) this.lastUse(at)
      for (const name of this.graph.needs[at]!) if (--this.uses[name]! === 1) this.lastUse(name)
    }
  }

  /** A value that is there has one user left. */
  private lastUse(at: number): void {
    if (this.kept[at] === 1) return
    for (const user of this.graph.users[at]!) {
      if (this.placed[user] === 1) continue
      this.frees[user]!++
      this.consider(user)
    }
  }

  private consider(user: number): void {
    if (this.frees[user] === 0) return
    if (this.missing[user] === 0) this.ready.push(user)
    else if (this.missing[user] === 1) this.near.push(user)
  }
}

export const order = (
  nodes: ReadonlyMap<string, Graph.Node>,
  outputs: Iterable<string>
): ReadonlyArray<string> => {
  const graph = indexed(nodes)
  const sound = sorted(graph)
  const wanted: Array<number> = []
  for (const key of outputs) {
    const at = graph.numbers.get(key)
    if (at !== undefined) wanted.push(at)
  }
  const isSound = new Uint8Array(graph.keys.length)
  for (const at of sound) isSound[at] = 1
  const goals = [...wanted, ...unnamed(graph)].filter((at) => isSound[at] === 1).concat(sound)
  const out = new Ordering(graph, sound, wanted).run(goals).map((at) => graph.keys[at]!)
  for (let at = 0; at < isSound.length; at++) if (isSound[at] === 0) out.push(graph.keys[at]!)
  return out
}

/** Where all ways end. */
const unnamed = ({ users }: Indexed): ReadonlyArray<number> => {
  const out: Array<number> = []
  for (let at = 0; at < users.length; at++) if (users[at]!.length === 0) out.push(at)
  return out
}
