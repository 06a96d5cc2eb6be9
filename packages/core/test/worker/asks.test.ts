import { assert, describe, it } from "@effect/vitest"
import { Bench, input, interrupted, news, note, ran, runTask, tags, told, value } from "./fixture.js"

const begin = (key: string, attempt: number) => note({ _tag: "BeginTask", key, attempt })

describe("jobs that ask before they begin", () => {
  it("it has its place, says so at once, and is handed over when it may begin", () => {
    const bench = new Bench()
    const asked = bench.step(runTask("a", 1, { asks: true }), runTask("b", 2))
    assert.deepStrictEqual(told(asked).filter((one) => one._tag === "TaskStarted"), [
      { _tag: "TaskStarted", key: "a", attempt: 1, at: bench.now, asks: true }
    ])
    assert.deepStrictEqual(ran(asked), [])
    assert.deepStrictEqual(ran(bench.step(begin("a", 1))), ["a@e0"])
    assert.deepStrictEqual(ran(bench.step(begin("a", 1))), [])
    assert.deepStrictEqual(ran(bench.step(value(1))), ["b@e0"])
  })

  it("asks again in each session", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1, { asks: true }))
    const again = told(bench.step({ _tag: "LinkReset", unacked: [] }))
    assert.deepStrictEqual(again.map((one) => one._tag), ["WorkerTold", "TaskStarted"])
    bench.step(begin("a", 1))
    assert.deepStrictEqual(told(bench.step({ _tag: "LinkReset", unacked: [] })).map((one) => one._tag), ["WorkerTold"])
  })

  it("its time begins when it does", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1, { asks: true, spec: { timeout: 1_000 } }))
    assert.deepStrictEqual(tags(bench.after(5_000)).filter((tag) => tag === "Interrupt"), [])
    bench.step(begin("a", 1))
    assert.include(tags(bench.after(1_000)), "Interrupt")
  })

  it("cancelled while it asks, it has ended", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1, { asks: true }), runTask("b", 2))
    const out = bench.step(
      note({ _tag: "CancelTask", key: "a", attempt: 1, force: false, by: "c1", reason: "no longer needed" })
    )
    assert.include(news(out), "a TaskEnded")
    assert.deepStrictEqual(ran(out), ["b@e0"])
    assert.notInclude(tags(out), "Interrupt")
  })

  it("an executor that dies while it asks is not its doing", () => {
    const bench = new Bench({ executors: 2 })
    bench.step(runTask("a", 1, { asks: true }))
    const out = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: undefined,
      detail: "exit code 9",
      expected: false
    })
    assert.notInclude(news(out), "a TaskDied")
  })

  it("an input that was lost meanwhile gives it back", () => {
    const bench = new Bench()
    bench.step(runTask("z", 9))
    bench.step(value(9))
    bench.step(runTask("a", 1, { asks: true, inputs: [input("z", 9)] }))
    bench.step({ _tag: "ValueGone", value: "z#0.9" })
    assert.include(news(bench.step(begin("a", 1))), "a returned: input withdrawn")
  })

  it("what it is told once it has ended changes nothing", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(interrupted(1))
    assert.deepStrictEqual(tags(bench.step(begin("a", 1))), [])
  })
})
