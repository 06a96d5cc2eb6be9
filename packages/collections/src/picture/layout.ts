/**
 * Where boxes stand and how arrows run: layers and coordinates by dagre, the order within layers by `crossings`, curves
 * and the ends of arrows by hand.
 */
import * as dagre from "@dagrejs/dagre"
import type * as Picture from "../Picture.js"
import * as Balance from "./balance.js"
import type { Arrow } from "./boxes.js"
import * as Crossings from "./crossings.js"

export interface Size {
  readonly width: number
  readonly height: number
}

/** `x` and `y` are those of the upper left corner. */
export interface Place extends Size {
  readonly x: number
  readonly y: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Layout extends Size {
  readonly places: ReadonlyArray<Place>
  /** For each arrow the points it goes through, from its source's border to its target's. */
  readonly routes: ReadonlyArray<ReadonlyArray<Point>>
  readonly direction: Picture.Direction
}

const between = { layers: 56, boxes: 16, arrows: 5 }

const rankdir = { right: "LR", down: "TB", up: "BT" } as const

/** Boxes are wide and low: from left to right more of them fit a page, as long as the graph is not much longer than wide. */
export const choose = (sizes: ReadonlyArray<Size>, arrows: ReadonlyArray<Arrow>): Picture.Direction => {
  const depth = sizes.map(() => 0)
  const into: Array<Array<number>> = sizes.map(() => [])
  for (const { from, to } of arrows) into[to]!.push(from)
  // Boxes stand nearly in the order of work: two rounds tell the depth well enough to choose a direction by.
  for (let round = 0; round < 2; round++) {
    into.forEach((of, b) =>
      of.forEach((from) => depth[b] = Math.min(sizes.length, Math.max(depth[b]!, depth[from]! + 1)))
    )
  }
  const rows = new Map<number, Array<Size>>()
  sizes.forEach((size, b) => rows.set(depth[b]!, [...(rows.get(depth[b]!) ?? []), size]))
  const max = (of: ReadonlyArray<number>) => of.reduce((a, b) => Math.max(a, b), 0)
  const sum = (of: ReadonlyArray<number>) => of.reduce((a, b) => a + b, 0)
  const lists = [...rows.values()]
  const right = {
    width: sum(lists.map((row) => max(row.map((size) => size.width)) + between.layers)),
    height: max(lists.map((row) => sum(row.map((size) => size.height + between.boxes))))
  }
  const down = {
    width: max(lists.map((row) => sum(row.map((size) => size.width + between.boxes)))),
    height: sum(lists.map((row) => max(row.map((size) => size.height)) + between.layers))
  }
  return Math.max(right.width, 1.4 * right.height) <= 1.15 * Math.max(down.width, 1.4 * down.height) ? "right" : "down"
}

export const make = (
  sizes: ReadonlyArray<Size>,
  arrows: ReadonlyArray<Arrow>,
  direction: Picture.Direction
): Layout => {
  // dagre's types are seen or not seen by how modules are resolved: what is used of it is written down here.
  const graph = new dagre.Graph() as unknown as Laid
  graph.setGraph({
    rankdir: rankdir[direction],
    ranksep: gap(arrows, direction),
    nodesep: between.boxes,
    edgesep: between.arrows,
    marginx: 0,
    marginy: 0
  })
  sizes.forEach((size, b) => graph.setNode(`${b}`, { ...size }))
  // Many needs between two boxes pull them together, but not so hard that everything else has to bend. Whole numbers:
  // dagre adds and takes away weights until they are zero, which fractions never are.
  for (const { count, from, to } of arrows) {
    graph.setEdge(`${from}`, `${to}`, { weight: Math.min(4, 1 + Math.floor(Math.log10(count))) })
  }
  const layout = dagre.layout as unknown as (
    graph: Laid,
    options: { readonly customOrder: typeof sortLayers }
  ) => unknown
  layout(graph, { customOrder: sortLayers })
  const middles = sizes.map((_, b): Point => {
    const { x = 0, y = 0 } = graph.node(`${b}`)
    return { x, y }
  })
  // dagre's points lie on the borders of the two boxes, half-way between layers, and in each layer that is passed.
  const passed = arrows.map(({ from, to }) => {
    const points = graph.edge(`${from}`, `${to}`).points ?? []
    return points.filter((_, i) => i > 0 && i < points.length - 1 && i % 2 === 0)
  })
  const table = tableOf(sizes, middles, passed, direction)
  straighten(table, sizes, arrows, direction)
  const places = sizes.map((size, b): Place => {
    const { x, y } = middleOf(table, b, direction)
    return { x: round(x - size.width / 2), y: round(y - size.height / 2), ...size }
  })
  const routes = arrows.map((_, a) => [
    { x: 0, y: 0 },
    ...table.passing[a]!.flatMap((slot) => across(table, slot, direction)),
    { x: 0, y: 0 }
  ])
  ends(places, arrows, routes, direction)
  return moved({ ...extent(places, routes), places, routes, direction })
}

/** Boxes, and the places where long arrows pass a layer, by layers. Boxes come first. */
interface Table {
  readonly layers: ReadonlyArray<ReadonlyArray<number>>
  readonly layerOf: ReadonlyArray<number>
  /** Of each layer: where it stands in the direction of the flow, and how thick it is. */
  readonly along: ReadonlyArray<number>
  readonly thick: ReadonlyArray<number>
  /** Across the flow, the middle of each slot. */
  readonly at: Array<number>
  /** The slots that each arrow passes through. */
  readonly passing: ReadonlyArray<ReadonlyArray<number>>
}

const tableOf = (
  sizes: ReadonlyArray<Size>,
  middles: ReadonlyArray<Point>,
  passed: ReadonlyArray<ReadonlyArray<Point>>,
  direction: Picture.Direction
): Table => {
  const flat = direction === "right"
  const points = [...middles, ...passed.flat()]
  const main = (point: Point): number => Math.round(flat ? point.x : point.y)
  const along = [...new Set(points.map(main))].sort((a, b) => direction === "up" ? b - a : a - b)
  const index = new Map(along.map((x, n) => [x, n]))
  const layerOf = points.map((point) => index.get(main(point))!)
  const at = points.map((point) => flat ? point.y : point.x)
  const layers: Array<Array<number>> = along.map(() => [])
  const thick = along.map(() => 0)
  layerOf.forEach((layer, slot) => layers[layer]!.push(slot))
  for (const layer of layers) layer.sort((a, b) => at[a]! - at[b]!)
  sizes.forEach((size, b) => thick[layerOf[b]!] = Math.max(thick[layerOf[b]!]!, flat ? size.width : size.height))
  let next = sizes.length
  return { layers, layerOf, along, thick, at, passing: passed.map((of) => of.map(() => next++)) }
}

const straighten = (
  table: Table,
  sizes: ReadonlyArray<Size>,
  arrows: ReadonlyArray<Arrow>,
  direction: Picture.Direction
): void => {
  const pulls = table.at.map((): Array<readonly [number, number]> => [])
  arrows.forEach(({ from, to }, a) => {
    const stops = [from, ...table.passing[a]!, to]
    for (let n = 1; n < stops.length; n++) {
      const [one, other] = [stops[n - 1]!, stops[n]!]
      // A bend in the middle of a long arrow is worse than one beside a box.
      const weight = one >= sizes.length && other >= sizes.length ? 8 : stops.length > 2 ? 2 : 1
      pulls[one]!.push([other, weight])
      pulls[other]!.push([one, weight])
    }
  })
  Balance.balance(
    table.at.map((_, slot) => {
      const size = sizes[slot]
      if (size === undefined) return { half: between.arrows, pulls: pulls[slot]! }
      return { half: ((direction === "right" ? size.height : size.width) + between.boxes) / 2, pulls: pulls[slot]! }
    }),
    table.layers,
    table.at
  )
}

const middleOf = (table: Table, slot: number, direction: Picture.Direction): Point => {
  const along = table.along[table.layerOf[slot]!]!
  return direction === "right" ? { x: along, y: table.at[slot]! } : { x: table.at[slot]!, y: along }
}

/** Straight along the boxes it passes. */
const across = (table: Table, slot: number, direction: Picture.Direction): ReadonlyArray<Point> => {
  const { x, y } = middleOf(table, slot, direction)
  const half = table.thick[table.layerOf[slot]!]! / 2
  switch (direction) {
    case "right":
      return [{ x: x - half, y }, { x: x + half, y }]
    case "down":
      return [{ x, y: y - half }, { x, y: y + half }]
    case "up":
      return [{ x, y: y + half }, { x, y: y - half }]
  }
}

/** So that the least coordinates are zero. */
const moved = (layout: Layout): Layout => {
  const points = [...layout.places, ...layout.routes.flat()]
  const x = points.reduce((min, point) => Math.min(min, point.x), Infinity)
  const y = points.reduce((min, point) => Math.min(min, point.y), Infinity)
  if (points.length === 0) return layout
  return {
    ...layout,
    width: Math.ceil(layout.width - x),
    height: Math.ceil(layout.height - y),
    places: layout.places.map((place) => ({ ...place, x: round(place.x - x), y: round(place.y - y) })),
    routes: layout.routes.map((route) => route.map((point) => ({ x: round(point.x - x), y: round(point.y - y) })))
  }
}

/** Where very many arrows leave one layer, they need more room to turn, and counts more room to be read. */
const gap = (arrows: ReadonlyArray<Arrow>, direction: Picture.Direction): number => {
  const out = new Map<number, number>()
  for (const { from } of arrows) out.set(from, (out.get(from) ?? 0) + 1)
  const most = Math.max(0, ...[...out.values()])
  const count = direction === "right" ? arrows.reduce((max, arrow) => Math.max(max, arrow.count), 1) : 1
  return between.layers + Math.min(70, 8 * Math.max(0, most - 2)) + 9 * Math.floor(Math.log10(count))
}

/** dagre's own order turns pictures upside down where several are equally good, and takes longer than all else together. */
const sortLayers = (graph: Laid, first: (graph: Laid, options: object) => void) => {
  first(graph, { disableOptimalOrderHeuristic: true })
  const names = graph.nodes().filter((name) => graph.node(name).rank !== undefined)
  const at = new Map(names.map((name, i) => [name, i]))
  const layers: Array<Array<number>> = []
  names.forEach((name, i) => (layers[graph.node(name).rank!] ??= []).push(i))
  const neighbours = (of: (name: string) => ReadonlyArray<string> | undefined) =>
    names.map((name) => (of(name) ?? []).flatMap((other) => at.get(other) ?? []))
  const place = (i: number): number => graph.node(names[i]!).order ?? 0
  const sorted = Crossings.order({
    // A layer without nodes is a hole in the array.
    layers: Array.from(layers, (layer) => (layer ?? []).sort((a, b) => place(a) - place(b))),
    before: neighbours((name) => graph.predecessors(name)),
    after: neighbours((name) => graph.successors(name))
  })
  for (const layer of sorted) layer.forEach((i, order) => graph.node(names[i]!).order = order)
}

/** The part of dagre's graph that is used here: its own declarations cannot be read in every way of resolving modules. */
interface Laid {
  readonly setGraph: (options: object) => void
  readonly setNode: (name: string, label: object) => void
  readonly setEdge: (from: string, to: string, label: object) => void
  readonly nodes: () => ReadonlyArray<string>
  readonly node: (name: string) => { x?: number; y?: number; rank?: number; order?: number }
  readonly edge: (from: string, to: string) => { readonly points?: ReadonlyArray<Point> }
  readonly predecessors: (name: string) => ReadonlyArray<string> | undefined
  readonly successors: (name: string) => ReadonlyArray<string> | undefined
}

const round = (n: number): number => Math.round(n * 10) / 10

/** Arrows begin and end side by side in the order in which they come, so that none hides another. */
const ends = (
  places: ReadonlyArray<Place>,
  arrows: ReadonlyArray<Arrow>,
  routes: Array<Array<Point>>,
  direction: Picture.Direction
): void => {
  const axis = direction === "right" ? "y" : "x"
  const into: Array<Array<number>> = places.map(() => [])
  const out: Array<Array<number>> = places.map(() => [])
  arrows.forEach(({ from, to }, a) => {
    into[to]!.push(a)
    out[from]!.push(a)
  })
  const spread = (
    place: Place,
    list: Array<number>,
    near: (a: number) => Point,
    put: (a: number, point: Point) => void,
    end: "first" | "last"
  ) => {
    list.sort((a, b) => near(a)[axis] - near(b)[axis] || a - b)
    const room = (direction === "right" ? place.height : place.width) - 16
    const step = Math.min(10, room / Math.max(1, list.length))
    list.forEach((a, n) => put(a, side(place, direction, end, (n - (list.length - 1) / 2) * step)))
  }
  const beside = (a: number, end: "first" | "last"): Point => {
    const route = routes[a]!
    if (route.length > 2) return end === "first" ? route[1]! : route.at(-2)!
    const place = places[end === "first" ? arrows[a]!.to : arrows[a]!.from]!
    return { x: place.x + place.width / 2, y: place.y + place.height / 2 }
  }
  places.forEach((place, b) => {
    spread(place, into[b]!, (a) => beside(a, "last"), (a, point) => routes[a]![routes[a]!.length - 1] = point, "last")
    spread(place, out[b]!, (a) => beside(a, "first"), (a, point) => routes[a]![0] = point, "first")
  })
}

/** A point on the side that data leave (`first`) or enter (`last`) by, so far from its middle. */
const side = (place: Place, direction: Picture.Direction, end: "first" | "last", off: number): Point => {
  const leaving = end === "first"
  switch (direction) {
    case "right":
      return { x: round(place.x + (leaving ? place.width : 0)), y: round(place.y + place.height / 2 + off) }
    case "down":
      return { x: round(place.x + place.width / 2 + off), y: round(place.y + (leaving ? place.height : 0)) }
    case "up":
      return { x: round(place.x + place.width / 2 + off), y: round(place.y + (leaving ? 0 : place.height)) }
  }
}

const extent = (places: ReadonlyArray<Place>, routes: ReadonlyArray<ReadonlyArray<Point>>): Size => {
  let width = 0
  let height = 0
  for (const place of places) {
    width = Math.max(width, place.x + place.width)
    height = Math.max(height, place.y + place.height)
  }
  for (const route of routes) {
    for (const point of route) {
      width = Math.max(width, point.x)
      height = Math.max(height, point.y)
    }
  }
  return { width: Math.ceil(width), height: Math.ceil(height) }
}

/** A smooth line through the points: it leaves each in the direction of the flow. */
export const curve = (points: ReadonlyArray<Point>, direction: Picture.Direction): string => {
  const [first, ...rest] = points
  if (first === undefined) return ""
  let path = `M${round(first.x)} ${round(first.y)}`
  let from = first
  for (const to of rest) {
    const dx = direction === "right" ? (to.x - from.x) / 2 : 0
    const dy = direction === "right" ? 0 : (to.y - from.y) / 2
    path += Math.abs(direction === "right" ? to.y - from.y : to.x - from.x) < 0.5
      ? `L${round(to.x)} ${round(to.y)}`
      : `C${round(from.x + dx)} ${round(from.y + dy)} ${round(to.x - dx)} ${round(to.y - dy)} ${round(to.x)} ${
        round(to.y)
      }`
    from = to
  }
  return path
}
