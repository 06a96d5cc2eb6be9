/**
 * Deaths under running tasks, and their end: what has taken too many with it is not tried again.
 *
 * Owns the verdict. Who is told what is counted is `wary`'s business.
 *
 * @since 0.1.0
 */
import type { Death, TaskDied, WorkerTold } from "../../Note.js"
import { hasKilled, killed } from "../books/perilous.js"
import { isCounted, tellSpent } from "../books/wary.js"
import { journal, type Row, type State, type Worker } from "../rows/State.js"
import { fail } from "../settle/settle.js"

/**
 * A worker died under this attempt while it ran.
 *
 * @since 0.1.0
 * @category combinators
 */
export const blame = (
  state: State,
  row: Row,
  worker: Worker,
  { attempt, detail }: Pick<TaskDied, "attempt" | "detail">
): void => {
  journal(state, "died", row, worker, detail)
  died(state, row, { attempt, how: `${worker.info.name} (${worker.id}): ${detail}` }, worker)
}

const died = (state: State, row: Row, death: Death, worker: Worker | undefined): void => {
  // Another scheduler that went on too late may have told of it already.
  if (!isCounted(row, death)) {
    // Seen, or known to have been about to begin. One before it that nobody could see does not count: most of those that may
    // have had one had none, and would be given up for deaths of others.
    row.deaths = [...row.deaths, death]
    tellSpent(state, row)
  }
  if (hasKilled(state, row) && row.state._tag !== "Failed") fail(state, row, killed(row, worker))
}

/**
 * A worker tells how an attempt ended that an earlier life began. Nothing is missing then.
 *
 * @since 0.1.0
 * @category combinators
 */
export const endedBefore = (state: State, worker: Worker, outcome: WorkerTold["outcomes"][number]): void => {
  const row = state.begins.get(outcome.attempt)
  if (row === undefined) return
  state.begins.delete(outcome.attempt)
  if (outcome._tag === "TaskDied" && isOpen(row)) blame(state, row, worker, outcome)
}

/** What has failed counts too: a client that was told so may have tried again before this life, and says that next. */
const isOpen = (row: Row): boolean => !row.gone && row.state._tag !== "Stored"

/**
 * All have told. What was about to begin, and is nowhere, began, and took its worker along, with the scheduler or after it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const missing = (state: State): void => {
  for (const [attempt, row] of state.begins) {
    if (!isOpen(row) || state.runs.get(attempt) !== undefined) continue
    journal(state, "died", row, undefined, "with the scheduler")
    died(state, row, { attempt, how: "a worker that the scheduler went with, or that was not heard since" }, undefined)
  }
  state.begins.clear()
}
