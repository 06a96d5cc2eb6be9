/** What fails, what is lost, and what goes on all the same. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { boom, broken, inc, reasonOf, until } from "../LocalCluster.fixture.js"
import { cluster, counted, first, large, plus, shrink } from "./parity.fixture.js"

describe("failures", () => {
  it.scoped("do not hold up what stands behind them on the same slot", () =>
    Effect.gen(function*() {
      const good = Task.sync("good", (x: number) => x + 1)
      const bad = Task.sync("bad", (x: number): number => {
        throw new Error(`not ${x}`)
      })
      return yield* Effect.gen(function*() {
        const futures = [
          yield* Client.submit(good, 1),
          yield* Client.submit(bad, 1),
          yield* Client.submit(good, 10),
          yield* Client.submit(bad, 10)
        ]
        assert.deepStrictEqual(yield* Client.gather(futures, { mode: "skip" }), [2, 11])
        const exits = yield* Effect.forEach([futures[1]!, futures[3]!], Effect.exit)
        for (const [n, exit] of exits.entries()) {
          assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
          assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", n === 0 ? /not 1\b/ : /not 10\b/)
        }
      }).pipe(Effect.provide(cluster({ slots: 1 }, good, bad)))
    }))

  it.scoped("of a map: as many retries as the region gives each, and then its last failure", () =>
    Effect.gen(function*() {
      // Each of its own count: fails so many times, saying which time it was.
      const failing = () => {
        const tries = new Map<number, number>()
        return Task.make("failing", (times: number) =>
          Effect.suspend(() => {
            const n = (tries.get(times) ?? 0) + 1
            tries.set(times, n)
            return n > times ? Effect.succeed(n) : Effect.fail(`${n} of ${times}`) as Effect.Effect<number, string>
          }))
      }
      const withRetries = (times: number) => {
        const task = failing()
        return Effect.gen(function*() {
          const futures = yield* Client.map(task, [0, 1, 2]).pipe(Client.withOptions({ retry: { times } }))
          return yield* Client.gather(futures, { mode: "either" })
        }).pipe(Effect.provide(cluster({ workers: 2 }, task)))
      }
      assert.deepStrictEqual(yield* withRetries(2), [Either.right(1), Either.right(2), Either.right(3)])
      assert.deepStrictEqual(yield* withRetries(1), [Either.right(1), Either.right(2), Either.left("2 of 2")])
      assert.deepStrictEqual(yield* withRetries(0), [Either.right(1), Either.left("1 of 1"), Either.left("1 of 2")])
    }))

  it.scoped("reach all that depends on them, at any distance, and nothing else", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(boom, "no")
      const u = yield* Client.submit(inc, 1)
      const pair = Task.sync("pair", (a: number, b: number) => a + b)
      const near = yield* Client.submit(pair, u, x)
      const far = yield* Client.map(pair, [near, u, near], [u, u, near])
      assert.deepStrictEqual(yield* Client.gather(far, { mode: "either" }), [
        Either.left("no"),
        Either.right(4),
        Either.left("no")
      ])
      assert.include((yield* Client.explain(far[0]!)).summary, x.key)
    }).pipe(Effect.provide(cluster({ workers: 2 }, boom, inc, Task.sync("pair", (a: number, b: number) => a + b)))))

  it.scoped("a defect in one of two workers' tasks ends neither worker", () =>
    Effect.gen(function*() {
      const before = yield* Client.workers
      const bad = yield* Effect.forEach(["worker-0", "worker-1"], (workers) =>
        Client.submit(broken.pipe(Task.with({ workers })), "bad"))
      yield* Client.wait(bad)
      assert.deepStrictEqual(
        (yield* Client.workers).map((one) =>
          one.id
        ),
        before.map((one) => one.id)
      )
      assert.strictEqual(yield* Client.run(inc, 1), 2)
    }).pipe(Effect.provide(cluster({ workers: 2 }, broken, inc))))
})

describe("a worker that goes", () => {
  it.scoped("takes no result with it: a sum over what it held is right", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const parts = yield* Client.map(task, Array.from({ length: 10 }, (_, n) => n))
        yield* Client.wait(parts)
        const there = Object.values(yield* Client.whoHas(parts)).filter((who) => who.join() === "worker-1").length
        assert.isAbove(there, 0)
        yield* shrink(1)
        let total = parts[0]!
        for (const part of parts.slice(1)) total = yield* Client.submit(plus, total, part)
        assert.strictEqual((yield* total)[0], 45)
        assert.strictEqual(runs(), 10 + there)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, plus)))
    }))

  it.scoped("three times over, always the one that holds the total: the result is right each time", () =>
    Effect.gen(function*() {
      const { task } = counted()
      return yield* Effect.gen(function*() {
        const parts = yield* Client.map(task, [1, 2, 3, 4])
        const left = yield* Client.submit(plus, parts[0]!, parts[1]!)
        const right = yield* Client.submit(plus, parts[2]!, parts[3]!)
        const zero = yield* Client.submit(task, 0)
        const at = (worker: number) => plus.pipe(Task.with({ workers: `worker-${worker}`, allowOtherWorkers: true }))
        let total = yield* Client.submit(at(3), left, right)
        for (const count of [3, 2, 1]) {
          yield* Client.wait(total)
          assert.deepStrictEqual((yield* Client.whoHas([total]))[total.key], [`worker-${count}`])
          yield* shrink(count)
          total = yield* Client.submit(at(count - 1), total, zero)
        }
        assert.deepStrictEqual(yield* total, large(10))
      }).pipe(Effect.provide(cluster({ workers: 4 }, task, plus)))
    }))

  it.scoped("with the only copy of scattered data: what needs it fails as lost and names the data", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatter(large(1), { workers: "worker-1" })
      yield* until(Client.whoHas([data]), (has) => has[data.key]?.join() === "worker-1")
      yield* shrink(1)
      const late = yield* Client.submit(first, data)
      assert.strictEqual(yield* reasonOf(late), "Lost")
      assert.include(String(yield* Effect.flip(late)), data.key)
      assert.strictEqual(late.status, "lost")
      assert.strictEqual(data.status, "lost")
    }).pipe(Effect.provide(cluster({ workers: 2 }, first))))
})
