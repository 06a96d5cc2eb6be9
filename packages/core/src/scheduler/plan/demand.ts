/**
 * How much there is to do, and for whom: what `Adaptive` decides by.
 *
 * Owns the estimate. It reads the state and changes nothing; it looks at all attempts in the books and at some of the rows
 * of each queue, and so costs little however much is queued.
 *
 * @since 0.1.0
 */
import type { WorkerId } from "../../Id.js"
import type { Class, Group, Run, State, Worker } from "../rows/State.js"

const sampled = 100

/**
 * @since 0.1.0
 * @category models
 */
export interface DemandOfWorker {
  readonly id: WorkerId
  readonly node: string
  readonly slots: number
  /** Whether it can be given work. */
  readonly open: boolean
  readonly attempts: number
  /** Bytes of the values it holds, in memory and on disk. */
  readonly held: number
  readonly limit: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Demand {
  /**
   * Expected milliseconds of everything that runs, was given out, or is queued for this node's workers, weighed by slots. A
   * task that has run longer than was expected is expected to run as long again.
   */
  readonly work: number
  /** How many slots could be busy with that at once. */
  readonly parallel: number
  /** All of them, wherever they are. */
  readonly workers: ReadonlyArray<DemandOfWorker>
}

/**
 * What there is to do for the workers of a node: of what is queued that which they may run, or everything where it has none.
 *
 * @since 0.1.0
 * @category getters
 */
export const demand = (state: State, node: string, now: number): Demand => {
  const longest = longestRunning(state, now)
  const expected = (group: Group): number =>
    Math.max(group.millis ?? state.config.unknownMillis, longest.get(group) ?? 0)
  let work = 0
  let parallel = 0
  for (const worker of state.roster) {
    for (let run = worker.first; run !== undefined; run = run.next) {
      if (run.suspended !== undefined || run.phase === "Ending") continue
      const elapsed = runningFor(run, now)
      work += Math.max(expected(run.row.group) - elapsed, elapsed) * run.slots
      // What was given ahead of its inputs begins after them.
      if (run.started !== undefined || run.row.missing === 0) parallel += run.slots
    }
  }
  const own = state.roster.filter((worker) => worker.open && worker.info.node === node)
  const queue = (of: Class): void => {
    if (of.queue.size === 0 || (own.length > 0 && !own.some((worker) => mayRun(worker, of)))) return
    const rows = of.queue.sample(sampled)
    const sum = rows.reduce((sum, row) => sum + expected(row.group), 0)
    work += (sum / rows.length) * of.queue.size * of.slots
    parallel += of.queue.size * of.slots
  }
  for (const list of state.plain.values()) for (const of of list) queue(of)
  for (const of of state.specials.values()) queue(of)
  return { work, parallel, workers: state.roster.map(ofWorker) }
}

const mayRun = (worker: Worker, of: Class): boolean =>
  of.special ? of.eligible.has(worker) : worker.pool !== undefined && of.pools.includes(worker.pool)

const ofWorker = (worker: Worker): DemandOfWorker => ({
  id: worker.id,
  node: worker.info.node,
  slots: worker.info.slots,
  open: worker.open,
  attempts: worker.runs,
  held: worker.memory === undefined ? worker.heldBytes : worker.memory.managed + worker.memory.spilled,
  limit: worker.memory?.limit
})

/** By the scheduler's clock, as far as the worker's may be believed. */
const runningFor = (run: Run, now: number): number =>
  run.started === undefined || run.suspended !== undefined
    ? 0
    : Math.max(0, Math.min(now - run.started, now - run.at))

const longestRunning = (state: State, now: number): ReadonlyMap<Group, number> => {
  const longest = new Map<Group, number>()
  for (const worker of state.roster) {
    for (let run = worker.first; run !== undefined; run = run.next) {
      const millis = runningFor(run, now)
      if (millis > (longest.get(run.row.group) ?? 0)) longest.set(run.row.group, millis)
    }
  }
  return longest
}
