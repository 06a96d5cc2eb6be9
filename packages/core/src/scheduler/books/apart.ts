/**
 * Work that is kept apart: what ends workers takes along what runs beside it, and would sooner or later have that counted as
 * guilty too.
 *
 * Owns `run.apart`, and how many such attempts a worker has: `classes` gives it no second one.
 *
 * Invariants:
 *   X1. A worker's `apart` is the number of its attempts marked so, and none that gave its slot away is.
 *   X2. An attempt keeps others out for `apartFor` at most: some work never ends.
 *
 * @since 0.1.0
 */
import type { Row, Run, State } from "../rows/State.js"

/**
 * Whether it has so many deaths that one more, or the one after that, is its end.
 *
 * @since 0.1.0
 * @category guards
 */
export const isApart = ({ config: { deathsMax } }: State, { deaths }: Row): boolean =>
  deaths.length > 0 && deaths.length >= deathsMax - 1

/**
 * From now on it keeps others out, if it is to be kept apart.
 *
 * @since 0.1.0
 * @category combinators
 */
export const keepOut = (state: State, run: Run): void => {
  if (run.apart || !isApart(state, run.row)) return
  run.apart = true
  run.worker.apart++
  state.due.push({ place: -1, _tag: "Apart", at: state.now + state.config.apartFor, seq: state.seq++, run })
}

/**
 * From now on it keeps nobody out. Says whether it did.
 *
 * @since 0.1.0
 * @category combinators
 */
export const letIn = (run: Run): boolean => {
  if (!run.apart) return false
  run.apart = false
  run.worker.apart--
  return true
}
