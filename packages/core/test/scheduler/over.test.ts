import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, says, spec } from "./drive.js"

describe("a want that had its last word", () => {
  it("keeps the row known, so that its client may try it again or name it, and wants nothing", () => {
    const d = drive()
    d.join("w1")
    for (const client of ["c1", "c2"]) d.connect(client)
    const x = runOf(d.submit("c1", [spec("x")]), "x").note
    d.submit("c2", [spec("x")])
    d.fail("w1", x)
    // c2 tries again and lets go: the row runs and stops for c2's sake alone.
    assert.deepStrictEqual(says(d.client("c2", { _tag: "Retry", wants: [{ key: "x", want: 2 }] })), ["w1 RunTask x"])
    assert.deepStrictEqual(says(d.release("c2", ["x"], 2)), ["w1 CancelTask x"])
    assert.deepStrictEqual(says(d.client("c1", { _tag: "Retry", wants: [{ key: "x", want: 2 }] })).slice(0, 1), [
      "w1 RunTask x"
    ])
    d.release("c1", ["x"], 2)
    assert.strictEqual(d.state.rows.size, 0)
  })
})
