/** Waiting for some, by many, and for what has to be made again. First come and so many: `Client.results.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { boom, gated, inc, until } from "../LocalCluster.fixture.js"
import { cluster, counted, shrink } from "./parity.fixture.js"

describe("waiting", () => {
  it.scoped("for one after the other: each time exactly what is done, the rest pending", () =>
    Effect.gen(function*() {
      const gates = [gated("g0"), gated("g1"), gated("g2")]
      return yield* Effect.gen(function*() {
        const futures = yield* Effect.forEach(gates, (gate, n) => Client.submit(gate.task, n))
        for (const [n, gate] of [2, 0].map((n) => [n, gates[n]!] as const)) {
          const before = futures.filter((future) => future.status !== "pending").length
          const waiting = yield* Effect.fork(Client.wait(futures, { until: before + 1 }))
          yield* gate.started
          yield* gate.open
          const { done, notDone } = yield* Fiber.join(waiting)
          assert.include(done, futures[n]!)
          assert.strictEqual(done.length, before + 1)
          assert.deepStrictEqual(notDone.map(Future.status), notDone.map(() => "pending"))
          assert.deepStrictEqual([...done, ...notDone].length, 3)
        }
        assert.deepStrictEqual(futures.map((future) => future.status), ["finished", "pending", "finished"])
      }).pipe(Effect.provide(cluster({}, ...gates.map((gate) => gate.task))))
    }))

  it.scoped("in many fibers at once, in all ways: all are told", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(inc, x)
        const fibers = yield* Effect.forEach(Array.from({ length: 25 }), () =>
          Effect.all([
            Effect.fork(Effect.as(Client.wait([x, y]), 2)),
            Effect.fork(y),
            Effect.fork(Effect.as(Future.done(y), 2)),
            Effect.fork(Effect.map(Client.gather([y]), ([value]) => value))
          ]))
        yield* started
        yield* open
        const values = yield* Effect.forEach(fibers.flat(), (fiber) => Fiber.join(fiber))
        assert.deepStrictEqual(new Set(values), new Set([2]))
        assert.strictEqual(values.length, 100)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, inc)))
    }))

  it.scoped("what was finished is pending again when its last holder goes, and a wait is for the new value", () =>
    Effect.gen(function*() {
      const remake = gated("remake")
      let first = true
      const big = Task.make("big", (n: number) =>
        Effect.suspend(() => {
          if (first) {
            first = false
            return Effect.void
          }
          return Effect.orDie(remake.task.run([0]) as Effect.Effect<number, string>)
        }).pipe(Effect.as(new Float64Array(500).fill(n))))
      return yield* Effect.gen(function*() {
        const there = big.pipe(Task.with({ workers: "worker-1", allowOtherWorkers: true }))
        const x = yield* Client.submit(there, 7)
        yield* Client.wait(x)
        assert.strictEqual(x.status, "finished")
        yield* shrink(1)
        yield* remake.started
        yield* until(Effect.sync(() => x.status), (status) => status === "pending")
        const waiting = yield* Effect.fork(Client.wait(x))
        yield* Effect.yieldNow()
        assert.isNull(waiting.unsafePoll())
        yield* remake.open
        assert.deepStrictEqual((yield* Fiber.join(waiting)).done, [x])
        assert.strictEqual((yield* x)[0], 7)
      }).pipe(Effect.provide(cluster({ workers: 2 }, big)))
    }))

  it.scoped("brings no value here: all of it stays where it was made", () =>
    Effect.gen(function*() {
      const { task } = counted()
      return yield* Effect.gen(function*() {
        const core = yield* Client.makeCore({ name: "counted" })
        const client = Client.fromCore(core, undefined)
        const futures = yield* client.map(task, Array.from({ length: 20 }, (_, n) => n))
        const failed = yield* client.submit(boom, "no")
        yield* client.wait([...futures, failed])
        assert.deepStrictEqual(
          futures.map((future) => core.machine.rows.get(future.key)?.settled),
          futures.map(() => undefined)
        )
        yield* futures[3]!
        assert.isDefined(core.machine.rows.get(futures[3]!.key)?.settled)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, boom)))
    }))
})
