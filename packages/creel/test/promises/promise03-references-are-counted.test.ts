import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { another, eventually, forgotten, gated, on, onDoor, sum, until } from "../LocalCluster.fixture.js"

const bytes = Task.make("bytes", (n: number) => Effect.sync(() => Array.from({ length: n }, (_, i) => i)))

const held = Effect.map(Client.hasWhat, (what) => Object.values(what).flat())

describe("promise 3: references are counted, not collected", () => {
  it.scoped("one count per key: work stops when the last of its handles goes", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const pure = task.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const a = yield* Client.submit(pure, 1)
        const b = yield* Client.submit(pure, 1)
        yield* started
        yield* Future.release(a)
        yield* Future.release(a)
        // The release of a value that is dropped is told after the one above: were it to stop the work, it has by now.
        const other = yield* Client.submit(bytes, 10_000)
        yield* Client.wait(other)
        yield* Future.release(other)
        yield* forgotten(other.key)
        assert.deepStrictEqual(log, [])
        yield* Future.release(b)
        yield* eventually(() => log.length === 2)
        yield* forgotten(a.key)
      }).pipe(on({}, task, bytes))
    }))

  it.scoped("a value nobody wants is dropped from every worker, and its row forgotten", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(bytes, 10_000)
      yield* Client.wait(x)
      assert.deepStrictEqual(yield* held, [x.key])
      yield* Future.release(x)
      yield* until(held, (keys) => keys.length === 0)
      yield* forgotten(x.key)
    }).pipe(on({ workers: 2 }, bytes)))

  it.scoped("an input that an unfinished task needs stays until it is done", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      const both = Task.make("both", (xs: ReadonlyArray<number>, y: number) => Effect.succeed(xs.length + y))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(bytes, 10_000)
        const y = yield* Client.submit(task, 1)
        const z = yield* Client.submit(both, x, y)
        yield* Client.wait(x)
        yield* started
        yield* Future.release(x)
        yield* Future.release(y)
        yield* open
        assert.strictEqual(yield* z, 10_001)
      }).pipe(on({}, task, bytes, both))
    }))

  it.scoped("the row stays without its value, as lineage, for as long as a row that might be made again names it", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(bytes, 10_000)
      const total = yield* Client.submit(sum, x)
      yield* Client.wait(total)
      yield* Future.release(x)
      yield* until(held, (keys) => !keys.includes(x.key))
      assert.strictEqual((yield* Client.explain(x.key)).state, "Idle")
      yield* Future.release(total)
      yield* forgotten(x.key)
      yield* forgotten(total.key)
    }).pipe(on({}, bytes, sum)))

  it.scoped("two clients: the value stays until both have let go", () =>
    Effect.gen(function*() {
      const mine = yield* Client.Client
      const theirs = yield* another("theirs")
      const pure = bytes.pipe(Task.with({ pure: true }))
      const x = yield* mine.submit(pure, 10_000)
      const y = yield* theirs.submit(pure, 10_000)
      yield* mine.wait(x)
      yield* theirs.wait(y)
      yield* Future.release(x)
      assert.strictEqual((yield* y).length, 10_000)
      yield* Future.release(y)
      yield* forgotten(x.key)
    }).pipe(onDoor({}, bytes)))

  it.scoped("a client that has gone releases all that it held", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const scope = yield* Scope.make()
        const theirs = yield* Scope.extend(another("theirs"), scope)
        const longer = yield* Effect.scope
        const x = yield* theirs.submit(bytes, 10_000).pipe(Scope.extend(longer))
        const y = yield* theirs.submit(task, 1).pipe(Scope.extend(longer))
        yield* theirs.wait(x)
        yield* started
        yield* Scope.close(scope, Exit.void)
        yield* eventually(() => log.length === 2)
        yield* forgotten(x.key)
        yield* forgotten(y.key)
        assert.deepStrictEqual(yield* held, [])
      }).pipe(onDoor({}, task, bytes))
    }))

  it.scoped("released and submitted again, it is computed again", () =>
    Effect.gen(function*() {
      let runs = 0
      const count = Task.sync("count", (n: number) => (runs++, n))
      const pure = count.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(pure, 1)
        assert.strictEqual(yield* x, 1)
        yield* Future.release(x)
        yield* forgotten(x.key)
        assert.strictEqual(yield* yield* Client.submit(pure, 1), 1)
        assert.strictEqual(runs, 2)
      }).pipe(on({}, count))
    }))
})
