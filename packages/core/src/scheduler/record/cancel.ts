/**
 * Stopping work for everyone who may be told so.
 *
 * Owns which rows a cancellation reaches. What has finished keeps its dependents; what depends and is unfinished goes.
 *
 * Invariants:
 *   X1. Without force, nothing that another client or the cluster wants, directly or through a dependent, is stopped.
 *   X2. Each want that ends is told `Cancelled`, with who asked and why.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import type { Cancel } from "../../Note.js"
import { wantOf } from "../rows/rows.js"
import { type Client, type Event, isActive, type Row, type State, toClient, touch } from "../rows/State.js"
import { fail } from "../settle/settle.js"
import { drop } from "../settle/values.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const cancel = (state: State, client: Client, note: Cancel): void => {
  for (const { key, want } of note.wants) {
    const row = state.rows.get(key)
    const known = row === undefined ? undefined : wantOf(row, client)
    if (row === undefined || known === undefined || known.want > want) continue
    if (row.state._tag === "Failed") continue
    const failure = Failure.make("Cancelled", key, note.reason, { by: note.by })
    if (note.force) stop(state, reached(row), failure, true)
    else stopOwn(state, client, reached(row), failure)
  }
}

/**
 * Stops these, if they are unfinished, and what depends on them, whoever wants them.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cancelAll = (state: State, event: Extract<Event, { readonly _tag: "CancelAll" }>): void => {
  for (const key of event.keys) {
    const row = state.rows.get(key)
    if (row === undefined || !isActive(row.state)) continue
    stop(state, reached(row), Failure.make("Cancelled", key, event.reason, { by: event.by }), true)
  }
}

/** The row and its unfinished dependents, each after those it depends on. */
const reached = (row: Row): ReadonlyArray<Row> => {
  const seen = new Set<Row>([row])
  const order: Array<Row> = []
  // Depth first, a row being listed after all that depend on it; read backwards that is the order asked for.
  const stack: Array<{ readonly row: Row; readonly rest: Iterator<Row> }> = []
  const visit = (next: Row): void => {
    stack.push({ row: next, rest: (next.dependents?.values() ?? [])[Symbol.iterator]() })
  }
  visit(row)
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!
    const next = top.rest.next()
    if (next.done === true) {
      order.push(top.row)
      stack.pop()
    } else if (isActive(next.value.state) && !seen.has(next.value)) {
      seen.add(next.value)
      visit(next.value)
    }
  }
  return order.reverse()
}

const stop = (state: State, rows: Iterable<Row>, failure: Failure.Failure, force: boolean): void => {
  for (const row of rows) {
    if (row.state._tag === "Failed") continue
    row.keep = false
    stopRow(state, row, failure, force)
  }
}

const stopOwn = (state: State, client: Client, rows: ReadonlyArray<Row>, failure: Failure.Failure): void => {
  const others = new Set<Row>()
  // Dependents come later in `rows`: read backwards, each is decided before what it depends on.
  for (let n = rows.length - 1; n >= 0; n--) {
    const row = rows[n]!
    let needed = row.keep || row.wants.some((want) => want.client !== client && !want.over)
    if (!needed && row.dependents !== undefined) {
      for (const dependent of row.dependents.values()) if (others.has(dependent)) needed = true
    }
    if (needed) others.add(row)
  }
  for (const row of rows) {
    if (!others.has(row)) {
      stopRow(state, row, failure, false)
      continue
    }
    const want = wantOf(row, client)
    // What is kept for the cluster's sake goes on, and its client serves what it needs until it hears that it is done.
    if (want === undefined || want.over || row.keep) continue
    want.told = true
    want.over = true
    touch(state, row)
    toClient(state, client, { _tag: "TaskNotStored", key: row.key, want: want.want, failure })
  }
}

const stopRow = (state: State, row: Row, failure: Failure.Failure, force: boolean): void => {
  const s = row.state
  const value = s._tag === "Stored" ? s : undefined
  const holders = value === undefined ? [] : [...value.holders]
  fail(state, row, failure, force)
  if (value !== undefined) { for (const holder of holders) drop(state, holder, value.value) }
}
