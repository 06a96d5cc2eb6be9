/**
 * Attempts on executors: handed over, suspended, interrupted, ended. A share of an executor is taken when an attempt begins
 * and given up by its one end, or while it is suspended.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import type { Attempt } from "../Id.js"
import { tooLarge } from "../link/weight.js"
import type * as Note from "../Note.js"
import { aheadOf, mayFollow } from "./behind.js"
import * as Few from "./few.js"
import { giveBack, hurry, hurryKeys, remove, removeWithout, whenReady } from "./jobs.js"
import * as Memory from "./memory.js"
import { made } from "./replicas.js"
import { learn } from "./results.js"
import {
  bump,
  canRun,
  type Context,
  type Event,
  Executor,
  type Group,
  type Job,
  type Kind,
  least,
  makerOf,
  type Outcome,
  Running,
  tell,
  tolerance
} from "./state.js"
import { changed } from "./told.js"

export type RunningJob = Job & { readonly state: Running }

export const runningJob = ({ state }: Context, attempt: Attempt): RunningJob | undefined => {
  const job = state.jobs.get(attempt)
  return job !== undefined && isRunning(job) ? job : undefined
}

export const isRunning = (job: Job): job is RunningJob => job.state._tag === "Running"

/** The share of this executor that a job takes: one that asks for more than there is takes it whole. */
export const share = (executor: Executor, job: Job): number => Math.min(job.spec.slots, executor.slots)

export const fits = (executor: Executor, job: Job): boolean =>
  executor[job.kind] + share(executor, job) <= executor.slots + tolerance

const take = (executor: Executor, job: RunningJob): void => {
  job.state.slot = true
  executor[job.kind] += share(executor, job)
  if (job.state.brief) executor.brief[job.kind] += 1
}

const giveUp = (executor: Executor, job: RunningJob): void => {
  if (!job.state.slot) return
  job.state.slot = false
  executor[job.kind] -= share(executor, job)
  if (job.state.brief) executor.brief[job.kind] -= 1
  if (executor[job.kind] < tolerance) executor[job.kind] = 0
}

/** What a job is expected to take, in milliseconds: beyond all bounds where that is not known. */
export const expectedOf = (job: Job): number => Math.max(job.group.millis, least)

/** Hands a job over: to begin at once, or `posted` behind what is there. */
export const run = (context: Context, job: Job, executor: Executor, posted: boolean): void => {
  const { now, out, state } = context
  const ahead = aheadOf(job)
  // One that is posted behind its makers has the rest of its inputs here.
  Memory.reserve(context, job)
  const expected = expectedOf(job)
  job.state = new Running(executor, posted, ahead, expected, expected <= state.config.postAheadMillis, now)
  executor.jobs.add(job)
  if (posted) {
    executor.posted[job.kind] += 1
    executor.postedMillis[job.kind] += expected
    if (ahead.length > 0) executor.behind[job.kind] += 1
  } else begin(context, executor, job as RunningJob)
  const { attempt, failures, inputs, spec, value } = job
  out.push({ _tag: "Run", executor: executor.id, attempt, spec, value, inputs, ahead, failures })
  if (job.followers !== undefined) { for (const follower of Few.members(job.followers)) mayFollow(follower) }
}

const begin = ({ now, state }: Context, executor: Executor, job: RunningJob): void => {
  take(executor, job)
  job.state.since = now
  state.begun.push(job, now)
  const { timeout } = job.spec
  if (timeout !== undefined) state.deadlines.push({ at: now + timeout, kind: "timeout", job })
}

const unpost = (executor: Executor, job: RunningJob): void => {
  if (!job.state.posted) return
  const { behind, posted, postedMillis } = executor
  job.state.posted = false
  if (job.missing > 0) behind[job.kind] -= 1
  job.missing = 0
  posted[job.kind] -= 1
  postedMillis[job.kind] = posted[job.kind] === 0 ? 0 : postedMillis[job.kind] - job.state.expected
}

/**
 * Room of a kind came: executors begin what was posted to them in that order, so the books do. What still misses an input
 * that was to be made there comes back, or is told apart by its maker's end.
 */
const promote = (context: Context, executor: Executor, kind: Kind): void => {
  if (executor.posted[kind] === 0) return
  for (const one of executor.jobs) {
    const job = one as RunningJob // all jobs of an executor are
    if (!job.state.posted || job.kind !== kind || job.missing > 0) continue
    if (!fits(executor, job)) return
    unpost(executor, job)
    begin(context, executor, job)
  }
}

export const claimed = (context: Context, attempt: Attempt): void => {
  const job = runningJob(context, attempt)
  if (job?.state.posted !== true) return
  const { executor } = job.state
  if (!fits(executor, job)) return
  unpost(executor, job)
  begin(context, executor, job)
}

export const suspended = (context: Context, event: Extract<Event, { _tag: "Suspended" }>): void => {
  const { state } = context
  const job = runningJob(context, event.attempt)
  if (job === undefined) return
  const { executor } = job.state
  claimed(context, event.attempt)
  unpost(executor, job)
  forgetWait(context, executor, job)
  giveUp(executor, job)
  job.state.suspended = { on: event.on, client: event.client, resuming: false }
  executor.suspended += 1
  for (const key of event.on) bump(state.awaited, key, 1)
  hurryKeys(context, event.on)
  tell(context, { _tag: "TaskSuspended", key: job.spec.key, attempt: job.attempt, on: event.on, client: event.client })
  takeBack(context, job)
  promote(context, executor, job.kind)
}

/** This may take long: what was posted behind it is asked back, so that it keeps nothing waiting there. */
const takeBack = (context: Context, maker: Job): void => {
  const stack = [maker]
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    for (const job of Few.members(one.followers)) {
      if (!isRunning(job) || job.state.takenBack) continue
      job.state.takenBack = true
      stack.push(job)
      if (job.cancelled !== undefined) continue
      interrupt(context, job, `its input ${one.spec.key} waits`, context.state.id)
    }
  }
}

/** It did not begin: it goes on as it would have without having been posted, and is not posted early again. */
export const unready = (context: Context, attempt: Attempt): void => {
  const job = runningJob(context, attempt)
  if (job === undefined) return
  leaveExecutor(context, job)
  promote(context, job.state.executor, job.kind)
  if (job.cancelled !== undefined) {
    tell(context, { _tag: "TaskEnded", key: job.spec.key, attempt })
    return removeWithout(context, job)
  }
  gatherAgain(context, job)
}

const gatherAgain = (context: Context, job: Job): void => {
  const { state } = context
  job.unready = true
  job.missing = 0
  Memory.giveRoomBack(state, job)
  job.gather()
  if (state.leaving) return giveBack(context, job, "leaving")
  if (!canRun(state, job.spec.task)) return giveBack(context, job, "no such task")
  for (const { value } of job.inputs) {
    const replica = state.replicas.get(value)
    if (replica !== undefined) replica.jobs = Few.plus(replica.jobs, job)
    if (replica !== undefined && Memory.isHere(replica)) continue
    // Made here and not yet, or on its way; else its maker ended without it, or it was dropped since.
    if (replica === undefined && makerOf(state, value) === undefined) return giveBack(context, job, "input withdrawn")
    job.missing += 1
  }
  if (job.urgent) hurry(context, job)
  Memory.queue(context, job)
  whenReady(context, job)
}

const forgetWait = ({ state }: Context, executor: Executor, job: RunningJob): void => {
  const { suspended } = job.state
  if (suspended === undefined) return
  if (!suspended.resuming) { for (const key of suspended.on) bump(state.awaited, key, -1) }
  executor.suspended -= 1
  job.state.suspended = undefined
}

export const resumed = (context: Context, attempt: Attempt): void => {
  const { out, state } = context
  const job = runningJob(context, attempt)
  if (job === undefined) return
  const { suspended } = job.state
  if (suspended === undefined) return void out.push({ _tag: "Continue", executor: job.state.executor.id, attempt })
  if (suspended.resuming) return
  for (const key of suspended.on) bump(state.awaited, key, -1)
  job.state.suspended = { ...suspended, resuming: true }
  job.state.executor.resuming[job.kind].push(job)
}

/** It has its slot again. */
export const goOn = (context: Context, executor: Executor, job: RunningJob): void => {
  forgetWait(context, executor, job)
  take(executor, job)
  context.out.push({ _tag: "Continue", executor: executor.id, attempt: job.attempt })
  tell(context, { _tag: "TaskResumed", key: job.spec.key, attempt: job.attempt })
}

/** The attempt is no longer on its executor. Whoever calls this promotes what comes after. */
const leaveExecutor = (context: Context, job: RunningJob): void => {
  const { executor } = job.state
  if (job.state.suspended !== undefined) forgetWait(context, executor, job)
  unpost(executor, job)
  giveUp(executor, job)
  executor.jobs.delete(job)
}

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
    made(context, job, { bytes: outcome.bytes, type: outcome.type, millis, inline: outcome.inline })
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
  if (first) interrupt(context, running, reason, by)
  endLatest(context, running, now + (force ? state.config.forceGrace : state.config.grace))
}

const interrupt = ({ out }: Context, job: RunningJob, reason: string, by: string): void =>
  void out.push({ _tag: "Interrupt", executor: job.state.executor.id, attempt: job.attempt, reason, by })

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
  const detail = `${culprit}, which it had submitted, did not end when asked to: its executor was ended, and this with it`
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
    const began = started === undefined ? !job.state.posted : started.has(attempt)
    executor.jobs.delete(job)
    forgetWait(context, executor, job)
    unpost(executor, job)
    giveUp(executor, job)
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
