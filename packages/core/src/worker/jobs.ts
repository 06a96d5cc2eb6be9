/**
 * Jobs coming, becoming ready, and leaving. A job that leaves without a value takes with it those that count on it.
 *
 * @since 0.1.0
 */
import { type Attempt, type Key, valueId } from "../Id.js"
import type * as Note from "../Note.js"
import { mayFollow } from "./behind.js"
import { countOn, letGo } from "./replicas.js"
import { addTo, type Context, type Job, kindOf, removeFrom, tell } from "./state.js"

export const accept = (context: Context, note: Note.RunTask): void => {
  const { state } = context
  const { attempt, failures, inputs, order, spec } = note
  if (state.jobs.has(attempt) || state.left) return
  const back = (why: Note.TaskReturned["why"]) => tell(context, { _tag: "TaskReturned", key: spec.key, attempt, why })
  if (state.leaving) return back("leaving")
  if (!state.tasks.has(spec.task)) return back("no such task")
  const job: Job = {
    spec,
    attempt,
    kind: kindOf(spec),
    value: valueId(spec.key, attempt),
    order,
    inputs: inputs.map(({ key, value }) => ({ key, value })),
    failures,
    missing: 0,
    unready: false,
    urgent: state.awaited.has(spec.key),
    state: { _tag: "Gathering" },
    cancelled: undefined
  }
  state.jobs.set(attempt, job)
  state.makers.set(job.value, attempt)
  addTo(state.byKey, spec.key, attempt)
  for (const input of inputs) {
    const why = countOn(context, job, input)
    if (why !== undefined) return giveBack(context, job, why)
  }
  if (job.urgent) hurry(context, job)
  if (job.missing === 0) becomeReady(context, job)
  else mayFollow(context, job)
}

export const becomeReady = ({ state }: Context, job: Job): void => {
  job.state = { _tag: "Ready" }
  const entry = { order: job.order, attempt: job.attempt }
  state.ready[job.kind].push(entry)
  if (job.urgent) state.urgent[job.kind].push(entry)
}

/** A suspended attempt waits for this key: whatever makes it here goes first, and what that needs from here. */
export const hurryKey = (context: Context, key: Key): void => {
  for (const attempt of context.state.byKey.get(key) ?? []) {
    const job = context.state.jobs.get(attempt)
    if (job !== undefined && !job.urgent) hurry(context, job)
  }
}

export const hurry = ({ state }: Context, root: Job): void => {
  const stack = [root]
  for (let job = stack.pop(); job !== undefined; job = stack.pop()) {
    job.urgent = true
    if (job.state._tag === "Ready") state.urgent[job.kind].push({ order: job.order, attempt: job.attempt })
    if (job.state._tag !== "Gathering") continue
    for (const input of job.inputs) {
      const maker = state.jobs.get(state.makers.get(input.value) ?? -1)
      if (maker !== undefined && !maker.urgent) stack.push(maker)
    }
  }
}

/** The row goes; inputs that only it needed go with it. Its slot, if it had one, was given up before. */
export const remove = (context: Context, job: Job): void => {
  const { state } = context
  state.jobs.delete(job.attempt)
  state.makers.delete(job.value)
  removeFrom(state.byKey, job.spec.key, job.attempt)
  for (const { value } of job.inputs) {
    removeFrom(state.waits, value, job.attempt)
    const replica = state.replicas.get(value)
    if (replica?.jobs.delete(job.attempt) === true) letGo(context, replica)
  }
}

/**
 * The row goes and leaves no value: so do all that waited for it here. Those posted behind it have left this machine's
 * hands: their executor says of each that it was not ready.
 */
export const removeWithout = (context: Context, job: Job): void => {
  const stack = [job]
  for (let gone = stack.pop(); gone !== undefined; gone = stack.pop()) {
    // One that waits for two such values is on the stack twice.
    if (context.state.jobs.get(gone.attempt) !== gone) continue
    if (gone !== job) returned(context, gone, "input withdrawn")
    const waiting = [...context.state.waits.get(gone.value) ?? []]
    remove(context, gone)
    for (const attempt of waiting) {
      const dependent = context.state.jobs.get(attempt)
      if (dependent !== undefined && dependent.state._tag !== "Running") stack.push(dependent)
    }
  }
}

const returned = (context: Context, { attempt, spec: { key } }: Job, why: Note.TaskReturned["why"]): void =>
  tell(context, { _tag: "TaskReturned", key, attempt, why })

export const giveBack = (context: Context, job: Job, why: Note.TaskReturned["why"]): void => {
  returned(context, job, why)
  removeWithout(context, job)
}

/** An input is here: those that have all of them are ready. */
export const inputHere = (context: Context, attempts: Iterable<Attempt>): void => {
  for (const attempt of attempts) {
    const job = context.state.jobs.get(attempt)
    if (job?.state._tag !== "Gathering") continue
    job.missing -= 1
    if (job.missing === 0) becomeReady(context, job)
    else mayFollow(context, job)
  }
}
