/**
 * Jobs coming, becoming ready, and leaving. A job that leaves without a value takes with it those that count on it.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"
import type * as Note from "../Note.js"
import { mayFollow } from "./behind.js"
import * as Few from "./few.js"
import * as Memory from "./memory.js"
import { countOn, letGo } from "./replicas.js"
import { canRun, type Context, groupOf, Job, over, ready, tell } from "./state.js"

export const accept = (context: Context, note: Note.RunTask): void => {
  const { state } = context
  const { attempt, failures, inputs, order, spec } = note
  if ((attempt <= state.latest && state.jobs.has(attempt)) || state.left) return
  const refused = state.leaving ? "leaving" : canRun(state, spec.task) ? undefined : "no such task"
  if (refused !== undefined) return tell(context, { _tag: "TaskReturned", key: spec.key, attempt, why: refused })
  const job = new Job(spec, attempt, order, inputs, failures, groupOf(state, spec.group))
  job.asks = note.asks === true
  state.jobs.add(job)
  if (attempt > state.latest) state.latest = attempt
  for (const input of inputs) {
    const why = countOn(context, job, input)
    if (why !== undefined) return giveBack(context, job, why)
  }
  if (state.awaited.size > 0 && state.awaited.has(spec.key)) hurry(context, job)
  Memory.queue(context, job)
  whenReady(context, job)
}

/** Ready with all its inputs here, and in memory for as long as it takes. */
export const whenReady = (context: Context, job: Job): void => {
  if (job.missing > 0) mayFollow(job)
  else if (context.state.memory === undefined || (job.reserved && Memory.holds(context, job))) becomeReady(context, job)
}

const becomeReady = ({ state }: Context, job: Job): void => {
  job.state = ready
  state.ready[job.kind].push(job)
  if (job.urgent) state.urgent[job.kind].push(job)
}

/** A suspended attempt waits for these: whatever makes them here goes first, and what that needs from here. */
export const hurryKeys = (context: Context, keys: ReadonlyArray<Key>): void => {
  // Attempts suspend now and then, jobs come all the time: so nobody keeps an index of keys.
  for (const job of context.state.jobs.values()) {
    if (!job.urgent && keys.includes(job.spec.key)) hurry(context, job)
  }
}

export const hurry = ({ state }: Context, root: Job): void => {
  const stack = [root]
  for (let job = stack.pop(); job !== undefined; job = stack.pop()) {
    job.urgent = true
    if (job.state._tag === "Ready") state.urgent[job.kind].push(job)
    if (job.state._tag !== "Gathering") continue
    for (const maker of Few.members(job.makers)) if (!maker.urgent) stack.push(maker)
  }
}

/** The row goes; inputs that only it needed go with it. Its slot, if it had one, was given up before. */
export const remove = (context: Context, job: Job): void => {
  const { state } = context
  state.jobs.delete(job.attempt)
  job.state = over
  for (const { value } of job.inputs) {
    const replica = state.replicas.get(value)
    if (replica === undefined || !Few.has(replica.jobs, job)) continue
    replica.jobs = Few.minus(replica.jobs, job)
    Memory.letOff(state, job, replica)
    letGo(context, replica)
  }
  if (job.makers === undefined) return
  for (const maker of Few.members(job.makers)) maker.followers = Few.minus(maker.followers, job)
  job.makers = undefined
}

/**
 * The row goes and leaves no value: so do all that waited for it here. Those posted behind it have left this machine's
 * hands: their executor says of each that it was not ready.
 */
export const removeWithout = (context: Context, job: Job): void => {
  const stack = [job]
  for (let gone = stack.pop(); gone !== undefined; gone = stack.pop()) {
    // One that waits for two such values is on the stack twice.
    if (gone.state._tag === "Over") continue
    if (gone !== job) returned(context, gone, "input withdrawn")
    remove(context, gone)
    for (const follower of Few.members(gone.followers)) {
      follower.makers = Few.minus(follower.makers, gone)
      if (follower.state._tag !== "Running") stack.push(follower)
    }
    gone.followers = undefined
  }
}

const returned = (context: Context, { attempt, spec: { key } }: Job, why: Note.TaskReturned["why"]): void =>
  tell(context, { _tag: "TaskReturned", key, attempt, why })

export const giveBack = (context: Context, job: Job, why: Note.TaskReturned["why"]): void => {
  returned(context, job, why)
  removeWithout(context, job)
}

/** An input is here: those that have all of them are ready. */
export const inputHere = (context: Context, jobs: ReadonlyArray<Job>): void => {
  for (const job of jobs) {
    if (job.state._tag !== "Gathering") continue
    job.missing -= 1
    whenReady(context, job)
  }
}
