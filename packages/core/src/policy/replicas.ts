/**
 * Which copies of a value are dropped, of those that nothing needs.
 *
 * Owns the choice. What needs a copy, which copies can be relied on, and the dropping, are the scheduler's.
 *
 * Invariants:
 *   R5. As many copies stay as are needed, and at least one.
 *   R6. A copy beside a task that needs it stays.
 *
 * @since 0.1.0
 */

/**
 * A copy that can be relied on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copy {
  /** Whether it stays, whatever else goes. */
  readonly stays: boolean
  /** What share of its worker's memory is taken; 0 where that has no limit. */
  readonly full: number
  /** Bytes of all values on its worker. */
  readonly held: number
}

/**
 * The share of its memory above which a worker is short of it: beyond that it spills, and a copy nobody needs goes first.
 *
 * @since 0.1.0
 * @category constants
 */
export const short = 0.6

/**
 * Those to be dropped, by their place in the list: all beyond `needed` where nothing has needed them for long (`idle`),
 * and otherwise only those on workers short of memory. The fullest worker is relieved first.
 *
 * @since 0.1.0
 * @category combinators
 */
export const drops = (copies: ReadonlyArray<Copy>, needed: number, idle: boolean): ReadonlyArray<number> => {
  const surplus = copies.length - Math.max(1, needed)
  if (surplus <= 0) return []
  return copies.map((copy, at) => ({ copy, at }))
    .filter(({ copy }) => !copy.stays && (idle || copy.full > short))
    .sort((a, b) => b.copy.full - a.copy.full || b.copy.held - a.copy.held || b.at - a.at)
    .slice(0, surplus)
    .map(({ at }) => at)
}
