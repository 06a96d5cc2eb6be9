import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec, toClients } from "./drive.js"

describe("from submit to forgotten", () => {
  it("submit, assign, stored, release, drop", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    assert.strictEqual(x.to, "w1")
    const stored = d.held("w1", x.note)
    assert.deepStrictEqual(says(stored), ["c1 TaskStored x"])
    assert.deepInclude(toClients(stored)[0]!.note, { want: 1, value: "x#1.1", holders: ["w1"] })
    assert.deepStrictEqual(says(d.release("c1", ["x"])), ["w1 DropValue x#1.1"])
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("a dependent follows its input to the same worker before it is stored", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])], ["y"])
    const y = runOf(out, "y")
    assert.deepInclude(y.note.inputs[0], { key: "x", ahead: true, value: "x#1.1", holders: [] })
    const x = runOf(out, "x")
    assert.deepStrictEqual(says(d.held("w1", x.note)), [])
    assert.deepStrictEqual(says(d.held("w1", y.note)), ["c1 TaskStored y", "w1 DropValue x#1.1"])
    assert.strictEqual(d.state.rows.size, 2)
    d.release("c1", ["y"])
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("a failure reaches dependents with the key to blame, and unrelated branches go on", () => {
    const d = drive()
    d.join("w1", { slots: 4 })
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"]), spec("z", ["y"]), spec("u")])
    const told = d.fail("w1", runOf(out, "x").note)
    const failures = toClients(told).map((one) => one.note)
    assert.deepStrictEqual(failures.map((note) => note._tag === "TaskNotStored" && [note.key, note.failure.key]), [
      ["x", "x"],
      ["y", "x"],
      ["z", "x"]
    ])
    assert.strictEqual(d.state.rows.get("u")!.state._tag, "Assigned")
    for (const one of runs(out)) {
      if (["y", "z"].includes(one.note.spec.key)) d.returned("w1", one.note, "input withdrawn")
    }
    d.held("w1", runOf(out, "u").note)
    d.release("c1", ["x", "y", "z", "u"])
    assert.strictEqual(d.state.rows.size, 0)
    assert.strictEqual(d.state.workers.get("w1")!.runs, 0)
  })

  it("retries as the submission asked, after its delay", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const retry = { times: 1, delay: 100, factor: 2, maxDelay: 1_000, jitter: 0, tags: undefined }
    const first = runOf(d.submit("c1", [spec("x", [], { retry })]), "x")
    assert.deepStrictEqual(says(d.fail("w1", first.note)), ["c1 TaskSpent x"])
    assert.deepStrictEqual(says(d.pass(99)), [])
    const second = runOf(d.pass(1), "x")
    assert.strictEqual(second.note.failures, 1)
    assert.deepStrictEqual(says(d.fail("w1", second.note)), ["c1 TaskNotStored x"])
  })

  it("values only a lost worker held are made again, recursively", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])], ["y"])
    d.held("w1", runOf(out, "x").note)
    d.held("w1", runOf(out, "y").note)
    d.join("w2")
    const again = d.lost("w1")
    assert.include(says(again), "c1 TaskPending y")
    assert.deepStrictEqual(runs(again).map((one) => one.note.spec.key), ["x", "y"])
    d.held("w2", runOf(again, "x").note)
    assert.include(says(d.held("w2", runOf(again, "y").note)), "c1 TaskStored y")
  })

  it("a released key that runs is cancelled, and keeps its slot until its end", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    assert.deepStrictEqual(says(d.release("c1", ["x"], 1, true)), ["w1 CancelTask x"])
    assert.strictEqual(d.state.workers.get("w1")!.used, 1)
    assert.deepStrictEqual(says(d.ended("w1", x.note)), ["c1 Ended x"])
    assert.strictEqual(d.state.workers.get("w1")!.used, 0)
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("a cancel ends this client's wants and their dependents, and leaves what others want", () => {
    const d = drive()
    d.join("w1", { slots: 4 })
    d.connect("c1")
    d.connect("c2")
    d.submit("c1", [spec("x"), spec("y", ["x"])])
    d.submit("c2", [spec("x")])
    const out = d.cancel("c1", ["x"])
    assert.sameMembers([...says(out)], ["c1 TaskNotStored x", "c1 TaskNotStored y", "w1 CancelTask y"])
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Assigned")
    const forced = d.client("c2", {
      _tag: "Cancel",
      wants: [{ key: "x", want: 1 }],
      force: true,
      by: "c2",
      reason: "r"
    })
    assert.sameMembers([...says(forced)], ["c2 TaskNotStored x", "w1 CancelTask x"])
  })
})
