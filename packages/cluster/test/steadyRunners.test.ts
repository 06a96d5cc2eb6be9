import { PersistenceError } from "@effect/cluster/ClusterError"
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Runner from "@effect/cluster/Runner"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardId from "@effect/cluster/ShardId"
import type * as Rpc from "@effect/rpc/Rpc"
import * as RpcSchema from "@effect/rpc/RpcSchema"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, TestClock } from "effect"
import { Leases } from "../src/placement/lease.js"
import { groupOf, SchedulerEntity } from "../src/placement/schedulerEntity.js"
import * as SteadyRunners from "../src/placement/steadyRunners.js"

const runner = (name: string, groups: ReadonlyArray<string>) =>
  Runner.make({ address: RunnerAddress.make(name, 1), groups, weight: 1 })

interface World {
  rows: Array<readonly [Runner.Runner, boolean]>
  owners: Array<{ readonly shard: string; readonly address: string }>
  now: number
}

const storageOf = (world: World, leases: Leases, renew?: SteadyRunners.Options["renew"]) =>
  Effect.map(RunnerStorage.makeMemory, (memory) =>
    SteadyRunners.make({
      storage: { ...memory, getRunners: Effect.sync(() => world.rows) },
      owners: Effect.sync(() => world.owners),
      renew: renew ?? ((_, shards) => Effect.succeed(shards)),
      leases,
      common: new Set(["default"]),
      patience: 3000
    }))

const make = (groups: ReadonlyArray<string>, names: ReadonlyArray<string>) => {
  const world: World = { rows: names.map((name) => [runner(name, groups), true]), owners: [], now: 0 }
  const leases = new Leases("4 seconds", () => world.now)
  const chosen = (storage: RunnerStorage.RunnerStorage["Type"]) =>
    Effect.map(storage.getRunners, (rows) => {
      const of: Record<string, string> = {}
      for (const [runner, healthy] of rows) {
        assert.isTrue(healthy)
        for (const group of runner.groups) {
          assert.isUndefined(of[group], `${group} has one runner`)
          of[group] = runner.address.host
        }
      }
      return of
    })
  return { world, leases, chosen }
}

describe("steady runners", () => {
  it.effect("a group whose lock is held has its holder alone, whoever else there is", () =>
    Effect.gen(function*() {
      const { chosen, leases, world } = make(["g"], ["a", "b", "c", "d", "e", "f", "h"])
      const storage = yield* storageOf(world, leases)
      for (const holder of ["a", "b", "c", "d", "e", "f", "h"]) {
        world.owners = [{ shard: "g:1", address: `${holder}:1` }]
        assert.deepStrictEqual(yield* chosen(storage), { g: holder })
      }
    }))

  it.effect("and none while the holder is ill or gone, until the lock expires", () =>
    Effect.gen(function*() {
      const { chosen, leases, world } = make(["g"], ["a", "b"])
      const storage = yield* storageOf(world, leases)
      world.owners = [{ shard: "g:1", address: "a:1" }]
      world.rows = [[runner("b", ["g"]), true]]
      assert.deepStrictEqual(yield* chosen(storage), {})
      world.rows = [[runner("a", ["g"]), false], [runner("b", ["g"]), true]]
      const rows = yield* storage.getRunners
      assert.isTrue(rows.every(([runner]) => runner.groups.length === 0))
      world.owners = []
      assert.strictEqual((yield* storage.getRunners).find(([one]) => one.groups.includes("g"))?.[0].address.host, "b")
    }))

  it.effect("all name the same candidate for a free lock, and pass over one that does not take it", () =>
    Effect.gen(function*() {
      const { chosen, leases, world } = make(["g"], ["a", "b", "c"])
      const one = yield* storageOf(world, leases)
      const named: Array<string | undefined> = []
      for (let i = 0; i < 3; i++) {
        named.push((yield* chosen(one)).g)
        world.now += 2999
        assert.strictEqual((yield* chosen(one)).g, named[i])
        world.now += 1
      }
      assert.deepStrictEqual([...named].sort(), ["a", "b", "c"])
      const other = yield* storageOf({ ...world, rows: [...world.rows].reverse() }, leases)
      assert.strictEqual((yield* chosen(other)).g, named[0])
    }))

  it.effect("free groups go to those that carry least", () =>
    Effect.gen(function*() {
      const groups = ["p", "q", "r", "s", "t", "u"]
      const { chosen, leases, world } = make(groups, ["a", "b", "c"])
      const storage = yield* storageOf(world, leases)
      const count = (of: Record<string, string>) =>
        ["a", "b", "c"].map((name) => Object.values(of).filter((it) => it === name).length)
      assert.deepStrictEqual(count(yield* chosen(storage)), [2, 2, 2])
      world.owners = ["p", "q"].map((group) => ({ shard: `${group}:1`, address: "a:1" }))
      assert.deepStrictEqual(count(yield* chosen(storage)), [2, 2, 2])
      world.owners = ["p", "q", "r", "s"].map((group) => ({ shard: `${group}:1`, address: "a:1" }))
      assert.deepStrictEqual(count(yield* chosen(storage)), [4, 1, 1])
    }))

  it.effect("groups that are no scheduler's are everyone's, and each entry is told apart from the others", () =>
    Effect.gen(function*() {
      const { leases, world } = make(["default", "g", "h"], ["a", "b"])
      const rows = yield* Effect.flatMap(storageOf(world, leases), (storage) => storage.getRunners)
      assert.strictEqual(rows.filter(([one]) => one.groups.includes("default")).length, 2)
      assert.strictEqual(new Set(rows.map(([one]) => `${one.address.host} ${one.weight}`)).size, rows.length)
      // The entry that stands for the runner itself is what its own process looks for.
      for (const [one] of rows.filter(([one]) => one.groups.includes("default"))) assert.strictEqual(one.weight, 1)
    }))
})

describe("a lock", () => {
  const address = RunnerAddress.make("a", 1)
  const shards = [ShardId.make("g", 1)]

  it.effect("whose renewal takes long is held meanwhile, and after it for as long as if it had been quick", () =>
    Effect.gen(function*() {
      const { leases, world } = make(["g"], ["a"])
      const storage = yield* storageOf(
        world,
        leases,
        (_, shards) => Effect.delay(Effect.succeed(shards), "1900 millis")
      )
      leases.confirm(["g:1"], 0)
      world.now = 1000
      const answered = yield* Effect.fork(storage.refresh(address, shards))
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual(yield* Fiber.join(answered), shards)
      assert.strictEqual(leases.left("g:1"), 2500)
      yield* TestClock.adjust("1600 millis")
      assert.strictEqual(leases.left("g:1"), 3500)
    }))

  it.effect("is tried again when the database fails, and counts from the first question", () =>
    Effect.gen(function*() {
      const { leases, world } = make(["g"], ["a"])
      let tries = 0
      const storage = yield* storageOf(world, leases, (_, shards) =>
        Effect.suspend(() =>
          ++tries < 4 ? Effect.fail(new PersistenceError({ cause: "restarting" })) : Effect.succeed(shards)
        ))
      leases.confirm(["g:1"], 0)
      world.now = 1000
      const answered = yield* Effect.fork(storage.refresh(address, shards))
      yield* TestClock.adjust("600 millis")
      assert.deepStrictEqual(yield* Fiber.join(answered), shards)
      assert.strictEqual(tries, 4)
      assert.strictEqual(leases.left("g:1"), 3500)
    }))

  it.effect("that was taken while another renewal was under way is not given up by its answer", () =>
    Effect.gen(function*() {
      const { leases, world } = make(["g"], ["a"])
      const storage = yield* storageOf(
        world,
        leases,
        (_, shards) => Effect.delay(Effect.succeed(shards), "100 millis")
      )
      const answered = yield* Effect.fork(storage.refresh(address, []))
      yield* Effect.yieldNow()
      const taken = yield* storage.acquire(address, shards)
      assert.deepStrictEqual(taken, shards)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* Fiber.join(answered), taken)
      // Given back, it is not named any more.
      yield* storage.release(address, shards[0]!)
      const later = yield* Effect.fork(storage.refresh(address, []))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* Fiber.join(later), [])
    }))

  it.effect("that is another's is given up", () =>
    Effect.gen(function*() {
      const { leases, world } = make(["g"], ["a"])
      const storage = yield* storageOf(world, leases, () => Effect.succeed([]))
      leases.confirm(["g:1"], 0)
      assert.deepStrictEqual(yield* storage.refresh(address, shards), [])
      assert.isFalse(leases.held("g:1"))
    }))
})

describe("leases", () => {
  it("end a while before the lock does, and at once for one that was frozen", () => {
    let now = 1000
    const leases = new Leases("4 seconds", () => now)
    assert.isFalse(leases.held("s"))
    leases.confirm(["s"], 1000)
    assert.strictEqual(leases.left("s"), 3500)
    now += 3499
    assert.isTrue(leases.held("s"))
    now += 1
    assert.isFalse(leases.held("s"))
    leases.confirm(["s"], now)
    now += 20_000
    assert.isFalse(leases.held("s"))
  })

  it("are counted from the question, and an answer that was overtaken shortens none", () => {
    const leases = new Leases("4 seconds", () => 2000)
    leases.confirm(["s"], 1500)
    leases.confirm(["s"], 1000)
    assert.strictEqual(leases.left("s"), 3000)
    leases.forget("s")
    assert.isFalse(leases.held("s"))
  })
})

describe("the scheduler's entity", () => {
  it("can be asked twice: no call streams, none is stored, and a namespace's group is safe in SQL", () => {
    for (const rpc of SchedulerEntity.protocol.requests.values()) {
      // A stream of a runner that is killed never fails.
      assert.isFalse(RpcSchema.isStreamSchema((rpc as Rpc.AnyWithProps).successSchema))
      assert.isFalse(Context.get(rpc.annotations, ClusterSchema.Persisted))
    }
    assert.match(groupOf("it's; DROP TABLE"), /^creel-[0-9a-f]{24}$/)
    assert.notStrictEqual(groupOf("a"), groupOf("b"))
  })
})
