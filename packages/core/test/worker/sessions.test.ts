import { Id } from "@creel/core"
import * as Worker from "@creel/core/Worker"
import { assert, describe, it } from "@effect/vitest"
import { Bench, input, interrupted, news, note, runTask, tags, tiny, told, value } from "./fixture.js"

describe("sessions", () => {
  it("says of itself all that it holds and does, and ends that were not acknowledged", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1), runTask("b", 2, { inputs: [input("z", 9)] }))
    bench.step(value(1))
    const lost = bench.step(note({ _tag: "RecallTask", key: "b", attempt: 2 }), runTask("c", 3))
    const [told0] = told(bench.step({ _tag: "LinkReset", unacked: told(lost) }))
    if (told0?._tag !== "WorkerTold") return assert.fail("says nothing")
    assert.deepStrictEqual(told0.values.map((held) => held.value), [Id.valueId("a", 1)])
    assert.deepStrictEqual(told0.jobs.map((job) => [job.spec.key, job.state]), [["c", "Running"]])
    assert.deepStrictEqual(told0.outcomes.map((end) => [end._tag, end.attempt]), [["TaskReturned", 2]])
    const [again] = told(bench.step({ _tag: "LinkReset", unacked: [told0] }))
    assert.deepStrictEqual(again?._tag === "WorkerTold" ? again.outcomes : [], told0.outcomes)
  })

  it("says again what suspended attempts wait for, and which holders failed", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step({ _tag: "Suspended", attempt: 1, on: ["x"] })
    const failed = bench.step(runTask("c", 2, { inputs: [input("b", 9, { holders: ["w1"] })] }))
    const again = told(bench.step({ _tag: "LinkReset", unacked: told(failed) }))
    assert.deepStrictEqual(again.map((note) => note._tag), ["WorkerTold", "TaskSuspended", "FetchFailed"])
    const [first] = again
    assert.deepStrictEqual(first?._tag === "WorkerTold" ? first.jobs.map((job) => job.suspended) : [], [true])
  })

  it("an error too large to be told fails as NotEncodable, and says how it began", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    const failed = bench.step({
      _tag: "RunEnded",
      attempt: 1,
      outcome: {
        _tag: "Failure",
        failure: {
          reason: "Failed",
          key: "a",
          worker: "w1",
          by: undefined,
          detail: "it began so",
          cause: tiny(70_000)
        },
        tag: "No",
        verdict: "final"
      }
    })
    assert.deepStrictEqual(news(failed), ["a failed: NotEncodable"])
    const [note] = told(failed)
    assert.include(note?._tag === "TaskFailed" ? note.failure.detail : "", "it began so")
    assert.isUndefined(note?._tag === "TaskFailed" ? note.failure.cause : tiny())
  })

  it("one that interrupts itself fails for good, it is not run again and again", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    assert.deepStrictEqual(news(bench.step(interrupted(1))), ["a failed: Cancelled"])
  })

  it("leaves when what runs has ended, and says so last", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1), runTask("b", 2))
    assert.deepStrictEqual(news(bench.step({ _tag: "Leave" })), ["b returned: leaving"])
    assert.deepStrictEqual(news(bench.step(runTask("c", 3))), ["c returned: leaving"])
    assert.deepStrictEqual(news(bench.step(value(1))), ["a held: computed", "left"])
  })

  it("offers no slots from the moment it leaves, before anything goes back", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1), runTask("b", 2))
    const [first, second] = told(bench.step({ _tag: "Leave" }))
    assert.strictEqual(first?._tag === "WorkerChanged" ? first.info.slots : undefined, 0)
    assert.strictEqual(second?._tag, "TaskReturned")
  })

  it("waits to be told that nothing is only here, and no longer than it was given", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    const said = told(bench.step({ _tag: "Leave", within: 1_000 }))
    assert.isTrue(said[0]?._tag === "WorkerChanged" && said[0].info.leaving)
    assert.deepStrictEqual(news(bench.step(value(1))), ["a held: computed"])
    assert.deepStrictEqual(news(bench.after(500)), [])
    assert.deepStrictEqual(news(bench.step(note({ _tag: "MayLeave" }))), ["left"])

    const other = new Bench()
    other.step(runTask("a", 1))
    other.step({ _tag: "Leave", within: 1_000 }, value(1))
    assert.strictEqual(Worker.nextDeadline(other.state), other.now + 1_000)
    assert.deepStrictEqual(news(other.after(1_000)), ["left"])

    // Who has nothing waits for nobody.
    assert.deepStrictEqual(news(new Bench().step({ _tag: "Leave", within: 1_000 })), ["left"])
  })

  it("tells of what runs for long, and that it lives", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    assert.deepStrictEqual(news(bench.after(19)), [])
    assert.deepStrictEqual(news(bench.after(1)), ["a TaskStarted"])
    const beat = told(bench.after(980)).find((note) => note._tag === "Heartbeat")
    assert.strictEqual(beat?._tag === "Heartbeat" ? beat.busy : 0, 1)
  })
})

describe("the scheduler's copies", () => {
  it("makes them, announces them as what they are, and drops them when told", () => {
    const bench = new Bench()
    const value = Id.offeredId("data", "c1")
    const fetch = bench.step(note({
      _tag: "FetchValue",
      key: "data",
      value,
      digest: "d",
      bytes: 5,
      holders: ["c1"],
      inline: undefined,
      how: "scattered"
    }))
    assert.deepStrictEqual(tags(fetch), ["Fetch"])
    assert.deepStrictEqual(
      news(bench.step({ _tag: "FetchEnded", value, from: "c1", ok: true, bytes: 5 })),
      ["data held: scattered"]
    )
    bench.step(runTask("x", 1), runTask("b", 2, { inputs: [{ ...input("data", 0), value }] }))
    const dropped = bench.step(note({ _tag: "DropValue", value }))
    assert.deepStrictEqual(news(dropped), ["b returned: unfetchable"])
    assert.include(tags(dropped), "Drop")
    assert.strictEqual(bench.state.heldBytes, 0)
  })

  it("tells when the store lost one", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(value(1))
    bench.step(runTask("x", 2), runTask("b", 3, { inputs: [input("a", 1)] }))
    const gone = bench.step({ _tag: "ValueGone", value: Id.valueId("a", 1) })
    assert.deepStrictEqual(news(gone), ["a ValueGone", "b returned: unfetchable"])
    assert.notInclude(tags(gone), "Drop")
  })
})
