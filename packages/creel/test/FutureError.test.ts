import { assert, describe, it } from "@effect/vitest"
import {
  FutureError,
  FutureReason,
  isFutureError,
  isSubmitError,
  SubmitError,
  SubmitReason
} from "../src/FutureError.js"

describe("FutureError", () => {
  it("says what happened, to which key, on which worker, who asked, and what to do", () => {
    const error = new FutureError({
      reason: "Cancelled",
      key: "add-7f3a",
      worker: "w1",
      by: "client c2",
      detail: "the report is no longer needed"
    })
    assert.strictEqual(
      error.message,
      "add-7f3a: Cancelled by client c2 on worker w1: the report is no longer needed. " +
        "What to do: submit it again, or handle FutureError where the future is joined."
    )
    assert.isTrue(isFutureError(error))
    assert.isFalse(isSubmitError(error))
  })

  it("has an advice for every reason, which one's own replaces", () => {
    for (const reason of FutureReason.literals) {
      assert.match(new FutureError({ reason, key: "k", detail: "" }).message, /^k: \w+\. What to do: \w.{20,}\.$/)
    }
    assert.include(
      new FutureError({ reason: "Lost", key: "k", detail: "", advice: "do this" }).message,
      "What to do: do this."
    )
  })
})

describe("SubmitError", () => {
  it("says what was submitted, where it is wrong, and what to do", () => {
    const error = new SubmitError({
      reason: "NotEncodable",
      task: "greet",
      path: "args[0].user",
      detail: "found an instance of User"
    })
    assert.strictEqual(
      error.message,
      "submit greet, args[0].user: NotEncodable: found an instance of User. " +
        "What to do: pass plain data, or give the task a Schema for this parameter."
    )
    assert.isTrue(isSubmitError(error))
    for (const reason of SubmitReason.literals) {
      assert.match(new SubmitError({ reason, detail: "" }).message, /^submit: \w+\. What to do: \w.{10,}\.$/)
    }
  })
})
