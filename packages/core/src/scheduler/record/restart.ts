/**
 * Everything begins again: no key survives.
 *
 * Owns the sweep. It visits all rows in one step, since nothing may be decided in between.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import { become } from "../books/become.js"
import { answerEnders } from "../books/books.js"
import { forget, removeWant } from "../rows/rows.js"
import { idle, journal, type Row, type State, toClient } from "../rows/State.js"
import { cancelRuns, drop } from "../settle/values.js"

const none: ReadonlyArray<Row> = []

/**
 * Fails every wanted key as `Cancelled`, drops every value, cancels every attempt and forgets all rows.
 *
 * @since 0.1.0
 * @category combinators
 */
export const restart = (state: State, by: string): void => {
  journal(state, "restart", undefined, undefined, by)
  const rows = [...state.rows.values()].sort((a, b) => a.seq - b.seq)
  for (const shadows of state.shadows.values()) rows.push(...shadows)
  for (const row of rows) {
    for (const want of row.wants) {
      if (want.told !== true) {
        const failure = Failure.make("Cancelled", row.key, "the cluster was restarted", { by })
        toClient(state, want.client, { _tag: "TaskNotStored", key: row.key, want: want.want, failure })
      }
      removeWant(state, row, want.client)
    }
    const s = row.state
    if (s._tag === "Stored") { for (const holder of s.holders) drop(state, holder, s.value) }
    row.keep = row.fresh = false
    become(state, row, idle)
    cancelRuns(state, row, by, "restart", true)
  }
  for (const row of rows) {
    row.dependents = undefined
    row.inputs = none
    row.missing = row.consumers = 0
  }
  for (const row of rows) {
    forget(state, row)
    if (row.runs.length === 0) answerEnders(state, row)
  }
}
