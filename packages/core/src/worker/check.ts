/**
 * The worker's invariants as numbered in `Worker`, one checker each.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"
import * as Few from "./few.js"
import { isHere } from "./memory.js"
import { share } from "./runs.js"
import { type Inner, kindOf, kinds, makerOf, tolerance } from "./state.js"

type Checker = (state: Inner) => Iterable<string>

const checkers: Readonly<Record<string, Checker>> = {
  *W1(state) {
    for (const executor of state.executors.values()) {
      const used = { whole: 0, part: 0 }
      const brief = { whole: 0, part: 0 }
      for (const job of executor.jobs) {
        if (job.state._tag !== "Running" || !job.state.slot) continue
        used[kindOf(job.spec)] += share(executor, job)
        if (job.state.brief) brief[job.kind] += 1
      }
      for (const kind of kinds) {
        const [counted, has] = [executor[kind], used[kind]]
        if (brief[kind] !== executor.brief[kind]) {
          yield `${executor.id} counts ${executor.brief[kind]} brief (${kind}), has ${brief[kind]}`
        }
        if (Math.abs(has - counted) > 1e-6) yield `${executor.id} counts ${counted} (${kind}), has ${has}`
        if (has > executor.slots + 1000 * tolerance) yield `${executor.id} has ${has} (${kind}) of ${executor.slots}`
      }
    }
  },
  *W2(state) {
    for (const job of state.jobs.values()) {
      const { attempt, state: at } = job
      if (at._tag !== "Running") continue
      const { executor } = at
      if (state.executors.get(executor.id) !== executor || !executor.jobs.has(job)) {
        yield `${attempt} runs on ${executor.id}, which does not know`
      }
    }
    for (const executor of state.executors.values()) {
      let suspended = 0
      const posted = { whole: 0, part: 0 }
      const behind = { whole: 0, part: 0 }
      for (const job of executor.jobs) {
        const { attempt, state: at } = job
        if (state.jobs.get(attempt) !== job || at._tag !== "Running" || at.executor !== executor) {
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
      const missing = job.inputs.filter(({ value }) => {
        const replica = state.replicas.get(value)
        return replica === undefined || !isHere(replica)
      })
      if (missing.length !== job.missing) yield `${job.attempt} misses ${missing.length}, says ${job.missing}`
      const mayBegin = missing.length === 0 && (state.memory === undefined || job.reserved)
      if (mayBegin !== (job.state._tag === "Ready")) yield `${job.attempt} is ${job.state._tag}`
      for (const { value } of missing) {
        const maker = makerOf(state, value)
        if (state.replicas.get(value)?.state._tag === "Held") continue
        const coming = Few.has(state.replicas.get(value)?.jobs, job) ||
          (maker !== undefined && Few.has(maker.followers, job) && Few.has(job.makers, maker))
        if (!coming) yield `${job.attempt} waits for ${value}, which does not come`
      }
    }
  },
  *W4(state) {
    for (const replica of state.replicas.values()) {
      for (const job of Few.members(replica.jobs)) {
        if (state.jobs.get(job.attempt) !== job || !job.inputs.some(({ value }) => value === replica.value)) {
          yield `${replica.value} is needed by ${job.attempt}, which does not need it`
        }
      }
    }
    for (const job of state.jobs.values()) {
      if (job.state._tag === "Running") continue
      for (const { value } of job.inputs) {
        const replica = state.replicas.get(value)
        if (replica !== undefined && !Few.has(replica.jobs, job)) yield `${value} does not know ${job.attempt}`
      }
    }
  },
  *W5(state) {
    let fetches = 0
    const from = new Map<string, number>()
    for (const replica of state.replicas.values()) {
      if (replica.state._tag === "Wanted" && !replica.isNeeded) yield `${replica.value} is wanted by nobody`
      if (replica.state._tag === "Wanted" && replica.state.holders.length === 0) {
        yield `${replica.value} is held by nobody`
      }
      if (replica.state._tag !== "Fetching") continue
      fetches += 1
      from.set(replica.state.from, (from.get(replica.state.from) ?? 0) + 1)
      if (!replica.isNeeded && !replica.state.stopped) yield `${replica.value} is fetched for nobody`
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
      if (!replica.told && replica.jobs === undefined) yield `${replica.value} stays and nobody knows`
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
      const queued = new Set(state.ready[kind].entries())
      for (const job of state.jobs.values()) {
        if (job.state._tag !== "Ready" || kindOf(job.spec) !== kind) continue
        if (!queued.has(job)) yield `${job.attempt} is ready and not in the queue`
      }
    }
  },
  *W10(state) {
    for (const job of state.jobs.values()) {
      for (const maker of Few.members(job.makers)) {
        if (state.jobs.get(maker.attempt) !== maker) yield `${job.attempt} counts on ${maker.attempt}, which is gone`
        if (!Few.has(maker.followers, job)) yield `${maker.attempt} does not know that ${job.attempt} counts on it`
      }
      if (job.state._tag !== "Running") continue
      if (job.missing > 0 && !job.state.posted) yield `${job.attempt} runs and misses ${job.missing}`
      if (job.missing < Few.size(job.makers)) yield `${job.attempt} misses ${Few.size(job.makers)}, says ${job.missing}`
      const order = [...job.state.executor.jobs]
      for (const maker of Few.members(job.makers)) {
        if (job.state.takenBack || maker.unready) continue
        const before = order.indexOf(maker)
        if (before < 0 || before > order.indexOf(job)) yield `${job.attempt} is not behind ${maker.attempt}`
        const waits = maker.state._tag === "Running" && maker.state.suspended !== undefined
        if (waits) yield `${job.attempt} is stuck behind ${maker.attempt}, which waits`
      }
    }
  },
  *W11(state) {
    const { memory } = state
    if (memory === undefined) return
    const sums = { here: 0, coming: 0, spilling: 0, onDisk: 0, spills: 0 }
    for (const replica of state.replicas.values()) {
      const { bytes, expected, place, state: at } = replica
      if (expected) sums.coming += bytes
      if (memory.idle.has(replica) && (!isHere(replica) || replica.pins > 0 || replica.readers > 0)) {
        yield `${replica.value} is idle and is not`
      }
      if (at._tag !== "Held") continue
      sums[place === "memory" || place === "spilling" ? "here" : "onDisk"] += bytes
      if (place !== "spilling") continue
      sums.spilling += bytes
      sums.spills += 1
    }
    for (const name of ["here", "coming", "spilling", "onDisk", "spills"] as const) {
      if (sums[name] !== memory[name]) yield `${name}: ${memory[name]} counted, ${sums[name]} there`
    }
    let lent = 0
    for (const { bytes } of memory.lentOf.values()) lent += bytes
    if (lent !== memory.lent) yield `lent: ${memory.lent} counted, ${lent} there`
    for (const replica of memory.idle) {
      if (state.replicas.get(replica.value) !== replica) yield `${replica.value} is idle and gone`
    }
    if (memory.onDisk > memory.disk) yield `${memory.onDisk} bytes on disk, of ${memory.disk}`
  },
  *W12(state) {
    if (state.memory === undefined) return
    const waiting = new Set(state.memory.waiting.entries())
    for (const job of state.jobs.values()) {
      const asks = job.state._tag === "Gathering" && !job.reserved && job.makers === undefined
      if (asks && !waiting.has(job)) yield `${job.attempt} waits for no room`
      if (job.state._tag === "Running" && !job.reserved) yield `${job.attempt} runs without room`
    }
    for (const replica of state.replicas.values()) {
      const pins = Few.members(replica.jobs).filter((job) => job.reserved).length
      if (pins !== replica.pins) yield `${replica.value} counts ${replica.pins} jobs with room, has ${pins}`
      if (pins > 0 && !isHere(replica) && !replica.expected) yield `${replica.value} has no room to come into`
      if (replica.state._tag === "Held" && replica.place === "disk" && pins > 0) yield `${replica.value} stays on disk`
    }
  },
  *W13(state) {
    for (const { ending, id, jobs, tired } of state.executors.values()) {
      if (tired && !ending && jobs.size === 0) yield `${id} is tired, has nothing to do, and stays`
    }
  },
  *W14({ memory }) {
    if (memory === undefined) return
    const { forced, late, pause, total } = memory
    if (total > pause + late + forced) yield `${total} bytes, of ${pause}, ${late} and ${forced}`
  }
}

export const check = (state: Inner): ReadonlyArray<string> =>
  Object.entries(checkers).flatMap(([name, checker]) => Array.from(checker(state), (wrong) => `${name}: ${wrong}`))
