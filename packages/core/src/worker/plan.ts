/**
 * What begins now: first those that resume, then those that suspended ones wait for, then all in order. Whole jobs and
 * fractions are planned apart, each over the room of their kind. An executor that the first in order needs and does not
 * get is kept free for it: small jobs never starve a larger one of their kind.
 *
 * @since 0.1.0
 */
import * as Spec from "../Spec.js"
import { isSibling, placeOf } from "./behind.js"
import { endWhenEmpty } from "./endings.js"
import type { Heap } from "./heap.js"
import { countRoom, startsMax, takesRoom } from "./results.js"
import { expectedOf, fits, goOn, isRunning, run } from "./runs.js"
import { before, type Context, type Executor, type Job, type Kind, kinds, tolerance, used } from "./state.js"

export const plan = (context: Context): void => {
  const { state } = context
  const open: Record<Kind, Array<Executor>> = { whole: [], part: [] }
  for (const executor of state.executors.values()) {
    if (executor.ending) continue
    for (const kind of kinds) if (resume(context, executor, kind) && executor.takes) open[kind].push(executor)
    if (executor.tired) endWhenEmpty(context, executor)
  }
  if (state.leaving) return
  const max = startsMax(state)
  let started = 0
  let urgent = 0
  const below: Record<Kind, ReadonlyArray<Executor>> = { whole: [], part: [] }
  // Whole jobs first: fractions then see which executors these hold.
  for (const kind of kinds) {
    const kept: Array<Executor> = []
    urgent += start(context, kind, state.urgent[kind], open[kind], kept, max - started - urgent)
    below[kind] = open[kind].filter((executor) =>
      executor.suspended < state.config.suspendedMax && !kept.includes(executor)
    )
    started += start(context, kind, state.ready[kind], below[kind], kept, max - started - urgent)
  }
  waitOrPush(context, open.whole, urgent, max - started - urgent)
  countRoom(state)
  for (const kind of kinds) {
    if (max === Infinity) postAhead(context, kind, below[kind])
    state.ready[kind].compact(state.jobs.size, isReady)
    state.urgent[kind].compact(state.jobs.size, isReady)
  }
}

/** Lets go on who asks for it; false where one has to wait, and so nothing else of its kind may begin there. */
const resume = (context: Context, executor: Executor, kind: Kind): boolean => {
  const resuming = executor.resuming[kind]
  for (let top = resuming.peek(); top !== undefined; top = resuming.peek()) {
    if (isRunning(top) && top.state.suspended?.resuming === true && top.state.executor === executor) {
      if (!fits(executor, top)) return false
      goOn(context, executor, top)
    }
    resuming.pop()
  }
  return true
}

const isReady = (job: Job): boolean => job.state._tag === "Ready"

/** How little a job of this kind is wanted there. A whole job may hold the thread, so fractions go elsewhere first. */
const load = (executor: Executor, kind: Kind): number =>
  kind === "whole" ? used(executor) / executor.slots : executor.part / executor.slots + (executor.whole > 0 ? 2 : 0)

/** The least loaded that can run it. */
const choose = (
  open: ReadonlyArray<Executor>,
  job: Job,
  whether: (executor: Executor) => boolean
): Executor | undefined => {
  let best: Executor | undefined
  for (const executor of open) {
    if (!Spec.covers(executor.tasks, job.spec.task) || !whether(executor)) continue
    if (best === undefined || load(executor, job.kind) < load(best, job.kind)) best = executor
  }
  return best
}

const hasRoom = (executor: Executor, kind: Kind): boolean => executor[kind] < executor.slots - tolerance

const withRoom = (executors: ReadonlyArray<Executor>, kind: Kind): Array<Executor> => {
  const found: Array<Executor> = []
  for (const executor of executors) if (hasRoom(executor, kind)) found.push(executor)
  return found
}

/** Whether something was posted there that takes the next room. What waits for its maker takes none until then. */
const isPromised = (executor: Executor, kind: Kind): boolean => executor.posted[kind] > executor.behind[kind]

/** Begins what fits, in order; adds to `kept` the executors that are kept free for those that did not. */
const start = (
  context: Context,
  kind: Kind,
  heap: Heap<Job>,
  executors: ReadonlyArray<Executor>,
  kept: Array<Executor>,
  max: number
): number => {
  if (heap.size === 0) return 0
  const open = withRoom(executors, kind)
  const later: Array<Job> = []
  let started = 0
  // Jobs whose task only busy executors have are passed over, but not so many that a step gets long.
  while (open.length > 0 && later.length < 256 && started < max) {
    const job = heap.pop()
    if (job === undefined) break
    if (!isReady(job)) continue
    const executor = choose(open, job, (executor) => !isPromised(executor, kind) && fits(executor, job))
    if (executor !== undefined) {
      run(context, job, executor, false)
      started += 1
      if (!hasRoom(executor, kind)) takeOut(open, executor)
      continue
    }
    later.push(job)
    const its = choose(open, job, () => true)
    if (its === undefined) continue
    kept.push(its)
    takeOut(open, its)
  }
  for (const job of later) heap.push(job)
  return started
}

const takeOut = (from: Array<Executor>, executor: Executor): void => void from.splice(from.indexOf(executor), 1)

/**
 * An executor full of suspended attempts on which nothing runs: what they wait for may need something that is not known
 * here. After a while as much as it has room for may begin, so that nothing hangs, and the number grows no faster.
 */
const waitOrPush = (context: Context, open: ReadonlyArray<Executor>, started: number, max: number): void => {
  const { now, state } = context
  const { part, whole } = state.ready
  const isFull = (executor: Executor) => used(executor) === 0 && executor.suspended >= state.config.suspendedMax
  if (started > 0 || max === 0 || whole.size + part.size === 0 || !open.some(isFull)) {
    state.stuckSince = undefined
    return
  }
  state.stuckSince ??= now
  if (now - state.stuckSince < state.config.suspendedPatience) return
  state.stuckSince = undefined
  // The first of them that has a task for one of the jobs: executors may differ in what they can run.
  for (const executor of open.filter(isFull)) {
    let begun = 0
    for (const kind of kinds) begun += start(context, kind, state.ready[kind], [executor], [], max - begun)
    if (begun > 0) return
  }
}

/**
 * Hands over tiny jobs whose time is known to executors that are busy with the like, so that no round trip parts them.
 * Nobody is posted behind what may take long.
 */
const postAhead = (context: Context, kind: Kind, open: ReadonlyArray<Executor>): void => {
  const { config, ready: { [kind]: ready } } = context.state
  if (config.postAheadMillis <= 0) return
  if (ready.size === 0 && !open.some(({ followers }) => followers[kind].size > 0)) return
  const executors = open.filter((executor) => executor.brief[kind] > 0 || hasRoom(executor, kind))
  for (const executor of executors) postBehind(context, kind, executor, executors)
  for (let job = firstReady(ready); job !== undefined; job = firstReady(ready)) {
    const expected = expectedOf(job)
    if (expected > config.postAheadMillis) return
    let best: Executor | undefined
    for (const executor of executors) {
      const millis = executor.postedMillis[kind]
      if (!Spec.covers(executor.tasks, job.spec.task) || millis + expected > config.postAheadMillis) continue
      if (best === undefined || millis < best.postedMillis[kind]) best = executor
    }
    if (best === undefined || !takesRoom(context.state, job)) return
    ready.pop()
    run(context, job, best, true)
    postBehind(context, kind, best, executors)
  }
}

const firstReady = (ready: Heap<Job>): Job | undefined => {
  let first = ready.peek()
  while (first !== undefined && !isReady(first)) {
    ready.pop()
    first = ready.peek()
  }
  return first
}

/** The same for jobs whose inputs are made there, as long as they come before all that is ready. */
const postBehind = (
  context: Context,
  kind: Kind,
  executor: Executor,
  others: ReadonlyArray<Executor>
): void => {
  const { state } = context
  const followers = executor.followers[kind]
  if (followers.size === 0) return
  const { postAheadMillis } = state.config
  const next = firstReady(state.ready[kind])
  for (let job = followers.peek(); job !== undefined; job = followers.peek()) {
    if (placeOf(job) !== executor) {
      followers.pop()
      continue
    }
    const expected = expectedOf(job)
    if (next !== undefined && before(next, job)) break
    if (executor.postedMillis[kind] + expected > postAheadMillis || !takesRoom(state, job)) break
    followers.pop()
    // Two that follow the same job could run at once: unless they are tiny, an idle executor is worth the round trip.
    const apart = expected > postAheadMillis / 10 && isSibling(job) &&
      others.some((other) => other !== executor && hasRoom(other, kind))
    if (!apart) run(context, job, executor, true)
  }
  followers.compact(state.jobs.size, (job) => job.state._tag === "Gathering")
}
