/**
 * The worker's memory: which values are spilled and loaded, and for which jobs room is set aside. Decisions alone: the
 * bytes are the Store's, and spilling and loading are done by the hands.
 *
 * A job begins with all its inputs in memory. Room for all of them is set aside at once, in order of the jobs, and what is
 * set aside for stays in memory: so two jobs never each hold half of what both need. Above *pause* one job after another
 * begins, the first in order, once everything else is spilled that would keep its inputs from fitting; where nothing can be
 * spilled any more it begins all the same. Without a limit none of this happens.
 *
 * Above *target* a job waits for room only when all its inputs are made: results must not stay in memory for one that lacks
 * the rest. What jobs make has no size before; `results` says how many may begin.
 *
 * @since 0.1.0
 */
import * as Failure from "../Failure.js"
import type { Key } from "../Id.js"
import * as Few from "./few.js"
import { Heap } from "./heap.js"
// house: room that comes makes jobs ready, and jobs that leave give up room
import { inputHere, removeWithout, whenReady } from "./jobs.js"
// house: room is not given for what results will take
import * as Results from "./results.js"
import { before, type Context, type Event, type Inner, type Job, type Replica, tell } from "./state.js"

/** How many values are on their way to the disk at once. */
const spillsMax = 8

/** How long nothing is spilled after the disk refused, in milliseconds. */
const refusedFor = 5_000

/** How long others rely on their own copies after a value could not be read back, in milliseconds. */
const failedFor = 60_000

/** What is known of a worker's memory, in bytes. Only workers with a limit have one. */
export class Memory {
  /** Of values in memory, those on their way to the disk included. */
  here = 0
  /** Set aside for values that are to come, by a fetch or from the disk. */
  coming = 0
  /** Of values that are no longer held in memory, and that somebody still reads there. */
  lent = 0
  readonly lentOf = new Map<string, { readonly bytes: number; readers: number }>()
  spilling = 0
  onDisk = 0
  /** The most that `total` ever was. */
  peak = 0
  /**
   * Of what came since `total` was last within `pause`: what had no need to be let in (results, small values that come with
   * their jobs, what was larger than told), and what was let in all the same since nothing could be spilled any more.
   */
  late = 0
  forced = 0
  /** The most that any result took, and what results of jobs handed over ahead may take: see `results`. */
  largest = 0
  room = Infinity
  /** Jobs that had room set aside before all their inputs were made, stale entries included. */
  early: Array<Job> = []
  /** The job without room that is next to begin, and what it lacks: other values are spilled for it. */
  next: Job | undefined = undefined
  lacking = 0
  spills = 0
  /** Each move to or from the disk has a number, so that late news of an earlier one is known as such. */
  turns = 0
  refusedUntil = -Infinity
  /** Until when it is said that values could not be read back. */
  failedUntil = -Infinity
  /** The disk failed to read, and has done nothing right since: that values leave it is no sign that it has room. */
  ailing = false
  /** In memory and set aside for nobody, the least recently used first. */
  readonly idle = new Set<Replica>()
  /** Jobs without room, in order; stale entries included. */
  readonly waiting = new Heap<Job>(before)

  constructor(
    readonly limit: number,
    readonly target: number,
    readonly pause: number,
    readonly disk: number,
    readonly spillMin: number
  ) {}

  get total(): number {
    return this.here + this.coming + this.lent
  }

  get isPaused(): boolean {
    return this.total > this.pause
  }
}

export interface Limits {
  /** Bytes of values in memory and on their way there. */
  readonly limit: number
  /** Share of `limit` above which values are spilled. Default 0.6. */
  readonly target?: number | undefined
  /** Share of `limit` above which only one job at a time begins. Default 0.8. */
  readonly pause?: number | undefined
  /** Bytes on disk at most. Default 0: no disk. */
  readonly disk?: number | undefined
  /** Values smaller than this stay in memory, in bytes. Default 4,096. */
  readonly spillMin?: number | undefined
}

export const make = (limits: Limits | undefined): Memory | undefined =>
  limits === undefined || limits.limit === Infinity ? undefined : new Memory(
    limits.limit,
    (limits.target ?? 0.6) * limits.limit,
    (limits.pause ?? 0.8) * limits.limit,
    limits.disk ?? 0,
    limits.spillMin ?? 4096
  )

// -------------------------------------------------------------------------------------------------
// books
// -------------------------------------------------------------------------------------------------

/** `isForced`: whether nothing can be spilled for it, so that it comes above *pause* all the same. */
const expect = (memory: Memory, replica: Replica, isForced: boolean): void => {
  if (replica.expected) return
  if (!memory.isPaused) memory.late = memory.forced = 0
  replica.expected = true
  memory.coming += replica.bytes
  if (isForced) memory.forced += replica.bytes
  memory.peak = Math.max(memory.peak, memory.total)
}

/** It came, or will not. Called before its size is known better; answers what was set aside for it. */
export const settle = ({ memory }: Inner, replica: Replica): number => {
  if (!replica.expected) return 0
  replica.expected = false
  memory!.coming -= replica.bytes
  return replica.bytes
}

/** It is held, and in memory: it came into the room that was set aside for it, as far as that goes. */
export const arrived = ({ memory }: Inner, replica: Replica, room: number): void => {
  if (memory === undefined) return
  if (memory.total + room <= memory.pause) memory.late = memory.forced = 0
  memory.here += replica.bytes
  memory.late += Math.max(0, replica.bytes - room)
  memory.peak = Math.max(memory.peak, memory.total)
  if (replica.pins === 0) rest(memory, replica)
}

const rest = (memory: Memory, replica: Replica): void => {
  if (replica.bytes >= memory.spillMin && replica.readers === 0) memory.idle.add(replica)
}

/** It is held no more. */
export const departed = (state: Inner, replica: Replica): void => {
  const { memory } = state
  if (memory === undefined) return
  settle(state, replica)
  memory.idle.delete(replica)
  const { bytes, place } = replica
  if (place === "memory" || place === "spilling") {
    memory.here -= bytes
    lend(memory, replica)
  } else {
    memory.onDisk -= bytes
    if (!memory.ailing) memory.refusedUntil = -Infinity
  }
  if (place === "spilling") {
    memory.spilling -= bytes
    memory.spills -= 1
  }
}

/** It is gone from here, but not from memory: who reads it has it until they are done. */
const lend = (memory: Memory, replica: Replica): void => {
  const { bytes, readers, value } = replica
  if (readers === 0) return
  replica.readers = 0
  const before = memory.lentOf.get(value)
  if (before === undefined) {
    memory.lentOf.set(value, { bytes, readers })
    memory.lent += bytes
  } else before.readers += readers
}

/** Somebody begins to read it: it is not spilled under them, and counts until they are done. */
export const serving = ({ memory, replicas }: Inner, value: string): void => {
  const replica = replicas.get(value)
  if (memory === undefined || replica?.state._tag !== "Held") return
  if (replica.place !== "memory" && replica.place !== "spilling") return
  replica.readers += 1
  memory.idle.delete(replica)
}

export const served = ({ memory, replicas }: Inner, value: string): void => {
  if (memory === undefined) return
  const lent = memory.lentOf.get(value)
  if (lent !== undefined) {
    lent.readers -= 1
    if (lent.readers > 0) return
    memory.lentOf.delete(value)
    memory.lent -= lent.bytes
    return
  }
  const replica = replicas.get(value)
  if (replica === undefined || replica.readers === 0) return
  replica.readers -= 1
  if (replica.readers === 0 && replica.pins === 0 && isHere(replica)) rest(memory, replica)
}

const pin = (memory: Memory, replica: Replica): void => {
  replica.pins += 1
  memory.idle.delete(replica)
}

const unpin = (state: Inner, replica: Replica): void => {
  if (replica.pins === 0) return
  replica.pins -= 1
  if (replica.pins > 0) return
  const { memory } = state
  if (replica.state._tag === "Wanted") settle(state, replica)
  if (replica.state._tag !== "Held") return
  if (replica.place === "memory") rest(memory!, replica)
  else if (replica.place !== "loading") settle(state, replica)
}

/** A value was made here: jobs that have room set aside and count on it keep it in memory. */
export const madeFor = ({ memory }: Inner, replica: Replica): void => {
  if (memory === undefined) return
  for (const job of Few.members(replica.jobs)) if (job.reserved) replica.pins += 1
}

/** The job leaves this input alone from now on. */
export const letOff = (state: Inner, job: Job, replica: Replica): void => {
  if (job.reserved) unpin(state, replica)
}

// -------------------------------------------------------------------------------------------------
// room for jobs
// -------------------------------------------------------------------------------------------------

/** A job came, or has to gather again: it has room, or waits for it. */
export const queue = (context: Context, job: Job): void => {
  const { state } = context
  const { memory } = state
  if (memory === undefined || job.reserved) return
  // Who takes no room need not wait for those before it, and most jobs take none.
  if (job.inputs.length === 0) job.reserved = true
  else if (isTooEarly(memory, job)) return
  else if (memory.isPaused) memory.waiting.push(job)
  else {
    const { all, more } = demand(state, job)
    if (more === 0 && all <= memory.limit) reserve(context, job)
    else memory.waiting.push(job)
  }
}

/** All that some of these jobs need of what is made here is made. */
export const allMade = (context: Context, jobs: ReadonlyArray<Job>): void => {
  if (context.state.memory === undefined) return
  for (const job of jobs) if (job.makers === undefined && job.state._tag === "Gathering") queue(context, job)
}

/** Whether it asks for room once its inputs are made: what it has room for could not be spilled meanwhile. */
const isTooEarly = (memory: Memory, job: Job): boolean => job.makers !== undefined && memory.total > memory.target

const isEarly = (job: Job): boolean => job.reserved && job.makers !== undefined && job.state._tag === "Gathering"

/** Jobs that had room before their inputs were made wait for these without it. */
const releaseEarly = (state: Inner, memory: Memory): void => {
  for (const job of memory.early) if (isEarly(job)) giveRoomBack(state, job)
  memory.early = []
}

/** A job that goes back to gathering has no room any more. */
export const giveRoomBack = (state: Inner, job: Job): void => {
  if (!job.reserved) return
  for (const { value } of job.inputs) {
    const replica = state.replicas.get(value)
    if (replica !== undefined && Few.has(replica.jobs, job)) unpin(state, replica)
  }
  job.reserved = false
}

/** Sets room aside for all of its inputs; what is not here begins to come. */
export const reserve = (context: Context, job: Job, isForced = false): void => {
  const { state } = context
  const { memory } = state
  if (memory === undefined || job.reserved) return
  job.reserved = true
  if (job.makers !== undefined) memory.early.push(job)
  for (const { value } of job.inputs) {
    const replica = state.replicas.get(value)
    // One that is made here comes into memory by being made.
    if (replica === undefined || !Few.has(replica.jobs, job)) continue
    pin(memory, replica)
    if (isHere(replica)) continue
    expect(memory, replica, isForced)
    if (replica.state._tag === "Wanted") state.wanted.push({ order: job.order, replica })
    else if (replica.state._tag === "Held" && replica.place === "disk") load(context, memory, replica)
  }
}

export const isHere = (replica: Replica): boolean => replica.state._tag === "Held" && replica.place === "memory"

/** Bytes of its inputs as far as they are known: all of them, and those that are neither here nor expected. */
const demand = ({ replicas }: Inner, job: Job): { readonly all: number; readonly more: number } => {
  let all = 0
  let more = 0
  for (const { value } of job.inputs) {
    const replica = replicas.get(value)
    if (replica === undefined) continue
    all += replica.bytes
    if (!isHere(replica) && !replica.expected) more += replica.bytes
  }
  return { all, more }
}

/** Whether some job has all the room it needs and may run, or runs: then others can wait. */
const isBusy = ({ jobs }: Inner): boolean => {
  for (const { makers, reserved, state } of jobs.values()) {
    if (reserved && makers === undefined && !(state._tag === "Running" && state.suspended !== undefined)) return true
  }
  return false
}

/**
 * Sets room aside, in order of the jobs, as far as there is room. If nothing else goes on the first one is next: what is
 * not set aside for anybody is spilled for it, and when nothing more can be, it has its room in any case.
 */
export const admit = (context: Context): void => {
  const { now, state } = context
  const { memory } = state
  if (memory === undefined) return
  memory.next = undefined
  memory.lacking = 0
  if (memory.early.length > 64 + 2 * state.jobs.size) memory.early = memory.early.filter(isEarly)
  if (memory.waiting.size === 0) return
  const passed: Array<Job> = []
  let isTried = false
  for (let job = memory.waiting.pop(); job !== undefined; job = memory.waiting.pop()) {
    if (job.state._tag !== "Gathering" || job.reserved || isTooEarly(memory, job)) continue
    const { all, more } = demand(state, job)
    if (all > memory.limit) {
      exceeded(context, job, all, memory.limit)
      continue
    }
    const fits = more > 0 ? Results.leaves(state, memory, more) : !memory.isPaused
    // Who waits for another job here is not the one to begin.
    const isNext = !fits && job.makers === undefined && !isTried && !isBusy(state)
    if (isNext && memory.early.length > 0) {
      // What they give back may be enough.
      releaseEarly(state, memory)
      memory.waiting.push(job)
      continue
    }
    if (fits || (isNext && !canSpill(memory, job, now))) {
      reserve(context, job, !fits)
      whenReady(context, job)
      continue
    }
    if (isNext) {
      memory.next = job
      memory.lacking = more + Results.promised(state, memory)
    }
    passed.push(job)
    if (job.makers === undefined) isTried = true
    if (isTried || passed.length >= 64) break
  }
  for (const job of passed) memory.waiting.push(job)
  memory.waiting.compact(state.jobs.size, (job) => job.state._tag === "Gathering" && !job.reserved)
}

/**
 * Whether its inputs, all of them here, are no more than what may be held: else it fails. What is made here has no size
 * before it is made, so this is asked once more when a job is about to be ready.
 */
export const holds = (context: Context, job: Job): boolean => {
  const { state } = context
  const memory = state.memory!
  if (memory.here <= memory.limit) return true
  const { all } = demand(state, job)
  if (all <= memory.limit) return true
  exceeded(context, job, all, memory.limit)
  return false
}

const exceeded = (context: Context, job: Job, all: number, limit: number): void => {
  const { state } = context
  const { key } = job.spec
  const sizes: Array<{ readonly key: Key; readonly bytes: number }> = job.inputs.flatMap(({ key, value }) => {
    const replica = state.replicas.get(value)
    return replica === undefined ? [] : [{ key, bytes: replica.bytes }]
  })
  const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3).map(({ bytes, key }) => `${key}: ${bytes}`)
  const some = sizes.length < job.inputs.length ? "at least " : ""
  const detail =
    `the inputs of ${key} take ${some}${all} bytes (${largest.join(", ")}${sizes.length > 3 ? ", …" : ""}), ` +
    `more than the ${limit} that worker ${state.info.name} may hold`
  const failure = Failure.make("MemoryExceeded", key, detail, { worker: state.id })
  tell(context, {
    _tag: "TaskFailed",
    key,
    attempt: job.attempt,
    failure,
    tag: undefined,
    verdict: "final",
    millis: 0
  })
  removeWithout(context, job)
}

/** Whether this value may be fetched now: for a job with room, or as a copy for which there is room. */
export const mayFetch = (state: Inner, replica: Replica): "yes" | "not yet" | "no" => {
  const { memory } = state
  if (memory === undefined || replica.pins > 0) return "yes"
  if (!replica.asked) return "no"
  return Results.leaves(state, memory, replica.bytes) || isStill(state, memory) ? "yes" : "not yet"
}

/** Where nothing can be spilled and nothing goes on, waiting would be for ever: then copies come one by one. */
const isStill = (state: Inner, memory: Memory): boolean => memory.coming === 0 && memory.spills === 0 && !isBusy(state)

/** It is on its way. */
export const coming = (state: Inner, replica: Replica): void => {
  const { memory } = state
  if (memory === undefined || replica.expected) return
  expect(memory, replica, !Results.leaves(state, memory, replica.bytes) && isStill(state, memory))
}

// -------------------------------------------------------------------------------------------------
// the disk
// -------------------------------------------------------------------------------------------------

/** Whether there will be more room for a job, or can be. */
const canSpill = (memory: Memory, job: Job, now: number): boolean => {
  if (memory.spills > 0) return true
  if (now < memory.refusedUntil) return false
  for (const { bytes, jobs } of memory.idle) {
    if (memory.onDisk + bytes <= memory.disk && !Few.has(jobs, job)) return true
  }
  return false
}

/** Above *target*, or to make room for the job that is next, the least recently used go to the disk. */
export const spill = (context: Context): void => {
  const { now, state } = context
  const { memory } = state
  if (memory === undefined || now < memory.refusedUntil) return
  const enough = Math.min(memory.target, memory.pause - memory.lacking)
  spillIdle(context, memory, enough)
  if (memory.early.length === 0 || memory.total - memory.spilling <= enough) return
  releaseEarly(state, memory)
  spillIdle(context, memory, enough)
}

const spillIdle = ({ out }: Context, memory: Memory, enough: number): void => {
  const { next } = memory
  for (const replica of memory.idle) {
    if (memory.total - memory.spilling <= enough || memory.spills >= spillsMax) return
    const { bytes, value } = replica
    if (next !== undefined && Few.has(replica.jobs, next)) continue
    if (memory.onDisk + memory.spilling + bytes > memory.disk) continue
    memory.idle.delete(replica)
    memory.spilling += bytes
    memory.spills += 1
    replica.place = "spilling"
    replica.turn = ++memory.turns
    // None of them has room set aside, so none is ready.
    for (const job of Few.members(replica.jobs)) job.missing += 1
    out.push({ _tag: "Spill", value, bytes, turn: replica.turn })
  }
}

export const spillEnded = (context: Context, event: Extract<Event, { _tag: "SpillEnded" }>): void => {
  const { now, state } = context
  const { memory } = state
  const replica = state.replicas.get(event.value)
  if (memory === undefined || replica?.place !== "spilling" || replica.turn !== event.turn) return
  memory.spilling -= replica.bytes
  memory.spills -= 1
  if (event.ok) {
    memory.here -= replica.bytes
    memory.onDisk += replica.bytes
    replica.place = "disk"
    memory.ailing = false
    lend(memory, replica)
    if (replica.pins > 0) load(context, memory, replica)
    return
  }
  memory.refusedUntil = now + refusedFor
  replica.place = "memory"
  settle(state, replica)
  if (replica.pins === 0) rest(memory, replica)
  inputHere(context, Few.members(replica.jobs))
}

const load = ({ out }: Context, memory: Memory, replica: Replica): void => {
  replica.place = "loading"
  replica.turn = ++memory.turns
  out.push({ _tag: "Load", value: replica.value, bytes: replica.bytes, turn: replica.turn })
}

/** Answers whether the value could not be read, and so is gone. */
export const loadEnded = (context: Context, event: Extract<Event, { _tag: "LoadEnded" }>): boolean => {
  const { state } = context
  const { memory } = state
  const replica = state.replicas.get(event.value)
  if (memory === undefined || replica?.place !== "loading" || replica.turn !== event.turn) return false
  if (!event.ok) {
    memory.failedUntil = context.now + failedFor
    memory.ailing = true
    return true
  }
  memory.onDisk -= replica.bytes
  memory.refusedUntil = -Infinity
  memory.ailing = false
  replica.place = "memory"
  arrived(state, replica, settle(state, replica))
  inputHere(context, Few.members(replica.jobs))
  return false
}
