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
import type { Attempt, ValueId } from "../Id.js"
import type { Context, Executor, Job } from "./state.js"

/** The executor where all makers of what the job misses are, if it could wait there. */
export const placeOf = ({ state }: Context, job: Job): Executor | undefined => {
  if (job.state._tag !== "Gathering" || job.unready) return undefined
  let place: string | undefined
  let missing = 0
  for (const { value } of job.inputs) {
    const maker = state.jobs.get(state.makers.get(value) ?? -1)
    if (maker === undefined) continue
    const at = maker.state
    if (at._tag !== "Running" || at.suspended !== undefined || at.takenBack || at.timedOut) return undefined
    if (maker.kind !== job.kind || maker.cancelled !== undefined) return undefined
    if (state.groups.get(maker.spec.group)?.small !== true || (place !== undefined && place !== at.executor)) {
      return undefined
    }
    place = at.executor
    missing += 1
  }
  if (place === undefined || missing < job.missing) return undefined
  const executor = state.executors.get(place)!
  return executor.ending || !executor.tasks.has(job.spec.task) ? undefined : executor
}

/** Puts a job that waits for inputs in line behind its makers, if it could go there. */
export const mayFollow = (context: Context, job: Job): void => {
  placeOf(context, job)?.followers[job.kind].push({ order: job.order, attempt: job.attempt })
}

/** A job was handed over: what waits for it may follow. */
export const letFollow = (context: Context, maker: Job): void => {
  const waiting = context.state.waits.get(maker.value)
  if (waiting === undefined) return
  for (const attempt of waiting) {
    const job = context.state.jobs.get(attempt)
    if (job !== undefined) mayFollow(context, job)
  }
}

const none: ReadonlyArray<never> = []

/** What of the inputs of a job about to be handed over is still being made; its makers know that they are followed. */
export const aheadOf = ({ state }: Context, job: Job): ReadonlyArray<ValueId> => {
  if (job.missing === 0) return none
  const ahead: Array<ValueId> = []
  for (const { value } of job.inputs) {
    const maker = state.jobs.get(state.makers.get(value) ?? -1)
    if (maker?.state._tag !== "Running") continue
    maker.state.followed = true
    ahead.push(value)
  }
  return ahead
}

/** Whether some maker of what it misses has a follower already: then the two could run beside each other. */
export const isSibling = ({ state }: Context, job: Job): boolean =>
  job.inputs.some(({ value }) => {
    const maker = state.jobs.get(state.makers.get(value) ?? -1)
    return maker?.state._tag === "Running" && maker.state.followed
  })

/** A value is made: whoever was posted behind its maker misses one input less. */
export const madeAhead = ({ state }: Context, waiting: Iterable<Attempt>): void => {
  for (const attempt of waiting) {
    const job = state.jobs.get(attempt)
    if (job?.state._tag !== "Running" || job.missing === 0) continue
    job.missing -= 1
    if (job.missing === 0 && job.state.posted) state.executors.get(job.state.executor)!.behind[job.kind] -= 1
  }
}
