/**
 * Idle workers ask for work that waits behind other work.
 *
 * Owns who asks whom. Whether it pays is `policy/stealing`'s; a stolen row comes back by `TaskReturned` and is placed
 * like any other, so it goes to whoever is best by then.
 *
 * Invariants:
 *   W1. Only attempts not known to run are recalled, each once, and never one that refused.
 *   W2. A thief has a slot free for the kind it asks for (whole tasks, fractions), and asks for no more than is free.
 *
 * @since 0.1.0
 */
import * as Cost from "../../policy/cost.js"
import * as Saturation from "../../policy/saturation.js"
import { pays } from "../../policy/stealing.js"
import { rank } from "../books/books.js"
import { classFor, fits, isAble, isNamed } from "../books/classes.js"
import { journal, type Ranking, type Run, type Share, type State, toWorker } from "../rows/State.js"
import { near, transfer } from "./near.js"

type Kind = "whole" | "part"

const thievesLooked = 16
const runsLooked = 16
const recallsMax = 3

/**
 * @since 0.1.0
 * @category combinators
 */
export const steal = (state: State): void => {
  if (state.workers.size < 2) return
  rank(state)
  for (const pool of state.pools.values()) {
    send(state, "whole", pool.whole)
    send(state, "part", pool.part)
  }
}

const send = (state: State, kind: Kind, { calm }: Ranking): void => {
  for (let n = 0; n < thievesLooked && n < calm.items.length; n++) {
    const thief = calm.items[n]!.of
    if (thief.pressure >= 0) return
    if (thief.runs > 0 && !Saturation.isFree(thief, 1)) continue
    if (thief.used + thief.incoming + 1 > thief.slots + Saturation.epsilon) continue
    if (!rob(state, kind, thief)) return
  }
}

/** Whether there was a loaded worker at all. */
const rob = (state: State, kind: Kind, thief: Share): boolean => {
  let found = false
  for (const pool of state.pools.values()) {
    const victim = loaded(pool[kind])
    if (victim === undefined || victim === thief) continue
    found = true
    const run = pick(state, victim, thief)
    if (run === undefined) continue
    run.thief = thief.worker
    run.row.recalls++
    thief.incoming += run.slots
    journal(state, "recalled", run.row, victim.worker, thief.worker.id)
    toWorker(state, victim.worker, { _tag: "RecallTask", key: run.row.key, attempt: run.attempt })
    return true
  }
  return found
}

const loaded = ({ busy }: Ranking): Share | undefined => {
  for (let n = 0; n < 7 && n < busy.items.length; n++) {
    const share = busy.items[n]!.of
    if (share.dry || share.runs < 2 || share.pressure <= 0) continue
    return share
  }
  return undefined
}

const pick = (state: State, victim: Share, thief: Share): Run | undefined => {
  // As the victim would be without it and what came after: the same question placement asked.
  let load = victim.load
  let used = victim.used
  let run = victim.last
  let stealable = false
  for (let n = 0; n < runsLooked && run !== undefined; n++, run = run.earlier) {
    if (run.suspended === undefined) {
      load -= run.millis * run.slots
      used -= run.slots
    }
    if (run.row.recalls >= recallsMax) continue
    if (run.phase !== "Current" || run.started !== undefined || run.thief !== undefined || run.refused) continue
    if (run.row.state._tag !== "Assigned" || run.row.state.ahead.length > 0) continue
    // What is first of its kind in the books is running, said or not.
    if (run.earlier === undefined) continue
    stealable = true
    const of = classFor(state, run.row)
    const { worker } = thief
    if (!isAble(worker, of) || !(of.special ? of.eligible.has(worker) : isNamed(worker, of))) continue
    if (!Saturation.isFree(thief, run.slots) || !fits(state, worker, of)) continue
    const rates = { bandwidth: state.bandwidth, latencyMillis: state.config.latencyMillis }
    const there = Cost.cost(thief, run.slots, transfer(state, worker, near(state, run.row)), rates)
    const here = Cost.queueing({ slots: victim.slots, used, load }, run.slots)
    if (pays(here, there, 2 * state.config.latencyMillis, state.config.stealMargin)) return run
  }
  if (!stealable) victim.dry = true
  return undefined
}
