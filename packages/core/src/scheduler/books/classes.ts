/**
 * Which workers may run which rows, as indexes: pools of workers that know the same tasks, classes of queued rows that
 * the same workers may run.
 *
 * Owns membership of pools and classes and whether a class is blocked. A plain class (any worker that knows the task)
 * reads the heaps of its pools; a special one (restricted, resources, more than one slot, apart) keeps its own set of
 * eligible workers. Who is chosen is `plan`'s business.
 *
 * Invariants:
 *   K1. A class with something queued is in `ready` or blocked; an empty one is neither.
 *   K2. A worker is eligible for a special class exactly if it is open, knows the task, is large enough, and is named
 *       (or nobody named is able, and the restriction is soft).
 *   K3. A blocked class is unblocked whenever a worker that may run it gains room or joins, or nobody may any more.
 *
 * @since 0.1.0
 */
import * as Saturation from "../../policy/saturation.js"
import * as Spec from "../../Spec.js"
import { Class, Pool, type Row, type State, touch, type Worker } from "../rows/State.js"
import { isApart } from "./apart.js"
import { bound, isBounded, move, rankOne, refresh } from "./books.js"

const specialsMax = 256

/**
 * @since 0.1.0
 * @category getters
 */
export const classFor = (state: State, row: Row): Class => {
  const spec = row.spec!
  const urgent = spec.parent !== undefined || row.awaited > 0
  const apart = isApart(state, row)
  if (row.class !== undefined && row.class.urgent === urgent && !apart) return row.class
  if (apart || spec.workers !== undefined || spec.slots > 1 || hasResources(spec.resources)) {
    return special(state, spec, urgent, apart)
  }
  let list = state.plain.get(spec.task)
  if (list === undefined) state.plain.set(spec.task, list = [])
  for (const found of list) if (found.slots === spec.slots && found.urgent === urgent) return row.class = found
  const made = new Class(
    `${spec.task}|${spec.slots}|${urgent}`,
    spec.task,
    spec.slots,
    urgent,
    false,
    false,
    undefined,
    false,
    undefined
  )
  list.push(made)
  for (const pool of state.pools.values()) if (Spec.covers(pool.tasks, spec.task)) join(made, pool)
  return row.class = made
}

const hasResources = (resources: Readonly<Record<string, number>> | undefined): boolean => {
  if (resources !== undefined) { for (const name in resources) if (resources[name]! > 0) return true }
  return false
}

const join = (made: Class, pool: Pool): void => {
  made.pools.push(pool)
  pool.classes.push(made)
}

const special = (state: State, spec: Spec.Spec, urgent: boolean, apart: boolean): Class => {
  const id = JSON.stringify([spec.task, spec.slots, urgent, apart, spec.workers, spec.soft, spec.resources])
  const found = state.specials.get(id)
  if (found !== undefined) return found
  const made = new Class(id, spec.task, spec.slots, urgent, true, apart, spec.workers, spec.soft, spec.resources)
  state.specials.set(id, made)
  enroll(state, made)
  return made
}

/**
 * Whether the worker is there, knows the task and is large enough for it.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAble = (worker: Worker, of: Class): boolean => worker.open && isLarge(worker, of)

/**
 * Whether the worker knows the task and is large enough for it, be it silent or not.
 *
 * @since 0.1.0
 * @category guards
 */
export const isLarge = (worker: Worker, of: Class): boolean => {
  if (worker.pool === undefined || !Spec.covers(worker.pool.tasks, of.task)) return false
  if (of.slots > worker.info.slots + Saturation.epsilon) return false
  for (const name in of.resources) {
    if (of.resources[name]! > (worker.info.resources[name] ?? 0) + Saturation.epsilon) return false
  }
  return true
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isNamed = (worker: Worker, of: Class): boolean =>
  of.names === undefined || of.names.includes(worker.id) || of.names.includes(worker.info.name)

const enroll = (state: State, of: Class): void => {
  for (const worker of of.eligible) worker.classes.delete(of)
  of.eligible.clear()
  of.roomy.clear()
  const others: Array<Worker> = []
  for (const worker of state.workers.values()) {
    if (!isAble(worker, of)) continue
    if (isNamed(worker, of)) admit(of, worker)
    else if (of.soft) others.push(worker)
  }
  if (of.eligible.size === 0) { for (const worker of others) admit(of, worker) }
}

const admit = (of: Class, worker: Worker): void => {
  of.eligible.add(worker)
  of.roomy.add(worker)
  worker.classes.add(of)
}

/**
 * Whether anybody may and could run rows of this class.
 *
 * @since 0.1.0
 * @category guards
 */
export const hasEligible = (of: Class): boolean =>
  of.special ? of.eligible.size > 0 : of.pools.some((pool) => pool.ranking(of.slots).calm.size > 0)

/** Whether anybody is there to stay: a worker without slots, or one that is to leave, only ends what it has. */
const isManned = (state: State): boolean => state.roster.some((worker) => worker.info.slots > 0 && !worker.retiring)

/**
 * Whether the worker may be given a row of this class now.
 *
 * @since 0.1.0
 * @category guards
 */
export const canTake = (state: State, worker: Worker, of: Class, millis: number | undefined): boolean =>
  (Saturation.hasRoom(worker.share(of.slots), of.slots, millis, state.config) || isYielding(worker, of)) &&
  fits(state, worker, of)

/**
 * Whether what fills the worker waits, through jobs assigned ahead, for its suspended attempts: such jobs take no slot
 * until their inputs are made, and must not keep out what the suspended wait for.
 */
const isYielding = (worker: Worker, of: Class): boolean => {
  if (!of.urgent || worker.suspended === 0) return false
  const share = worker.share(of.slots)
  let { used } = share
  for (let run = share.last; run !== undefined; run = run.earlier) {
    if (run.row.missing > 0 && run.suspended === undefined) used -= run.slots
  }
  return Saturation.isFree({ slots: share.slots, used }, of.slots)
}

/**
 * Whether its resources are free there, nothing is that it must not run beside, and the worker is not held back for what
 * its suspended attempts wait for.
 *
 * @since 0.1.0
 * @category guards
 */
export const fits = (state: State, worker: Worker, of: Class): boolean => {
  if (!of.urgent && isBounded(state, worker)) return false
  if (of.apart && worker.apart > 0) return false
  for (const name in of.resources) {
    const free = (worker.info.resources[name] ?? 0) - (worker.taken[name] ?? 0)
    if (of.resources[name]! > free + Saturation.epsilon) return false
  }
  return true
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const enqueue = (state: State, row: Row, of: Class): void => {
  of.queue.push(row)
  if (!of.blocked && of.queue.peek() === row) state.ready.update(of)
  state.unplanned = true
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const dequeue = (state: State, row: Row, of: Class): void => {
  const first = of.queue.peek() === row
  of.queue.delete(row)
  if (of.queue.size > 0) {
    if (!of.blocked && first) state.ready.update(of)
    return
  }
  of.blocked = false
  state.ready.delete(of)
  if (!of.special || state.specials.size <= specialsMax) return
  state.specials.delete(of.id)
  for (const worker of of.eligible) worker.classes.delete(of)
}

/**
 * Nobody has room for the class: it is left alone until somebody gains some.
 *
 * @since 0.1.0
 * @category combinators
 */
export const block = (state: State, of: Class): void => {
  of.blocked = true
  state.ready.delete(of)
}

const unblock = (state: State, of: Class): void => {
  if (!of.blocked) return
  of.blocked = false
  state.ready.update(of)
  state.unplanned = true
}

/**
 * The worker has room it had not: what waited for that may be tried again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const gain = (state: State, worker: Worker): void => {
  if (!worker.open) return
  if (worker.pool !== undefined) { for (const of of worker.pool.classes) unblock(state, of) }
  if (worker.classes.size === 0) return
  for (const of of worker.classes) {
    of.roomy.add(worker)
    unblock(state, of)
  }
}

const poolFor = (state: State, worker: Worker): Pool => {
  const tasks = [...new Set(worker.info.tasks)].sort()
  const id = JSON.stringify(tasks)
  let pool = state.pools.get(id)
  if (pool === undefined) {
    pool = new Pool(id, new Set(tasks))
    state.pools.set(id, pool)
    for (const [task, list] of state.plain) if (Spec.covers(pool.tasks, task)) { for (const of of list) join(of, pool) }
  }
  return pool
}

/** Up to now this worker could have run these, or might have: silence alone does not end that. */
const served = (state: State, worker: Worker): void => {
  if (worker.open || worker.suspect) { for (const of of worker.pool?.classes ?? []) of.served = state.now }
  for (const of of worker.classes) of.served = state.now
  if (!worker.suspect) return
  for (const of of state.specials.values()) {
    if (isLarge(worker, of) && (of.soft || isNamed(worker, of))) of.served = state.now
  }
}

/**
 * Puts the worker where its info, its health and its presence say: in a pool and its classes, or nowhere.
 *
 * @since 0.1.0
 * @category combinators
 */
export const place = (state: State, worker: Worker): void => {
  served(state, worker)
  const before = worker.pool
  if (before !== undefined) {
    before.whole.calm.delete(worker.whole.calm)
    before.whole.busy.delete(worker.whole.busy)
    before.part.calm.delete(worker.part.calm)
    before.part.busy.delete(worker.part.busy)
    before.workers.delete(worker)
  }
  if (worker.open) state.slots -= worker.bookedSlots
  worker.open = !worker.gone && !worker.suspect && !worker.retiring && worker.info.slots > 0
  worker.bookedSlots = worker.whole.slots = worker.part.slots = worker.info.slots
  if (worker.open) state.slots += worker.bookedSlots
  worker.pool = worker.gone ? undefined : poolFor(state, worker)
  if (worker.pool !== undefined) worker.pool.workers.add(worker)
  if (before !== undefined && before.workers.size === 0) closePool(state, before)
  for (const of of [...state.specials.values()]) {
    if (of.soft) enroll(state, of)
    else {
      of.eligible.delete(worker)
      of.roomy.delete(worker)
      worker.classes.delete(of)
      if (isAble(worker, of) && isNamed(worker, of)) admit(of, worker)
    }
    if (of.eligible.has(worker) || of.soft || !hasEligible(of)) unblock(state, of)
  }
  bound(state, worker)
  if (worker.open) {
    refresh(state, worker)
    rankOne(worker)
    move(state, worker, true)
    for (const row of state.unscattered) touch(state, row)
    for (const row of state.uncopied) touch(state, row)
  }
  state.manned = isManned(state) ? state.manned ?? state.now : undefined
  for (const list of state.plain.values()) for (const of of list) if (!hasEligible(of)) unblock(state, of)
  state.unplanned = true
}

const closePool = (state: State, pool: Pool): void => {
  state.pools.delete(pool.id)
  for (const of of pool.classes) of.pools.splice(of.pools.indexOf(pool), 1)
}
