import { assert, describe, it } from "@effect/vitest"
import { Client, Diagram, Door, TaskStream } from "creel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { boom, inc, onDoor, sum } from "./LocalCluster.fixture.js"

/** Lets the time of a program pass until it is done. */
const passing = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(self)
    const pass = Effect.zipRight(TestClock.adjust("100 millis"), Effect.yieldNow())
    yield* Effect.repeat(pass, { until: () => Effect.map(fiber.status, (status) => status._tag === "Done") })
    return yield* Fiber.join(fiber)
  })

const row: TaskStream.Row = {
  kind: "compute",
  end: "done",
  key: "inc-1",
  group: "inc",
  worker: "one",
  workerId: "w1",
  lane: "e0",
  start: 1_000,
  millis: 2.5,
  bytes: 10
}

describe("TaskStream", () => {
  it.scoped("records what ran while an effect did, failures too", () =>
    Effect.gen(function*() {
      const { missed, rows, value } = yield* Effect.gen(function*() {
        const numbers = yield* Client.map(inc, [1, 2])
        const total = yield* Client.submit(sum, numbers)
        yield* Effect.exit(Client.run(boom, "no"))
        return yield* total
      }).pipe(TaskStream.record(), passing)
      assert.strictEqual(value, 5)
      assert.strictEqual(missed, 0)
      const seen = rows.map(({ end, group, kind }) => `${kind} ${group} ${end}`).sort()
      assert.deepStrictEqual(seen, [
        "compute boom failed",
        "compute inc done",
        "compute inc done",
        "compute sum done"
      ])
      assert.isTrue(rows.every(({ lane, worker }) => lane !== "" && worker !== ""))
    }).pipe(onDoor({}, inc, sum, boom)))

  it.scoped("ends with what it records, where nothing may be interrupted too", () =>
    Effect.gen(function*() {
      const { value } = yield* passing(Effect.uninterruptible(TaskStream.record()(Client.run(inc, 1))))
      assert.strictEqual(value, 2)
    }).pipe(onDoor({}, inc)))

  it.scoped("is a stream of what happens from now on", () =>
    Effect.gen(function*() {
      const rows = yield* TaskStream.stream().pipe(Stream.take(2), Stream.runCollect, Effect.fork)
      yield* Effect.yieldNow()
      yield* Client.gather(yield* Client.map(inc, [1, 2]))
      const seen = yield* passing(Fiber.join(rows))
      assert.deepStrictEqual([...seen].map(({ group }) => group), ["inc", "inc"])
    }).pipe(onDoor({}, inc)))

  it("is a file that trace viewers open: workers are processes, lanes are threads", () => {
    const moved: TaskStream.Row = {
      ...row,
      kind: "transfer",
      lane: "w2",
      start: 1_001,
      millis: 1,
      group: "",
      end: "failed"
    }
    const { traceEvents } = JSON.parse(TaskStream.toChromeTrace([moved, row])) as { traceEvents: Array<object> }
    assert.deepStrictEqual(traceEvents, [
      { ph: "M", name: "process_name", pid: 1, args: { name: "one" } },
      { ph: "M", name: "thread_name", pid: 1, tid: 1, args: { name: "e0" } },
      {
        ph: "X",
        name: "inc",
        cat: "compute",
        pid: 1,
        tid: 1,
        ts: 0,
        dur: 2500,
        args: { key: "inc-1", end: "done", bytes: 10 }
      },
      { ph: "M", name: "thread_name", pid: 1, tid: 2, args: { name: "transfer" } },
      {
        ph: "X",
        name: "transfer",
        cat: "transfer",
        pid: 1,
        tid: 2,
        ts: 1000,
        dur: 1000,
        args: { key: "inc-1", end: "failed", bytes: 10, from: "w2" }
      }
    ])
  })
})

describe("Diagram", () => {
  it.scoped("draws a task's story between scheduler and workers", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc, 1)
      yield* future
      const text = Diagram.ofStory(yield* Client.story(future), { title: future.key })
      assert.match(text, /^---\ntitle: inc/)
      assert.include(text, "sequenceDiagram\n  participant scheduler\n  participant p1 as ")
      assert.match(text, /scheduler->>p1: \+0\.000 s assigned/)
      assert.match(text, /p1->>scheduler: \+0\.000 s stored/)
    }).pipe(onDoor({}, inc)))

  it.scoped("draws who supervises whom", () =>
    Effect.gen(function*() {
      const text = Diagram.ofTree(yield* (yield* Door.Door).ask.tree)
      assert.match(text, /^flowchart TD\n {2}n1\["creel<br\/>up"\]/)
      assert.include(text, "scheduler<br/>up")
    }).pipe(onDoor({}, inc)))
})
