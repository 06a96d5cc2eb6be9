/**
 * Where boxes stand and how arrows run: layers, crossings and coordinates by dagre, curves and the ends of arrows by hand.
 */
import * as dagre from "@dagrejs/dagre"
import type * as Picture from "../Picture.js"
import type { Arrow } from "./boxes.js"

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

const between = { layers: 56, boxes: 18, arrows: 12 }

const rankdir = { right: "LR", down: "TB", up: "BT" } as const

/** Boxes are wide and low: from left to right more of them fit a page, as long as the graph is not much longer than wide. */
export const choose = (sizes: ReadonlyArray<Size>, arrows: ReadonlyArray<Arrow>): Picture.Direction => {
  const depth = sizes.map(() => 0)
  const into: Array<Array<number>> = sizes.map(() => [])
  for (const { from, to } of arrows) into[to]!.push(from)
  // Boxes stand nearly in the order of work: two rounds tell the depth well enough to choose a direction by.
  for (let round = 0; round < 2; round++) {
    into.forEach((of, b) => of.forEach((from) => depth[b] = Math.min(sizes.length, Math.max(depth[b]!, depth[from]! + 1))))
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
  const graph = new dagre.Graph<dagre.GraphLabel, dagre.NodeLabel, dagre.EdgeLabel>()
  graph.setGraph({
    rankdir: rankdir[direction],
    ranksep: between.layers,
    nodesep: between.boxes,
    edgesep: between.arrows,
    marginx: 0,
    marginy: 0
  })
  sizes.forEach((size, b) => graph.setNode(`${b}`, { ...size }))
  // Many needs between two boxes pull them together, but not so hard that everything else has to bend.
  for (const { count, from, to } of arrows) {
    graph.setEdge(`${from}`, `${to}`, { weight: Math.min(4, 1 + Math.log10(count)) })
  }
  dagre.layout(graph)
  const places = sizes.map(({ height, width }, b) => {
    const { x = 0, y = 0 } = graph.node(`${b}`)
    return { x: round(x - width / 2), y: round(y - height / 2), width, height }
  })
  const routes = arrows.map(({ from, to }) => between_(graph.edge(`${from}`, `${to}`).points ?? []))
  ends(places, arrows, routes, direction)
  return { ...extent(places, routes), places, routes, direction }
}

const round = (n: number): number => Math.round(n * 10) / 10

/** Every other point of dagre's is the place of a label, half-way between two layers: curves run calmer without. */
const between_ = (points: ReadonlyArray<Point>): Array<Point> =>
  points.filter((_, i) => i === 0 || i === points.length - 1 || i % 2 === 0)

/** Arrows begin and end side by side in the order in which they come, so that none hides another. */
const ends = (
  places: ReadonlyArray<Place>,
  arrows: ReadonlyArray<Arrow>,
  routes: Array<Array<Point>>,
  direction: Picture.Direction
): void => {
  const across = direction === "right" ? "y" : "x"
  const into: Array<Array<number>> = places.map(() => [])
  const out: Array<Array<number>> = places.map(() => [])
  arrows.forEach(({ from, to }, a) => {
    into[to]!.push(a)
    out[from]!.push(a)
  })
  const spread = (place: Place, list: Array<number>, near: (a: number) => Point, put: (a: number, point: Point) => void, end: "first" | "last") => {
    list.sort((a, b) => near(a)[across] - near(b)[across] || a - b)
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
      : `C${round(from.x + dx)} ${round(from.y + dy)} ${round(to.x - dx)} ${round(to.y - dy)} ${round(to.x)} ${round(to.y)}`
    from = to
  }
  return path
}
