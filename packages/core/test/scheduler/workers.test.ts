import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, runs, says, spec, toClients, toWorkers } from "./drive.js"

const failure = (commands: Parameters<typeof toClients>[0]) =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [note.failure] : [])[0]

describe("workers", () => {
  it("more than three deaths under a running task fail it, with what each worker said; others are not blamed", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x"), spec("innocent")])
    for (let n = 1; n <= 4; n++) {
      const out = d.join(`w${n}`)
      d.started(`w${n}`, runOf(out, "x").note)
      const lost = d.lost(`w${n}`)
      assert.strictEqual(failure(lost)?.reason, n < 4 ? undefined : "KilledWorker")
      if (n === 4) assert.match(failure(lost)!.detail, /w1.*exit code 9.*w4/)
    }
    assert.strictEqual(d.state.rows.get("innocent")!.deaths.length, 0)
    assert.strictEqual(d.state.rows.get("innocent")!.state._tag, "Queued")
  })

  it("an expected loss blames nobody", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x")])
    for (let n = 1; n <= 5; n++) {
      d.started(`w${n}`, runOf(d.join(`w${n}`), "x").note)
      assert.isUndefined(failure(d.lost(`w${n}`, true)))
    }
  })

  it("a silent worker is suspect: its attempts start elsewhere, and the first value wins", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const first = runOf(d.submit("c1", [spec("x")]), "x")
    d.started("w1", first.note)
    d.pass(4_000)
    d.join("w2")
    const second = runOf(d.pass(1_500), "x")
    assert.strictEqual(second.to, "w2")
    assert.sameMembers([...says(d.held("w1", first.note))], ["c1 TaskStored x", "w2 CancelTask x"])
    assert.deepStrictEqual(says(d.held("w2", second.note)), ["w2 DropValue x#1.2"])
  })

  it("a suspect worker that is heard again goes on with what it has", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.pass(6_000)
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Queued")
    assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /silent.*w1/)
    assert.deepStrictEqual(says(d.started("w1", x.note)), [])
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Assigned")
  })

  it("a silent worker and its stand-in that fail at the same try use up one retry, not two", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const retry = { times: 1, delay: 0, factor: 1, maxDelay: 0, jitter: 0, tags: undefined }
    const first = runOf(d.submit("c1", [spec("x", [], { retry })]), "x")
    d.pass(6_000)
    const second = runOf(d.join("w2"), "x")
    const third = runOf(d.fail("w2", second.note), "x")
    assert.strictEqual(third.note.failures, 1)
    d.returned("w2", third.note, "leaving")
    d.worker("w2", { _tag: "WorkerLeft" })
    // Heard again, the first goes on; that it fails too is no news.
    const again = runOf(d.fail("w1", first.note), "x")
    assert.strictEqual(again.note.failures, 1)
    assert.strictEqual(failure(d.fail("w1", again.note))?.reason, "Failed")
  })

  it("only after minutes of silence is a worker dead", () => {
    const d = drive()
    d.join("w1")
    d.pass(299_000)
    assert.strictEqual(d.state.workers.size, 1)
    assert.include(says(d.pass(2_000)), "w1 Forget")
    assert.strictEqual(d.state.workers.size, 0)
  })

  it("a scheduler that was itself stalled gives no verdict from silence", () => {
    const d = drive()
    d.join("w1")
    d.jump(600_000)
    d.step({ _tag: "Tick" })
    assert.strictEqual(d.state.workers.get("w1")?.suspect, false)
    d.pass(6_000)
    assert.strictEqual(d.state.workers.get("w1")?.suspect, true)
  })

  it("a told worker's books are what it told: lost orders go again, lost cancels are repeated", () => {
    const d = drive()
    const info = { name: "w1", node: "n", slots: 2, resources: {}, tasks: ["t"] }
    d.worker("w1", { _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] })
    d.connect("c1")
    const out = d.submit("c1", [spec("x"), spec("y")])
    const y = runOf(out, "y").note
    d.release("c1", ["y"])
    const job = {
      spec: y.spec,
      attempt: y.attempt,
      state: "Running" as const,
      since: d.now(),
      suspended: false,
      inputs: [],
      failures: 0,
      cancelled: false
    }
    const again = d.worker("w1", { _tag: "WorkerTold", info, values: [], jobs: [job], outcomes: [] })
    assert.sameMembers([...says(again)], ["w1 CancelTask y", "w1 RunTask x"])
  })

  it("the session of a peer that died is over, also where it had told nothing yet", () => {
    const d = drive()
    assert.deepStrictEqual(says(d.lost("c9")), ["c9 Forget"])
    assert.deepStrictEqual(says(d.lost("w9")), ["w9 Forget"])
  })

  it("notes of an unknown worker make it tell again", () => {
    const d = drive()
    assert.deepStrictEqual(
      says(d.worker("w9", { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })),
      ["w9 Forget"]
    )
  })

  it("a suspended attempt gives its slot away and keeps its resources", () => {
    const d = drive()
    d.join("w1", { resources: { gpu: 1 } })
    d.connect("c1")
    const resources = { gpu: 0.6 }
    const p = runOf(d.submit("c1", [spec("p", [], { resources })]), "p").note
    d.submit("c1", [spec("c"), spec("g", [], { resources })])
    d.worker("w1", { _tag: "TaskSuspended", key: "p", attempt: p.attempt, on: ["c"] })
    assert.strictEqual(d.state.rows.get("c")!.state._tag, "Assigned")
    assert.strictEqual(d.state.rows.get("g")!.state._tag, "Queued")
    d.worker("w1", { _tag: "TaskResumed", key: "p", attempt: p.attempt })
    d.held("w1", p)
    assert.strictEqual(d.state.rows.get("g")!.state._tag, "Assigned")
  })

  it("with too many suspended, a worker takes only what they wait for", () => {
    const d = drive({ config: { suspendedMax: 1 } })
    d.join("w1")
    d.connect("c1")
    const p = runOf(d.submit("c1", [spec("p")]), "p").note
    d.submit("c1", [spec("other", [], { task: "t", priority: -1 })])
    d.worker("w1", { _tag: "TaskSuspended", key: "p", attempt: p.attempt, on: ["q"] })
    const out = d.submit("c1", [spec("more"), spec("q", [], { parent: p.attempt })])
    assert.deepStrictEqual(runs(out).map((one) => one.note.spec.key), ["q"])
  })

  it("a wait that closes a circle fails with WaitCycle for the client that waits, and for it alone", () => {
    const d = drive()
    d.join("w1", { slots: 2 })
    d.connect("c1")
    d.connect("c-inner")
    const p = runOf(d.submit("c1", [spec("p"), spec("after", ["p"])]), "p").note
    d.submit("c-inner", [], ["after"])
    const out = d.worker("w1", {
      _tag: "TaskSuspended",
      key: "p",
      attempt: p.attempt,
      on: ["after"],
      client: "c-inner"
    })
    assert.deepStrictEqual(says(out), ["c-inner TaskNotStored after"])
    assert.strictEqual(failure(out)?.reason, "WaitCycle")
    assert.match(failure(out)!.detail, /p waits for after, which waits for p/)
  })

  it("a circle is found whichever is heard first: the wait, or what is waited for", () => {
    for (const middle of [[], [spec("middle", ["p"])]]) {
      const d = drive()
      d.join("w1", { slots: 2 })
      d.connect("c1")
      d.connect("c-inner")
      const p = runOf(d.submit("c1", [spec("p")]), "p").note
      const waits = { _tag: "TaskSuspended", key: "p", attempt: p.attempt, on: ["after"], client: "c-inner" } as const
      assert.deepStrictEqual(says(d.worker("w1", waits)), [])
      const after = spec("after", [middle[0]?.key ?? "p"], { parent: p.attempt })
      const out = d.submit("c-inner", [...middle, after], ["after"])
      assert.deepStrictEqual(says(out), ["c-inner TaskNotStored after"])
      assert.strictEqual(failure(out)?.reason, "WaitCycle")
      assert.match(failure(out)!.detail, /p waits for after, .*which waits for p/)
    }
  })

  it("a wait heard before what it is for closes no circle where there is none, and is forgotten when it ends", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c-inner")
    const p = runOf(d.submit("c1", [spec("p")]), "p").note
    d.worker("w1", { _tag: "TaskSuspended", key: "p", attempt: p.attempt, on: ["q"], client: "c-inner" })
    const q = runOf(d.submit("c-inner", [spec("q", [], { parent: p.attempt })]), "q").note
    assert.strictEqual(d.state.rows.get("q")!.awaited, 1)
    d.held("w1", q)
    d.worker("w1", { _tag: "TaskResumed", key: "p", attempt: p.attempt })
    assert.strictEqual(d.state.early.size, 0)
  })

  it("what a suspended attempt waits for runs, though all that was assigned ahead waits behind that attempt", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.connect("c-inner")
    const chain = [spec("p"), ...Array.from({ length: 20 }, (_, n) => spec(`d${n}`, [n === 0 ? "p" : `d${n - 1}`]))]
    const first = d.submit("c1", chain)
    assert.isAbove(runs(first).length, 1)
    const p = runOf(first, "p").note
    d.worker("w1", { _tag: "TaskSuspended", key: "p", attempt: p.attempt, on: ["q"], client: "c-inner" })
    const out = d.submit("c-inner", [spec("q", [], { parent: p.attempt }), spec("r", [], { parent: p.attempt })])
    assert.deepStrictEqual(says(out), ["w1 RunTask q"])
  })

  it("so does it where the jobs assigned ahead were taken over from an earlier scheduler", () => {
    const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["w1", "c1", "c-inner"] } })
    const specs = [spec("p"), spec("d0", ["p"]), spec("d1", ["d0"])]
    const more = { inputs: [], failures: 0, cancelled: false }
    const jobs = specs.map((of, n) =>
      n === 0
        ? { spec: of, attempt: 1, state: "Running" as const, since: 1, suspended: true, ...more }
        : { spec: of, attempt: n + 1, state: "Gathering" as const, since: undefined, suspended: false, ...more }
    )
    d.worker("w1", { _tag: "WorkerTold", info: info("w1"), values: [], jobs, outcomes: [] })
    d.worker("w1", { _tag: "TaskSuspended", key: "p", attempt: 1, on: ["q"], client: "c-inner" })
    const want = (key: string) => ({ key, want: 1, told: undefined, keep: false })
    d.client("c1", { _tag: "ClientTold", name: "c1", specs, wants: [want("d1")], offers: [] })
    const inner = [spec("q", [], { parent: 1 })]
    const out = d.client("c-inner", { _tag: "ClientTold", name: "", specs: inner, wants: [want("q")], offers: [] })
    assert.deepStrictEqual(says(out), ["w1 RunTask q"])
  })

  it("a worker that leaves is nobody: rows wait for the next one, and are given their grace then", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.worker("w1", { _tag: "WorkerChanged", info: info("w1", { slots: 0 }) })
    d.submit("c1", [spec("x", [], { task: "rare" })])
    assert.isUndefined(failure(d.pass(600_000)))
    d.join("w2")
    assert.isUndefined(failure(d.pass(100)))
    assert.strictEqual(failure(d.pass(600_000))?.reason, "UnknownTask")
  })

  it("a value that is gone from its only holder is made again; the client is told", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
    const out = d.client("c1", { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: "w1", why: "gone" })
    assert.sameMembers([...says(out)], ["w1 DropValue x#1.1", "c1 TaskPending x", "w1 RunTask x"])
  })

  it("a corrupt copy is dropped, and the client gets the remaining holders", () => {
    const d = drive()
    d.join("w1")
    d.join("w2")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.held(x.to, x.note)
    const other = x.to === "w1" ? "w2" : "w1"
    d.copied(other, "x", "x#1.1", { attempt: x.note.attempt })
    const out = d.client("c1", { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: x.to, why: "corrupt" })
    assert.deepInclude(toClients(out)[0]!.note, { _tag: "TaskStored", holders: [other] })
    assert.include(says(out), `${x.to} DropValue x#1.1`)
  })

  it("late news that a copy is gone drops the copy that came since: nobody holds what is not known", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.held("w1", x.note)
    d.join("w2")
    d.copied("w2", "x", "x#1.1")
    const late = { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: "w2", why: "gone" } as const
    assert.includeMembers([...says(d.client("c1", late))], ["w2 DropValue x#1.1"])
    assert.deepStrictEqual(says(d.worker("w2", { ...late, holder: "w2" })), [])
  })

  it("what three reporters cannot fetch is made again", () => {
    const d = drive()
    d.join("w1")
    for (const id of ["c1", "c2", "c3"]) d.connect(id)
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.submit("c2", [spec("x")])
    d.submit("c3", [spec("x")])
    d.held("w1", x.note)
    const report = (id: string) =>
      d.client(id, { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: "w1", why: "unreachable" })
    assert.deepStrictEqual(says(report("c1")), ["c1 TaskStored x"])
    assert.deepStrictEqual(says(report("c2")), ["c2 TaskStored x"])
    assert.include(says(report("c3")), "w1 RunTask x")
  })

  it("what one reader cannot fetch from a silent worker is made again, or waits for that worker", () => {
    const d = drive()
    d.join("w1")
    for (const id of ["c1", "c2", "c3"]) d.connect(id)
    d.held("w1", runOf(d.submit("c1", [spec("x")]), "x").note)
    const offer = { _tag: "Offer", key: "s", value: "s#c1", digest: "d:s", bytes: 99_999, inline: undefined } as const
    assert.deepStrictEqual(says(d.client("c1", { ...offer, scatter: { workers: undefined, all: false } })), [
      "w1 FetchValue s"
    ])
    d.copied("w1", "s", "s#c1", { how: "scattered" })
    for (const id of ["c1", "c2", "c3"]) d.submit(id, [], ["s"])
    d.pass(4_000)
    d.join("w2")
    d.pass(1_500)
    const report = (id: string, key: string, value: string) =>
      d.client(id, { _tag: "FetchFailed", key, value, holder: "w1", why: "unreachable" })
    assert.include(says(report("c1", "x", "x#1.1")), "w2 RunTask x")
    for (const id of ["c1", "c2", "c3", "c1"]) {
      assert.deepStrictEqual(says(report(id, "s", "s#c1")), [`${id} TaskStored s`])
    }
  })

  it("a job that could not fetch goes where its input can be reached", () => {
    const d = drive()
    d.join("w1", { tasks: ["s"] })
    d.join("w2")
    d.join("w3")
    d.connect("c1")
    d.held("w1", runOf(d.submit("c1", [spec("x", [], { task: "s" })]), "x").note)
    const y = runOf(d.submit("c1", [spec("y", ["x"])]), "y")
    d.worker(y.to, { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: "w1", why: "unreachable" })
    const again = runOf(d.returned(y.to, y.note, "unfetchable"), "y")
    assert.notStrictEqual(again.to, y.to)
  })

  it("small values are kept here: losing their worker recomputes nothing, and they ride along", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const inline = { head: new Uint8Array([1, 2]), buffers: [] }
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    assert.deepInclude(toClients(d.held("w1", x.note, { inline, bytes: 2 }))[0]!.note, { inline })
    assert.deepStrictEqual(says(d.lost("w1")), ["w1 Forget"])
    d.join("w2")
    const y = runOf(d.submit("c1", [spec("y", ["x"])]), "y")
    assert.deepInclude(y.note.inputs[0], { inline, holders: [] })
  })

  it("scattered data is copied to a worker, then the client may let go; lost, it says so", () => {
    const d = drive()
    d.connect("c1")
    const offer = {
      _tag: "Offer",
      key: "s",
      value: "s#c1",
      digest: "d:s",
      bytes: 99,
      inline: undefined,
      scatter: { workers: undefined, all: false }
    } as const
    d.client("c1", offer)
    assert.deepStrictEqual(says(d.submit("c1", [], ["s"])), [])
    assert.deepStrictEqual(says(d.join("w1")), ["w1 FetchValue s"])
    assert.sameMembers([...says(d.copied("w1", "s", "s#c1", { how: "scattered" }))], [
      "c1 DropValue s#c1",
      "c1 TaskStored s"
    ])
    const y = d.submit("c1", [spec("y", ["s"])])
    assert.strictEqual(runs(y).length, 1)
    const lost = d.lost("w1")
    assert.sameMembers(
      toClients(lost).map(({ note }) => note._tag === "TaskNotStored" ? [note.key, note.failure.reason].join() : ""),
      ["s,Lost", "y,Lost"]
    )
  })

  it("scattered data that found nobody goes to the first worker that is heard again", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.pass(6_000)
    const offer = {
      _tag: "Offer",
      key: "s",
      value: "s#c1",
      digest: "d:s",
      bytes: 99,
      inline: undefined,
      scatter: { workers: undefined, all: false }
    } as const
    assert.deepStrictEqual(says(d.client("c1", offer)), [])
    const beat = { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined } as const
    assert.deepStrictEqual(says(d.worker("w1", beat)), ["w1 FetchValue s"])
  })

  it("a worker that could not fetch a copy is asked again after a while", () => {
    const d = drive({ config: { unreachableMillis: 3_000 } })
    d.join("w1")
    d.connect("c1")
    const offer = {
      _tag: "Offer",
      key: "s",
      value: "s#c1",
      digest: "d:s",
      bytes: 99_999,
      inline: undefined,
      scatter: { workers: undefined, all: false }
    } as const
    assert.deepStrictEqual(says(d.client("c1", offer)), ["w1 FetchValue s"])
    d.submit("c1", [], ["s"])
    assert.deepStrictEqual(
      says(d.worker("w1", { _tag: "FetchFailed", key: "s", value: "s#c1", holder: "c1", why: "unreachable" })),
      []
    )
    assert.deepStrictEqual(says(d.pass(3_001)), ["w1 FetchValue s"])
  })

  it("an argument is served by its client until nothing that might run names it", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.client("c1", {
      _tag: "Offer",
      key: "a",
      value: "a#c1",
      digest: "d:a",
      bytes: 5_000,
      inline: undefined,
      scatter: undefined
    })
    const y = runOf(d.submit("c1", [spec("y", ["a"])]), "y")
    assert.deepStrictEqual(y.note.inputs[0]!.holders, ["c1"])
    assert.deepStrictEqual(says(d.held("w1", y.note)), ["c1 TaskStored y"])
    assert.sameMembers([...says(d.release("c1", ["y"]))], ["w1 DropValue y#1.1", "c1 DropValue a#c1"])
  })

  it("a worker that lacks an announced task is not asked again", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    assert.deepStrictEqual(toWorkers(d.returned("w1", x.note, "no such task")), [])
    assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /no worker knows the task t/)
  })
})
