/** Several clients of one cluster: what they share, and what one of them can do to another. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { another, eventually, gated, inc, reasonOf, until } from "../LocalCluster.fixture.js"
import { cluster, counted, held, holdOnly, nothingLeft, plus, roundTrip } from "./parity.fixture.js"

/** A client, and what ends it. */
const closable = (name: string) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const client = yield* Scope.extend(another(name), scope)
    return { client, close: Scope.close(scope, Exit.void) }
  })

describe("several clients", () => {
  it.scoped("the data stays until the last that wants it has let go", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const others = yield* Effect.forEach(["a", "b"], another)
        const futures = [
          yield* Client.submit(pure, 1),
          yield* others[0]!.submit(pure, 1),
          yield* others[1]!.submit(pure, 1)
        ]
        assert.strictEqual(new Set(futures.map((future) => future.key)).size, 1)
        for (const future of futures) assert.strictEqual((yield* future)[0], 1)
        yield* Future.release(futures[1]!)
        yield* Future.release(futures[0]!)
        yield* roundTrip
        yield* others[0]!.run(inc, 1)
        assert.include(yield* held, futures[2]!.key)
        assert.strictEqual(yield* others[1]!.run(plus, futures[2]!, futures[2]!).pipe(Effect.map((sum) => sum[0])), 2)
        yield* Future.release(futures[2]!)
        yield* nothingLeft([futures[2]!.key])
        assert.strictEqual(runs(), 1)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, plus, inc)))
    }))

  it.scoped("eight that ask for the same graph at once do its work once", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      let sums = 0
      const add = Task.sync("add", (a: Float64Array, b: Float64Array) => (sums++, a[0]! + b[0]!), { pure: true })
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const clients = yield* Effect.forEach(Array.from({ length: 8 }, (_, n) => `c${n}`), another)
        const answers = yield* Effect.forEach(clients, (client) =>
          Effect.gen(function*() {
            const parts = yield* client.map(pure, [1, 2, 3, 4])
            const pairs = yield* client.map(add, [parts[0]!, parts[2]!], [parts[1]!, parts[3]!])
            return yield* client.gather(pairs)
          }), { concurrency: "unbounded" })
        assert.deepStrictEqual(answers, Array.from({ length: 8 }, () => [3, 7]))
        assert.deepStrictEqual([runs(), sums], [4, 2])
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, add)))
    }))

  it.scoped("one that leaves takes away its own wants alone", () =>
    Effect.gen(function*() {
      const shared = gated("shared")
      const own = gated("own")
      return yield* Effect.gen(function*() {
        const pure = shared.task.pipe(Task.with({ pure: true }))
        const leaving = yield* closable("leaving")
        const mine = yield* Client.submit(pure, 1)
        const theirs = yield* leaving.client.submit(pure, 1)
        const alone = yield* leaving.client.submit(own.task, 1)
        const after = yield* leaving.client.submit(inc, alone)
        yield* shared.started
        yield* own.started
        yield* leaving.close
        yield* eventually(() => own.log.length === 2)
        yield* until(Client.explain(after.key), (_) => _.state === "Unknown")
        yield* until(Client.explain(alone.key), (_) => _.state === "Unknown")
        assert.deepStrictEqual(own.log, ["interrupted", "ended"])
        assert.deepStrictEqual(shared.log, [])
        assert.strictEqual(yield* reasonOf(theirs), "ClusterClosed")
        yield* shared.open
        assert.strictEqual(yield* mine, 1)
      }).pipe(Effect.provide(cluster({}, shared.task, own.task, inc)))
    }))

  it.scoped("one that leaves while it had work in every state leaves nothing behind", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const { task: big } = counted()
      return yield* Effect.gen(function*() {
        const leaving = yield* closable("leaving")
        const stored = yield* leaving.client.map(big, [1, 2, 3, 4])
        yield* leaving.client.wait(stored)
        const running = yield* leaving.client.map(task.pipe(Task.with({ resources: { one: 1 } })), [1, 2, 3, 4])
        const waiting = yield* leaving.client.map(inc, running)
        yield* started
        yield* leaving.close
        yield* nothingLeft([...stored, ...running, ...waiting].map((future) => future.key))
        assert.isTrue(log.length > 0 && log.filter((line) => line === "ended").length * 2 === log.length)
      }).pipe(Effect.provide(cluster({ workers: 2, resources: { one: 1 } }, task, big, inc)))
    }))

  it.scoped("what one fires and forgets is done though it left", () =>
    Effect.gen(function*() {
      const { log, open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const leaving = yield* closable("leaving")
        const key = yield* leaving.client.fireAndForget(task, 1)
        yield* started
        yield* leaving.close
        yield* roundTrip
        assert.deepStrictEqual(log, [])
        yield* open
        yield* nothingLeft([key])
        assert.deepStrictEqual(log, ["ended"])
      }).pipe(Effect.provide(cluster({}, task)))
    }))

  it.scoped("a failure is the same for all who want that work, and it is tried once", () =>
    Effect.gen(function*() {
      let runs = 0
      const failing = Task.make("failing", (x: number) =>
        Effect.suspend(() => Effect.fail(`${x} failed in run ${++runs}`) as Effect.Effect<number, string>))
      return yield* Effect.gen(function*() {
        const pure = failing.pipe(Task.with({ pure: true }))
        const theirs = yield* another("theirs")
        const mine = yield* Client.submit(pure, 1)
        assert.strictEqual(yield* Effect.flip(mine), "1 failed in run 1")
        const late = yield* theirs.submit(pure, 1)
        assert.strictEqual(yield* Effect.flip(late), "1 failed in run 1")
        // When all have let go it is work like any other again.
        yield* Effect.forEach([mine, late], Future.release)
        yield* nothingLeft([mine.key])
        assert.strictEqual(yield* Effect.flip(yield* theirs.submit(pure, 1)), "1 failed in run 2")
      }).pipe(Effect.provide(cluster({}, failing)))
    }))

  it.scopedLive("that outlive the cluster hear that it was closed, and wait for nothing", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const { task: big } = counted()
      const outer = yield* Scope.make()
      const futures = yield* Effect.gen(function*() {
        // An interruption would wait for the work's finalizers, for this long at most.
        const client = yield* Layer.build(Layer.fresh(Client.layer({ name: "outlives", grace: "1 days" }))).pipe(
          Effect.map((context) => Context.get(context, Client.Client)),
          Scope.extend(outer)
        )
        const futures = yield* Effect.all([client.submit(big, 1), client.submit(task, 1)]).pipe(Scope.extend(outer))
        yield* client.wait(futures[0])
        yield* started
        return futures
      }).pipe(Effect.provide(cluster({}, task, big)))
      assert.deepStrictEqual(log, ["interrupted", "ended"])
      const reasons = [yield* reasonOf(futures[0]), yield* reasonOf(futures[1])]
      assert.deepStrictEqual(reasons, ["ClusterClosed", "ClusterClosed"])
      assert.include(String(yield* Effect.flip(futures[1])), "it was closed")
      yield* Scope.close(outer, Exit.void)
    }))

  it.scoped("data that one scattered leaves with it, unless another's work still needs it", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      const after = Task.sync("after", (xs: ReadonlyArray<number>, x: number) => xs.length + x)
      return yield* Effect.gen(function*() {
        const leaving = yield* closable("leaving")
        const data = yield* leaving.client.scatter(Array.from({ length: 2000 }, (_, n) => n))
        const x = yield* leaving.client.submit(task, 1)
        const key = yield* leaving.client.fireAndForget(after, data, x)
        yield* until(held, (keys) => keys.includes(data.key))
        yield* started
        yield* leaving.close
        yield* roundTrip
        assert.deepStrictEqual(yield* held, [data.key])
        yield* open
        yield* nothingLeft([key, data.key])
        yield* holdOnly()
      }).pipe(Effect.provide(cluster({ slots: 2 }, task, after)))
    }))
})
