import type { FromClient, FromWorker, WorkerTold } from "@creel/core/Note"
import { assert, describe, it } from "@effect/vitest"
import { drive, heldNote, info, runOf, says, spec } from "./drive.js"

const telling = (name: string): WorkerTold => ({
  _tag: "WorkerTold",
  info: info(name),
  values: [],
  jobs: [],
  outcomes: []
})

describe("a session begins", () => {
  it("what was said to a worker before it told is said to be so: a copy it was to drop is still its own", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.held("w1", x.note)
    const told: FromWorker = { ...telling("w1"), values: [heldNote(x.note)] }
    const release: FromClient = { _tag: "Release", wants: [{ key: "x", want: 1 }], answer: false }
    // One turn: it is to drop what it tells of in a session that has begun meanwhile.
    const out = d.step(
      { _tag: "FromClient", client: "c1", note: release },
      { _tag: "FromWorker", worker: "w1", note: told }
    )
    const at = out.findIndex((one) => one._tag === "Begun" && one.peer === "w1" && one.told === told)
    assert.deepStrictEqual(says(out.slice(0, at)), ["w1 DropValue x#1.1"])
    assert.deepStrictEqual(says(out.slice(at + 1)), ["w1 DropValue x#1.1"])
  })

  it("a client that has told is said to have", () => {
    const d = drive()
    const told: FromClient = { _tag: "ClientTold", name: "c1", specs: [], wants: [], offers: [] }
    const out = d.client("c1", told)
    assert.isTrue(out[0]?._tag === "Begun" && out[0].peer === "c1" && out[0].told === told)
  })
})
