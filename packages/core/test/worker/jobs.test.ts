import * as Worker from "@creel/core/Worker"
import { assert, describe, it } from "@effect/vitest"
import { Bench, fetched, input, interrupted, news, note, ran, runTask, tags, tiny, told, value } from "./fixture.js"

describe("a job with its inputs", () => {
  it("runs at once when it needs nothing", () => {
    const bench = new Bench()
    assert.deepStrictEqual(ran(bench.step(runTask("a", 1))), ["a@e0"])
  })

  it("gathers first, and announces the copies", () => {
    const bench = new Bench()
    const first = bench.step(runTask("b", 2, { inputs: [input("a", 1)] }))
    assert.deepStrictEqual(tags(first), ["Fetch"])
    const then = bench.step(fetched("a", 1))
    assert.deepStrictEqual(news(then), ["a held: copied"])
    assert.deepStrictEqual(ran(then), ["b@e0"])
  })

  it("asks the next holder, tells of each that failed, and comes back when none is left", () => {
    const bench = new Bench()
    bench.step(runTask("b", 2, { inputs: [input("a", 1, { holders: ["w2", "w3"] })] }))
    const second = bench.step(fetched("a", 1, false, "w2"))
    assert.deepStrictEqual(news(second), ["a unreachable at w2"])
    assert.deepStrictEqual(tags(second), ["Fetch", "Tell"])
    const last = bench.step(fetched("a", 1, false, "w3"))
    assert.deepStrictEqual(news(last), ["a unreachable at w3", "b returned: unfetchable"])
    assert.strictEqual(bench.state.replicas.size, 0)
  })

  it("is told that it holds what it does not hold", () => {
    const bench = new Bench()
    const commands = bench.step(runTask("b", 2, { inputs: [input("a", 1, { holders: ["w1"] })] }))
    assert.deepStrictEqual(news(commands), ["a gone at w1", "b returned: unfetchable"])
  })

  it("keeps an inline input as long as a job counts on it, and no longer", () => {
    const bench = new Bench()
    const payload = tiny()
    const commands = bench.step(runTask("b", 2, { inputs: [input("a", 1, { holders: [], inline: payload })] }))
    assert.deepStrictEqual(tags(commands), ["Run"])
    assert.strictEqual(bench.state.replicas.get("a#0.1")?.inline, payload)
    const then = bench.step(value(2))
    assert.deepStrictEqual(news(then), ["b held: computed"])
    assert.deepStrictEqual(tags(then), ["Drop", "Tell"])
    assert.strictEqual(bench.state.heldBytes, 10)
  })

  it("waits for an input that is made here, and goes when that one goes without a value", () => {
    const ahead = input("a", 1, { ahead: true, holders: [] })
    const good = new Bench()
    good.step(runTask("a", 1), runTask("b", 2, { inputs: [ahead] }))
    assert.deepStrictEqual(ran(good.step(value(1))), ["b@e0"])

    const bad = new Bench()
    bad.step(
      runTask("a", 1),
      runTask("b", 2, { inputs: [ahead] }),
      runTask("c", 3, { inputs: [input("b", 2, { ahead: true, holders: [] })] })
    )
    const failed = bad.step({
      _tag: "RunEnded",
      attempt: 1,
      outcome: {
        _tag: "Failure",
        failure: { reason: "Failed", key: "a", worker: "w1", by: undefined, detail: "no", cause: undefined },
        tag: "No",
        verdict: "undecided"
      }
    })
    assert.deepStrictEqual(news(failed), [
      "a failed: Failed",
      "b returned: input withdrawn",
      "c returned: input withdrawn"
    ])
    assert.strictEqual(bad.state.jobs.size, 0)
    assert.deepStrictEqual(news(bad.step(runTask("d", 4, { inputs: [ahead] }))), ["d returned: input withdrawn"])
  })

  it("comes back when no executor has its task", () => {
    const bench = new Bench({ tasks: ["other"] })
    assert.deepStrictEqual(news(bench.step(runTask("a", 1))), ["a returned: no such task"])
  })

  it("stops fetching what nobody needs any more, and drops it if it arrives all the same", () => {
    const bench = new Bench()
    bench.step(runTask("b", 2, { inputs: [input("a", 1)] }))
    const stop = bench.step(note({ _tag: "RecallTask", key: "b", attempt: 2 }))
    assert.deepStrictEqual(tags(stop), ["StopFetch", "Tell"])
    assert.deepStrictEqual(tags(bench.step(fetched("a", 1))), ["Drop"])
    assert.strictEqual(bench.state.replicas.size, 0)
  })

  it("fetches no more at once than the limits allow, in order of the jobs", () => {
    const bench = new Bench({ config: { fetchesMax: 3, fetchesPerHolder: 2 } })
    const inputs = [1, 2, 3, 4].map((i) => input(`a${i}`, i, { holders: ["w2"] }))
    const commands = bench.step(
      runTask("late", 12, { inputs: [inputs[2]!] }),
      runTask("early", 11, { inputs: [inputs[0]!, inputs[1]!] }),
      runTask("other", 13, { inputs: [input("b", 9, { holders: ["w3"] })] })
    )
    const asked = commands.flatMap((command) => command._tag === "Fetch" ? [`${command.key}<${command.from}`] : [])
    assert.deepStrictEqual(asked.sort(), ["a1<w2", "a2<w2", "b<w3"])
    const then = bench.step(fetched("a1", 1))
    assert.deepStrictEqual(then.flatMap((c) => c._tag === "Fetch" ? [c.key] : []), ["a3"])
  })
})

describe("order and slots", () => {
  it("smaller orders run first", () => {
    const bench = new Bench()
    bench.step(runTask("x", 1))
    bench.step(runTask("late", 2, { order: [0, 1, 0] }), runTask("urgent", 3, { order: [-5, 9, 9] }))
    assert.deepStrictEqual(ran(bench.step(value(1))), ["urgent@e0"])
  })

  it("fractions share an executor, whole jobs do not", () => {
    const bench = new Bench({ executors: 2 })
    const half = { spec: { slots: 1 / 3 } }
    const commands = bench.step(
      runTask("a", 1, half),
      runTask("b", 2, half),
      runTask("c", 3, half),
      runTask("d", 4, half),
      runTask("e", 5, half),
      runTask("f", 6, half),
      runTask("g", 7, half)
    )
    assert.strictEqual(ran(commands).length, 6)
  })

  it("small fractions do not starve a larger one that came before them", () => {
    const bench = new Bench()
    const half = { spec: { slots: 0.5 } }
    bench.step(runTask("a", 1, half))
    assert.deepStrictEqual(ran(bench.step(runTask("large", 2, { spec: { slots: 0.75 } }), runTask("b", 3, half))), [])
    assert.deepStrictEqual(ran(bench.step(value(1))), ["large@e0"])
    assert.deepStrictEqual(ran(bench.step(value(2))), ["b@e0"])
  })

  it("a whole job starts beside sleeping fractions, one at a time, and resumes beside them", () => {
    const bench = new Bench()
    for (let n = 1; n <= 40; n++) bench.step(runTask(`s${n}`, n, { spec: { slots: 1 / 32 } }))
    assert.closeTo(bench.state.executors.get("e0")!.part, 1, 1e-9)
    assert.deepStrictEqual(ran(bench.step(runTask("whole", 41), runTask("next", 42))), ["whole@e0"])
    assert.deepStrictEqual(ran(bench.step(value(1))), ["s33@e0"])
    assert.deepStrictEqual(ran(bench.step({ _tag: "Suspended", attempt: 41, on: ["x"] })), ["next@e0"])
    assert.notInclude(tags(bench.step({ _tag: "Resumed", attempt: 41 })), "Continue")
    assert.include(tags(bench.step(value(42))), "Continue")
  })

  it("fractions start beside a whole job, and on executors without one first", () => {
    const bench = new Bench({ executors: 2 })
    const half = { spec: { slots: 0.5 } }
    bench.step(runTask("whole", 1))
    const commands = bench.step(...[2, 3, 4, 5, 6].map((n) => runTask(`f${n}`, n, half)))
    assert.deepStrictEqual(ran(commands), ["f2@e1", "f3@e1", "f4@e0", "f5@e0"])
    const loaded = new Bench({ executors: 2 })
    assert.deepStrictEqual(ran(loaded.step(runTask("f", 1, half))), ["f@e0"])
    assert.deepStrictEqual(ran(loaded.step(runTask("whole", 2))), ["whole@e1"])
  })

  it("a fraction resumes beside a whole job that asks for its slot in vain", () => {
    const bench = new Bench()
    const half = { spec: { slots: 0.5 } }
    bench.step(runTask("first", 1), runTask("second", 2), runTask("f", 3, half))
    bench.step({ _tag: "Suspended", attempt: 1, on: ["x"] }, { _tag: "Suspended", attempt: 3, on: ["x"] })
    const asked = bench.step({ _tag: "Resumed", attempt: 1 }, { _tag: "Resumed", attempt: 3 }, runTask("g", 4, half))
    assert.deepStrictEqual(asked.flatMap((c) => c._tag === "Continue" ? [c.attempt] : []), [3])
    assert.deepStrictEqual(ran(asked), ["g@e0"])
  })

  it("ten thousand waiting whole jobs hide no fraction, and cost it nothing", () => {
    const bench = new Bench()
    const first = Array.from({ length: 10_000 }, (_, n) => runTask(`w${n + 1}`, n + 1, { order: [-1, 0, n] }))
    assert.deepStrictEqual(ran(bench.step(...first)), ["w1@e0"])
    let looks = 0
    const front = bench.state.jobs.get(2)!
    Object.defineProperty(front, "state", { get: () => (looks++, { _tag: "Ready" }) })
    const commands = Worker.step(bench.state, [runTask("f", 20_000, { spec: { slots: 1 / 32 } })], bench.now)
    assert.deepStrictEqual(ran(commands), ["f@e0"])
    assert.strictEqual(looks, 0)
  })

  it("fractions are posted ahead behind fractions only", () => {
    const bench = new Bench({ config: { postAheadMillis: 5 } })
    const tiny = { spec: { slots: 1 / 2, group: "tiny" } }
    bench.step(runTask("whole", 1), runTask("a", 2, tiny))
    bench.after(1, value(2))
    const commands = bench.step(runTask("next", 3), ...[4, 5, 6].map((n) => runTask(`p${n}`, n, tiny)))
    assert.deepStrictEqual(ran(commands), ["p4@e0", "p5@e0", "p6@e0"])
    assert.deepStrictEqual(bench.state.executors.get("e0")!.posted, { whole: 0, part: 1 })
    assert.deepStrictEqual(ran(bench.step(value(1))), ["next@e0"])
    bench.step(value(4))
    assert.deepStrictEqual(bench.state.executors.get("e0")!.posted, { whole: 0, part: 0 })
  })

  it("tiny jobs of known duration are posted ahead, others never", () => {
    const bench = new Bench({ config: { postAheadMillis: 5 } })
    assert.deepStrictEqual(ran(bench.step(runTask("a", 1), runTask("b", 2))), ["a@e0"])
    assert.deepStrictEqual(ran(bench.after(2, value(1))), ["b@e0"])
    const more = bench.step(runTask("c", 3), runTask("d", 4), runTask("e", 5))
    assert.deepStrictEqual(ran(more), ["c@e0", "d@e0"])
    assert.deepStrictEqual(
      news(bench.step(note({ _tag: "RecallTask", key: "c", attempt: 3 }))),
      ["c RecallRefused"]
    )
    const died = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: undefined,
      detail: "boom",
      expected: false
    })
    assert.deepStrictEqual([...news(died)].sort(), [
      "b TaskDied",
      "c returned: executor ended",
      "d returned: executor ended"
    ])
  })
})

describe("recall and cancel", () => {
  it("gives back what has not started, with all that counts on it", () => {
    const bench = new Bench()
    bench.step(
      runTask("x", 1),
      runTask("a", 2),
      runTask("b", 3, { inputs: [input("a", 2, { ahead: true, holders: [] })] })
    )
    assert.deepStrictEqual(
      news(bench.step(note({ _tag: "RecallTask", key: "a", attempt: 2 }))),
      ["a returned: recalled", "b returned: input withdrawn"]
    )
    assert.deepStrictEqual(news(bench.step(note({ _tag: "RecallTask", key: "x", attempt: 1 }))), ["x RecallRefused"])
  })

  const cancelTask = (key: string, attempt: number, force = false) =>
    note({ _tag: "CancelTask", key, attempt, force, by: "c1", reason: "enough" })

  it("a cancelled attempt keeps its slot until its one end", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1), runTask("b", 2))
    const commands = bench.step(cancelTask("a", 1))
    assert.deepStrictEqual(tags(commands), ["Interrupt"])
    const end = bench.step(interrupted(1))
    assert.deepStrictEqual(news(end), ["a TaskEnded"])
    assert.deepStrictEqual(ran(end), ["b@e0"])
  })

  it("a value that comes all the same is told", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(cancelTask("a", 1))
    assert.deepStrictEqual(news(bench.step(value(1))), ["a held: computed"])
  })

  it("ends the executor after the grace period; innocents come back without blame", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1, { spec: { slots: 0.5 } }), runTask("b", 2, { spec: { slots: 0.5 } }))
    bench.step(cancelTask("a", 1))
    assert.notInclude(tags(bench.after(4_999)), "EndExecutor")
    assert.include(tags(bench.after(1)), "EndExecutor")
    const down = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: [1, 2],
      detail: "exit 1",
      expected: false
    })
    assert.deepStrictEqual([...news(down)].sort(), ["a TaskEnded", "b returned: executor ended"])
  })

  it("who submitted the one that did not end is to blame with it, as far up as they are there; others are not", () => {
    const bench = new Bench()
    const nested = (key: string, attempt: number, parent: number | undefined, timeout?: number) =>
      bench.step(runTask(key, attempt, { spec: { slots: 0.2, parent, timeout } }))
    nested("top", 1, undefined)
    nested("beside", 2, undefined)
    nested("middle", 3, 1)
    nested("sibling", 4, 1)
    bench.step({ _tag: "Suspended", attempt: 1, on: ["middle", "sibling"] })
    nested("deaf", 5, 3, 50)
    bench.step({ _tag: "Suspended", attempt: 3, on: ["deaf"] })
    assert.include(tags(bench.after(50)), "Interrupt")
    assert.include(tags(bench.after(5_000)), "EndExecutor")
    const down = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: [1, 2, 3, 4, 5],
      detail: "ended",
      expected: true
    })
    assert.sameMembers([...news(down)], [
      "deaf failed: TimedOut",
      "sibling returned: executor ended",
      "middle TaskDied",
      "beside returned: executor ended",
      "top TaskDied"
    ])
    assert.include(JSON.stringify(down), "deaf, which it had submitted, did not end when asked to")
  })

  it("force waits a tenth of a second, also after a gentle cancel", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(cancelTask("a", 1))
    bench.step(cancelTask("a", 1, true))
    assert.include(tags(bench.after(100)), "EndExecutor")
  })

  it("what was not started ends at once", () => {
    const bench = new Bench()
    bench.step(runTask("x", 1), runTask("a", 2))
    assert.deepStrictEqual(news(bench.step(cancelTask("a", 2))), ["a TaskEnded"])
  })

  it("an attempt that runs too long fails with TimedOut once it has ended", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1, { spec: { timeout: 50 } }))
    assert.include(tags(bench.after(50)), "Interrupt")
    assert.deepStrictEqual(news(bench.step(interrupted(1))), ["a failed: TimedOut"])
  })
})

describe("executors that die", () => {
  it("only what really ran is to blame", () => {
    const bench = new Bench()
    const half = { spec: { slots: 0.5 } }
    bench.step(runTask("a", 1, half), runTask("b", 2, half), runTask("c", 3, half))
    const down = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: [2],
      detail: "out of memory",
      expected: false
    })
    assert.deepStrictEqual([...news(down)].sort(), ["a returned: executor ended", "b TaskDied"])
    const info = told(down).find((note) => note._tag === "WorkerChanged")
    assert.strictEqual(info?._tag === "WorkerChanged" ? info.info.slots : -1, 0)
    const up = bench.step({ _tag: "ExecutorUp", executor: "e1", slots: 1, tasks: ["t"] })
    assert.deepStrictEqual(ran(up), ["c@e1"])
  })
})

describe("suspension", () => {
  const suspended = (attempt: number, ...on: ReadonlyArray<string>) => ({ _tag: "Suspended", attempt, on }) as const

  it("the slot goes first to what is waited for, inputs made here included, and resuming goes before starting", () => {
    const bench = new Bench()
    bench.step(
      runTask("parent", 1),
      runTask("other", 2),
      runTask("input", 3),
      runTask("child", 4, { inputs: [input("input", 3, { ahead: true, holders: [] })] })
    )
    const first = bench.step(suspended(1, "child"))
    assert.deepStrictEqual(news(first), ["parent TaskSuspended"])
    assert.deepStrictEqual(ran(first), ["input@e0"])
    assert.deepStrictEqual(ran(bench.step(value(3))), ["child@e0"])
    const last = bench.step({ _tag: "Resumed", attempt: 1 }, value(4))
    assert.deepStrictEqual(ran(last), [])
    assert.deepStrictEqual(last.flatMap((c) => c._tag === "Continue" ? [c.attempt] : []), [1])
    assert.deepStrictEqual(ran(bench.step(value(1))), ["other@e0"])
  })

  it("what is waited for and needs all of an executor is not starved by small jobs that nobody waits for", () => {
    const bench = new Bench()
    const small = { spec: { slots: 0.25 } }
    bench.step(runTask("parent", 1, small), runTask("a", 2, small))
    bench.step(suspended(1, "large"))
    assert.deepStrictEqual(ran(bench.step(runTask("b", 3, small), runTask("large", 4, { spec: { slots: 0.9 } }))), [])
    assert.deepStrictEqual(ran(bench.step(value(2))), ["large@e0"])
  })

  it("above the bound others start only after a while", () => {
    const bench = new Bench({ config: { suspendedMax: 1, suspendedPatience: 1_000 } })
    bench.step(runTask("parent", 1), runTask("other", 2))
    assert.deepStrictEqual(ran(bench.step(suspended(1, "elsewhere"))), [])
    assert.deepStrictEqual(ran(bench.after(999)), [])
    assert.deepStrictEqual(ran(bench.after(1)), ["other@e0"])
  })
})
