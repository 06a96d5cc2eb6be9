/**
 * Waits that close a circle.
 *
 * Owns what suspended attempts wait for, the search, and who is told. An attempt that waits for itself, through inputs, through attempts that wait, or
 * for one that submitted it, would wait for ever.
 *
 * Invariants:
 *   O1. A wait that closes a circle is answered with `WaitCycle` to the clients that live on the waiting attempt's
 *       worker and want the key; the row itself goes on for others.
 *   O2. `early` names the suspended attempts that were heard to wait for a key before their client was heard to want
 *       it: the two come by two ways. It is looked again when that client wants more.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import type { Attempt, Key } from "../../Id.js"
import type { TaskSuspended } from "../../Note.js"
import { suspend } from "../books/books.js"
import { removeWant } from "../rows/rows.js"
import { type Client, isActive, isWanted, type Row, type Run, type State, toClient } from "../rows/State.js"

const searched = 10_000

/** Whether the client is one of those through which the attempt may wait. */
const lives = (client: Client, run: Run, note: TaskSuspended): boolean =>
  note.client === undefined ? client.home === run.worker : client.id === note.client

/**
 * The attempt waits: its slot is free, and what it waits for goes first. A wait for itself is answered.
 *
 * @since 0.1.0
 * @category combinators
 */
export const wait = (state: State, run: Run, note: TaskSuspended): void => {
  const { awaits, closed } = circle(state, run, note.on)
  suspend(state, run, awaits)
  const isHeard = (key: Key) => state.rows.get(key)?.wants.some((want) => lives(want.client, run, note)) === true
  if (!note.on.every(isHeard)) state.early.set(run, note)
  if (closed !== undefined) failWaiters(state, run, note, closed)
}

/**
 * The client has said what it wants: waits of its attempts that were heard of before may be for that.
 *
 * @since 0.1.0
 * @category combinators
 */
export const lookAgain = (state: State, client: Client): void => {
  if (state.early.size === 0) return
  for (const [run, note] of [...state.early]) if (lives(client, run, note)) wait(state, run, note)
}

/**
 * Whether this attempt, or one that submitted it, runs on the worker of this name or id: what waits for that worker to be
 * empty cannot be waited for from there.
 *
 * @since 0.1.0
 * @category getters
 */
export const runsOn = (state: State, attempt: Attempt, name: string): boolean => {
  const seen = new Set<Attempt>()
  for (let at: Attempt | undefined = attempt; at !== undefined && !seen.has(at);) {
    seen.add(at)
    const run: Run | undefined = state.runs.get(at)
    if (run !== undefined && (run.worker.id === name || run.worker.info.name === name)) return true
    at = run?.row.spec?.parent
  }
  return false
}

/** What an attempt that waits for these keys waits for in all, and the path by which it waits for itself, if it does. */
const circle = (
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
  const visit = (row: Row, by: Row | undefined, sets: boolean): void => {
    if (from.has(row) || from.size >= searched) return
    // What was submitted just now is not settled yet: it is about to set out, and what it is made from with it.
    if (!isActive(row.state) && !(sets && row.state._tag === "Idle")) return
    from.set(row, by)
    stack.push(row)
  }
  for (const key of on) {
    const row = state.rows.get(key)
    if (row !== undefined) visit(row, undefined, isWanted(row))
  }
  let closing: Row | undefined
  while (stack.length > 0) {
    const row = stack.pop()!
    if (selves.has(row)) {
      closing ??= row
      continue
    }
    for (const input of row.inputs) visit(input, row, true)
    for (const other of row.runs) for (const awaited of other.suspended ?? []) visit(awaited, row, false)
  }
  const awaits = [...from.keys()]
  if (closing === undefined) return { awaits, closed: undefined }
  const path: Array<Key> = []
  for (let row: Row | undefined = closing; row !== undefined; row = from.get(row)) path.unshift(row.key)
  return { awaits, closed: { key: path[0]!, path } }
}

/** Ends the wants that closed the circle. */
const failWaiters = (
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
  for (const want of row.wants) {
    if (!lives(want.client, run, note)) continue
    removeWant(state, row, want.client)
    toClient(state, want.client, { _tag: "TaskNotStored", key: row.key, want: want.want, failure })
  }
}
