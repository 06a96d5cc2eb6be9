/**
 * The client's invariants as numbered in `Client`, one checker each.
 *
 * @since 0.1.0
 */
import type { Key } from "../Id.js"
import { statusOf } from "./rows.js"
import { type Inner, inputsOf, isWanted } from "./state.js"

type Checker = (state: Inner) => Iterable<string>

const checkers: Readonly<Record<string, Checker>> = {
  *C1(state) {
    const named = new Map<Key, number>()
    for (const row of state.rows.values()) {
      for (const key of inputsOf(row)) named.set(key, (named.get(key) ?? 0) + 1)
    }
    for (const row of state.rows.values()) {
      const count = named.get(row.key) ?? 0
      if (count !== row.needed) yield `${row.key} is named by ${count}, says ${row.needed}`
      if (!isWanted(row) && count === 0) yield `${row.key} stays for no reason`
    }
    for (const key of named.keys()) if (!state.rows.has(key)) yield `${key} is an input and has no row`
  },
  *C2(state) {
    const wants = new Set<number>()
    for (const row of state.rows.values()) {
      if (!isWanted(row)) continue
      if (row.want <= 0 || row.want > state.lastWant || wants.has(row.want)) yield `${row.key} has want ${row.want}`
      wants.add(row.want)
    }
  },
  *C3(state) {
    for (const { facts, key, settled, status } of state.rows.values()) {
      const right = settled === undefined ?
        (facts === undefined ? "pending" : "finished") :
        settled._tag === "Value"
        ? "finished"
        : statusOf(settled.failure)
      if (status !== right) yield `${key} is ${status}, should be ${right}`
    }
  },
  *C4(state) {
    for (const row of state.rows.values()) {
      if (isWanted(row)) continue
      if (row.settled !== undefined || row.facts !== undefined || row.joined || row.fetch !== undefined) {
        yield `${row.key} is unwanted and not blank`
      }
    }
  },
  *C5(state) {
    if (state.fetching.size > state.config.fetchesMax) yield `${state.fetching.size} fetches`
    for (const [value, { key, stopped }] of state.fetching) {
      if (!stopped && state.rows.get(key)?.fetch?.value !== value) yield `${value} is fetched for nobody`
    }
    for (const row of state.rows.values()) {
      if (row.fetch?.from !== undefined && !state.fetching.has(row.fetch.value)) yield `${row.key} waits for no fetch`
      if (row.fetch !== undefined && !row.joined) yield `${row.key} fetches and nobody joins`
    }
    for (const key of [...state.queue, ...state.retrying]) {
      if (state.rows.get(key)?.fetch === undefined) yield `${key} waits for its turn and is not to be fetched`
    }
  },
  *C6(state) {
    for (const { facts, fetch, joined, key, settled } of state.rows.values()) {
      if (!joined) continue
      if (settled?._tag === "Failure" || settled?.payload !== undefined) {
        yield `${key} keeps joiners waiting for what it has`
      }
      if (facts !== undefined && fetch === undefined) yield `${key} has joiners and facts, and fetches nothing`
    }
  },
  *C7(state) {
    let total = 0
    for (const [key, bytes] of state.cache) {
      total += bytes
      const settled = state.rows.get(key)?.settled
      if (settled?._tag !== "Value" || settled.payload === undefined) yield `${key} is counted and not kept`
    }
    if (total !== state.cached) yield `${state.cached} bytes counted, ${total} there`
    if (state.cached > state.config.cacheBytes) yield `${state.cached} bytes of ${state.config.cacheBytes}`
  },
  *C8(state) {
    if (state.closed && state.rows.size > 0) yield `${state.rows.size} rows after closing`
  }
}

export const check = (state: Inner): ReadonlyArray<string> =>
  Object.entries(checkers).flatMap(([name, checker]) => Array.from(checker(state), (wrong) => `${name}: ${wrong}`))
