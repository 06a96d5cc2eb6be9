import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Queue, Scope } from "effect"
import * as Nodes from "./fixtures/nodes.js"
import * as Postgres from "./fixtures/postgres.js"

/** As it is where nobody says otherwise: what is tested here is what happens then. */
const expiry = "4 seconds"

layer(Postgres.layer, { excludeTestServices: true, timeout: "120 seconds" })("Placement without its database", (it) => {
  it.scoped("ends a scheduler whose lock cannot be confirmed, begins the next when the database is back", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const url = yield* postgres.database("away")
      const said = yield* Nodes.ears
      const a = yield* Nodes.start(url, said, "a", ["x"], { expiry })
      const b = yield* Nodes.start(url, said, "b", ["x"], { expiry })
      const first = yield* Nodes.next(said, "began")
      yield* a.register({ id: "w-1", kind: "worker", namespace: "x", node: "a", host: "here" })
      yield* postgres.stop
      const ended = yield* Nodes.next(said, "ended")
      assert.strictEqual(ended.incarnation, 1)
      assert.isFalse(first.life.held())
      yield* postgres.start
      const second = yield* Nodes.next(said, "began")
      assert.isAbove(second.incarnation, 1)
      for (const node of [a, b]) {
        const place = yield* node.locate("x")
        assert.isAtLeast(place.incarnation, second.incarnation)
      }
      // Whoever took part takes part again without doing anything.
      yield* Effect.repeat(a.members("x"), { until: (members) => members.length === 1 })
    }))

  it.scoped("goes on under load when the database is restarted", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const url = yield* postgres.database("restarted")
      const said = yield* Nodes.ears
      const a = yield* Nodes.start(url, said, "a", ["x"], { expiry })
      const client = yield* Nodes.client(url, { expiry })
      yield* Nodes.next(said, "began")
      const answers = yield* Queue.unbounded<void>()
      const ask = Effect.zipRight(
        Effect.all([a.locate("x"), client.locate("x"), a.members("x"), client.members("x")], { concurrency: 4 }),
        answers.offer(undefined)
      )
      const asking = Effect.forkScoped(Effect.forever(Effect.ignore(ask)))
      yield* Effect.replicateEffect(asking, 8)
      const more = Effect.zipRight(answers.takeAll, Effect.repeatN(answers.take, 20))
      yield* more
      yield* postgres.stop
      yield* postgres.start
      yield* more
      yield* postgres.stop
      yield* postgres.start
      yield* more
      const place = yield* client.locate("x")
      assert.strictEqual(place.address, `a:${place.incarnation}`)
    }))

  it.scoped("closes, also when the database never answers again", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const url = yield* postgres.database("closing")
      const said = yield* Nodes.ears
      const scope = yield* Scope.make()
      const a = yield* Scope.extend(Nodes.start(url, said, "a", ["x"], { expiry }), scope)
      yield* Nodes.next(said, "began")
      yield* Scope.extend(a.register({ id: "w-1", kind: "worker", namespace: "x", node: "a", host: "here" }), scope)
      yield* Effect.acquireRelease(postgres.stop, () => postgres.start)
      const refused = yield* Effect.flip(a.members("x"))
      assert.strictEqual(refused.reason, "StorageFailed")
      yield* Scope.close(scope, Exit.void)
      yield* Nodes.next(said, "ended")
    }))
})
