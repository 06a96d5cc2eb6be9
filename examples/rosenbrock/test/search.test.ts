import { assert, describe, it } from "@effect/vitest"
import { height, next, start, take } from "../search.js"

describe("the search", () => {
  it("the minimum is at (1, 1)", () => {
    assert.strictEqual(height([1, 1]), 0)
    assert.isAbove(height([1.01, 1]), 0)
    assert.strictEqual(height([0, 0]), 1)
  })

  it("keeps the best and narrows with every result", () => {
    const one = take(start, { point: [2, 3], score: 3 })
    assert.deepStrictEqual(one.best, { point: [2, 3], score: 3 })
    const two = take(one, { point: [9, 9], score: 4 })
    assert.deepStrictEqual(two.best, one.best)
    assert.closeTo(two.scale, 5 * 0.99 ** 2, 1e-12)
    assert.strictEqual(two.taken, 2)
  })

  it("looks around the best point, as far as the scale", () => {
    const search = take(start, { point: [2, 3], score: 3 })
    assert.deepStrictEqual(next(search, [1, -1]), [2 + search.scale, 3 - search.scale])
    assert.deepStrictEqual(next(search, [0, 0]), [2, 3])
  })
})
