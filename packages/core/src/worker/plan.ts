/**
 * What begins now: first those that resume, then those that suspended ones wait for, then all in order. An executor that
 * the first in order needs and does not get is kept free for it: small jobs never starve a large one.
 *
 * @since 0.1.0
 */
import type { Heap } from "./heap.js"
import { fits, goOn, run, runningJob, tolerance } from "./runs.js"
import type { Context, Entry, Executor, Job } from "./state.js"

export const plan = (context: Context): void => {
  const { state } = context
  const open: Array<Executor> = []
  for (const executor of state.executors.values()) {
    if (!executor.ending && resume(context, executor)) open.push(executor)
  }
  if (state.leaving) return
  const kept = new Set<Executor>()
  const started = start(context, state.urgent, open, kept)
  const below = open.filter((executor) => executor.suspended < state.config.suspendedMax && !kept.has(executor))
  start(context, state.ready, below, kept)
  waitOrPush(context, open, started)
  postAhead(context, below)
  state.ready.compact(state.jobs.size, (entry) => state.jobs.get(entry.attempt)?.state._tag === "Ready")
  state.urgent.compact(state.jobs.size, (entry) => state.jobs.get(entry.attempt)?.state._tag === "Ready")
}

/** Lets go on who asks for it; false where one has to wait, and so nothing else may begin there. */
const resume = (context: Context, executor: Executor): boolean => {
  for (let top = executor.resuming.peek(); top !== undefined; top = executor.resuming.peek()) {
    const job = runningJob(context, top.attempt)
    if (job?.state.suspended?.resuming === true && job.state.executor === executor.id) {
      if (!fits(executor, job)) return false
      goOn(context, executor, job)
    }
    executor.resuming.pop()
  }
  return true
}

const readyJob = ({ state }: Context, entry: Entry): Job | undefined => {
  const job = state.jobs.get(entry.attempt)
  return job?.state._tag === "Ready" ? job : undefined
}

/** The least loaded that can run it. */
const choose = (open: Iterable<Executor>, job: Job, whether: (executor: Executor) => boolean): Executor | undefined => {
  let best: Executor | undefined
  for (const executor of open) {
    if (!executor.tasks.has(job.spec.task) || !whether(executor)) continue
    if (best === undefined || executor.used / executor.slots < best.used / best.slots) best = executor
  }
  return best
}

const hasRoom = (executor: Executor): boolean => executor.used < executor.slots - tolerance

/** Begins what fits, in order; adds to `kept` the executors that are kept free for those that did not. */
const start = (
  context: Context,
  heap: Heap<Entry>,
  executors: ReadonlyArray<Executor>,
  kept: Set<Executor>
): number => {
  const open = new Set(executors.filter(hasRoom))
  const later: Array<Entry> = []
  let started = 0
  // Jobs whose task only busy executors have are passed over, but not so many that a step gets long.
  while (open.size > 0 && later.length < 256) {
    const entry = heap.pop()
    if (entry === undefined) break
    const job = readyJob(context, entry)
    if (job === undefined) continue
    const executor = choose(open, job, (executor) => executor.posted === 0 && fits(executor, job))
    if (executor !== undefined) {
      run(context, job, executor, undefined)
      started += 1
      if (!hasRoom(executor)) open.delete(executor)
      continue
    }
    later.push(entry)
    const its = choose(open, job, () => true)
    if (its === undefined) continue
    kept.add(its)
    open.delete(its)
  }
  for (const entry of later) heap.push(entry)
  return started
}

/**
 * An executor full of suspended attempts on which nothing runs: what they wait for may need something that is not known
 * here. After a while one other job may begin, so that nothing hangs, and the number grows no faster than that.
 */
const waitOrPush = (context: Context, open: ReadonlyArray<Executor>, started: number): void => {
  const { now, state } = context
  const full = open.filter((executor) => executor.used === 0 && executor.suspended >= state.config.suspendedMax)
  if (full.length === 0 || started > 0 || state.ready.size === 0) {
    state.stuckSince = undefined
    return
  }
  state.stuckSince ??= now
  if (now - state.stuckSince < state.config.suspendedPatience) return
  state.stuckSince = undefined
  start(context, state.ready, full.slice(0, 1), new Set())
}

/** Hands over tiny jobs whose time is known to busy executors, so that no round trip parts them. */
const postAhead = (context: Context, executors: ReadonlyArray<Executor>): void => {
  const { config, durations, ready } = context.state
  if (config.postAheadMillis <= 0) return
  for (let top = ready.peek(); top !== undefined; top = ready.peek()) {
    const job = readyJob(context, top)
    if (job === undefined) {
      ready.pop()
      continue
    }
    const expected = Math.max(durations.get(job.spec.group) ?? Infinity, 0.1)
    if (expected > config.postAheadMillis) return
    let best: Executor | undefined
    for (const executor of executors) {
      if (!executor.tasks.has(job.spec.task) || executor.postedMillis + expected > config.postAheadMillis) continue
      if (best === undefined || executor.postedMillis < best.postedMillis) best = executor
    }
    if (best === undefined) return
    ready.pop()
    run(context, job, best, expected)
  }
}
