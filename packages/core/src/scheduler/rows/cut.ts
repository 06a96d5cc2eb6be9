/**
 * Cutting lineage: what is behind a value is forgotten once the value is kept twice. From then on it is like data that a
 * client brought: it is kept as long as anything names it, and lost with its last holder.
 *
 * Owns `row.cut`, `row.cutting`, the search for what the budget has to cut, and what clients are told of it. Copies are
 * `copies`' business: a row that is to be cut asks for two.
 *
 * Beyond its budget the oldest lineage goes: of all that was made from it, what is wanted nearest to it (its *anchors*) is
 * kept and cut, and then nothing names it. So a chain is cut in one place and forgotten as a whole: what would be left
 * behind the cut could not be computed again anyway.
 *
 * Invariants:
 *   N2. A row that is cut has no inputs.
 *   N3. `anchors` are stored rows that are to be cut; among them are all that the budget asked for.
 *
 * @since 0.1.0
 */
import type { Key } from "../../Id.js"
import { forget, relink, unlink } from "./rows.js"
import {
  type Client,
  type Event,
  isWanted,
  journal,
  type Peer,
  type Row,
  Spread,
  type State,
  type Stored,
  toClient,
  touch
} from "./State.js"

/** How many workers are to hold what is cut. */
const copies = 2

/** How many rows are looked at to find who must hear of a cut: beyond that all clients do. */
const looked = 1000

const isOver = ({ config, lineage }: State, times: number): boolean =>
  lineage.size > times * config.lineageMax || lineage.bytes > times * config.lineageBytes

/**
 * Asks for what the budget needs to be cut. Says whether anything is to be settled because of it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const trim = (state: State): boolean => {
  // Copies that do not come must not hold it up for ever: at twice the budget those that are there have to do.
  if (state.anchors.size > 0 && isOver(state, 2)) {
    for (const row of [...state.anchors]) if (row.state._tag === "Stored") sever(state, row, row.state.holders)
  }
  if (state.search === undefined) {
    const { oldest } = state.lineage
    if (oldest === undefined || state.anchors.size > 0 || !isOver(state, 1)) return state.dirty.size > 0
    state.search = { oldest, seen: new Set([oldest]), open: [oldest], found: 0 }
  }
  look(state, state.search)
  return state.dirty.size > 0
}

const look = (state: State, search: NonNullable<State["search"]>): void => {
  const { oldest, open, seen } = search
  while (state.spent < state.config.stepBudget) {
    const row = open.pop()
    if (row === undefined) {
      state.search = undefined
      // Nobody wants what was made from it: nothing but itself is left to go.
      if (search.found === 0 && !oldest.gone && oldest.remembered) drop(state, oldest)
      return
    }
    state.spent++
    if (row.gone) continue
    if (isWanted(row) || row.firstWant !== undefined) {
      if (anchor(state, row)) search.found++
      continue
    }
    for (const dependent of row.dependents?.values() ?? none) {
      if (seen.has(dependent)) continue
      seen.add(dependent)
      open.push(dependent)
    }
  }
}

const none: ReadonlyArray<never> = []

/** It is wanted, or named by a client, and made from what has to go. */
const anchor = (state: State, row: Row): boolean => {
  if (row.inputs.length === 0) return false
  switch (row.state._tag) {
    case "Stored": {
      if (row.cutting === undefined) {
        row.cutting = "budget"
        keep(row)
        journal(state, "to be cut", row, undefined, "lineage is over its budget")
      }
      state.anchors.add(row)
      touch(state, row)
      return true
    }
    case "Failed":
    // A client was told of its failure, and may try it again.
    case "Idle": {
      sever(state, row, none)
      return true
    }
    default:
      return false
  }
}

/**
 * Asks for copies of what cannot be made again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const keep = (row: Row): void => {
  const it = (row.spread ??= new Spread())
  it.asked = Math.max(copies, it.asked)
}

/** What names it cannot be made again, and need not be: nobody wants any of it. */
const drop = (state: State, row: Row): void => {
  const dependents = [...row.dependents?.values() ?? none]
  if (dependents.some(isWanted)) return
  for (const dependent of dependents) sever(state, dependent, none)
  journal(state, "cut", row, undefined, "nobody wants what was made from it")
  forget(state, row)
}

/**
 * Cuts what is behind a stored row that is to be cut, once its value is kept: by two workers, or by those there are.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cutOff = (state: State, row: Row, s: Stored): void => {
  let staying = 0
  for (const holder of s.holders) if (holder._tag === "Worker" && !holder.retiring) staying++
  const isAll = staying > 0 && state.uncopied.has(row) && row.spread?.carrying.size === 0
  if (staying >= copies || isAll) sever(state, row, s.holders)
}

const sever = (state: State, row: Row, holders: ReadonlyArray<Peer>): void => {
  row.cutting = undefined
  state.anchors.delete(row)
  // Maybe this alone kept it.
  touch(state, row)
  // What was made from nothing but its own arguments leaves nothing to forget.
  if (row.inputs.length === 0) return
  row.cut = true
  journal(state, "cut", row, undefined, holders.length === 0 ? undefined : `held by ${holders.length}`)
  unlink(state, row)
  for (const client of knowing(state, row)) tellCut(state, client, row)
}

/**
 * The row is given up, or has lost its value: whether it is to be cut is asked anew. A client that asked is still waiting.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stay = (state: State, row: Row, isUnwanted: boolean): void => {
  state.anchors.delete(row)
  if (isUnwanted || row.cutting === "budget") row.cutting = undefined
}

/** Clients remember what the rows they want were made from: those that may remember what is behind this one. */
const knowing = (state: State, row: Row): Iterable<Client> => {
  const all = state.clients.size
  const found = new Set<Client>()
  const seen = new Set([row])
  for (const one of seen) {
    for (let want = one.firstWant; want !== undefined; want = want.next) found.add(want.client)
    if (found.size === all || seen.size > looked) return state.clients.values()
    for (const dependent of one.dependents?.values() ?? none) seen.add(dependent)
  }
  return found
}

/**
 * The client need not remember what the row was made from.
 *
 * @since 0.1.0
 * @category combinators
 */
export const tellCut = (state: State, client: Client, row: Row): void =>
  toClient(state, client, { _tag: "LineageCut", key: row.key, digest: row.digest, want: client.heard })

/**
 * The work of a row that was cut is told once more. Where its value is gone it can be made again; where it is here, nothing
 * behind it need be remembered.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mend = (state: State, client: Client, row: Row, keys: ReadonlyArray<Key>): void => {
  if (row.state._tag === "Stored") return tellCut(state, client, row)
  const inputs: Array<Row> = []
  for (const key of keys) {
    const input = state.rows.get(key)
    if (input === undefined) return tellCut(state, client, row)
    inputs.push(input)
  }
  // A key may by now name what was made from this row.
  if (isBehind(row, inputs)) return tellCut(state, client, row)
  journal(state, "mended", row, client)
  relink(state, row, inputs)
}

const isBehind = (row: Row, inputs: ReadonlyArray<Row>): boolean => {
  const seen = new Set([row])
  for (const one of seen) {
    if (inputs.includes(one)) return true
    for (const dependent of one.dependents?.values() ?? none) seen.add(dependent)
  }
  return false
}

const isArgument = (row: Row): boolean => row.offer !== undefined && row.offer.scatter === undefined

/**
 * @since 0.1.0
 * @category combinators
 */
export const checkpoint = (state: State, event: Extract<Event, { readonly _tag: "Checkpoint" }>): void => {
  for (const key of event.keys) {
    const row = state.rows.get(key)
    if (row === undefined || row.state._tag === "Failed" || isArgument(row)) continue
    if (!row.cut) row.cutting = "asked"
    keep(row)
    touch(state, row)
  }
}
