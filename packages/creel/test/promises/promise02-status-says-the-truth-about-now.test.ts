import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { boom, gated, inc, on, until } from "../LocalCluster.fixture.js"

const explained = (future: Parameters<typeof Client.explain>[0], state: string) =>
  until(Client.explain(future), (_) => _.state === state)

describe("promise 2: status says the truth, about now", () => {
  it.scoped("to a user: pending, finished, error, cancelled", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(inc, 1)
        const failed = yield* Client.submit(boom, "no")
        const held = yield* Client.submit(task, 1)
        assert.deepStrictEqual([x.status, failed.status, held.status], ["pending", "pending", "pending"])
        yield* Client.wait([x, failed])
        yield* started
        assert.deepStrictEqual([x.status, failed.status, held.status], ["finished", "error", "pending"])
        yield* Client.cancel(held)
        assert.strictEqual(held.status, "cancelled")
      }).pipe(on({}, task, inc, boom))
    }))

  it.scoped("to one who asks: waiting on which inputs, assigned where, running since when", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(task.pipe(Task.with({ workers: "worker-0" })), 1)
        const y = yield* Client.submit(inc.pipe(Task.with({ workers: "worker-1" })), x)
        yield* started
        const waiting = yield* explained(y, "Waiting")
        assert.deepStrictEqual(waiting.missing, [x.key])
        // A job is announced as running only after a while: tiny ones cost no word.
        yield* TestClock.adjust("2 seconds")
        const running = yield* explained(x, "Running")
        assert.isNumber(running.since)
        assert.isString(running.attempt)
        assert.include(running.summary, "worker-0")
      }).pipe(on({ workers: 2 }, task, inc))
    }))

  it.scoped("queued behind what", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      const one = Task.with({ resources: { one: 1 } })
      return yield* Effect.gen(function*() {
        yield* Client.submit(task.pipe(one), 1)
        yield* started
        yield* Client.submit(inc.pipe(one), 1)
        const last = yield* Client.submit(inc.pipe(one), 2)
        const queued = yield* explained(last, "Queued")
        assert.strictEqual(queued.behind, 1)
        assert.include(queued.summary, "behind 1")
      }).pipe(on({ resources: { one: 1 } }, task, inc))
    }))

  it.scoped("or unrunnable, and why", () =>
    Effect.gen(function*() {
      const nowhere = yield* Client.submit(inc.pipe(Task.with({ workers: "moon" })), 1)
      const stranger = yield* Client.submit(Task.sync("stranger", () => 1))
      assert.include((yield* explained(nowhere, "Queued")).summary, "moon")
      assert.include((yield* explained(stranger, "Queued")).summary, "stranger")
    }).pipe(on({}, inc)))

  it.scoped("tried again, after how many failures and when", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(boom.pipe(Task.with({ retry: { times: 5, delay: "1 minutes" } })), "no")
      const waiting = yield* until(Client.explain(future), (_) => _.failures === 1)
      assert.include(waiting.summary, "tried again in")
      assert.strictEqual(future.status, "pending")
    }).pipe(on({}, boom)))
})
