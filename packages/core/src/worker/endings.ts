/**
 * How attempts end: by themselves, by cancel, by their time being over, or with their executor, which may be ended for one
 * of them. What an attempt holds on its executor is `runs`' business.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import { tooLarge } from "../link/weight.js"
import type * as Note from "../Note.js"
import { giveBack, remove, removeWithout } from "./jobs.js"
import { made } from "./replicas.js"
import { learn } from "./results.js"
import { interrupt, isRunning, leaveExecutor, promote, type RunningJob, runningJob, unready } from "./runs.js"
import { type Context, type Event, Executor, type Group, type Job, type Outcome, tell } from "./state.js"
import { changed } from "./told.js"

export const runEnded = (context: Context, event: Extract<Event, { _tag: "RunEnded" }>): void => {
  const { attempt, outcome } = event
  const job = runningJob(context, attempt)
  if (job === undefined) return
  const millis = event.millis ?? context.now - job.state.since
  const { executor } = job.state
  if (outcome._tag === "Value") {
    measure(job.group, millis, outcome.inline !== undefined)
    learn(context.state, job.group, outcome.bytes)
    leaveExecutor(context, job)
    remove(context, job)
    // Cancelled or too late, it is a value all the same: whether anybody wants it is the scheduler's to say.
    made(context, job, outcome, millis)
    return promote(context, executor, job.kind)
  }
  if (outcome._tag === "Interrupted" && job.state.takenBack && job.cancelled === undefined && !job.state.timedOut) {
    return unready(context, attempt)
  }
  leaveExecutor(context, job)
  promote(context, executor, job.kind)
  tell(context, howEnded(context, job, executor, outcome, millis))
  removeWithout(context, job)
}

const howEnded = (
  { state }: Context,
  job: RunningJob,
  executor: Executor,
  outcome: Exclude<Outcome, { _tag: "Value" }>,
  millis: number
): Note.FromWorker => {
  const { attempt, cancelled, spec: { key } } = job
  if (cancelled !== undefined) return { _tag: "TaskEnded", key, attempt }
  if (job.state.timedOut) return timedOut(state.id, job, millis)
  if (outcome._tag === "Interrupted") {
    if (executor.ending) return endedWith(job)
    // Nobody here asked for it: a task may interrupt itself, and would do so each time.
    const failure = Failure.make("Cancelled", key, `${key} interrupted itself`, { worker: state.id })
    return { _tag: "TaskFailed", key, attempt, failure, tag: undefined, verdict: "final", millis }
  }
  const note: Note.TaskFailed = {
    _tag: "TaskFailed",
    key,
    attempt,
    failure: outcome.failure,
    tag: outcome.tag,
    verdict: outcome.verdict,
    millis
  }
  const refused = tooLarge(note)
  if (refused === undefined) return note
  const detail =
    `${key} failed with an error of ${refused.bytes} bytes, more than the ${refused.max} that can be told: ` +
    `fail with something smaller. It began: ${outcome.failure.detail.slice(0, 1024)}`
  const failure = Failure.make("NotEncodable", outcome.failure.key, detail, { worker: state.id })
  return { ...note, failure }
}

const timedOut = (worker: string, { attempt, spec: { key, timeout } }: Job, millis: number): Note.TaskFailed => ({
  _tag: "TaskFailed",
  key,
  attempt,
  failure: Failure.make("TimedOut", key, `${key} ran longer than its timeout of ${timeout} ms`, { worker }),
  tag: undefined,
  verdict: "undecided",
  millis
})

const measure = (group: Group, millis: number, small: boolean): void => {
  group.small = small
  if (group.seen < 2) {
    group.seen += 1
    group.millis = Math.min(group.millis, millis)
  } else group.millis += 0.3 * (millis - group.millis)
}

/** Nobody has it yet, so nobody else will say that it ended. */
const endWithheld = (context: Context, { attempt }: RunningJob): void =>
  runEnded(context, { _tag: "RunEnded", attempt, outcome: { _tag: "Interrupted" } })

export const recall = (context: Context, note: Note.RecallTask): void => {
  const job = context.state.jobs.get(note.attempt)
  if (job === undefined || job.state._tag === "Running") {
    return tell(context, { _tag: "RecallRefused", key: note.key, attempt: note.attempt })
  }
  giveBack(context, job, "recalled")
}

export const cancel = (context: Context, note: Note.CancelTask): void => {
  const { now, state } = context
  const job = state.jobs.get(note.attempt)
  // Its end was told already.
  if (job === undefined) return
  const running = runningJob(context, note.attempt)
  if (running === undefined) {
    tell(context, { _tag: "TaskEnded", key: note.key, attempt: note.attempt })
    return removeWithout(context, job)
  }
  const { by, force, reason } = note
  if (job.cancelled !== undefined && (job.cancelled.force || !force)) return
  const first = job.cancelled === undefined && !running.state.timedOut && !running.state.takenBack
  job.cancelled = { force, by, reason }
  if (running.state.withheld) return endWithheld(context, running)
  if (first) interrupt(context, running, reason, by)
  endLatest(context, running, now + (force ? state.config.forceGrace : state.config.grace))
}

const endLatest = ({ state }: Context, job: RunningJob, at: number): void => {
  if (job.state.endBy !== undefined && job.state.endBy <= at) return
  job.state.endBy = at
  state.deadlines.push({ at, kind: "end", job })
}

/** Deadlines that have come. */
export const passDeadlines = (context: Context): void => {
  const { now, state } = context
  tellStarted(context)
  for (let top = state.deadlines.peek(); top !== undefined && top.at <= now; top = state.deadlines.peek()) {
    state.deadlines.pop()
    const { job } = top
    if (!isRunning(job) || job.state.posted) continue
    if (top.kind === "timeout") {
      // One that came back and was handed over again began later.
      if (job.cancelled !== undefined || job.state.timedOut) continue
      if (now < job.state.since + (job.spec.timeout ?? 0)) continue
      job.state.timedOut = true
      if (!job.state.takenBack) interrupt(context, job, `timeout of ${job.spec.timeout} ms`, context.state.id)
      endLatest(context, job, now + state.config.grace)
    } else if (job.state.endBy !== undefined && job.state.endBy <= now) endExecutor(context, job)
  }
  if (state.deadlines.size > 64) state.deadlines.compact(2 * state.jobs.size, ({ job }) => isRunning(job))
}

/** What has run for a while is announced; what has ended by then never is. */
const tellStarted = (context: Context): void => {
  const { begun, config: { startedAfter } } = context.state
  for (let job = begun.peek(); job !== undefined; job = begun.peek()) {
    const at = begun.at()!
    if (!isRunning(job) || job.state.posted || job.state.told || job.state.since !== at) {
      begun.shift()
      continue
    }
    if (context.now < at + startedAfter) return
    begun.shift()
    if (job.state.brief) {
      job.state.brief = false
      if (job.state.slot) job.state.executor.brief[job.kind] -= 1
    }
    if (job.cancelled !== undefined) continue
    job.state.told = true
    tell(context, { _tag: "TaskStarted", key: job.spec.key, attempt: job.attempt, at })
  }
}

/**
 * Attempts beside it run again without blame, but not those that submitted it. They would submit it again, and it would
 * take them along again, for ever: what it did to its executor was theirs, and counts as a death of theirs. So each
 * forced end spends one of finitely many deaths, or is the end of a job whose answer somebody gets who is still there.
 */
const endExecutor = (context: Context, job: RunningJob): void => {
  const { executor } = job.state
  if (executor.ending) return
  executor.ending = true
  const { key } = job.spec
  for (let at = submitter(context, job); at !== undefined; at = submitter(context, at)) executor.blamed.set(at, key)
  context.out.push({ _tag: "EndExecutor", executor: executor.id, why: `${key} was asked to end and did not` })
  changed(context)
}

/** The attempt here that submitted it. One on another worker is not ended with it, and gets its answer. */
const submitter = ({ state }: Context, { spec: { parent } }: Job): Job | undefined =>
  parent === undefined ? undefined : state.jobs.get(parent)

/** It ended since its executor did, by force. */
const endedWith = (job: RunningJob): Note.TaskReturned | Note.TaskDied => {
  const { attempt, spec: { key }, state: { executor } } = job
  const culprit = executor.blamed.get(job)
  if (culprit === undefined) return { _tag: "TaskReturned", key, attempt, why: "executor ended" }
  const detail =
    `${culprit}, which it had submitted, did not end when asked to: its executor was ended, and this with it`
  return { _tag: "TaskDied", key, attempt, detail }
}

/** What runs on it may end, and what was posted there is tiny: nobody loses anything. */
export const executorTired = (context: Context, id: string): void => {
  const executor = context.state.executors.get(id)
  if (executor?.takes !== true) return
  executor.tired = true
  changed(context)
}

export const endWhenEmpty = ({ out }: Context, executor: Executor): void => {
  if (executor.jobs.size > 0) return
  executor.ending = true
  out.push({ _tag: "EndExecutor", executor: executor.id, why: "another took its place", idle: true })
}

/** Everything on it ends now: by its own cancel, by its own timeout, without blame, or by dying. */
export const executorDown = (context: Context, event: Extract<Event, { _tag: "ExecutorDown" }>): void => {
  const { now, state } = context
  const executor = state.executors.get(event.executor)
  if (executor === undefined) return
  const blameless = event.expected || executor.ending
  const started = event.started === undefined ? undefined : new Set(event.started)
  executor.ending = true
  for (const job of [...executor.jobs].reverse()) {
    if (!isRunning(job)) continue
    const { attempt, spec: { key } } = job
    const began = !job.state.withheld && (started === undefined ? !job.state.posted : started.has(attempt))
    leaveExecutor(context, job)
    if (job.cancelled !== undefined) tell(context, { _tag: "TaskEnded", key, attempt })
    else if (job.state.timedOut) tell(context, timedOut(state.id, job, now - job.state.since))
    else if (blameless || !began) tell(context, endedWith(job))
    else tell(context, { _tag: "TaskDied", key, attempt, detail: event.detail })
    removeWithout(context, job)
  }
  state.executors.delete(event.executor)
  changed(context)
}

export const executorUp = (context: Context, event: Extract<Event, { _tag: "ExecutorUp" }>): void => {
  const { state } = context
  if (state.executors.has(event.executor)) return
  state.executors.set(event.executor, new Executor(event.executor, event.slots, new Set(event.tasks)))
  changed(context)
}
