import { Actor, ChildSpec, Registry, Supervisor } from "@creel/actor"
import type { RpcGroup } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { Counter, notes, type NotesRpcs, quiet } from "./fixtures.js"

describe("Timers", () => {
  it.scoped("timers deliver by the Clock; set again they begin anew; cancelled they never deliver", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const ready = yield* Deferred.make<Actor.ActorContext<NotesRpcs>>()
      yield* notes(seen, { setup: (context) => Effect.asVoid(Deferred.succeed(ready, context)) })
      const { timers } = yield* Deferred.await(ready)
      yield* timers.once("one", "10 seconds", "Note", { text: "one" })
      yield* timers.once("again", "10 seconds", "Note", { text: "again, first" })
      yield* timers.once("never", "10 seconds", "Note", { text: "never" })
      yield* timers.every("each", "4 seconds", "Note", { text: "each" })
      yield* TestClock.adjust("5 seconds")
      yield* timers.once("again", "10 seconds", "Note", { text: "again" })
      yield* timers.cancel("never")
      assert.isTrue(yield* timers.isActive("one"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(seen, ["each", "each", "one"])
      assert.isFalse(yield* timers.isActive("one"))
      yield* timers.cancel("each")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(seen, ["each", "each", "one", "again"])
    }))

  it.scoped("a cancelled timer does not deliver though its message was in the mailbox, nor do ticks pile up", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const ready = yield* Deferred.make<Actor.ActorContext<NotesRpcs>>()
      const actor = yield* notes(seen, { gate, setup: (context) => Effect.asVoid(Deferred.succeed(ready, context)) })
      const { timers } = yield* Deferred.await(ready)
      yield* actor.tell("Wait", { text: "a" })
      yield* timers.once("one", "1 second", "Note", { text: "one" })
      yield* timers.every("each", "1 second", "Note", { text: "each" })
      yield* TestClock.adjust("10 seconds")
      yield* timers.cancel("one")
      yield* Deferred.succeed(gate, undefined)
      yield* quiet
      assert.deepStrictEqual(seen, ["begin a", "end a", "each"])
    }))

  it.scoped("a restart begins with new state and no timers, and is found under the same name", () =>
    Effect.gen(function*() {
      const Key = Registry.key<Actor.ActorRef<RpcGroup.Rpcs<typeof Counter>>>("counter")
      let lives = 0
      const spec = ChildSpec.make({
        id: "counter",
        start: Effect.gen(function*() {
          const life = ++lives
          const actor = yield* Actor.make(Counter, {
            name: "counter",
            behavior: (context) =>
              Effect.gen(function*() {
                const count = yield* Ref.make(0)
                if (life === 1) yield* context.timers.every("crash", "10 seconds", "Crash", { why: "timer" })
                return Counter.of({
                  Add: ({ by }) => Ref.updateAndGet(count, (n) => n + by),
                  Get: () => Ref.get(count),
                  Crash: ({ why }) => Effect.dieMessage(why)
                })
              })
          })
          yield* Registry.register(Key, actor)
          return actor
        })
      })
      const top = yield* Supervisor.make({ name: "top", children: [spec] })
      const first = yield* Registry.lookup(Key)
      yield* first.ask("Add", { by: 1 })
      yield* TestClock.adjust("10 seconds")
      const second = yield* Registry.lookup(Key)
      assert.notStrictEqual(first, second)
      assert.strictEqual(second, yield* top.get(spec))
      assert.strictEqual(yield* second.ask("Get"), 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(lives, 2)
    }).pipe(Effect.provide(Registry.layer)))
})
