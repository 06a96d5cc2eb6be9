import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec, toClients, toWorkers } from "./drive.js"

const keys = (commands: Parameters<typeof runs>[0]): ReadonlyArray<string> =>
  runs(commands).map((one) => one.note.spec.key)
const failure = (commands: Parameters<typeof toClients>[0]) =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [note.failure] : [])[0]

describe("placing", () => {
  it("higher priority first, then earlier generation, then order", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("a"), spec("b")])
    d.jump(200)
    d.submit("c1", [spec("late"), spec("urgent", [], { priority: 5 })])
    assert.deepStrictEqual(keys(d.join("w1", { slots: 2 })).slice(0, 4), ["urgent", "a", "b", "late"])
    assert.isTrue(d.state.rows.get("late")!.order[1] > d.state.rows.get("a")!.order[1])
  })

  it("children run just before their parent's own order, grandchildren before those", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const p = runOf(d.submit("c1", [spec("p")]), "p").note
    d.submit("c1", [spec("next")])
    d.submit("c1", [spec("child", [], { parent: p.attempt })])
    const order = (key: string): number => d.state.rows.get(key)!.order[2]
    assert.isTrue(order("child") < order("p") && order("child") > order("p") - 1)
    assert.isTrue(order("p") < order("next"))
  })

  it("root tasks are held back: a worker gets one ahead a slot, while durations are unknown", () => {
    const d = drive()
    d.join("w1", { slots: 2 })
    d.connect("c1")
    const out = d.submit("c1", Array.from({ length: 50 }, (_, n) => spec(`k${n}`)))
    assert.strictEqual(runs(out).length, 4)
    assert.strictEqual(Scheduler.counts(d.state).Queued, 46)
  })

  it("a chain goes on where it is as soon as anything there has ended, and does not wait for its last link", () => {
    const d = drive({ config: { aheadMax: 4 } })
    d.join("w1")
    d.connect("c1")
    const chain = Array.from({ length: 12 }, (_, n) => spec(`k${n}`, n === 0 ? [] : [`k${n - 1}`]))
    const out = d.submit("c1", chain, ["k11"])
    assert.deepStrictEqual(keys(out), ["k0", "k1"])
    const more = d.held("w1", runOf(out, "k0").note, { millis: 0.1 })
    // What it has of unknown duration counts as long.
    assert.deepStrictEqual(keys(more), ["k2"])
    assert.deepStrictEqual(keys(d.held("w1", runOf(out, "k1").note, { millis: 0.1 })), ["k3", "k4", "k5", "k6"])
    assert.deepStrictEqual(keys(d.held("w1", runOf(more, "k2").note, { millis: 0.1 })), ["k7"])
  })

  it("whole tasks are given to a worker full of sleeping fractions, and fractions to one full of whole tasks", () => {
    const d = drive()
    d.join("w1", { slots: 4 })
    d.connect("c1")
    const sleeping = { slots: 1 / 8, group: "sleeping" }
    const long = runOf(d.submit("c1", [spec("first", [], sleeping)]), "first")
    d.held("w1", long.note, { millis: 1e9 })
    const fractions = Array.from({ length: 40 }, (_, n) => spec(`f${n}`, [], sleeping))
    assert.strictEqual(runs(d.submit("c1", fractions)).length, 35)
    const wholes = Array.from({ length: 8 }, (_, n) => spec(`w${n}`))
    // Four to run and, their duration unknown, four ahead: what sleeps there is no load to them.
    assert.strictEqual(runs(d.submit("c1", wholes)).length, 8)
    const worker = d.state.workers.get("w1")!
    assert.strictEqual(worker.whole.used, 8)
    assert.strictEqual(worker.part.used, 35 / 8)
  })

  it("a fraction goes to a worker without a whole task first, a whole task to the one with fewer fractions", () => {
    const d = drive()
    d.join("w1")
    d.join("w2")
    d.connect("c1")
    const part = { slots: 1 / 4 }
    const first = runOf(d.submit("c1", [spec("whole")]), "whole").to
    const other = first === "w1" ? "w2" : "w1"
    const out = d.submit("c1", Array.from({ length: 6 }, (_, n) => spec(`f${n}`, [], part)))
    assert.deepStrictEqual(runs(out).map((one) => one.to), [other, other, other, other, first, first])
    const e = drive()
    e.join("w1")
    e.join("w2")
    e.connect("c1")
    const at = runOf(e.submit("c1", [spec("f", [], part)]), "f").to
    assert.notStrictEqual(runOf(e.submit("c1", [spec("whole")]), "whole").to, at)
  })

  it("an idle worker takes over whole tasks from behind a whole task, whatever fractions it has", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const first = runOf(d.submit("c1", [spec("x", [], { group: "g" })]), "x")
    d.held("w1", first.note, { millis: 1_000 })
    const sleeping = Array.from({ length: 20 }, (_, n) => spec(`f${n}`, [], { slots: 1 / 32, group: "sleeping" }))
    assert.strictEqual(runs(d.submit("c1", [spec("a", [], { group: "g" }), spec("b", [], { group: "g" })])).length, 2)
    d.submit("c1", sleeping)
    d.submit("c1", [spec("f", [], { slots: 1 / 32, group: "sleeping", workers: ["w2"] })])
    assert.deepStrictEqual(says(d.join("w2")).filter((line) => line.includes("RecallTask")), ["w1 RecallTask b"])
  })

  it("short tasks are given ahead up to some expected time, long ones one in ten slots", () => {
    const d = drive()
    d.join("w1", { slots: 1 })
    d.connect("c1")
    const first = runOf(d.submit("c1", [spec("first", [], { group: "short" })]), "first")
    d.held("w1", first.note, { millis: 2 })
    assert.strictEqual(
      runs(d.submit("c1", Array.from({ length: 50 }, (_, n) => spec(`k${n}`, [], { group: "short" })))).length,
      10
    )
    const e = drive()
    e.join("w1", { slots: 20 })
    e.connect("c1")
    const long = runOf(e.submit("c1", [spec("first", [], { group: "long" })]), "first")
    e.held("w1", long.note, { millis: 10_000 })
    assert.strictEqual(
      runs(e.submit("c1", Array.from({ length: 50 }, (_, n) => spec(`k${n}`, [], { group: "long" })))).length,
      22
    )
  })

  it("work moves to the data, unless waiting there costs more than bringing it", () => {
    const d = drive()
    d.join("w1")
    d.join("w2")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x", [], { group: "g" })]), "x")
    d.held(x.to, x.note, { bytes: 50_000_000, millis: 50 })
    assert.strictEqual(runOf(d.submit("c1", [spec("y", ["x"], { group: "g" })]), "y").to, x.to)
    const z = d.submit("c1", [spec("z", ["x"], { group: "g" })])
    assert.strictEqual(runOf(z, "z").to, x.to)
    // Three times 50 ms of queue are worse than 500 ms of transfer only from the eleventh on.
    const more = d.submit("c1", Array.from({ length: 12 }, (_, n) => spec(`m${n}`, ["x"], { group: "g" })))
    assert.isTrue(runs(more).some((one) => one.to !== x.to))
  })

  it("bytes on the worker's own node cost nothing", () => {
    const d = drive()
    d.join("w1", { node: "n" })
    d.join("w2", { node: "n" })
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.held(x.to, x.note, { bytes: 50_000_000 })
    const out = d.submit("c1", [spec("y", ["x"]), spec("z", ["x"])])
    assert.sameMembers(runs(out).map((one) => one.to), ["w1", "w2"])
  })

  it("restrictions by name hold; soft ones go elsewhere when none of them is there", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    assert.deepStrictEqual(keys(d.submit("c1", [spec("hard", [], { workers: ["alice"] })])), [])
    assert.deepStrictEqual(keys(d.submit("c1", [spec("soft", [], { workers: ["alice"], soft: true })])), ["soft"])
    assert.match(Scheduler.explain(d.state, "hard", d.now()).summary, /alice/)
    assert.strictEqual(runOf(d.join("w2", { name: "alice" }), "hard").to, "w2")
  })

  it("resources are never overdrawn, in fractions too", () => {
    const d = drive()
    d.join("w1", { slots: 16, resources: { gpu: 1 } })
    d.connect("c1")
    const out = d.submit("c1", Array.from({ length: 12 }, (_, n) => spec(`k${n}`, [], { resources: { gpu: 0.1 } })))
    assert.strictEqual(runs(out).length, 10)
    assert.deepStrictEqual(keys(d.held("w1", runs(out)[0]!.note)), ["k10"])
  })

  it("a task no worker knows waits for its grace, then fails naming those that are known", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x", [], { task: "nope" })])
    d.pass(60_000)
    assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /no workers/)
    d.join("w1")
    d.step({ _tag: "LinkUp", peer: "w1" })
    assert.isUndefined(failure(d.pass(9_000)))
    const told = failure(d.pass(2_000))
    assert.strictEqual(told?.reason, "UnknownTask")
    assert.match(told!.detail, /nope.*they know t/)
  })

  it("what nobody can run waits for its grace, then fails saying what it asked for", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.submit("c1", [spec("x", [], { resources: { gpu: 2 } })])
    assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /2 of gpu/)
    const beat = () => d.worker("w1", { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
    for (let n = 0; n < 7; n++) {
      assert.isUndefined(failure(d.pass(4_000)))
      beat()
    }
    assert.strictEqual(failure(d.pass(3_000))?.reason, "Unrunnable")
  })
})

describe("stealing", () => {
  const loaded = () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const out = d.submit("c1", [spec("a"), spec("b")])
    d.started("w1", runOf(out, "a").note)
    return { d, a: runOf(out, "a").note, b: runOf(out, "b").note }
  }

  it("an idle worker recalls what waits behind other work, and gets it", () => {
    const { b, d } = loaded()
    assert.deepStrictEqual(says(d.join("w2")), ["w1 RecallTask b"])
    assert.strictEqual(runOf(d.returned("w1", b, "recalled"), "b").to, "w2")
  })

  it("never what runs, and once refused it is left alone", () => {
    const { b, d } = loaded()
    d.join("w2")
    assert.deepStrictEqual(toWorkers(d.worker("w1", { _tag: "RecallRefused", key: "b", attempt: b.attempt })), [])
    assert.deepStrictEqual(toWorkers(d.join("w3")), [])
  })

  it("not where bringing the data costs more than waiting", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note, { bytes: 1_000_000_000 })
    const out = d.submit("c1", [spec("a", ["x"]), spec("b", ["x"])])
    d.started("w1", runOf(out, "a").note)
    assert.deepStrictEqual(says(d.join("w2")), [])
  })

  it("not for trivial loads", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note, { millis: 0.1 })
    d.submit("c1", [spec("a"), spec("b"), spec("c")])
    assert.deepStrictEqual(says(d.join("w2")), [])
  })
})

describe("a new life of the scheduler", () => {
  it("starts, drops and declares nothing until all have told; then it goes on with what there is", () => {
    const before = drive()
    before.join("w1", { slots: 2 })
    before.connect("c1")
    const out = before.submit("c1", [spec("x"), spec("y")])
    const x = runOf(out, "x").note
    const y = runOf(out, "y").note
    const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "c1"] } })
    const held = {
      _tag: "ValueHeld",
      key: "x",
      value: "x#1.1",
      attempt: x.attempt,
      digest: "d:x",
      bytes: 9,
      type: "number",
      how: "computed",
      millis: 1,
      inline: undefined
    } as const
    const info = { name: "w1", node: "n", slots: 2, resources: {}, tasks: ["t"] }
    const job = {
      spec: y.spec,
      attempt: y.attempt,
      state: "Running" as const,
      since: 999_000,
      suspended: false,
      inputs: [],
      failures: 0,
      cancelled: false
    }
    assert.deepStrictEqual(
      says(d.worker("w1", { _tag: "WorkerTold", info, values: [held], jobs: [job], outcomes: [] })),
      []
    )
    assert.strictEqual(Scheduler.explain(d.state, "x", d.now()).state, "Recovering")
    const told = d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("x"), spec("y"), spec("z", ["x"])],
      wants: [
        { key: "x", want: 1, told: { value: "x#1.1", digest: "d:x" }, keep: false },
        { key: "y", want: 1, told: undefined, keep: false },
        { key: "z", want: 1, told: undefined, keep: false }
      ],
      offers: []
    })
    assert.deepStrictEqual(says(told), ["w1 RunTask z"])
    assert.deepStrictEqual(says(d.held("w1", y)), ["c1 TaskStored y"])
  })

  it("keeps of several values the one a client was told of, and of several attempts the oldest", () => {
    const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "w2", "c1"] } })
    const value = (
      n: number
    ) => ({
      _tag: "ValueHeld",
      key: "x",
      value: `x#1.${n}`,
      attempt: 4294967296 + n,
      digest: "d:x",
      bytes: 9,
      type: "number",
      how: "computed",
      millis: 1,
      inline: undefined
    } as const)
    const job = (n: number) => ({
      spec: spec("y"),
      attempt: 4294967296 + n,
      state: "Running" as const,
      since: 1,
      suspended: false,
      inputs: [],
      failures: 0,
      cancelled: false
    })
    const info = (name: string) => ({ name, node: name, slots: 1, resources: {}, tasks: ["t"] })
    d.worker("w1", { _tag: "WorkerTold", info: info("w1"), values: [value(1)], jobs: [job(9)], outcomes: [] })
    d.worker("w2", { _tag: "WorkerTold", info: info("w2"), values: [value(2)], jobs: [job(8)], outcomes: [] })
    const out = d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("x"), spec("y")],
      wants: [
        { key: "x", want: 1, told: { value: "x#1.2", digest: "d:x" }, keep: false },
        { key: "y", want: 1, told: undefined, keep: false }
      ],
      offers: []
    })
    assert.deepStrictEqual(says(out), ["w1 CancelTask y"])
    assert.deepStrictEqual(Scheduler.whoHas(d.state, ["x"]), { x: ["w2"] })
    d.worker("w1", { _tag: "TaskEnded", key: "y", attempt: 4294967296 + 9 })
    const beats = () =>
      ["w1", "w2"].forEach((id) =>
        d.worker(id, { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
      )
    let dropped: ReadonlyArray<string> = []
    for (let n = 0; n < 16; n++) {
      dropped = [...dropped, ...says(d.pass(4_000))]
      beats()
    }
    assert.deepStrictEqual(dropped, ["w1 DropValue x#1.1"])
  })

  it("a worker short of memory gets nothing while others may take it, and explain says so; where all are, it works", () => {
    const d = drive()
    const beat = (id: string, paused: boolean) =>
      d.worker(id, {
        _tag: "Heartbeat",
        heldBytes: 0,
        processBytes: undefined,
        busy: undefined,
        memory: { limit: 100, managed: 90, peak: 90, spilled: 0, paused }
      })
    d.join("w1")
    d.join("w2")
    d.connect("c1")
    beat("w1", true)
    const given = runs(d.submit("c1", [spec("a"), spec("b"), spec("c")]))
    assert.deepStrictEqual(given.map(({ to }) => to), ["w2", "w2"])
    assert.match(Scheduler.explain(d.state, "c", d.now()).summary, /short of memory.*w1/)
    const [c] = runs(beat("w1", false))
    assert.deepStrictEqual([c?.to, c?.note.spec.key], ["w1", "c"])
    for (const { note, to } of [...given, c!]) d.held(to, note)
    beat("w1", true)
    beat("w2", true)
    assert.strictEqual(runs(d.submit("c1", [spec("x")])).length, 1)
  })
})
