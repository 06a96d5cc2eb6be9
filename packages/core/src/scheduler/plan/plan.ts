/**
 * Gives queued rows to workers, and lets idle workers ask for what waits elsewhere.
 *
 * Owns the asking of policies and the carrying out of what they say. Which workers may run what is `classes`'; what a
 * worker is busy with is the books'.
 *
 * Invariants:
 *   P1. A worker gets nothing it has no room for, does not know, or may not run.
 *   P2. Rows of a class are placed in their order.
 *   P3. After a complete plan, a class that is not blocked has nothing queued.
 *
 * @since 0.1.0
 */
import * as Id from "../../Id.js"
import type { Input, RunTask } from "../../Note.js"
import * as Cost from "../../policy/cost.js"
import * as Saturation from "../../policy/saturation.js"
import * as Spec from "../../Spec.js"
import { become } from "../books/become.js"
import * as books from "../books/books.js"
import { block, canTake, classFor, fits, gain, hasEligible } from "../books/classes.js"
import { isPerilous } from "../books/perilous.js"
import { isWary } from "../books/wary.js"
import { nearest } from "../rows/nearest.js"
import {
  type Class,
  journal,
  nothingAhead,
  type Row,
  rowBefore,
  type Run,
  type State,
  toWorker,
  type Worker
} from "../rows/State.js"
import { near, transfer } from "./near.js"
import { steal } from "./steal.js"
import { stuck } from "./stuck.js"

const looked = 8

/**
 * Places what can be placed, then balances; stops where the step's budget is spent.
 *
 * @since 0.1.0
 * @category combinators
 */
export const plan = (state: State): void => {
  applyMoves(state)
  if (!state.unplanned) return
  for (;;) {
    const first = state.ready.peek()
    if (first === undefined) break
    if (state.spent >= state.config.stepBudget) return
    const row = first.queue.peek()!
    const worker = choose(state, row, first)
    if (worker === undefined) {
      block(state, first)
      if (!hasEligible(first)) stuck(state, first)
      continue
    }
    state.spent++
    assign(state, row, worker)
    extend(state, worker)
  }
  applyMoves(state)
  state.unplanned = false
  steal(state)
  applyMoves(state)
}

const applyMoves = (state: State): void => {
  for (let worker = state.moved.shift(); worker !== undefined; worker = state.moved.shift()) {
    worker.moved = false
    books.refresh(state, worker)
    if (!worker.gained) continue
    worker.gained = false
    state.unplanned = true
    gain(state, worker)
    extend(state, worker)
  }
}

/** The best worker for the row among those with room, or none. */
const choose = (state: State, row: Row, of: Class): Worker | undefined => {
  const millis = row.group.millis
  const data = row.inputs.length === 0 ? undefined : near(state, row)
  if (data === undefined && !of.special && of.pools.length === 1) {
    // By far the most: no data weighs, and all who know the task stand in one ranking.
    const first = of.pools[0]!.ranking(of.slots).calm.items[0]
    if (first !== undefined && canTake(state, first.of.worker, of, millis)) return first.of.worker
  }
  let best: Worker | undefined
  let least = Number.POSITIVE_INFINITY
  const consider = (worker: Worker): void => {
    const share = worker.share(of.slots)
    const short = worker.memory?.paused === true ? Cost.short : 0
    const cost = Cost.cost(share, of.slots, transfer(state, worker, data), rates(state)) + short
    if (cost < least || (cost === least && best !== undefined && share.pressure < best.share(of.slots).pressure)) {
      if (cost === Number.POSITIVE_INFINITY) return
      best = worker
      least = cost
    }
  }
  let room = false
  if (of.special) {
    let seen = 0
    for (const worker of of.roomy) {
      if (!canTake(state, worker, of, millis)) of.roomy.delete(worker)
      else {
        room = true
        consider(worker)
        if (++seen >= looked && best !== undefined) break
      }
    }
  } else {
    for (const pool of of.pools) {
      const { items } = pool.ranking(of.slots).calm
      const seen = Math.min(data?.unreachable === true ? items.length : 1, items.length)
      for (let n = 0; n < seen; n++) {
        const { worker } = items[n]!.of
        if (!canTake(state, worker, of, millis)) continue
        room = true
        consider(worker)
      }
    }
    if (!room && of.urgent) {
      for (const worker of state.bounded) {
        if (!worker.open || !Spec.covers(worker.pool!.tasks, of.task) || !canTake(state, worker, of, millis)) continue
        room = true
        consider(worker)
      }
    }
  }
  if (!room || data === undefined) return best
  // Somebody has room; where the data is may still be better, even behind others.
  for (const worker of data.workers) {
    const may = of.special ? of.eligible.has(worker) : worker.open && Spec.covers(worker.pool!.tasks, of.task)
    if (!may || !fits(state, worker, of)) continue
    if (Saturation.hasRoomForData(worker.share(of.slots), of.slots, state.config)) consider(worker)
  }
  return best
}

/**
 * @since 0.1.0
 * @category getters
 */
export const rates = (state: State): Cost.Rates => ({
  bandwidth: state.bandwidth,
  latencyMillis: state.config.latencyMillis
})

const assign = (state: State, row: Row, worker: Worker): void => {
  const attempt = Id.attempt(state.incarnation, ++state.attempts)
  const run = books.open(state, row, worker, attempt)
  const inputs = row.inputs.length === 0 ? none : inputsOf(row, run)
  become(state, row, run)
  journal(state, "assigned", row, worker, attempt)
  const { failures, order } = row
  const note: RunTask = { _tag: "RunTask", spec: row.spec!, attempt, order, inputs, failures }
  toWorker(state, worker, isWary(state, row) ? { ...note, asks: true } : note)
  if (row.dependents !== undefined) worker.tails.push(row)
}

const none: ReadonlyArray<never> = []

const inputsOf = (row: Row, run: Run): ReadonlyArray<Input> => {
  const inputs: Array<Input> = []
  for (const input of row.inputs) inputs.push(inputNote(input, run))
  return inputs
}

const inputNote = (row: Row, run: Run): Input => {
  const s = row.state
  if (s._tag === "Stored") {
    return {
      key: row.key,
      value: s.value,
      digest: row.digest,
      bytes: s.bytes,
      holders: nearest(s.holders, run.worker),
      ahead: false,
      inline: s.inline
    }
  }
  if (run.ahead === nothingAhead) run.ahead = [row]
  else run.ahead.push(row)
  return {
    key: row.key,
    value: s._tag === "Assigned" ? Id.valueId(row.key, s.run.attempt) : row.key,
    digest: row.digest,
    bytes: 0,
    holders: none,
    ahead: true,
    inline: undefined
  }
}

const aheadInputs = 64
const aheadMissing = 8
const aheadDependents = 64

/**
 * Chains need no visit here: what misses only inputs made on this worker is assigned behind them, while it has room. What
 * finds none is tried again when something has ended there, and not only when its input has: a chain does not run dry.
 */
const extend = (state: State, worker: Worker): void => {
  const { tails } = worker
  if (tails.length === 0 || !worker.open) return
  let n = 0
  while (n < tails.length && follow(state, tails[n]!, worker)) n++
  if (n === tails.length) tails.length = 0
  else if (n > 0) tails.splice(0, n)
}

/** False if it is to be tried again. */
const follow = (state: State, row: Row, worker: Worker): boolean => {
  const at = row.state
  if (row.dependents === undefined || at._tag !== "Assigned" || at.run.worker !== worker) return true
  let seen = 0
  for (const dependent of row.dependents.values()) {
    if (++seen > aheadDependents) return true
    const s = dependent.state
    if (s._tag !== "Waiting" || s.notBefore !== undefined || dependent.dirty || dependent.blame !== undefined) continue
    if (dependent.missing > aheadMissing || dependent.inputs.length > aheadInputs) continue
    if (!isFedBy(dependent, worker) || !mayRun(state, dependent, worker) || isPerilous(state, dependent)) continue
    if (!isNext(state, dependent, worker)) return false
    assign(state, dependent, worker)
  }
  return true
}

const isFedBy = (row: Row, worker: Worker): boolean => {
  for (const input of row.inputs) {
    const s = input.state
    if (s._tag === "Stored") {
      // Its other inputs must be at hand: what would have to be fetched is placed by its cost, once all is known.
      if (s.inline === undefined && !s.holders.some((one) => one === worker)) return false
    } else if (
      s._tag !== "Assigned" || s.run.worker !== worker || s.run.phase !== "Current" || s.run.thief !== undefined
    ) {
      return false
    }
  }
  return true
}

const mayRun = (state: State, row: Row, worker: Worker): boolean => {
  const of = classFor(state, row)
  return of.special ? of.eligible.has(worker) : Spec.covers(worker.pool!.tasks, of.task)
}

/** Whether there is room for it, and nothing queued comes before it. */
const isNext = (state: State, row: Row, worker: Worker): boolean => {
  if (!canTake(state, worker, classFor(state, row), row.group.millis)) return false
  const next = state.ready.peek()?.queue.peek()
  return next === undefined || rowBefore(row, next)
}
