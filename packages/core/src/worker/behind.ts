/**
 * Chains: a job may be handed over before its inputs are made, to the executor that has all the jobs that make them. It
 * then waits there, behind its makers, and no round trip parts the links.
 *
 * Which of them are handed over, and how many, is `plan`'s to say; this file knows who could be. It asks for one executor
 * that makes all that is missing, makers of the job's own kind (kinds do not wait for each other there), and values that
 * were small the last time (executors keep only those for what follows). Whom its executor did not find ready goes the
 * ordinary way from then on.
 *
 * @since 0.1.0
 */
import type { ValueId } from "../Id.js"
import * as Spec from "../Spec.js"
import * as Few from "./few.js"
import type { Executor, Job } from "./state.js"

/** The executor where all makers of what the job misses are, if it could wait there. */
export const placeOf = (job: Job): Executor | undefined => {
  if (job.state._tag !== "Gathering" || job.unready) return undefined
  let place: Executor | undefined
  let made = 0
  for (const { cancelled, group, kind, state: at } of Few.members(job.makers)) {
    if (at._tag !== "Running" || at.suspended !== undefined || at.takenBack || at.timedOut || at.withheld) {
      return undefined
    }
    if (kind !== job.kind || cancelled !== undefined || !group.small) return undefined
    if (place !== undefined && place !== at.executor) return undefined
    place = at.executor
    made += 1
  }
  if (place === undefined || made < job.missing || !place.takes) return undefined
  return Spec.covers(place.tasks, job.spec.task) ? place : undefined
}

/** Puts a job that waits for inputs in line behind its makers, if it could go there. */
export const mayFollow = (job: Job): void => {
  placeOf(job)?.followers[job.kind].push(job)
}

const none: ReadonlyArray<never> = []

/** What of the inputs of a job about to be handed over is still being made; its makers know that they are followed. */
export const aheadOf = (job: Job): ReadonlyArray<ValueId> => {
  if (job.makers === undefined) return none
  const ahead: Array<ValueId> = []
  for (const maker of Few.members(job.makers)) {
    if (maker.state._tag === "Running") maker.state.followed = true
    ahead.push(maker.value)
  }
  return ahead
}

/** Whether some maker of what it misses has a follower already: then the two could run beside each other. */
export const isSibling = (job: Job): boolean =>
  Few.members(job.makers).some(({ state }) => state._tag === "Running" && state.followed)

/** A value is made: whoever was posted behind its maker misses one input less. */
export const madeAhead = (followers: ReadonlyArray<Job>): void => {
  for (const job of followers) {
    if (job.state._tag !== "Running" || job.missing === 0) continue
    job.missing -= 1
    if (job.missing === 0 && job.state.posted) job.state.executor.behind[job.kind] -= 1
  }
}
