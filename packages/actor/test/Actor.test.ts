import { Actor, type ActorError, ActorServer, ChildSpec, Registry, Supervisor, Watch } from "@creel/actor"
import { Rpc, RpcGroup, RpcTest } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"

class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { limit: Schema.Number }) {}

class Counter extends RpcGroup.make(
  Rpc.make("Add", { payload: { by: Schema.Number }, success: Schema.Number, error: TooMuch }),
  Rpc.make("Get", { success: Schema.Number }),
  Rpc.make("Crash", { payload: { why: Schema.String } })
) {}

const counter = (options?: { readonly log?: Array<string> }) =>
  Actor.make(Counter, {
    name: "counter",
    behavior: () =>
      Effect.gen(function*() {
        const count = yield* Ref.make(0)
        yield* Effect.addFinalizer(() => Effect.sync(() => options?.log?.push("released")))
        return Counter.of({
          Add: ({ by }) =>
            by > 100 ? Effect.fail(new TooMuch({ limit: 100 })) : Ref.updateAndGet(count, (n) => n + by),
          Get: () => Ref.get(count),
          Crash: ({ why }) => Effect.die(new Error(why))
        })
      })
  })

/** Notes what it is given, in order; `Wait` takes until the gate opens. */
class Notes extends RpcGroup.make(
  Rpc.make("Note", { payload: { text: Schema.String } }),
  Rpc.make("Wait", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Open"),
  Rpc.make("Gone", { payload: { actor: Schema.String } })
) {}

interface NotesOptions {
  readonly capacity?: number
  readonly stash?: number
  readonly gate?: Deferred.Deferred<void>
  readonly setup?: (context: Actor.ActorContext<Rpcs>) => Effect.Effect<void>
}
type Rpcs = RpcGroup.Rpcs<typeof Notes>

const notes = (seen: Array<string>, { gate, setup, ...options }: NotesOptions = {}) =>
  Actor.make(Notes, {
    name: "notes",
    ...options,
    behavior: (context) =>
      Effect.gen(function*() {
        yield* Effect.addFinalizer(() => Effect.sync(() => seen.push("released")))
        if (setup !== undefined) yield* setup(context)
        return Notes.of({
          Note: ({ text }) => Effect.sync(() => void seen.push(text)),
          Wait: ({ text }) =>
            Effect.gen(function*() {
              seen.push(`begin ${text}`)
              if (gate !== undefined) yield* Deferred.await(gate)
              seen.push(`end ${text}`)
              return text
            }).pipe(Effect.onInterrupt(() => Effect.sync(() => seen.push(`interrupt ${text}`)))),
          Open: () => Effect.void,
          Gone: ({ actor }) => Effect.sync(() => void seen.push(`gone ${actor}`))
        })
      })
  })

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

const quiet = Effect.yieldNow().pipe(Effect.repeatN(50))

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
      const run = (act: (actor: Actor.ActorRef<Rpcs>) => void) =>
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
      const stopping = yield* Effect.fork(actor.stop({ deadline: "3 seconds" }))
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(seen, ["begin a"])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(stopping)
      yield* actor.await
      assert.deepStrictEqual(seen, ["begin a", "interrupt a", "released"])
      assert.deepInclude(yield* Fiber.join(asked), { _tag: "ActorDown", begun: true })
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

  it.scoped("timers deliver by the Clock; set again they begin anew; cancelled they never deliver", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const ready = yield* Deferred.make<Actor.ActorContext<Rpcs>>()
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
      const ready = yield* Deferred.make<Actor.ActorContext<Rpcs>>()
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

  it.scoped("served over rpc, an RpcClient has the same types and the actor's own errors", () =>
    Effect.gen(function*() {
      const actor = yield* counter()
      const client = yield* RpcTest.makeClient(ActorServer.protocol(Counter)).pipe(
        Effect.provide(ActorServer.layer(Counter, Effect.succeed(actor)))
      )
      const sum: number = yield* client.Add({ by: 5 })
      assert.strictEqual(sum, 5)
      const tooMuch = yield* Effect.flip(client.Add({ by: 500 }))
      assert.strictEqual(tooMuch._tag, "TooMuch")
      yield* actor.stop()
      const down = yield* Effect.flip(client.Get())
      assert.strictEqual(down._tag, "ActorDown")
    }))

  it.effect("a name belongs to a Scope, is taken once, and is found by its key", () =>
    Effect.gen(function*() {
      const A = Registry.key<number>("a")
      const scope = yield* Scope.make()
      yield* Scope.extend(Registry.register(A, 1), scope)
      assert.strictEqual(yield* Registry.lookup(A), 1)
      const taken = yield* Effect.flip(Effect.scoped(Registry.register(Registry.key<string>("a"), "x")))
      assert.strictEqual(taken._tag, "NameTaken")
      assert.strictEqual(yield* Registry.lookup(A), 1)
      assert.strictEqual((yield* Effect.flip(Registry.lookup(Registry.key<string>("a"))))._tag, "NameUnknown")
      const registry = yield* Registry.Registry
      assert.deepStrictEqual(yield* registry.names, ["a"])
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Effect.flip(Registry.lookup(A)))._tag, "NameUnknown")
      yield* Effect.scoped(Registry.register(A, 2))
    }).pipe(Effect.provide(Layer.fresh(Registry.layer))))
})
