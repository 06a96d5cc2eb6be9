import * as Failure from "@creel/core/Failure"
import type { ClientTold } from "@creel/core/Note"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, says, spec } from "./drive.js"

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

  it("of a cancel is not the last word for others, who need it again when a value is lost, or try again", () => {
    for (const how of ["lost", "retried"]) {
      const d = drive()
      d.join("w1")
      for (const client of ["c1", "c2"]) d.connect(client)
      d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
      const out = d.submit("c2", [spec("x"), spec("mid", ["x"]), spec("y", ["mid"])], ["y"])
      d.held("w1", runOf(out, "mid").note)
      if (how === "lost") d.held("w1", runOf(out, "y").note)
      else d.fail("w1", runOf(out, "y").note)
      // Nothing needs x any more but the client that cancels it.
      assert.include(says(d.cancel("c1", ["x"])), "c1 TaskNotStored x")
      d.join("w2")
      const again = how === "lost" ? d.lost("w1") : d.client("c2", { _tag: "Retry", wants: [{ key: "y", want: 2 }] })
      runOf(again, "x")
      assert.deepStrictEqual(says(again).filter((one) => one.includes("NotStored")), [])
    }
  })

  it("of a cancel stays the answer for the client that asked for it", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])])
    d.held("w1", runOf(out, "x").note)
    d.held("w1", runOf(out, "y").note)
    d.cancel("c1", ["x"])
    assert.deepStrictEqual(says(d.lost("w1")), ["w1 Forget", "c1 TaskNotStored y"])
  })

  it("of a cancel is not the last word for others, whichever of the clients tells a new scheduler first", () => {
    const specs = [spec("x"), spec("mid", ["x"]), spec("y", ["mid"])]
    const failure = Failure.make("Cancelled", "x", "enough", { by: "c1" })
    const want = (key: string, told: ClientTold["wants"][number]["told"]) => ({ key, want: 1, told, keep: false })
    const tells = {
      c1: { _tag: "ClientTold", name: "c1", specs, wants: [want("x", { failure })], offers: [] },
      c2: { _tag: "ClientTold", name: "c2", specs, wants: [want("y", undefined)], offers: [] }
    } as const
    for (const order of [["c1", "c2"], ["c2", "c1"]] as const) {
      const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "c1", "c2"] } })
      d.join("w1")
      d.client(order[0], tells[order[0]])
      assert.deepStrictEqual(says(d.client(order[1], tells[order[1]])).slice(0, 1), ["w1 RunTask x"])
    }
  })

  it("told to a new scheduler is not the last word for who was told of the value, in whichever order, cut or not", () => {
    const told = { value: "x#1", digest: "d:x" }
    const tells = (reason: "Failed" | "Cancelled", cut: ReadonlyArray<string>) => {
      const failure = Failure.make(reason, "x", "before", { by: "c1" })
      return {
        c1: {
          _tag: "ClientTold",
          name: "c1",
          specs: [spec("a"), spec("x", ["a"])],
          wants: [{ key: "x", want: 1, told: { failure }, keep: false }],
          offers: []
        },
        c2: {
          _tag: "ClientTold",
          name: "c2",
          specs: cut.length > 0 ? [spec("x", ["a"])] : [spec("a"), spec("x", ["a"])],
          wants: [{ key: "x", want: 1, told, keep: false }],
          offers: [],
          cut
        }
      } as const
    }
    const x = {
      _tag: "ValueHeld",
      key: "x",
      value: "x#1",
      attempt: 1,
      digest: "d:x",
      bytes: 5_000,
      type: "number",
      how: "replicated",
      millis: 1,
      inline: undefined
    } as const
    for (const reason of ["Failed", "Cancelled"] as const) {
      for (const cut of [[], ["x"]]) {
        for (const order of [["c1", "c2"], ["c2", "c1"]] as const) {
          const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "c1", "c2"] } })
          const said = tells(reason, cut)
          d.client(order[0], said[order[0]])
          d.worker("w1", { _tag: "WorkerTold", info: info("w1"), values: [x], jobs: [], outcomes: [] })
          assert.deepStrictEqual(
            says(d.client(order[1], said[order[1]])),
            [],
            `${reason} ${cut.join()} ${order.join()}`
          )
          assert.strictEqual(d.state.rows.get("x")!.state._tag, "Stored")
        }
      }
    }
  })
})
