/**
 * A new life of the scheduler: everybody is heard before anything is decided.
 *
 * Owns what was told meanwhile, and the choice between several values and several attempts of one key. Until all
 * expected peers have told, are lost, or the time is over, nothing is started, dropped, cancelled or declared lost.
 *
 * Invariants:
 *   A1. While recovering there are no rows and no commands.
 *   A2. Of several values of a key the one a client was told of is kept, else the oldest; of several attempts the
 *       oldest.
 *
 * @since 0.1.0
 */
import type { Attempt, PeerId, ValueId } from "../../Id.js"
import type { ClientTold, WorkerTold } from "../../Note.js"
import type { Event, Recovering, State } from "../rows/State.js"

const peerOf = (event: Event): PeerId | undefined => {
  switch (event._tag) {
    case "FromClient":
      return event.client
    case "FromWorker":
      return event.worker
    case "PeerLost":
    case "LinkDown":
    case "LinkUp":
      return event.peer
    default:
      return undefined
  }
}

/**
 * Keeps an event for the end of the recovery.
 *
 * @since 0.1.0
 * @category combinators
 */
export const hold = (recovering: Recovering, event: Event): void => {
  const peer = peerOf(event)
  if (peer === undefined) {
    if (event._tag !== "Tick" && event._tag !== "Watched") recovering.others.push(event)
    return
  }
  const tells = (event._tag === "FromClient" && event.note._tag === "ClientTold") ||
    (event._tag === "FromWorker" && event.note._tag === "WorkerTold")
  if (tells) {
    recovering.told.set(peer, [event])
    recovering.expect.delete(peer)
    return
  }
  if (event._tag === "PeerLost") recovering.expect.delete(peer)
  const list = recovering.told.get(peer)
  // What is said of a connection before its session begins is no news of that session.
  const isEarly = event._tag === "PeerLost" || event._tag === "LinkDown" || event._tag === "LinkUp"
  if (list !== undefined) list.push(event)
  else if (!isEarly) recovering.others.push(event)
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isOver = (state: State): boolean => {
  const { recovering } = state
  return recovering !== undefined && (recovering.expect.size === 0 || state.now >= recovering.until)
}

/**
 * Ends the recovery: what was told, in the order in which it is to be recorded before anything is settled, and what
 * came after.
 *
 * @since 0.1.0
 * @category combinators
 */
export const replay = (state: State): { readonly told: ReadonlyArray<Event>; readonly after: ReadonlyArray<Event> } => {
  const recovering = state.recovering!
  state.recovering = undefined
  state.unclaimedUntil = state.now + state.config.clientLease
  state.due.push({ place: -1, _tag: "Unclaimed", at: state.unclaimedUntil, seq: state.seq++ })
  const clients: Array<Event> = []
  const workers: Array<Event> = []
  const after: Array<Event> = []
  for (const [first, ...rest] of recovering.told.values()) {
    if (first!._tag === "FromClient") clients.push(first!)
    else workers.push(first!)
    after.push(...rest)
  }
  after.push(...recovering.others)
  state.preferred = prefer(clients, workers)
  return { told: [...clients, ...workers], after }
}

const prefer = (clients: ReadonlyArray<Event>, workers: ReadonlyArray<Event>): State["preferred"] => {
  const told = new Set<ValueId>()
  for (const event of clients) {
    const note = (event as { readonly note: ClientTold }).note
    for (const want of note.wants) if (want.told !== undefined && "value" in want.told) told.add(want.told.value)
  }
  const values = new Map<string, ValueId>()
  const ages = new Map<string, number>()
  const attempts = new Map<string, Attempt>()
  for (const event of workers) {
    const note = (event as { readonly note: WorkerTold }).note
    for (const value of note.values) {
      const name = `${value.digest} ${value.key}`
      const age = told.has(value.value) ? -1 : value.attempt ?? 0
      if (age >= (ages.get(name) ?? Number.POSITIVE_INFINITY)) continue
      ages.set(name, age)
      values.set(name, value.value)
    }
    for (const job of note.jobs) {
      if (job.cancelled) continue
      const name = `${job.spec.digest} ${job.spec.key}`
      if (job.attempt < (attempts.get(name) ?? Number.POSITIVE_INFINITY)) attempts.set(name, job.attempt)
    }
  }
  return { values, attempts }
}
