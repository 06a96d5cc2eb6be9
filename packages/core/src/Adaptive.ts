/**
 * How many workers there should be, as a pure function: what is seen goes in, a number and a reason come out. Whoever can
 * start and stop workers asks it now and then, and keeps its memory from one time to the next.
 *
 * Owns the choice. What there is to do says `Scheduler.demand`; that what only a leaving worker holds goes to others first
 * is the retirement's business.
 *
 * Invariants:
 *   A1. The number is never less than `minimum` or more than `maximum`, whatever is seen.
 *   A2. More are had at once; fewer only after they were enough so many times in a row.
 *   A3. Only a worker that has had nothing to do for `idle` is let go of, and no more of them than are too many.
 *
 * @since 0.1.0
 */
import type { WorkerId } from "./Id.js"

/**
 * What is asked for. Times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly minimum: number
  readonly maximum: number
  /** What there is to do should be done within this. */
  readonly target: number
  /** How many times in a row fewer workers must have been enough before any goes. */
  readonly waitCount: number
  /** How long a worker must have had nothing to do before it goes. */
  readonly idle: number
  /** The share of their memory above which workers are joined by others. */
  readonly full: number
}

/**
 * A worker that could be let go of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Member {
  readonly id: WorkerId
  /** Attempts in its books, waiting ones too. */
  readonly attempts: number
  /** Bytes of the values it holds, in memory and on disk. */
  readonly held: number
  /** What values may take in its memory, where that has a limit. */
  readonly limit: number | undefined
}

/**
 * What is seen.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seen {
  readonly now: number
  /** Expected milliseconds of everything that runs, was given out or is queued, weighed by slots. */
  readonly work: number
  /** How many slots could be busy with that at once. */
  readonly parallel: number
  /** Slots of workers about whose number others decide. */
  readonly elsewhere: number
  /** Which part of what those leave to do is ours, from 0 to 1: others may adapt too. */
  readonly share: number
  /** Slots of each worker that would be started. */
  readonly slots: number
  /** What the start of a worker took, as far as that is known. */
  readonly startUp: number
  /** Ours, but for those that are about to leave. */
  readonly workers: ReadonlyArray<Member>
}

/**
 * What is remembered from one time to the next.
 *
 * @since 0.1.0
 * @category models
 */
export interface Memory {
  /** How many times in a row fewer were enough. */
  readonly fewer: number
  /** Since when a worker has had nothing to do. */
  readonly idleSince: ReadonlyMap<WorkerId, number>
}

/**
 * @since 0.1.0
 * @category constants
 */
export const nothing: Memory = { fewer: 0, idleSince: new Map() }

/**
 * What is to be done: `wanted` are to be there, `close` may go. `why` is for people, and absent where nothing is to be done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision {
  readonly memory: Memory
  readonly wanted: number
  readonly close: ReadonlyArray<WorkerId>
  readonly why: string | undefined
}

const seconds = (millis: number): string => `${Math.round(millis / 100) / 10} s`

interface Wish {
  readonly workers: number
  readonly why: string
}

/** To be done in time; no sooner than a worker would be there to help. */
const forWork = (limits: Limits, seen: Seen): Wish => {
  const within = Math.max(limits.target, seen.startUp)
  const inTime = Math.min(seen.parallel, within > 0 ? seen.work / within : Number.POSITIVE_INFINITY)
  const slots = Math.max(0, Math.ceil(inTime - epsilon) - seen.elsewhere) * seen.share
  const workers = Math.ceil(slots / Math.max(epsilon, seen.slots) - epsilon)
  const together = `${seconds(seen.work)} of work for ${Math.ceil(seen.parallel)} slots at most`
  return { workers, why: `there are ${together}, to be done within ${seconds(within)}` }
}

const forMemory = (limits: Limits, { workers }: Seen): Wish => {
  let held = 0
  let limit = 0
  for (const worker of workers) {
    if (worker.limit === undefined || worker.limit === Number.POSITIVE_INFINITY) continue
    held += worker.held
    limit += worker.limit
  }
  const share = limit === 0 ? 0 : held / limit
  // Values go where work goes: no more than twice as many at a time.
  const wish = Math.min(2 * workers.length, Math.ceil((workers.length * share) / limits.full - epsilon))
  return { workers: wish, why: `values take ${Math.round(100 * share)} % of the memory of ${workers.length} workers` }
}

const epsilon = 1e-6

const clamp = (limits: Limits, wish: Wish): Wish =>
  wish.workers < limits.minimum
    ? { workers: limits.minimum, why: `there are to be ${limits.minimum} at least` }
    : wish.workers > limits.maximum
    ? { workers: limits.maximum, why: `${wish.why}; there may be ${limits.maximum} at most` }
    : wish

const idleSince = (memory: Memory, seen: Seen): Map<WorkerId, number> =>
  new Map(
    seen.workers.flatMap((worker) =>
      worker.attempts > 0 ? [] : [[worker.id, memory.idleSince.get(worker.id) ?? seen.now] as const]
    )
  )

/** Those that hold least go first, then those that came last. */
const closable = (limits: Limits, seen: Seen, since: ReadonlyMap<WorkerId, number>): ReadonlyArray<WorkerId> => {
  const patience = Math.max(limits.idle, seen.startUp)
  return [...seen.workers]
    .reverse()
    .filter(({ id }) => seen.now - (since.get(id) ?? seen.now) >= patience)
    .sort((a, b) => a.held - b.held)
    .map(({ id }) => id)
}

/**
 * Decides.
 *
 * @since 0.1.0
 * @category combinators
 */
export const decide = (memory: Memory, seen: Seen, limits: Limits): Decision => {
  const since = idleSince(memory, seen)
  const work = forWork(limits, seen)
  const room = forMemory(limits, seen)
  const wish = clamp(limits, room.workers > work.workers ? room : work)
  const there = seen.workers.length
  if (wish.workers >= there) {
    const why = wish.workers > there ? wish.why : undefined
    return { memory: { fewer: 0, idleSince: since }, wanted: wish.workers, close: [], why }
  }
  const fewer = memory.fewer + 1
  const close = fewer < limits.waitCount ? [] : closable(limits, seen, since).slice(0, there - wish.workers)
  return {
    memory: { fewer, idleSince: since },
    wanted: there - close.length,
    close,
    // Many values are a reason to have workers, and few are none to have fewer.
    why: close.length === 0 ? undefined : clamp(limits, work).why
  }
}
