/**
 * Failed rows that begin again, for who tries them again or was not meant.
 *
 * Owns `want.over` of those who were told. Who asks for it is `record/client`'s and `settle`'s business.
 *
 * Invariants:
 *   X3. What was cancelled for some is made for others who need it, now or later.
 *
 * @since 0.1.0
 */
import { become } from "../books/become.js"
import { hasKilled, killed } from "../books/perilous.js"
import { tellSpent } from "../books/wary.js"
import { type Client, failedBy, idle, isActive, type Row, type State } from "../rows/State.js"

/**
 * A failed row, and the failed rows it failed by, begin again: also those behind inputs that were let go of meanwhile. Who
 * was told of the failure has had the last word. What is counted against them is forgiven where somebody tries them again, and
 * only then: what has taken too many with it stays failed where that is said once more (it may have been counted since), or
 * where others need what was cancelled, and for no other reason than that.
 *
 * @since 0.1.0
 * @category combinators
 */
export const startOver = (state: State, row: Row, forgives: boolean): void => {
  const seen = new Set([row])
  for (const next of seen) {
    if (next.state._tag === "Failed") {
      if (!forgives && hasKilled(state, next)) {
        if (next.state.failure.reason === "Cancelled") become(state, next, failedBy(killed(next)))
        continue
      }
      for (const want of next.wants) if (want.told === true) want.over = true
      if (forgives && next.pardon()) tellSpent(state, next)
      become(state, next, idle)
    } else if (next.state._tag !== "Idle") continue
    for (const input of next.inputs) seen.add(input)
  }
}

/**
 * Whether an input was cancelled, and the row is needed by somebody who was not told so: they did not ask for it, and what
 * they need is made again. Who was told of an earlier failure was not told of this one.
 *
 * @since 0.1.0
 * @category guards
 */
export const isCancelledForOthers = (row: Row, input: Row): boolean => {
  if (input.state._tag !== "Failed" || input.state.failure.reason !== "Cancelled") return false
  const told = new Set<Client>(input.wants.flatMap((want) => want.over ? [] : [want.client]))
  const seen = new Set([row])
  for (const one of seen) {
    if (one.keep || one.wants.some((want) => !want.over && !told.has(want.client))) return true
    for (const dependent of one.dependents?.values() ?? []) if (isActive(dependent.state)) seen.add(dependent)
  }
  return false
}
