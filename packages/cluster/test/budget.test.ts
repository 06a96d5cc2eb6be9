import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as fc from "fast-check"
import { Budget } from "../src/values/budget.js"

/** Whether it was lent something yet. */
const poll = (fiber: Fiber.RuntimeFiber<unknown>) => Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "Some")

describe("a budget", () => {
  it.effect("lends no more than it has, and to nobody more than his share", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 12 }), fc.nat(2))),
          (asks) =>
            Effect.runPromise(Effect.gen(function*() {
              const budget = new Budget(10, 6)
              const fibers: Array<Fiber.RuntimeFiber<unknown>> = []
              const lent = new Map<string, number>()
              for (const [peer, bytes, what] of asks) {
                const most = Math.min(bytes, 6)
                const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(
                  Effect.acquireRelease(
                    Effect.tap(budget.take(peer, bytes), () => {
                      lent.set(peer, (lent.get(peer) ?? 0) + most)
                      assert.isAtMost(lent.get(peer)!, 6)
                    }),
                    (lease) =>
                      Effect.sync(() => {
                        lent.set(peer, lent.get(peer)! - most)
                        budget.giveBack(lease)
                      })
                  ),
                  what === 0 ? Effect.void : what === 1 ? Effect.yieldNow() : Effect.never
                )))
                fibers.push(fiber)
                yield* Effect.yieldNow()
                assert.isAtMost(budget.lent, 10)
              }
              yield* Fiber.interruptAll(fibers)
              assert.strictEqual(budget.lent, 0)
              // And all of it can be had again.
              yield* budget.take("d", 6)
              yield* budget.take("e", 4)
            }))
        ),
        { numRuns: 200 }
      )
    ))

  it.effect("serves who came first, but for those who have their share", () =>
    Effect.gen(function*() {
      const budget = new Budget(10, 6)
      const first = yield* budget.take("a", 6)
      const again = yield* Effect.fork(budget.take("a", 1))
      const large = yield* Effect.fork(budget.take("b", 5))
      const small = yield* Effect.fork(budget.take("c", 1))
      yield* Effect.yieldNow()
      // b waits for what a has; c, who came later, waits behind b; a waits for its own.
      for (const fiber of [again, large, small]) assert.isFalse(yield* poll(fiber))
      budget.giveBack(first)
      for (const fiber of [again, large, small]) yield* Fiber.join(fiber)
      assert.strictEqual(budget.lent, 7)
    }))

  it.effect("grows a loan only by what can be had at once", () =>
    Effect.gen(function*() {
      const budget = new Budget(10, 6)
      const a = yield* budget.take("a", 2)
      const b = yield* budget.take("b", 2)
      assert.isTrue(budget.grow(a, 100))
      assert.strictEqual(a.bytes, 6)
      assert.isTrue(budget.grow(b, 1))
      assert.isFalse(budget.grow(b, 5))
      budget.giveBack(a)
      assert.isTrue(budget.grow(b, 5))
      budget.giveBack(b)
      assert.strictEqual(budget.lent, 0)
    }))
})
