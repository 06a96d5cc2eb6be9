/**
 * Drives each touched row to where it belongs.
 *
 * Owns the question "where does it belong", answered from three facts alone: is it wanted, are its inputs stored, does
 * anyone hold it. How it came there is never asked. Placing is `plan`'s business.
 *
 * Invariants, of a settled state:
 *   T1. An unwanted row is Idle, and a wanted one is not.
 *   T2. A Waiting row misses an input, its retry is not due, or it is perilous; a Queued row misses none.
 *   T3. A Stored row has a holder, or its bytes are kept here.
 *   T4. No active row has a failed input.
 *   T5. Every want was told what its row is: the value, the failure, or nothing while it is on its way.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import { become, removeHolder, tell } from "../books/become.js"
import { answerEnders } from "../books/books.js"
import { classFor } from "../books/classes.js"
import { hasKilled, isPerilous, killed } from "../books/perilous.js"
import { cutOff, stay, trim } from "../rows/cut.js"
import { forget } from "../rows/rows.js"
import {
  type Class,
  failedBy,
  idle,
  isActive,
  isWanted,
  journal,
  type Queued,
  type Row,
  type State,
  type Stored,
  toClient,
  touch,
  waiting,
  waitingUntil
} from "../rows/State.js"
import { failedLately } from "../rows/watched.js"
import { spread } from "./copies.js"
import { isCancelledForOthers, startOver } from "./over.js"
import { scatter } from "./scatter.js"
import { claim, claimRun } from "./unclaimed.js"
import { cancelRuns, drop } from "./values.js"

/**
 * Settles touched rows until none is left or the step's budget is spent.
 *
 * @since 0.1.0
 * @category combinators
 */
export const settle = (state: State): void => {
  const { dirty } = state
  while (state.spent < state.config.stepBudget) {
    const row = dirty.shift()
    if (row === undefined) break
    row.dirty = false
    state.spent++
    settleRow(state, row)
  }
  if (dirty.size === 0 && trim(state)) settle(state)
}

const settleRow = (state: State, row: Row): void => {
  if (!row.gone) {
    if (isWanted(row)) want(state, row)
    else abandon(state, row)
  }
  if (row.enders !== undefined && (row.runs.length === 0 || (!row.gone && isWanted(row)))) answerEnders(state, row)
}

const want = (state: State, row: Row): void => {
  state.lineage.delete(row)
  const s = row.state
  if (isActive(s)) pending(state, row)
  switch (s._tag) {
    case "Stored": {
      if (s.holders.length === 0 && s.inline === undefined) return lose(state, row)
      if (row.offer !== undefined) {
        if (row.offer.scatter === undefined) spare(state, row, s)
        else scatter(state, row)
      }
      if (row.spread !== undefined || state.retiring > 0) spread(state, row, s)
      if (row.cutting !== undefined) cutOff(state, row, s)
      for (let one = row.firstWant; one !== undefined; one = one.next) tell(state, row, one)
      if (row.keep) done(state, row)
      return
    }
    case "Failed": {
      for (let one = row.firstWant; one !== undefined; one = one.next) tell(state, row, one)
      if (row.keep) done(state, row)
      return
    }
    case "Idle":
      return begin(state, row)
    case "Waiting": {
      if (isDoomed(state, row)) return
      const due = s.notBefore === undefined || s.notBefore <= state.now
      if (row.spec === undefined || row.cut) return due ? begin(state, row) : undefined
      if (row.missing === 0 && due && !isPerilous(state, row)) queue(state, row)
      return
    }
    case "Queued": {
      if (isDoomed(state, row)) return
      if (row.missing > 0) return become(state, row, waiting)
      if (classFor(state, row) !== s.class) become(state, row, queuedIn(classFor(state, row), s.since))
      return
    }
    case "Assigned": {
      isDoomed(state, row)
      return
    }
  }
}

/**
 * An argument that only lineage names: its client serves it as long as that may be needed, so workers need no copy.
 * While somebody wants what was made from it, copies stay: the next of many tasks may well be given the same.
 */
const spare = (state: State, row: Row, s: Stored): void => {
  if (!isSpare(row, s)) {
    if (row.spared > 0) state.lineage.unspare(row)
    return
  }
  state.lineage.spare(row, s.bytes)
  for (const holder of [...s.holders]) {
    if (holder._tag === "Client") continue
    journal(state, "copy dropped", row, holder)
    drop(state, holder, s.value)
    removeHolder(state, row, s, holder)
  }
}

const isSpare = (row: Row, s: Stored): boolean => {
  if (row.fresh || row.consumers > 0 || row.firstWant !== undefined || row.dependents === undefined) return false
  if (!s.holders.some((holder) => holder._tag === "Client" && holder.down === undefined)) return false
  for (const dependent of row.dependents.values()) if (isWanted(dependent)) return false
  return true
}

/** What the cluster wanted for its own sake is done: from here on clients decide. */
const done = (state: State, row: Row): void => {
  row.keep = false
  touch(state, row)
}

const queue = (state: State, row: Row): void => become(state, row, queuedIn(classFor(state, row), state.now))

const queuedIn = (of: Class, since: number): Queued =>
  of.queued.since === since ? of.queued : (of.queued = { _tag: "Queued", class: of, since })

/** A wanted row sets out: the one place where all its inputs are looked at. */
const begin = (state: State, row: Row): void => {
  if (row.spec === undefined || row.cut) {
    if (claim(state, row) || awaitTelling(state, row)) return
    return fail(
      state,
      row,
      Failure.make(
        "Lost",
        row.key,
        row.spec === undefined
          ? `the data of ${row.key} was brought by a client and every holder is gone: bring it again`
          : `every holder of ${row.key} is gone, and its lineage was cut (by a checkpoint, or beyond its budget), so it ` +
            "cannot be computed again from what is known: submit it again with its inputs, and replicate what must " +
            "outlive several workers"
      )
    )
  }
  if (claim(state, row)) return
  // Somebody may remember too much of it.
  if (hasKilled(state, row)) return fail(state, row, killed(row))
  for (const input of row.inputs) {
    if (isCancelledForOthers(row, input)) startOver(state, input, false)
    if (input.state._tag === "Failed") return fail(state, row, input.state.failure)
  }
  if (claimRun(state, row)) return
  if (row.missing === 0) return queue(state, row)
  become(state, row, waiting)
}

/**
 * Waits, after a recovery, for workers that have yet to tell of a value that cannot be made again; says whether there
 * is anything to wait for.
 *
 * @since 0.1.0
 * @category combinators
 */
export const awaitTelling = (state: State, row: Row): boolean => {
  const at = state.unclaimedUntil
  if (state.now >= at) return false
  become(state, row, waitingUntil(at))
  state.due.push({ place: -1, _tag: "Retry", at, seq: state.seq++, row })
  return true
}

const isDoomed = (state: State, row: Row): boolean => {
  const blame = row.blame
  if (blame === undefined) return false
  row.blame = undefined
  // It may have begun again since, and another have failed before it.
  for (const input of [blame, ...row.inputs]) {
    if (input.state._tag !== "Failed") continue
    fail(state, row, input.state.failure)
    return true
  }
  return false
}

/**
 * The row has failed; whatever still runs for it is ended.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fail = (state: State, row: Row, failure: Failure.Failure, force: boolean = false): void => {
  journal(state, "failed", row, undefined, failure.reason)
  state.life.failed++
  if (failure.key === row.key) failedLately(state, row, failure)
  become(state, row, failedBy(failure))
  if (row.runs.length === 0) return
  const reason = failure.reason === "Cancelled" ? failure.detail : `${failure.key} failed`
  cancelRuns(state, row, failure.by ?? "scheduler", reason, force)
}

/** Who was told of a value learns that it is being made again. */
const pending = (state: State, row: Row): void => {
  for (let one = row.firstWant; one !== undefined; one = one.next) {
    if (one.told === undefined || one.told === true) continue
    one.told = undefined
    toClient(state, one.client, { _tag: "TaskPending", key: row.key, want: one.want })
  }
}

/** The last holder is gone. */
const lose = (state: State, row: Row): void => {
  journal(state, "lost", row, undefined)
  become(state, row, idle)
}

/** Nobody wants the row: give up its work, its value, and at last its name. */
const abandon = (state: State, row: Row): void => {
  const s = row.state
  if (s._tag !== "Idle") {
    if (s._tag === "Stored") {
      journal(state, "dropped", row, undefined)
      for (const holder of s.holders) drop(state, holder, s.value)
    }
    const wasActive = isActive(s)
    become(state, row, idle)
    for (const input of row.inputs) if (input.offer !== undefined) touch(state, input)
    if (row.runs.length > 0) cancelRuns(state, row, "scheduler", "nobody wants it any more")
    if (wasActive && row.enders !== undefined) passOn(state, row)
  }
  row.blame = undefined
  row.spread = undefined
  if (row.cutting !== undefined) stay(state, row, true)
  if (row.firstWant !== undefined) state.lineage.delete(row)
  else if (row.dependents !== undefined && row.dependents.size > 0) state.lineage.add(row)
  else forget(state, row)
}

/** Work that only this row kept going ends with it: who waits for the end waits for that too. */
const passOn = (state: State, row: Row): void => {
  for (const input of row.inputs) {
    if (input.gone || isWanted(input) || (!isActive(input.state) && input.runs.length === 0)) continue
    for (const ender of row.enders!) {
      if (input.enders?.includes(ender)) continue
      ;(input.enders ??= []).push(ender)
      ender.open++
    }
    touch(state, input)
  }
}
