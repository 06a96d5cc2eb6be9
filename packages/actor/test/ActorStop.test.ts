import { Actor } from "@creel/actor"
import { Rpc } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { counter, Notes, notes, type NotesRpcs, quiet } from "./fixtures.js"

describe("the end of an actor", () => {
  it.scoped("an ask learns at once of the actor's death, and a dead actor answers at once", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const actor = yield* notes([], { gate })
      const begun = yield* Effect.fork(Effect.flip(actor.ask("Wait", { text: "a" })))
      const waiting = yield* Effect.fork(Effect.flip(actor.ask("Wait", { text: "b" })))
      yield* quiet
      actor.kill(Cause.die("killed"))
      assert.deepInclude(yield* Fiber.join(begun), { _tag: "ActorDown", begun: true })
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "ActorDown", begun: false })
      assert.deepInclude(yield* Effect.flip(actor.ask("Open")), { _tag: "ActorDown", begun: false })
      assert.isTrue(Either.isLeft(actor.tell("Open")))
      yield* Effect.ignore(actor.await)
    }))

  it.effect("every ask is answered once, whatever ends the actor and whenever", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 60; seed++) {
        const after = (times: number) => Effect.repeatN(Effect.yieldNow(), times)
        const answered: Array<number> = []
        const scope = yield* Scope.make()
        const actor = yield* Scope.extend(
          Actor.make(Notes, {
            name: "subject",
            capacity: 12,
            stash: 3,
            behavior: (context) =>
              Effect.succeed(Notes.of({
                Note: () => context.stash,
                Wait: ({ text }) =>
                  text === "fork" ? Rpc.fork(Effect.as(after(seed % 11), text)) : Effect.as(after(seed % 5), text),
                Open: () => seed % 3 === 0 ? Effect.die("boom") : context.unstashAll,
                Gone: () => context.stash
              }))
          }),
          scope
        )
        const asks = yield* Effect.forEach(Array.from({ length: 20 }, (_, i) => i), (i) => {
          const ask: Effect.Effect<unknown, unknown> = i % 4 === 0
            ? actor.ask("Note", { text: "" })
            : i === 13
            ? actor.ask("Open")
            : actor.ask("Wait", { text: i % 2 === 0 ? "fork" : "" })
          return after(i % 3).pipe(
            Effect.zipRight(Effect.exit(ask)),
            Effect.tap(() => Effect.sync(() => answered.push(i))),
            Effect.fork
          )
        })
        yield* after(seed)
        switch (seed % 4) {
          case 0:
            actor.kill(Cause.die("killed"))
            break
          case 1:
            yield* Effect.fork(actor.stop({ drain: true }))
            break
          case 2:
            yield* Effect.fork(actor.stop())
        }
        yield* after(20)
        yield* Scope.close(scope, Exit.void)
        yield* Fiber.joinAll(asks)
        assert.strictEqual(answered.length, asks.length)
        assert.strictEqual(actor.depth, 0)
        yield* Effect.exit(actor.await)
      }
    }))

  it.scoped("an interrupted ask is not handled if its turn had not come", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const actor = yield* notes(seen, { gate })
      const begun = yield* Effect.fork(actor.ask("Wait", { text: "a" }))
      const waiting = yield* Effect.fork(actor.ask("Wait", { text: "b" }))
      yield* quiet
      yield* Fiber.interrupt(begun)
      yield* Fiber.interrupt(waiting)
      yield* Deferred.succeed(gate, undefined)
      yield* actor.ask("Open")
      assert.deepStrictEqual(seen, ["begin a", "end a"])
    }))

  it.scoped("lanes: a kill interrupts, a stop goes before news, and news before messages", () =>
    Effect.gen(function*() {
      const run = (act: (actor: Actor.ActorRef<NotesRpcs>) => void) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const gate = yield* Deferred.make<void>()
          const other = yield* counter()
          const actor = yield* notes(seen, {
            gate,
            setup: (self) => self.watch(other, "Gone", ({ actor }) => ({ actor }))
          })
          yield* actor.tell("Wait", { text: "a" })
          yield* quiet
          yield* actor.tell("Note", { text: "b" })
          other.kill(Cause.die("boom"))
          yield* Effect.ignore(other.await)
          act(actor)
          yield* quiet
          yield* Deferred.succeed(gate, undefined)
          yield* quiet
          return seen
        })
      const nothing = yield* run(() => {})
      assert.deepStrictEqual(nothing, ["begin a", "end a", "gone counter", "b"])
      const stopped = yield* run((actor) => Effect.runFork(actor.stop()))
      assert.deepStrictEqual(stopped, ["begin a", "end a", "released"])
      const killed = yield* run((actor) => {
        Effect.runFork(actor.stop())
        actor.kill(Cause.die("boom"))
      })
      assert.deepStrictEqual(killed, ["begin a", "interrupt a", "released"])
    }))

  it.scoped("a graceful stop finishes the message in hand, refuses or drains the rest, then releases", () =>
    Effect.gen(function*() {
      for (const drain of [false, true]) {
        const seen: Array<string> = []
        const gate = yield* Deferred.make<void>()
        const actor = yield* notes(seen, { gate })
        const first = yield* Effect.fork(Effect.either(actor.ask("Wait", { text: "a" })))
        const second = yield* Effect.fork(Effect.either(actor.ask("Wait", { text: "b" })))
        yield* quiet
        const stopping = yield* Effect.fork(actor.stop({ drain, deadline: "10 seconds" }))
        yield* quiet
        const late = yield* Effect.flip(actor.ask("Open"))
        assert.deepInclude(late, { _tag: "ActorDown", begun: false })
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(stopping)
        yield* actor.await
        assert.deepStrictEqual(yield* Fiber.join(first), Either.right("a"))
        assert.strictEqual(Either.isRight(yield* Fiber.join(second)), drain)
        assert.deepStrictEqual(seen, ["begin a", "end a", ...(drain ? ["begin b", "end b"] : []), "released"])
      }
    }))

  it.scoped("past the deadline of a stop the message in hand is interrupted", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const actor = yield* notes(seen, { gate: yield* Deferred.make<void>() })
      const asked = yield* Effect.fork(Effect.flip(actor.ask("Wait", { text: "a" })))
      yield* quiet
      const stopping = yield* Effect.fork(Effect.uninterruptible(actor.stop({ deadline: "3 seconds" })))
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(seen, ["begin a"])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(stopping)
      yield* actor.await
      assert.deepStrictEqual(seen, ["begin a", "interrupt a", "released"])
      assert.deepInclude(yield* Fiber.join(asked), { _tag: "ActorDown", begun: true })
    }))

  it.effect("closing the Scope interrupts the message in hand and leaves nothing running", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const scope = yield* Scope.make()
      const actor = yield* Scope.extend(notes(seen, { gate: yield* Deferred.make<void>() }), scope)
      const asked = yield* Effect.fork(Effect.flip(actor.ask("Wait", { text: "a" })))
      yield* quiet
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(seen, ["begin a", "interrupt a", "released"])
      assert.strictEqual((yield* Fiber.join(asked))._tag, "ActorDown")
      yield* actor.await
    }))
})
