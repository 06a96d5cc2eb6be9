import { assert, describe, it } from "@effect/vitest"
import { Chain } from "../../src/worker/chain.js"
import { Heap } from "../../src/worker/heap.js"

/** The same numbers each time, spread over 0 to below `below`. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

describe("Heap", () => {
  it.each([1, 2, 3, 4])("gives back in order what came in order, and what did not (%i)", (seed) => {
    const next = numbers(seed)
    const heap = new Heap<number>((a, b) => a < b)
    let model: Array<number> = []
    let at = 0
    const take = (): void => {
      model.sort((a, b) => a - b)
      assert.strictEqual(heap.peek(), model[0])
      assert.strictEqual(heap.pop(), model.shift())
    }
    for (let turn = 0; turn < 60; turn++) {
      const many = next(200)
      for (let n = 0; n < many; n++) {
        // Seldom one that belongs before others.
        const item = next(20) === 0 ? next(at + 1) : at++
        heap.push(item)
        model.push(item)
      }
      for (let n = next(220); n > 0; n--) take()
      if (turn % 10 === 9) {
        const before = heap.size
        heap.compact(0, (item) => item % 2 === 0)
        if (before > 64) model = model.filter((item) => item % 2 === 0)
      }
      assert.strictEqual(heap.size, model.length)
      assert.sameMembers([...heap.entries()], model)
    }
    while (model.length > 0) take()
    assert.isUndefined(heap.pop())
    assert.strictEqual(heap.size, 0)
  })
})

class Member {
  previous: Member | undefined = undefined
  next: Member | undefined = undefined
  constructor(readonly n: number) {}
}

describe("Chain", () => {
  it("has its members in the order in which they came, whoever leaves", () => {
    const next = numbers(7)
    const chain = new Chain<Member>()
    const model = new Set<Member>()
    for (let turn = 0; turn < 2_000; turn++) {
      const members = [...model]
      if (members.length > 0 && next(2) === 0) {
        const one = members[next(members.length)]!
        chain.delete(one)
        model.delete(one)
        assert.isFalse(chain.has(one))
      } else {
        const one = new Member(turn)
        chain.add(one)
        model.add(one)
        assert.isTrue(chain.has(one))
      }
      assert.strictEqual(chain.size, model.size)
      assert.deepStrictEqual([...chain].map(({ n }) => n), [...model].map(({ n }) => n))
    }
  })
})
