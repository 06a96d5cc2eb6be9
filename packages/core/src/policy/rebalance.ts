/**
 * Which values move where, so that workers hold about the same number of bytes.
 *
 * Owns the choice. What may be moved, and the moving, is the scheduler's.
 *
 * Invariants:
 *   R3. No move makes the fullest worker fuller, or empties one to fill another beyond it.
 *   R4. A value is moved once, and never to where it already is.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface Placed {
  readonly bytes: number
  /** The worker it may move from, by its place in the list of workers. */
  readonly on: number
  /** Workers that hold it, that one included. */
  readonly holders: ReadonlyArray<number>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Move {
  /** By its place in the list of values. */
  readonly value: number
  readonly from: number
  readonly to: number
}

/** Differences below this share of the mean are left alone. */
const tolerance = 0.05

/**
 * Moves the largest values that fit from the fullest worker to the emptiest, until all are about even or `most` moves
 * are planned.
 *
 * @since 0.1.0
 * @category combinators
 */
export const plan = (
  workers: ReadonlyArray<number>,
  values: ReadonlyArray<Placed>,
  most: number = 10_000
): ReadonlyArray<Move> => {
  const bytes = [...workers]
  const moves: Array<Move> = []
  const moved = new Set<number>()
  // What was too large for the gap once is so for good: the gap only shrinks.
  const largest = workers.map((_, worker) =>
    values.map((value, at) => ({ value, at })).filter(({ value }) => value.on === worker && value.bytes > 0)
      .sort((a, b) => a.value.bytes - b.value.bytes || b.at - a.at)
  )
  const margin = tolerance * workers.reduce((sum, one) => sum + one, 0) / Math.max(1, workers.length)
  const donors = new Set(workers.keys())
  while (moves.length < most) {
    const to = extreme(bytes, workers.keys(), (a, b) => a < b)
    const from = extreme(bytes, donors, (a, b) => a > b)
    if (to === undefined || from === undefined) return moves
    const gap = bytes[from]! - bytes[to]!
    if (gap <= margin) return moves
    const next = largest[from]!.pop()
    if (next === undefined) donors.delete(from)
    else if (next.value.bytes <= gap / 2 && !moved.has(next.at) && !next.value.holders.includes(to)) {
      moved.add(next.at)
      moves.push({ value: next.at, from, to })
      bytes[from]! -= next.value.bytes
      bytes[to]! += next.value.bytes
    }
  }
  return moves
}

const extreme = (
  bytes: ReadonlyArray<number>,
  among: Iterable<number>,
  before: (a: number, b: number) => boolean
): number | undefined => {
  let best: number | undefined
  for (const at of among) if (best === undefined || before(bytes[at]!, bytes[best]!)) best = at
  return best
}
