/**
 * Work that seems to end the workers it runs on, and how many more it may be given to.
 *
 * @since 0.1.0
 */
import type { Row, Run, State } from "./State.js"
import { isCounted } from "./wary.js"

/**
 * Attempts that ran where nothing has been heard since, and nobody has told of a death.
 *
 * @since 0.1.0
 * @category getters
 */
export const silentRuns = (row: Row): ReadonlyArray<Run> =>
  row.runs.filter((run) => run.phase === "Loose" && run.started !== undefined && !isCounted(row, run))

/**
 * Whether the row has ended, or may have ended, more workers than it survives: those that died under it, and those that
 * have been silent since it ran there. Nobody else tries it before one of them is heard, or dead.
 *
 * @since 0.1.0
 * @category guards
 */
export const isPerilous = (state: State, row: Row): boolean => {
  if (row.runs.length === 0) return false
  const silent = silentRuns(row).length
  return silent > 0 && row.deaths.length + silent > state.config.deathsMax
}
