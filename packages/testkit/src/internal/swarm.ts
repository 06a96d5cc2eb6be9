/**
 * What one seed is like: how many machines, which faults are on and how often, what users do. Each seed switches whole
 * kinds off, since faults that are always on hide what only happens in the absence of others.
 *
 * @since 0.1.0
 */
import type { Config as ClientConfig } from "@creel/core/Client"
import type { Config as SchedulerConfig } from "@creel/core/Scheduler"
import type { Config as WorkerConfig } from "@creel/core/Worker"
import {
  type BesideKind,
  besideKinds,
  farKinds,
  type FaultKind,
  faultKinds,
  type UserKind,
  userKinds
} from "./coverage.js"
import type { Random } from "./random.js"

export interface Swarm {
  /** Everything happens at once, and there is hardly any room. */
  readonly isStorm: boolean
  /** There are many machines, and what comes with them. */
  readonly isFar: boolean
  readonly workers: number
  readonly clients: number
  /** Milliseconds of virtual time during which users act and faults happen. */
  readonly safety: number
  /** Things users do in that time. */
  readonly actions: number
  /** Faults in that time. */
  readonly accidents: number
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly users: ReadonlyMap<UserKind, number>
  readonly beside: ReadonlySet<BesideKind>
  /** Milliseconds a frame takes, at least and at most. */
  readonly latency: readonly [number, number]
  /** Share of the events that wait until others arrive, so that one step takes several. */
  readonly batching: number
  readonly scheduler: Partial<SchedulerConfig>
  readonly worker: Partial<WorkerConfig>
  readonly client: Partial<ClientConfig>
  /** Share of tasks that take a second and more, and milliseconds that others take at most. */
  readonly slow: number
  readonly longest: number
}

const choose = <K extends string>(random: Random, kinds: ReadonlyArray<K>, share: number): Map<K, number> => {
  const out = new Map<K, number>()
  for (const kind of kinds) if (random.chance(share)) out.set(kind, 0.1 + random.next())
  return out
}

export const make = (
  random: Random,
  options: {
    readonly workers?: number | undefined
    readonly clients?: number | undefined
    readonly faults?: boolean | undefined
    readonly steps?: number | undefined
    readonly storm?: boolean | undefined
  }
): Swarm => {
  const own = random.fork("storm")
  const isChosen = own.chance(0.15)
  const isStorm = options.faults !== false && (options.storm ?? isChosen)
  const quiet = (options.faults === false || random.chance(0.05)) && !isStorm
  const faults = choose(random, faultKinds, random.chance(0.3) ? 0.15 : 0.5)
  const latency = random.pick([[1, 3], [1, 20], [1, 20], [5, 200]] as const) ?? [1, 20]
  if (isStorm) { for (const kind of faultKinds) if (!faults.has(kind)) faults.set(kind, 0.1 + own.next()) }
  const far = random.fork("far")
  const isFar = options.faults !== false && (isStorm || far.chance(0.4))
  const beside = random.fork("beside")
  const swarm: Swarm = {
    beside: new Set(quiet ? [] : besideKinds.filter(() => isStorm || beside.chance(0.3))),
    isStorm,
    isFar,
    workers: options.workers ?? random.between(1, 5),
    clients: options.clients ?? random.between(1, 3),
    safety: random.between(2_000, 20_000),
    actions: options.steps ?? random.between(20, 90),
    accidents: quiet ? 0 : random.between(1, random.chance(0.3) ? 40 : 10) + (isStorm ? 30 : 0),
    faults: quiet ? new Map() : faults,
    users: choose(random, userKinds, isStorm ? 1 : 0.6),
    latency,
    batching: random.pick([0, 0.3, 0.9]) ?? 0,
    slow: random.pick([0, 0.1, 0.4]) ?? 0,
    longest: random.pick([4, 200, 200]) ?? 200,
    // Minutes become seconds, so that leases run out within a run; small budgets make rare turns common.
    scheduler: {
      suspectAfter: random.between(2_000, 5_000),
      deadAfter: random.between(6_000, 30_000),
      clientLease: random.between(8_000, 20_000),
      unknownTaskGrace: 3_000,
      unrunnableGrace: 6_000,
      unreachableMillis: random.pick([500, 3_000]) ?? 3_000,
      aheadMillis: random.pick([0, 20, 500]) ?? 20,
      aheadMax: random.pick([1, 4, 256]) ?? 256,
      inlineBudget: random.pick([0, 300, 1_000_000]) ?? 0,
      stepBudget: random.pick([3, 50, 10_000]) ?? 50,
      lineageMax: own.chance(0.3) ? own.pick([0, 2, 20]) ?? 2 : 1_000_000,
      suspendedMax: own.pick([1, 2, 32]) ?? 32,
      journal: 200,
      activities: beside.pick([5, 100_000]) ?? 5,
      watchFor: beside.between(200, 3_000)
    },
    worker: {
      grace: random.between(200, 3_000),
      suspendedMax: random.pick([1, 4, 64]) ?? 64,
      fetchesMax: random.pick([1, 3, 16]) ?? 16,
      fetchesPerHolder: random.pick([1, 4]) ?? 4,
      postAheadMillis: random.pick([0, 5, 200]) ?? 5,
      startedAfter: random.pick([0, 20, 20]) ?? 20,
      fetchBytesMax: own.pick([1_000, 600_000, 64 * 1024 * 1024]) ?? 600_000,
      memory: memory(random, isStorm)
    },
    client: {
      cacheBytes: random.pick([0, 3_000, 1_000_000]) ?? 0,
      fetchesMax: random.pick([1, 32]) ?? 32,
      noteBytes: random.pick([200, 32 * 1024]) ?? 200
    }
  }
  const copiesIdle = random.pick([1, 200, 3_000, Infinity]) ?? 200
  const lineageBytes = own.pick([2_000, 100_000, 1_000_000_000]) ?? 100_000
  const all = { ...swarm, scheduler: { ...swarm.scheduler, copiesIdle, lineageBytes } }
  return isFar && all.faults.size > 0 ? farther(far, all) : all
}

/** The faults of many machines besides, and enough time for a lease to run out. All else is as it was without them. */
const farther = (far: Random, swarm: Swarm): Swarm => ({
  ...swarm,
  faults: new Map([...swarm.faults, ...choose(far, farKinds, swarm.isStorm ? 1 : 0.5)]),
  accidents: swarm.accidents + far.between(1, 8),
  safety: swarm.safety + far.pick([0, 10_000, 20_000])!,
  scheduler: { ...swarm.scheduler, deadAfter: Math.min(swarm.scheduler.deadAfter!, far.between(6_000, 12_000)) }
})

/** Values of the simulation have up to a million bytes: budgets so tight that whatever can happen does, and some that hold. */
const memory = (random: Random, isTight: boolean): WorkerConfig["memory"] => {
  const limits = isTight ? [700_000, 1_500_000] : [Infinity, 700_000, 1_500_000, 3_000_000, 10_000_000]
  const limit = random.pick(limits) ?? Infinity
  if (limit === Infinity) return undefined
  return {
    limit,
    disk: random.pick([0, 1_000_000, 1_000_000_000]) ?? 0,
    spillMin: random.pick([0, 1_000, 200_000]) ?? 0,
    target: random.pick([0, 0.3, 0.6]) ?? 0.6
  }
}

/** One kind, the more likely the greater its rate. */
export const weighted = <K>(random: Random, rates: ReadonlyMap<K, number>): K | undefined => {
  let total = 0
  for (const rate of rates.values()) total += rate
  let x = random.next() * total
  for (const [kind, rate] of rates) {
    x -= rate
    if (x <= 0) return kind
  }
  return undefined
}
