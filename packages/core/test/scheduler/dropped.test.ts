import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, spec, toClients, toWorkers } from "./drive.js"

const offer = {
  _tag: "Offer",
  key: "s",
  value: "s#c1",
  digest: "d:s",
  bytes: 99,
  inline: undefined,
  scatter: { workers: undefined, all: false },
  dropped: true
} as const
const held = {
  _tag: "ValueHeld",
  key: "s",
  value: "s#c1",
  attempt: undefined,
  digest: "d:s",
  bytes: 99,
  type: "data",
  how: "scattered",
  millis: 1,
  inline: undefined
} as const
const told = (values: ReadonlyArray<typeof held>) =>
  ({ _tag: "WorkerTold", info: info("w1"), values, jobs: [], outcomes: [] }) as const
const tells = (wants: ReadonlyArray<string>) =>
  ({
    _tag: "ClientTold",
    name: "c1",
    specs: [spec("y", ["s"])],
    wants: wants.map((key) => ({ key, want: 1, told: undefined, keep: false })),
    offers: [offer]
  }) as const

describe("data that only workers have, told to a new scheduler", () => {
  const says = (commands: Parameters<typeof toClients>[0]) => toClients(commands).map(({ note }) => note._tag)
  const recovering = { until: 1_005_000, expect: ["w1", "c1"] }

  it("is found on its worker, whoever tells first, and nobody is asked for another copy", () => {
    for (const first of ["client", "worker"]) {
      const d = drive({ incarnation: 2, recovering })
      if (first === "client") d.client("c1", tells(["s"]))
      const out = d.worker("w1", told([held]))
      const all = first === "client" ? out : d.client("c1", tells(["s"]))
      assert.deepStrictEqual(says(all), ["TaskStored"])
      assert.isFalse(all.some((one) => one._tag === "ToWorker"))
    }
  })

  it("is waited for until its worker must have told, and is lost then", () => {
    const d = drive({ incarnation: 2, recovering })
    d.worker("w1", told([]))
    assert.deepStrictEqual(says(d.client("c1", tells(["s", "y"]))), [])
    assert.deepStrictEqual(says(d.pass(10_000)), [])
    d.lost("w1", true)
    assert.deepStrictEqual(says(d.pass(60_000)), ["TaskNotStored", "TaskNotStored"])
  })

  it("of a later worker is taken while it is waited for", () => {
    const d = drive({ incarnation: 2, recovering: { until: 1_005_000, expect: ["c1"] } })
    assert.deepStrictEqual(says(d.client("c1", tells(["s"]))), [])
    assert.deepStrictEqual(says(d.worker("w1", told([held]))), ["TaskStored"])
  })

  it("is not claimed from a worker that has lost it meanwhile", () => {
    const d = drive({ incarnation: 2, recovering })
    d.worker("w1", told([held]))
    d.pass(10_000)
    d.worker("w1", { _tag: "ValueGone", key: "s", value: "s#c1" })
    assert.strictEqual(d.state.unclaimed.size, 0)
    assert.deepStrictEqual(says(d.client("c1", tells(["s"]))), [])
    assert.notStrictEqual(d.state.rows.get("s")?.state._tag, "Stored")
  })

  it("is not claimed from a worker that no longer tells of it in a new session", () => {
    const d = drive({ incarnation: 2, recovering })
    d.worker("w1", told([held]))
    d.pass(10_000)
    d.worker("w1", told([]))
    assert.strictEqual(d.state.unclaimed.size, 0)
    assert.deepStrictEqual(says(d.client("c1", tells(["s"]))), [])
    assert.notStrictEqual(d.state.rows.get("s")?.state._tag, "Stored")
  })

  it("does not make its client a holder again in the same life of the scheduler", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const { dropped: _, ...whole } = offer
    d.client("c1", whole)
    d.submit("c1", [], ["s"])
    d.copied("w1", "s", "s#c1", { how: "scattered" })
    d.client("c1", tells(["s"]))
    assert.deepStrictEqual(d.state.rows.get("s")?.state._tag, "Stored")
    assert.deepStrictEqual([...d.state.clients.get("c1")!.held], [])
  })

  it("is not its client's again when the order to let go crosses its telling, or went with the session", () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    const { dropped: _, ...whole } = offer
    d.client("c1", whole)
    d.submit("c1", [], ["s"])
    d.copied("w1", "s", "s#c1", { how: "scattered" })
    const out = d.client("c1", { ...tells(["s"]), offers: [whole] })
    assert.include(says(out), "DropValue")
    assert.deepStrictEqual([...d.state.clients.get("c1")!.held], [])
  })
})

describe("an argument that was copied to a worker", () => {
  const big = {
    _tag: "Offer",
    key: "big",
    value: "big#c1",
    digest: "d:big",
    bytes: 99,
    inline: undefined,
    scatter: undefined
  } as const
  const chain = () => {
    const d = drive()
    d.join("w1")
    d.connect("c1")
    d.client("c1", big)
    const v1 = runOf(d.submit("c1", [spec("v1", ["big"])]), "v1").note
    d.copied("w1", "big", "big#c1")
    d.held("w1", v1)
    return d
  }
  const holders = (d: ReturnType<typeof drive>) => {
    const s = d.state.rows.get("big")?.state
    return s?._tag === "Stored" ? s.holders.map((holder) => holder.id) : []
  }

  it("goes from there when only lineage names it, and is read from its client if that is needed", () => {
    const d = chain()
    const v2 = runOf(d.submit("c1", [spec("v2", ["v1"])]), "v2").note
    d.release("c1", ["v1"])
    assert.deepStrictEqual(holders(d), ["c1", "w1"])
    const out = d.held("w1", v2)
    assert.sameMembers(toWorkers(out).map(({ note }) => "value" in note ? note.value : ""), ["v1#1.1", "big#c1"])
    assert.deepStrictEqual(holders(d), ["c1"])
    d.lost("w1")
    assert.deepStrictEqual(runOf(d.join("w2"), "v1").note.inputs.map((input) => input.holders), [["c1"]])
  })

  it("stays while what was made from it is wanted, and while its client cannot be reached", () => {
    const d = chain()
    assert.deepStrictEqual(holders(d), ["c1", "w1"])
    const v2 = runOf(d.submit("c1", [spec("v2", ["v1"])]), "v2").note
    d.release("c1", ["v1"])
    d.step({ _tag: "LinkDown", peer: "c1" })
    d.held("w1", v2)
    assert.deepStrictEqual(holders(d), ["c1", "w1"])
  })
})
