import * as Payload from "@creel/core/Payload"
import * as ProcessExecutors from "@creel/node/ProcessExecutors"
import * as ThreadExecutors from "@creel/node/ThreadExecutors"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, fork } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Worker } from "node:worker_threads"
import * as Marks from "../src/wire/marks.js"
import { job, Log, worker } from "./fixtures/log.js"
import { fake } from "./utils/programs.js"

const threads = (options?: Partial<ThreadExecutors.Options> & { readonly make?: () => Worker }) =>
  Effect.gen(function*() {
    const log = new Log()
    const executors = yield* ThreadExecutors.make({
      count: 1,
      worker,
      spawn: options?.make ?? (() => new Worker(fake)),
      restarts: { delay: 1 },
      ...options
    })
    yield* executors.start(log.emit)
    yield* executors.ready
    return { executors, log, place: "w/thread-1", one: "w/thread-1.1" }
  })

/** A pipe with a name: opening one end of it takes until somebody opens the other, as the end of the scope does. */
const pipe = Effect.acquireRelease(
  Effect.sync(() => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "creel-test-")), "pipe")
    execFileSync("mkfifo", [file])
    return file
  }),
  (file) =>
    Effect.sync(() => {
      fs.closeSync(fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_NONBLOCK))
      fs.rmSync(path.dirname(file), { recursive: true })
    })
)

describe("executors on threads", () => {
  it.scopedLive("run jobs, each with one end", () =>
    Effect.gen(function*() {
      const { executors, log } = yield* threads({ count: 2 })
      for (let attempt = 0; attempt < 1000; attempt++) {
        executors.run(`w/thread-${1 + attempt % 2}.1`, job(attempt, "echo"))
      }
      yield* Effect.forEach(Array.from({ length: 1000 }, (_, attempt) => attempt), log.ended)
      const ends = log.events.filter((event) => event._tag === "Ended")
      assert.strictEqual(ends.length, 1000)
      const last = yield* log.ended(77)
      assert.deepStrictEqual(last.outcome._tag === "Value" ? [...Payload.head(last.outcome.payload)] : [], [77])
    }))

  it.scopedLive("share memory instead of copying it", () =>
    Effect.gen(function*() {
      const { executors, log, one } = yield* threads()
      const shared = new SharedArrayBuffer(8)
      executors.run(
        one,
        job(1, "share", { inputs: [{ value: "v", payload: { head: new Uint8Array(1), buffers: [shared] } }] })
      )
      const { outcome } = yield* log.ended(1)
      assert.strictEqual(new Int32Array(shared)[0], 1)
      if (outcome._tag !== "Value") return assert.fail(outcome._tag)
      assert.deepStrictEqual([...Payload.head(outcome.payload)], [1])
      Atomics.add(new Int32Array(shared), 0, 1)
      assert.strictEqual(new Int32Array(Payload.buffers(outcome.payload)[0] as SharedArrayBuffer)[0], 2)
    }))

  it.scopedLive("interrupt in the order in which they are told", () =>
    Effect.gen(function*() {
      const { executors, log, one } = yield* threads()
      executors.run(one, job(1, "wait"))
      executors.interrupt(one, 1, "changed my mind", "me")
      assert.strictEqual((yield* log.ended(1)).outcome._tag, "Interrupted")
    }))

  it.scopedLive("one that cannot be heard any more is dead, and its jobs are not waited for", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "wait"))
      executors.run(one, job(2, "mute"))
      const down = yield* log.down(place, 1)
      assert.isFalse(down.expected)
      assert.include(down.detail, "parentPort.close")
      yield* log.up(place, 2)
    }))

  it.scopedLive("say what had started when one dies, and another takes its place", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "wait"))
      executors.run(one, job(2, "queued"))
      executors.run(one, job(3, "exit"))
      const down = yield* log.down(place, 1)
      assert.deepStrictEqual(down.started, [1, 3])
      assert.isFalse(down.expected)
      assert.include(down.detail, "exited with code 7")
      yield* log.up(place, 2)
      executors.run(`${place}.2`, job(4, "echo"))
      yield* log.ended(4)
      // A job told to a life that is over is lost with it.
      executors.run(one, job(5, "echo"))
      executors.run(`${place}.2`, job(6, "echo"))
      yield* log.ended(6)
      assert.isUndefined(log.events.find((event) => event._tag === "Ended" && event.attempt === 5))
    }))

  it.scopedLive("do not blame what had ended when one dies, even if its end was not told", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(0, "wait"))
      // All of one turn: the ends of the first are lost with the executor.
      for (let attempt = 1; attempt < 20; attempt++) executors.run(one, job(attempt, "echo"))
      executors.run(one, job(20, "exit"))
      executors.run(one, job(21, "echo"))
      assert.deepStrictEqual((yield* log.down(place, 1)).started, [0, 20])
    }))

  it.scopedLive("blame what ended last, for what it left behind", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "echo"))
      executors.run(one, job(2, "leaveExit"))
      assert.deepStrictEqual((yield* log.down(place, 1)).started, [2])
    }))

  it.scopedLive("tell an exception that nobody caught, with its stack", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "throw"))
      const down = yield* log.down(place, 1)
      assert.include(down.detail, "uncaught exception: Error: thrown by nobody's task")
      assert.include(down.detail, "fakeWorker.mjs")
    }))

  it.scopedLive("tell what standard error said last", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "complain"))
      assert.include((yield* log.down(place, 1)).detail, "the last words")
    }))

  it.scopedLive("tell that memory ran out", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads({
        make: () => new Worker(fake, { resourceLimits: { maxOldGenerationSizeMb: 40 } })
      })
      executors.run(one, job(1, "oom"))
      const down = yield* log.down(place, 1)
      assert.include(down.detail, "out of memory")
      assert.deepStrictEqual(down.started, [1])
      yield* log.up(place, 2)
    }))

  it.scopedLive("end code that never yields by force", () =>
    Effect.gen(function*() {
      const { executors, log, one, place } = yield* threads()
      executors.run(one, job(1, "spin"))
      // It blocks, so it cannot say that it began: its mark does.
      yield* log.claimed(1)
      executors.end(one, "it takes too long")
      const down = yield* log.down(place, 1)
      assert.isTrue(down.expected)
      assert.include(down.detail, "it takes too long")
      assert.deepStrictEqual(down.started, [1])
      yield* log.up(place, 2)
    }))

  it.scopedLive("abandon and replace what cannot be ended, and say so", () =>
    Effect.gen(function*() {
      const file = yield* pipe
      const make = () => new Worker(fake, { env: { ...process.env, FAKE_WORKER: file } })
      const { executors, log, one, place } = yield* threads({ make, killWithin: 100 })
      executors.run(one, job(1, "native"))
      yield* log.claimed(1)
      executors.end(one, "it takes too long")
      const down = yield* log.down(place, 1)
      assert.include(down.detail, "abandoned")
      yield* log.up(place, 2)
    }))

  it.scopedLive("give up past the limit, and say why", () =>
    Effect.gen(function*() {
      const { executors, log, place } = yield* threads({ restarts: { limit: 2, period: "1 hour", delay: 1 } })
      for (let life = 1; life <= 3; life++) {
        yield* log.up(place, life)
        executors.run(`${place}.${life}`, job(life, "exit"))
        yield* log.down(place, life)
      }
      const [error] = yield* executors.givenUp.pipe(Effect.repeat({ until: (errors) => errors.length > 0 }))
      assert.strictEqual(error?.reason, "ExecutorGivenUp")
      assert.include(error?.message, "more than 2 times")
    }))

  it.scopedLive("close: running work is finalized, and the threads are gone", () =>
    Effect.gen(function*() {
      const made: Array<Worker> = []
      const log = yield* Effect.scoped(Effect.gen(function*() {
        const { executors, log, one } = yield* threads({
          make: () => {
            const thread = new Worker(fake)
            made.push(thread)
            return thread
          }
        })
        executors.run(one, job(1, "wait"))
        yield* log.claimed(1)
        return log
      }))
      const down = yield* log.down("w/thread-1", 1)
      assert.isTrue(down.expected)
      assert.deepStrictEqual(down.started, [1])
      // A thread that has ended has no id.
      assert.deepStrictEqual(made.map((thread) => thread.threadId), [-1])
    }))

  it.scopedLive("close while they start", () =>
    Effect.gen(function*() {
      const made: Array<Worker> = []
      yield* Effect.scoped(Effect.gen(function*() {
        const executors = yield* ThreadExecutors.make({
          count: 2,
          worker,
          spawn: () => {
            const thread = new Worker(fake)
            made.push(thread)
            return thread
          }
        })
        yield* executors.start(() => {})
        yield* Effect.repeat(Effect.sync(() => made.length), { until: (n) => n === 2 })
      }))
      assert.deepStrictEqual(made.map((thread) => thread.threadId), [-1, -1])
    }))

  it.scopedLive("do not restart what dies while it starts", () =>
    Effect.gen(function*() {
      const executors = yield* ThreadExecutors.make({
        count: 1,
        worker,
        spawn: () => new Worker(fake, { env: { ...process.env, FAKE_WORKER: "exit" } })
      })
      yield* executors.start(() => {})
      const error = yield* Effect.flip(executors.ready)
      assert.strictEqual(error.reason, "ExecutorNotStarted")
      assert.include(error.message, "exited with code 9")
      assert.strictEqual((yield* executors.givenUp).length, 1)
    }))

  it.scopedLive("say that a thread cannot be made", () =>
    Effect.gen(function*() {
      const executors = yield* ThreadExecutors.make({
        count: 1,
        worker,
        spawn: () => new Worker("./relative-nonsense")
      })
      yield* executors.start(() => {})
      assert.strictEqual((yield* Effect.flip(executors.ready)).reason, "ExecutorNotStarted")
    }))
})

/** Marks of one place, one after another, are never taken for each other; not even when numbers begin anew. */
const markAndLook = (marks: Marks.Marks, mark: (mark: number) => void): void => {
  const [one, other] = [Marks.first(3), Marks.first(4)]
  mark(one)
  mark(-1)
  assert.deepStrictEqual([one, other, -1].map(marks.isSet), [true, false, false])
  let here = one
  for (let n = 0; n < 1000; n++) {
    here = Marks.next(here, marks)
    assert.isFalse(marks.isSet(here))
    if (n % 300 === 0) {
      mark(here)
      assert.isTrue(marks.isSet(here))
    }
  }
  assert.isFalse(marks.isSet(other))
}

describe("executors in processes", () => {
  it.scopedLive("run jobs, die, are replaced, and copy what threads would share", () =>
    Effect.gen(function*() {
      const log = new Log()
      const executors = yield* ProcessExecutors.make({
        count: 1,
        worker,
        spawn: () => fork(fake, { serialization: "advanced" }),
        restarts: { delay: 1 }
      })
      yield* executors.start(log.emit)
      yield* executors.ready
      const shared = new SharedArrayBuffer(8)
      const inputs = [{ value: "v", payload: { head: new Uint8Array(1), buffers: [shared] } }]
      executors.run("w/process-1.1", job(1, "share", { inputs }))
      const { outcome } = yield* log.ended(1)
      if (outcome._tag !== "Value") return assert.fail(outcome._tag)
      assert.deepStrictEqual([...Payload.head(outcome.payload)], [0])
      // On its own, not a view into the message it came with: it can be posted on as it is.
      assert.strictEqual(Payload.head(outcome.payload).buffer.byteLength, 1)
      assert.strictEqual(new Int32Array(shared)[0], 0)
      assert.strictEqual(new Int32Array(Payload.buffers(outcome.payload)[0] as ArrayBuffer)[0], 1)
      executors.run("w/process-1.1", job(2, "wait"))
      yield* log.claimed(2)
      executors.run("w/process-1.1", job(3, "exit"))
      const down = yield* log.down("w/process-1", 1)
      assert.include(down.detail, "exited with code 7")
      assert.deepStrictEqual(down.started, [2])
      yield* log.up("w/process-1", 2)
    }))

  it("mark in memory what they have begun", () => {
    const marks = Marks.shared()
    markAndLook(marks, Marks.marker(marks.open))
  })

  it("mark in a file what they have begun", () => {
    const marks = Marks.file(9)
    if (marks === undefined) return assert.fail("no file could be made")
    const mark = Marks.marker({ _tag: "File", fd: marks.fd })
    markAndLook(marks, mark)
    marks.close()
    assert.throws(() => fs.fstatSync(marks.fd))
  })
})
