/**
 * What a client says, applied to the rows.
 *
 * Owns the reading of client notes. What follows from them is `settle`'s business.
 *
 * Invariants:
 *   E1. A note about an older want than the row has of that client changes nothing.
 *   E2. Every want is answered: by the row, or at once where there can be none.
 *
 * @since 0.1.0
 */
import * as Failure from "../../Failure.js"
import type { Key } from "../../Id.js"
import type { ClientTold, FromClient, Offer, Release, Retry, Submit, Want } from "../../Note.js"
import * as Payload from "../../Payload.js"
import type { Spec } from "../../Spec.js"
import { become, removeHolder } from "../books/become.js"
import { heard, remembered } from "../books/wary.js"
import { keep, mend } from "../rows/cut.js"
import { addWant, createOffered, createRow, find, removeWant, shadow, wantOf, wantsOf } from "../rows/rows.js"
import { begun, type Client, isWanted, Row, type State, Stored, toClient, touch, type WantOf } from "../rows/State.js"
import { startOver } from "../settle/over.js"
import { awaitTelling, fail } from "../settle/settle.js"
import { claim } from "../settle/unclaimed.js"
import { cancel } from "./cancel.js"
import { lookAgain } from "./circles.js"
import { fetchFailedByClient } from "./fetches.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const recordClient = (state: State, client: Client, note: FromClient): void => {
  switch (note._tag) {
    case "ClientTold":
      begun(state, client, note)
      told(state, client, note)
      return lookAgain(state, client)
    case "Submit":
      submit(state, client, note)
      return lookAgain(state, client)
    case "Release":
      return release(state, client, note)
    case "Cancel":
      return cancel(state, client, note)
    case "Retry":
      retry(state, client, note)
      return lookAgain(state, client)
    case "Offer":
      return offer(state, client, note)
    case "SpentHeard":
      return heard(state, client, note.attempt)
    case "FetchFailed":
      return fetchFailedByClient(state, client, note)
    case "ClientLeft":
      return
  }
}

const none: ReadonlyArray<never> = []

const duplicate = (key: Key): Failure.Failure =>
  Failure.make(
    "DuplicateKey",
    key,
    `${key} already names other work that is still wanted: release it first, or use another key`
  )

const submit = (state: State, client: Client, note: Submit): void => {
  const made: Array<Row | undefined> = []
  for (const spec of note.specs) made.push(submitOne(state, client, spec))
  for (let n = 0; n < note.wants.length; n++) {
    const want = note.wants[n]!
    // Nearly always each spec is wanted, in the same order: its row need not be looked up again.
    const row = made[n]
    const isIt = row !== undefined && !row.shadowed && row.key === want.key
    wantOne(state, client, want, isIt ? row : state.rows.get(want.key))
  }
  for (const key of note.keep) {
    const row = state.rows.get(key)
    if (row === undefined || isRefused(client, key)) continue
    if (row.state._tag !== "Stored" && row.state._tag !== "Failed") row.keep = true
    touch(state, row)
  }
}

const submitOne = (state: State, client: Client, spec: Spec, isCut: boolean = false): Row | undefined => {
  // Also where the work is known already: an attempt may ask for what waits for it, or for itself.
  const parent = spec.parent === undefined ? undefined : state.runs.get(spec.parent)
  if (parent !== undefined) client.home = parent.worker
  const made = isCut ? makeCut(state, spec) : makeRow(state, client, spec)
  if (!(made instanceof Row)) {
    ;(client.refused ??= new Map()).set(spec.key, made)
    return undefined
  }
  if (client.refused !== undefined) allow(client, spec.key)
  return made
}

const isRefused = (client: Client, key: Key): boolean => client.refused?.has(key) === true

const allow = (client: Client, key: Key): void => {
  if (client.refused?.delete(key) === true && client.refused.size === 0) client.refused = undefined
}

const wantOne = (
  state: State,
  client: Client,
  { digest, key, want }: Want,
  row: Row | undefined
): void => {
  const refused = client.refused?.get(key)
  if (row !== undefined && digest !== undefined && row.digest !== digest) {
    return toClient(state, client, { _tag: "TaskNotStored", key, want, failure: duplicate(key) })
  }
  if (refused === undefined && row !== undefined) {
    addWant(state, row, client, want)
    return
  }
  const failure = refused ?? Failure.make("Lost", key, `${key} is not known here: submit it again`)
  toClient(state, client, { _tag: "TaskNotStored", key, want, failure })
}

/** The same of what was cut: its inputs are not known, and where nobody else knows them it cannot be made. */
const makeCut = (state: State, spec: Spec): Row | Failure.Failure => {
  const known = state.rows.get(spec.key)
  if (known?.digest === spec.digest) {
    again(state, known, spec)
    return known
  }
  if (known !== undefined && isWanted(known)) return duplicate(spec.key)
  if (known !== undefined) shadow(state, known)
  const row = createRow(state, spec, [])
  row.cut = true
  return row
}

/** Makes the row of this spec, or finds it, or says why there can be none. */
const makeRow = (state: State, client: Client, spec: Spec): Row | Failure.Failure => {
  if (client.refused !== undefined) {
    for (const key of spec.inputs) {
      const failure = client.refused.get(key)
      if (failure !== undefined) return failure
    }
  }
  const known = state.rows.get(spec.key)
  if (known !== undefined) {
    if (known.digest === spec.digest) {
      if (known.cut) mend(state, client, known, spec.inputs)
      again(state, known, spec)
      return known
    }
    if (isWanted(known)) {
      return duplicate(spec.key)
    }
  }
  const inputs: Array<Row> = []
  for (const key of spec.inputs) {
    const input = state.rows.get(key)
    // A key that names itself, now or through its old content, is as unknown as any other.
    if (input === undefined || key === spec.key) {
      return Failure.make(
        "Lost",
        key,
        `the input ${key} of ${spec.key} is not known here: submit it again with its own spec`
      )
    }
    inputs.push(input)
  }
  if (known !== undefined) shadow(state, known)
  return createRow(state, spec, inputs)
}

const inherited: ReadonlySet<string> = new Set([
  "Failed",
  "TimedOut",
  "NotEncodable",
  "NotDecodable",
  "FutureInResult",
  "InputMutated"
])

const sameOptions = (a: Spec, b: Spec): boolean =>
  a.timeout === b.timeout && a.soft === b.soft &&
  JSON.stringify([a.workers, a.resources, a.retry]) === JSON.stringify([b.workers, b.resources, b.retry])

/** The same work once more: a failure that other circumstances might have avoided is not inherited. */
const again = (state: State, row: Row, spec: Spec): void => {
  const s = row.state
  if (row.spec === undefined) return
  if (s._tag === "Failed") {
    if (inherited.has(s.failure.reason) && sameOptions(row.spec, spec)) return
    row.spec = spec
    row.class = undefined
    startOver(state, row, true)
  } else if (s._tag === "Idle") {
    state.lineage.respecify(row, spec)
    row.class = undefined
  }
}

const retry = (state: State, client: Client, note: Retry): void => {
  for (const one of note.wants) {
    const row = state.rows.get(one.key)
    const meant = !isRefused(client, one.key) && (one.digest === undefined || one.digest === row?.digest)
    if (row !== undefined && meant && row.state._tag === "Failed") {
      if ((wantOf(row, client)?.want ?? 0) < one.want) startOver(state, row, note.again !== true)
    }
    wantOne(state, client, one, row)
  }
}

const release = (state: State, client: Client, note: Release): void => {
  let next: WantOf | undefined
  for (const { key, want } of note.wants) {
    // Nearly always they are released in the order in which they were wanted: then no row need be looked up.
    const meant: WantOf | undefined = next?.want === want && next.row.key === key ? next : undefined
    const row = meant === undefined ? state.rows.get(key) : meant.row
    const known = meant ?? (row === undefined ? undefined : wantOf(row, client))
    next = known?.after
    if (client.refused !== undefined) allow(client, key)
    if (row !== undefined && (known === undefined || known.want <= want)) {
      if (known !== undefined) removeWant(state, row, client)
      if (row.fresh) {
        row.fresh = false
        touch(state, row)
      }
      if (note.answer) {
        ;(row.enders ??= []).push({ client: client.id, key, want, open: 1 })
        touch(state, row)
      }
    } else if (note.answer) toClient(state, client, { _tag: "Ended", key, want })
  }
}

const offer = (state: State, client: Client, note: Offer): void => {
  const known = state.rows.get(note.key)
  if (known !== undefined && known.digest !== note.digest && isWanted(known)) {
    return toClient(state, client, { _tag: "DropValue", value: note.value })
  }
  if (known !== undefined && known.digest !== note.digest) shadow(state, known)
  const row = known !== undefined && known.digest === note.digest ? known : createOffered(state, note)
  row.offer ??= note
  if (note.dropped === true) return named(state, client, row)
  const s = row.state
  if (s._tag === "Stored") {
    // Told to let go already: that crossed this, or went with a session.
    const isLetGo = row.scattered && !s.holders.includes(client)
    if (s.value === note.value && !isLetGo) {
      if (!s.holders.includes(client)) s.holders = [...s.holders, client]
      client.held.add(row, s)
    } else toClient(state, client, { _tag: "DropValue", value: note.value })
    return touch(state, row)
  }
  // Brought again after it was lost or cancelled: who was told so has had the last word.
  for (const want of row.wants) if (want.told === true) want.over = true
  const bytes = note.inline === undefined ? 0 : Payload.bytes(note.inline)
  const keep = note.inline !== undefined && state.inlineBytes + bytes <= state.config.inlineBudget
  become(state, row, new Stored(row, note.value, undefined, note.bytes, "data", keep ? note.inline : undefined, client))
  // Workers that told of copies before are holders too.
  claim(state, row)
}

/** Data that only workers have: those of them that were not heard yet may still tell of it. */
const named = (state: State, client: Client, row: Row): void => {
  const s = row.state
  if (s._tag === "Stored") removeHolder(state, row, s, client)
  touch(state, row)
  if (s._tag !== "Idle") return
  row.fresh = true
  if (!claim(state, row)) awaitTelling(state, row)
}

/** A session begins: what this client wants, from now on, is what it says here. */
const told = (state: State, client: Client, note: ClientTold): void => {
  client.name = note.name
  client.down = undefined
  const offered = new Set(note.offers.map((one) => one.key))
  for (const row of client.held) {
    const s = row.state
    if (offered.has(row.key) || s._tag !== "Stored") continue
    s.holders = s.holders.filter((holder) => holder !== client)
    client.held.delete(row, s)
    row.fresh = false
    touch(state, row)
  }
  for (const one of note.offers) offer(state, client, one)
  client.refused = undefined
  const cut = new Set(note.cut ?? none)
  for (const spec of note.specs) submitOne(state, client, spec, cut.has(spec.key))
  remembered(state, client, note.spent ?? none)
  for (const key of cut) awaitValue(state, state.rows.get(key))
  const wanted = new Set<Row>()
  for (const one of note.wants) {
    const row = state.rows.get(one.key)
    const other = row !== undefined && one.digest !== undefined && one.digest !== row.digest
    if (row === undefined || other || isRefused(client, one.key)) {
      if (one.told === undefined || !("failure" in one.told)) wantOne(state, client, one, row)
      continue
    }
    wanted.add(row)
    wantTold(state, client, row, one)
  }
  for (const { row } of wantsOf(client)) if (!wanted.has(row)) removeWant(state, row, client)
  // All that could name its offers has been told: what is not named by now is not needed.
  for (const one of note.offers) {
    const row = find(state, one.key, one.digest)
    if (row === undefined) continue
    row.fresh = false
    touch(state, row)
  }
}

/** A value that cannot be made again is where it was; those that hold it may still tell of it. */
const awaitValue = (state: State, row: Row | undefined): void => {
  if (row?.cut !== true || row.state._tag !== "Idle") return
  keep(row)
  if (!claim(state, row)) awaitTelling(state, row)
}

/** Whether other clients want what is made from it: told of one after the other, nothing has set out yet. */
const isNeededBeside = (row: Row, client: Client): boolean => {
  const seen = new Set([row])
  for (const one of seen) {
    if (one.wants.some((want) => want.client !== client && !want.over)) return true
    for (const dependent of one.dependents?.values() ?? []) seen.add(dependent)
  }
  return false
}

const wantTold = (state: State, client: Client, row: Row, one: ClientTold["wants"][number]): void => {
  const failure = one.told !== undefined && "failure" in one.told ? one.told.failure : undefined
  if (failure !== undefined) {
    // Its last word was said: it need not be worked out again, nor is it anyone else's.
    const isOwn = failure.reason !== "Cancelled" || !isNeededBeside(row, client)
    if (row.state._tag === "Idle" && row.firstWant === undefined && row.consumers === 0 && isOwn) {
      fail(state, row, failure)
    }
  }
  const before = wantOf(row, client)
  if (before !== undefined && before.want > one.want) return
  if (before !== undefined) removeWant(state, row, client)
  addWant(state, row, client, one.want)
  const want = wantOf(row, client)!
  if (failure !== undefined) {
    want.told = true
    if (row.state._tag !== "Failed") want.over = true
  }
  if (one.told !== undefined && "value" in one.told) {
    want.told = one.told.value
    // It was done after it failed for whoever told of that.
    if (row.state._tag === "Failed" && state.now < state.unclaimedUntil) {
      startOver(state, row, false)
      awaitValue(state, row)
    }
  }
  if (one.keep && row.state._tag !== "Stored" && row.state._tag !== "Failed") row.keep = true
}
