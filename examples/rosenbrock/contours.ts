// Where a function is at most so high, as closed rings: marching squares.
//
// The grid gets one more row and column on each side, at the place of the border and higher than everything, so that
// every region ends within the grid and every ring is closed.
import type { Point } from "./search.js"

export type Ring = ReadonlyArray<Point>

export interface Grid {
  readonly xs: ReadonlyArray<number>
  readonly ys: ReadonlyArray<number>
  /** Row by row. */
  readonly values: Float64Array
}

const ticks = (from: number, to: number, cells: number): ReadonlyArray<number> => {
  const inner = Array.from({ length: cells + 1 }, (_, i) => from + ((to - from) * i) / cells)
  return [from, ...inner, to]
}

export const sample = (f: (point: Point) => number, from: number, to: number, cells: number): Grid => {
  const xs = ticks(from, to, cells)
  const ys = xs
  const last = xs.length - 1
  const values = new Float64Array(xs.length * ys.length)
  ys.forEach((y, j) =>
    xs.forEach((x, i) => {
      const border = i === 0 || j === 0 || i === last || j === last
      values[j * xs.length + i] = border ? Infinity : f([x, y])
    })
  )
  return { xs, ys, values }
}

type Side = "top" | "right" | "bottom" | "left"
type Segment = readonly [from: Side, to: Side]

/** By the corners that are inside (8, 4, 2, 1: clockwise from the first), segments that have the inside on one hand. */
const segments: ReadonlyArray<ReadonlyArray<Segment>> = [
  [],
  [["bottom", "left"]],
  [["right", "bottom"]],
  [["right", "left"]],
  [["top", "right"]],
  [["top", "right"], ["bottom", "left"]],
  [["top", "bottom"]],
  [["top", "left"]],
  [["left", "top"]],
  [["bottom", "top"]],
  [["left", "top"], ["right", "bottom"]],
  [["right", "top"]],
  [["left", "right"]],
  [["bottom", "right"]],
  [["left", "bottom"]],
  []
]

/** Two opposite corners are inside, and the middle is too: the other two are cut off instead. */
const joined: Readonly<Record<number, ReadonlyArray<Segment>>> = {
  5: [["top", "left"], ["bottom", "right"]],
  10: [["right", "top"], ["left", "bottom"]]
}

/** Edges of the grid have numbers: even ones lie along x, odd ones along y. */
const edge = (width: number, i: number, j: number, side: Side): number => {
  const at = (column: number, row: number) => 2 * (row * width + column)
  switch (side) {
    case "top":
      return at(i, j)
    case "bottom":
      return at(i, j + 1)
    case "left":
      return at(i, j) + 1
    case "right":
      return at(i + 1, j) + 1
  }
}

/** Where the edge meets the level. Towards the border row both ends are in the same place. */
const crossing = ({ values, xs, ys }: Grid, number: number, level: number): Point => {
  const width = xs.length
  const cell = number >> 1
  const i = cell % width
  const j = Math.floor(cell / width)
  const along = number % 2 === 0
  const other = along ? cell + 1 : cell + width
  const [a, b] = [values[cell]!, values[other]!]
  const t = Number.isFinite(a) && Number.isFinite(b) ? (level - a) / (b - a) : 0
  const mix = (from: number, to: number) => from + (to - from) * t
  return along ? [mix(xs[i]!, xs[i + 1]!), ys[j]!] : [xs[i]!, mix(ys[j]!, ys[j + 1]!)]
}

const follow = (grid: Grid, level: number, leads: Map<number, number>): ReadonlyArray<Ring> => {
  const rings: Array<Ring> = []
  for (let first = leads.keys().next(); first.done !== true; first = leads.keys().next()) {
    const ring: Array<Point> = []
    for (let at: number | undefined = first.value; at !== undefined;) {
      const next: number | undefined = leads.get(at)
      if (next !== undefined) ring.push(crossing(grid, at, level))
      leads.delete(at)
      at = next
    }
    rings.push(ring)
  }
  return rings
}

/** The rings around all that is at most `level`; those around holes run the other way. */
export const below = (grid: Grid, level: number): ReadonlyArray<Ring> => {
  const { values, xs, ys } = grid
  const width = xs.length
  const leads = new Map<number, number>()
  for (let j = 0; j + 1 < ys.length; j++) {
    for (let i = 0; i + 1 < width; i++) {
      const cell = j * width + i
      const corners = [values[cell]!, values[cell + 1]!, values[cell + width + 1]!, values[cell + width]!]
      const inside = corners.reduce((bits, value) => bits * 2 + (value <= level ? 1 : 0), 0)
      const middle = corners.reduce((sum, value) => sum + value, 0) / 4
      const found = (middle <= level ? joined[inside] : undefined) ?? segments[inside]!
      for (const [from, to] of found) leads.set(edge(width, i, j, from), edge(width, i, j, to))
    }
  }
  return follow(grid, level, leads)
}
