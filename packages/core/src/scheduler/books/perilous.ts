/**
 * Work that seems to end the workers it runs on, and how many more it may be given to.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import type { Row, Run, State, Worker } from "../rows/State.js"
import { isCounted } from "./wary.js"

/**
 * Whether it has ended more workers than it survives: it is not tried again.
 *
 * @since 0.1.0
 * @category guards
 */
export const hasKilled = (state: State, row: Row): boolean => row.deaths.length > state.config.deathsMax

/**
 * How such a row fails; `worker` was the last, where that is known.
 *
 * @since 0.1.0
 * @category constructors
 */
export const killed = ({ deaths, key }: Row, worker?: Worker | undefined): Failure.Failure => {
  const text = `${key} was running when ${deaths.length} workers died, one after another: ` +
    `${deaths.map(({ how }) => how).join("; ")}. It is not tried again: look at what it does to its process ` +
    "(memory, exit, native code)"
  return Failure.make("KilledWorker", key, text, { worker: worker?.id })
}

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
