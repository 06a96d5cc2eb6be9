/**
 * Rows whose value has more than one holder, and so perhaps more copies than are needed.
 *
 * Owns the list and when it is looked through next: at first once a copy can have been idle for long enough, then again
 * as long as there is something in it. A value with one holder costs nothing. What is done about it is `reduce`'s.
 *
 * Invariants:
 *   R7. What is listed is Stored.
 *   R8. While something is listed, a look is due.
 *
 * @since 0.1.0
 */
import type { Row } from "./rowShapes.js"
import type { State } from "./State.js"

/**
 * @since 0.1.0
 * @category models
 */
export class Several {
  /** By row, when all of its copies were needed last, or one was made. */
  readonly since = new Map<Row, number>()
  /** How far the look is that was begun. */
  look: Iterator<[Row, number]> | undefined = undefined
  /** When the next look is due. */
  at = Number.POSITIVE_INFINITY
}

/**
 * The row has one more copy, or as many are no longer asked for.
 *
 * @since 0.1.0
 * @category combinators
 */
export const enlist = (state: State, row: Row): void => {
  const { copiesIdle } = state.config
  if (copiesIdle === Number.POSITIVE_INFINITY) return
  state.several.since.set(row, state.now)
  wake(state, state.now + copiesIdle)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const delist = (state: State, row: Row): void => {
  const { since } = state.several
  if (since.size > 0) since.delete(row)
}

/**
 * A look is due then at the latest.
 *
 * @since 0.1.0
 * @category combinators
 */
export const wake = (state: State, at: number): void => {
  const { several } = state
  if (at >= several.at || several.since.size === 0) return
  several.at = at
  state.due.push({ place: -1, _tag: "Copies", at, seq: state.seq++ })
}
