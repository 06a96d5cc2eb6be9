/**
 * One event at a time: what callers ask, and what the scheduler and the data plane answer.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import type { Key } from "../Id.js"
import type * as Note from "../Note.js"
import type { Spec } from "../Spec.js"
import { ended, lost, need, pending, stored } from "./fetch.js"
import {
  beginWant,
  cut,
  endWant,
  explain,
  fail,
  loosen,
  needs,
  row as rowOf,
  stopFetch,
  tellAgain,
  wanted
} from "./rows.js"
import { type Context, type Event, isWanted, keyOf, type Named, type RowState } from "./state.js"
import { digestOf, flushReleases, retell, submit, tell, tellCancel } from "./told.js"

export const record = (context: Context, event: Event): void => {
  const { rows } = context.state
  switch (event._tag) {
    case "Submit":
      return submitted(context, event)
    case "Offer":
      return offered(context, event)
    case "Retain": {
      const row = rows.get(event.key)
      if (row === undefined) {
        return refuse(context, event.key, "Lost", "it was released and forgotten here: submit it again")
      }
      if (isWanted(row)) {
        row.refs += 1
        return
      }
      // What was cut stays so: its inputs may be forgotten here.
      if (!row.cut) tellAgain(context, row)
      wantOne(context, row)
      return submit(context, row.spec === undefined ? [] : [row.spec], [{ key: row.key, want: row.want }], [])
    }
    case "Release": {
      const { answer, count, keys } = event
      for (let i = 0; i < keys.length; i++) released(context, keys[i]!, count, answer)
      return
    }
    case "Cancel":
      return cancelled(context, event)
    case "RetryKeys":
      return retried(context, event.keys)
    case "Need": {
      const { keys } = event
      for (let i = 0; i < keys.length; i++) {
        const named = keys[i]!
        const row = rowNamed(context, named)
        if (row !== undefined && isWanted(row)) need(context, row)
        else refuse(context, keyOf(named), "Lost", "it was released here: join it before its last reference goes")
      }
      return
    }
    case "FetchEnded":
      return ended(context, event)
    case "Notes": {
      const { notes } = event
      for (let i = 0; i < notes.length; i++) note(context, notes[i]!)
      return
    }
    case "LinkReset":
      return retell(context)
    case "Acked":
      context.state.outbox = Math.max(0, context.state.outbox - event.bytes)
      return
    case "Tick":
      return
    case "Close":
      return close(context)
  }
}

const refuse = (context: Context, key: Key, reason: Failure.Reason, detail: string): void =>
  void context.out.push({ _tag: "Refused", key, failure: Failure.make(reason, key, `${key}: ${detail}`) })

/** Of a row that was forgotten: it has no references, and that is what is looked at. */
const rowNamed = ({ state }: Context, named: Named): RowState | undefined =>
  // The one door through which rows are written: they came from here.
  typeof named === "string" ? state.rows.get(named) : named as RowState

/** One more reference. True where the row was not wanted before, so that the scheduler has to be told. */
const wantOne = (context: Context, row: RowState): boolean => {
  const fresh = !isWanted(row)
  row.refs += 1
  if (fresh) beginWant(context, row)
  return fresh
}

export const conflicts = (
  rows: {
    readonly get: (key: Key) => { readonly spec: Spec | undefined; readonly offer?: Note.Offer | undefined } | undefined
  },
  spec: Spec
): boolean => {
  const known = rows.get(spec.key)
  const digest = known?.spec?.digest ?? known?.offer?.digest
  return digest !== undefined && digest !== spec.digest
}

const isCancelled = (row: RowState): boolean =>
  row.settled?._tag === "Failure" && row.settled.failure.reason === "Cancelled"

/** The first spec whose key stands for other work, here or in the same submission. */
const conflicting = (rows: Context["state"]["rows"], specs: ReadonlyArray<Spec>): Spec | undefined => {
  if (specs.length === 1) return conflicts(rows, specs[0]!) ? specs[0] : undefined
  const seen = new Map<Key, string>()
  for (const spec of specs) {
    if (conflicts(rows, spec) || (seen.get(spec.key) ?? spec.digest) !== spec.digest) return spec
    seen.set(spec.key, spec.digest)
  }
  return undefined
}

/** Whether each spec is wanted, once and in order: then there is nothing to sort out. */
const isEachWanted = ({ keep, specs, wants }: Extract<Event, { _tag: "Submit" }>): boolean => {
  if (keep.length > 0 || wants.length !== specs.length) return false
  for (let i = 0; i < wants.length; i++) if (wants[i] !== specs[i]!.key) return false
  return true
}

const submitted = (context: Context, event: Extract<Event, { _tag: "Submit" }>): void => {
  if (isEachWanted(event) && submittedFresh(context, event)) return
  const { rows } = context.state
  // All or nothing: part of a graph would compute something nobody asked for.
  const conflict = conflicting(rows, event.specs)
  if (conflict !== undefined) {
    const detail = "this key is in use for other work: release it first, or choose another"
    return refuse(context, conflict.key, "DuplicateKey", detail)
  }
  const fresh: Array<Spec> = []
  for (const spec of event.specs) {
    const row = rowOf(context, spec.key)
    if (row.spec === undefined) explain(context, row, spec)
    else if (isWanted(row) && !isCancelled(row)) continue
    else tellAgain(context, row)
    fresh.push(spec)
  }
  const wants: Array<Note.Want> = []
  const keep: Array<Key> = []
  for (const key of event.wants) {
    const row = rowOf(context, key)
    // What was cancelled is not wanted again by asking for it again: it is begun anew, and old handles keep their answer.
    const again = isWanted(row) && isCancelled(row)
    if (again) beginWant(context, row)
    if (wantOne(context, row) || again) wants.push({ key, want: row.want })
    event.rows?.push(row)
  }
  for (const key of event.keep) {
    const row = rowOf(context, key)
    // What is done needs no keeping, and nothing more would be heard of it.
    if (row.keep || row.status !== "pending") continue
    const unwanted = !isWanted(row)
    row.keep = true
    if (unwanted) {
      beginWant(context, row)
      wants.push({ key, want: row.want })
    }
    keep.push(key)
  }
  submit(context, fresh, wants, keep)
}

/**
 * New work under new keys that is all wanted here: what `map` and `submit` say, nearly always. Anything else is left to
 * those who sort it out.
 */
const submittedFresh = (context: Context, { rows: made, specs }: Extract<Event, { _tag: "Submit" }>): boolean => {
  const { state } = context
  const wants: Array<Note.Want> = []
  const before = made?.length ?? 0
  for (let i = 0; i < specs.length; i++) {
    const row = wanted(context, specs[i]!)
    if (row === undefined) {
      // Its key is known: all of it is sorted out.
      for (let n = 0; n < i; n++) state.rows.delete(specs[n]!.key)
      state.lastWant -= i
      if (made !== undefined) made.length = before
      return false
    }
    made?.push(row)
    wants.push({ key: row.key, want: row.want })
  }
  for (let i = 0; i < specs.length; i++) needs(context, specs[i]!)
  submit(context, specs, wants, [])
  return true
}

const offered = (context: Context, event: Extract<Event, { _tag: "Offer" }>): void => {
  const known = context.state.rows.get(event.key)
  if (known?.spec !== undefined || (known?.offer !== undefined && known.offer.digest !== event.digest)) {
    return refuse(
      context,
      event.key,
      "DuplicateKey",
      "this key is in use for other work: release it first, or choose another"
    )
  }
  const row = rowOf(context, event.key)
  if (row.offer === undefined || row.offer.dropped === true) {
    const { bytes, digest, inline, key, scatter, value } = event
    row.offer = { _tag: "Offer", key, value, digest, bytes, inline, scatter }
    loosen(context, row)
    tell(context, row.offer)
  }
  if (event.wanted && wantOne(context, row)) {
    submit(context, [], [{ key: row.key, want: row.want, digest: row.offer.digest }], [])
  }
}

const released = (context: Context, named: Named, count: number, answer: boolean): void => {
  const { out } = context
  const row = rowNamed(context, named)
  if (row === undefined || row.refs === 0) {
    if (answer) out.push({ _tag: "Ended", key: keyOf(named), want: row?.want ?? 0 })
    return
  }
  row.refs = Math.max(0, row.refs - count)
  if (isWanted(row)) {
    // Others here want it too: nothing stops, so there is nothing to wait for.
    if (answer) out.push({ _tag: "Ended", key: row.key, want: row.want })
    return
  }
  unwant(context, row, answer)
}

const unwant = (context: Context, row: RowState, answer: boolean): void => {
  const want = { key: row.key, want: row.want }
  if (!answer) context.releases.push(want)
  else if (context.state.linked) {
    flushReleases(context)
    context.state.ending.set(row.want, row.key)
    tell(context, { _tag: "Release", wants: [want], answer: true })
  } else context.out.push({ _tag: "Ended", ...want })
  endWant(context, row)
}

/**
 * For this client the rows end here and now, unsettled ones with `Cancelled`; what it means for others is the scheduler's
 * to say, and so is the fate of dependents.
 */
const cancelled = (context: Context, event: Extract<Event, { _tag: "Cancel" }>): void => {
  const { by, force, reason } = event
  const asked: Array<RowState> = []
  for (const key of new Set(event.keys)) {
    const row = context.state.rows.get(key)
    if (row === undefined || !isWanted(row)) continue
    if (row.settled !== undefined && !(force && row.status === "cancelled")) continue
    row.cancel = { force, by, reason }
    asked.push(row)
    if (row.settled !== undefined) continue
    const detail = `${key} was cancelled by ${by}` + (reason === "" ? "" : `: ${reason}`)
    fail(context, row, Failure.make("Cancelled", key, detail, { by }))
  }
  if (asked.length > 0) tellCancel(context, asked, { force, by, reason })
}

const retried = (context: Context, keys: ReadonlyArray<Key>): void => {
  const wants: Array<Note.Want> = []
  for (const key of new Set(keys)) {
    const row = context.state.rows.get(key)
    if (row === undefined || !isWanted(row) || row.settled?._tag !== "Failure") continue
    const retry = { want: row.want, failure: row.settled.failure }
    beginWant(context, row)
    row.retry = retry
    wants.push({ key, want: row.want, digest: digestOf(row) })
  }
  if (wants.length > 0) tell(context, { _tag: "Retry", wants })
}

const note = (context: Context, note: Note.ToClient): void => {
  const { out, state } = context
  if (note._tag === "DropValue") {
    for (const row of offersOf(context, note.value)) {
      if (row.offer.dropped === true) continue
      // It stays known: a new scheduler must learn that what workers hold is this data.
      row.offer = { ...row.offer, inline: undefined, dropped: true }
      out.push({ _tag: "DropOffer", value: note.value })
    }
    return
  }
  if (note._tag === "LineageCut") return cut(context, note)
  if (note._tag === "TaskSpent") return spent(context, note)
  if (note._tag === "Ended") {
    if (state.ending.delete(note.want)) out.push({ _tag: "Ended", key: note.key, want: note.want })
    return
  }
  const row = state.rows.get(note.key)
  // An answer to an older want speaks of what was asked then.
  if (row === undefined || !isWanted(row) || row.want !== note.want) return
  row.retry = undefined
  switch (note._tag) {
    case "TaskPending":
      return pending(context, row)
    case "TaskStored":
      if (row.spec !== undefined && row.spec.digest !== note.digest) return
      row.spent = undefined
      stored(context, row, note)
      break
    case "TaskNotStored":
      row.cancel = row.spent = undefined
      if (row.settled === undefined) fail(context, row, note.failure)
      else if (row.settled._tag === "Value") lost(context, row, row.settled)
      break
  }
  doneKeeping(context, row)
}

/** Remembered for as long as it is known how the task is made: who does not know it has nothing to remember. */
const spent = (context: Context, note: Note.TaskSpent): void => {
  const { begins, deaths, digest, failures, key } = note
  const row = context.state.rows.get(key)
  if (row?.spec?.digest === digest) {
    const any = failures > 0 || deaths.length > 0 || begins !== undefined
    // It is on its way: what it was before is over, and a retry has been heard.
    row.retry = undefined
    row.spent = any ? { key, digest, failures, deaths, begins } : undefined
  }
  if (begins !== undefined) tell(context, { _tag: "SpentHeard", key, attempt: begins })
}

/** What the cluster was to keep until done is done: the client's own part in it ends. */
const doneKeeping = (context: Context, row: RowState): void => {
  if (!row.keep) return
  row.keep = false
  if (row.refs === 0) unwant(context, row, false)
}

type Offered = RowState & { offer: Note.Offer }

const offersOf = (context: Context, value: string): ReadonlyArray<Offered> => {
  // The value's name begins with its key; see `Id.offeredId`.
  const row = context.state.rows.get(value.slice(0, value.lastIndexOf("#")))
  return row?.offer?.value === value ? [row as Offered] : []
}

const close = (context: Context): void => {
  const { out, state } = context
  for (const row of state.rows.values()) {
    if (isWanted(row) && (row.settled === undefined || row.joined)) {
      const failure = Failure.make(
        "ClusterClosed",
        row.key,
        `${row.key}: the client was closed before the value was here`
      )
      if (row.settled === undefined) fail(context, row, failure)
      else out.push({ _tag: "Settled", row, want: row.want, outcome: { _tag: "Failure", failure } })
    }
    stopFetch(context, row)
    if (row.offer !== undefined && row.offer.dropped !== true) out.push({ _tag: "DropOffer", value: row.offer.value })
  }
  for (const [want, key] of state.ending) out.push({ _tag: "Ended", key, want })
  context.releases = []
  tell(context, { _tag: "ClientLeft" })
  for (const all of [state.rows, state.ending, state.cache, state.queue, state.retrying]) all.clear()
  context.loose.length = 0
  state.cached = 0
  state.closed = true
}
