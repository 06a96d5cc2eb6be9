/** asCompleted when the cluster changes under it. What it does with everything at rest is in `AsCompleted.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { boom, gated, inc, until } from "../LocalCluster.fixture.js"
import { cluster, counted, shrink } from "./parity.fixture.js"

describe("asCompleted", () => {
  it.scoped("a hundred and twenty, some failing, some depending on those: each comes out once, whatever became of it", () =>
    Effect.gen(function*() {
      const third = Task.make(
        "third",
        (n: number) => n % 3 === 0 ? Effect.fail(`${n}`) as Effect.Effect<number, string> : Effect.succeed(n)
      )
      return yield* Effect.gen(function*() {
        const numbers = Array.from({ length: 60 }, (_, n) => n)
        const firsts = yield* Client.map(third, numbers)
        const seconds = yield* Client.map(inc, firsts)
        const completed = yield* Client.asCompleted<number, string>([...firsts, ...seconds])
        const all = Chunk.toReadonlyArray(yield* Stream.runCollect(completed.settled))
        assert.strictEqual(all.length, 120)
        const right = all.flatMap((one) => Either.isRight(one) ? [one.right] : []).sort((a, b) => a - b)
        const left = all.flatMap((one) => Either.isLeft(one) ? [String(one.left)] : [])
        const good = numbers.filter((n) => n % 3 !== 0)
        assert.deepStrictEqual(right, [...good, ...good.map((n) => n + 1)].sort((a, b) => a - b))
        assert.deepStrictEqual(
          left.sort(),
          numbers.filter((n) => n % 3 === 0).flatMap((n) => [`${n}`, `${n}`]).sort()
        )
      }).pipe(Effect.provide(cluster({ workers: 2 }, third, inc)))
    }))

  it.scoped("the work is restarted: what is outstanding comes out as cancelled, nobody hangs", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const futures = yield* Client.map(task, [1, 2])
        const completed = yield* Client.asCompleted<number, string>([
          ...futures,
          yield* Client.submit(inc, futures[0]!)
        ])
        const taking = yield* Effect.fork(Stream.runCollect(completed.stream))
        yield* started
        yield* Client.restart
        const all = Chunk.toReadonlyArray(yield* Fiber.join(taking))
        assert.deepStrictEqual(all.map((future) => future.status), ["cancelled", "cancelled", "cancelled"])
      }).pipe(Effect.provide(cluster({}, task, inc)))
    }))

  it.scoped("a future whose worker went after it was done can be taken all the same, and has its value", () =>
    Effect.gen(function*() {
      const { runs, task } = counted()
      return yield* Effect.gen(function*() {
        const there = task.pipe(Task.with({ workers: "worker-1", allowOtherWorkers: true }))
        const futures = yield* Client.map(there, [1, 2, 3])
        yield* Client.wait(futures)
        const completed = yield* Client.asCompleted(futures)
        yield* shrink(1)
        yield* until(Client.explain(futures[0]!), (_) => _.worker === undefined || _.state === "Stored")
        const seen: Array<number> = []
        while (!(yield* completed.isEmpty)) {
          const future = yield* completed.take
          seen.push((yield* future)[0]!)
        }
        assert.sameMembers(seen, [1, 2, 3])
        assert.isAtLeast(runs(), 4)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task)))
    }))

  it.scopedLive("its client is closed: those who wait for the next one get it, as an error", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Scope.extend(Layer.build(Layer.fresh(Client.layer({ name: "leaving" }))), scope)
        const client = Context.get(context, Client.Client)
        const future = yield* client.submit(task, 1)
        const completed = yield* client.asCompleted([future])
        const taking = yield* Effect.fork(completed.take)
        yield* started
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* Fiber.join(taking), future)
        assert.strictEqual(future.status, "error")
      }).pipe(Effect.provide(cluster({}, task)))
    }))

  it.scoped("two loops over the same work, each with its own handles, both see all of it", () =>
    Effect.gen(function*() {
      const { open, runs, task } = gated()
      return yield* Effect.gen(function*() {
        const pure = task.pipe(Task.with({ pure: true }))
        const loop = Effect.scoped(Effect.gen(function*() {
          const completed = yield* Client.asCompleted<number, string>([
            ...(yield* Client.map(pure, [1, 2])),
            yield* Client.submit(boom, "no")
          ])
          return Chunk.toReadonlyArray(yield* Stream.runCollect(completed.settled))
        }))
        const loops = yield* Effect.forEach([1, 2], () => Effect.fork(loop))
        yield* until(Effect.sync(() => runs()), (ran) => ran === 2)
        yield* open
        for (const fiber of loops) {
          assert.sameDeepMembers([...(yield* Fiber.join(fiber))], [Either.right(1), Either.right(2), Either.left("no")])
        }
        assert.strictEqual(runs(), 2)
      }).pipe(Effect.provide(cluster({ workers: 2 }, task, boom)))
    }))
})
