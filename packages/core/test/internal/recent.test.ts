import { assert, describe, it } from "@effect/vitest"
import { Recent } from "../../src/internal/recent.js"

interface Item {
  number: number
}

describe("those that came last", () => {
  it("are found by their numbers, and only by these", () => {
    const recent = new Recent<Item>((item) => item.number)
    const items = Array.from({ length: 1_000 }, (_, n): Item => ({ number: n + 1 }))
    for (const item of items) recent.add(item)
    for (const item of items) assert.strictEqual(recent.get(item.number), item)
    assert.isUndefined(recent.get(0))
    assert.isUndefined(recent.get(1_001))
    assert.isUndefined(recent.get(1 + 2 ** 20))
  })

  it("what is deleted, or has another number by now, is not found", () => {
    const recent = new Recent<Item>((item) => item.number)
    const [one, two]: [Item, Item] = [{ number: 1 }, { number: 2 }]
    recent.add(one)
    recent.add(two)
    recent.delete(one)
    two.number = 3
    assert.isUndefined(recent.get(1))
    assert.isUndefined(recent.get(2))
    assert.isUndefined(recent.get(3))
  })

  it("who stood at the place of another is forgotten, and does not take that one along when it is deleted", () => {
    const recent = new Recent<Item>((item) => item.number)
    const [early, late]: [Item, Item] = [{ number: 5 }, { number: 5 + 2 ** 20 }]
    recent.add(early)
    recent.add(late)
    assert.isUndefined(recent.get(early.number))
    recent.delete(early)
    assert.strictEqual(recent.get(late.number), late)
  })
})
