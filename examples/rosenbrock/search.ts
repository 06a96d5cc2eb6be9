// The search, without any cluster: where to look next, given what has come back.

export type Point = readonly [x: number, y: number]

/** Rosenbrock's function, gently: its minimum is 0 at (1, 1), in a long curved valley. */
export const height = ([x, y]: Point): number => (1 - x) ** 2 + 2 * (y - x ** 2) ** 2

export interface Scored {
  readonly point: Point
  readonly score: number
}

export interface Search {
  /** How far from the best point the next one may be. */
  readonly scale: number
  readonly best: Scored
  readonly taken: number
}

export const start: Search = { scale: 5, best: { point: [0, 0], score: Infinity }, taken: 0 }

/** Takes a result: the search narrows, and remembers it if it is the best so far. */
export const take = (search: Search, result: Scored): Search => ({
  scale: search.scale * 0.99,
  best: result.score < search.best.score ? result : search.best,
  taken: search.taken + 1
})

/** Where to look next; the dice are from -1 to 1. */
export const next = (
  { best: { point: [x, y] }, scale }: Search,
  [dx, dy]: Point
): Point => [x + scale * dx, y + scale * dy]
