/** Decisions of the scheduler as a person reads them: which are bad news, and what their numbers mean. */
import * as Journal from "@creel/core/Journal"
import type { Entry } from "./glance.js"
import type { Event } from "./store.js"

const bad: ReadonlySet<string> = new Set(["failed", "died", "worker lost", "lost", "vanished"])

const warn: ReadonlySet<string> = new Set([
  "retried",
  "suspect",
  "client lost",
  "fetch failed",
  "cancelled",
  "returned",
  "restart",
  "cut",
  "to be cut",
  "replaced",
  "copies lacking",
  "copy refused",
  "refused"
])

const good: ReadonlySet<string> = new Set(["joined", "heard again", "mended", "stays"])

export const toneOf = (what: string): Event["tone"] =>
  bad.has(what) ? "bad" : warn.has(what) ? "warn" : good.has(what) ? "good" : "plain"

/** A failure of the task's own is no news beside the word. */
const sentence = (entry: Entry, nameOf: (peer: string) => string): string | undefined => {
  // A worker joins under its name.
  if (entry.what === "joined") return entry.detail === undefined ? "a client" : "a worker"
  const text = Journal.sentence(entry, nameOf)
  return text === "" || text.toLowerCase() === entry.what ? undefined : text
}

export const eventOf = (entry: Entry, nameOf: (peer: string) => string): Event => ({
  at: entry.at,
  what: entry.what,
  tone: toneOf(entry.what),
  key: entry.key,
  peer: entry.peer === undefined ? undefined : nameOf(entry.peer),
  detail: sentence(entry, nameOf)
})
