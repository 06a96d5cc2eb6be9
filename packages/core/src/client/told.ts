/**
 * What the client says to the scheduler: notes in order, releases merged, submissions cut; and everything anew when a
 * session begins.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"
import { isWork, ofSpec, weigh } from "../link/weight.js"
import type * as Note from "../Note.js"
import type { Spec } from "../Spec.js"
import { renumber } from "./rows.js"
import { type Context, inputsOf, isWanted, type RowState } from "./state.js"

export const tell = (context: Context, note: Note.FromClient): void => {
  flushReleases(context)
  say(context, note)
}

const say = (context: Context, note: Note.FromClient): void => {
  // Before the first session there is nobody to tell: `LinkReset` tells it all.
  if (!context.state.linked) return
  if (isWork(note)) context.state.outbox += weigh(note)
  context.out.push({ _tag: "Tell", note })
}

/** At so many releases a note is full: a scheduler that takes one in must not stand still over it. */
const releasesMax = 512

/** Releases in a row become one note, which leaves before whatever is told next: order within a key is kept. */
export const flushReleases = (context: Context): void => {
  const { releases } = context
  if (releases.length === 0) return
  context.releases = []
  if (releases.length <= releasesMax) return say(context, { _tag: "Release", wants: releases, answer: false })
  for (let i = 0; i < releases.length; i += releasesMax) {
    say(context, { _tag: "Release", wants: releases.slice(i, i + releasesMax), answer: false })
  }
}

/** New work that is all wanted can be cut anywhere. */
const submitEach = (context: Context, specs: ReadonlyArray<Spec>, wants: ReadonlyArray<Note.Want>): void => {
  const { noteBytes } = context.state.config
  let from = 0
  let bytes = 0
  for (let i = 0; i < specs.length; i++) {
    const more = ofSpec(specs[i]!)
    if (i > from && bytes + more > noteBytes) {
      tell(context, { _tag: "Submit", specs: specs.slice(from, i), wants: wants.slice(from, i), keep: [] })
      from = i
      bytes = 0
    }
    bytes += more
  }
  tell(
    context,
    from === 0
      ? { _tag: "Submit", specs, wants, keep: [] }
      : { _tag: "Submit", specs: specs.slice(from), wants: wants.slice(from), keep: [] }
  )
}

const isEachWanted = (specs: ReadonlyArray<Spec>, wants: ReadonlyArray<Note.Want>): boolean => {
  if (specs.length !== wants.length) return false
  for (let i = 0; i < specs.length; i++) if (specs[i]!.key !== wants[i]!.key) return false
  return true
}

/**
 * Tells new work in notes of about `noteBytes`. A cut never parts a row that nobody wants from the last one that names it:
 * the scheduler would forget it in between.
 */
export const submit = (
  context: Context,
  specs: ReadonlyArray<Spec>,
  wants: ReadonlyArray<Note.Want>,
  keep: ReadonlyArray<Key>
): void => {
  if (specs.length > 0 && keep.length === 0 && isEachWanted(specs, wants)) return submitEach(context, specs, wants)
  const wanted = new Map(wants.map((want) => [want.key, want]))
  const kept = new Set(keep)
  const lastUse = new Map<Key, number>()
  specs.forEach((spec, i) => {
    for (const key of spec.inputs) lastUse.set(key, i)
  })
  let part: Array<Spec> = []
  let bytes = 0
  let reach = 0
  const close = (): void => {
    tell(context, {
      _tag: "Submit",
      specs: part,
      wants: part.flatMap((spec) => wanted.get(spec.key) ?? []),
      keep: part.flatMap((spec) => kept.has(spec.key) ? [spec.key] : [])
    })
    for (const spec of part) {
      wanted.delete(spec.key)
      kept.delete(spec.key)
    }
    part = []
    bytes = 0
  }
  specs.forEach((spec, i) => {
    const more = ofSpec(spec)
    if (part.length > 0 && bytes + more > context.state.config.noteBytes && reach < i) close()
    part.push(spec)
    bytes += more
    if (!wanted.has(spec.key)) reach = Math.max(reach, lastUse.get(spec.key) ?? i)
  })
  if (part.length + wanted.size + kept.size === 0) return
  tell(context, { _tag: "Submit", specs: part, wants: [...wanted.values()], keep: [...kept] })
}

/** Which work a want means, where no spec comes with it. */
export const digestOf = (row: RowState): string | undefined => row.spec?.digest ?? row.offer?.digest

/** Rows as they came, with those that they name before them. */
const sorted = (rows: Context["state"]["rows"]): ReadonlyArray<RowState> => {
  const done = new Set<Key>()
  const order: Array<RowState> = []
  for (const root of rows.inOrder((row) => row.seq)) {
    const stack: Array<{ readonly row: RowState; readonly open: boolean }> = [{ row: root, open: true }]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (!top.open) {
        order.push(top.row)
        continue
      }
      if (done.has(top.row.key)) continue
      done.add(top.row.key)
      stack.push({ row: top.row, open: false })
      for (const key of inputsOf(top.row)) {
        const input = rows.get(key)
        if (input !== undefined && !done.has(key)) stack.push({ row: input, open: true })
      }
    }
  }
  return order
}

const told = (row: RowState): Note.ClientTold["wants"][number]["told"] => {
  // It has the scheduler's answer still to come, and is cancelled anew right after this.
  if (row.cancel !== undefined) return undefined
  if (row.settled !== undefined) {
    return row.settled._tag === "Failure" ?
      { failure: row.settled.failure } :
      { value: row.settled.value, digest: row.settled.digest }
  }
  return row.facts === undefined ? undefined : { value: row.facts.value, digest: row.facts.digest }
}

/**
 * Begins a session: all that is wanted, then cancels and retries that were not answered. A row whose retry was not answered
 * is told as it was before, so that its old failure is no answer to the new want, and retried under a number that nobody
 * can have answered: an answer that was lost with the last session would not be said again. Releases need no word: what is
 * not wanted is not in the list.
 */
export const retell = (context: Context): void => {
  const { out, state } = context
  context.releases = []
  state.linked = true
  state.outbox = 0
  const specs: Array<Spec> = []
  const wants: Array<Note.ClientTold["wants"][number]> = []
  const offers: Array<Note.Offer> = []
  const retries: Array<Note.Want> = []
  const cut: Array<Key> = []
  const spent: Array<Note.Spent> = []
  for (const row of sorted(state.rows)) {
    if (row.offer !== undefined) offers.push(row.offer)
    if (row.spec !== undefined) specs.push(row.spec)
    if (row.cut) cut.push(row.key)
    if (row.spent !== undefined) spent.push(row.spent)
    if (!isWanted(row)) continue
    const { keep, key, retry, want } = row
    if (retry === undefined) wants.push({ key, want, told: told(row), keep })
    else {
      wants.push({ key, want: retry.want, told: { failure: retry.failure }, keep })
      renumber(context, row)
      retries.push({ key, want: row.want, digest: digestOf(row) })
    }
  }
  tell(context, {
    _tag: "ClientTold",
    name: state.name,
    specs,
    wants,
    offers,
    ...cut.length > 0 && { cut },
    ...spent.length > 0 && { spent }
  })
  if (retries.length > 0) tell(context, { _tag: "Retry", wants: retries, again: true })
  // Who joins and knows of no holder any more is told of those there are: what it had asked went with the last session.
  for (const row of state.rows.values()) {
    if (!row.joined || row.facts === undefined || row.facts.holders.length > 0) continue
    tell(context, { _tag: "FetchFailed", key: row.key, value: row.facts.value, holder: "", why: "gone" })
  }
  for (const row of state.rows.values()) if (row.cancel !== undefined) tellCancel(context, [row], row.cancel)
  // Nobody answers for another session: waiting for its ends would be waiting for a dead link.
  for (const [want, key] of state.ending) out.push({ _tag: "Ended", key, want })
  state.ending.clear()
}

export const tellCancel = (
  context: Context,
  rows: ReadonlyArray<RowState>,
  cancel: { readonly force: boolean; readonly by: string; readonly reason: string }
): void => tell(context, { _tag: "Cancel", wants: rows.map((row) => ({ key: row.key, want: row.want })), ...cancel })
