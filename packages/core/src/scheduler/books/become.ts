/**
 * The one place where a row changes its state: leave the old, enter the new, keep every index in step.
 *
 * Owns `row.state`, `missing`, `consumers`, the queues, `held`, the counts of groups, the bytes kept here, and what
 * clients are told of it. Why a row changes is `settle`'s and `record`'s business.
 *
 * Invariants:
 *   S1. Only `become` writes `row.state`.
 *   S2. `row.missing` is the number of inputs that are not Stored.
 *   S3. `row.consumers` is the number of dependents that are Waiting, Queued or Assigned.
 *   S4. A row is in the queue of a class exactly while it is Queued, and in that of its class.
 *   S5. A holder's `held` names a row exactly while the row is Stored with that holder.
 *   S6. A group's counts are those of its rows.
 *   S7. An Assigned row's attempt is in the books, in phase Current, and no other attempt is Current for it.
 *   S8. What an Assigned row counts on ahead (`ahead`) is Assigned to the same worker.
 *
 * @since 0.1.0
 */
import type { PeerId } from "../../Id.js"
import type { TaskStored } from "../../Note.js"
import * as Payload from "../../Payload.js"
import { stay } from "../rows/cut.js"
import { Few } from "../rows/few.js"
import { delist, enlist } from "../rows/several.js"
import {
  isActive,
  journal,
  nothingAhead,
  type Peer,
  type Row,
  type RowState,
  type Spread,
  type State,
  type Stored,
  toClient,
  touch,
  waiting,
  type WantOf
} from "../rows/State.js"
import { forgetThief } from "./books.js"
import { dequeue, enqueue } from "./classes.js"

/**
 * @since 0.1.0
 * @category combinators
 */
export const become = (state: State, row: Row, next: RowState): void => {
  const previous = row.state
  leave(state, row, previous, next)
  row.state = next
  row.group.count(previous._tag, -1)
  row.group.count(next._tag, 1)
  const active = isActive(next)
  if (isActive(previous) !== active) {
    const change = active ? 1 : -1
    for (const input of row.inputs) {
      input.consumers += change
      // An input already on its way has nothing to decide when it gains a consumer.
      if (!active || input.state._tag !== "Stored" || input.spared > 0) touch(state, input)
    }
  }
  enter(state, row, next)
  touch(state, row)
}

const leave = (state: State, row: Row, s: RowState, next: RowState): void => {
  switch (s._tag) {
    case "Queued":
      return dequeue(state, row, s.class)
    case "Assigned": {
      for (const input of s.ahead) input.countedOn?.delete(row)
      s.run.ahead = nothingAhead
      forgetThief(s.run)
      if (next._tag === "Stored" && next.attempt === s.run.attempt) return
      return withdraw(state, row)
    }
    case "Stored": {
      for (const holder of s.holders) forgetHeld(row, s, holder)
      delist(state, row)
      stopCopying(state, row, s)
      if (row.spread !== undefined) stopCarrying(state, row, row.spread, s)
      if (s.inline !== undefined) state.inlineBytes -= Payload.bytes(s.inline)
      if (row.spared > 0) state.lineage.unspare(row)
      if (row.cutting !== undefined) stay(state, row, false)
      if (row.dependents === undefined) return
      for (const dependent of row.dependents.values()) {
        dependent.missing++
        if (dependent.state._tag === "Queued") touch(state, dependent)
      }
      return
    }
    default:
      return
  }
}

const enter = (state: State, row: Row, s: RowState): void => {
  switch (s._tag) {
    case "Idle": {
      row.blame = undefined
      return
    }
    case "Queued":
      return enqueue(state, row, s.class)
    case "Assigned": {
      for (const input of s.ahead) (input.countedOn ??= new Few()).add(row)
      return
    }
    case "Stored": {
      for (const holder of s.holders) rememberHeld(row, s, holder)
      if (s.inline !== undefined) state.inlineBytes += Payload.bytes(s.inline)
      if (row.dependents !== undefined) {
        for (const dependent of row.dependents.values()) {
          if (--dependent.missing === 0 && dependent.state._tag === "Waiting") touch(state, dependent)
        }
      }
      if (row.countedOn !== undefined) {
        for (const dependent of row.countedOn.values()) {
          if (dependent.state._tag === "Assigned") dependent.state.ahead.splice(dependent.state.ahead.indexOf(row), 1)
        }
        row.countedOn = undefined
      }
      for (let want = row.firstWant; want !== undefined; want = want.next) tell(state, row, want)
      return
    }
    case "Failed": {
      for (let want = row.firstWant; want !== undefined; want = want.next) tell(state, row, want)
      if (row.dependents === undefined) return
      for (const dependent of row.dependents.values()) {
        if (!isActive(dependent.state)) continue
        dependent.blame = row
        touch(state, dependent)
      }
      return
    }
    default:
      return
  }
}

/** Whoever was assigned ahead of a value that will not be made there leaves too; its worker says so by returning it. */
const withdraw = (state: State, row: Row): void => {
  const counting = row.countedOn
  if (counting === undefined) return
  row.countedOn = undefined
  for (const dependent of counting.values()) {
    if (dependent.state._tag !== "Assigned") continue
    dependent.state.run.phase = "Ending"
    journal(state, "withdrawn", dependent, dependent.state.run.worker, row.key)
    requeue(state, dependent)
  }
}

/**
 * An active row begins again, without letting go of its inputs: through Idle they might be dropped for a moment.
 *
 * @since 0.1.0
 * @category combinators
 */
export const requeue = (state: State, row: Row): void => {
  become(state, row, waiting)
  doom(row)
}

/**
 * Notes a failed input, if there is one: settling will fail the row by it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const doom = (row: Row): void => {
  row.blame ??= row.inputs.find((input) => input.state._tag === "Failed")
}

const stopCopying = (state: State, row: Row, s: Stored): void => {
  row.scattered = false
  if (row.copying === undefined) return
  for (const worker of row.copying) {
    worker.copying.delete(row)
    worker.coming = Math.max(0, worker.coming - s.bytes)
  }
  row.copying = undefined
  state.unscattered.delete(row)
}

/** Whether copies are wanted is remembered; those under way are of a value that is given up. */
const stopCarrying = (state: State, row: Row, spread: Spread, s: Stored): void => {
  for (const worker of spread.carrying.keys()) {
    worker.carrying.delete(row)
    worker.coming = Math.max(0, worker.coming - s.bytes)
  }
  spread.carrying.clear()
  state.uncopied.delete(row)
}

const rememberHeld = (row: Row, s: Stored, holder: Peer): void => {
  holder.held.add(row, s)
  if (holder._tag === "Worker") holder.heldBytes += s.bytes
}

const forgetHeld = (row: Row, s: Stored, holder: Peer): void => {
  if (!holder.held.delete(row, s) || holder._tag === "Client") return
  holder.heldBytes -= s.bytes
  if (holder.onlyHere.size > 0) holder.onlyHere.delete(row)
}

/**
 * One more holder of a stored value.
 *
 * @since 0.1.0
 * @category combinators
 */
export const addHolder = (state: State, row: Row, s: Stored, holder: Peer): void => {
  if (holder.held.has(row)) return
  s.holders = [...s.holders, holder]
  rememberHeld(row, s, holder)
  enlist(state, row)
  // Whether only those that leave have it is found out by settling.
  if (holder._tag === "Worker" && holder.retiring) touch(state, row)
}

/**
 * One holder less; settling decides what follows when it was the last.
 *
 * @since 0.1.0
 * @category combinators
 */
export const removeHolder = (state: State, row: Row, s: Stored, holder: Peer): void => {
  if (!s.holders.includes(holder)) return
  s.holders = s.holders.filter((other) => other !== holder)
  forgetHeld(row, s, holder)
  touch(state, row)
}

/**
 * Tells a client what it does not know yet of the row's value or failure.
 *
 * @since 0.1.0
 * @category combinators
 */
export const tell = (state: State, row: Row, want: WantOf): void => {
  const s = row.state
  if (want.over) return
  if (s._tag === "Stored") {
    if (want.told === s.value || row.copying !== undefined) return
    want.told = s.value
    toClient(state, want.client, storedNote(row, s, want.want))
  } else if (s._tag === "Failed") {
    if (want.told === true) return
    want.told = true
    toClient(state, want.client, { _tag: "TaskNotStored", key: row.key, want: want.want, failure: s.failure })
  }
}

/**
 * @since 0.1.0
 * @category getters
 */
export const idsOf = (peers: ReadonlyArray<Peer>): ReadonlyArray<PeerId> =>
  peers.length === 1 ? peers[0]!.ids : peers.map((peer) => peer.id)

const isSilent = (peer: Peer): boolean => peer._tag === "Worker" && peer.suspect

/** Who is silent is asked last. */
const inTurn = (holders: ReadonlyArray<Peer>): ReadonlyArray<Peer> =>
  holders.length > 1 && holders.some(isSilent)
    ? [...holders.filter((one) => !isSilent(one)), ...holders.filter(isSilent)]
    : holders

/**
 * @since 0.1.0
 * @category constructors
 */
export const storedNote = (row: Row, s: Stored, want: number): TaskStored => ({
  _tag: "TaskStored",
  key: row.key,
  want,
  value: s.value,
  digest: row.digest,
  bytes: s.bytes,
  type: s.type,
  holders: idsOf(inTurn(s.holders)),
  inline: s.inline
})
