import { MachineActor } from "@creel/actor"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { type Equals, quiet } from "./fixtures.js"
import { failure, recorder, start } from "./recorder.js"

describe("MachineActor", () => {
  it.scoped("what gathers between two steps is one batch, in order", () =>
    Effect.gen(function*() {
      const actor = yield* start<string>()
      actor.tell("a")
      actor.tellAll(["b", "c"])
      assert.strictEqual(actor.depth, 3)
      assert.strictEqual(actor.state().batches.length, 0)
      yield* quiet
      actor.tell("d")
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["a", "b", "c"], ["d"]])
      assert.strictEqual(actor.depth, 0)
    }))

  it.effect("a tell is stepped in the same macrotask", () =>
    Effect.gen(function*() {
      const actor = yield* start<string>()
      yield* Effect.promise(() =>
        new Promise<void>((resolve, reject) => {
          setImmediate(() => reject(new Error("a macrotask passed before the step")))
          actor.tell("a")
          const look = (turns: number): void => {
            if (actor.state().batches.length > 0) resolve()
            else if (turns < 10) queueMicrotask(() => look(turns + 1))
          }
          look(0)
        })
      )
    }).pipe(Effect.scoped))

  it.scoped("a throw in step reaches the watcher with the batch that caused it", () =>
    Effect.gen(function*() {
      const actor = yield* MachineActor.make({
        name: "subject",
        machine: {
          initial: () => 0,
          step: (_: number, events: ReadonlyArray<string>) => {
            if (events.includes("bad")) throw new Error("boom")
            return []
          }
        },
        perform: () => {}
      })
      const awaiting = yield* Effect.fork(Effect.exit(actor.await))
      yield* quiet
      actor.tell("good")
      yield* quiet
      actor.tellAll(["x", "bad", "y"])
      const error = failure(yield* Fiber.join(awaiting))
      assert.strictEqual(error._tag, "MachineFailed")
      assert.strictEqual(error.actor, "subject")
      assert.strictEqual(error.during, "step")
      assert.deepStrictEqual(error.events, ["x", "bad", "y"])
      assert.include(error.message, "boom")
      assert.isFalse(actor.tell("later"))
      const refused = actor.offer("later")
      assert.isTrue(Either.isLeft(refused) && refused.left._tag === "ActorDown")
    }))

  it.scoped("a throw in perform, and a failed performed effect, reach the watcher with the batch", () =>
    Effect.gen(function*() {
      const throwing = yield* start<string>((event) =>
        event === "bad" ?
          [() => {
            throw new Error("boom")
          }] :
          []
      )
      throwing.tellAll(["a", "bad"])
      const thrown = failure(yield* Effect.exit(throwing.await))
      assert.strictEqual(thrown.during, "perform")
      assert.deepStrictEqual(thrown.events, ["a", "bad"])

      const dying = yield* start<string>((event) =>
        event === "bad" ? [() => Effect.zipRight(Effect.yieldNow(), Effect.die(new Error("boom")))] : []
      )
      dying.tellAll(["b", "bad"])
      const died = failure(yield* Effect.exit(dying.await))
      assert.strictEqual(died.during, "perform")
      assert.deepStrictEqual(died.events, ["b", "bad"])
    }))

  it.scoped("a throw in a hand reaches the watcher with the batch that started it, where no event is made of it", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const actor = yield* start<string>((event) =>
        event === "work"
          ? [(hands) => hands.start("w", Effect.zipRight(Deferred.await(gate), Effect.die(new Error("boom"))))]
          : []
      )
      actor.tellAll(["work", "other"])
      yield* quiet
      actor.tell("meanwhile")
      yield* quiet
      yield* Deferred.succeed(gate, undefined)
      const error = failure(yield* Effect.exit(actor.await))
      assert.strictEqual(error.during, "work")
      assert.deepStrictEqual(error.events, ["work", "other"])
    }))

  it.scoped("a failure stops the rest of the batch's commands", () =>
    Effect.gen(function*() {
      const done: Array<string> = []
      const actor = yield* start<string>((event) => [() => {
        done.push(event)
        if (event === "bad") throw new Error("boom")
      }])
      actor.tellAll(["a", "bad", "c"])
      yield* Effect.exit(actor.await)
      assert.deepStrictEqual(done, ["a", "bad"])
    }))

  it.scoped("each work ends in exactly one event: its value, its death, or its stop", () =>
    Effect.gen(function*() {
      const finalized: Array<string> = []
      const actor = yield* start<string>((event) => {
        const [verb, name] = event.split(" ")
        const never = Effect.ensuring(Effect.never, Effect.sync(() => finalized.push(name!)))
        if (verb === "succeed") return [(hands) => hands.start(name!, Effect.succeed(`value ${name}`))]
        if (verb === "die") return [(hands) => hands.start(name!, Effect.die("boom"))]
        if (verb === "hang") return [(hands) => hands.start(name!, never)]
        if (verb === "stop") return [(hands) => hands.stop(name!)]
        return []
      }, {
        onWorkEnd: (name, exit) => `${Cause.isInterruptedOnly(exit.cause) ? "stopped" : "died"} ${name}`
      })
      actor.tellAll(["succeed a", "die b", "hang c", "hang d", "stop d", "stop d", "stop nobody"])
      yield* quiet
      assert.sameMembers(actor.state().batches.slice(1).flat(), ["value a", "died b", "stopped d"])
      actor.tellAll(["stop c", "stop a", "stop c"])
      yield* quiet
      assert.deepStrictEqual(actor.state().batches.flat().filter((e) => e === "stopped c"), ["stopped c"])
      assert.deepStrictEqual(finalized, ["c"])
      assert.strictEqual(actor.working, 0)
    }))

  it.scoped("a name that was stopped can be started again at once; one that runs cannot", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const slow = Effect.onInterrupt(Effect.never, () => Deferred.await(gate))
      const actor = yield* start<string>((event) => {
        if (event === "slow") return [(hands) => hands.start("w", slow)]
        if (event === "stop") return [(hands) => hands.stop("w")]
        if (event === "quick") return [(hands) => hands.start("w", Effect.succeed("quick done"))]
        return []
      }, { onWorkEnd: () => "slow done" })
      actor.tell("slow")
      yield* quiet
      actor.tellAll(["stop", "quick"])
      yield* quiet
      assert.deepStrictEqual(actor.state().batches.at(-1), ["quick done"])
      yield* Deferred.succeed(gate, undefined)
      yield* quiet
      assert.deepStrictEqual(actor.state().batches.at(-1), ["slow done"])
      actor.tellAll(["slow", "slow"])
      const error = failure(yield* Effect.exit(actor.await))
      assert.include(error.message, "already running")
    }))

  it.scoped("a hand that takes a minute delays no message", () =>
    Effect.gen(function*() {
      const actor = yield* start<string>((event) =>
        event === "work"
          ? [
            (hands) => hands.start("w", Effect.delay(Effect.succeed("worked"), "1 minute")),
            () => Effect.sleep("1 minute")
          ]
          : []
      )
      actor.tell("work")
      yield* quiet
      const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      actor.tell("hello")
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["work"], ["hello"]])
      assert.deepStrictEqual(actor.state().times, [before, before])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(actor.state().batches.at(-1), ["worked"])
    }))

  it.scoped("deadlines come by the Clock, once, also when they move later or earlier", () =>
    Effect.gen(function*() {
      const actor = yield* MachineActor.make({
        name: "subject",
        machine: {
          initial: () => ({ at: 1000 as number | undefined, ticks: [] as Array<number> }),
          step: (state, events: ReadonlyArray<"tick" | number>, now) => {
            for (const event of events) {
              if (event !== "tick") state.at = event
              else {
                state.ticks.push(now)
                state.at = undefined
              }
            }
            return []
          },
          nextDeadline: (state) => state.at,
          tick: "tick" as const
        },
        perform: () => {}
      })
      yield* TestClock.adjust(500)
      actor.tell(2000)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(actor.state().ticks, [])
      actor.tell(1600)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(actor.state().ticks, [1600])
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(actor.state().ticks, [1600])
    }))

  it.scoped("a machine that asks for more is stepped again, and messages get in between", () =>
    Effect.gen(function*() {
      const actor = yield* MachineActor.make({
        name: "subject",
        machine: {
          initial: () => ({ left: 0, seen: [] as Array<string> }),
          step: (state, events: ReadonlyArray<string>) => {
            for (const event of events) {
              state.seen.push(event)
              if (event === "big") state.left = 3
            }
            if (state.left > 0) state.seen.push(`part ${state.left--}`)
            return state.left === 2 ? ["tell"] : []
          },
          more: (state) => state.left > 0
        },
        perform: (_, hands: MachineActor.Hands<string>) => hands.self.tell("small")
      })
      actor.tell("big")
      yield* quiet
      assert.deepStrictEqual(actor.state().seen, ["big", "part 3", "small", "part 2", "part 1"])
    }))

  it.scoped("offer refuses above the capacity, tell never does", () =>
    Effect.gen(function*() {
      const actor = yield* start<string>(undefined, { capacity: 2 })
      assert.isTrue(Either.isRight(actor.offer("a")))
      yield* actor.offer("b")
      const refused = yield* Effect.flip(actor.offer("c"))
      assert.strictEqual(refused._tag, "MailboxFull")
      assert.isTrue(actor.tell("fact"))
      yield* quiet
      yield* actor.offer("c")
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["a", "b", "fact"], ["c"]])
    }))

  it.scoped("news of a watched actor comes before messages, and once if it had ended already", () =>
    Effect.gen(function*() {
      const other = yield* start<string>()
      const actor = yield* start<string>((event) =>
        event === "watch" ? [(hands) => void hands.watch(other, ({ actor }) => `gone ${actor}`)] : []
      )
      actor.tell("watch")
      yield* quiet
      actor.tell("message")
      other.kill(Cause.die("boom"))
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["watch"], ["gone subject", "message"]])
      actor.tell("watch")
      yield* quiet
      assert.deepStrictEqual(actor.state().batches.slice(2), [["watch"], ["gone subject"]])
    }))

  it.scoped("work can be stopped though the actor was made in an uninterruptible region", () =>
    Effect.gen(function*() {
      const actor = yield* Effect.uninterruptible(start<string>((event) =>
        event === "hang"
          ? [(hands) => hands.start("w", Effect.never)]
          : event === "stop"
          ? [(hands) => hands.stop("w")]
          : [], { onWorkEnd: () => "ended" }))
      actor.tellAll(["hang", "stop"])
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["hang", "stop"], ["ended"]])
    }))

  it.scoped("a hundred thousand works leave nothing behind", () =>
    Effect.gen(function*() {
      const total = 100_000
      const count = { ended: 0 }
      const actor = yield* MachineActor.make({
        name: "subject",
        machine: {
          initial: () => count,
          step: (state, events: ReadonlyArray<number | "ended">) => {
            const commands: Array<number> = []
            for (const event of events) {
              if (event === "ended") state.ended++
              else commands.push(event)
            }
            return commands
          }
        },
        perform: (id, hands: MachineActor.Hands<number | "ended">) => {
          const odd = id % 2 === 1
          hands.start(`w${id}`, odd ? Effect.never : Effect.succeed("ended" as const))
          if (odd) hands.stop(`w${id}`)
        },
        onWorkEnd: () => "ended" as const
      })
      for (let i = 0; i < total; i++) actor.tell(i)
      yield* Effect.repeat(Effect.yieldNow(), { until: () => count.ended === total && actor.working === 0 })
      assert.strictEqual(count.ended, total)
      assert.strictEqual(actor.depth, 0)
    }))

  it.scoped("what commands and work need, `make` needs", () =>
    Effect.gen(function*() {
      class Db extends Context.Tag("Db")<Db, string>() {}
      class Log extends Context.Tag("Log")<Log, Array<string>>() {}
      const make = MachineActor.make({
        name: "subject",
        machine: recorder((event: string) => event === "go" ? ["read"] : []),
        perform: (_: string, hands: MachineActor.Hands<string, Db>) => {
          hands.start("read", Db)
          return Effect.flatMap(Log, (log) => Effect.sync(() => log.push("begun")))
        }
      })
      const exact: Equals<Effect.Effect.Context<typeof make>, Db | Log | Scope.Scope> = true
      assert.isTrue(exact)
      const inferred = MachineActor.make({
        name: "subject",
        machine: recorder((event: string) => event === "go" ? ["read"] : []),
        perform: (_, hands) => Effect.map(Log, () => hands.self.tell("done"))
      })
      const alsoExact: Equals<Effect.Effect.Context<typeof inferred>, Log | Scope.Scope> = true
      assert.isTrue(alsoExact)
      const log: Array<string> = []
      const actor = yield* make.pipe(Effect.provideService(Db, "row"), Effect.provideService(Log, log))
      actor.tell("go")
      yield* quiet
      assert.deepStrictEqual(actor.state().batches, [["go"], ["row"]])
      assert.deepStrictEqual(log, ["begun"])
    }))
})
