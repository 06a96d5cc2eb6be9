/**
 * The client machine: which keys this client wants and how they are made, what it was told of them, which values it has
 * brought here and which it serves. Stepped synchronously inside the caller, so that a key and a status exist before any
 * message is sent.
 *
 * It owns references (one count per key), want numbers, lineage, outcomes, fetches and the budget of fetched bytes. Handles,
 * scopes and decoding are `creel`'s; sending, receiving and suspending at a full outbox are the caller's; what is computed
 * where is the scheduler's.
 *
 * - A row is *settled* once per want: when its value or its failure first is here (`Settled`). From then on it answers that
 *   same outcome, whatever the scheduler makes of the key. Only a payload let go to stay within the budget is fetched anew,
 *   by its value's name, or fails as `ValueReplaced` for those who ask then.
 * - Every `Need` of a wanted row is answered by a later `Settled` (many by one); of any other by `Refused`.
 * - `Cancel` settles unsettled rows as `Cancelled` at once for this client, though others may go on with the work;
 *   `RetryKeys` begins a new want, and only those who join from then on see its outcome.
 * - Everything asked in one `step` is swept at its end: an unwanted offer stands in one `step` with its `Submit`.
 *
 * Invariants, one checker each in `check`:
 *
 * - C1: a row is wanted, or some row names it as an input, and `needed` counts those exactly.
 * - C2: a wanted row has a want number no other row has; none is greater than the last one given.
 * - C3: status, outcome and facts agree: failures have their reason's status, a settled value is `finished`.
 * - C4: a row that is not wanted has no outcome, no facts, no joiners and no fetch.
 * - C5: a fetch that is not stopped belongs to one row that asks for it; at most `fetchesMax` run; only what is to be
 *   fetched waits for its turn.
 * - C6: joiners wait only where an answer can still come: unsettled, or settled with the payload gone.
 * - C7: cached bytes are counted exactly and stay within the budget.
 * - C8: a closed client has no rows.
 *
 * @since 0.1.0
 */
import { check as checkClient } from "./client/check.js"
import { start } from "./client/fetch.js"
import { conflicts, record } from "./client/record.js"
import { sweep } from "./client/rows.js"
import * as Inner from "./client/state.js"
import { flushReleases } from "./client/told.js"
import * as Failure from "./Failure.js"
import type { ClientId, Key, ValueId } from "./Id.js"
import type { Spec } from "./Spec.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Config = Inner.Config

/**
 * What this client knows of one key. Read-only to all but `step`, which writes it in place.
 *
 * @since 0.1.0
 * @category models
 */
export type Row = Inner.Row

/**
 * @since 0.1.0
 * @category models
 */
export type Status = Inner.Status

/**
 * @since 0.1.0
 * @category models
 */
export type Facts = Inner.Facts

/**
 * What joiners get.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Inner.Outcome

/**
 * @since 0.1.0
 * @category models
 */
export type Event = Inner.Event

/**
 * @since 0.1.0
 * @category models
 */
export type Command = Inner.Command

/**
 * @since 0.1.0
 * @category models
 */
export type State = Inner.State

/**
 * A client that wants nothing. It tells nothing before its first `LinkReset`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: {
  readonly id: ClientId
  readonly name: string
  readonly config?: Partial<Config> | undefined
}) => State = Inner.make

/**
 * Applies events in order and returns what is to be done. Commands are to be carried out in order; each `Fetch` is answered
 * by exactly one `FetchEnded`, also after `StopFetch`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const step = (state: State, events: ReadonlyArray<Event>, now: number): Array<Command> => {
  const inner = state as Inner.Inner // the one door through which rows are written
  const out: Array<Command> = []
  const context: Inner.Context = { state: inner, now, out, releases: [], loose: [] }
  // Counted loops on the hot path: until it is compiled they cost a fraction of `for of`.
  for (let i = 0; i < events.length; i++) {
    if (inner.closed) afterwards(inner, events[i]!, out)
    else record(context, events[i]!)
  }
  flushReleases(context)
  sweep(context)
  flushReleases(context)
  start(context)
  return out
}

/** A closed client ends what it began and refuses the rest. */
const afterwards = (state: Inner.Inner, event: Event, out: Array<Command>): void => {
  const refuse = (key: Key) =>
    void out.push({
      _tag: "Refused",
      key,
      failure: Failure.make("ClusterClosed", key, `${key}: the client was closed; use one whose scope is still open`)
    })
  switch (event._tag) {
    case "Submit":
      return [...event.wants, ...event.keep].forEach(refuse)
    case "Offer":
    case "Retain":
      return refuse(event.key)
    case "Need":
      return event.keys.forEach((named) => refuse(Inner.keyOf(named)))
    case "Release":
      if (event.answer) {
        for (const named of event.keys) {
          out.push({ _tag: "Ended", key: Inner.keyOf(named), want: 0 })
        }
      }
      return
    case "FetchEnded":
      state.fetching.delete(event.value)
      return
    default:
      return
  }
}

/**
 * When to `step` again although nothing happens, in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category getters
 */
export const nextDeadline = (state: State): number | undefined => {
  const { retryAt, retrying } = state as Inner.Inner
  return retrying.size === 0 ? undefined : retryAt
}

/**
 * Whether this key is in use here for other work: a `Submit` with this spec would be refused.
 *
 * @since 0.1.0
 * @category guards
 */
export const conflict = (state: State, spec: Spec): boolean => conflicts(state.rows, spec)

/**
 * Bytes of new work that were told and not acknowledged: what the budget of `submit` counts.
 *
 * @since 0.1.0
 * @category getters
 */
export const outboxBytes = (state: State): number => (state as Inner.Inner).outbox

/**
 * What this client knows of a key.
 *
 * @since 0.1.0
 * @category getters
 */
export const get = (state: State, key: Key): Row | undefined => state.rows.get(key)

/**
 * The value that this client serves under a key, until it was told to let it go.
 *
 * @since 0.1.0
 * @category getters
 */
export const offering = (state: State, key: Key): ValueId | undefined => {
  const offer = (state as Inner.Inner).rows.get(key)?.offer
  return offer?.dropped === true ? undefined : offer?.value
}

/**
 * Whether nothing is left: no rows, no fetches, no answers awaited.
 *
 * @since 0.1.0
 * @category guards
 */
export const isEmpty = (state: State): boolean => {
  const { cached, ending, fetching, rows } = state as Inner.Inner
  return rows.size + ending.size + fetching.size + cached === 0
}

/**
 * What is wrong with this state, by invariant: empty when nothing is.
 *
 * @since 0.1.0
 * @category checks
 */
export const check = (state: State): ReadonlyArray<string> => checkClient(state as Inner.Inner)
