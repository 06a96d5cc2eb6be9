import { assert, describe, it } from "@effect/vitest"
import { Client } from "creel"
import { Effect } from "effect"
import { exercise } from "../exercise.js"
import { type Answer, examine } from "../exercise/examine.js"
import { solution } from "../solution.js"
import { add, dec, inc } from "../tasks.js"

const hintFor = (answer: Answer) =>
  Effect.map(examine(answer), (verdict) => verdict._tag === "Solved" ? "solved" : verdict.hint)

describe("the exercise", () => {
  it.effect("is solved by the solution", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* examine(solution), { _tag: "Solved" })
    }))

  it.effect("as it stands, is solved or gets a sentence that helps", () =>
    Effect.gen(function*() {
      const hint = yield* hintFor(exercise)
      if (hint !== "solved") assert.include(hint, "submit add with x and y")
    }))

  it.effect("notices an answer that joins its inputs", () =>
    Effect.gen(function*() {
      const hint = yield* hintFor(Effect.gen(function*() {
        const x = yield* yield* Client.submit(inc, 1)
        const y = yield* yield* Client.submit(dec, 2)
        return yield* Client.submit(add, x, y)
      }))
      assert.include(hint, "waits for a value")
    }))

  it.effect("notices numbers in the place of futures", () =>
    Effect.gen(function*() {
      assert.include(yield* hintFor(Client.submit(add, 2, 1)), "does not depend on inc")
    }))

  it.effect("notices another total", () =>
    Effect.gen(function*() {
      const hint = yield* hintFor(Effect.gen(function*() {
        const x = yield* Client.submit(inc, 2)
        const y = yield* Client.submit(dec, 2)
        return yield* Client.submit(add, x, y)
      }))
      assert.include(hint, "the total is 4")
    }))

  it.effect("notices a failure", () =>
    Effect.gen(function*() {
      assert.include(yield* hintFor(Effect.dieMessage("not today")), "not today")
    }))
})
