import { Note } from "@creel/core"
import * as Worker from "@creel/core/Worker"
import { assert, describe, it } from "@effect/vitest"
import { Bench, input, note, runTask, told, value } from "./fixture.js"

const activities = (commands: ReadonlyArray<Worker.Command>) =>
  told(commands).flatMap((one) => one._tag === "Activities" ? [one] : [])

/** What was told, a line each: what, of which key, in which lane, from when to when. */
const lines = (commands: ReadonlyArray<Worker.Command>) =>
  activities(commands).flatMap(({ columns, names }) =>
    columns.keys.map((key, row) => {
      const [kind, end] = [Note.activityKinds[columns.kinds[row]!], Note.activityEnds[columns.ends[row]!]]
      const since = columns.starts[row]! - 1_000
      return `${kind} ${end} ${key} ${names[columns.lanes[row]!]} ${since}+${columns.millis[row]!}`
    })
  )

const on = note({ _tag: "Watch", on: true })
const off = note({ _tag: "Watch", on: false })

describe("what is told to lookers-on", () => {
  it("is nothing, and costs no deadline, while nobody looks", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    const before = Worker.nextDeadline(bench.state)
    bench.step(value(1))
    assert.deepStrictEqual(lines(bench.after(900)), [])
    assert.isAtLeast(Worker.nextDeadline(bench.state)!, before!)
  })

  it("is what ran, a batch at a time, with its lane and how it ended", () => {
    const bench = new Bench({ executors: 2 })
    bench.step(on, runTask("a", 1), runTask("b", 2))
    assert.deepStrictEqual(lines(bench.after(50, value(1))), [])
    const failure = { reason: "Failed", key: "b", worker: "w1", by: undefined, detail: "no", cause: undefined } as const
    bench.after(50, {
      _tag: "RunEnded",
      attempt: 2,
      outcome: { _tag: "Failure", failure, tag: "No", verdict: "final" }
    })
    assert.strictEqual(Worker.nextDeadline(bench.state), 1_250)
    assert.deepStrictEqual(lines(bench.after(150)), ["compute done a e0 0+50", "compute failed b e1 0+100"])
    assert.deepStrictEqual(lines(bench.after(500)), [])
  })

  it("a batch that was told stays as it was", () => {
    const bench = new Bench()
    bench.step(on, runTask("a", 1))
    bench.after(50, value(1))
    const [first] = activities(bench.after(200))
    const before = JSON.stringify(first)
    bench.step(runTask("b", 2))
    bench.after(10, value(2))
    assert.deepStrictEqual(lines(bench.after(250)), ["compute done b e0 250+10"])
    assert.strictEqual(JSON.stringify(first), before)
  })

  it("jobs that came back together ran one after another", () => {
    const bench = new Bench({ config: { postAheadMillis: 100 } })
    bench.step(on, runTask("warm", 1))
    bench.after(10, { ...value(1), millis: 10 } as Worker.Event)
    bench.step(runTask("a", 2), runTask("b", 3))
    bench.after(30, { ...value(2), millis: 10 } as Worker.Event, { ...value(3), millis: 20 } as Worker.Event)
    assert.deepStrictEqual(lines(bench.after(200)), [
      "compute done warm e0 0+10",
      "compute done a e0 10+10",
      "compute done b e0 20+20"
    ])
  })

  it("is what was brought here, from whom, and what died", () => {
    const bench = new Bench()
    bench.step(on, runTask("a", 1, { inputs: [input("x", 9)] }))
    bench.after(40, { _tag: "FetchEnded", value: input("x", 9).value, from: "w2", ok: true, bytes: 10 })
    bench.after(10, { _tag: "ExecutorDown", executor: "e0", started: [1], detail: "exit 9", expected: false })
    assert.deepStrictEqual(lines(bench.after(200)), ["transfer done x w2 0+40", "compute died a e0 40+10"])
  })

  it("stops when it is told to, and with the session", () => {
    const bench = new Bench()
    bench.step(on, runTask("a", 1))
    bench.step(off, value(1))
    assert.deepStrictEqual(lines(bench.after(300)), [])
    bench.step(on, runTask("b", 2))
    bench.step({ _tag: "LinkReset", unacked: [] }, value(2))
    assert.deepStrictEqual(lines(bench.after(300)), [])
  })

  it("counts what is too much to tell", () => {
    const bench = new Bench({ slots: 5_000 })
    const attempts = Array.from({ length: 5_000 }, (_, at) => at + 1)
    bench.step(on, ...attempts.map((attempt) => runTask(`k${attempt}`, attempt)))
    bench.step(...attempts.map((attempt) => value(attempt)))
    const [batch] = activities(bench.after(200))
    assert.strictEqual(batch?.columns.keys.length, 4_096)
    assert.strictEqual(batch?.missed, 904)
  })

  it("of short tasks that are very many is told some, evenly spread, and of those that failed or were longer each", () => {
    const bench = new Bench({ slots: 5_000, config: { postAheadMillis: 100 } })
    const ran = (from: number, count: number, last: Worker.Event) => {
      const attempts = Array.from({ length: count }, (_, at) => from + at)
      bench.step(on, ...attempts.map((attempt) => runTask(`k${attempt}`, attempt)))
      bench.step(...attempts.slice(0, -1).map((attempt) => ({ ...value(attempt), millis: 0.5 } as Worker.Event)), last)
      const [batch] = activities(bench.after(200))
      return { told: batch!.columns, missed: batch!.missed }
    }
    const all = ran(1, 4_000, { ...value(4_000), millis: 0.5 } as Worker.Event)
    assert.deepStrictEqual([all.told.keys.length, all.missed], [4_000, 0])
    const long = { ...value(8_000), millis: 5 } as Worker.Event
    const some = ran(4_001, 4_000, long)
    assert.deepStrictEqual([some.told.keys.length, some.missed], [500, 3_500])
    assert.deepStrictEqual(some.told.keys.slice(-2), ["k7992", "k8000"])
    // Those in between ran too.
    assert.strictEqual(some.told.starts[11]! - some.told.starts[10]!, 4)
    const few = ran(8_001, 100, { ...value(8_100), millis: 0.5 } as Worker.Event)
    const every = ran(8_101, 100, { ...value(8_200), millis: 0.5 } as Worker.Event)
    assert.deepStrictEqual([few.missed, every.told.keys.length, every.missed], [87, 100, 0])
  })
})
