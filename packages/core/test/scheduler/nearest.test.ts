import type { FetchValue } from "@creel/core/Note"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, spec, toWorkers } from "./drive.js"

/** A value `x` on w1 and w2, and w3 beside w2 on one machine. */
const placed = (first = "a", second = "b") => {
  const d = drive({ config: { suspectAfter: 1_000, deadAfter: 1e9 } })
  d.join("w1", { host: first })
  d.connect("c1")
  const x = runOf(d.submit("c1", [spec("x")]), "x")
  d.held("w1", x.note)
  d.join("w2", { host: second })
  d.copied("w2", "x", "x#1.1")
  d.join("w3", { host: "b", tasks: ["u"] })
  const ask = (key: string) => {
    const run = runOf(d.submit("c1", [spec(key, ["x"], { task: "u" })]), key)
    assert.strictEqual(run.to, "w3")
    return run.note.inputs[0]!.holders
  }
  return { d, ask }
}

describe("holders of a value", () => {
  it("are named the nearest first to whoever is to fetch it", () => {
    assert.deepStrictEqual(placed().ask("y"), ["w2", "w1"])
    assert.deepStrictEqual(placed("b", "a").ask("y"), ["w1", "w2"])
  })

  it("one that is silent comes last, however near", () => {
    const { ask, d } = placed()
    d.pass(900)
    for (const id of ["w1", "w3"]) {
      d.worker(id, { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
    }
    d.pass(200)
    assert.deepStrictEqual(ask("y"), ["w1", "w2"])
  })

  it("those of one distance are not all asked in the same order", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.held("w1", x.note)
    d.join("w2")
    d.copied("w2", "x", "x#1.1")
    const firsts = new Set<string>()
    for (let n = 0; n < 4; n++) {
      d.join(`r${n}`, { tasks: [`t${n}`] })
      const run = runOf(d.submit("c1", [spec(`y${n}`, ["x"], { task: `t${n}` })]), `y${n}`)
      firsts.add(run.note.inputs[0]!.holders[0]!)
    }
    assert.deepStrictEqual([...firsts].sort(), ["w1", "w2"])
  })

  it("a copy that was asked for comes from the same machine, too", () => {
    const { d } = placed()
    const asked = toWorkers(d.step({ _tag: "Replicate", keys: ["x"], copies: 3, workers: undefined }))
      .flatMap(({ note, to }) => note._tag === "FetchValue" ? [{ to, note: note as FetchValue }] : [])
    assert.deepStrictEqual(asked.map(({ note, to }) => [to, note.holders]), [["w3", ["w2", "w1"]]])
  })
})
