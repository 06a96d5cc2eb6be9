import type { FetchValue } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, says, spec, toWorkers } from "./drive.js"

const fetches = (commands: Parameters<typeof toWorkers>[0]) =>
  toWorkers(commands).flatMap(({ note, to }) => note._tag === "FetchValue" ? [{ to, note }] : [])

/** A value of so many bytes on w1, and workers w2.. beside it. */
const stored = (workers: number, bytes = 1_000) => {
  const d = drive()
  d.join("w1")
  d.connect("c1")
  const x = runOf(d.submit("c1", [spec("x")]), "x")
  d.held("w1", x.note, { bytes })
  for (let n = 2; n <= workers; n++) d.join(`w${n}`)
  const copied = (id: string, note: FetchValue) =>
    d.worker(id, {
      _tag: "ValueHeld",
      key: note.key,
      value: note.value,
      attempt: x.note.attempt,
      digest: note.digest,
      bytes: note.bytes,
      type: "number",
      how: "copied",
      millis: 1,
      inline: undefined
    })
  const replicate = (copies: number, workers?: ReadonlyArray<string>) =>
    d.step({ _tag: "Replicate", keys: ["x"], copies, workers })
  const at = () => Scheduler.copiesOf(d.state, ["x"])[0]!
  return { d, x, copied, replicate, at }
}

describe("replicate", () => {
  it("copies spread as a tree: each new holder serves the next", () => {
    const { at, copied, replicate } = stored(8)
    let open = fetches(replicate(8))
    const rounds: Array<number> = []
    while (open.length > 0) {
      assert.strictEqual(at().state, "copying")
      rounds.push(open.length)
      // No holder is the first to be asked by two at once.
      assert.strictEqual(new Set(open.map(({ note }) => note.holders[0])).size, open.length)
      const next = open.map(({ note, to }) => fetches(copied(to, note)))
      open = next.flat()
    }
    assert.strictEqual(rounds.reduce((sum, n) => sum + n, 0), 7)
    assert.isBelow(rounds.length, 7)
    assert.strictEqual(at().state, "done")
    assert.strictEqual(at().workers.length, 8)
  })

  it("fewer workers than copies: all have one, and it is said that there are fewer; one that joins gets one", () => {
    const { at, copied, d, replicate } = stored(2)
    const [ask] = fetches(replicate(3))
    copied(ask!.to, ask!.note)
    assert.strictEqual(at().state, "short")
    const more = fetches(d.join("w3"))
    assert.deepStrictEqual(more.map(({ to }) => to), ["w3"])
    copied("w3", more[0]!.note)
    assert.strictEqual(at().state, "done")
  })

  it("only the workers that were named", () => {
    const { at, copied, replicate } = stored(4)
    const [ask] = fetches(replicate(3, ["w3"]))
    assert.strictEqual(ask!.to, "w3")
    assert.deepStrictEqual(fetches(copied("w3", ask!.note)), [])
    assert.strictEqual(at().state, "short")
  })

  it("a copy lost on its way, or later, is asked for again", () => {
    const { at, copied, d, replicate } = stored(4)
    const [first] = fetches(replicate(2))
    const [second] = fetches(d.lost(first!.to))
    assert.notStrictEqual(second!.to, first!.to)
    copied(second!.to, second!.note)
    assert.strictEqual(at().state, "done")
    const [third] = fetches(d.lost("w1"))
    assert.deepStrictEqual(third!.note.holders, [second!.to])
  })

  it("who cannot reach the only holder is not asked again before long", () => {
    const { at, d, replicate } = stored(2)
    const [ask] = fetches(replicate(2))
    const failed = d.worker("w2", {
      _tag: "FetchFailed",
      key: "x",
      value: ask!.note.value,
      holder: "w1",
      why: "unreachable"
    })
    assert.deepStrictEqual(fetches(failed), [])
    assert.strictEqual(at().state, "short")
    const later: Array<string> = []
    for (let n = 0; n < 8; n++) {
      for (const { to } of fetches(d.pass(4_000))) later.push(to)
      for (const id of ["w1", "w2"]) {
        d.worker(id, { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
      }
    }
    assert.deepStrictEqual(later, ["w2"])
  })

  it("who could not reach the only holder is asked as soon as there is another", () => {
    const { d, replicate } = stored(3)
    const [ask] = fetches(replicate(3, ["w2"]))
    const why = { _tag: "FetchFailed", key: "x", value: ask!.note.value, holder: "w1", why: "unreachable" } as const
    assert.deepStrictEqual(fetches(d.worker("w2", why)), [])
    const more = fetches(d.copied("w3", "x", ask!.note.value))
    assert.deepStrictEqual(more.map(({ note, to }) => [to, note.holders]), [["w2", ["w1", "w3"]]])
  })

  it("what is asked before there is a value waits for it; a failure and the unknown are said", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const x = runOf(d.submit("c1", [spec("x")]), "x")
    d.step({ _tag: "Replicate", keys: ["x", "y"], copies: 2, workers: undefined })
    d.join("w2")
    assert.deepStrictEqual(Scheduler.copiesOf(d.state, ["x", "y"]).map((one) => one.state), ["pending", "unknown"])
    assert.deepStrictEqual(fetches(d.held("w1", x.note)).map(({ to }) => to), ["w2"])
    const z = runOf(d.submit("c1", [spec("z")]), "z")
    d.fail(z.to, z.note)
    assert.strictEqual(Scheduler.copiesOf(d.state, ["z"])[0]!.state, "failed")
  })

  it("a released key's copies are dropped everywhere, those on their way when they come", () => {
    const { copied, d, replicate } = stored(3)
    const [ask] = fetches(replicate(3))
    assert.deepStrictEqual(says(d.release("c1", ["x"])), ["w1 DropValue x#1.1"])
    assert.deepStrictEqual(says(copied(ask!.to, ask!.note)), [`${ask!.to} DropValue x#1.1`])
  })
})

describe("retire", () => {
  it("gets nothing more, what has not begun comes back, and its only copies go to others first", () => {
    const { copied, d } = stored(1)
    const y = runOf(d.submit("c1", [spec("y")]), "y")
    d.started("w1", y.note)
    const z = runOf(d.submit("c1", [spec("z")]), "z")
    assert.strictEqual(z.to, "w1")
    // It knows other tasks, and so takes values and no work from w1.
    d.join("w2", { tasks: ["u"] })
    const out = d.step({ _tag: "Retire", worker: "w1", over: false })
    assert.includeMembers([...says(out)], ["w1 RecallTask z", "w2 FetchValue x"])
    assert.deepStrictEqual(Scheduler.retiringOf(d.state, "w1"), {
      known: true,
      retiring: true,
      attempts: 2,
      copying: 1,
      stuck: 0
    })
    assert.deepStrictEqual(says(d.returned("w1", z.note, "recalled")), [])
    copied("w2", fetches(out)[0]!.note)
    // What it still makes goes the same way.
    const made = fetches(d.held("w1", y.note))
    assert.deepStrictEqual(made.map(({ note, to }) => [to, note.key]), [["w2", "y"]])
    assert.strictEqual(Scheduler.retiringOf(d.state, "w1").copying, 1)
    copied("w2", made[0]!.note)
    assert.deepStrictEqual(Scheduler.retiringOf(d.state, "w1"), {
      known: true,
      retiring: true,
      attempts: 0,
      copying: 0,
      stuck: 0
    })
    // Nothing is made again for it.
    assert.deepStrictEqual(says(d.lost("w1", true)), ["w1 Forget"])
    assert.strictEqual(runOf(d.join("w3"), "z").to, "w3")
  })

  it("the last worker has nowhere to send anything; it may stay after all", () => {
    const { d } = stored(1)
    d.step({ _tag: "Retire", worker: "w1", over: false })
    assert.strictEqual(Scheduler.retiringOf(d.state, "w1").stuck, 1)
    assert.strictEqual(toWorkers(d.submit("c1", [spec("y")])).length, 0)
    const out = d.step({ _tag: "Retire", worker: "w1", over: true })
    assert.strictEqual(runOf(out, "y").to, "w1")
    assert.deepStrictEqual(says(d.join("w2")), [])
  })
})

describe("a worker that leaves", () => {
  const leaves = (d: ReturnType<typeof drive>, id: string) =>
    d.worker(id, { _tag: "WorkerChanged", info: info(id, { slots: 0, leaving: true }) })

  it("may do so once what only it holds is elsewhere", () => {
    const { copied, d } = stored(2)
    const out = leaves(d, "w1")
    assert.deepStrictEqual(says(out), ["w2 FetchValue x"])
    assert.deepStrictEqual(says(copied("w2", fetches(out)[0]!.note)), ["w1 MayLeave "])
    // Once is enough, and it is not called back.
    assert.deepStrictEqual(says(d.step({ _tag: "Retire", worker: "w1", over: true })), [])
  })

  it("may do so at once if nothing is only there, and again in a new session", () => {
    const d = drive()
    d.join("w1")
    assert.deepStrictEqual(says(leaves(d, "w1")), ["w1 MayLeave "])
    assert.deepStrictEqual(says(d.join("w1", { slots: 0, leaving: true })), ["w1 MayLeave "])
  })

  it("not while something runs there, nor while nobody can take what it has: explain says so", () => {
    const { d } = stored(1)
    const y = runOf(d.submit("c1", [spec("y")]), "y")
    d.started("w1", y.note)
    assert.deepStrictEqual(says(leaves(d, "w1")), [])
    assert.include(Scheduler.explain(d.state, "x", d.now()).summary, "w1 is to leave")
    assert.include(Scheduler.explain(d.state, "x", d.now()).summary, "every worker has one")
    d.held("w1", y.note)
    assert.strictEqual(Scheduler.retiringOf(d.state, "w1").stuck, 2)
    // What is no longer needed is no reason to stay; what comes takes the rest.
    d.release("c1", ["x"])
    const [ask] = fetches(d.join("w2"))
    assert.strictEqual(ask?.note.key, "y")
    assert.deepStrictEqual(says(d.release("c1", ["y"])), ["w1 DropValue y#1.2", "w1 MayLeave "])
  })
})

describe("rebalance", () => {
  it("moves values to where there is less, and drops the old copies once the new ones are there", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const keys = ["a", "b", "c", "d"]
    for (const key of keys) {
      const run = runOf(d.submit("c1", [spec(key)]), key)
      d.held("w1", run.note, { bytes: 100 })
    }
    d.join("w2")
    const out = fetches(d.step({ _tag: "Rebalance", keys: undefined, workers: undefined }))
    assert.deepStrictEqual(out.map(({ to }) => to), ["w2", "w2"])
    assert.strictEqual(Scheduler.moving(d.state), 2)
    for (const { note } of out) {
      const said = d.worker("w2", {
        _tag: "ValueHeld",
        key: note.key,
        value: note.value,
        attempt: undefined,
        digest: note.digest,
        bytes: 100,
        type: "number",
        how: "copied",
        millis: 1,
        inline: undefined
      })
      assert.deepStrictEqual(says(said), [`w1 DropValue ${note.value}`])
    }
    assert.strictEqual(Scheduler.moving(d.state), 0)
    assert.deepStrictEqual(d.state.roster.map((worker) => worker.heldBytes), [200, 200])
    assert.deepStrictEqual(fetches(d.step({ _tag: "Rebalance", keys: undefined, workers: undefined })), [])
  })
})
