import { assert, describe, it } from "@effect/vitest"
import { Bench, news, note, ran, runTask, small, tags, told, value } from "./fixture.js"

const tired = { _tag: "ExecutorTired", executor: "e0" } as const
const up = (executor: string) => ({ _tag: "ExecutorUp", executor, slots: 1, tasks: ["t"] }) as const

const endings = (commands: ReturnType<Bench["step"]>) =>
  commands.flatMap((command) => command._tag === "EndExecutor" ? [`${command.executor} idle: ${command.idle}`] : [])

describe("a tired executor", () => {
  it("ends at once when it has nothing to do, and nobody is told of an attempt", () => {
    const bench = new Bench({ executors: 2 })
    const commands = bench.step(tired)
    assert.deepStrictEqual(endings(commands), ["e0 idle: true"])
    assert.deepStrictEqual(news(commands), [])
  })

  it("is given nothing more, ends what it has, and then is ended", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    const commands = bench.step(up("e1"), tired)
    assert.deepStrictEqual(endings(commands), [])
    const slots = told(commands).flatMap((note) => note._tag === "WorkerChanged" ? [note.info.slots] : [])
    assert.deepStrictEqual(slots, [2, 1])
    assert.deepStrictEqual(ran(bench.step(runTask("b", 2), runTask("c", 3))), ["b@e1"])
    const then = bench.step(value(1))
    assert.deepStrictEqual(news(then), ["a held: computed"])
    assert.deepStrictEqual(endings(then), ["e0 idle: true"])
    assert.deepStrictEqual(ran(bench.step(value(2))), ["c@e1"])
    // That it is down concerns nobody.
    const down = { _tag: "ExecutorDown", executor: "e0", started: [], detail: "", expected: true } as const
    assert.deepStrictEqual(news(bench.step(down)), [])
  })

  it("ends what was posted to it, and no job follows behind", () => {
    const bench = new Bench({ config: { postAheadMillis: 1_000 } })
    bench.step(runTask("a", 1))
    bench.step(small(1))
    assert.deepStrictEqual(ran(bench.step(runTask("b", 2), runTask("c", 3))), ["b@e0", "c@e0"])
    assert.deepStrictEqual(ran(bench.step(up("e1"), tired, runTask("d", 4))), ["d@e1"])
    assert.deepStrictEqual(endings(bench.step(small(2))), [])
    assert.deepStrictEqual(endings(bench.step(small(3))), ["e0 idle: true"])
  })

  it("lets suspended attempts go on, and what they wait for runs elsewhere", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step({ _tag: "Suspended", attempt: 1, on: ["b"] }, up("e1"), tired)
    assert.deepStrictEqual(ran(bench.step(runTask("b", 2))), ["b@e1"])
    bench.step(value(2))
    const resumed = bench.step({ _tag: "Resumed", attempt: 1 })
    assert.include(tags(resumed), "Continue")
    assert.deepStrictEqual(endings(bench.step(value(1))), ["e0 idle: true"])
  })

  it("that dies meanwhile costs its attempts what any death costs", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(up("e1"), tired)
    const commands = bench.step({
      _tag: "ExecutorDown",
      executor: "e0",
      started: [1],
      detail: "out of memory",
      expected: false
    })
    assert.deepStrictEqual(news(commands), ["a TaskDied"])
  })

  it("is ended by force when an attempt on it does not end", () => {
    const bench = new Bench()
    bench.step(runTask("a", 1))
    bench.step(up("e1"), tired)
    bench.step(note({ _tag: "CancelTask", key: "a", attempt: 1, force: true, by: "c1", reason: "" }))
    assert.deepStrictEqual(endings(bench.after(100)), ["e0 idle: undefined"])
  })

  it("is not asked twice", () => {
    const bench = new Bench({ executors: 2 })
    bench.step(tired)
    assert.deepStrictEqual(tags(bench.step(tired, { _tag: "ExecutorTired", executor: "nobody" })), [])
  })
})
