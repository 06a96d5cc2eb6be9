/**
 * What was decided, newest last: a ring of small entries, readable by cursor and by the key or peer they speak of.
 *
 * Owns the entries and their numbers. What is worth writing down is the machines' business. Writing one costs a few
 * fields; reading a story scans the ring, which only people and failing tests do.
 *
 * Invariants:
 *   J1. Entries are numbered from 0 without a gap; the ring holds the newest `capacity` of them.
 *
 * @since 0.1.0
 */

import * as Id from "./Id.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** Milliseconds since the epoch, as the step was told. */
  readonly at: number
  /** The key it speaks of, if it speaks of one. */
  readonly key: string | undefined
  /** The worker or client it speaks of, if any. */
  readonly peer: string | undefined
  /** A fixed word or two: `assigned`, `stored`, `failed`. */
  readonly what: string
  /** What else a reader needs: a number or a text, or nothing. */
  readonly detail: string | number | undefined
  /** How long the attempt ran that made what it speaks of, in milliseconds. */
  readonly millis: number | undefined
}

/** An entry as it stands in the ring: no time is `NaN`, so that a time is a number always, and is written over in place too. */
type Written = { -readonly [K in keyof Entry]: K extends "millis" ? number : Entry[K] }

/**
 * @since 0.1.0
 * @category models
 */
export interface Journal {
  readonly capacity: number
  /** Entries are written over in place: making one for each fact would keep the collector of garbage busy. */
  readonly ring: Array<Written>
  /** The number the next entry gets. */
  next: number
}

/**
 * An empty journal that keeps the newest `capacity` entries (at least one).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (capacity: number): Journal => ({ capacity: Math.max(1, capacity), ring: [], next: 0 })

/**
 * Writes one entry, over the oldest when the ring is full.
 *
 * @since 0.1.0
 * @category combinators
 */
export const write = (
  journal: Journal,
  at: number,
  what: string,
  key: string | undefined,
  peer: string | undefined,
  detail?: string | number | undefined,
  millis: number = NaN
): void => {
  if (journal.ring.length < journal.capacity) journal.ring.push({ at, key, peer, what, detail, millis })
  else {
    const entry = journal.ring[journal.next % journal.capacity]!
    entry.at = at
    entry.key = key
    entry.peer = peer
    entry.what = what
    entry.detail = detail
    entry.millis = millis
  }
  journal.next++
}

/**
 * The entries from `cursor` on (at most `limit`), where to go on reading, and how many a slow reader has missed. `wanted`: those with
 * such a word alone; the others are passed over without being copied.
 *
 * @since 0.1.0
 * @category getters
 */
export const read = (
  journal: Journal,
  cursor: number,
  limit: number = Number.POSITIVE_INFINITY,
  wanted?: (what: string) => boolean
): { readonly entries: ReadonlyArray<Entry>; readonly cursor: number; readonly missed: number } => {
  const oldest = Math.max(0, journal.next - journal.capacity)
  const from = Math.max(cursor, oldest)
  const to = Math.min(journal.next, from + limit)
  const entries: Array<Entry> = []
  for (let n = from; n < to; n++) {
    const entry = journal.ring[n % journal.capacity]!
    if (wanted !== undefined && !wanted(entry.what)) continue
    entries.push({ ...entry, millis: Number.isNaN(entry.millis) ? undefined : entry.millis })
  }
  return { entries, cursor: Math.max(to, from), missed: Math.max(0, oldest - cursor) }
}

/**
 * All that the ring still has about one key or peer, oldest first.
 *
 * @since 0.1.0
 * @category getters
 */
export const story = (journal: Journal, about: string): ReadonlyArray<Entry> =>
  read(journal, 0).entries.filter((entry) => entry.key === about || entry.peer === about)

/**
 * An entry as one line of text.
 *
 * @since 0.1.0
 * @category getters
 */
export const format = (entry: Entry): string =>
  [entry.at, entry.what, entry.key, entry.peer, entry.detail].filter((part) => part !== undefined).join(" ")

/** What is written beside a word as an attempt, and as a peer. */
const ofAttempts: ReadonlySet<string> = new Set(["assigned", "stored", "vanished", "taken over"])
const ofPeers: ReadonlySet<string> = new Set(["copy asked", "move asked", "copied", "moved"])

/**
 * What the scheduler wrote beside an entry's word, as people read it, with peers by the names that they have.
 *
 * @since 0.1.0
 * @category getters
 */
export const sentence = (
  { detail, key, peer, what }: Entry,
  nameOf: (peer: string) => string
): string => {
  if (detail === undefined) return ""
  if (typeof detail === "number") {
    if (ofAttempts.has(what)) return `attempt ${Id.formatAttempt(detail)}`
    if (what === "suspect") return `silent for ${Math.round(detail)} ms`
    if (what === "retried") return detail === 1 ? "failed once" : `failed ${detail} times`
    if (what === "copies lacking") return `${detail} wanted`
    return String(detail)
  }
  if (ofPeers.has(what)) return `from ${nameOf(detail)}`
  if (what === "refused") return `a value nobody waits for: ${detail}`
  if (what === "recalled") return `for ${nameOf(detail)}`
  if (what === "withdrawn") return `behind ${detail}`
  // Joined under its name, which stands there already.
  if (what === "joined" && key === undefined && peer !== undefined && nameOf(peer) === detail) return ""
  if (what === "fetch failed") {
    const at = detail.indexOf(" ")
    return at < 0 ? detail : `${detail.slice(0, at)} ${nameOf(detail.slice(at + 1))}`
  }
  return detail
}
