/**
 * What can be set about a scheduler, and what it is when nothing is.
 *
 * @since 0.1.0
 */

import type * as Rebalance from "../policy/rebalance.js"
import type * as Replicas from "../policy/replicas.js"

/**
 * What is decided about copies, as pure functions: they look, and answer; what cannot be carried out, or would take the last
 * copy, is left undone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policies {
  /**
   * Which copies of one value go, by their place in the list. `needed`: how many are to stay. `idle`: nothing has needed the
   * rest for long. Asked where there are more copies than needed. Default: when idle, or where a worker is short of memory,
   * the fullest first.
   */
  readonly drops: (copies: ReadonlyArray<Replicas.Copy>, needed: number, idle: boolean) => ReadonlyArray<number>
  /**
   * Which values move where when a client asks for a rebalance. `workers`: the bytes each holds. Default: the largest that
   * fit go from the fullest to the emptiest.
   */
  readonly moves: (
    workers: ReadonlyArray<number>,
    values: ReadonlyArray<Rebalance.Placed>
  ) => ReadonlyArray<Rebalance.Move>
}

/**
 * All times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Config {
  /** How much expected work a slot is given ahead of what it runs. Default 20. */
  readonly aheadMillis: number
  /** How many whole-slot tasks a slot is given ahead at most. Default 256. */
  readonly aheadMax: number
  /** What a task of an unknown group is believed to take. Default 100. */
  readonly unknownMillis: number
  /** What any transfer costs before its first byte. Default 1. */
  readonly latencyMillis: number
  /** Bytes per millisecond until transfers were measured. Default 100,000. */
  readonly bandwidth: number
  /** What stealing a task must gain at least. Default 5. */
  readonly stealMargin: number
  /** Deaths of workers under one running task that it survives. Default 3. */
  readonly deathsMax: number
  /** How long a task with nearly as many keeps others like it away from its worker at most. Default 60,000. */
  readonly apartFor: number
  /** Silence after which a worker is suspect. Default 5,000. */
  readonly suspectAfter: number
  /** Silence after which a worker is dead. Default 300,000. */
  readonly deadAfter: number
  /** How long a client without a link keeps what it wants. Default 60,000. */
  readonly clientLease: number
  /** How late a step may be before it proves that the scheduler itself was stalled. Default 1,000. */
  readonly stallAfter: number
  /** How long a runnable task waits for a worker that knows it. Default 10,000. */
  readonly unknownTaskGrace: number
  /** How long a runnable task waits for a worker that may and can run it. Default 30,000. */
  readonly unrunnableGrace: number
  /** How long a pair that could not reach each other is not tried again. Default 30,000. */
  readonly unreachableMillis: number
  /** Suspended attempts per slot above which a worker takes only what they wait for. Default 32. */
  readonly suspendedMax: number
  /**
   * How long a copy stays that nothing needs, unless its worker is short of memory. Infinity: as long as the value is held.
   * Default 10,000.
   */
  readonly copiesIdle: number
  /** Bytes of small values kept here. Default 64 MiB. */
  readonly inlineBudget: number
  /** Rows kept only so that others can be computed again. Beyond it the oldest are cut. Default 1,000,000. */
  readonly lineageMax: number
  /**
   * Bytes of such rows: of their specs, of each row itself, and of arguments that clients serve for nothing else. Default
   * 64 MiB.
   */
  readonly lineageBytes: number
  /** Rows one step settles or places before it asks to be stepped again. Default 10,000. */
  readonly stepBudget: number
  /** Entries of the journal. Default 20,000. */
  readonly journal: number
  /** Activities of workers kept for lookers-on. Default 100,000. */
  readonly activities: number
  /** How long after a look somebody is taken to look on still. Default 5,000. */
  readonly watchFor: number
  /** What is decided about copies, where it is not this scheduler's own policies that do. Default: none. */
  readonly policies: Partial<Policies>
}

/**
 * @since 0.1.0
 * @category constants
 */
export const defaults: Config = {
  aheadMillis: 20,
  aheadMax: 256,
  unknownMillis: 100,
  latencyMillis: 1,
  bandwidth: 100_000,
  stealMargin: 5,
  deathsMax: 3,
  apartFor: 60_000,
  suspectAfter: 5_000,
  deadAfter: 300_000,
  clientLease: 60_000,
  stallAfter: 1_000,
  unknownTaskGrace: 10_000,
  unrunnableGrace: 30_000,
  unreachableMillis: 30_000,
  suspendedMax: 32,
  copiesIdle: 10_000,
  inlineBudget: 64 * 1024 * 1024,
  lineageMax: 1_000_000,
  lineageBytes: 64 * 1024 * 1024,
  stepBudget: 10_000,
  journal: 20_000,
  activities: 100_000,
  watchFor: 5_000,
  policies: {}
}
