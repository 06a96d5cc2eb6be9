import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { eventually, gated, on } from "./LocalCluster.fixture.js"

/** A second passes, and everybody has had a turn or two. */
const second = Effect.gen(function*() {
  yield* TestClock.adjust("1 second")
  let turns = 0
  yield* eventually(() => ++turns > 8)
})

const names = Effect.map(Client.workers, (workers) => workers.map((worker) => worker.name))

const passes = (seconds: number) => Effect.repeatN(second, seconds - 1)

/** Time passes until there are so many; says how many seconds that took. */
const awaited = (count: number, seconds = 0): Effect.Effect<number, never, Client.Client> =>
  Effect.flatMap(names, (there) =>
    there.length === count
      ? Effect.succeed(seconds)
      : seconds > 600
      ? Effect.dieMessage(`there are ${there.join(", ")}, and not ${count}`)
      : Effect.zipRight(second, awaited(count, seconds + 1)))

const story = Effect.map(
  Client.story("local"),
  (lines) => lines.filter((line) => line.what === "scaled").map((line) => line.detail)
)

const large = Task.make("large", (n: number) => Effect.succeed(new Uint8Array(10_000).fill(n)))

describe("Client.adapt", () => {
  it.scoped("has workers come while there is more to do than can be done in time, and go when there is not", () =>
    Effect.gen(function*() {
      const { open, task } = gated("gated", { slots: 1 })
      return yield* Effect.gen(function*() {
        yield* Client.adapt({ minimum: 1, maximum: 4, target: "1 second" })
        const kept = yield* Client.map(large, [1, 2, 3, 4, 5, 6, 7, 8])
        const waiting = yield* Client.map(task, Array.from({ length: 12 }, (_, n) => n))
        // What runs for seconds is believed to take seconds more.
        yield* awaited(4)
        const there = yield* story
        assert.match(there[0]!, /^1 → [234]: there are .* of work for \d+ slots at most, to be done within 1 s/)
        yield* open
        assert.deepStrictEqual(yield* Client.gather(waiting), Array.from({ length: 12 }, (_, n) => n))
        const more = yield* Client.map(large, Array.from({ length: 8 }, (_, n) => 10 + n))
        yield* Client.wait(more)
        assert.isAtLeast(yield* awaited(1), 5)
        assert.match((yield* story).at(-1)!, /4 → 1/)
        // Those that went took nothing with them.
        const values = yield* Client.gather([...kept, ...more])
        assert.deepStrictEqual(values.map((value) => value[0]), [
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          10,
          11,
          12,
          13,
          14,
          15,
          16,
          17
        ])
        assert.isTrue([...kept, ...more].every((future) => future.status === "finished"))
      }).pipe(on({}, task, large))
    }))

  it.scoped("scattered data, which nobody could make again, goes to those that stay", () =>
    Effect.gen(function*() {
      const data = yield* Client.scatterAll(Array.from({ length: 9 }, (_, n) => new Uint8Array(10_000).fill(n)))
      yield* Client.wait(data)
      yield* Client.adapt({ maximum: 3, idle: 0, interval: "1 second" })
      yield* awaited(1)
      assert.deepStrictEqual((yield* Client.gather(data)).map((value) => value[0]), [0, 1, 2, 3, 4, 5, 6, 7, 8])
    }).pipe(on({ workers: 3 })))

  it.scoped("from none, where that is allowed, and back", () =>
    Effect.gen(function*() {
      yield* Client.adapt({ minimum: 0, maximum: 2 })
      yield* awaited(0)
      const x = yield* Client.submit(large, 1)
      yield* awaited(1)
      assert.strictEqual((yield* x)[0], 1)
      yield* passes(10)
      // The only copy is there, and nobody is left who could take it.
      assert.strictEqual((yield* names).length, 1)
      assert.include((yield* story).at(-1), "no other worker can take them")
    }).pipe(on({ workers: 2 }, large)))

  it.scoped("ends with its scope, and leaves the number as it is", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* Scope.extend(Client.adapt({ minimum: 3, maximum: 3 }), scope)
      yield* awaited(3)
      yield* Scope.close(scope, Exit.void)
      yield* Client.adapt({ minimum: 1, maximum: 8, idle: "1 hour" })
      yield* passes(30)
      assert.strictEqual((yield* names).length, 3)
    }).pipe(on({})))

  it.scoped("of several the last that began counts, until its scope ends", () =>
    Effect.gen(function*() {
      yield* Cluster.adapt({ minimum: 2, maximum: 2 })
      yield* awaited(2)
      const scope = yield* Scope.make()
      yield* Scope.extend(Cluster.adapt({ minimum: 4, maximum: 4, idle: 0 }), scope)
      yield* awaited(4)
      yield* passes(20)
      assert.strictEqual((yield* names).length, 4)
      yield* Scope.close(scope, Exit.void)
      yield* awaited(2)
    }).pipe(on({})))

  it.scoped("who has something to do does not go, whatever else there is", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated("gated", { slots: 1 })
      return yield* Effect.gen(function*() {
        const one = yield* Client.submit(task.pipe(Task.with({ workers: ["worker-1"] })), 1)
        yield* started
        yield* Client.adapt({ minimum: 1, maximum: 3, idle: 0, target: "1 hour" })
        yield* awaited(2)
        yield* passes(10)
        assert.include(yield* names, "worker-1")
        yield* open
        assert.strictEqual(yield* one, 1)
        yield* awaited(1)
      }).pipe(on({ workers: 3 }, task))
    }))

  it.scoped("numbers that cannot be meant are refused at once", () =>
    Effect.gen(function*() {
      const wrong = [
        { maximum: 0 },
        { maximum: Number.NaN },
        { minimum: 3, maximum: 2 },
        { minimum: -1, maximum: 2 },
        { maximum: 2, waitCount: 0 },
        { maximum: 2, interval: 0 },
        { maximum: 2, target: 0 }
      ]
      for (const options of wrong) {
        const exit = yield* Effect.exit(Client.adapt(options))
        assert.isTrue(Exit.isFailure(exit) && String(exit.cause).includes("adapt:"), JSON.stringify(options))
      }
    }).pipe(on({})))
})
