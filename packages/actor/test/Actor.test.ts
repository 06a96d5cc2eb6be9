import { Actor, type ActorError, Watch } from "@creel/actor"
import { Rpc } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { Counter, counter, type Equals, Notes, notes, quiet, TooMuch } from "./fixtures.js"

describe("Actor", () => {
  it.scoped("ask answers with the request's own success and error", () =>
    Effect.gen(function*() {
      const actor = yield* counter()
      const add = actor.ask("Add", { by: 2 })
      const exact: Equals<typeof add, Effect.Effect<number, TooMuch | ActorError.ActorError>> = true
      assert.isTrue(exact)
      assert.strictEqual(yield* add, 2)
      const error = yield* Effect.flip(actor.ask("Add", { by: 200 }))
      assert.deepStrictEqual(error, new TooMuch({ limit: 100 }))
      assert.strictEqual(yield* actor.ask("Get"), 2)
    }))

  it.scoped("tells are handled in order, one at a time", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const actor = yield* notes(seen, { gate })
      yield* actor.tell("Wait", { text: "a" })
      yield* actor.tell("Note", { text: "b" })
      yield* actor.tell("Note", { text: "c" })
      yield* quiet
      assert.deepStrictEqual(seen, ["begin a"])
      assert.strictEqual(actor.depth, 2)
      yield* Deferred.succeed(gate, undefined)
      yield* quiet
      assert.deepStrictEqual(seen, ["begin a", "end a", "b", "c"])
    }))

  it.scoped("a full mailbox answers MailboxFull, to asks and tells alike", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const actor = yield* notes([], { gate, capacity: 2 })
      yield* actor.tell("Wait", { text: "in hand" })
      yield* quiet
      yield* actor.tell("Note", { text: "1" })
      yield* actor.tell("Note", { text: "2" })
      const told = actor.tell("Note", { text: "3" })
      assert.isTrue(Either.isLeft(told) && told.left._tag === "MailboxFull" && told.left.capacity === 2)
      assert.strictEqual((yield* Effect.flip(actor.ask("Open")))._tag, "MailboxFull")
      yield* Deferred.succeed(gate, undefined)
      yield* quiet
      yield* actor.ask("Open")
    }))

  it.scoped("a defect ends the actor, and reaches its watchers with the message that caused it", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const actor = yield* counter({ log })
      const watching = yield* Effect.fork(Watch.terminated(actor))
      yield* quiet
      const asked = yield* Effect.flip(actor.ask("Crash", { why: "boom" }))
      assert.isTrue(asked._tag === "ActorDown" && asked.begun)
      const { actor: name, exit } = yield* Fiber.join(watching)
      assert.strictEqual(name, "counter")
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.deepInclude(error, { _tag: "ActorFailed", tag: "Crash", payload: { why: "boom" } })
      assert.deepStrictEqual(log, ["released"])
      const again = yield* Watch.terminated(actor)
      assert.deepStrictEqual(again.exit, exit)
    }))

  it.scoped("the stash keeps messages, with their askers, until they can be handled, and is bounded", () =>
    Effect.gen(function*() {
      const actor = yield* Actor.make(Notes, {
        name: "door",
        stash: 2,
        behavior: (context) =>
          Effect.sync(() => {
            const seen: Array<string> = []
            const open = Notes.of({
              Note: ({ text }) => Effect.sync(() => void seen.push(text)),
              Wait: ({ text }) => Effect.sync(() => [...seen, text].join()),
              Open: () => Effect.void,
              Gone: () => Effect.void
            })
            return Notes.of({
              Note: () => context.stash,
              Wait: () => context.stash,
              Open: () => Effect.zipRight(context.become(open), context.unstashAll),
              Gone: () => Effect.void
            })
          })
      })
      yield* actor.tell("Note", { text: "a" })
      const waiting = yield* Effect.fork(actor.ask("Wait", { text: "b" }))
      yield* quiet
      const full = yield* Effect.flip(actor.ask("Wait", { text: "c" }))
      assert.deepInclude(full, { _tag: "StashFull", capacity: 2 })
      yield* actor.tell("Open")
      yield* actor.tell("Note", { text: "d" })
      assert.strictEqual(yield* Fiber.join(waiting), "a,b")
      assert.strictEqual(yield* actor.ask("Wait", { text: "e" }), "a,d,e")
    }))

  it.scoped("a handler wrapped in Rpc.fork delays no message, and a stop waits for it", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const actor = yield* Actor.make(Notes, {
        name: "forking",
        behavior: () =>
          Effect.succeed(Notes.of({
            Note: () => Effect.void,
            Wait: ({ text }) => Rpc.fork(Effect.as(Deferred.await(gate), text)),
            Open: () => Effect.void,
            Gone: () => Rpc.fork(Effect.die("boom"))
          }))
      })
      const waiting = yield* Effect.fork(actor.ask("Wait", { text: "a" }))
      yield* quiet
      yield* actor.ask("Open")
      const stopping = yield* Effect.fork(actor.stop())
      yield* quiet
      assert.strictEqual((yield* Fiber.poll(stopping))._tag, "None")
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(waiting), "a")
      yield* Fiber.join(stopping)
    }))

  it.effect("a behaviour that cannot be made fails `make`, and releases what it had", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const error = yield* Effect.flip(Effect.scoped(Actor.make(Counter, {
        name: "counter",
        behavior: () =>
          Effect.zipRight(
            Effect.addFinalizer(() => Effect.sync(() => log.push("released"))),
            Effect.fail("no database")
          )
      })))
      assert.strictEqual(error, "no database")
      assert.deepStrictEqual(log, ["released"])
    }))

  it.scoped("handlers need what they need, and `make` asks for it", () =>
    Effect.gen(function*() {
      class Step extends Context.Tag("Step")<Step, number>() {}
      const make = Actor.make(Counter, {
        name: "counter",
        behavior: () =>
          Effect.succeed(Counter.of({
            Add: ({ by }) => Effect.map(Step, (step) => step * by),
            Get: () => Step,
            Crash: () => Effect.void
          }))
      })
      const exact: Equals<Effect.Effect.Context<typeof make>, Step | Scope.Scope> = true
      assert.isTrue(exact)
      const actor = yield* Effect.provideService(make, Step, 7)
      assert.strictEqual(yield* actor.ask("Get"), 7)
      assert.strictEqual(yield* actor.ask("Add", { by: 3 }), 21)
    }))
})
