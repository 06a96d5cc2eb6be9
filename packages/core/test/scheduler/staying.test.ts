import * as Id from "@creel/core/Id"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, says, spec, toClients } from "./drive.js"

type Driven = ReturnType<typeof drive>

const beat = { _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined } as const

/** Time passes in which all of these give signs of life. */
const passAlive = (d: Driven, millis: number, ids: ReadonlyArray<string>): Array<Scheduler.Command> => {
  const all: Array<Scheduler.Command> = []
  for (let left = millis; left > 0; left -= 1_000) {
    all.push(...d.pass(Math.min(left, 1_000)))
    for (const id of ids) all.push(...d.worker(id, beat))
  }
  return all
}

const retire = (d: Driven, worker: string, over = false) => d.step({ _tag: "Retire", worker, over })

const failures = (commands: ReadonlyArray<Scheduler.Command>) =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [[note.key, note.failure.reason]] : [])

const config = { unrunnableGrace: 10_000, suspectAfter: 5_000, deadAfter: 60_000, unreachableMillis: 20_000 }

/** A client that scatters `s`. */
const scattering = (...workers: ReadonlyArray<string>) => {
  const d = drive({ config })
  for (const id of workers) d.join(id)
  d.connect("c1")
  const scatter = () => {
    const told = d.client("c1", {
      _tag: "Offer",
      key: "s",
      value: Id.offeredId("s", "c1"),
      digest: "d:s",
      bytes: 10_000,
      inline: undefined,
      scatter: { workers: undefined, all: false }
    })
    return [...told, ...d.submit("c1", [], ["s"])]
  }
  return { d, scatter }
}

describe("nothing hangs", () => {
  it("data scattered while all workers are to leave goes to the first that may stay", () => {
    const { d, scatter } = scattering("w1", "w2")
    retire(d, "w1")
    retire(d, "w2")
    assert.deepStrictEqual(says(scatter()), [])
    assert.deepStrictEqual(says(retire(d, "w2", true)), ["w2 FetchValue s"])
    assert.sameMembers([...says(d.copied("w2", "s", "s#c1", { how: "scattered" }))], [
      "c1 DropValue s#c1",
      "c1 TaskStored s"
    ])
  })

  it("nor where its last executor came back", () => {
    const { d, scatter } = scattering()
    d.join("w1", { slots: 0 })
    assert.deepStrictEqual(says(scatter()), [])
    const info = { name: "w1", node: "w1", slots: 1, resources: {}, tasks: ["t"] }
    assert.deepStrictEqual(says(d.worker("w1", { _tag: "WorkerChanged", info })), ["w1 FetchValue s"])
  })

  it("a worker that could not fetch a copy, while another was asked, is asked again when that one is lost", () => {
    const { d, scatter } = scattering("w1", "w2")
    assert.deepStrictEqual(says(scatter()), ["w1 FetchValue s"])
    const why = { _tag: "FetchFailed", key: "s", value: "s#c1", holder: "c1", why: "unreachable" } as const
    assert.deepStrictEqual(says(d.worker("w1", why)), ["w2 FetchValue s"])
    assert.deepStrictEqual(says(passAlive(d, 30_000, ["w1", "w2"])), [])
    assert.deepStrictEqual(says(d.lost("w2")), ["w2 Forget", "w1 FetchValue s"])
  })

  it("tasks wait, and say so, while all who could run them are to leave; they fail only where another stays", () => {
    const d = drive({ config })
    d.join("w1")
    d.connect("c1")
    retire(d, "w1")
    assert.deepStrictEqual(says(d.submit("c1", [spec("x")])), [])
    assert.deepStrictEqual(failures(passAlive(d, 100_000, ["w1"])), [])
    assert.include(Scheduler.explain(d.state, "x", d.now()).summary, "no worker is there to stay")
    // Somebody who stays and has not the task: the grace begins.
    d.join("w2", { tasks: ["other"] })
    assert.deepStrictEqual(failures(passAlive(d, 9_000, ["w1", "w2"])), [])
    assert.deepStrictEqual(failures(passAlive(d, 2_000, ["w1", "w2"])), [["x", "Unrunnable"]])
  })

  it("the grace begins when the last worker that could run it went, however long it had been queued", () => {
    const d = drive({ config })
    const resources = { gpu: 1 }
    d.join("w1", { resources })
    d.join("w2")
    d.connect("c1")
    d.started("w1", runOf(d.submit("c1", [spec("first", [], { resources })]), "first").note)
    assert.deepStrictEqual(says(d.submit("c1", [spec("x", [], { resources })])), [])
    assert.deepStrictEqual(says(passAlive(d, 100_000, ["w1", "w2"])), [])
    retire(d, "w1")
    assert.deepStrictEqual(failures(passAlive(d, 9_000, ["w1", "w2"])), [])
    // For a moment it is to stay after all.
    retire(d, "w1", true)
    retire(d, "w1")
    assert.deepStrictEqual(failures(passAlive(d, 9_000, ["w1", "w2"])), [])
    assert.deepStrictEqual(failures(passAlive(d, 2_000, ["w1", "w2"])), [["x", "Unrunnable"]])
  })

  it("a restriction to a worker that fell silent and died fails after the grace, though others answer", () => {
    const d = drive({ config })
    d.join("w1")
    d.join("w2")
    d.connect("c1")
    const first = runOf(d.submit("c1", [spec("first", [], { workers: ["w1"] })]), "first")
    d.started("w1", first.note)
    d.submit("c1", Array.from({ length: 40 }, (_, n) => spec(`x${n}`, [], { workers: ["w1"] })))
    // Silence is not enough.
    assert.deepStrictEqual(failures(passAlive(d, 50_000, ["w2"])), [])
    const dead = passAlive(d, 15_000, ["w2"])
    assert.include(says(dead), "w1 Forget")
    const told = [...failures(dead), ...failures(passAlive(d, 15_000, ["w2"]))]
    assert.strictEqual(told.length, 41)
    assert.isTrue(told.every(([, reason]) => reason === "Unrunnable"))
  })
})
