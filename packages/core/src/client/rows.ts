/**
 * Rows coming, going and being settled.
 *
 * A row stays while it is wanted or another row that stays names it as an input: that is the lineage which a scheduler that
 * lost everything would need. Inputs form no circle, so counting is exact. What the scheduler has cut names nothing any more.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import type { Key, ValueId } from "../Id.js"
import type * as Note from "../Note.js"
import * as Payload from "../Payload.js"
import type { Spec } from "../Spec.js"
import {
  type Command,
  type Context,
  type Facts,
  inputsOf,
  isWanted,
  RowState,
  type Settled,
  type Status
} from "./state.js"

export const row = (context: Context, key: Key): RowState => {
  const known = context.state.rows.get(key)
  if (known !== undefined) return known
  const fresh = blank(context, key, undefined, 0, 0, context.state.lastWant)
  context.state.rows.add(fresh)
  loosen(context, fresh)
  return fresh
}

/**
 * What nobody has asked for before, wanted once; what it needs is still to be counted. Nobody could have heard of it, so
 * there is nothing to say. None where its key is known here, and then nothing has changed.
 */
export const wanted = (context: Context, spec: Spec): RowState | undefined => {
  const { state } = context
  const born = state.lastWant
  const fresh = blank(context, spec.key, spec, 1, born + 1, born)
  if (!state.rows.add(fresh)) return undefined
  state.lastWant = fresh.want
  return fresh
}

/** It may have lost its last reason to stay: the end of the step looks. */
export const loosen = (context: Context, row: RowState): void => {
  if (row.loose) return
  row.loose = true
  context.loose.push(row)
}

const blank = (
  { state }: Context,
  key: Key,
  spec: Spec | undefined,
  refs: number,
  want: number,
  born: number
): RowState => new RowState(key, spec, refs, want, state.seq += 1, born)

/** The row lives on: what it was when this was said stands beside it. */
export const changed = (row: RowState): Command => ({ _tag: "Changed", row, want: row.want, status: row.status })

export const explain = (context: Context, row: RowState, spec: Spec): void => {
  row.spec = spec
  row.cut = false
  row.born = context.state.lastWant
  needs(context, spec)
}

/** How it is made is told once more: what was cut can be made again, if the scheduler says nothing else. */
export const tellAgain = (context: Context, row: RowState): void => {
  if (row.cut && row.spec !== undefined) explain(context, row, row.spec)
  else row.born = context.state.lastWant
}

/** What it was made from need not be remembered. */
export const cut = (context: Context, { digest, key, want }: Note.LineageCut): void => {
  const row = context.state.rows.get(key)
  if (row?.spec === undefined || row.cut || row.spec.digest !== digest || row.born >= want) return
  for (const input of row.spec.inputs) unname(context, input)
  row.cut = true
}

const unname = (context: Context, input: Key): void => {
  const named = context.state.rows.get(input)
  if (named === undefined) return
  named.needed -= 1
  loosen(context, named)
}

/** Counts what it needs. */
export const needs = (context: Context, { inputs }: Spec): void => {
  for (let i = 0; i < inputs.length; i++) row(context, inputs[i]!).needed += 1
}

/** The row's want has a new number. */
export const renumber = ({ state }: Context, row: RowState): void => {
  row.want = state.lastWant += 1
}

/** A want begins: it has a number of its own, and nothing that was said to an earlier one counts. */
export const beginWant = (context: Context, row: RowState): void => {
  renumber(context, row)
  forgetValue(context, row)
  row.facts = undefined
  row.cancel = undefined
  row.retry = undefined
  row.status = "pending"
  context.out.push(changed(row))
}

/** The want ends here; the row may stay as lineage. */
export const endWant = (context: Context, row: RowState): void => {
  stopFetch(context, row)
  forgetValue(context, row)
  row.joined = false
  row.facts = undefined
  row.cancel = undefined
  row.retry = undefined
  row.status = "pending"
  loosen(context, row)
}

/** Forgets what nothing needs any more, inputs of forgotten rows included. */
export const sweep = (context: Context): void => {
  const { loose, out, state } = context
  // It grows while it is walked: inputs that become loose are visited in this same walk.
  for (let i = 0; i < loose.length; i++) {
    const row = loose[i]!
    row.loose = false
    if (isWanted(row) || row.needed > 0) continue
    const { key } = row
    state.rows.remove(row)
    if (row.offer !== undefined && row.offer.dropped !== true) out.push({ _tag: "DropOffer", value: row.offer.value })
    // Never wanted, it was to be named: where that was refused, nobody else tells that it is not needed.
    if (row.offer !== undefined && row.want === 0) context.releases.push({ key, want: 0 })
    for (const input of inputsOf(row)) unname(context, input)
  }
}

export const statusOf = (failure: Failure): Status =>
  failure.reason === "Cancelled" ? "cancelled" : failure.reason === "Lost" ? "lost" : "error"

export const fail = (context: Context, row: RowState, failure: Failure): void => {
  stopFetch(context, row)
  row.settled = { _tag: "Failure", failure }
  row.status = statusOf(failure)
  row.joined = false
  context.out.push({ _tag: "Settled", row, want: row.want, outcome: row.settled })
}

/** The value is here: joiners get it, and from now on the row answers it. */
export const succeed = (context: Context, row: RowState, value: ValueId, payload: Payload.Payload): void => {
  settle(context, row, { _tag: "Value", value, digest: row.facts?.digest ?? row.spec?.digest ?? "", payload })
}

/**
 * The value rode along with the note. What is known of it and what the row settles on are one object then, and the note need
 * not be kept: each task that is done has it, for as long as its future is held.
 */
export const rode = (context: Context, row: RowState, note: Note.TaskStored, inline: Payload.Payload): void => {
  const { bytes, digest, holders, type, value } = note
  const here: Here & Facts = { _tag: "Value", value, digest, bytes, type, holders, inline, payload: inline }
  row.facts = here
  settle(context, row, here)
}

type Here = Extract<Settled, { readonly _tag: "Value" }> & { payload: Payload.Payload }

const settle = (context: Context, row: RowState, settled: Here): void => {
  stopFetch(context, row)
  row.settled = settled
  row.status = "finished"
  row.joined = false
  const { payload, value } = settled
  const bytes = Payload.bytes(payload)
  remember(context, row, bytes)
  // What may be let go to stay within the budget, maybe in this very step, is told apart.
  const outcome = bytes <= Payload.inlineMax ? settled : { _tag: "Value", value, payload } as const
  context.out.push({ _tag: "Settled", row, want: row.want, outcome })
}

/** Counts a payload and lets the least recently used go. Small ones that rode along stay: they cost less than their row. */
const remember = (context: Context, row: RowState, bytes: number): void => {
  const { cache, config } = context.state
  if (bytes <= Payload.inlineMax) return
  cache.set(row.key, bytes)
  context.state.cached += bytes
  for (const [key, size] of cache) {
    if (context.state.cached <= config.cacheBytes) return
    const old = context.state.rows.get(key)
    if (old?.settled?._tag === "Value") old.settled.payload = undefined
    cache.delete(key)
    context.state.cached -= size
  }
}

/** The value was read: it goes last. */
export const touch = (context: Context, key: Key): void => {
  if (context.state.cache.size === 0) return
  const bytes = context.state.cache.get(key)
  if (bytes === undefined) return
  context.state.cache.delete(key)
  context.state.cache.set(key, bytes)
}

const forgetValue = (context: Context, row: RowState): void => {
  row.settled = undefined
  if (context.state.cache.size === 0) return
  const bytes = context.state.cache.get(row.key)
  if (bytes === undefined) return
  context.state.cache.delete(row.key)
  context.state.cached -= bytes
}

export const stopFetch = (context: Context, row: RowState): void => {
  // Only what is to be fetched stands in `queue` or in `retrying`.
  if (row.fetch === undefined) return
  const { out, state } = context
  state.queue.delete(row.key)
  state.retrying.delete(row.key)
  const started = state.fetching.get(row.fetch.value)
  if (started !== undefined && !started.stopped) {
    started.stopped = true
    out.push({ _tag: "StopFetch", value: row.fetch.value })
  }
  row.fetch = undefined
}
