/**
 * A tree of calls as a picture: who was called stands below its caller, and as wide as it took time. Pure.
 *
 *   F1. What a call calls is within its width, the longest first; time of no task is last.
 *   F2. Zoomed to a call, its callers are as wide as it, above it, and nothing else is there.
 */
import type { CallTree } from "./glance.js"

/** Shares of the whole width. */
export interface Box {
  readonly node: number
  readonly depth: number
  readonly left: number
  readonly width: number
}

/** Of code that is not the program's own. */
const foreign = /^$|^node:|[\\/]node_modules[\\/]/

export class Flame {
  /** Microseconds in a call and all it calls. */
  readonly totals: ReadonlyArray<number>
  private readonly called: ReadonlyArray<ReadonlyArray<number>>
  private readonly tasks: ReadonlyArray<number>

  constructor(readonly tree: CallTree) {
    const { parents, selfs } = tree
    const totals = selfs.slice()
    for (let node = totals.length - 1; node > 0; node--) totals[parents[node]!]! += totals[node]!
    const called: Array<Array<number>> = parents.map(() => [])
    const tasks = parents.map(() => 0)
    for (let node = 1; node < parents.length; node++) {
      called[parents[node]!]!.push(node)
      tasks[node] = parents[node] === 0 ? node : tasks[parents[node]!]!
    }
    const isLast = (node: number) => parents[node] === 0 && this.name(node) === "" ? 1 : 0
    for (const of of called) of.sort((a, b) => isLast(a) - isLast(b) || totals[b]! - totals[a]!)
    this.totals = totals
    this.called = called
    this.tasks = tasks
  }

  get whole(): number {
    return this.totals[0] ?? 0
  }

  private name(node: number): string {
    return this.tree.names[this.tree.titles[node]!] ?? ""
  }

  title(node: number): string {
    const name = this.name(node)
    return node === 0 ? "all" : name === "" ? "no task" : name
  }

  /** The task that it was called for; empty for none. */
  task(node: number): string {
    const task = this.tasks[node] ?? 0
    return task === 0 ? "" : this.name(task)
  }

  isTask(node: number): boolean {
    return this.tree.parents[node] === 0
  }

  /** Whether its code is the engine's, Node's, or a package's. */
  isForeign(node: number): boolean {
    return !this.isTask(node) && foreign.test(this.tree.names[this.tree.files[node]!] ?? "")
  }

  place(node: number): string {
    const file = this.tree.names[this.tree.files[node]!] ?? ""
    const line = this.tree.lines[node] ?? 0
    return file === "" ? "" : line > 0 ? `${file.replace(/^file:\/\//, "")}:${line}` : file
  }

  /** From the first node to this one. */
  path(node: number): ReadonlyArray<number> {
    const path: Array<number> = []
    for (let at = node; at >= 0; at = this.tree.parents[at] ?? -1) path.unshift(at)
    return path
  }

  /** All that is at least so wide, callers before what they call. */
  boxes(zoom: number, least: number): ReadonlyArray<Box> {
    const path = this.path(zoom)
    const out: Array<Box> = path.slice(0, -1).map((node, depth) => ({ node, depth, left: 0, width: 1 }))
    const open: Array<Box> = [{ node: zoom, depth: path.length - 1, left: 0, width: 1 }]
    for (let box = open.pop(); box !== undefined; box = open.pop()) {
      out.push(box)
      const total = this.totals[box.node]!
      let left = box.left
      for (const node of this.called[box.node]!) {
        const width = total === 0 ? 0 : box.width * this.totals[node]! / total
        if (width >= least) open.push({ node, depth: box.depth + 1, left, width })
        left += width
      }
    }
    return out
  }

  /** Where a key leads: to who called it, to the first that it calls, or to the next one beside it. */
  next(node: number, way: "up" | "down" | "left" | "right"): number {
    const parent = this.tree.parents[node] ?? -1
    if (way === "up") return Math.max(0, parent)
    if (way === "down") return this.called[node]![0] ?? node
    if (parent < 0) return node
    const beside = this.called[parent]!
    return beside[beside.indexOf(node) + (way === "left" ? -1 : 1)] ?? node
  }

  /** Those whose name or place has this in it, and which part of all time was spent in them. */
  search(text: string): { readonly found: ReadonlySet<number>; readonly share: number } {
    const wanted = text.toLowerCase()
    const found = new Set<number>()
    if (wanted === "") return { found, share: 0 }
    const within = new Set<number>()
    let micros = 0
    for (let node = 1; node < this.totals.length; node++) {
      const isFound = this.title(node).toLowerCase().includes(wanted) || this.place(node).toLowerCase().includes(wanted)
      if (isFound) found.add(node)
      if (within.has(this.tree.parents[node]!)) within.add(node)
      else if (isFound) {
        within.add(node)
        micros += this.totals[node]!
      }
    }
    return { found, share: this.whole === 0 ? 0 : micros / this.whole }
  }
}
