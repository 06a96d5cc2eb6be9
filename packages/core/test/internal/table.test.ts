import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Id from "../../src/Id.js"
import { Table } from "../../src/internal/table.js"

interface Row {
  readonly name: string
  readonly seq: number
}

const make = (bits?: number) => new Table<string, Row>(Id.numberIn, (row) => row.name, bits)

/** Keys as two clients make them, more than a few pages, with a gap; others with their numbers; and keys without one. */
const own = (from: number, count: number, mark: string) =>
  Array.from({ length: count }, (_, n) => Id.ownKey("noop-", from + n, mark))

const keys = [
  ...own(2 ** 30 - 300, 700, "a1b2c3"),
  ...own(2 ** 30 - 300, 300, "d4e5f6"),
  ...own(70_000, 3, "a1b2c3"),
  ...["a", "noop-1234567890123", "total~a1b2c3"],
  // As those of pure tasks: they end with a digest.
  ...Array.from({ length: 100 }, (_, n) => `noop-0123456789abcdef${(n * 7919).toString(16).padStart(16, "0")}`)
]

const agree = (table: Table<string, Row>, model: ReadonlyMap<string, Row>) => {
  assert.strictEqual(table.size, model.size)
  for (const key of keys) assert.strictEqual(table.get(key), model.get(key), key)
  for (const key of keys) assert.strictEqual(table.has(key), model.has(key), key)
  assert.sameMembers([...table.keys()], [...model.keys()])
  assert.deepStrictEqual(table.inOrder((row) => row.seq), [...model.values()])
}

describe("Table", () => {
  it("answers what a map would, and in the order in which things came, whatever comes and goes", () => {
    const step = fc.record({
      from: fc.nat(keys.length - 1),
      count: fc.integer({ min: 1, max: 600 }),
      goes: fc.boolean()
    })
    fc.assert(
      fc.property(fc.constantFrom(8, 5), fc.array(step, { maxLength: 12 }), (bits, steps) => {
        const table = make(bits)
        const model = new Map<string, Row>()
        let seq = 0
        for (const { count, from, goes } of steps) {
          for (const key of keys.slice(from, from + count)) {
            if (goes) {
              table.delete(key)
              model.delete(key)
              continue
            }
            const row = { name: key, seq: seq++ }
            assert.strictEqual(table.add(row), !model.has(key))
            if (!model.has(key)) model.set(key, row)
          }
          agree(table, model)
        }
        table.clear()
        agree(table, new Map())
      }),
      { numRuns: 20 }
    )
  })

  it("who has the place of another's number does not take that one along when it goes", () => {
    const table = make()
    const [one, two] = [{ name: Id.ownKey("a-", 7, "aaaaaa"), seq: 1 }, { name: Id.ownKey("b-", 7, "bbbbbb"), seq: 2 }]
    assert.isTrue(table.add(one))
    assert.isTrue(table.add(two))
    table.delete(one.name)
    assert.isUndefined(table.get(one.name))
    assert.strictEqual(table.get(two.name), two)
    assert.isFalse(table.add({ name: two.name, seq: 3 }))
    assert.strictEqual(table.size, 1)
  })

  it("takes out the row itself alone, beside the pages too", () => {
    for (const name of [Id.ownKey("a-", 7, "aaaaaa"), "without a number"]) {
      const table = make()
      const row = { name, seq: 1 }
      assert.isTrue(table.add(row))
      table.remove({ name, seq: 2 })
      assert.strictEqual(table.get(name), row)
      table.remove(row)
      table.remove(row)
      assert.isUndefined(table.get(name))
      assert.strictEqual(table.size, 0)
    }
  })

  it("what goes while one goes through it is not visited, and the rest is", () => {
    const table = make()
    own(1, 1_000, "a1b2c3").forEach((name, seq) => table.add({ name, seq }))
    const seen: Array<number> = []
    for (const { seq } of table.values()) {
      seen.push(seq)
      for (let n = seq; n < seq + 10; n++) table.delete(Id.ownKey("noop-", n + 1, "a1b2c3"))
    }
    assert.deepStrictEqual(seen, Array.from({ length: 100 }, (_, n) => 10 * n))
    assert.strictEqual(table.size, 0)
  })
})
