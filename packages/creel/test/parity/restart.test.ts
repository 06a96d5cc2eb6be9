/** Two restarts: of all work, asked for by a client; and of the scheduler, which no future notices. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import { another, boom, eventually, gated, inc, reasonOf, until } from "../LocalCluster.fixture.js"
import { cluster, counted, held, holdOnly, nothingLeft, plus, roundTrip } from "./parity.fixture.js"

const restartScheduler = Effect.flatMap(Cluster.Cluster, (_) => _.restartScheduler)

describe("Client.restart", () => {
  it.scoped("clears all: stored, failed, running, queued, waiting, unrunnable", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const { task: big } = counted()
      return yield* Effect.gen(function*() {
        const stored = yield* Client.map(big, [1, 2])
        const failed = yield* Client.submit(boom, "no")
        yield* Client.wait([...stored, failed])
        const one = Task.with({ resources: { one: 1 } })
        const busy = yield* Client.map(task.pipe(one), [1, 2, 3])
        const waiting = yield* Client.map(inc, busy)
        const stuck = yield* Client.submit(inc.pipe(Task.with({ workers: "nowhere" })), 1)
        yield* started
        const all = [...stored, failed, ...busy, ...waiting, stuck]
        yield* Client.restart
        for (const future of [...busy, ...waiting, stuck]) assert.strictEqual(yield* reasonOf(future), "Cancelled")
        // A value that nobody had brought here is gone; a failure was an answer already.
        for (const future of stored) assert.strictEqual(yield* reasonOf(future), "Cancelled")
        assert.strictEqual(yield* Effect.flip(failed), "no")
        yield* nothingLeft(all.map((future) => future.key))
        yield* eventually(() => log.length > 0 && log.filter((line) => line === "ended").length * 2 === log.length)
        assert.deepStrictEqual(yield* Client.nbytes, {})
        assert.strictEqual(yield* Client.run(inc.pipe(one), 1), 2)
      }).pipe(Effect.provide(cluster({ workers: 2, resources: { one: 1 } }, task, big, boom, inc)))
    }))

  it.scoped("by one client ends the futures of another; names and pure work begin anew", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const theirs = yield* another("theirs")
        const named = task.pipe(Task.with({ key: "mine" }))
        const pure = task.pipe(Task.with({ pure: true }))
        const old = [yield* theirs.submit(named, 1), yield* theirs.submit(pure, 2)]
        yield* theirs.wait(old)
        assert.strictEqual(runs(), 2)
        yield* Client.restart
        for (const future of old) {
          assert.strictEqual(yield* reasonOf(future), "Cancelled")
          assert.include(String(yield* Effect.flip(future)), "restarted")
          yield* Future.release(future)
        }
        const fresh = [yield* theirs.submit(named, 3), yield* theirs.submit(pure, 2)]
        assert.deepStrictEqual(fresh.map((future) => future.key), old.map((future) => future.key))
        assert.deepStrictEqual((yield* theirs.gather(fresh)).map((value) => value[0]), [3, 2])
        assert.strictEqual(runs(), 4)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task)))
    }))

  it.scoped("letting go of a future from before does not touch the same work from after", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      const { task: big } = counted()
      return yield* Effect.gen(function*() {
        const pure = big.pipe(Task.with({ pure: true }))
        const theirs = yield* another("theirs")
        const old = yield* Client.submit(pure, 1)
        yield* Client.wait(old)
        yield* theirs.restart
        // The new want is begun while the old handle is still there, by another client.
        const fresh = yield* theirs.submit(pure, 1)
        yield* theirs.wait(fresh)
        yield* Future.release(old)
        yield* roundTrip
        assert.deepStrictEqual(yield* held, [fresh.key])
        assert.strictEqual((yield* fresh)[0], 1)
        // And by the same one, at once: the release is on its way when the new want is.
        const before = yield* Client.submit(task.pipe(Task.with({ key: "same" })), 1)
        yield* started
        yield* Client.restart
        yield* Future.release(before)
        const after = yield* Client.submit(task.pipe(Task.with({ key: "same" })), 2)
        yield* open
        assert.strictEqual(yield* after, 2)
      }).pipe(Effect.provide(cluster({}, task, big)))
    }))

  it.scoped("time and again, with work under way", () =>
    Effect.gen(function*() {
      const { task } = counted()
      return yield* Effect.gen(function*() {
        for (let round = 0; round < 10; round++) {
          const parts = yield* Client.map(task, [1, 2, 3, 4])
          const sums = yield* Client.map(plus, [parts[0]!, parts[2]!], [parts[1]!, parts[3]!])
          if (round % 2 === 0) yield* Client.wait(sums, { until: "first" })
          yield* Client.restart
          yield* Client.wait([...parts, ...sums])
          yield* Effect.forEach([...parts, ...sums], Future.release)
        }
        const total = yield* Client.submit(plus, yield* Client.submit(task, 1), yield* Client.submit(task, 2))
        assert.strictEqual((yield* total)[0], 3)
        yield* Future.release(total)
        yield* until(held, (keys) => new Set(keys).size === 2)
      }).pipe(Effect.provide(cluster({ workers: 3 }, task, plus)))
    }))
})

describe("a new scheduler", () => {
  it.scoped("twice, while work is stored, failed, running and waiting: every future answers what it would have", () =>
    Effect.gen(function*() {
      const { open, runs: ran, started, task } = gated()
      const { runs, task: big } = counted()
      return yield* Effect.gen(function*() {
        const stored = yield* Client.submit(big, 1)
        const failed = yield* Client.submit(boom, "no")
        yield* Client.wait([stored, failed])
        const running = yield* Client.submit(task, 1)
        const waiting = yield* Client.submit(inc, running)
        yield* started
        for (let life = 0; life < 2; life++) {
          yield* restartScheduler
          assert.strictEqual(yield* Client.run(inc, life), life + 1)
          assert.deepStrictEqual([stored.status, running.status], ["finished", "pending"])
        }
        yield* open
        assert.strictEqual(yield* waiting, 2)
        assert.strictEqual((yield* stored)[0], 1)
        assert.strictEqual(yield* Effect.flip(failed), "no")
        assert.deepStrictEqual([runs(), ran()], [1, 1])
        const keys = [stored, failed, running, waiting].map((future) => future.key)
        yield* Effect.forEach([stored, failed, running, waiting], Future.release)
        yield* nothingLeft(keys)
        yield* holdOnly()
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, big, boom, inc)))
    }))

  it.scoped("learns of what was let go while there was none", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const { task: big } = counted()
      return yield* Effect.gen(function*() {
        const stored = yield* Client.submit(big, 1)
        yield* Client.wait(stored)
        const running = yield* Client.submit(task, 1)
        yield* started
        const restarting = yield* Effect.fork(restartScheduler)
        yield* Effect.forEach([stored, running], Future.release)
        yield* restarting.await
        yield* nothingLeft([stored.key, running.key])
        yield* eventually(() => log.length === 2)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(Effect.provide(cluster({}, task, big)))
    }))
})
