import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Queue } from "../../src/scheduler/rows/queue.js"

interface Member {
  readonly rank: number
  readonly seq: number
  place: number
}

const before = (a: Member, b: Member): boolean => a.rank < b.rank || (a.rank === b.rank && a.seq < b.seq)

describe("the queue of a class", () => {
  it("counts who comes before a member, in line and beside it, as comparing all does", () => {
    // ranks that come in order stand in line, others in the heap; then some leave
    const coming = FastCheck.array(FastCheck.oneof(FastCheck.constant(5), FastCheck.nat(9)), { maxLength: 60 })
    FastCheck.assert(FastCheck.property(coming, FastCheck.array(FastCheck.nat(59)), (ranks, leaving) => {
      const queue = new Queue<Member>(before)
      const all = ranks.map((rank, seq): Member => ({ rank, seq, place: -1 }))
      for (const member of all) queue.push(member)
      for (const at of leaving) if (all[at] !== undefined) queue.delete(all[at])
      const members = queue.members()
      assert.deepStrictEqual(
        members.map((member) => queue.countBefore(member)),
        members.map((member) => members.filter((other) => before(other, member)).length)
      )
      assert.deepStrictEqual(queue.check("queue"), [])
    }))
  })
})
