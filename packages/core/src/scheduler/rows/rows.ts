/**
 * Rows come and go.
 *
 * Owns the table of rows, the links between them, wants, and forgetting. States are `become`'s.
 *
 * Invariants:
 *   L1. A row's `dependents` are the rows whose `inputs` name it.
 *   L2. A client's `wanted` names a row exactly while the row has a want of that client, and at most one.
 *   L3. A row that is unwanted, Idle and named by nothing is not in the table.
 *   L4. `lineage` holds exactly the unwanted rows that others name and no client does.
 *   L5. A key has one row in the table; rows of other work under that key are shadows, unwanted by any client.
 *
 * @since 0.1.0
 */
import type { Key } from "../../Id.js"
import type { Offer } from "../../Note.js"
import type { Spec } from "../../Spec.js"
import { Few } from "./few.js"
import { type Client, groupOf, isActive, journal, Row, type State, touch, WantOf } from "./State.js"

const generationMillis = 100

/** Where a submission stands: children just before their parent, everything else after what came earlier. */
const stand = (state: State, row: Row, spec: Spec): void => {
  const parent = spec.parent === undefined ? undefined : state.runs.get(spec.parent)?.row
  // Not by a minus alone: of 0 that makes -0, which is no small integer.
  const rank = 0 - spec.priority
  if (parent === undefined) {
    if (state.now - state.submitted > generationMillis) state.generation++
    state.submitted = state.now
    row.rank = rank
    row.generation = state.generation
    row.turn = row.seq
    return
  }
  // Halves nest: grandchildren come before children, and all of them after the parent's predecessor.
  const whole = Math.ceil(parent.turn)
  row.rank = Math.min(rank, parent.rank)
  row.generation = parent.generation
  row.turn = parent.turn - (1 - (whole - parent.turn)) / 2
}

/**
 * The row of this work, under its key or in its shadow.
 *
 * @since 0.1.0
 * @category getters
 */
export const find = (state: State, key: Key, digest: string): Row | undefined => {
  const row = state.rows.get(key)
  if (row !== undefined && row.digest === digest) return row
  return state.shadows.size === 0 ? undefined : state.shadows.get(key)?.find((shadow) => shadow.digest === digest)
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const createRow = (state: State, spec: Spec, inputs: ReadonlyArray<Row>): Row => {
  const group = groupOf(state, spec.group)
  const row = new Row(spec.key, spec.digest, state.seq++, group, spec, undefined)
  stand(state, row, spec)
  // Most have none, and then all have the same none.
  if (inputs.length > 0) row.inputs = inputs
  for (const input of inputs) {
    ;(input.dependents ??= new Few()).add(row)
    if (input.state._tag !== "Stored") row.missing++
    if (input.fresh) {
      input.fresh = false
      touch(state, input)
    }
    if (input.dependents.size === 1) touch(state, input)
  }
  return enter(state, row)
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const createOffered = (state: State, offer: Offer): Row => {
  const row = new Row(offer.key, offer.digest, state.seq++, groupOf(state, "scatter"), undefined, offer)
  row.generation = state.generation
  row.turn = row.seq
  row.fresh = true
  return enter(state, row)
}

/**
 * Names inputs anew, of a row whose lineage was cut: it can be made again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const relink = (state: State, row: Row, inputs: ReadonlyArray<Row>): void => {
  row.cut = false
  row.inputs = inputs
  row.missing = 0
  for (const input of inputs) {
    ;(input.dependents ??= new Few()).add(row)
    if (input.state._tag !== "Stored") row.missing++
    if (isActive(row.state)) input.consumers++
    touch(state, input)
  }
  touch(state, row)
}

const enter = (state: State, row: Row): Row => {
  state.rows.add(row)
  row.group.rows++
  row.group.count("Idle", 1)
  touch(state, row)
  return row
}

const none: ReadonlyArray<never> = []

/** Wants that are over go with the row, or with its name. */
const disown = (row: Row): void => {
  for (let want = row.firstWant; want !== undefined; want = want.next) leave(want)
  row.firstWant = undefined
}

/** The client no longer has this want. */
const leave = (want: WantOf): void => {
  const { after, before, client } = want
  if (before === undefined) client.firstWant = after
  else before.after = after
  if (after === undefined) client.lastWant = before
  else after.before = before
  want.before = want.after = undefined
}

const join = (client: Client, want: WantOf): void => {
  want.before = client.lastWant
  if (client.lastWant === undefined) client.firstWant = want
  else client.lastWant.after = want
  client.lastWant = want
}

/**
 * All that the client wants, oldest first.
 *
 * @since 0.1.0
 * @category getters
 */
export const wantsOf = (client: Client): ReadonlyArray<WantOf> => {
  const wants: Array<WantOf> = []
  for (let want = client.firstWant; want !== undefined; want = want.after) wants.push(want)
  return wants
}

/**
 * Makes way for other work under the same key: who was made from this row may still need it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const shadow = (state: State, row: Row): void => {
  disown(row)
  state.rows.remove(row)
  row.shadowed = true
  const list = state.shadows.get(row.key)
  if (list === undefined) state.shadows.set(row.key, [row])
  else list.push(row)
  journal(state, "replaced", row, undefined)
  touch(state, row)
}

/**
 * Notes that the client wants the row. A want it had before is over.
 *
 * @since 0.1.0
 * @category combinators
 */
export const addWant = (state: State, row: Row, client: Client, want: number): boolean => {
  if (want > client.heard) client.heard = want
  const known = wantOf(row, client)
  if (known !== undefined) {
    if (known.want >= want) return false
    known.want = want
    known.told = undefined
    known.over = false
  } else {
    const made = new WantOf(client, row, want)
    let last = row.firstWant
    if (last === undefined) row.firstWant = made
    else {
      while (last.next !== undefined) last = last.next
      last.next = made
    }
    join(client, made)
  }
  row.fresh = false
  touch(state, row)
  return true
}

/**
 * @since 0.1.0
 * @category combinators
 */
export const removeWant = (state: State, row: Row, client: Client): void => {
  let before: WantOf | undefined
  let known = row.firstWant
  while (known !== undefined && known.client !== client) {
    before = known
    known = known.next
  }
  if (known === undefined) return
  leave(known)
  if (before === undefined) row.firstWant = known.next
  else before.next = known.next
  touch(state, row)
}

/**
 * The want the client has of the row, if it has one.
 *
 * @since 0.1.0
 * @category getters
 */
export const wantOf = (row: Row, client: Client): WantOf | undefined => {
  for (let want = row.firstWant; want !== undefined; want = want.next) if (want.client === client) return want
  return undefined
}

/**
 * Takes an idle row nobody names out of the table; its inputs lose a name.
 *
 * @since 0.1.0
 * @category combinators
 */
export const forget = (state: State, row: Row): void => {
  disown(row)
  state.lineage.delete(row)
  if (!row.shadowed) state.rows.remove(row)
  else {
    const rest = (state.shadows.get(row.key) ?? []).filter((other) => other !== row)
    if (rest.length === 0) state.shadows.delete(row.key)
    else state.shadows.set(row.key, rest)
  }
  row.gone = true
  row.group.rows--
  row.group.count(row.state._tag, -1)
  // The name of a group is forgotten with its rows; how long it takes is worth keeping for a while.
  if (row.group.rows === 0 && row.group.millis === undefined && row.runs.length === 0) {
    state.groups.delete(row.group.name)
    state.lastGroup = undefined
  }
  unlink(state, row)
}

/**
 * The row names its inputs no longer. It is done, or idle.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unlink = (state: State, row: Row): void => {
  for (const input of row.inputs) {
    input.dependents!.delete(row)
    if (input.dependents!.size === 0) touch(state, input)
  }
  row.inputs = none
  row.missing = 0
}
