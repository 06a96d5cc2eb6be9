/**
 * The decisions of a supervisor, as a pure machine: which children to stop, to
 * wait for and to start, and when to give up. `Supervisor` has the hands.
 *
 * Level-triggered: each event is recorded in the rows, then `settle` drives
 * every row towards its goal.
 *
 * ```
 * down ─► waiting (backoff) ─► down ─► starting ─► up ─► ended ─► stopping ─► down
 *                                          └► cancelling ─► ended      ▲
 *                                                      up ─────────────┘
 * ```
 *
 * 1. A child is started only when the Scope of its previous life is closed.
 * 2. With `one-for-all` and `rest-for-one`, and at shutdown, children stop in
 *    reverse order one at a time; nothing starts while anything is to be
 *    stopped; children start in order one at a time.
 * 3. Every failure that asks for a restart counts, failed starts included. More
 *    than `limit` within `period` ends the supervisor as failed.
 * 4. `End` is given once, when every child is down.
 */
import * as Cause from "effect/Cause"
import type { Restart } from "../ChildSpec.js"
import type { Machine } from "../MachineActor.js"

export interface Rules {
  readonly strategy: "one-for-one" | "one-for-all" | "rest-for-one"
  readonly limit: number
  /** Milliseconds. */
  readonly period: number
  readonly backoff: boolean
  readonly autoShutdown: "never" | "any-significant" | "all-significant"
}

export type Status = "down" | "waiting" | "starting" | "cancelling" | "up" | "ended" | "stopping"

export interface Row {
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
  status: Status
  goal: "up" | "down" | "gone"
  /** It has to go down before it counts as up again. */
  cycle: boolean
  /** It failed: the next start comes after the backoff. */
  delay: boolean
  /** Which life this is, from 1; news of an earlier one is stale. */
  life: number
  restarts: number
  /** When this life came up, epoch milliseconds. */
  since: number
  /** It had been well for a whole period: the backoff begins anew. */
  fresh: boolean
  cause: Cause.Cause<unknown> | undefined
}

export type Outcome =
  | { readonly _tag: "Shutdown" }
  | {
    readonly _tag: "GaveUp"
    readonly child: string
    readonly failures: number
    readonly cause: Cause.Cause<unknown>
  }

export interface State {
  readonly rules: Rules
  readonly rows: Array<Row>
  /** When failures happened, within the period. */
  readonly failures: Array<number>
  outcome: Outcome | undefined
  ended: boolean
}

export type Event =
  | { readonly _tag: "ChildAdded"; readonly id: string; readonly restart: Restart; readonly significant: boolean }
  | { readonly _tag: "StartChild"; readonly id: string }
  | { readonly _tag: "StopChild"; readonly id: string; readonly remove: boolean }
  | { readonly _tag: "RestartChild"; readonly id: string }
  | { readonly _tag: "Shutdown" }
  | { readonly _tag: "ChildStarted"; readonly id: string; readonly life: number }
  | {
    readonly _tag: "ChildStartFailed"
    readonly id: string
    readonly life: number
    readonly cause: Cause.Cause<unknown>
  }
  | {
    readonly _tag: "ChildEnded"
    readonly id: string
    readonly life: number
    /** How it failed; `undefined` if it ended normally. */
    readonly cause: Cause.Cause<unknown> | undefined
  }
  | { readonly _tag: "ChildStopped"; readonly id: string; readonly life: number }
  | { readonly _tag: "BackoffOver"; readonly id: string; readonly life: number; readonly spent: boolean }

export type Command =
  | { readonly _tag: "Start"; readonly id: string; readonly life: number }
  | { readonly _tag: "CancelStart"; readonly id: string; readonly life: number }
  | { readonly _tag: "Stop"; readonly id: string; readonly life: number }
  | {
    readonly _tag: "Backoff"
    readonly id: string
    readonly life: number
    /** The child had been well for a whole period: begin the schedule anew. */
    readonly fresh: boolean
    readonly cause: Cause.Cause<unknown>
  }
  | { readonly _tag: "CancelBackoff"; readonly id: string; readonly life: number }
  /** It has started: watch it, and tell those who wait for it. */
  | { readonly _tag: "Running"; readonly id: string; readonly life: number }
  /** Its first start failed, and it is gone. */
  | { readonly _tag: "Refused"; readonly id: string; readonly cause: Cause.Cause<unknown> }
  /** It is down and stays down. */
  | { readonly _tag: "Rest"; readonly id: string; readonly gone: boolean }
  | { readonly _tag: "End"; readonly outcome: Outcome }

export const machine = (rules: Rules): Machine<State, Event, Command> => ({
  initial: () => ({ rules, rows: [], failures: [], outcome: undefined, ended: false }),
  step: (state, events, now) => {
    const commands: Array<Command> = []
    for (const event of events) record(state, event, now, commands)
    settle(state, commands)
    return commands
  }
})

// -----------------------------------------------------------------------------
// Record: what one event says
// -----------------------------------------------------------------------------

const record = (state: State, event: Event, now: number, commands: Array<Command>): void => {
  switch (event._tag) {
    case "ChildAdded": {
      if (state.outcome !== undefined) return void commands.push({ _tag: "Rest", id: event.id, gone: true })
      state.rows.push({
        id: event.id,
        restart: event.restart,
        significant: event.significant,
        status: "down",
        goal: "up",
        cycle: false,
        delay: false,
        life: 0,
        restarts: 0,
        since: 0,
        fresh: true,
        cause: undefined
      })
      return
    }
    case "Shutdown":
      return conclude(state, { _tag: "Shutdown" })
  }
  const row = state.rows.find((row) => row.id === event.id)
  if (row === undefined) return
  switch (event._tag) {
    case "StartChild":
    case "RestartChild":
      if (state.outcome !== undefined) return
      row.goal = "up"
      row.cycle = event._tag === "RestartChild" && isRunning(row)
      return
    case "StopChild":
      if (row.goal !== "gone") row.goal = event.remove ? "gone" : "down"
      if (row.status === "down") commands.push({ _tag: "Rest", id: row.id, gone: row.goal === "gone" })
      return
  }
  if (event.life === row.life) recordNews(state, row, event, now, commands)
}

type News = Extract<Event, { readonly life: number }>

const recordNews = (state: State, row: Row, event: News, now: number, commands: Array<Command>): void => {
  switch (event._tag) {
    case "ChildStarted":
      if (row.status === "cancelling") row.status = "ended"
      if (row.status !== "starting") return
      row.status = "up"
      row.since = now
      return void commands.push({ _tag: "Running", id: row.id, life: row.life })
    case "ChildStartFailed": {
      const cancelled = row.status === "cancelling"
      row.status = "ended"
      row.since = Infinity
      if (cancelled) return
      if (row.life > 1) return restart(state, row, event.cause, now)
      row.goal = "gone"
      return void commands.push({ _tag: "Refused", id: row.id, cause: event.cause })
    }
    case "ChildEnded":
      if (row.status !== "up") return
      row.status = "ended"
      return ended(state, row, event.cause, now)
    case "ChildStopped":
      if (row.status !== "stopping") return
      row.status = "down"
      row.cycle = false
      if (row.goal !== "up") commands.push({ _tag: "Rest", id: row.id, gone: row.goal === "gone" })
      return
    case "BackoffOver":
      if (row.status !== "waiting") return
      row.status = "down"
      row.delay = false
      if (event.spent) giveUp(state, row)
  }
}

const ended = (state: State, row: Row, cause: Cause.Cause<unknown> | undefined, now: number): void => {
  if (row.goal !== "up") return
  row.cause = cause
  if (row.restart === "permanent" || (row.restart === "transient" && cause !== undefined)) {
    return restart(state, row, cause, now)
  }
  row.goal = row.restart === "temporary" ? "gone" : "down"
  const { autoShutdown } = state.rules
  if (!row.significant || autoShutdown === "never") return
  const others = state.rows.some((other) => other.significant && other.goal === "up")
  if (autoShutdown === "any-significant" || !others) conclude(state, { _tag: "Shutdown" })
}

const restart = (state: State, row: Row, cause: Cause.Cause<unknown> | undefined, now: number): void => {
  const { failures, rules } = state
  while (failures.length > 0 && failures[0]! <= now - rules.period) failures.shift()
  failures.push(now)
  row.cause = cause
  row.fresh = now - row.since >= rules.period
  if (failures.length > rules.limit) return giveUp(state, row)
  row.restarts += 1
  row.delay = rules.backoff
  if (rules.strategy === "one-for-one") return
  const from = rules.strategy === "one-for-all" ? 0 : state.rows.indexOf(row) + 1
  for (const other of state.rows.slice(from)) {
    if (other === row || other.goal !== "up") continue
    if (other.restart === "temporary") other.goal = "gone"
    else other.cycle = isRunning(other)
  }
}

const giveUp = (state: State, row: Row): void =>
  conclude(state, {
    _tag: "GaveUp",
    child: row.id,
    failures: state.failures.length,
    cause: row.cause ?? endedNormally
  })

/** A permanent child that ends without failing fails in its duty. */
const endedNormally = Cause.fail(new Error("it is permanent, and ended without a failure"))

const conclude = (state: State, outcome: Outcome): void => {
  if (state.outcome === undefined) state.outcome = outcome
  for (const row of state.rows) if (row.goal === "up") row.goal = "down"
}

const isRunning = (row: Row): boolean => row.status === "up" || row.status === "starting"

// -----------------------------------------------------------------------------
// Settle: drive every row towards its goal
// -----------------------------------------------------------------------------

const settle = (state: State, commands: Array<Command>): void => {
  const { outcome, rows } = state
  const ordered = state.rules.strategy !== "one-for-one" || outcome !== undefined
  const quiet = stopWhatMust(state, ordered, commands)
  for (let i = rows.length - 1; i >= 0; i--) {
    if (rows[i]!.goal === "gone" && rows[i]!.status === "down") rows.splice(i, 1)
  }
  if (outcome === undefined) return startWhatMay(state, ordered, quiet, commands)
  if (state.ended || rows.some((row) => row.status !== "down")) return
  state.ended = true
  commands.push({ _tag: "End", outcome })
}

/** Returns whether nothing is being stopped, and nothing has to be. */
const stopWhatMust = (state: State, ordered: boolean, commands: Array<Command>): boolean => {
  let quiet = !state.rows.some((row) => row.status === "stopping" || row.status === "cancelling")
  if (ordered && !quiet) return false
  for (let i = state.rows.length - 1; i >= 0; i--) {
    const row = state.rows[i]!
    const { id, life } = row
    if (row.status === "waiting" && row.goal !== "up") {
      row.status = "down"
      commands.push({ _tag: "CancelBackoff", id, life }, { _tag: "Rest", id, gone: row.goal === "gone" })
    } else if (row.status === "ended" || (isRunning(row) && (row.cycle || row.goal !== "up"))) {
      quiet = false
      commands.push({ _tag: row.status === "starting" ? "CancelStart" : "Stop", id, life })
      row.status = row.status === "starting" ? "cancelling" : "stopping"
    }
    if (ordered && !quiet) return false
  }
  return quiet
}

const startWhatMay = (state: State, ordered: boolean, quiet: boolean, commands: Array<Command>): void => {
  const ready = state.rows.filter((row) => row.goal === "up" && row.status === "down")
  if (!ordered) return ready.forEach((row) => begin(row, commands))
  if (!quiet || state.rows.some((row) => row.status === "waiting" || row.status === "starting")) return
  const next = ready.find((row) => row.delay) ?? ready[0]
  if (next !== undefined) begin(next, commands)
}

const begin = (row: Row, commands: Array<Command>): void => {
  if (row.delay) {
    row.status = "waiting"
    const cause = row.cause ?? endedNormally
    return void commands.push({ _tag: "Backoff", id: row.id, life: row.life, fresh: row.fresh, cause })
  }
  row.status = "starting"
  row.life += 1
  commands.push({ _tag: "Start", id: row.id, life: row.life })
}
