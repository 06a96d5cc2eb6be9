/**
 * Values here and on their way here. Where their bytes sleep is the Store's business.
 *
 * @since 0.1.0
 */
import { type Attempt, makerNumberIn, numberOf } from "../Id.js"
import type * as Note from "../Note.js"
import * as Payload from "../Payload.js"
import { madeAhead } from "./behind.js"
import * as Few from "./few.js"
// house: jobs that end let go of values, and values that are lost give jobs back
import { giveBack, inputHere } from "./jobs.js"
import * as Memory from "./memory.js"
import {
  absent,
  bump,
  type Context,
  type Event,
  held,
  type Inner,
  type Job,
  makerOf,
  type Order,
  type Outcome,
  Replica,
  tell
} from "./state.js"

type MadeValue = Extract<Outcome, { readonly _tag: "Value" }>

type Named = Pick<Note.Input, "key" | "value" | "digest" | "bytes" | "inline">

const blank = ({ bytes, digest, inline, key, value }: Named, state: Replica["state"]): Replica =>
  new Replica(key, value, digest, bytes, inline, state, makerNumberIn(value))

/** A job counts on this input. Answers why it cannot, if so. */
export const countOn = (context: Context, job: Job, input: Note.Input): Note.TaskReturned["why"] | undefined => {
  const { state } = context
  const known = state.replicas.get(input.value)
  if (known !== undefined) {
    known.jobs = Few.plus(known.jobs, job)
    if (Memory.isHere(known)) return undefined
    job.missing += 1
    moreHolders(context, known, input.holders, job.order)
    return undefined
  }
  const maker = makerOf(state, input.value)
  if (maker !== undefined) {
    maker.followers = Few.plus(maker.followers, job)
    job.makers = Few.plus(job.makers, maker)
    job.missing += 1
    return undefined
  }
  if (input.ahead) return "input withdrawn"
  if (input.inline !== undefined) {
    // Nobody is told of it, so it goes with the last job that needs it.
    const replica = blank(input, held)
    replica.jobs = job
    state.replicas.add(replica)
    isHeld(state, replica, 0)
    return undefined
  }
  const wanted = want(context, input, job.order)
  if (wanted === undefined) return "unfetchable"
  wanted.jobs = job
  job.missing += 1
  return undefined
}

/** Begins to want a value that is not here; nothing where nobody could have it. */
const want = (
  context: Context,
  input: Named & Pick<Note.Input, "holders">,
  order: Order
): Replica | undefined => {
  const { state } = context
  const holders = input.holders.filter((holder) => holder !== state.id)
  if (holders.length < input.holders.length || holders.length === 0) {
    // It is believed to be here, or nowhere.
    tell(context, { _tag: "FetchFailed", key: input.key, value: input.value, holder: state.id, why: "gone" })
  }
  if (holders.length === 0) return undefined
  const replica = blank(input, { _tag: "Wanted", holders })
  state.replicas.add(replica)
  enqueue(context, replica, order)
  return replica
}

/** `room`: so much of memory was set aside for it. */
const isHeld = (state: Inner, replica: Replica, room: number): void => {
  state.heldBytes += replica.bytes
  Memory.arrived(state, replica, room)
}

const enqueue = ({ state }: Context, replica: Replica, order: Order): void => state.wanted.push({ order, replica })

const moreHolders = (context: Context, replica: Replica, holders: ReadonlyArray<string>, order: Order): void => {
  if (replica.state._tag !== "Wanted" && replica.state._tag !== "Fetching") return
  for (const holder of holders) {
    const known = replica.state.holders.includes(holder) || holder === context.state.id ||
      (replica.state._tag === "Fetching" && replica.state.from === holder)
    if (!known) replica.state.holders.push(holder)
  }
  if (replica.state._tag === "Wanted") enqueue(context, replica, order)
}

/** `attempt`: which made it, if one here did. */
const announce = (
  context: Context,
  replica: Replica,
  attempt: Attempt | undefined,
  millis: number = replica.millis
): void => {
  const { bytes, digest, how, inline, key, type, value } = replica
  replica.told = true
  tell(context, { _tag: "ValueHeld", key, value, attempt, digest, bytes, type, how, millis, inline })
}

/** An attempt here made its value. */
export const made = (context: Context, job: Job, outcome: MadeValue, millis: number): void => {
  const { state } = context
  const { bytes, type } = outcome
  const inline = outcome.inline !== undefined && Payload.isInline(outcome.inline) ? outcome.inline : undefined
  const replica = new Replica(job.spec.key, job.value, job.spec.digest, bytes, inline, held, numberOf(job.attempt))
  replica.type = type
  replica.millis = millis
  replica.how = "computed"
  replica.jobs = job.followers
  state.replicas.add(replica)
  Memory.madeFor(state, replica)
  isHeld(state, replica, 0)
  announce(context, replica, job.attempt, millis)
  if (job.followers === undefined) return
  const followers = Few.members(job.followers)
  for (const follower of followers) follower.makers = Few.minus(follower.makers, job)
  madeAhead(followers)
  Memory.allMade(context, followers)
  inputHere(context, followers)
}

/** The scheduler asks for a copy. */
export const asked = (context: Context, note: Note.FetchValue): void => {
  const { state } = context
  if (state.left || makerOf(state, note.value) !== undefined) return
  const known = state.replicas.get(note.value)
  const order: Order = [0, 0, 0]
  if (known !== undefined) {
    known.asked = true
    if (known.state._tag !== "Held") {
      known.how = note.how
      return moreHolders(context, known, note.holders, order)
    }
    if (!known.told) announce(context, known, undefined)
    return
  }
  if (note.inline !== undefined) {
    const replica = blank(note, held)
    replica.asked = true
    replica.how = note.how
    state.replicas.add(replica)
    isHeld(state, replica, 0)
    return announce(context, replica, undefined)
  }
  const wanted = want(context, note, order)
  if (wanted === undefined) return
  wanted.asked = true
  wanted.how = note.how
}

export const fetchEnded = (context: Context, event: Extract<Event, { _tag: "FetchEnded" }>): void => {
  const { now, out, state } = context
  const replica = state.replicas.get(event.value)
  if (replica?.state._tag !== "Fetching" || replica.state.from !== event.from) return
  const { holders, since, stopped } = replica.state
  state.fetches -= 1
  state.fetchingBytes -= replica.bytes
  bump(state.fetchesFrom, event.from, -1)
  const needed = replica.isNeeded
  const room = event.ok || !needed || replica.pins === 0 ? Memory.settle(state, replica) : 0
  if (event.ok) {
    if (!needed) {
      takeOut(state, replica)
      out.push({ _tag: "Drop", value: event.value, isStored: true })
      return
    }
    replica.state = held
    replica.bytes = event.bytes ?? replica.bytes
    replica.millis = now - since
    isHeld(state, replica, room)
    announce(context, replica, undefined)
    return inputHere(context, Few.members(replica.jobs))
  }
  // A fetch that was stopped says nothing about its holder: if the value is needed again, it is asked again.
  if (stopped) holders.unshift(event.from)
  else {
    const why = event.why ?? "unreachable"
    tell(context, { _tag: "FetchFailed", key: replica.key, value: event.value, holder: event.from, why })
  }
  if (!needed) return takeOut(state, replica)
  replica.state = { _tag: "Wanted", holders }
  if (holders.length === 0) return lose(context, replica)
  enqueue(context, replica, Few.members(replica.jobs)[0]?.order ?? [0, 0, 0])
}

/** Nobody here needs it any more: fetching stops, and what the scheduler does not know of goes. */
export const letGo = (context: Context, replica: Replica): void => {
  const { out, state } = context
  if (replica.isNeeded) return
  switch (replica.state._tag) {
    case "Wanted":
      return takeOut(state, replica)
    case "Fetching":
      if (replica.state.stopped) return
      replica.state = { ...replica.state, stopped: true }
      out.push({ _tag: "StopFetch", value: replica.value })
      return
    case "Held":
      if (!replica.told) drop(context, replica)
  }
}

const drop = (context: Context, replica: Replica): void => {
  forget(context, replica)
  const isStored = replica.inline === undefined || replica.turn > 0
  context.out.push({ _tag: "Drop", value: replica.value, isStored })
}

/** From here on the row says of itself that it is none. */
const takeOut = ({ replicas }: Inner, replica: Replica): void => {
  replicas.remove(replica)
  replica.state = absent
}

const forget = ({ state }: Context, replica: Replica): void => {
  if (replica.state._tag !== "Held") return
  takeOut(state, replica)
  state.heldBytes -= replica.bytes
  Memory.departed(state, replica)
}

/** The value is not coming, or not staying: jobs that have not begun go back; those that run have it already. */
export const lose = (context: Context, replica: Replica): void => {
  replica.asked = false
  for (const job of Few.members(replica.jobs)) {
    if (job.state._tag === "Gathering" || job.state._tag === "Ready") giveBack(context, job, "unfetchable")
  }
  replica.jobs = undefined
  replica.pins = 0
  letGo(context, replica)
}

export const dropped = (context: Context, value: string): void => {
  const replica = context.state.replicas.get(value)
  if (replica === undefined) return
  lose(context, replica)
  if (replica.state._tag === "Held") drop(context, replica)
}

export const gone = (context: Context, value: string): void => {
  const replica = context.state.replicas.get(value)
  if (replica?.state._tag !== "Held") return
  if (replica.told) tell(context, { _tag: "ValueGone", key: replica.key, value })
  replica.told = true // so that giving its jobs back does not drop what is no longer there
  lose(context, replica)
  forget(context, replica)
}

/** Starts fetches, in order of the jobs that wait, as many as the limits allow. */
export const startFetches = (context: Context): void => {
  const { now, out, state } = context
  const { fetchBytesMax, fetchesMax, fetchesPerHolder } = state.config
  const later = []
  // Values whose holders are all busy are passed over, but not so many that a step gets long.
  while (state.fetches < fetchesMax && later.length < 64) {
    const entry = state.wanted.pop()
    if (entry === undefined) break
    const { replica } = entry
    if (replica.state._tag !== "Wanted") continue
    const may = Memory.mayFetch(state, replica)
    if (may === "no") continue
    if (may === "not yet") {
      later.push(entry)
      continue
    }
    const { holders } = replica.state
    const i = holders.findIndex((holder) => (state.fetchesFrom.get(holder) ?? 0) < fetchesPerHolder)
    if (i < 0 || (state.fetches > 0 && state.fetchingBytes + replica.bytes > fetchBytesMax)) {
      later.push(entry)
      continue
    }
    const from = holders[i]!
    holders.splice(i, 1)
    replica.state = { _tag: "Fetching", from, since: now, holders, stopped: false }
    Memory.coming(state, replica)
    state.fetches += 1
    state.fetchingBytes += replica.bytes
    bump(state.fetchesFrom, from, 1)
    out.push({ _tag: "Fetch", key: replica.key, value: replica.value, from, bytes: replica.bytes })
  }
  for (const entry of later) state.wanted.push(entry)
  state.wanted.compact(state.replicas.size, ({ replica }) => replica.state._tag === "Wanted")
}
