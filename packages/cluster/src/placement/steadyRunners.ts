/**
 * The runners as `@effect/cluster` is to see them, so that schedulers stay where they are. Its sharding gives every
 * shard to a place on a ring of all runners, and a runner that joins takes over part of the ring: a healthy scheduler
 * would be stopped and begun elsewhere for no reason. So the ring of each namespace is given one runner only: who holds
 * its lock, or, while nobody does, the candidate that all nodes would name.
 *
 * Owned here: that choice, and the leases that the locks give. Not owned: runners and locks themselves.
 *
 * 1. A group whose lock is held has its holder as its only runner, or none while the holder is not healthy.
 * 2. Of a group whose lock is free, all nodes that see the same rows name the same candidate; one that does not take it
 *    in time is passed over.
 * 3. A short outage of the database does not end a lease that the database cannot have given to another.
 */
import type { PersistenceError } from "@effect/cluster/ClusterError"
import * as Runner from "@effect/cluster/Runner"
import type * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as ShardId from "@effect/cluster/ShardId"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Hash from "effect/Hash"
import * as Schedule from "effect/Schedule"
import * as Late from "./late.js"
import type { Leases } from "./lease.js"
import type { OwnerRow } from "./tables.js"

type Rows = ReadonlyArray<readonly [runner: Runner.Runner, healthy: boolean]>

/** What was seen of a lock that nobody holds. */
interface Free {
  readonly since: number
}

export interface Options {
  readonly storage: RunnerStorage.RunnerStorage["Type"]
  readonly owners: Effect.Effect<ReadonlyArray<OwnerRow>, PersistenceError>
  /** Renews the runner at this address and its locks; gives those that it still holds. */
  readonly renew: (
    address: string,
    shards: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<string>, PersistenceError>
  readonly leases: Leases
  /** Groups that are not a scheduler's: every runner is on their ring. */
  readonly common: ReadonlySet<string>
  /** How long a candidate may take before the next one is named. Milliseconds. */
  readonly patience: number
}

const addressOf = (address: RunnerAddress.RunnerAddress): string => `${address.host}:${address.port}`

/**
 * Runners are told apart by address and weight, not by their groups, so each (runner, group) needs a weight of its own;
 * a difference this small moves nothing on a ring.
 */
const one = (runner: Runner.Runner, index: number, groups: ReadonlyArray<string>): Runner.Runner =>
  Runner.make({ address: runner.address, groups, weight: runner.weight + index * 1e-7 })

/** Those that could carry a group, the likeliest first: who carries least, and among equals by hash. */
const ranked = (
  group: string,
  candidates: ReadonlyArray<Runner.Runner>,
  load: ReadonlyMap<string, number>
): ReadonlyArray<Runner.Runner> => {
  const rank = (runner: Runner.Runner) => {
    const address = addressOf(runner.address)
    return { runner, load: load.get(address) ?? 0, hash: Hash.string(`${group}@${address}`), address }
  }
  return candidates.map(rank)
    .sort((a, b) => a.load - b.load || a.hash - b.hash || (a.address < b.address ? -1 : 1))
    .map((one) => one.runner)
}

/** The one shard of a group. */
export const shardOf = (group: string): string => `${group}:1`

const view = (
  rows: Rows,
  owners: ReadonlyArray<OwnerRow>,
  free: Map<string, Free>,
  options: Options,
  now: number
): Array<readonly [Runner.Runner, boolean]> => {
  const held = new Map(owners.map((owner) => [owner.shard, owner.address]))
  const load = new Map<string, number>()
  for (const owner of owners) load.set(owner.address, (load.get(owner.address) ?? 0) + 1)
  const groups = new Map<string, Array<Runner.Runner>>()
  const seen: Array<readonly [Runner.Runner, boolean]> = []
  for (const [runner, healthy] of rows) {
    seen.push([one(runner, 0, runner.groups.filter((group) => options.common.has(group))), healthy])
    if (!healthy) continue
    for (const group of runner.groups) {
      if (options.common.has(group)) continue
      const candidates = groups.get(group)
      if (candidates === undefined) groups.set(group, [runner])
      else candidates.push(runner)
    }
  }
  for (const group of [...groups.keys()].sort()) {
    const candidates = groups.get(group) ?? []
    const holder = held.get(shardOf(group))
    const chosen = holder !== undefined
      ? candidates.find((runner) => addressOf(runner.address) === holder)
      : candidate(group, ranked(group, candidates, load), free, options, now)
    if (holder !== undefined) free.delete(group)
    if (chosen === undefined) continue
    // Counted at once, so that several free groups are not all given to the same one.
    if (holder === undefined) {
      const address = addressOf(chosen.address)
      load.set(address, (load.get(address) ?? 0) + 1)
    }
    seen.push([one(chosen, 1 + chosen.groups.indexOf(group), [group]), true])
  }
  return seen
}

const candidate = (
  group: string,
  candidates: ReadonlyArray<Runner.Runner>,
  free: Map<string, Free>,
  options: Options,
  now: number
): Runner.Runner | undefined => {
  const known = free.get(group)
  const since = known?.since ?? now
  if (known === undefined) free.set(group, { since })
  return candidates[Math.floor((now - since) / options.patience) % candidates.length]
}

const names = (shards: Iterable<ShardId.ShardId>) => Array.from(shards, (shard) => shard.toString())

/**
 * Locks that are ours, by the shards for which they were asked. A renewal that was asked for before a lock was taken says
 * nothing of it, and whoever asked gives up all that its answer does not name: so the answer names these too.
 */
class Taken {
  private readonly shards = new Map<string, ShardId.ShardId>()
  constructor(private readonly leases: Leases) {}

  add(shards: ReadonlyArray<ShardId.ShardId>, asked: number): void {
    for (const shard of shards) this.shards.set(shard.toString(), shard)
    this.leases.confirm(names(shards), asked)
  }

  lost(shard: string): void {
    this.shards.delete(shard)
    this.leases.forget(shard)
  }

  lostAll(): void {
    this.shards.clear()
    this.leases.forgetAll()
  }

  besides(asked: ReadonlyArray<ShardId.ShardId>): ReadonlyArray<ShardId.ShardId> {
    const known = new Set(names(asked))
    return Array.from(this.shards).flatMap(([name, shard]) => known.has(name) ? [] : [shard])
  }
}

/** A storage of runners in front of another, as told above. */
export const make = (options: Options): RunnerStorage.RunnerStorage["Type"] => {
  const { leases, storage } = options
  const free = new Map<string, Free>()
  const taken = new Taken(leases)
  const bounded = Effect.timeout("1 second")
  const within = <A, E>(effect: Effect.Effect<A, E>) => Effect.orDie(bounded(effect))
  /**
   * Whoever waits for it may have heard enough before it ends: the sharding gives all shards up after a second of its own,
   * which on a busy machine is over before the answer is read, though the lock is good for longer.
   */
  const renewed = (address: RunnerAddress.RunnerAddress, all: ReadonlyArray<ShardId.ShardId>) =>
    Effect.gen(function*() {
      const asked = leases.now()
      // What keeps the locks has a connection of its own for them, and learns by using it that it is broken.
      const used = yield* Effect.once(Effect.forkDaemon(Effect.ignore(storage.refresh(address, []))))
      return yield* options.renew(addressOf(address), names(all)).pipe(
        Effect.tapError(() => used),
        Effect.retry(Schedule.spaced("200 millis")),
        // Not by `refresh` of the storage, which gives each try a quarter of the lease, and nothing for the rest.
        Late.timeout(leases.expiry / 2),
        Effect.map((kept) => {
          const mine = new Set(kept)
          for (const shard of names(all)) if (!mine.has(shard)) taken.lost(shard)
          leases.confirm(mine, asked)
          return all.filter((shard) => mine.has(shard.toString()))
        })
      )
    })
  return RunnerStorage.RunnerStorage.of({
    ...storage,
    getRunners: Effect.map(
      Effect.all([storage.getRunners, options.owners]),
      ([rows, owners]) => view(rows, owners, free, options, leases.now())
    ),
    acquire: (address, shards) =>
      Effect.suspend(() => {
        const asked = leases.now()
        return Effect.tap(
          storage.acquire(address, shards),
          (shards) => Effect.sync(() => taken.add(shards, asked))
        )
      }),
    refresh: (address, shards) =>
      Effect.suspend(() => {
        const all = Array.from(shards)
        const sure = () => all.length > 0 && all.every((shard) => leases.held(shard.toString()))
        const held = Effect.suspend(() => sure() ? Effect.succeed(all) : Effect.never)
        return Effect.flatMap(Effect.forkDaemon(renewed(address, all)), (renewing) =>
          Effect.raceFirst(Fiber.join(renewing), Effect.delay(held, "250 millis")).pipe(
            Late.timeout("900 millis"),
            Effect.catchAllCause((cause) =>
              sure()
                ? Effect.as(Effect.logDebug("the database does not answer; the lock is still held", cause), all)
                : Effect.failCause(cause)
            ),
            Effect.catchTag("TimeoutException", Effect.die),
            Effect.map((kept) => [...kept, ...taken.besides(all)])
          ))
      }),
    release: (address, shard) =>
      Effect.zipRight(Effect.sync(() => taken.lost(shard.toString())), storage.release(address, shard)),
    releaseAll: (address) => Effect.zipRight(Effect.sync(() => taken.lostAll()), within(storage.releaseAll(address))),
    unregister: (address) => within(storage.unregister(address))
  })
}
