import * as ProcessExecutors from "@creel/node/ProcessExecutors"
import * as ThreadExecutors from "@creel/node/ThreadExecutors"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { broken } from "./fixtures/broken.js"
import { Log, worker } from "./fixtures/log.js"

const file = (name: string): URL => new URL(`./fixtures/modules/${name}`, import.meta.url)

const open = (tasks: URL | string, options: Partial<ThreadExecutors.Options> = {}) =>
  Effect.gen(function*() {
    const log = new Log()
    const executors = yield* ThreadExecutors.make({ count: 1, worker, tasks, ...options })
    yield* executors.start(log.emit)
    yield* executors.ready
    const up = yield* log.up("w/thread-1", 1)
    return up.tasks.map((task) => task.split("#")[0])
  })

const refused = (tasks: URL | string, options?: Partial<ThreadExecutors.Options>) => Effect.flip(open(tasks, options))

describe("a module of tasks", () => {
  it.scopedLive("in JavaScript, by address or by path", () =>
    Effect.gen(function*() {
      assert.includeMembers(yield* open(file("tasks.mjs")), ["add", "inc"])
      assert.includeMembers(yield* open(path.relative(process.cwd(), fileURLToPath(file("tasks.mjs")))), ["add", "inc"])
    }))

  it.scopedLive("in TypeScript, named as TypeScript names imports", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* open(file("typed.js")), ["norm", "creel/fused"])
    }))

  it.scopedLive("with plain functions allowed", () =>
    Effect.gen(function*() {
      assert.include(yield* open(file("tasks.mjs"), { plainFunctions: true }), "creel/plain")
    }))

  it.scopedLive("that is not there", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("absent.js"))
      assert.strictEqual(error.reason, "TasksNotFound")
      assert.include(error.message, "absent.js")
      assert.include(error.message, "What to do")
    }))

  it.scopedLive("that is not in a file", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* refused("https://example.com/tasks.js")).reason, "TasksNotFound")
    }))

  it.scopedLive("that exports no tasks", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("nothing.mjs"))
      assert.strictEqual(error.reason, "NoTasks")
      assert.include(error.message, "nothing.mjs")
      assert.include(error.message, "answer")
    }))

  it.scopedLive("with a syntax error", () =>
    Effect.gen(function*() {
      const error = yield* refused(yield* broken)
      assert.strictEqual(error.reason, "TasksNotLoaded")
      assert.include(error.message, "syntax.mjs")
      assert.include(error.message, "syntax error")
    }))

  it.scopedLive("that throws while it loads", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("throws.mjs"))
      assert.strictEqual(error.reason, "TasksNotLoaded")
      assert.include(error.message, "Cannot read properties of undefined")
      assert.include(error.message, "throws.mjs:2")
    }))

  it.scopedLive("that imports a package nobody installed", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("missing.mjs"))
      assert.strictEqual(error.reason, "TasksNotLoaded")
      assert.include(error.message, "a-package-that-nobody-installed")
      assert.include(error.message, "install the package")
    }))

  it.scopedLive("with two tasks of one name", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("duplicate.mjs"))
      assert.strictEqual(error.reason, "TasksNotLoaded")
      assert.include(error.message, "same")
    }))

  it.scopedLive("that exits while it loads", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("exits.mjs"))
      assert.strictEqual(error.reason, "TasksNotLoaded")
      assert.include(error.message, "code 4")
    }))

  it.scopedLive("that never finishes loading", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("sleeps.mjs"), { startWithin: 300 })
      assert.strictEqual(error.reason, "ExecutorNotStarted")
      assert.include(error.message, "300 ms")
    }))

  it.scopedLive("that starts a cluster of its own", () =>
    Effect.gen(function*() {
      const error = yield* refused(file("program.mjs"))
      assert.strictEqual(error.reason, "TasksAreProgram")
      assert.include(error.message, "program.mjs")
      assert.include(error.message, "file of their own")
    }))

  it.scopedLive("in a process, the same", () =>
    Effect.gen(function*() {
      const log = new Log()
      const executors = yield* ProcessExecutors.make({ count: 1, worker, tasks: file("typed.ts") })
      yield* executors.start(log.emit)
      yield* executors.ready
      assert.match((yield* log.up("w/process-1", 1)).tasks[0] ?? "", /^norm#/)
      const other = yield* ProcessExecutors.make({ count: 1, worker, tasks: file("program.mjs") })
      yield* other.start(log.emit)
      assert.strictEqual((yield* Effect.flip(other.ready)).reason, "TasksAreProgram")
    }))
})
