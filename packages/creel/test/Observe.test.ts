import { assert, describe, it } from "@effect/vitest"
import { Client, Door, Observe } from "creel"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { broken, inc, onDoor, sum } from "./LocalCluster.fixture.js"

const begin: Observe.GlanceOptions = { cursor: 0, activityCursor: 0 }

describe("Observe", () => {
  it.scoped("who looks on sees what ran, and each thing once", () =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      const before = yield* ask.observe(begin)
      assert.deepStrictEqual(before.activities, [])
      const futures = yield* Client.map(inc, [1, 2, 3])
      const total = yield* Client.submit(sum, futures)
      assert.strictEqual(yield* total, 9)
      yield* TestClock.adjust("1 second")
      const glance = yield* ask.observe({ cursor: before.cursor, activityCursor: before.activityCursor })
      const rows = glance.activities.flatMap(({ note: { columns, names } }) =>
        columns.keys.map((_, row) => names[columns.groups[row]!])
      )
      assert.deepStrictEqual(rows.sort(), ["inc", "inc", "inc", "sum"])
      assert.strictEqual(glance.computed, 4)
      assert.strictEqual(glance.workers.length, 1)
      const again = yield* ask.observe({ cursor: glance.cursor, activityCursor: glance.activityCursor })
      assert.deepStrictEqual(again.activities, [])
    }).pipe(onDoor({}, inc, sum)))

  it.scoped("who only asks how much there is has nobody report", () =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      yield* ask.observe({ ...begin, watch: false })
      assert.strictEqual(yield* Client.run(inc, 1), 2)
      yield* TestClock.adjust("1 second")
      const glance = yield* ask.observe({ ...begin, watch: false })
      assert.deepStrictEqual([glance.computed, glance.activities.length], [1, 0])
    }).pipe(onDoor({}, inc)))

  it.scoped("an error is read with its stack by those who do not have its task", () =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      const future = yield* Client.submit(broken, "on purpose")
      yield* Effect.exit(future)
      const view = yield* ask.key(future.key)
      assert.strictEqual(view?.state, "Failed")
      assert.include(view?.failure?.stack, "on purpose")
      assert.include(view?.failure?.stack, "LocalCluster.fixture")
      // Also when nobody wants it any more.
      const gone = yield* Effect.scoped(
        Effect.flatMap(Client.submit(broken, "gone"), (one) => Effect.as(Effect.exit(one), one.key))
      )
      assert.include((yield* ask.key(gone))?.failure?.stack, "gone")
      const { failureCursor, failures } = yield* ask.observe({ ...begin, failureCursor: 1 })
      assert.deepStrictEqual(failures.map((one) => one.key), [gone])
      assert.strictEqual(failureCursor, 2)
    }).pipe(onDoor({}, broken)))

  it.scoped("answers are what their Schemas say, and cross a wire", () =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      yield* ask.observe(begin)
      const future = yield* Client.submit(inc, 1)
      const failed = yield* Client.submit(broken, "no")
      yield* Effect.exit(future)
      yield* Effect.exit(failed)
      yield* TestClock.adjust("1 second")
      const crossed = <A>(schema: Schema.Schema<A>, value: A) =>
        assert.deepStrictEqual(Schema.decodeUnknownSync(schema)(Schema.encodeSync(schema)(value)), value)
      crossed(Observe.GlanceSchema, yield* ask.observe({ ...begin, routine: true, failureCursor: 0 }))
      for (const key of [future.key, failed.key]) {
        crossed(Schema.UndefinedOr(Observe.KeyViewSchema), yield* ask.key(key))
      }
      crossed(Observe.GraphViewSchema, yield* ask.graph(10))
      crossed(Observe.GraphViewSchema, yield* ask.graph(0))
      crossed(Observe.TreeSchema, yield* ask.tree)
    }).pipe(onDoor({}, inc, broken)))
})
