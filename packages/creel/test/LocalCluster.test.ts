/** What the cluster of fibers is, as a layer, and that a client leaves nothing behind, however long it lives. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Future, LocalCluster, Task, TaskGroup } from "creel"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { eventually, gated, inc, isInterrupted, on, sum, until } from "./LocalCluster.fixture.js"
import { turn } from "./utils/turn.js"

describe("LocalCluster", () => {
  it.scoped("describes itself in a line", () =>
    Effect.gen(function*() {
      const line = yield* Cluster.describe
      assert.match(line, /2 workers/)
      assert.match(line, /6 slots/)
      assert.match(line, /inc/)
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc), workers: 2, slots: 3 }))))

  it.effect("does not come up with numbers that cannot be meant: it says which, and never waits", () =>
    Effect.forEach(
      [{ workers: NaN }, { workers: 1.5 }, { workers: -1 }, { slots: 0 }, { slots: NaN }],
      (options) =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit(Effect.scoped(Layer.build(LocalCluster.layer(options))))
          assert.isTrue(Exit.isFailure(exit))
          const [[name, n]] = Object.entries(options) as [[string, number]]
          assert.include(String(exit), `LocalCluster: ${name} is ${n}`)
        })
    ))

  it.effect("nor with what types refuse: tasks that are no TaskGroup, and what is no duration", () =>
    Effect.forEach(
      [{ tasks: [inc] }, { tasks: { inc } }, { copiesIdle: "soon" }, { resources: "gpu" }, { resources: { gpu: -1 } }],
      (options) =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit(Effect.scoped(Layer.build(LocalCluster.layer(options as never))))
          assert.isTrue(Exit.isFailure(exit))
          assert.include(String(exit), `LocalCluster: ${Object.keys(options)[0]}`)
        })
    ))

  it.scoped("runs a synchronous task while an effect sleeps on the only executor", () =>
    Effect.gen(function*() {
      const begun = Deferred.unsafeMake<void>(FiberId.none)
      const forever = Task.make("forever", () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      return yield* Effect.gen(function*() {
        const sleeping = yield* Client.submit(forever)
        yield* Deferred.await(begun)
        assert.strictEqual(yield* yield* Client.submit(sum, [1, 2, 3]), 6)
        assert.oneOf(sleeping.status, ["pending", "running"])
      }).pipe(on({ workers: 1, slots: 1 }, forever, sum))
    }))

  it.scoped("requires what its tasks require, once", () =>
    Effect.gen(function*() {
      class Db extends Context.Tag("Db")<Db, { readonly get: (n: number) => string }>() {}
      let built = 0
      const lookup = Task.make("lookup", (n: number) => Effect.map(Db, (db) => db.get(n)))
      const db = Layer.sync(Db, () => {
        built++
        return { get: (n: number) => `row ${n}` }
      })
      const cluster = LocalCluster.layer({ tasks: TaskGroup.make(lookup), workers: 2 }).pipe(Layer.provide(db))
      return yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* Client.gather(yield* Client.map(lookup, [1, 2, 3])), ["row 1", "row 2", "row 3"])
        assert.strictEqual(built, 1)
      }).pipe(Effect.provide(cluster))
    }))

  it.scoped("closing it interrupts what runs and waits for its finalizers", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(LocalCluster.layer({ tasks: TaskGroup.make(task) }), scope)
      const longer = yield* Scope.make()
      const future = yield* Context.get(context, Client.Client).submit(task, 1).pipe(Scope.extend(longer))
      yield* started
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(log, ["interrupted", "ended"])
      assert.strictEqual(future.status, "error")
      yield* Scope.close(longer, Exit.void)
    }))

  it.scoped("what crosses is a copy: nobody sees what another changes afterwards", () =>
    Effect.gen(function*() {
      const same = Task.sync("same", (xs: Array<number>) => xs)
      return yield* Effect.gen(function*() {
        const mine = [1, 2, 3]
        const future = yield* Client.submit(same, mine)
        mine.push(4)
        const theirs = yield* future
        assert.deepStrictEqual(theirs, [1, 2, 3])
        assert.notStrictEqual<unknown>(theirs, mine)
      }).pipe(on({}, same))
    }))
})

/** How many finalizers a scope has: Effect's own state of it, which nothing else tells. */
const finalizers = (scope: Scope.Scope): number => {
  const { state } = scope as never as {
    readonly state: { readonly _tag: string; readonly finalizers: Map<unknown, unknown> }
  }
  return state._tag === "Open" ? state.finalizers.size : 0
}

describe("one finalizer per client and scope", () => {
  it.scoped(
    "futures released one by one leave nothing behind in the scope or in the client",
    () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const core = yield* Client.makeCore({ name: "counted" })
        const client = Client.fromCore(core, undefined)
        // Nobody runs these: what is counted is the client's own books, told and released again before an answer.
        const idle = Task.make("idle", (n: number) => Effect.succeed(n))
        const one = Effect.flatMap(client.submit(idle, 1), Future.release).pipe(Scope.extend(scope))
        yield* one
        const before = finalizers(scope)
        assert.strictEqual(before, 1)
        // By default a tenth of what was tried once: CREEL_FUTURES=200000.
        const perRound = Number(process.env["CREEL_FUTURES"] ?? 20_000) / 10
        for (let round = 0; round < 10; round++) {
          for (let n = 0; n < perRound; n++) {
            yield* one
            if (n % 1000 === 0) yield* turn
          }
          assert.strictEqual(finalizers(scope), before)
          assert.isAtMost(core.machine.rows.size, 1)
          assert.strictEqual(core.handleCount(), 0)
        }
        yield* Scope.close(scope, Exit.void)
      }).pipe(Effect.provide(LocalCluster.layer({ workers: 0 }))),
    240_000
  )

  it.scoped("and neither do those that ran and were joined, in the scheduler either", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      for (let n = 0; n < 300; n++) {
        const future = yield* Scope.extend(Client.submit(inc, n), scope)
        assert.strictEqual(yield* future, n + 1)
        yield* Future.release(future)
      }
      assert.strictEqual(finalizers(scope), 1)
      yield* until(Client.hasWhat, (what) => Object.values(what).flat().length === 0)
      yield* Scope.close(scope, Exit.void)
    }).pipe(on({}, inc)))

  it.scoped("a scope that is closed lets go of all its futures at once", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const futures = yield* Effect.scoped(Effect.gen(function*() {
          const futures = [yield* Client.submit(task, 1), ...(yield* Client.map(inc, [1, 2, 3]))]
          yield* started
          yield* Client.wait(futures.slice(1))
          return futures
        }))
        yield* eventually(() => log.length === 2)
        assert.isTrue(isInterrupted(yield* futures[0]!.await))
        yield* until(Client.explain(futures[1]!.key), (_) => _.state === "Unknown")
      }).pipe(on({}, task, inc))
    }))
})
