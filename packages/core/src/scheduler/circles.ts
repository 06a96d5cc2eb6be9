/**
 * Waits that close a circle.
 *
 * Owns the search and who is told. An attempt that waits for itself, through inputs, through attempts that wait, or
 * for one that submitted it, would wait for ever.
 *
 * Invariants:
 *   O1. A wait that closes a circle is answered with `WaitCycle` to the clients that live on the waiting attempt's
 *       worker and want the key; the row itself goes on for others.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import type { Key } from "../Id.js"
import type { TaskSuspended } from "../Note.js"
import { removeWant } from "./rows.js"
import { isActive, type Row, type Run, type State, toClient } from "./State.js"

const searched = 10_000

/**
 * What an attempt that waits for these keys waits for in all, and the path by which it waits for itself, if it does.
 *
 * @since 0.1.0
 * @category getters
 */
export const circle = (
  state: State,
  run: Run,
  on: ReadonlyArray<Key>
): {
  readonly awaits: ReadonlyArray<Row>
  readonly closed: { readonly key: Key; readonly path: ReadonlyArray<Key> } | undefined
} => {
  const selves = new Set<Row>([run.row])
  let parent = run.row.spec?.parent
  while (parent !== undefined) {
    const above = state.runs.get(parent)
    if (above === undefined || selves.has(above.row)) break
    selves.add(above.row)
    parent = above.row.spec?.parent
  }
  const from = new Map<Row, Row | undefined>()
  const stack: Array<Row> = []
  const visit = (row: Row, by: Row | undefined): void => {
    if (from.has(row) || !isActive(row.state) || from.size >= searched) return
    from.set(row, by)
    stack.push(row)
  }
  for (const key of on) {
    const row = state.rows.get(key)
    if (row !== undefined) visit(row, undefined)
  }
  let closing: Row | undefined
  while (stack.length > 0) {
    const row = stack.pop()!
    if (selves.has(row)) {
      closing ??= row
      continue
    }
    for (const input of row.inputs) visit(input, row)
    for (const other of row.runs) for (const awaited of other.suspended ?? []) visit(awaited, row)
  }
  const awaits = [...from.keys()]
  if (closing === undefined) return { awaits, closed: undefined }
  const path: Array<Key> = []
  for (let row: Row | undefined = closing; row !== undefined; row = from.get(row)) path.unshift(row.key)
  return { awaits, closed: { key: path[0]!, path } }
}

/**
 * Ends the wants that closed the circle.
 *
 * @since 0.1.0
 * @category combinators
 */
export const failWaiters = (
  state: State,
  run: Run,
  note: TaskSuspended,
  closed: { readonly key: Key; readonly path: ReadonlyArray<Key> }
): void => {
  const row = state.rows.get(closed.key)
  if (row === undefined) return
  const detail = `${run.row.key} waits for ${closed.path.join(", which waits for ")}, which cannot end before ` +
    `${run.row.key} does: do not wait for a future from inside the work it needs`
  const failure = Failure.make("WaitCycle", run.row.key, detail, { worker: run.worker.id })
  for (const want of [...row.wants]) {
    const lives = note.client === undefined ? want.client.home === run.worker : want.client.id === note.client
    if (!lives) continue
    removeWant(state, row, want.client)
    toClient(state, want.client, { _tag: "TaskNotStored", key: row.key, want: want.want, failure })
  }
}
