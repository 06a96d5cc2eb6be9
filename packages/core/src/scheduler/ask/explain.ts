/**
 * Why a key is where it is, for a person.
 *
 * Owns the words. It reads the state and changes nothing; it may look at many rows, which a step never does.
 *
 * @since 0.1.0
 */
import * as Id from "../../Id.js"
import type { Key, WorkerId } from "../../Id.js"
import { isBounded } from "../books/books.js"
import { hasEligible } from "../books/classes.js"
import { silentRuns } from "../books/perilous.js"
import { why } from "../plan/stuck.js"
import { isWanted, type Row, type Run, type State, type Stored } from "../rows/State.js"
import { isFull } from "../settle/copies.js"

/**
 * What is known of a key. `summary` says it all in a sentence or two; the rest is for programs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation {
  readonly key: Key
  readonly state:
    | "Unknown"
    | "Recovering"
    | "Idle"
    | "Waiting"
    | "Queued"
    | "Assigned"
    | "Running"
    | "Stored"
    | "Failed"
  readonly summary: string
  /** Inputs that are not stored (the first ten). */
  readonly missing: ReadonlyArray<Key>
  /** How many rows of its class are before it. */
  readonly behind: number | undefined
  readonly worker: WorkerId | undefined
  readonly attempt: string | undefined
  /** Since when it runs, in milliseconds since the epoch. */
  readonly since: number | undefined
  /** Attempts that were cancelled and have not ended. */
  readonly ending: ReadonlyArray<{ readonly worker: WorkerId; readonly attempt: string }>
  readonly failures: number
  readonly deaths: ReadonlyArray<string>
}

/**
 * Says why the key is where it is.
 *
 * @since 0.1.0
 * @category getters
 */
export const explain = (state: State, key: Key, now: number): Explanation => {
  const row = state.rows.get(key)
  const ending = (row?.runs ?? []).filter((run) => run.phase === "Ending").map((run) => ({
    worker: run.worker.id,
    attempt: Id.formatAttempt(run.attempt)
  }))
  const s = row?.state
  const run = s?._tag === "Assigned" ? s.run : undefined
  const base = {
    key,
    missing: row === undefined ? [] : missingOf(row).slice(0, 10).map((input) => input.key),
    behind: row !== undefined && s?._tag === "Queued" ? s.class.queue.countBefore(row) : undefined,
    worker: run?.worker.id,
    attempt: run === undefined ? undefined : Id.formatAttempt(run.attempt),
    since: run?.started,
    ending,
    failures: row?.failures ?? 0,
    deaths: (row?.deaths ?? []).map((death) => death.how)
  }
  if (state.recovering !== undefined) {
    const left = span(state.recovering.until - now)
    const summary = `the scheduler has just begun a new life and listens: ${state.recovering.expect.size} peers have ` +
      `yet to tell what they have, for ${left} at most`
    return { ...base, state: "Recovering", summary }
  }
  if (row === undefined || s === undefined) {
    return { ...base, state: "Unknown", summary: `${key} is not known here: it was never submitted, or was released` }
  }
  const tail = ending.length === 0
    ? ""
    : `; still ending: ${ending.map((one) => `attempt ${one.attempt} on ${one.worker}`).join(", ")}`
  return {
    ...base,
    state: run?.started === undefined ? s._tag : "Running",
    summary: summary(state, row, now, base.behind) + tail
  }
}

const missingOf = (row: Row): ReadonlyArray<Row> => row.inputs.filter((input) => input.state._tag !== "Stored")

const summary = (state: State, row: Row, now: number, behind: number | undefined): string => {
  const s = row.state
  const again = row.failures > 0 ? ` (after ${row.failures} failures)` : ""
  switch (s._tag) {
    case "Idle":
      return isWanted(row)
        ? `${row.key} is about to begin`
        : `nobody wants ${row.key}: it is remembered for what was made from it` +
          (row.cut ? ", though its lineage was cut and its value is gone" : "")
    case "Waiting":
      return waiting(row, s.notBefore, now) + again
    case "Queued":
      return queued(state, row, behind) + again
    case "Assigned":
      return assigned(row, s.run, now) + again
    case "Stored": {
      const holders = s.holders.map((holder) => holder.id)
      if (s.inline !== undefined) holders.push("the scheduler")
      return `${row.key} is stored, ${s.bytes} bytes of ${s.type} on ${holders.join(", ")}${copies(row)}${
        more(state, row, s)
      }${lineage(row)}`
    }
    case "Failed":
      return `${row.key} failed (${s.failure.reason}${
        s.failure.key === row.key ? "" : `, because of ${s.failure.key}`
      }): ${s.failure.detail}`
  }
}

const waiting = (row: Row, notBefore: number | undefined, now: number): string => {
  const missing = missingOf(row)
  if (missing.length > 0) {
    const names = missing.slice(0, 10).map((input) => `${input.key} (${input.state._tag})`).join(", ")
    return `${row.key} waits for ${missing.length} of its ${row.inputs.length} inputs: ${names}`
  }
  const silent = silentRuns(row)
  if (silent.length > 0 && notBefore === undefined) {
    const workers = silent.length + row.deaths.length
    return `${row.key} was running on ${workers} workers that died, or have been silent since: it is not begun elsewhere ` +
      `until one of these is heard, or dead: ${silent.map((run) => run.worker.id).join(", ")}`
  }
  return `${row.key} is tried again in ${span((notBefore ?? now) - now)}`
}

const queued = (state: State, row: Row, behind: number | undefined): string => {
  if (row.state._tag !== "Queued") return ""
  const of = row.state.class
  if (!hasEligible(of)) {
    const silent = [...state.workers.values()].filter((worker) => worker.suspect).map((worker) => worker.id)
    return `${row.key} can run and is queued, but ${why(state, of)}` +
      (silent.length === 0 ? "" : ` (silent, and so given no work: ${silent.join(", ")})`)
  }
  const taken = of.apart
    ? [...state.workers.values()].filter((worker) => worker.apart > 0).map((worker) => worker.id)
    : []
  const bounded = [...state.workers.values()].filter((worker) => isBounded(state, worker)).map((worker) => worker.id)
  const paused = [...state.workers.values()].filter((worker) => worker.memory?.paused === true).map((worker) =>
    worker.id
  )
  return `${row.key} can run and is queued behind ${behind} others: the workers that may run it are busy` +
    (of.apart
      ? `; ${row.deaths.length} workers died while it ran, so it is kept apart from others like it, for a minute at most${
        taken.length === 0 ? "" : ` (${taken.join(", ")})`
      }`
      : "") +
    (paused.length === 0
      ? ""
      : `; short of memory, and so given nothing while others may take it: ${paused.join(", ")}`) +
    (bounded.length === 0
      ? ""
      : `; with many attempts that wait, and so given only what those wait for: ${bounded.join(", ")}`)
}

/** `850 ms`, `21.8 s`. */
const span = (millis: number): string =>
  millis < 1000 ? `${Math.max(0, Math.round(millis))} ms` : `${(millis / 1000).toFixed(1)} s`

const assigned = (row: Row, run: Run, now: number): string => {
  const where = `${run.worker.info.name} (${run.worker.id})`
  const attempt = Id.formatAttempt(run.attempt)
  if (run.suspended !== undefined) {
    return `${row.key} waits on ${where} for futures, its slot given away (attempt ${attempt})`
  }
  if (run.started !== undefined) {
    return `${row.key} has run on ${where} for ${span(now - run.started)} (attempt ${attempt})`
  }
  const ahead = row.state._tag === "Assigned" && row.state.ahead.length > 0
    ? ` behind its inputs ${row.state.ahead.map((input) => input.key).join(", ")}`
    : ""
  return `${row.key} was given to ${where} ${span(now - run.at)} ago${ahead} (attempt ${attempt})`
}

/** Copies that are wanted, and what they wait for. */
const more = (state: State, row: Row, s: Stored): string => {
  const leaving = s.holders.filter((one) => one._tag === "Worker" && one.retiring).map((one) => one.id)
  const what = leaving.length === 0 ? "" : `; ${leaving.join(", ")} ${leaving.length === 1 ? "is" : "are"} to leave`
  const carrying = [...row.spread?.carrying.keys() ?? []]
  if (carrying.length > 0) {
    const to = carrying.map((worker) => worker.id + (isFull(worker, 0) ? " (short of memory: it waits for room)" : ""))
    return `${what}; copies are on their way to ${to.join(", ")}`
  }
  return state.uncopied.has(row) ? `${what}; it is to have more copies, but ${whyNoCopy(state, row, s)}` : what
}

const whyNoCopy = (state: State, row: Row, s: Stored): string => {
  const others = state.roster.filter((worker) => !s.holders.includes(worker))
  const open = others.filter((worker) => worker.open)
  if (others.length === 0) return "every worker has one"
  if (open.length === 0) return `no other worker is to be given anything (${others.map((one) => one.id).join(", ")})`
  const names = row.spread?.names
  const named = open.filter(({ id, info }) => names === undefined || names.includes(id) || names.includes(info.name))
  if (named.length === 0) return `no other worker is named ${names?.join(" or ")}: start one`
  return `${named.map((one) => one.id).join(", ")} could not reach a holder lately, and will try again`
}

/** What would become of it if its holders went. */
const lineage = (row: Row): string => {
  if (row.cut) return "; its lineage was cut, so it cannot be computed again: it is lost with its last holder"
  switch (row.cutting) {
    case "asked":
      return "; its lineage is cut (a checkpoint) as soon as a second worker has it, or none can take it"
    case "budget":
      return "; its lineage is cut (it is over its budget) as soon as a second worker has it, or none can take it"
    default:
      return ""
  }
}

/** Scattered data is pending for its client until it is where it was to go. */
const copies = (row: Row): string => {
  if (row.copying === undefined) return ""
  const names = row.offer?.scatter?.workers
  if (row.copying.size > 0) return `; copies are on their way to ${row.copying.size} workers`
  return names === undefined
    ? "; its copy waits for a worker"
    : `; its copy waits for a worker named ${names.join(" or ")}: start one, or cancel it`
}
