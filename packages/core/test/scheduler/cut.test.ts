import * as Failure from "@creel/core/Failure"
import type { FetchValue, FromClient, FromWorker } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, says, spec, toClients, toWorkers } from "./drive.js"

const reasons = (commands: Array<Scheduler.Command>) =>
  toClients(commands).flatMap(({ note, to }) =>
    note._tag === "TaskNotStored" ? [[to, note.key, note.failure.reason, note.failure.detail] as const] : []
  )

const cuts = (commands: Array<Scheduler.Command>) =>
  toClients(commands).flatMap(({ note, to }) => note._tag === "LineageCut" ? [[to, note.key] as const] : [])

const fetches = (commands: Array<Scheduler.Command>) =>
  toWorkers(commands).flatMap(({ note, to }) => note._tag === "FetchValue" ? [{ to, note }] : [])

type Options = NonNullable<Parameters<typeof drive>[0]>["config"]

/** A loop: each round is made from the one before, which is released then. */
const loop = (workers: number, config: Options = {}) => {
  const d = drive({ config })
  for (let n = 1; n <= workers; n++) d.join(`w${n}`)
  d.connect("c1")
  let round = 0
  const values = new Map<string, string>()
  const next = (more: ReadonlyArray<string> = []): Array<Scheduler.Command> => {
    const key = `s${++round}`
    const before = round === 1 ? [] : [`s${round - 1}`]
    const out = d.client("c1", {
      _tag: "Submit",
      specs: [spec(key, [...before, ...more])],
      wants: [{ key, want: round }],
      keep: []
    })
    if (round > 1) out.push(...d.release("c1", [`s${round - 1}`], round - 1))
    const run = runOf(out, key)
    values.set(key, `${key}#${run.note.attempt}`)
    out.push(...d.held(run.to, run.note, { bytes: 5_000 }))
    values.set(key, (d.state.rows.get(key)!.state as { readonly value: string }).value)
    return out
  }
  const copied = (to: string, note: FetchValue) => d.copied(to, note.key, note.value, { bytes: note.bytes })
  const checkpoint = (...keys: ReadonlyArray<string>) => d.step({ _tag: "Checkpoint", keys })
  const rows = () => [...d.state.rows.keys()]
  const at = (key: string) => Scheduler.copiesOf(d.state, [key])[0]?.state
  return { d, next, copied, checkpoint, rows, at }
}

describe("a checkpoint", () => {
  it("keeps the value twice first, then forgets what it was made from, and tells the client", () => {
    const { at, checkpoint, copied, d, next, rows } = loop(2)
    for (let n = 0; n < 4; n++) next()
    assert.deepStrictEqual(rows(), ["s1", "s2", "s3", "s4"])
    const out = checkpoint("s4")
    assert.deepStrictEqual(cuts(out), [])
    assert.strictEqual(at("s4"), "copying")
    assert.include(Scheduler.explain(d.state, "s4", d.now()).summary, "is cut (a checkpoint) as soon as")
    const [ask] = fetches(out)
    assert.deepStrictEqual(cuts(copied(ask!.to, ask!.note)), [["c1", "s4"]])
    assert.deepStrictEqual(rows(), ["s4"])
    assert.strictEqual(at("s4"), "done")
    assert.include(Scheduler.explain(d.state, "s4", d.now()).summary, "its lineage was cut")
    assert.isTrue(Scheduler.whyHeld(d.state, "s4").cut)
    assert.include(Scheduler.story(d.state, "s4").map((entry) => entry.what), "cut")
  })

  it("where there is one worker: once, at once", () => {
    const { at, checkpoint, next, rows } = loop(1)
    for (let n = 0; n < 3; n++) next()
    assert.deepStrictEqual(cuts(checkpoint("s3")), [["c1", "s3"]])
    assert.deepStrictEqual(rows(), ["s3"])
    assert.strictEqual(at("s3"), "short")
  })

  it("what is cut goes with its last holder, and says so; what was made from it goes with it, and not before", () => {
    const { checkpoint, copied, d, next, rows } = loop(2)
    for (let n = 0; n < 3; n++) next()
    const [ask] = fetches(checkpoint("s3"))
    copied(ask!.to, ask!.note)
    next()
    // It is made again from what was cut, which nobody else wants any more.
    assert.deepStrictEqual(rows(), ["s3", "s4"])
    assert.include(Scheduler.whyHeld(d.state, "s3").summary, "its lineage was cut, it cannot be computed again")
    const holder = (d.state.rows.get("s4")!.state as { readonly holders: ReadonlyArray<{ readonly id: string }> })
      .holders[0]!.id
    const other = holder === "w1" ? "w2" : "w1"
    const again = d.lost(holder)
    assert.deepStrictEqual(reasons(again), [])
    const run = runOf(again, "s4")
    assert.deepStrictEqual([run.to, run.note.inputs.map((input) => input.key)], [other, ["s3"]])
    d.held(other, run.note)
    d.join("w3")
    const lost = reasons(d.lost(other))
    assert.deepStrictEqual(lost.map(([to, key, reason]) => [to, key, reason]), [["c1", "s4", "Lost"]])
    assert.include(lost[0]![3], "its lineage was cut")
    d.release("c1", ["s4"], 4)
    assert.deepStrictEqual(rows(), [])
  })

  it("a row that is not done yet is cut once it is", () => {
    const { at, checkpoint, d, rows } = loop(1)
    const out = d.submit("c1", [spec("a"), spec("b", ["a"])], ["b"])
    assert.deepStrictEqual(cuts(checkpoint("b")), [])
    assert.strictEqual(at("b"), "pending")
    const a = runOf(out, "a")
    d.held("w1", a.note)
    d.held("w1", runOf(out, "b").note)
    assert.deepStrictEqual(rows(), ["b"])
  })

  it("a value that goes before it is kept twice is made again, and cut then", () => {
    const { at, checkpoint, d, next } = loop(2)
    for (let n = 0; n < 3; n++) next()
    checkpoint("s3")
    const holder = (d.state.rows.get("s3")!.state as { readonly holders: ReadonlyArray<{ readonly id: string }> })
      .holders[0]!.id
    let out = d.lost(holder)
    assert.deepStrictEqual(reasons(out), [])
    assert.strictEqual(at("s3"), "pending")
    for (const key of ["s1", "s2", "s3"]) {
      const run = runOf(out, key)
      out = [...out, ...d.held(run.to, run.note)]
    }
    assert.deepStrictEqual(cuts(out), [["c1", "s3"]])
  })

  it("what was made from nothing can be made again, and stays so", () => {
    const { at, checkpoint, d } = loop(1)
    d.held("w1", runOf(d.submit("c1", [spec("a")]), "a").note)
    assert.deepStrictEqual(cuts(checkpoint("a")), [])
    assert.strictEqual(at("a"), "short")
    assert.isFalse(Scheduler.whyHeld(d.state, "a").cut)
  })

  it("submitted again with its inputs, what was cut and lost is made again", () => {
    const { checkpoint, d } = loop(1)
    const out = d.submit("c1", [spec("a"), spec("b", ["a"])])
    d.held("w1", runOf(out, "a").note)
    d.held("w1", runOf(out, "b").note)
    checkpoint("b")
    d.join("w2")
    const lost = d.lost("w1")
    assert.deepStrictEqual(reasons(lost).map(([, key]) => key), ["b"])
    const again = d.submit("c1", [spec("b", ["a"])], ["b"], 2)
    assert.deepStrictEqual(cuts(again), [])
    const more = d.held("w2", runOf(lost, "a").note)
    d.held("w2", runOf([...again, ...more], "b").note)
    assert.strictEqual(d.state.rows.get("b")?.state._tag, "Stored")
    assert.isFalse(Scheduler.whyHeld(d.state, "b").cut)
  })
})

describe("the budget of lineage", () => {
  it("in rows: a chain is cut in one place, and what is behind is forgotten as a whole", () => {
    const { d, next, rows } = loop(1, { lineageMax: 10 })
    let most = 0
    for (let n = 0; n < 200; n++) {
      next()
      most = Math.max(most, rows().length)
    }
    assert.isAtMost(most, 13)
    const { entries } = Scheduler.readJournal(d.state, 0, 100_000)
    assert.isAtMost(entries.filter((entry) => entry.what === "cut").length, 200 / 10)
  })

  it("in bytes: of specs, and of arguments that clients serve for nothing else", () => {
    const { d, next } = loop(1, { lineageBytes: 100_000 })
    let most = 0
    let held = 0
    for (let n = 0; n < 100; n++) {
      const key = `o${n}`
      const value = `${key}#c1`
      d.client("c1", offer(key, value, 20_000))
      next([key])
      most = Math.max(most, Scheduler.counts(d.state).lineageBytes)
      held = Math.max(held, [...d.state.clients.get("c1")!.held].length)
    }
    assert.isAtMost(most, 130_000)
    assert.isAtMost(held, 9)
  })

  it("the value is kept twice first, while the loop goes on; then what is between is made again from there", () => {
    const { copied, d, next, rows } = loop(2, { lineageMax: 3 })
    const asked = Array.from({ length: 5 }, () => fetches(next())).flat()
    const [ask] = asked
    assert.strictEqual(asked.length, 1)
    const kept = ask!.note.key
    next()
    assert.include(rows(), "s1")
    assert.include(Scheduler.whyHeld(d.state, kept).summary, "about to be cut")
    assert.deepStrictEqual(cuts(copied(ask!.to, ask!.note)), [["c1", kept]])
    assert.notInclude(rows(), "s1")
    assert.strictEqual(rows()[0], kept)
  })

  it("copies that do not come hold it up until twice the budget, and no longer", () => {
    const { next, rows } = loop(2, { lineageMax: 10 })
    let most = 0
    for (let n = 0; n < 200; n++) {
      next()
      most = Math.max(most, rows().length)
    }
    assert.isAtMost(most, 25)
  })

  it("who wants many results of one forgotten row keeps them all, each twice", () => {
    const d = drive({ config: { lineageMax: 0 } })
    d.join("w1")
    d.connect("c1")
    const names = ["x1", "x2", "x3"]
    const out = d.submit("c1", [spec("a"), ...names.map((key) => spec(key, ["a"]))], names)
    let more = d.held("w1", runOf(out, "a").note)
    for (const key of names) more = [...more, ...d.held("w1", runOf([...out, ...more], key).note)]
    assert.deepStrictEqual([...d.state.rows.keys()].sort(), names)
    assert.deepStrictEqual(fetches(d.join("w2")).map(({ note }) => note.key).sort(), names)
  })
})

const offer = (key: string, value: string, bytes: number): FromClient => ({
  _tag: "Offer",
  key,
  value,
  digest: `d:${key}`,
  bytes,
  inline: undefined,
  scatter: undefined
})

describe("a new life of the scheduler", () => {
  const holding: FromWorker = {
    _tag: "WorkerTold",
    info: info("w1"),
    values: [{
      _tag: "ValueHeld",
      key: "b",
      value: "b#1",
      attempt: 1,
      digest: "d:b",
      bytes: 5_000,
      type: "number",
      how: "computed",
      millis: 1,
      inline: undefined
    }],
    jobs: [],
    outcomes: []
  }

  it("is told of what was cut without what it was made from, finds its value, and keeps it twice again", () => {
    const d = drive({ incarnation: 2, recovering: { until: 2_000_000, expect: ["c1", "w1"] } })
    d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("b", ["a"]), spec("c", ["b"])],
      wants: [{ key: "c", want: 3, told: undefined, keep: false }],
      offers: [],
      cut: ["b"]
    })
    assert.deepStrictEqual(says(d.worker("w1", holding)), ["w1 RunTask c"])
    assert.deepStrictEqual(fetches(d.join("w2")).map(({ note }) => note.key), ["b"])
  })

  it("what could not run for one, and is cut for another, is there for what the other makes from it", () => {
    for (const order of [["c1", "c2"], ["c2", "c1"]] as const) {
      const d = drive({ incarnation: 2, recovering: { until: 2_000_000, expect: ["c1", "c2", "w1"] } })
      const failure = Failure.make("Unrunnable", "b", "no worker may run it")
      const tells = {
        c1: {
          _tag: "ClientTold",
          name: "c1",
          specs: [spec("a"), spec("b", ["a"])],
          wants: [{ key: "b", want: 3, told: { failure }, keep: false }],
          offers: []
        },
        c2: {
          _tag: "ClientTold",
          name: "c2",
          specs: [spec("b", ["a"]), spec("c", ["b"])],
          wants: [{ key: "c", want: 3, told: undefined, keep: false }],
          offers: [],
          cut: ["b"]
        }
      } as const
      d.client(order[0], tells[order[0]])
      d.client(order[1], tells[order[1]])
      assert.deepStrictEqual(says(d.worker("w1", holding)), ["w1 RunTask c"])
    }
  })
})
