/**
 * Queued rows that nobody may or could run.
 *
 * Owns how long that is borne. With no worker at all it is borne for ever: workers may be on their way. Those that
 * leave do not count.
 *
 * Invariants:
 *   G1. A row fails here only after it has been queued for its grace, all of it without a worker that could run it, and
 *       only while some worker is there to stay.
 *   G2. While rows of a class are queued, nobody may run them, somebody is there to stay and no silent worker could, a
 *       time is set at which they are looked at.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import * as Spec from "../../Spec.js"
import { hasEligible, isLarge, isNamed } from "../books/classes.js"
import type { Class, Row, State } from "../rows/State.js"
import { fail } from "../settle/settle.js"

/**
 * Nobody may or could run rows of this class: looks again when the first has waited for its grace.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stuck = (state: State, of: Class): void => {
  if (of.stuck) return
  of.stuck = true
  state.due.push({ place: -1, _tag: "Stuck", at: state.now + graceOf(state, of), seq: state.seq++, class: of })
}

const isUnknown = (state: State, of: Class): boolean => {
  for (const pool of state.pools.values()) if (Spec.covers(pool.tasks, of.task)) return false
  return true
}

const graceOf = (state: State, of: Class): number =>
  isUnknown(state, of) ? state.config.unknownTaskGrace : state.config.unrunnableGrace

/**
 * The grace of some row may be over.
 *
 * @since 0.1.0
 * @category combinators
 */
export const review = (state: State, of: Class): void => {
  of.stuck = false
  if (of.queue.size === 0 || hasEligible(of) || !isCounting(state, of)) return
  const grace = graceOf(state, of)
  const began = Math.max(state.manned!, of.served)
  let next = Number.POSITIVE_INFINITY
  for (const row of of.queue.members()) {
    if (row.state._tag !== "Queued") continue
    const since = Math.max(row.state.since, began)
    if (since + grace <= state.now) fail(state, row, verdict(state, row, of))
    else next = Math.min(next, since + grace)
  }
  if (next === Number.POSITIVE_INFINITY) return
  of.stuck = true
  state.due.push({ place: -1, _tag: "Stuck", at: Math.max(next, state.now + 1), seq: state.seq++, class: of })
}

/**
 * Whether the grace of its rows runs: without a worker it does not, nor while a silent one may be heard again. What ends
 * either sets the clock anew.
 *
 * @since 0.1.0
 * @category guards
 */
export const isCounting = (state: State, of: Class): boolean => state.manned !== undefined && !hasSilent(state, of)

/** A silent worker could run it: whether it is dead is for its lease to say. */
const hasSilent = (state: State, of: Class): boolean => {
  for (const worker of state.workers.values()) {
    if (worker.suspect && isLarge(worker, of) && (of.soft || isNamed(worker, of))) return true
  }
  return false
}

const verdict = (state: State, row: Row, of: Class): Failure.Failure =>
  isUnknown(state, of)
    ? Failure.make("UnknownTask", row.key, whyUnknown(state, of))
    : Failure.make("Unrunnable", row.key, whyUnrunnable(state, of))

/**
 * @since 0.1.0
 * @category getters
 */
export const whyUnknown = (state: State, of: Class): string => {
  const known = new Set<string>()
  for (const pool of state.pools.values()) for (const task of pool.tasks) known.add(task)
  const parts = Spec.tasksOf(of.task)
  const missing = parts.filter((task) => !known.has(task))
  if (missing.length === 0) {
    return `no worker has all the tasks that it needs, ${parts.join(", ")}: start one that has them in one place`
  }
  const names = [...known].filter((name) => !Spec.isRefusal(name)).sort()
  const shown = names.slice(0, 10).join(", ") + (names.length > 10 ? ` and ${names.length - 10} more` : "")
  const others = missing.flatMap((task) => names.filter((name) => isOtherBuild(name, task)))
  if (others.length > 0) {
    return `no worker has the task ${missing.join(", nor ")}: those here have another build of it, ${
      others.join(", ")
    }, ` +
      "whose Schemas or version differ; start a worker of the build that submitted it, or submit with theirs"
  }
  return `no worker knows the task ${missing.join(", nor ")}: ` +
    (names.length === 0 ? "the workers know none" : `they know ${shown}`) +
    "; start a worker with it, or check that both sides use the same definition"
}

const nameOf = (task: string): string => task.slice(0, task.lastIndexOf("#") >>> 0)

/** The same name, with another digest. */
const isOtherBuild = (known: string, task: string): boolean => known !== task && nameOf(known) === nameOf(task)

/**
 * @since 0.1.0
 * @category getters
 */
export const whyUnrunnable = (state: State, of: Class): string => {
  const asks: Array<string> = []
  if (of.names !== undefined && !of.soft) asks.push(`one of the workers ${of.names.join(", ")}`)
  for (const name in of.resources) asks.push(`${of.resources[name]} of ${name}`)
  if (of.slots > 1) asks.push(`${of.slots} slots`)
  if (asks.length === 0) asks.push(`a worker with the task ${of.task}`)
  return `no worker can run it: it asks for ${
    asks.join(" and ")
  }, and of the ${state.workers.size} workers here none ` +
    "that answers and is to stay offers that; start one that does, or loosen what is asked"
}

/**
 * What to say of a class nobody may or could run.
 *
 * @since 0.1.0
 * @category getters
 */
export const why = (state: State, of: Class): string =>
  state.manned !== undefined
    ? isUnknown(state, of) ? whyUnknown(state, of) : whyUnrunnable(state, of)
    : state.workers.size === 0
    ? "there are no workers: start one"
    : "no worker is there to stay: they are to leave, or have no executor; start one, or let one stay"
