import { assert, describe, it } from "@effect/vitest"
import { Table } from "../../src/internal/table.js"

/** Keys as a client makes them: what differs stands before the mark by which all of them end. */
const keys = Array.from(
  { length: 2_000 },
  (_, n) => `noop-${(Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}a1b2c3`
)

describe("Table", () => {
  it("answers what a map would, and in the order in which things came", () => {
    const table = new Table<number>()
    const model = new Map<string, number>()
    const agree = () => {
      assert.strictEqual(table.size, model.size)
      for (const key of keys) assert.strictEqual(table.get(key), model.get(key), key)
      for (const key of keys) assert.strictEqual(table.has(key), model.has(key), key)
      assert.sameMembers([...table.keys()], [...model.keys()])
      assert.deepStrictEqual(table.inOrder((n) => n), [...model.values()])
      assert.deepStrictEqual([...table].sort((a, b) => a[1] - b[1]), [...model])
    }
    agree()
    keys.forEach((key, n) => {
      table.add(key, n)
      model.set(key, n)
    })
    agree()
    keys.forEach((key, n) => {
      if (n % 3 > 0) return
      table.delete(key)
      table.delete(key)
      model.delete(key)
    })
    agree()
    // What went and came again comes after all others.
    keys.forEach((key, n) => {
      if (n % 6 > 0) return
      table.set(key, keys.length + n)
      model.set(key, keys.length + n)
    })
    agree()
    table.clear()
    model.clear()
    agree()
  })

  it("puts a value in the place of another", () => {
    const table = new Table<string>()
    table.set("a", "one")
    table.set("a", "other")
    assert.deepStrictEqual([table.size, table.get("a")], [1, "other"])
  })
})
