/**
 * Where work goes, as far as it shows in one process. Bytes cost nothing between workers of one node: what they weigh is
 * in the scheduler's own tests (`core/test/scheduler/placing` and `parity`).
 */
import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import { gated, inc, until } from "../LocalCluster.fixture.js"
import { cluster, counted, large, plus } from "./parity.fixture.js"

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Notes which worker runs it. */
const whereabouts = () => {
  const seen = new Map<string, number>()
  const note = Effect.map(Task.Current, ({ worker }) => {
    seen.set(worker, (seen.get(worker) ?? 0) + 1)
    return worker
  })
  return { seen, note }
}

describe("placement", () => {
  it.scoped("ten submissions leave data on both of two workers, about as much", () =>
    Effect.gen(function*() {
      const { task } = counted()
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(task.pipe(Task.with({ resources: { one: 1 } })), range(10))
        yield* Client.wait(futures)
        const sizes = Object.values(yield* Client.hasWhat).map((keys) => keys.length)
        assert.strictEqual(sizes.length, 2)
        for (const size of sizes) assert.isAtLeast(size, 3)
      }).pipe(Effect.provide(cluster({ workers: 2, resources: { one: 1 } }, task)))
    }))

  it.scoped("work that holds its slot goes to every slot there is, before any waits", () =>
    Effect.gen(function*() {
      const { note, seen } = whereabouts()
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const busy = Task.make("busy", (_: number) => Effect.zipLeft(note, Deferred.await(gate)), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(busy, range(12))
        yield* until(Effect.sync(() => [...seen.values()].reduce((a, b) => a + b, 0)), (n) => n === 6)
        assert.deepStrictEqual([...seen.entries()].sort(), [["worker-0", 2], ["worker-1", 2], ["worker-2", 2]])
        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual((yield* Client.gather(futures)).length, 12)
      }).pipe(Effect.provide(cluster({ workers: 3, slots: 2 }, busy)))
    }))

  it.scoped("a worker that comes late gets its part, and the total is right", () =>
    Effect.gen(function*() {
      const { note, seen } = whereabouts()
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const busy = Task.make("busy", (n: number) => Effect.zipRight(note, Effect.as(Deferred.await(gate), large(n))), {
        slots: "cpu"
      })
      return yield* Effect.gen(function*() {
        const parts = yield* Client.map(busy, range(10))
        yield* until(Effect.sync(() => seen.size), (n) => n === 1)
        yield* Client.scale(2)
        yield* until(Effect.sync(() => seen.size), (n) => n === 2)
        yield* Deferred.succeed(gate, undefined)
        yield* Client.wait(parts)
        assert.isAbove((yield* Client.hasWhat)["worker-1"]?.length ?? 0, 0)
        let total = parts[0]!
        for (const part of parts.slice(1)) total = yield* Client.submit(plus, total, part)
        assert.strictEqual((yield* total)[0], 45)
      }).pipe(Effect.provide(cluster({}, busy, plus)))
    }))

  it.scoped("what waits behind a task that holds the only slot is given to a worker that comes", () =>
    Effect.gen(function*() {
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const started = Deferred.unsafeMake<void>(FiberId.none)
      const holds = Task.make(
        "holds",
        (x: number) => Deferred.succeed(started, undefined).pipe(Effect.zipRight(Deferred.await(gate)), Effect.as(x)),
        { slots: "cpu" }
      )
      const where = Task.make("where", () => Effect.map(Task.Current, ({ worker }) => worker), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const running = yield* Client.submit(holds, 1)
        const behind = yield* Client.submit(where)
        yield* Deferred.await(started)
        // One ahead of each slot.
        yield* until(Client.explain(behind), (_) => _.state === "Assigned")
        yield* Client.scale(2)
        assert.strictEqual(yield* behind, "worker-1")
        assert.strictEqual(running.status, "pending")
        assert.isTrue((yield* Client.story(behind)).some((line) => line.what === "recalled"))
        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual(yield* running, 1)
      }).pipe(Effect.provide(cluster({}, holds, where)))
    }))

  it.scoped("what a task on a full worker submits is spread over the others too", () =>
    Effect.gen(function*() {
      const { note, seen } = whereabouts()
      const both = Deferred.unsafeMake<void>(FiberId.none)
      // Each child stays until children run on both workers: with none on the other one this would never end.
      const child = Task.make("child", (_: number) =>
        note.pipe(
          Effect.zipRight(Effect.suspend(() => seen.size === 2 ? Deferred.succeed(both, undefined) : Effect.void)),
          Effect.zipRight(Deferred.await(both)),
          Effect.as(1)
        ), { slots: "cpu" })
      const parent = Task.make("parent", (n: number): Effect.Effect<number, never, Client.Client | Scope.Scope> =>
        Effect.gen(function*() {
          const children = yield* Client.map(child, range(n))
          return (yield* Client.gather(children)).reduce((a, b) =>
            a + b, 0)
        }).pipe(Effect.orDie), { slots: "cpu" })
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(parent.pipe(Task.with({ workers: "worker-0" })), [10, 10])
        assert.deepStrictEqual(yield* Client.gather(futures), [10, 10])
        assert.strictEqual(seen.size, 2)
      }).pipe(Effect.provide(cluster({ workers: 2, slots: 1 }, child, parent)))
    }))

  it.scoped("chains are finished before many are begun: few first steps are alive at a time", () =>
    Effect.gen(function*() {
      let alive = 0
      let most = 0
      const root = Task.sync("root", (n: number) => {
        most = Math.max(most, ++alive)
        return large(n)
      })
      const step = Task.sync("step", (x: Float64Array) => x.map((y) => y + 1))
      const sink = Task.sync("sink", (x: Float64Array) => {
        alive--
        return x[0]!
      })
      return yield* Effect.gen(function*() {
        const sinks = yield* Effect.forEach(range(32), (n) =>
          Effect.gen(function*() {
            const a = yield* Client.submit(root, n)
            const b = yield* Client.submit(step, a)
            return yield* Client.submit(sink, b)
          }))
        assert.deepStrictEqual(yield* Client.gather(sinks), range(32).map((n) => n + 1))
        // Two slots on each of four workers, and at most as many ahead.
        assert.isAtMost(most, 16)
      }).pipe(Effect.provide(cluster(
        // As if these were no tiny tasks: those are given and posted ahead in handfuls.
        { workers: 4, slots: 2, machines: { scheduler: { aheadMillis: 0 }, worker: { postAheadMillis: 0 } } },
        root,
        step,
        sink
      )))
    }))
})

describe("order", () => {
  it.scoped("what was submitted first runs first: when the last is done, those well before it are", () =>
    Effect.gen(function*() {
      const slow = Task.sync("slow", (n: number) => n)
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(slow, range(20))
        yield* Client.wait(futures[19]!)
        assert.deepStrictEqual(futures.slice(0, 11).map((future) => future.status), range(11).map(() => "finished"))
      }).pipe(Effect.provide(cluster({ slots: 1 }, slow)))
    }))

  it.scoped("priority goes before that, for maps too; within one the order of submission stays", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const note = Task.sync("note", (name: string) => void order.push(name))
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const turn = { resources: { turn: 1 } }
        const holds = yield* Client.submit(task.pipe(Task.with(turn)), 1)
        yield* started
        const low = yield* Client.map(note, ["l0", "l1", "l2"]).pipe(Client.withOptions({ ...turn, priority: -1 }))
        const none = yield* Client.map(note, ["n0", "n1", "n2"]).pipe(Client.withOptions(turn))
        const high = yield* Client.map(note, ["h0", "h1", "h2"]).pipe(Client.withOptions({ ...turn, priority: 10 }))
        // All of them are queued: what is asked for last is there.
        yield* until(Client.explain(high[2]!), (_) => _.state === "Queued")
        yield* open
        yield* Client.wait([holds, ...low, ...none, ...high])
        assert.deepStrictEqual(order, ["h0", "h1", "h2", "n0", "n1", "n2", "l0", "l1", "l2"])
      }).pipe(Effect.provide(cluster({ resources: { turn: 1 } }, note, task)))
    }))

  it.scoped("all of a first step, submitted before the second, begins before the third of any ends", () =>
    Effect.gen(function*() {
      const ends: Array<string> = []
      const step = Task.sync("step", (name: string, _: number) => ends.push(name))
      return yield* Effect.gen(function*() {
        const xs = yield* Client.map(step, range(5).map((n) => `x${n}`), range(5))
        const ys = yield* Client.map(step, range(5).map((n) => `y${n}`), xs)
        const zs = yield* Client.map(step, range(5).map((n) => `z${n}`), ys)
        yield* Client.wait(zs)
        const at = (name: string) => ends.indexOf(name)
        for (const n of range(5)) assert.isBelow(at(`x${n}`), at("z4"))
        assert.isBelow(at("x0"), at("z0"))
        assert.isBelow(Math.max(...range(5).map((n) => at(`x${n}`))), Math.max(...range(5).map((n) => at(`y${n}`))))
        assert.strictEqual(yield* Client.run(inc, 1), 2)
      }).pipe(Effect.provide(cluster({ slots: 1 }, step, inc)))
    }))
})
