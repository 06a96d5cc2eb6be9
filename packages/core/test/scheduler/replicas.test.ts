import * as Id from "@creel/core/Id"
import type { WorkerMemory } from "@creel/core/Note"
import * as Replicas from "@creel/core/policy/replicas"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, says, spec } from "./drive.js"

const memory = (managed: number, more: Partial<WorkerMemory> = {}): WorkerMemory => ({
  limit: 100_000,
  managed,
  peak: 0,
  spilled: 0,
  paused: false,
  ...more
})

/** A value `x`, computed on w1 and copied to all others. */
const copied = (
  workers: number,
  copiesIdle = 1_000,
  suspectAfter = 1e9,
  policies: Partial<Scheduler.Policies> = {}
) => {
  const d = drive({ config: { copiesIdle, suspectAfter, deadAfter: 1e9, policies } })
  d.join("w1")
  d.connect("c1")
  const x = runOf(d.submit("c1", [spec("x")]), "x")
  d.held("w1", x.note)
  const value = "x#1.1"
  for (let n = 2; n <= workers; n++) {
    d.join(`w${n}`)
    d.copied(`w${n}`, "x", value)
  }
  const beat = (id: string, of: WorkerMemory | undefined) =>
    d.worker(id, { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined, memory: of })
  const holders = () => [...Scheduler.whoHas(d.state, ["x"])["x"] ?? []].sort()
  return { d, beat, holders, value }
}

describe("copies that nothing needs", () => {
  it("go once they were idle for long enough, down to one, and it is said why", () => {
    const { d, holders } = copied(3)
    assert.deepStrictEqual(says(d.pass(999)), [])
    const said = says(d.pass(1))
    assert.strictEqual(said.length, 2)
    assert.strictEqual(holders().length, 1)
    const lines = Scheduler.story(d.state, "x").filter((line) => line.what === "copy dropped")
    assert.deepStrictEqual(lines.map((line) => line.detail), ["nothing needs it", "nothing needs it"])
    // Nothing is left to look at, and so nothing is due but signs of life.
    assert.strictEqual(d.state.several.since.size, 0)
    assert.isFalse(d.state.due.items.some((due) => due._tag === "Copies"))
  })

  it("are chosen by a policy of one's own, which can neither take the last nor what was asked for", () => {
    const keep = copied(3, 1_000, 1e9, { drops: () => [] })
    keep.d.pass(5_000)
    assert.strictEqual(keep.holders().length, 3)
    const seen: Array<number> = []
    const wild = copied(4, 1_000, 1e9, {
      drops: (copies, needed) => {
        seen.push(needed)
        return [...copies.keys(), 99, -1, 0]
      }
    })
    wild.d.step({ _tag: "Replicate", keys: ["x"], copies: 2, workers: undefined })
    wild.d.pass(5_000)
    assert.strictEqual(wild.holders().length, 2)
    assert.include(seen, 2)
  })

  it("stay as many as were asked for, and where they were asked for", () => {
    const { d, holders } = copied(4)
    d.step({ _tag: "Replicate", keys: ["x"], copies: 3, workers: ["w4"] })
    d.pass(5_000)
    assert.strictEqual(holders().length, 3)
    assert.include(holders(), "w4")
    // Fewer are asked for from now on.
    d.step({ _tag: "Replicate", keys: ["x"], copies: 1, workers: undefined })
    d.pass(5_000)
    assert.strictEqual(holders().length, 1)
  })

  it("stay where unfinished tasks need them, one for each that no worker was given", () => {
    const { d, holders } = copied(3)
    const y = runOf(d.submit("c1", [spec("y", ["x"], { workers: ["w2"] })]), "y")
    assert.strictEqual(y.to, "w2")
    d.pass(5_000)
    assert.deepStrictEqual(holders(), ["w2"])
    d.copied("w1", "x", "x#1.1")
    d.copied("w3", "x", "x#1.1")
    // Nobody can run these yet.
    const z = spec("z", ["x"], { workers: ["w9"] })
    d.submit("c1", [z, { ...z, key: "z2", digest: "d:z2" }])
    d.pass(5_000)
    assert.strictEqual(holders().length, 3)
    d.release("c1", ["z2"])
    d.held("w2", y.note)
    // As idle as they are from now on.
    d.pass(5_000)
    assert.strictEqual(holders().length, 1)
  })

  it("stay while a worker without one may be fetching from any of them", () => {
    const { d, holders } = copied(2)
    d.join("w3", { tasks: ["t", "u"] })
    const y = runOf(d.submit("c1", [spec("y", ["x"], { task: "u" })]), "y")
    assert.strictEqual(y.to, "w3")
    d.pass(5_000)
    assert.deepStrictEqual(holders(), ["w1", "w2"])
    d.copied("w3", "x", "x#1.1")
    d.pass(5_000)
    assert.deepStrictEqual(holders(), ["w3"])
  })

  it("go at once from a worker short of memory, and there alone", () => {
    const { beat, d, holders } = copied(3, 60_000)
    beat("w1", memory(10_000))
    assert.deepStrictEqual(says(beat("w2", memory(70_000))), ["w2 DropValue x#1.1"])
    assert.deepStrictEqual(holders(), ["w1", "w3"])
    assert.deepStrictEqual(
      Scheduler.story(d.state, "x").filter((line) => line.what === "copy dropped").map((line) => line.detail),
      ["short of memory"]
    )
    // The last one stays, however short its worker is.
    beat("w3", memory(90_000))
    beat("w1", memory(90_000))
    assert.strictEqual(holders().length, 1)
  })

  it("a copy on a suspect, leaving or failing worker, or one that readers complain of, is no reason to drop another", () => {
    const { beat, d, holders } = copied(2)
    beat("w2", memory(0, { failing: true }))
    d.pass(2_000)
    assert.deepStrictEqual(holders(), ["w1", "w2"])
    beat("w2", memory(0))
    d.step({ _tag: "Retire", worker: "w2", over: false })
    d.pass(2_000)
    assert.deepStrictEqual(holders(), ["w1", "w2"])
    d.step({ _tag: "Retire", worker: "w2", over: true })
    const unread = { _tag: "FetchFailed", key: "x", value: "x#1.1", holder: "w1", why: "unreachable" } as const
    d.client("c1", unread)
    d.pass(2_000)
    assert.deepStrictEqual(holders(), ["w1", "w2"])
  })

  it("nor is one on a worker that is silent", () => {
    const { beat, d, holders } = copied(2, 1_000, 900)
    d.pass(950)
    beat("w2", memory(0))
    d.pass(800)
    assert.deepStrictEqual(holders(), ["w1", "w2"])
    beat("w1", memory(0))
    beat("w2", memory(0))
    d.pass(800)
    beat("w1", memory(0))
    beat("w2", memory(0))
    d.pass(800)
    assert.strictEqual(holders().length, 1)
  })

  it("those asked for are known to the next life of the scheduler by how they were made", () => {
    const config = { copiesIdle: 1_000, suspectAfter: 1e9, deadAfter: 1e9 }
    const d = drive({ config, recovering: { until: 1_005_000, expect: ["w1", "w2", "w3", "c1"] } })
    const value = (key: string, how: "computed" | "replicated" | "copied") => ({
      _tag: "ValueHeld" as const,
      key,
      value: `${key}#0.1`,
      attempt: 1,
      digest: `d:${key}`,
      bytes: 10_000,
      type: "number",
      how,
      millis: 1,
      inline: undefined
    })
    const tell = (id: string, how: "computed" | "replicated" | "copied", rest: "computed" | "copied") =>
      d.worker(id, {
        _tag: "WorkerTold",
        info: info(id),
        values: [value("x", how), value("y", rest)],
        jobs: [],
        outcomes: []
      })
    tell("w1", "replicated", "copied")
    tell("w2", "computed", "computed")
    tell("w3", "copied", "copied")
    const wants = ["x", "y"].map((key) => ({ key, want: 1, told: undefined, keep: false }))
    d.client("c1", { _tag: "ClientTold", name: "c1", specs: [spec("x"), spec("y")], wants, offers: [] })
    d.pass(5_000)
    const held = Scheduler.whoHas(d.state, ["x", "y"])
    assert.deepStrictEqual([held["x"]?.length, held["y"]?.length], [2, 1])
  })

  it("with an infinite time nothing is listed, and nothing goes", () => {
    const { d, holders } = copied(3, Infinity)
    assert.strictEqual(d.state.several.since.size, 0)
    d.pass(4_000)
    assert.strictEqual(holders().length, 3)
  })

  it("looks at a bounded number of values at a time", () => {
    const d = drive({ config: { copiesIdle: 1_000, suspectAfter: 1e9, deadAfter: 1e9 } })
    d.join("w1", { slots: 1_000 })
    d.join("w2", { tasks: ["u"] })
    d.connect("c1")
    for (let n = 1; n <= 600; n++) {
      const run = runOf(d.submit("c1", [spec(`k${n}`)]), `k${n}`)
      d.held("w1", run.note)
      d.copied("w2", `k${n}`, Id.valueId(`k${n}`, run.note.attempt))
    }
    const dropped = says(d.pass(1_000)).length
    assert.isBelow(dropped, 300)
    d.pass(200)
    assert.strictEqual(d.state.several.since.size, 0)
    assert.strictEqual([...d.state.workers.values()].reduce((sum, worker) => sum + worker.held.size, 0), 600)
  })
})

describe("policy", () => {
  const copy = (full: number, held: number, stays = false): Replicas.Copy => ({ full, held, stays })

  it("the fullest worker is relieved first, then the one that holds most", () => {
    const copies = [copy(0.1, 5), copy(0.9, 1), copy(0, 9), copy(0, 2)]
    assert.deepStrictEqual(Replicas.drops(copies, 1, true), [1, 0, 2])
    assert.deepStrictEqual(Replicas.drops(copies, 3, true), [1])
    assert.deepStrictEqual(Replicas.drops(copies, 1, false), [1])
  })

  it("one stays, and those that must", () => {
    assert.deepStrictEqual(Replicas.drops([copy(1, 1)], 0, true), [])
    assert.deepStrictEqual(Replicas.drops([copy(1, 1), copy(0, 1, true)], 0, true), [0])
    assert.deepStrictEqual(Replicas.drops([copy(1, 1, true), copy(0, 1, true)], 0, true), [])
  })
})
