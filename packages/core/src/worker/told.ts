/**
 * What the worker says of itself: everything when a session begins, signs of life in between.
 *
 * @since 0.1.0
 */
import { type Attempt, makerIn } from "../Id.js"
import type * as Note from "../Note.js"
import { giveBack } from "./jobs.js"
import { isRunning, tellAsks } from "./runs.js"
import { canRun, type Context, type Job, tell, used } from "./state.js"

type Outcome = Note.WorkerTold["outcomes"][number]

/**
 * Begins a session. Outcomes that the last one left unacknowledged are told again: whether they were applied is not known,
 * and it does not matter, since each names an attempt and an attempt ends once. A computed value needs no such care: it is
 * among the values, or gone, and then the scheduler finds its attempt neither running nor ended and starts another.
 */
export const retell = (context: Context, unacked: ReadonlyArray<Note.Note>): void => {
  const { now, state } = context
  state.linked = true
  state.heartbeatAt = now + state.config.heartbeat
  // Whether anybody looks on there is said anew.
  state.watching = undefined
  const outcomes = new Map<Attempt, Outcome>()
  for (const note of unacked) {
    if (note._tag === "WorkerTold") { for (const outcome of note.outcomes) outcomes.set(outcome.attempt, outcome) }
    else if (isOutcome(note)) outcomes.set(note.attempt, note)
  }
  tell(context, {
    _tag: "WorkerTold",
    info: state.info,
    values: values(context),
    jobs: Array.from(state.jobs.values(), jobTold),
    outcomes: [...outcomes.values()]
  })
  for (const job of state.jobs.values()) {
    if (isRunning(job) && job.state.withheld) tellAsks(context, job)
    if (job.state._tag !== "Running" || job.state.suspended === undefined) continue
    const { client, on } = job.state.suspended
    tell(context, { _tag: "TaskSuspended", key: job.spec.key, attempt: job.attempt, on, client })
  }
  for (const note of unacked) if (note._tag === "FetchFailed") tell(context, note)
  if (state.left) tell(context, { _tag: "WorkerLeft" })
}

const jobTold = (job: Job): Note.WorkerTold["jobs"][number] => {
  const at = job.state._tag === "Running" ? job.state : undefined
  return {
    spec: job.spec,
    attempt: job.attempt,
    // One that was posted behind its makers waits for its inputs, wherever it does so.
    state: job.missing > 0 ? "Gathering" : at === undefined ? "Ready" : "Running",
    since: at === undefined || at.posted ? undefined : at.since,
    suspended: at?.suspended !== undefined,
    inputs: job.inputs.map((input) => input.value),
    failures: job.failures,
    cancelled: job.cancelled !== undefined
  }
}

const isOutcome = (note: Note.Note): note is Outcome =>
  note._tag === "TaskFailed" || note._tag === "TaskReturned" || note._tag === "TaskEnded" || note._tag === "TaskDied"

const values = ({ state }: Context): ReadonlyArray<Note.ValueHeld> => {
  const all: Array<Note.ValueHeld> = []
  for (const replica of state.replicas.values()) {
    if (replica.state._tag !== "Held" || !replica.told) continue
    const { bytes, digest, how, inline, key, millis, type, value } = replica
    const attempt = how === "computed" ? makerIn(value) : undefined
    all.push({ _tag: "ValueHeld", key, value, attempt, digest, bytes, type, how, millis, inline })
  }
  return all
}

const isLeaving = ({ now, state }: Context): boolean => state.leaving && !state.mayLeave && now < state.leaveBy

/**
 * Nothing runs here any more, and what is held is elsewhere too, as far as anybody waits for that: then it has left.
 */
export const leave = (context: Context): void => {
  const { state } = context
  if (!state.leaving || state.left || state.jobs.size > 0) return
  if (isLeaving(context) && hasTold(context)) return
  state.left = true
  tell(context, { _tag: "WorkerLeft" })
}

const hasTold = ({ state }: Context): boolean => {
  for (const replica of state.replicas.values()) if (replica.told && replica.state._tag === "Held") return true
  return false
}

/** Executors came or went, or it is leaving: what this worker is has changed. */
export const changed = (context: Context): void => {
  const { state } = context
  let slots = 0
  const tasks = new Set<string>()
  for (const executor of state.executors.values()) {
    if (!executor.takes || state.leaving) continue
    slots += executor.slots
    for (const task of executor.tasks) tasks.add(task)
  }
  // While all of them are being restarted it is known what they will be able to run.
  if (slots > 0) state.tasks = tasks
  const { info: before } = state
  const info = { ...before, ...isLeaving(context) && { leaving: true }, slots, tasks: [...state.tasks] }
  state.info = info
  tell(context, { _tag: "WorkerChanged", info })
  if (slots === 0) return
  for (const job of [...state.jobs.values()]) {
    if ((job.state._tag !== "Gathering" && job.state._tag !== "Ready") || canRun(state, job.spec.task)) continue
    giveBack(context, job, "no such task")
  }
}

/** Adds up how busy the executors were since the last step. */
export const measureBusy = ({ now, state }: Context): void => {
  const elapsed = now - (state.busyAt ?? now)
  state.busyAt = now
  if (elapsed <= 0) return
  for (const executor of state.executors.values()) state.busy += Math.min(used(executor), executor.slots) * elapsed
}

export const heartbeat = (context: Context): void => {
  const { now, state } = context
  if (state.heartbeatAt === undefined || now < state.heartbeatAt || state.left) return
  const period = state.config.heartbeat + (now - state.heartbeatAt)
  const { info: { slots }, memory } = state
  tell(context, {
    _tag: "Heartbeat",
    heldBytes: state.heldBytes,
    processBytes: state.processBytes,
    busy: slots > 0 ? Math.min(1, state.busy / (slots * period)) : undefined,
    ...state.sharedBytes !== undefined && { sharedBytes: state.sharedBytes },
    ...state.use !== undefined && { use: state.use },
    ...state.heaps !== undefined && { executors: state.heaps },
    ...memory !== undefined && {
      memory: {
        limit: memory.limit,
        managed: memory.total,
        peak: memory.peak,
        spilled: memory.onDisk,
        paused: memory.isPaused,
        ...(memory.failedUntil > now && { failing: true })
      }
    }
  })
  state.busy = 0
  state.heartbeatAt = now + state.config.heartbeat
}
