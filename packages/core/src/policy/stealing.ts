/**
 * Whether taking a waiting task from one worker to another pays.
 *
 * Owns that comparison alone; both sides are the one cost of `policy/cost`.
 *
 * Invariants:
 *   P1. A move that gains less than the margin is not made: what was just moved does not come back.
 *
 * @since 0.1.0
 */

/**
 * `here`: the cost of staying behind the work before it; `there`: the cost on the idle worker, transfers included;
 * `round`: what asking for it back takes.
 *
 * @since 0.1.0
 * @category guards
 */
export const pays = (here: number, there: number, round: number, margin: number): boolean =>
  there + round + margin < here
