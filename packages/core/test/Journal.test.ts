import { assert, describe, it } from "@effect/vitest"
import * as Id from "../src/Id.js"
import * as Journal from "../src/Journal.js"

const nameOf = (peer: string): string => ({ w1: "alpha", w2: "beta" })[peer] ?? peer

/** One entry, written and read again, as people read it. */
const saidOf = (key: string | undefined) => (what: string, detail: string | number | undefined): string => {
  const journal = Journal.make(2)
  Journal.write(journal, 1, what, key, "w1", detail)
  return Journal.sentence(Journal.story(journal, "w1")[0]!, nameOf)
}

const said = saidOf("k")
const saidOfPeer = saidOf(undefined)

describe("Journal.sentence", () => {
  it("writes attempts as they are written everywhere", () => {
    assert.strictEqual(said("assigned", Id.attempt(3, 41)), "attempt 3.41")
    assert.strictEqual(said("stored", Id.attempt(1, 6)), "attempt 1.6")
  })

  it("calls peers by their names, and by their ids when nobody knows these any more", () => {
    assert.strictEqual(said("copied", "w2"), "from beta")
    assert.strictEqual(said("recalled", "w9"), "for w9")
    assert.strictEqual(said("fetch failed", "refused w2"), "refused beta")
    assert.strictEqual(saidOfPeer("refused", "v#1.7"), "a value nobody waits for: v#1.7")
  })

  it("says what a number counts", () => {
    assert.strictEqual(saidOfPeer("suspect", 5210), "silent for 5210 ms")
    assert.strictEqual(said("retried", 1), "failed once")
    assert.strictEqual(said("retried", 2), "failed 2 times")
    assert.strictEqual(said("copies lacking", 3), "3 wanted")
  })

  it("leaves out what stands beside it, and leaves texts as they are", () => {
    assert.strictEqual(saidOfPeer("joined", "alpha"), "")
    assert.strictEqual(said("cancelled", "it hangs"), "it hangs")
    assert.strictEqual(said("dropped", undefined), "")
  })
})
