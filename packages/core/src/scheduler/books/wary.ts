/**
 * What is counted against a task: its deaths, and failures that retries hid. It must outlive the scheduler, and a task may take
 * the scheduler's own process along.
 *
 * Owns who is told of it, and when a task that may be dangerous begins. Such a one is any that had a death before, that a
 * dead worker may have been running unheard, or that was there when a scheduler went. Its worker has it
 * in its place and asks; those who want it are told that it begins, say that they heard, and only then it does. Whatever dies
 * then, somebody knows who ran: unless all go who wanted it, and then it is not tried again.
 *
 * Invariants:
 *   I1. An attempt is in `asking` exactly while it is in the books and waits for clients that are there.
 *   I2. A row has at most one death of each attempt.
 *
 * @since 0.1.0
 */
import type { Attempt } from "../../Id.js"
import type { Death, Spent, TaskSpent, TaskStarted } from "../../Note.js"
import { find } from "../rows/rows.js"
import { type Client, isActive, type Row, type Run, type State, toClient, toWorker } from "../rows/State.js"

/**
 * Whether its next attempt is to ask before it begins.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWary = (state: State, row: Row): boolean => row.seq < state.warySeq || row.wary || row.deaths.length > 0

/**
 * Whether this death is among those of the row, whoever told of it.
 *
 * @since 0.1.0
 * @category guards
 */
export const isCounted = ({ deaths }: Row, { attempt }: Pick<Death, "attempt">): boolean =>
  deaths.some((death) => death.attempt === attempt)

/** No more rows are looked at for who wants one. */
const searched = 10_000

/** Who wants it, or what is made from it. */
const concerned = (row: Row): ReadonlySet<Client> => {
  const seen = new Set([row])
  const clients = new Set<Client>()
  for (const one of seen) {
    for (const want of one.wants) if (!want.over) clients.add(want.client)
    if (seen.size < searched) { for (const dependent of one.dependents?.values() ?? []) seen.add(dependent) }
  }
  return clients
}

const spent = ({ deaths, digest, failures, key }: Row, begins: Attempt | undefined): TaskSpent => ({
  _tag: "TaskSpent",
  key,
  digest,
  failures,
  deaths,
  begins
})

/**
 * What is counted against it has changed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const tellSpent = (state: State, row: Row, begins?: Attempt): ReadonlySet<Client> => {
  const clients = concerned(row)
  const note = spent(row, begins)
  for (const client of clients) toClient(state, client, note)
  return clients
}

/**
 * The attempt has its place, and asks whether it may begin.
 *
 * @since 0.1.0
 * @category combinators
 */
export const asks = (state: State, run: Run, { at }: TaskStarted): void => {
  if (run.started === undefined) run.row.group.running++
  run.started = at
  run.asks = true
  // Nobody wants it yet: whoever does says so, or it is cancelled.
  if (run.phase !== "Orphan") ask(state, run)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const ask = (state: State, run: Run): void => {
  const open = new Set<Client>()
  for (const client of tellSpent(state, run.row, run.attempt)) if (client.down === undefined) open.add(client)
  state.asking.set(run, open)
  if (open.size === 0) begin(state, run)
}

const begin = (state: State, run: Run): void => {
  state.asking.delete(run)
  toWorker(state, run.worker, { _tag: "BeginTask", key: run.row.key, attempt: run.attempt })
}

/** This client is waited for no more: it has heard, or is not there. */
const answered = (state: State, run: Run, open: Set<Client>, client: Client): void => {
  if (open.delete(client) && open.size === 0) begin(state, run)
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const heard = (state: State, client: Client, attempt: Attempt): void => {
  const run = state.runs.get(attempt)
  const open = run === undefined ? undefined : state.asking.get(run)
  if (open !== undefined) answered(state, run!, open, client)
}

/**
 * Nothing is waited for of a client that is not there.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unheard = (state: State, client: Client): void => {
  for (const [run, open] of [...state.asking]) answered(state, run, open, client)
}

/**
 * The attempt is out of the books: what asked is no longer about to begin.
 *
 * @since 0.1.0
 * @category combinators
 */
export const closed = (state: State, run: Run): void => {
  state.asking.delete(run)
  if (!run.row.gone && isActive(run.row.state)) tellSpent(state, run.row)
}

/**
 * A client remembers what another life of the scheduler counted.
 *
 * @since 0.1.0
 * @category combinators
 */
export const remembered = (state: State, client: Client, told: ReadonlyArray<Spent>): void => {
  for (const { begins, deaths, digest, failures, key } of told) {
    const row = find(state, key, digest)
    if (row === undefined) continue
    if (failures > row.failures) row.failures = failures
    // Not all of them together: where schedulers die as well, what was beside others' deaths would have too many of its own.
    if (deaths.length > row.deaths.length) row.deaths = deaths
    // Only while everybody is heard is it known what no worker says a word of.
    if (begins !== undefined && state.preferred !== undefined) state.begins.set(begins, row)
  }
  if (state.asking.size > 0) askAgain(state, client, new Set(told.map(({ begins }) => begins)))
}

/** What it was told, or said, may have gone with the last session. */
const askAgain = (state: State, client: Client, begins: ReadonlySet<Attempt | undefined>): void => {
  for (const [run, open] of [...state.asking]) {
    if (!open.has(client)) continue
    if (begins.has(run.attempt)) answered(state, run, open, client)
    else toClient(state, client, spent(run.row, run.attempt))
  }
}
