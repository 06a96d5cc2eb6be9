/**
 * Attempts on executors: handed over, posted, suspended, resumed. A share of an executor is taken when an attempt begins and
 * given up by its one end, or while it is suspended. How they end is `endings`' business.
 *
 * @since 0.1.0
 */
import type { Attempt } from "../Id.js"
import { aheadOf, mayFollow } from "./behind.js"
import * as Few from "./few.js"
import { giveBack, hurry, hurryKeys, removeWithout, whenReady } from "./jobs.js"
import * as Memory from "./memory.js"
import {
  bump,
  canRun,
  type Context,
  type Event,
  type Executor,
  type Inner,
  type Job,
  type Kind,
  least,
  makerOf,
  Running,
  tell,
  tolerance
} from "./state.js"

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
export const expectedOf = (job: Job): number => job.asks ? Infinity : Math.max(job.group.millis, least)

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
  if (job.asks) return withhold(context, job as RunningJob)
  const { attempt, failures, inputs, spec, value } = job
  out.push({ _tag: "Run", executor: executor.id, attempt, spec, value, inputs, ahead, failures })
  if (job.followers !== undefined) { for (const follower of Few.members(job.followers)) mayFollow(follower) }
}

const withhold = (context: Context, job: RunningJob): void => {
  job.state.withheld = true
  job.state.told = true
  tellAsks(context, job)
}

/** Also told anew in each session: the answer may have gone with the last one. */
export const tellAsks = (context: Context, { attempt, spec: { key }, state: { since } }: RunningJob): void =>
  tell(context, { _tag: "TaskStarted", key, attempt, at: since, asks: true })

/** They may have been lost while it waited for an answer. */
const hasInputs = ({ state }: Context, job: Job): boolean =>
  job.inputs.every(({ value }) => {
    const replica = state.replicas.get(value)
    return replica !== undefined && Memory.isHere(replica)
  })

/** What it might take along is known: it may begin. */
export const mayBegin = (context: Context, of: Attempt): void => {
  const job = runningJob(context, of)
  if (job?.state.withheld !== true) return
  const { executor } = job.state
  if (!hasInputs(context, job)) {
    leaveExecutor(context, job)
    giveBack(context, job, "input withdrawn")
    return promote(context, executor, job.kind)
  }
  job.state.withheld = false
  job.state.since = context.now
  limit(context.state, job)
  const { attempt, failures, spec, state: { ahead }, value } = job
  // What comes after in the same step may drop them.
  const inputs = job.inputs.map((input) => ({ ...input, inline: context.state.replicas.get(input.value)?.inline }))
  context.out.push({ _tag: "Run", executor: executor.id, attempt, spec, value, inputs, ahead, failures })
  for (const follower of Few.members(job.followers)) mayFollow(follower)
}

const begin = ({ now, state }: Context, executor: Executor, job: RunningJob): void => {
  take(executor, job)
  job.state.since = now
  if (job.asks) return
  state.begun.push(job, now)
  limit(state, job)
}

const limit = (state: Inner, job: RunningJob): void => {
  const { timeout } = job.spec
  if (timeout !== undefined) state.deadlines.push({ at: job.state.since + timeout, kind: "timeout", job })
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
export const promote = (context: Context, executor: Executor, kind: Kind): void => {
  if (executor.posted[kind] === 0) return
  for (let one = executor.jobs.first; one !== undefined; one = one.next) {
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
export const leaveExecutor = (context: Context, job: RunningJob): void => {
  const { executor } = job.state
  if (job.state.suspended !== undefined) forgetWait(context, executor, job)
  unpost(executor, job)
  giveUp(executor, job)
  executor.jobs.delete(job)
}

export const interrupt = ({ out }: Context, job: RunningJob, reason: string, by: string): void =>
  void out.push({ _tag: "Interrupt", executor: job.state.executor.id, attempt: job.attempt, reason, by })
