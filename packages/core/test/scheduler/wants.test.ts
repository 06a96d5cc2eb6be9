import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec, toClients } from "./drive.js"

const reasons = (commands: Parameters<typeof toClients>[0]): ReadonlyArray<unknown> =>
  toClients(commands).map((
    { note, to }
  ) => [to, "key" in note ? note.key : note.value, note._tag === "TaskNotStored" ? note.failure.reason : note._tag])

describe("wants", () => {
  it("a release of an older want is ignored", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.submit("c1", [spec("x")], ["x"], 2)
    assert.deepStrictEqual(says(d.release("c1", ["x"], 1)), [])
    assert.strictEqual(d.state.rows.size, 1)
    assert.deepStrictEqual(says(d.release("c1", ["x"], 2)), ["w1 CancelTask x"])
  })

  it("a newer want of a stored key is answered at once, with its number", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c2")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
    const out = toClients(d.submit("c1", [spec("x")], ["x"], 7))
    assert.deepInclude(out[0]!.note, { _tag: "TaskStored", want: 7 })
    assert.deepInclude(toClients(d.submit("c2", [spec("x")], ["x"], 3))[0]!.note, { _tag: "TaskStored", want: 3 })
  })

  it("a want of an unknown key is answered, not left pending", () => {
    const d = drive()
    d.connect("c1")
    assert.deepStrictEqual(reasons(d.submit("c1", [], ["nowhere"])), [["c1", "nowhere", "Lost"]])
    assert.deepStrictEqual(reasons(d.submit("c1", [spec("y", ["nowhere"])])), [["c1", "y", "Lost"]])
  })

  it("a wanted key under another digest is a DuplicateKey, for dependents too, and the old work goes on", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c2")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    const out = d.submit("c2", [spec("x", [], { digest: "other" }), spec("y", ["x"])])
    assert.deepStrictEqual(reasons(out), [["c2", "x", "DuplicateKey"], ["c2", "y", "DuplicateKey"]])
    assert.deepStrictEqual(reasons(d.submit("c2", [spec("z", ["x"])])), [["c2", "z", "DuplicateKey"]])
    assert.deepStrictEqual(says(d.held("w1", x.note)), ["c1 TaskStored x"])
  })

  it("a key that is only lineage is replaced, and values of the old work are never adopted for the new", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])], ["y"])
    const old = runOf(out, "x")
    d.held("w1", old.note)
    d.held("w1", runOf(out, "y").note)
    const again = runOf(d.submit("c1", [spec("x", [], { digest: "new" })], ["x"]), "x")
    assert.strictEqual(again.note.spec.digest, "new")
    assert.deepStrictEqual(says(d.copied("w1", "x", "x#1.1")), ["w1 DropValue x#1.1"])
    d.join("w2", { slots: 4 })
    const remade = d.lost("w1")
    assert.sameMembers(runs(remade).map((one) => one.note.spec.digest).filter((digest) => digest !== "d:y"), [
      "new",
      "d:x"
    ])
    d.release("c1", ["x", "y"])
    for (const one of runs(remade)) d.ended("w2", one.note)
    assert.strictEqual(d.state.rows.size + d.state.shadows.size + d.state.runs.size, 0)
  })

  it("a late value under another digest is dropped, one under the same digest adopted", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const first = runOf(d.submit("c1", [spec("x")]), "x")
    d.release("c1", ["x"])
    const second = d.submit("c1", [spec("x", [], { digest: "new" })], ["x"], 2)
    assert.include(says(d.held("w1", first.note)), "w1 DropValue x#1.1")
    assert.isAtLeast(runs(second).length, 0)
    d.connect("c2")
    const third = runOf(d.submit("c2", [spec("z")], ["z"]), "z")
    d.release("c2", ["z"])
    d.submit("c2", [spec("z")], ["z"], 2)
    const adopted = d.held("w1", third.note)
    assert.include(says(adopted), "c2 TaskStored z")
  })

  it("a failure is inherited by the same submission, and not where the options differ", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c2")
    d.fail("w1", runOf(d.submit("c1", [spec("x", [], { timeout: 10 })]), "x").note)
    assert.deepStrictEqual(reasons(d.submit("c2", [spec("x", [], { timeout: 10 })])), [["c2", "x", "Failed"]])
    const again = d.submit("c2", [spec("x", [], { timeout: 99 })], ["x"], 2)
    assert.strictEqual(runOf(again, "x").note.spec.timeout, 99)
    assert.deepStrictEqual(reasons(d.held("w1", runOf(again, "x").note)), [["c2", "x", "TaskStored"]])
  })

  it("retry begins at the root of the failure, and leaves what is finished alone", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])])
    d.fail("w1", runOf(out, "x").note)
    d.returned("w1", runOf(out, "y").note, "input withdrawn")
    const again = d.client("c1", { _tag: "Retry", wants: [{ key: "y", want: 2 }] })
    assert.deepStrictEqual(runs(again).map((one) => one.note.spec.key), ["x", "y"])
    d.held("w1", runOf(again, "x").note)
    assert.deepInclude(toClients(d.held("w1", runOf(again, "y").note))[0]!.note, {
      _tag: "TaskStored",
      key: "y",
      want: 2
    })
    assert.deepStrictEqual(runs(d.client("c1", { _tag: "Retry", wants: [{ key: "y", want: 3 }] })), [])
  })

  it("Ended comes when nothing that only this want kept going runs any more, inputs included", () => {
    const d = drive()
    d.join("w1", { slots: 2 })
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])], ["y"])
    assert.notInclude(says(d.release("c1", ["y"], 1, true)), "c1 Ended y")
    assert.deepStrictEqual(says(d.ended("w1", runOf(out, "y").note)), [])
    assert.deepStrictEqual(says(d.ended("w1", runOf(out, "x").note)), ["c1 Ended y"])
  })

  it("Ended comes at once where somebody else wants it", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c2")
    d.submit("c1", [spec("x")])
    d.submit("c2", [spec("x")])
    assert.deepStrictEqual(says(d.release("c1", ["x"], 1, true)), ["c1 Ended x"])
  })

  it("what is kept for the cluster's sake is worked out though its client left, then forgotten", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.client("c1", { _tag: "Submit", specs: [spec("x")], wants: [], keep: ["x"] }), "x")
    assert.deepStrictEqual(says(d.client("c1", { _tag: "ClientLeft" })), ["c1 Forget"])
    assert.deepStrictEqual(says(d.held("w1", x.note)), ["w1 DropValue x#1.1"])
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("what is kept for the cluster's sake outlives a cancel of its input, and its client hears when it is done", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const specs = [spec("x"), spec("y", ["x"]), spec("z", ["x"])]
    const wants = specs.map(({ key }) => ({ key, want: 1 }))
    const out = d.client("c1", { _tag: "Submit", specs, wants, keep: ["y"] })
    // Of these only z is for its client's sake alone. It serves what y needs for as long as it is told nothing.
    assert.deepStrictEqual(reasons(d.cancel("c1", ["x"])), [["c1", "x", "Cancelled"], ["c1", "z", "Cancelled"]])
    d.held("w1", runOf(out, "x").note)
    assert.deepStrictEqual(reasons(d.held("w1", runOf(out, "y").note)), [["c1", "y", "TaskStored"]])
  })

  it("what a client cancelled, and then another who had begun it again, is made once more for the first", () => {
    const d = drive()
    d.join("w1", { slots: 4 })
    d.connect("c1")
    d.connect("c2")
    const cancelled = (client: string) => {
      const run = runOf(d.submit(client, [spec("x")]), "x")
      assert.deepStrictEqual(reasons(d.cancel(client, ["x"])), [[client, "x", "Cancelled"]])
      d.ended("w1", run.note)
    }
    cancelled("c1")
    cancelled("c2")
    const out = d.submit("c1", [spec("y", ["x"])], ["y"], 2)
    assert.deepStrictEqual(reasons(out), [])
    assert.sameMembers(runs(out).map(({ note }) => note.spec.key), ["x", "y"])
  })

  it("an operator's cancel ends what is unfinished for everybody who wants it, and leaves what is done", () => {
    const d = drive()
    d.join("w1", { slots: 2 })
    d.connect("c1")
    d.connect("c2")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
    const begun = runs(d.submit("c1", [spec("y", ["x"]), spec("z", ["y"])]))
    d.submit("c2", [spec("y", ["x"])])
    const out = d.step({ _tag: "CancelAll", keys: ["x", "y", "unheard"], by: "ops", reason: "it hangs" })
    assert.sameDeepMembers([...reasons(out)], [
      ["c1", "y", "Cancelled"],
      ["c1", "z", "Cancelled"],
      ["c2", "y", "Cancelled"]
    ])
    const told = toClients(out)[0]!.note
    assert.deepInclude(told._tag === "TaskNotStored" ? told.failure : {}, { by: "ops", detail: "it hangs" })
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Stored")
    for (const one of begun) d.ended("w1", one.note)
    d.release("c1", ["x", "y", "z"])
    d.release("c2", ["y"])
    assert.strictEqual(d.state.rows.size + d.state.runs.size, 0)
  })

  it("a client without a link keeps its wants for its lease", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.submit("c1", [spec("x")])
    d.step({ _tag: "LinkDown", peer: "c1" })
    d.jump(30_000)
    d.worker("w1", { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
    assert.strictEqual(d.state.rows.size, 1)
    d.step({ _tag: "LinkUp", peer: "c1" })
    d.pass(61_000)
    assert.strictEqual(d.state.rows.size, 1)
    d.step({ _tag: "LinkDown", peer: "c1" })
    assert.include(says(d.pass(61_000)), "c1 Forget")
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("a connection that broke before its client told a new scheduler starts no lease", () => {
    const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "c1"] } })
    d.step({ _tag: "LinkDown", peer: "c1" })
    d.connect("c1")
    d.join("w1")
    assert.deepStrictEqual(says(d.pass(100_000)), [])
    assert.isTrue(d.state.clients.has("c1"))
  })

  it("restart fails every wanted key, drops every value and makes later releases harmless", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
    const y = runOf(d.submit("c1", [spec("y", ["x"])]), "y")
    const out = d.step({ _tag: "Restart", by: "me" })
    assert.sameMembers([...says(out)], [
      "c1 TaskNotStored x",
      "c1 TaskNotStored y",
      "w1 DropValue x#1.1",
      "w1 CancelTask y"
    ])
    assert.deepStrictEqual(says(d.release("c1", ["x", "y"])), [])
    d.ended("w1", y.note)
    assert.strictEqual(d.state.rows.size + d.state.runs.size, 0)
  })

  it("a step that would touch very many rows is cut, and goes on where it stopped", () => {
    const d = drive({ config: { stepBudget: 10 } })
    d.connect("c1")
    d.submit("c1", Array.from({ length: 100 }, (_, n) => spec(`k${n}`, n === 0 ? [] : [`k${n - 1}`])), ["k99"])
    assert.strictEqual(d.state.rows.size, 100)
    d.release("c1", ["k99"])
    assert.strictEqual(d.state.rows.size, 0)
  })

  it("beyond its budget the oldest lineage is cut, and what was made from it is then like scattered data", () => {
    const d = drive({ config: { lineageMax: 1 } })
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("a"), spec("b", ["a"]), spec("c", ["b"])], ["c"])
    const more = d.held("w1", runOf(out, "a").note)
    d.held("w1", runOf(out, "b").note)
    d.held("w1", runOf(more, "c").note)
    assert.isUndefined(d.state.rows.get("a"))
    d.join("w2")
    assert.deepStrictEqual(reasons(d.lost("w1")).at(-1), ["c1", "c", "Lost"])
  })
})
