import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Id from "../src/Id.js"

describe("Id", () => {
  it("a key of its own says its number, and numbers that follow each other follow each other in it", () => {
    const number = fc.integer({ min: 1, max: 2 ** 32 })
    fc.assert(fc.property(number, fc.stringMatching(/^[0-9a-f]{6}$/), fc.string(), (n, mark, name) => {
      assert.strictEqual(Id.numberIn(Id.ownKey(`${name}-`, n, mark)), n % 2 ** 30)
      assert.strictEqual(Id.numberIn(Id.ownKey(`${name}-`, n + 1, mark)), (n + 1) % 2 ** 30)
    }))
  })

  it("so does one with a tilde before the mark", () => {
    const number = fc.integer({ min: 1, max: 2 ** 32 })
    fc.assert(fc.property(number, fc.stringMatching(/^[0-9a-f]{6}$/), fc.string(), (n, mark, name) => {
      assert.strictEqual(Id.numberIn(Id.ownKey(`${name}-`, n, `~${mark}`)), n % 2 ** 30)
    }))
  })

  it("no other key has a number", () => {
    for (
      const key of [
        "",
        "a",
        "total~a1b2c3",
        "inc-0123456789abcdef0123456789abcdef",
        `${Id.ownKey("inc-", 3, "a1b2c3")}/args`,
        Id.ownKey("inc-", 3, "a1b2c3").slice(1).replace("-", "_"),
        "inc-0000000ga1b2c3",
        "inc-0000000éa1b2c3",
        "00000000a1b2c3"
      ]
    ) assert.isBelow(Id.numberIn(key), 0, key)
  })

  it("the name of a value says which attempt makes it", () => {
    const attempts = fc.tuple(fc.integer({ min: 0, max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
    fc.assert(fc.property(fc.string(), attempts, (key, [incarnation, number]) => {
      const attempt = Id.attempt(incarnation, number)
      assert.strictEqual(Id.makerIn(Id.valueId(key, attempt)), attempt)
      assert.strictEqual(Id.makerNumberIn(Id.valueId(key, attempt)), number % 2 ** 30)
    }))
  })

  it("what a client brings is made by no attempt", () => {
    for (const value of ["", "#", "a#c1", "a#c1~17", "a#1.", "a#.1", "a#1", "1.1", "a#1.2x", "a#99999999.0"]) {
      assert.isUndefined(Id.makerIn(value), value)
      assert.isBelow(Id.makerNumberIn(value), 0, value)
    }
  })
})
