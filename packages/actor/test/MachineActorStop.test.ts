import { Watch } from "@creel/actor"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { quiet } from "./fixtures.js"
import { type Do, failure, start } from "./recorder.js"

describe("the end of a machine actor", () => {
  it.scoped("stop with drain handles what waits and lets work end; without, it drops and interrupts", () =>
    Effect.gen(function*() {
      const commands = (event: string): ReadonlyArray<Do<string>> =>
        event === "work" ? [(hands) => hands.start("w", Effect.delay(Effect.succeed("worked"), "1 second"))] : []
      const draining = yield* start<string>(commands)
      draining.tellAll(["work", "a"])
      const stopping = yield* Effect.fork(draining.stop({ drain: true }))
      yield* quiet
      assert.isFalse(draining.tell("late"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(stopping)
      yield* draining.await
      assert.deepStrictEqual(draining.state().batches, [["work", "a"], ["worked"]])

      const dropping = yield* start<string>(commands)
      dropping.tell("work")
      yield* quiet
      dropping.tell("a")
      yield* dropping.stop()
      yield* dropping.await
      assert.deepStrictEqual(dropping.state().batches, [["work"]])
      assert.strictEqual(dropping.working, 0)
    }))

  it.effect("stop returns at its deadline; the Scope waits for the finalizers", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const actor = yield* Scope.extend(
        start<string>(() => [
          (hands) => hands.start("w", Effect.onInterrupt(Effect.never, () => Deferred.await(gate)))
        ]),
        scope
      )
      actor.tell("work")
      yield* quiet
      // As a finalizer stops it.
      const stopping = yield* Effect.fork(Effect.uninterruptible(actor.stop({ deadline: "3 seconds" })))
      yield* TestClock.adjust("2 seconds")
      assert.isNull(yield* Fiber.poll(stopping).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(stopping)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* quiet
      assert.strictEqual((yield* Fiber.poll(closing))._tag, "None")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(closing)
      assert.strictEqual(actor.working, 0)
    }))

  it.scoped("a link carries failures both ways and normal ends not at all", () =>
    Effect.gen(function*() {
      const [a, b, c] = [yield* start<string>(), yield* start<string>(), yield* start<string>()]
      yield* Watch.link(a, b)
      yield* Watch.link(b, c)
      yield* a.stop()
      yield* quiet
      assert.isTrue(b.tell("still here"))
      c.kill(Cause.die("boom"))
      const error = failure(yield* Effect.exit(b.await))
      assert.strictEqual(error.during, "link")
      assert.include(error.message, "linked actor")
      const d = yield* start<string>()
      yield* Watch.link(d, c)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(d.await)))
    }))
})
