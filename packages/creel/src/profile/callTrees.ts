/**
 * Trees of calls: laid upon each other, and made small. Pure.
 *
 *   C1. A node stands behind its parent; what comes from elsewhere and says otherwise hangs on the first node.
 *   C2. However it is made small, the sum of all times stays.
 */
import type * as Note from "@creel/core/Note"

export const empty: Note.CallTree = { names: [""], parents: [-1], titles: [0], files: [0], lines: [0], selfs: [0] }

/** Imperative on purpose: a profile of many threads has some hundred thousand calls. */
export class CallTrees {
  private readonly names: Array<string> = [""]
  private readonly known = new Map<string, number>([["", 0]])
  private readonly children: Array<Map<string, number>> = [new Map()]
  private readonly parents: Array<number> = [-1]
  private readonly titles: Array<number> = [0]
  private readonly files: Array<number> = [0]
  private readonly lines: Array<number> = [0]
  private readonly selfs: Array<number> = [0]

  private name(text: string): number {
    const known = this.known.get(text)
    if (known !== undefined) return known
    this.known.set(text, this.names.length)
    return this.names.push(text) - 1
  }

  /** The node of that function, called by this one. */
  child(parent: number, title: string, file = "", line = 0): number {
    const [of, at] = [this.name(title), this.name(file)]
    const place = `${of}/${at}/${line}`
    const known = this.children[parent]!.get(place)
    if (known !== undefined) return known
    this.children[parent]!.set(place, this.parents.length)
    this.children.push(new Map())
    this.titles.push(of)
    this.files.push(at)
    this.lines.push(line)
    this.selfs.push(0)
    return this.parents.push(parent) - 1
  }

  spent(node: number, micros: number): void {
    this.selfs[node]! += micros
  }

  /** Lays a tree upon this one. */
  add({ files, lines, names, parents, selfs, titles }: Note.CallTree): void {
    const here = new Array<number>(parents.length).fill(0)
    for (let node = 0; node < parents.length; node++) {
      if (node > 0) {
        const parent = parents[node]! < node ? here[parents[node]!] ?? 0 : 0
        here[node] = this.child(parent, names[titles[node]!] ?? "", names[files[node]!] ?? "", lines[node] ?? 0)
      }
      this.spent(here[node]!, selfs[node] ?? 0)
    }
  }

  /** As data, with so many nodes at most: what takes the least time is left out, and its time is its caller's. */
  take(nodesMax: number): Note.CallTree {
    const kept = this.largest(nodesMax)
    const out = new Taken(this.names)
    const place = new Array<number>(this.parents.length).fill(0)
    for (let node = 0; node < this.parents.length; node++) {
      const parent = node === 0 ? -1 : place[this.parents[node]!]!
      if (kept[node] !== true) place[node] = parent
      else place[node] = out.push(parent, this.titles[node]!, this.files[node]!, this.lines[node]!)
      out.selfs[place[node]!]! += this.selfs[node]!
    }
    return out
  }

  /** A caller takes no less than what it calls, and stands before it: whoever is among the first, so is its caller. */
  private largest(count: number): ReadonlyArray<boolean> {
    const totals = this.selfs.slice()
    for (let node = totals.length - 1; node > 0; node--) totals[this.parents[node]!]! += totals[node]!
    const kept = new Array<boolean>(totals.length).fill(totals.length <= count)
    if (totals.length > count) {
      const order = [...totals.keys()].sort((a, b) => totals[b]! - totals[a]! || a - b)
      for (const node of order.slice(0, Math.max(1, count))) kept[node] = true
    }
    return kept
  }
}

/** A tree in columns, with the names it needs. */
class Taken implements Note.CallTree {
  readonly names: Array<string> = []
  private readonly known = new Map<number, number>()
  readonly parents: Array<number> = []
  readonly titles: Array<number> = []
  readonly files: Array<number> = []
  readonly lines: Array<number> = []
  readonly selfs: Array<number> = []

  constructor(private readonly all: ReadonlyArray<string>) {}

  push(parent: number, title: number, file: number, line: number): number {
    this.titles.push(this.name(title))
    this.files.push(this.name(file))
    this.lines.push(line)
    this.selfs.push(0)
    return this.parents.push(parent) - 1
  }

  private name(of: number): number {
    const known = this.known.get(of)
    if (known !== undefined) return known
    this.known.set(of, this.names.length)
    return this.names.push(this.all[of]!) - 1
  }
}
