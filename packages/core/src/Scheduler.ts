/**
 * The scheduler machine: told what happened, it says what is to be done. Same events and same times, same commands.
 *
 * Owns the door (`step`), the order of record, settle and plan within it, and the clock it is told. It cannot await,
 * read a clock, roll dice or touch a socket. What a row is and where it belongs stands in `scheduler/`; what is best
 * in `policy/`.
 *
 * Invariants (those of the parts are numbered there, and all are verified by `check`):
 *   Z1. `step` alone changes the state.
 *   Z2. Once `more` is false, nothing is left to record, settle or place.
 *
 * @since 0.1.0
 */
import type { PeerId } from "./Id.js"
import * as Journal from "./Journal.js"
import { letIn } from "./scheduler/books/apart.js"
import { move } from "./scheduler/books/books.js"
import { place } from "./scheduler/books/classes.js"
import { plan } from "./scheduler/plan/plan.js"
import { review } from "./scheduler/plan/stuck.js"
import { cancelAll } from "./scheduler/record/cancel.js"
import { recordClient } from "./scheduler/record/client.js"
import { missing } from "./scheduler/record/deaths.js"
import { hear, joinClient, joinWorker, lease, loseClient, loseWorker, silence } from "./scheduler/record/peers.js"
import * as Recover from "./scheduler/record/recover.js"
import { restart } from "./scheduler/record/restart.js"
import { recordWorker } from "./scheduler/record/worker.js"
import { checkpoint } from "./scheduler/rows/cut.js"
import type { Command, Event, State, Worker } from "./scheduler/rows/State.js"
import { posted, touch } from "./scheduler/rows/State.js"
import { unwatched, watched } from "./scheduler/rows/watched.js"
import { rebalance, release, replicate, retire } from "./scheduler/settle/copies.js"
import { reduce } from "./scheduler/settle/reduce.js"
import { settle } from "./scheduler/settle/settle.js"
import { expire } from "./scheduler/settle/unclaimed.js"

export {
  /**
   * Whether an attempt, or one that submitted it, runs on the worker of this name or id.
   *
   * @since 0.1.0
   * @category getters
   */
  runsOn
} from "./scheduler/record/circles.js"

export {
  /**
   * A scheduler's state before its first step.
   *
   * @since 0.1.0
   * @category constructors
   */
  make
} from "./scheduler/rows/State.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Command,
  /**
   * @since 0.1.0
   * @category models
   */
  Config,
  /**
   * @since 0.1.0
   * @category models
   */
  Event,
  /**
   * @since 0.1.0
   * @category models
   */
  State
} from "./scheduler/rows/State.js"

export type {
  /**
   * What is decided about copies, as pure functions that a cluster may be given others of.
   *
   * @since 0.1.0
   * @category models
   */
  Policies
} from "./scheduler/config.js"

/**
 * Applies the events in their order, drives every touched row to where it belongs, gives out work, and says what is to
 * be done. `now` is in milliseconds and never goes back (an earlier one counts as the latest).
 *
 * @since 0.1.0
 * @category combinators
 */
export const step = (state: State, events: ReadonlyArray<Event>, now: number): Array<Command> => {
  const overdue = state.due.peek()?.at
  if (state.now > 0 && overdue !== undefined && now - overdue > state.config.stallAfter && now > state.now) {
    state.deaf = now
  }
  state.now = Math.max(state.now, now)
  state.life.began ??= now
  state.spent = 0
  state.out = []
  state.inbox = state.inbox.length > 0 ? [...state.inbox, ...events] : events
  drain(state)
  if (state.inboxAt >= state.inbox.length) {
    state.inbox = none
    state.inboxAt = 0
    if (!isSettling(state)) duties(state)
  }
  // What is left stays for the next step; the array may be the caller's.
  state.inbox = state.inboxAt < state.inbox.length ? state.inbox.slice(state.inboxAt) : none
  state.inboxAt = 0
  if (!isSettling(state)) {
    plan(state)
    if (state.retiring > 0 && state.inbox.length === 0) release(state)
  }
  return posted(state)
}

const none: ReadonlyArray<never> = []

const isSettling = (state: State): boolean => state.dirty.size > 0

const drain = (state: State): void => {
  settle(state)
  while (state.inboxAt < state.inbox.length && !isSettling(state)) {
    const event = state.inbox[state.inboxAt++]!
    if (state.recovering !== undefined) Recover.hold(state.recovering, event)
    else record(state, event)
    if (Recover.isOver(state)) recover(state)
    settle(state)
  }
}

const recover = (state: State): void => {
  const { after, told } = Recover.replay(state)
  // Everybody is heard before anything is settled: a value or an attempt must not be made twice for want of patience.
  for (const event of told) record(state, event)
  // What took the life before along is among what was there, and may not have been heard of.
  state.warySeq = state.seq
  missing(state)
  state.preferred = undefined
  state.inbox = [...after, ...state.inbox.slice(state.inboxAt)]
  state.inboxAt = 0
}

const record = (state: State, event: Event): void => {
  switch (event._tag) {
    case "FromWorker": {
      const known = state.workers.get(event.worker)
      const { note } = event
      let worker = known
      if (worker === undefined) {
        if (note._tag !== "WorkerTold") {
          if (note._tag !== "WorkerLeft") forget(state, event.worker, "its session is not known here: tell again")
          return
        }
        worker = joinWorker(state, event.worker, note.info)
      }
      hear(state, worker)
      recordWorker(state, worker, note)
      if (note._tag === "WorkerLeft") {
        loseWorker(state, worker, "it left", true)
        forget(state, worker.id, "it left")
      }
      return
    }
    case "FromClient": {
      const known = state.clients.get(event.client)
      const { note } = event
      if (known === undefined && note._tag !== "ClientTold") {
        if (note._tag !== "ClientLeft") forget(state, event.client, "its session is not known here: tell again")
        return
      }
      const client = known ?? joinClient(state, event.client)
      client.down = undefined
      recordClient(state, client, note)
      if (note._tag === "ClientLeft") {
        loseClient(state, client, "it left")
        forget(state, client.id, "it left")
      }
      return
    }
    case "PeerLost":
      return lost(state, event.peer, event.detail, event.expected)
    case "LinkDown": {
      const client = state.clients.get(event.peer)
      if (client !== undefined) lease(state, client)
      return
    }
    case "LinkUp": {
      const client = state.clients.get(event.peer)
      if (client !== undefined) client.down = undefined
      const worker = state.workers.get(event.peer)
      if (worker !== undefined) hear(state, worker)
      return
    }
    case "Restart":
      return restart(state, event.by)
    case "CancelAll":
      return cancelAll(state, event)
    case "Replicate":
      return replicate(state, event)
    case "Retire":
      return retire(state, event)
    case "Rebalance":
      return rebalance(state, event)
    case "Checkpoint":
      return checkpoint(state, event)
    case "Watched":
      return watched(state)
    case "Scaled":
      return Journal.write(state.journal, state.now, "scaled", undefined, event.node, event.detail)
    case "Tick":
      return
  }
}

const forget = (state: State, peer: PeerId, why: string): void => {
  state.out.push({ _tag: "Forget", peer, why })
}

const lost = (state: State, peer: PeerId, detail: string, expected: boolean): void => {
  const worker = state.workers.get(peer)
  if (worker !== undefined) loseWorker(state, worker, detail, expected)
  const client = state.clients.get(peer)
  if (client !== undefined) loseClient(state, client, detail)
  // Known or not: what it said last may still be on its way, and must not bring it back.
  forget(state, peer, detail)
}

/** What is due by now. */
const duties = (state: State): void => {
  for (
    let due = state.due.peek();
    due !== undefined && due.at <= state.now && !isSettling(state);
    due = state.due.peek()
  ) {
    state.due.pop()
    switch (due._tag) {
      case "Silence": {
        if (silence(state, due.worker)) {
          const detail = `it was silent for ${Math.round((state.now - due.worker.heard) / 1000)} s`
          lost(state, due.worker.id, detail, false)
        }
        break
      }
      case "Lease": {
        const { client } = due
        if (client.gone || client.down === undefined) break
        const end = Math.max(client.down, state.deaf) + state.config.clientLease
        if (end <= state.now) lost(state, client.id, "its lease is over", true)
        else state.due.push({ place: -1, _tag: "Lease", at: end, seq: state.seq++, client })
        break
      }
      case "Retry": {
        touch(state, due.row)
        break
      }
      case "Stuck": {
        review(state, due.class)
        break
      }
      case "Apart": {
        if (letIn(due.run)) move(state, due.run.worker, true)
        break
      }
      case "Recovered": {
        if (Recover.isOver(state)) {
          recover(state)
          settle(state)
          drain(state)
        }
        break
      }
      case "Unclaimed": {
        expire(state)
        break
      }
      case "Reachable": {
        reachable(state, due.worker)
        break
      }
      case "Copies": {
        if (due.at === state.several.at) reduce(state)
        break
      }
      case "Unwatched": {
        unwatched(state)
        break
      }
    }
    settle(state)
  }
}

const reachable = (state: State, worker: Worker): void => {
  const cut = worker.unreachable
  if (cut === undefined) return
  const before = cut.size
  for (const [peer, until] of cut) if (until <= state.now) cut.delete(peer)
  if (cut.size === before || worker.gone) return
  if (cut.size === 0) {
    worker.unreachable = undefined
    state.unreachable--
  }
  place(state, worker)
}

/**
 * When the next duty falls due, in milliseconds: the driver steps with a `Tick` then at the latest.
 *
 * @since 0.1.0
 * @category getters
 */
export const nextDeadline = (state: State): number | undefined => state.due.peek()?.at

/**
 * Whether the last step was cut: step again, with new events or none.
 *
 * @since 0.1.0
 * @category guards
 */
export const more = (state: State): boolean =>
  state.inboxAt < state.inbox.length || state.dirty.size > 0 || state.unplanned || state.moved.size > 0 ||
  state.search !== undefined

export {
  /**
   * Every broken invariant, with the story of the row or peer it is about; empty where all hold. It visits everything
   * and is for tests.
   *
   * @since 0.1.0
   * @category guards
   */
  check
} from "./scheduler/invariants.js"

export {
  /**
   * Why a key is where it is, for a person and for programs.
   *
   * @since 0.1.0
   * @category getters
   */
  explain
} from "./scheduler/ask/explain.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Explanation
} from "./scheduler/ask/explain.js"

export {
  /**
   * How far what was asked by `Replicate` has come, and what by `Rebalance`.
   *
   * @since 0.1.0
   * @category getters
   */
  copiesOf,
  /**
   * Values that are on their way to their place, after `Rebalance`.
   *
   * @since 0.1.0
   * @category getters
   */
  moving,
  /**
   * How far a worker is that is to leave.
   *
   * @since 0.1.0
   * @category getters
   */
  retiringOf
} from "./scheduler/settle/copies.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  CopiesOf,
  /**
   * @since 0.1.0
   * @category models
   */
  RetiringOf
} from "./scheduler/settle/copies.js"

export {
  /**
   * What each worker holds.
   *
   * @since 0.1.0
   * @category getters
   */
  heldOnWorkers,
  /**
   * What workers hold by group, and the largest values.
   *
   * @since 0.1.0
   * @category getters
   */
  heldValues,
  /**
   * Why a key is known, and its value held.
   *
   * @since 0.1.0
   * @category getters
   */
  whyHeld,
  /**
   * What would go if a client released some keys.
   *
   * @since 0.1.0
   * @category getters
   */
  wouldFree
} from "./scheduler/ask/holding.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  HeldOfGroup,
  /**
   * @since 0.1.0
   * @category models
   */
  HeldOnWorker,
  /**
   * @since 0.1.0
   * @category models
   */
  HeldValue,
  /**
   * @since 0.1.0
   * @category models
   */
  Some,
  /**
   * @since 0.1.0
   * @category models
   */
  WhyHeld,
  /**
   * @since 0.1.0
   * @category models
   */
  WouldFree
} from "./scheduler/ask/holding.js"

export {
  /**
   * How much there is to do for the workers of a node.
   *
   * @since 0.1.0
   * @category getters
   */
  demand
} from "./scheduler/plan/demand.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Demand,
  /**
   * @since 0.1.0
   * @category models
   */
  DemandOfWorker
} from "./scheduler/plan/demand.js"

export {
  /**
   * How much there is of everything.
   *
   * @since 0.1.0
   * @category getters
   */
  counts,
  /**
   * The keys each worker holds.
   *
   * @since 0.1.0
   * @category getters
   */
  hasWhat,
  /**
   * Bytes of each stored value.
   *
   * @since 0.1.0
   * @category getters
   */
  nbytes,
  /**
   * How far the groups, or some keys, have come.
   *
   * @since 0.1.0
   * @category getters
   */
  progress,
  /**
   * Journal entries from a cursor on.
   *
   * @since 0.1.0
   * @category getters
   */
  readJournal,
  /**
   * What the journal still has about a key or a peer.
   *
   * @since 0.1.0
   * @category getters
   */
  story,
  /**
   * Who holds each key.
   *
   * @since 0.1.0
   * @category getters
   */
  whoHas,
  /**
   * All workers as the scheduler sees them.
   *
   * @since 0.1.0
   * @category getters
   */
  workers
} from "./scheduler/ask/questions.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  GroupProgress,
  /**
   * @since 0.1.0
   * @category models
   */
  WorkerView
} from "./scheduler/ask/questions.js"

export {
  /**
   * What lookers-on see at a glance.
   *
   * @since 0.1.0
   * @category getters
   */
  glance,
  /**
   * Rows and what they need.
   *
   * @since 0.1.0
   * @category getters
   */
  graph,
  /**
   * All that is known of one key.
   *
   * @since 0.1.0
   * @category getters
   */
  rowOf
} from "./scheduler/ask/observe.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Glance,
  /**
   * @since 0.1.0
   * @category models
   */
  GlanceOptions,
  /**
   * @since 0.1.0
   * @category models
   */
  GraphView,
  /**
   * @since 0.1.0
   * @category models
   */
  GroupView,
  /**
   * @since 0.1.0
   * @category models
   */
  RowView,
  /**
   * @since 0.1.0
   * @category models
   */
  RunningNow
} from "./scheduler/ask/observe.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  ActivityBatch,
  /**
   * @since 0.1.0
   * @category models
   */
  FailureSeen
} from "./scheduler/rows/watched.js"

export {
  /**
   * How keys are made: their specs, and those of all they need.
   *
   * @since 0.1.0
   * @category getters
   */
  howMade
} from "./scheduler/record/howMade.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  HowMade
} from "./scheduler/record/howMade.js"
