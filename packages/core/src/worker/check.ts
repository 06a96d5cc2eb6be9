/**
 * The worker's invariants as numbered in `Worker`, one checker each.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"
import { share } from "./runs.js"
import { type Executor, type Inner, type Job, kindOf, kinds, type Replica, tolerance } from "./state.js"

type Checker = (state: Inner) => Iterable<string>

const jobsOn = (state: Inner, executor: Executor): ReadonlyArray<Job> =>
  [...executor.jobs].flatMap((attempt) => state.jobs.get(attempt) ?? [])

const needed = (replica: Replica): boolean => replica.jobs.size > 0 || replica.asked

const checkers: Readonly<Record<string, Checker>> = {
  *W1(state) {
    for (const executor of state.executors.values()) {
      const used = { whole: 0, part: 0 }
      for (const job of jobsOn(state, executor)) {
        if (job.state._tag === "Running" && job.state.slot) used[kindOf(job.spec)] += share(executor, job)
      }
      for (const kind of kinds) {
        const [counted, has] = [executor[kind], used[kind]]
        if (Math.abs(has - counted) > 1e-6) yield `${executor.id} counts ${counted} (${kind}), has ${has}`
        if (has > executor.slots + 1000 * tolerance) yield `${executor.id} has ${has} (${kind}) of ${executor.slots}`
      }
    }
  },
  *W2(state) {
    for (const { attempt, state: at } of state.jobs.values()) {
      if (at._tag === "Running" && state.executors.get(at.executor)?.jobs.has(attempt) !== true) {
        yield `${attempt} runs on ${at.executor}, which does not know`
      }
    }
    for (const executor of state.executors.values()) {
      let suspended = 0
      const posted = { whole: 0, part: 0 }
      const behind = { whole: 0, part: 0 }
      for (const attempt of executor.jobs) {
        const job = state.jobs.get(attempt)
        const at = job?.state
        if (job === undefined || at?._tag !== "Running" || at.executor !== executor.id) {
          yield `${executor.id} has ${attempt}, which is not there`
          continue
        }
        if (at.suspended !== undefined) suspended += 1
        if (at.posted) posted[job.kind] += 1
        if (at.posted && job.missing > 0) behind[job.kind] += 1
        if (at.slot === (at.posted || at.suspended !== undefined)) yield `${attempt} holds a share: ${at.slot}`
      }
      if (suspended !== executor.suspended) {
        yield `${executor.id} counts ${executor.suspended} suspended, has ${suspended}`
      }
      for (const kind of kinds) {
        const [counted, has] = [executor.posted[kind], posted[kind]]
        if (has !== counted) yield `${executor.id} counts ${counted} posted (${kind}), has ${has}`
        if (behind[kind] !== executor.behind[kind]) {
          yield `${executor.id} counts ${executor.behind[kind]} behind others (${kind}), has ${behind[kind]}`
        }
      }
    }
  },
  *W3(state) {
    for (const job of state.jobs.values()) {
      if (job.state._tag === "Running") continue
      const missing = job.inputs.filter(({ value }) => state.replicas.get(value)?.state._tag !== "Held")
      if (missing.length !== job.missing) yield `${job.attempt} misses ${missing.length}, says ${job.missing}`
      if ((missing.length === 0) !== (job.state._tag === "Ready")) yield `${job.attempt} is ${job.state._tag}`
      for (const { value } of missing) {
        const coming = state.replicas.get(value)?.jobs.has(job.attempt) === true ||
          (state.makers.has(value) && state.waits.get(value)?.has(job.attempt) === true)
        if (!coming) yield `${job.attempt} waits for ${value}, which does not come`
      }
    }
  },
  *W4(state) {
    for (const replica of state.replicas.values()) {
      for (const attempt of replica.jobs) {
        if (state.jobs.get(attempt)?.inputs.some(({ value }) => value === replica.value) !== true) {
          yield `${replica.value} is needed by ${attempt}, which does not need it`
        }
      }
    }
    for (const job of state.jobs.values()) {
      if (job.state._tag === "Running") continue
      for (const { value } of job.inputs) {
        const replica = state.replicas.get(value)
        if (replica !== undefined && !replica.jobs.has(job.attempt)) yield `${value} does not know ${job.attempt}`
      }
    }
  },
  *W5(state) {
    let fetches = 0
    const from = new Map<string, number>()
    for (const replica of state.replicas.values()) {
      if (replica.state._tag === "Wanted" && !needed(replica)) yield `${replica.value} is wanted by nobody`
      if (replica.state._tag === "Wanted" && replica.state.holders.length === 0) {
        yield `${replica.value} is held by nobody`
      }
      if (replica.state._tag !== "Fetching") continue
      fetches += 1
      from.set(replica.state.from, (from.get(replica.state.from) ?? 0) + 1)
      if (!needed(replica) && !replica.state.stopped) yield `${replica.value} is fetched for nobody`
    }
    if (fetches !== state.fetches || fetches > state.config.fetchesMax) {
      yield `${fetches} fetches, says ${state.fetches}`
    }
    for (const [holder, count] of from) {
      if (count !== state.fetchesFrom.get(holder) || count > state.config.fetchesPerHolder) {
        yield `${count} fetches from ${holder}, says ${state.fetchesFrom.get(holder)}`
      }
    }
  },
  *W6(state) {
    let bytes = 0
    for (const replica of state.replicas.values()) {
      if (replica.state._tag !== "Held") continue
      bytes += replica.bytes
      if (!replica.told && replica.jobs.size === 0) yield `${replica.value} stays and nobody knows`
    }
    if (bytes !== state.heldBytes) yield `${state.heldBytes} bytes counted, ${bytes} there`
  },
  *W7(state) {
    const awaited = new Map<Key, number>()
    for (const { attempt, state: at } of state.jobs.values()) {
      if (at._tag !== "Running" || at.suspended === undefined) continue
      if (at.slot) yield `${attempt} is suspended and holds a share`
      if (at.suspended.resuming) continue
      for (const key of at.suspended.on) awaited.set(key, (awaited.get(key) ?? 0) + 1)
    }
    if (awaited.size !== state.awaited.size) yield `${state.awaited.size} keys are awaited, should be ${awaited.size}`
    for (const [key, count] of awaited) {
      if (state.awaited.get(key) !== count) yield `${key} is awaited by ${count}, says ${state.awaited.get(key)}`
    }
  },
  *W8(state) {
    for (const { attempt, cancelled, state: at } of state.jobs.values()) {
      if (at._tag !== "Running") {
        if (cancelled !== undefined) yield `${attempt} is cancelled, never ran, and is here`
      } else if ((cancelled !== undefined || at.timedOut) && at.endBy === undefined) {
        yield `${attempt} may go on for ever`
      }
    }
  },
  *W9(state) {
    for (const kind of kinds) {
      const queued = new Set(state.ready[kind].entries().map((entry) => entry.attempt))
      for (const job of state.jobs.values()) {
        if (job.state._tag !== "Ready" || kindOf(job.spec) !== kind) continue
        if (!queued.has(job.attempt)) yield `${job.attempt} is ready and not in the queue`
      }
    }
  },
  *W10(state) {
    for (const job of state.jobs.values()) {
      if (job.state._tag !== "Running") continue
      if (job.missing > 0 && !job.state.posted) yield `${job.attempt} runs and misses ${job.missing}`
      const missing = job.state.ahead.filter((value) => state.makers.has(value))
      if (job.missing < missing.length) yield `${job.attempt} misses ${missing.length}, says ${job.missing}`
      const order = [...state.executors.get(job.state.executor)?.jobs ?? []]
      for (const value of missing) {
        const maker = state.jobs.get(state.makers.get(value)!)!
        if (state.waits.get(value)?.has(job.attempt) !== true) yield `${value} does not know ${job.attempt}`
        if (job.state.takenBack || maker.unready) continue
        const before = order.indexOf(maker.attempt)
        if (before < 0 || before > order.indexOf(job.attempt)) yield `${job.attempt} is not behind ${maker.attempt}`
        const waits = maker.state._tag === "Running" && maker.state.suspended !== undefined
        if (waits) yield `${job.attempt} is stuck behind ${maker.attempt}, which waits`
      }
    }
  }
}

export const check = (state: Inner): ReadonlyArray<string> =>
  Object.entries(checkers).flatMap(([name, checker]) => Array.from(checker(state), (wrong) => `${name}: ${wrong}`))
