/** What is posted and not ended, whatever is said of it in whatever order. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { Postings } from "../src/supervisor/postings.js"
import type { Marks } from "../src/wire/marks.js"

interface Posted {
  readonly mark: number
  begun: boolean
  claimed: boolean
}

// Nearly all end in the order in which they were posted: `at` says how far from the first.
const step = fc.record({
  what: fc.constantFrom("post", "post", "ended", "ended", "begun", "claim", "look"),
  at: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 35),
  count: fc.integer({ min: 1, max: 60 })
})

describe("Postings", () => {
  it("answers what a map of them would", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
        const model = new Map<number, Posted>()
        const set = new Set<number>()
        const marks: Marks = {
          open: { _tag: "File", fd: 0 },
          isSet: (mark) => set.has(mark),
          wipe: (mark) => void set.delete(mark),
          close: () => {}
        }
        const postings = new Postings(marks)
        let latest = 0
        for (const { at, count, what } of steps) {
          const attempt = [...model.keys()][at] ?? -1
          const known = model.get(attempt)
          if (what === "post") {
            for (let n = 0; n < count; n++) {
              model.set(++latest, { mark: postings.post(latest), begun: false, claimed: false })
            }
            assert.strictEqual(new Set([...model.values()].map(({ mark }) => mark)).size, model.size)
          } else if (what === "begun" && known !== undefined) {
            known.begun = true
            set.add(known.mark)
          } else if (what === "claim") {
            assert.strictEqual(postings.claim(attempt), known?.claimed === false)
            if (known !== undefined) known.claimed = true
          } else if (what === "ended") {
            for (const one of [attempt, ...[...model.keys()].filter((one) => one !== attempt).slice(0, count - 1)]) {
              assert.strictEqual(postings.ended(one), model.delete(one))
            }
          } else {
            const begun = [...model].filter(([, one]) => one.begun && !one.claimed).map(([one]) => one)
            assert.sameMembers([...postings.readMarks()], begun)
          }
          assert.strictEqual(postings.hasUnclaimed(), [...model.values()].some((one) => !one.claimed))
        }
        const begun = [...model].filter(([, one]) => one.begun).map(([one]) => one)
        assert.sameMembers([...postings.started()], begun)
      }),
      { numRuns: 60 }
    )
  })
})
