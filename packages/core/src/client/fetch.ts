/**
 * Bringing values to this client: one fetch per row, however many wait for it; holders in the scheduler's order; each one
 * that fails is news; all of them are asked once more after a while.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import type { ValueId } from "../Id.js"
import type * as Note from "../Note.js"
import type { Payload } from "../Payload.js"
import { changed, rode, stopFetch, succeed, touch } from "./rows.js"
import type { Context, Event, RowState } from "./state.js"
import { tell } from "./told.js"

/** Somebody joins. */
export const need = (context: Context, row: RowState): void => {
  const { out } = context
  const { facts, settled } = row
  if (settled?._tag === "Failure") return void out.push({ _tag: "Settled", row, want: row.want, outcome: settled })
  if (settled?.payload !== undefined) {
    touch(context, row.key)
    out.push({
      _tag: "Settled",
      row,
      want: row.want,
      outcome: { _tag: "Value", value: settled.value, payload: settled.payload }
    })
    return
  }
  row.joined = true
  if (settled !== undefined && facts?.value !== settled.value) {
    return replaced(context, row, settled)
  }
  if (facts === undefined) return
  bring(context, row, facts.value)
  // They went while nobody read it, and another scheduler, told that this client knows the value, says no more of it.
  if (facts.holders.length > 0 || facts.inline !== undefined) return
  tell(context, { _tag: "FetchFailed", key: row.key, value: facts.value, holder: "", why: "gone" })
}

/** The value that this row was settled with is no more: those who ask now learn so; what was handed out stands. */
export const replaced = (context: Context, row: RowState, settled: { readonly value: ValueId }): void => {
  row.joined = false
  context.out.push({
    _tag: "Settled",
    row,
    want: row.want,
    outcome: {
      _tag: "Failure",
      failure: Failure.make(
        "ValueReplaced",
        row.key,
        `${settled.value} was read before, let go to stay within the client's budget, and has been lost or computed anew since: ` +
          "raise the budget, or keep what a join returned"
      )
    }
  })
}

/** The scheduler named holders: ask them, unless it is being done. */
export const bring = (context: Context, row: RowState, value: ValueId): void => {
  const { facts, fetch } = row
  if (facts === undefined) return
  if (facts.inline !== undefined) return succeed(context, row, facts.value, facts.inline)
  if (fetch?.value === value) {
    if (fetch.from !== undefined || context.state.fetching.has(value)) return
    if (fetch.retryAt !== undefined && facts.holders.every((holder) => fetch.tried.has(holder))) return
    fetch.retryAt = undefined
    context.state.retrying.delete(row.key)
    context.state.queue.add(row.key)
    return
  }
  const started = context.state.fetching.get(value)
  // A fetch that was told to stop has not ended: it may bring the value yet, and its end starts the next one.
  row.fetch = { value, from: undefined, tried: new Set(), retryAt: undefined, rounds: 0 }
  if (started === undefined) context.state.queue.add(row.key)
}

/** Those whose time has come may be asked once more. */
const retry = ({ now, state }: Context): void => {
  if (state.retryAt > now) return
  state.retryAt = Infinity
  for (const key of state.retrying) {
    const fetch = state.rows.get(key)?.fetch
    if (fetch?.retryAt === undefined) continue
    if (fetch.retryAt > now) {
      state.retryAt = Math.min(state.retryAt, fetch.retryAt)
      continue
    }
    fetch.retryAt = undefined
    fetch.tried = new Set()
    state.retrying.delete(key)
    state.queue.add(key)
  }
}

/** Starts what may start. */
export const start = (context: Context): void => {
  const { now, out, state } = context
  retry(context)
  for (const key of state.queue) {
    if (state.fetching.size >= state.config.fetchesMax) return
    state.queue.delete(key)
    const row = state.rows.get(key)
    if (row?.fetch === undefined || row.facts === undefined || state.fetching.has(row.fetch.value)) continue
    const { facts, fetch } = row
    const from = facts.holders.find((holder) => !fetch.tried.has(holder))
    if (from === undefined) {
      // None left: fresh holders may be named at any time; where some exist they are asked once more after a while.
      if (facts.holders.length === 0) continue
      const wait = Math.min(state.config.refetchMax, state.config.refetch * 2 ** Math.min(fetch.rounds, 30))
      fetch.retryAt = now + wait
      fetch.rounds += 1
      state.retrying.add(key)
      state.retryAt = Math.min(state.retryAt, fetch.retryAt)
      continue
    }
    fetch.from = from
    state.fetching.set(fetch.value, { key, stopped: false })
    out.push({ _tag: "Fetch", key, value: fetch.value, from, bytes: facts.bytes })
  }
}

export const ended = (context: Context, event: Extract<Event, { _tag: "FetchEnded" }>): void => {
  const { state } = context
  const started = state.fetching.get(event.value)
  if (started === undefined) return
  state.fetching.delete(event.value)
  const row = state.rows.get(started.key)
  if (row?.fetch?.value !== event.value) return
  const { fetch } = row
  fetch.from = undefined
  if (event.payload !== undefined) return arrived(context, row, event.value, event.payload)
  state.queue.add(row.key)
  // One that was stopped says nothing about its holder; neither do joiners who came since then have to wait.
  if (started.stopped) return
  fetch.tried.add(event.from)
  const why = event.why ?? "unreachable"
  if (why === "gone" && row.facts !== undefined) {
    row.facts = { ...row.facts, holders: row.facts.holders.filter((holder) => holder !== event.from) }
  }
  tell(context, { _tag: "FetchFailed", key: row.key, value: event.value, holder: event.from, why })
}

const arrived = (context: Context, row: RowState, value: ValueId, payload: Payload): void => {
  if (row.settled !== undefined && !(row.settled._tag === "Value" && row.settled.value === value)) return
  succeed(context, row, value, payload)
}

/** Where the value is, said by the scheduler. What was settled stays as it is. */
export const stored = (context: Context, row: RowState, note: Note.TaskStored): void => {
  const { settled } = row
  if (settled?._tag === "Failure") return
  const { inline, value } = note
  // All that is known of a value is what such a note says.
  row.facts = note
  row.status = "finished"
  if (row.fetch !== undefined && row.fetch.value !== value) stopFetch(context, row)
  if (settled === undefined && inline !== undefined) return rode(context, row, note, inline)
  context.out.push(changed(row))
  if (settled !== undefined) {
    if (!row.joined) return
    return settled.value === value ? bring(context, row, value) : replaced(context, row, settled)
  }
  if (row.joined) bring(context, row, value)
}

/** It failed after all: the value that this row was settled with will not come again. What was handed out stands. */
export const lost = (
  context: Context,
  row: RowState,
  settled: { readonly value: ValueId; readonly payload: Payload | undefined }
): void => {
  stopFetch(context, row)
  row.facts = undefined
  if (row.joined && settled.payload === undefined) replaced(context, row, settled)
}

/** The last holder went. What joiners wait for will be another value, unless the row is settled. */
export const pending = (context: Context, row: RowState): void => {
  const { settled } = row
  if (settled !== undefined) {
    if (settled._tag === "Value" && row.facts !== undefined) {
      row.facts = { ...row.facts, holders: [], inline: undefined }
    }
    return
  }
  stopFetch(context, row)
  row.facts = undefined
  row.status = "pending"
  context.out.push(changed(row))
}
