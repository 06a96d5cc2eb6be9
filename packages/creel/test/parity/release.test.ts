/** Letting go: what leaves the client, the scheduler and the workers, and what stays because somebody needs it. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import { boom, eventually, forgotten, gated, inc, reasonOf } from "../LocalCluster.fixture.js"
import { cluster, counted, first, held, holdOnly, nothingLeft, plus, roundTrip } from "./parity.fixture.js"

describe("release", () => {
  it.scoped("of a finished, a running and a failed future leaves nothing anywhere", () =>
    Effect.gen(function*() {
      const { task: big } = counted()
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const core = yield* Client.makeCore({ name: "counted" })
        const client = Client.fromCore(core, undefined)
        const finished = yield* client.submit(big, 1)
        const failed = yield* client.submit(boom, "no")
        const running = yield* client.submit(task, 1)
        yield* client.wait([finished, failed])
        yield* started
        assert.strictEqual(core.handleCount(), 3)
        yield* Effect.forEach([finished, failed, running], Future.release)
        assert.strictEqual(core.handleCount(), 0)
        assert.strictEqual(core.machine.rows.size, 0)
        yield* nothingLeft([finished.key, failed.key, running.key])
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(Effect.provide(cluster({ workers: 2 }, big, boom, task)))
    }))

  it.scoped("counts handles: the value stays for the second of two, and letting go twice is letting go once", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const [one, two] = [yield* Client.submit(pure, 7), yield* Client.submit(pure, 7)]
        assert.strictEqual(one.key, two.key)
        yield* Client.wait([one, two])
        yield* Future.release(one)
        yield* Future.release(one)
        yield* roundTrip
        assert.deepStrictEqual(yield* held, [two.key])
        assert.strictEqual((yield* two)[3], 7)
        assert.strictEqual(yield* reasonOf(one), "Released")
        yield* Future.release(two)
        yield* nothingLeft([two.key])
        assert.strictEqual(runs(), 1)
      }).pipe(Effect.provide(cluster({}, task)))
    }))

  it.scoped("of an input that runs does not stop it while a dependent needs it", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const y = yield* Client.submit(task, 1)
        const z = yield* Client.submit(inc, y)
        yield* started
        yield* Future.release(y)
        yield* roundTrip
        assert.deepStrictEqual(log, [])
        yield* open
        assert.strictEqual(yield* z, 2)
        assert.deepStrictEqual(log, ["ended"])
        yield* Future.release(z)
        yield* nothingLeft([y.key, z.key])
      }).pipe(Effect.provide(cluster({}, task, inc)))
    }))

  it.scoped("takes the data from every worker; the same submission later computes the same again", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const x = yield* Client.submit(pure, 3)
        // Read on both workers, so that both have a copy.
        const reads = yield* Effect.forEach(
          ["worker-0", "worker-1"],
          (workers) => Client.submit(first.pipe(Task.with({ workers })), x)
        )
        assert.deepStrictEqual(yield* Client.gather(reads), [3, 3])
        assert.strictEqual((yield* Client.whoHas([x]))[x.key]!.length, 2)
        yield* Effect.forEach([x, ...reads], Future.release)
        yield* nothingLeft([x.key])
        const again = yield* Client.submit(pure, 3)
        assert.strictEqual(again.key, x.key)
        assert.strictEqual((yield* again)[0], 3)
        assert.strictEqual(runs(), 2)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, first)))
    }))
})

describe("forgetting", () => {
  it.scoped("values go one by one, the way they were made goes with the last that could need it", () =>
    Effect.gen(function*() {
      const { task } = counted()
      return yield* Effect.gen(function*() {
        const a = yield* Client.submit(task, 1)
        const b = yield* Client.submit(task, 2)
        const ab = yield* Client.submit(plus, a, b)
        const aab = yield* Client.submit(plus, a, ab)
        const alone = yield* Client.submit(task, 3)
        yield* Client.wait([aab, alone])
        yield* holdOnly(a.key, b.key, ab.key, aab.key, alone.key)
        yield* Future.release(alone)
        yield* forgotten(alone.key)
        yield* Future.release(b)
        yield* holdOnly(a.key, ab.key, aab.key)
        yield* Future.release(ab)
        yield* Future.release(a)
        yield* holdOnly(aab.key)
        // `aab` might be lost: how it was made is remembered, all the way down.
        for (const future of [a, b, ab]) assert.strictEqual((yield* Client.explain(future.key)).state, "Idle")
        yield* Future.release(aab)
        yield* nothingLeft([a, b, ab, aab].map((future) => future.key))
      }).pipe(Effect.provide(cluster({}, task, plus)))
    }))

  it.scoped("while it is under way: what runs is stopped, what waits for it never begins", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      let ran = false
      const never = Task.sync("never", (x: number) => (ran = true, x))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task, 1)
        const y = yield* Client.submit(never, x)
        const z = yield* Client.submit(never, y)
        yield* started
        // From the middle, then the end, then the beginning.
        yield* Effect.forEach([y, z, x], Future.release)
        yield* nothingLeft([x.key, y.key, z.key])
        yield* eventually(() => log.length === 2)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
        assert.isFalse(ran)
      }).pipe(Effect.provide(cluster({}, task, never)))
    }))

  it.scoped("what failed, and what failed because of it, in any order", () =>
    Effect.gen(function*() {
      for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0]]) {
        const x = yield* Client.submit(boom, "no")
        const y = yield* Client.submit(inc, x)
        const z = yield* Client.submit(inc, y)
        assert.strictEqual(yield* Effect.flip(z), "no")
        yield* Effect.forEach(order, (n) => Future.release([x, y, z][n]!))
        yield* nothingLeft([x.key, y.key, z.key])
      }
    }).pipe(Effect.provide(cluster({}, boom, inc))))

  it.scoped("a branch that was only made for one that failed is not kept", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      const { fail, task: doomed } = gated("doomed")
      const both = Task.sync("both", (a: Float64Array, b: number) => a[0]! + b)
      return yield* Effect.gen(function*() {
        const y = yield* Client.submit(task, 1)
        const x = yield* Client.submit(doomed, 1)
        const z = yield* Client.submit(both, y, x)
        yield* Client.wait(y)
        yield* Effect.forEach([x, y], Future.release)
        yield* roundTrip
        // `z` still needs it.
        assert.deepStrictEqual(yield* held, [y.key])
        yield* fail("no")
        assert.strictEqual(yield* Effect.flip(z), "no")
        yield* holdOnly()
        assert.strictEqual(runs(), 1)
      }).pipe(Effect.provide(cluster({}, task, doomed, both)))
    }))
})
