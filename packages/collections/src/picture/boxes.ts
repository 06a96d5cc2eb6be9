/**
 * Which items share a box. A small graph has a box for each; of a large one, items of one name are put together, first
 * those of the same layer and the same neighbours, then of the same layer, then of ever wider bands of layers, until the
 * picture is small enough to read. Nothing is left out: boxes and arrows carry counts.
 */
import type { Item, Kind } from "./items.js"
import { layers } from "./items.js"

export interface Box {
  readonly kind: Kind
  readonly group: string
  readonly items: ReadonlyArray<number>
  readonly output: boolean
  /** How many needs are between items of this box. */
  readonly inner: number
}

export interface Arrow {
  readonly from: number
  readonly to: number
  /** How many needs it stands for. */
  readonly count: number
}

export interface Boxes {
  readonly boxes: ReadonlyArray<Box>
  readonly arrows: ReadonlyArray<Arrow>
}

/** What is put together may be more regular than a list of single nodes, but has to be read at one look. */
const readable = { neighbours: 30, layers: 60, bands: 30 }

export const make = (items: ReadonlyArray<Item>, maxNodes: number): Boxes => {
  if (items.length <= maxNodes) return gather(items, (_, i) => i)
  const chain = chains(items)
  const layer = chainLayers(items, chain)
  const at = (i: number): number => layer[chain[i]!]!
  const name = (item: Item): string => `${item.kind}\n${item.output ? 1 : 0}\n${item.group}`
  const layered = gather(items, (item, i) => `${at(i)}\n${name(item)}`)
  const limit = (n: number): number => Math.min(n, maxNodes)
  if (layered.boxes.length <= limit(readable.neighbours)) {
    const alike = byNeighbours(items, chain, layered)
    if (alike.boxes.length <= limit(readable.neighbours)) return alike
  }
  if (layered.boxes.length <= limit(readable.layers)) return layered
  const deepest = layer.reduce((max, one) => Math.max(max, one), 0)
  for (let band = 2; band <= 2 * deepest; band *= 2) {
    const banded = gather(items, (item, i) => `${Math.floor(at(i) / band)}\n${item.kind}\n${item.group}`)
    if (banded.boxes.length <= limit(readable.bands)) return banded
  }
  const grouped = gather(items, (item) => name(item))
  return grouped.boxes.length <= maxNodes ? grouped : fewNames(items, name, Math.max(1, maxNodes))
}

/** Puts items of one bucket together. Boxes stand in the order of their first items. */
const gather = (items: ReadonlyArray<Item>, bucketOf: (item: Item, i: number) => string | number): Boxes => {
  const index = new Map<string | number, number>()
  const members: Array<Array<number>> = []
  const boxOf = items.map((item, i) => {
    const bucket = bucketOf(item, i)
    let box = index.get(bucket)
    if (box === undefined) {
      box = members.push([]) - 1
      index.set(bucket, box)
    }
    members[box]!.push(i)
    return box
  })
  const counts = members.map(() => new Map<number, number>())
  const inner = members.map(() => 0)
  items.forEach((item, i) => {
    const to = boxOf[i]!
    for (const need of item.needs) {
      const from = boxOf[need]!
      if (from === to && members[to]!.length > 1) inner[to]!++
      else counts[from]!.set(to, (counts[from]!.get(to) ?? 0) + 1)
    }
  })
  return {
    boxes: members.map((of, box) => {
      const first = items[of[0]!]!
      return {
        kind: first.kind,
        group: of.every((i) => items[i]!.group === first.group) ? first.group : others,
        items: of,
        output: of.some((i) => items[i]!.output),
        inner: inner[box]!
      }
    }),
    arrows: counts.flatMap((tos, from) => Array.from(tos, ([to, count]) => ({ from, to, count })))
  }
}

const others = "others"

/** More names than boxes: the most frequent have one each, the rest share one. */
const fewNames = (items: ReadonlyArray<Item>, name: (item: Item) => string, max: number): Boxes => {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1)
  const kept = new Set(
    [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, max - 1).map(([one]) => one)
  )
  return gather(items, (item) => kept.has(name(item)) ? name(item) : "")
}

/** Chains of one name: each item's first one. A loop of ten thousand steps is one thing to a reader, and one layer. */
const chains = (items: ReadonlyArray<Item>): ReadonlyArray<number> => {
  const head = items.map((_, i) => i)
  const next = (i: number): number | undefined => {
    const item = items[i]!
    if (item.dependents.length !== 1 || item.output) return undefined
    const other = items[item.dependents[0]!]!
    return other.needs.length === 1 && other.group === item.group && other.kind === item.kind && !other.output
      ? item.dependents[0]!
      : undefined
  }
  const continues = new Set<number>()
  items.forEach((_, i) => {
    const to = next(i)
    if (to !== undefined) continues.add(to)
  })
  items.forEach((_, i) => {
    if (continues.has(i)) return
    for (let to = next(i); to !== undefined; to = next(to)) head[to] = i
  })
  return head
}

/** The layers of the graph in which each chain is one item. */
const chainLayers = (items: ReadonlyArray<Item>, chain: ReadonlyArray<number>): ReadonlyArray<number> => {
  const needs: Array<Array<number>> = items.map(() => [])
  const dependents: Array<Array<number>> = items.map(() => [])
  items.forEach((item, i) => {
    for (const need of item.needs) {
      const [from, to] = [chain[need]!, chain[i]!]
      if (from === to) continue
      needs[to]!.push(from)
      dependents[from]!.push(to)
    }
  })
  return layers(needs, dependents)
}

/** Of the same box, and needing and needed by the same boxes; a chain counts as one. */
const byNeighbours = (items: ReadonlyArray<Item>, chain: ReadonlyArray<number>, coarse: Boxes): Boxes => {
  const boxOf: Array<number> = []
  coarse.boxes.forEach((box, b) => box.items.forEach((i) => boxOf[i] = b))
  const around = items.map((): readonly [Set<number>, Set<number>] => [new Set(), new Set()])
  items.forEach((item, i) => {
    for (const need of item.needs) {
      if (chain[need] === chain[i]) continue
      around[chain[i]!]![0].add(boxOf[need]!)
      around[chain[need]!]![1].add(boxOf[i]!)
    }
  })
  const list = (set: ReadonlySet<number>): string => [...set].sort((a, b) => a - b).join(",")
  return gather(items, (_, i) => {
    const [before, after] = around[chain[i]!]!
    return `${boxOf[i]!}|${list(before)}|${list(after)}`
  })
}
