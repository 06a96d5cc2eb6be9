import type { Activities } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, says, spec } from "./drive.js"

const batch = (...keys: ReadonlyArray<string>): Activities => {
  const zeros = keys.map(() => 0)
  const columns = {
    kinds: zeros,
    ends: zeros,
    groups: zeros,
    lanes: zeros,
    keys,
    starts: zeros,
    millis: zeros,
    bytes: zeros
  }
  return { _tag: "Activities", at: 7, names: ["t"], columns, missed: 0 }
}

const begin = { cursor: 0, activityCursor: 0 }

describe("lookers-on", () => {
  it("workers are told when somebody begins to look, those that join too, and when nobody has for five seconds", () => {
    const d = drive()
    d.join("w1")
    assert.deepStrictEqual(says(d.step({ _tag: "Watched" })), ["w1 Watch "])
    assert.deepStrictEqual(says(d.step({ _tag: "Watched" })), [])
    assert.deepStrictEqual(says(d.join("w2")), ["w2 Watch "])
    d.pass(4_000)
    assert.deepStrictEqual(says(d.step({ _tag: "Watched" })), [])
    const sooner = d.pass(4_999).flatMap((one) => one._tag === "ToWorker" ? one.notes : [])
    assert.notInclude(sooner.map((note) => note._tag), "Watch")
    const later = d.pass(1).flatMap((one) => one._tag === "ToWorker" ? one.notes : [])
    assert.deepStrictEqual(later, [{ _tag: "Watch", on: false }, { _tag: "Watch", on: false }])
  })

  it("hear each row once, from where they were; who is late is told how many it missed", () => {
    const d = drive({ config: { activities: 3 } })
    d.join("w1")
    d.step({ _tag: "Watched" })
    d.worker("w1", batch("a", "b"))
    const first = Scheduler.glance(d.state, d.now(), begin)
    assert.deepStrictEqual(first.activities.map((one) => one.note.columns.keys), [["a", "b"]])
    assert.deepStrictEqual(first.activities.map((one) => [one.worker, one.heard]), [["w1", d.now()]])
    d.worker("w1", batch("c", "d"))
    const second = Scheduler.glance(d.state, d.now(), { cursor: first.cursor, activityCursor: first.activityCursor })
    assert.deepStrictEqual(second.activities.map((one) => one.note.columns.keys), [["c", "d"]])
    assert.strictEqual(second.activitiesMissed, 0)
    const late = Scheduler.glance(d.state, d.now(), begin)
    assert.deepStrictEqual(late.activities.map((one) => one.note.columns.keys), [["c", "d"]])
    assert.strictEqual(late.activitiesMissed, 2)
  })

  it("nobody looks: what a worker still says is not kept", () => {
    const d = drive()
    d.join("w1")
    d.worker("w1", batch("a"))
    assert.deepStrictEqual(d.state.activities.batches, [])
    d.step({ _tag: "Watched" })
    d.worker("w1", batch("b"))
    d.pass(5_000)
    assert.deepStrictEqual(d.state.activities.batches, [])
  })

  it("see groups, who runs what, how much was done, and what is unusual", () => {
    const d = drive()
    d.join("w1", { slots: 2 })
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y"), spec("z", ["x"])])
    d.started("w1", runOf(out, "x").note)
    d.fail("w1", runOf(out, "y").note)
    d.pass(10)
    const { began, computed, entries, failed, groups, workers } = Scheduler.glance(d.state, d.now(), begin)
    assert.strictEqual(began, 1_000_000)
    assert.deepStrictEqual([computed, failed], [0, 1])
    assert.deepInclude(groups[0], { group: "t", running: 1, failed: 1, stored: 0 })
    assert.deepStrictEqual(workers[0]?.now.map(({ group, key }) => [key, group]), [["x", "t"]])
    const unusual = entries.map((entry) => entry.what)
    assert.include(unusual, "failed")
    assert.notInclude(unusual, "assigned")
    const all = Scheduler.glance(d.state, d.now(), { ...begin, routine: true })
    assert.include(all.entries.map((entry) => entry.what), "assigned")
  })

  it("see one key with its neighbours, and why it failed", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y", ["x"])])
    assert.deepStrictEqual(Scheduler.rowOf(d.state, "y")?.inputs, [{ key: "x", state: "Assigned" }])
    assert.deepStrictEqual(Scheduler.rowOf(d.state, "x")?.dependents.map(({ key }) => key), ["y"])
    d.fail("w1", runOf(out, "x").note, { verdict: "final" })
    assert.strictEqual(Scheduler.rowOf(d.state, "x")?.failure?.detail, "it went wrong")
    assert.isUndefined(Scheduler.rowOf(d.state, "nobody"))
  })

  it("see the graph by key, and by group where there are more keys than they asked for", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x", [], { group: "load" }), spec("y", ["x"], { group: "sum" })])
    assert.deepStrictEqual(Scheduler.graph(d.state, 10), {
      by: "key",
      nodes: [
        { key: "x", group: "load", state: "Queued", worker: undefined },
        { key: "y", group: "sum", state: "Waiting", worker: undefined }
      ],
      edges: [[0, 1]]
    })
    const grouped = Scheduler.graph(d.state, 1)
    assert.strictEqual(grouped.by, "group")
    assert.deepStrictEqual(grouped.nodes.map(({ group }) => group), ["load", "sum"])
    assert.deepStrictEqual(grouped.edges, [[0, 1]])
  })
})
