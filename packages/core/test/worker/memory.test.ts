import type { Note, Worker } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import { Bench, input, news, note, ran, runTask, told, value } from "./fixture.js"

type Memory = NonNullable<Worker.Config["memory"]>

const disk = 1_000_000

const make = (
  memory: Partial<Memory>,
  more?: { readonly executors?: number; readonly config?: Partial<Worker.Config> }
) =>
  new Bench({
    executors: more?.executors ?? 1,
    config: { ...more?.config, memory: { limit: 100_000, disk, ...memory } }
  })

const moves = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<string> =>
  commands.flatMap((command) =>
    command._tag === "Spill" || command._tag === "Load" || command._tag === "Fetch"
      ? [`${command._tag} ${command.value}`]
      : []
  )

const ended = (
  commands: ReadonlyArray<Worker.Command>,
  ok = true
): ReadonlyArray<Worker.Event> =>
  commands.flatMap((command): ReadonlyArray<Worker.Event> =>
    command._tag === "Spill" || command._tag === "Load"
      ? [{ _tag: command._tag === "Spill" ? "SpillEnded" : "LoadEnded", value: command.value, turn: command.turn, ok }]
      : []
  )

const got = (value: string, bytes: number, from = "w2"): Worker.Event => ({
  _tag: "FetchEnded",
  value,
  from,
  ok: true,
  bytes
})

/** Runs a job that makes a value of so many bytes. */
const makes = (bench: Bench, attempt: number, bytes: number): ReadonlyArray<Worker.Command> => {
  bench.step(runTask(`k${attempt}`, attempt))
  return bench.step(value(attempt, bytes))
}

const large = (key: string, attempt: number, bytes: number): Note.Input => input(key, attempt, { bytes })

describe("serving", () => {
  const serving = (value: string): Worker.Event => ({ _tag: "Serving", value })
  const served = (value: string): Worker.Event => ({ _tag: "Served", value })

  it("what is being read is not spilled under its readers, until the last is done", () => {
    const bench = make({})
    makes(bench, 1, 40_000)
    bench.step(serving("k1#0.1"), serving("k1#0.1"))
    makes(bench, 2, 20_000)
    // The next in line goes in its place.
    const third = makes(bench, 3, 10_000)
    assert.deepStrictEqual(moves(third), ["Spill k2#0.2"])
    bench.step(...ended(third))
    bench.step(served("k1#0.1"))
    assert.deepStrictEqual(moves(makes(bench, 4, 15_000)), ["Spill k3#0.3"])
    assert.deepStrictEqual(moves(bench.step(served("k1#0.1"))), [])
    assert.deepStrictEqual(moves(makes(bench, 5, 30_000)), ["Spill k4#0.4", "Spill k1#0.1"])
  })

  it("what was dropped while it is read counts until that is over", () => {
    const bench = make({})
    makes(bench, 1, 40_000)
    bench.step(serving("k1#0.1"))
    bench.step(note({ _tag: "DropValue", value: "k1#0.1" }))
    assert.deepStrictEqual([bench.state.heldBytes, bench.state.memory?.total], [0, 40_000])
    bench.step(served("k1#0.1"))
    assert.strictEqual(bench.state.memory?.total, 0)
    // Late or of something else, it changes nothing.
    bench.step(serving("k9#0.9"), served("k9#0.9"), served("k1#0.1"))
    assert.strictEqual(bench.state.memory?.total, 0)
  })
})

describe("the disk", () => {
  it("above target the least recently used value is spilled, and goes on being held", () => {
    const bench = make({})
    makes(bench, 1, 40_000)
    makes(bench, 2, 20_000)
    const third = makes(bench, 3, 10_000)
    assert.deepStrictEqual(moves(third), ["Spill k1#0.1"])
    assert.deepStrictEqual(news(bench.step(...ended(third))), [])
    assert.strictEqual(bench.state.memory?.here, 30_000)
    assert.strictEqual(bench.state.memory?.onDisk, 40_000)
    assert.strictEqual(bench.state.heldBytes, 70_000)
  })

  it("a value that was used last is spilled last", () => {
    const bench = make({})
    makes(bench, 1, 25_000)
    makes(bench, 2, 25_000)
    bench.step(runTask("reads", 3, { inputs: [large("k1", 1, 25_000)] }))
    bench.step(value(3, 10))
    assert.deepStrictEqual(moves(makes(bench, 4, 25_000)), ["Spill k2#0.2"])
  })

  it("a job begins when its input is back in memory", () => {
    const bench = make({})
    makes(bench, 1, 50_000)
    bench.step(...ended(makes(bench, 2, 20_000)))
    const asked = bench.step(runTask("reads", 3, { inputs: [large("k1", 1, 50_000)] }))
    assert.deepStrictEqual(moves(asked).slice(0, 1), ["Load k1#0.1"])
    assert.deepStrictEqual(ran(asked), [])
    assert.deepStrictEqual(ran(bench.step(...ended(asked))), ["reads@e0"])
  })

  it("what a job runs with is not spilled, whatever comes", () => {
    const bench = make({}, { executors: 2 })
    makes(bench, 1, 50_000)
    bench.step(runTask("reads", 2, { inputs: [large("k1", 1, 50_000)] }))
    assert.deepStrictEqual(moves(makes(bench, 3, 45_000)), ["Spill k3#0.3"])
  })

  it("a disk that refuses is left alone for a while; the value stays in memory, and nobody hears of it", () => {
    const bench = make({})
    const spill = makes(bench, 1, 70_000)
    assert.deepStrictEqual(moves(spill), ["Spill k1#0.1"])
    const refused = bench.step(...ended(spill, false))
    assert.deepStrictEqual([moves(refused), news(refused)], [[], []])
    assert.strictEqual(bench.state.memory?.here, 70_000)
    assert.deepStrictEqual(moves(bench.after(1_000)), [])
    assert.deepStrictEqual(moves(bench.after(5_000)), ["Spill k1#0.1"])
  })

  it("a value that cannot be read back is gone, its job goes back, and the scheduler hears of both", () => {
    const bench = make({})
    bench.step(...ended(makes(bench, 1, 70_000)))
    const asked = bench.step(runTask("reads", 2, { inputs: [large("k1", 1, 70_000)] }))
    assert.deepStrictEqual(news(bench.step(...ended(asked, false))), ["k1 ValueGone", "reads returned: unfetchable"])
    assert.strictEqual(bench.state.heldBytes, 0)
  })

  it("never holds more on disk than it may", () => {
    const bench = make({ disk: 50_000 })
    bench.step(...ended(makes(bench, 1, 40_000)))
    bench.step(...ended(makes(bench, 2, 40_000)))
    assert.strictEqual(bench.state.memory?.onDisk, 40_000)
    assert.deepStrictEqual(moves(makes(bench, 3, 40_000)), [])
  })

  it("news of a move that is out of date is nothing", () => {
    const bench = make({})
    const spill = makes(bench, 1, 70_000)
    bench.step(note({ _tag: "DropValue", value: "k1#0.1" }))
    assert.deepStrictEqual(bench.step(...ended(spill)), [])
    assert.deepStrictEqual([bench.state.memory?.here, bench.state.memory?.onDisk], [0, 0])
  })
})

describe("room", () => {
  it("is set aside for all inputs of a job at once: two jobs never each hold half of what both need", () => {
    const bench = make({ disk: 0 }, { executors: 2 })
    const first = bench.step(
      runTask("a", 10, { inputs: [large("x", 1, 35_000), large("y", 2, 35_000)] }),
      runTask("b", 11, { inputs: [large("u", 3, 35_000), large("v", 4, 35_000)] })
    )
    assert.deepStrictEqual(moves(first), ["Fetch x#0.1", "Fetch y#0.2"])
    assert.deepStrictEqual(ran(bench.step(got("x#0.1", 35_000), got("y#0.2", 35_000))), ["a@e0"])
    const next = bench.step(
      value(10, 10),
      note({ _tag: "DropValue", value: "x#0.1" }),
      note({ _tag: "DropValue", value: "y#0.2" })
    )
    assert.deepStrictEqual(moves(next), ["Fetch u#0.3", "Fetch v#0.4"])
  })

  it("goes to jobs in their order", () => {
    const bench = make({ disk: 0 })
    const commands = bench.step(
      runTask("later", 11, { order: [0, 1, 1], inputs: [large("u", 3, 70_000)] }),
      runTask("sooner", 10, { order: [0, 0, 2], inputs: [large("x", 1, 70_000)] })
    )
    assert.deepStrictEqual(moves(commands), ["Fetch x#0.1"])
  })

  it("above pause one job after another begins", () => {
    const bench = make({ disk: 0 }, { executors: 3 })
    makes(bench, 1, 90_000)
    const jobs = [2, 3, 4].map((attempt) => runTask(`k${attempt}`, attempt))
    assert.deepStrictEqual(ran(bench.step(...jobs)), ["k2@e0"])
    assert.deepStrictEqual(ran(bench.step(value(2, 10))), ["k3@e0"])
    assert.deepStrictEqual(ran(bench.step(note({ _tag: "DropValue", value: "k1#0.1" }))), ["k4@e1"])
  })

  it("what never fits fails and names the sizes, and others go on", () => {
    const bench = make({})
    const commands = bench.step(
      runTask("a", 10, { inputs: [large("x", 1, 80_000), large("y", 2, 30_000)] }),
      runTask("b", 11)
    )
    const failed = told(commands).find((note) => note._tag === "TaskFailed")
    assert.strictEqual(failed?.failure.reason, "MemoryExceeded")
    assert.match(failed?.failure.detail ?? "", /110000 bytes \(x: 80000, y: 30000\), more than the 100000/)
    assert.deepStrictEqual(ran(commands), ["b@e0"])
  })

  it("what never fits fails also when its inputs are made here, one by one", () => {
    const bench = make({ disk: 0 })
    const inputs = [1, 2, 3].map((attempt) => input(`k${attempt}`, attempt, { ahead: true, holders: [] }))
    bench.step(...[1, 2, 3].map((attempt) => runTask(`k${attempt}`, attempt)), runTask("all", 4, { inputs }))
    bench.step(value(1, 40_000))
    bench.step(value(2, 40_000))
    assert.deepStrictEqual(news(bench.step(value(3, 40_000))), ["k3 held: computed", "all failed: MemoryExceeded"])
  })

  it("is made before anything comes for the job that is next: others go to the disk, its own inputs stay", () => {
    const bench = make({})
    for (const attempt of [1, 2, 3]) makes(bench, attempt, 20_000)
    const spilling = bench.step(runTask("a", 10, {
      inputs: [large("k1", 1, 20_000), large("x", 9, 50_000)]
    }))
    assert.deepStrictEqual(moves(spilling), ["Spill k2#0.2", "Spill k3#0.3"])
    const coming = bench.step(...ended(spilling))
    assert.deepStrictEqual(moves(coming), ["Fetch x#0.9"])
    assert.deepStrictEqual(ran(bench.step(got("x#0.9", 50_000))), ["a@e0"])
    assert.strictEqual(bench.state.memory?.peak, 70_000)
  })

  it("is kept for what jobs make that are handed over ahead: as many as make what fits", () => {
    const bench = make({ disk: 0 }, { config: { postAheadMillis: 5 } })
    bench.step(runTask("k1", 1))
    bench.step(value(1, 20_000))
    const jobs = [2, 3, 4, 5, 6, 7, 8, 9].map((attempt) => runTask(`k${attempt}`, attempt))
    // One runs and two are posted behind it: with what is here that comes to pause.
    assert.strictEqual(ran(bench.step(...jobs)).length, 3)
    assert.strictEqual(ran(bench.step(note({ _tag: "DropValue", value: "k1#0.1" }))).length, 1)
    // What they make is less now, and so more are posted.
    assert.isAbove(ran(bench.step(value(2, 10), value(3, 10), value(4, 10))).length, 3)
  })

  it("is not given to what would come on top of results of jobs that are posted", () => {
    const bench = make({}, { config: { postAheadMillis: 5 } })
    bench.step(runTask("k1", 1))
    bench.step(value(1, 20_000))
    assert.strictEqual(ran(bench.step(runTask("k2", 2), runTask("k3", 3))).length, 2)
    assert.deepStrictEqual(moves(bench.step(runTask("a", 10, { inputs: [large("x", 9, 45_000)] }))), [])
    assert.deepStrictEqual(moves(bench.step(value(2, 10))), ["Fetch x#0.9", "Spill k1#0.1"])
  })

  it("above pause nothing begins while others go to the disk", () => {
    const bench = make({}, { executors: 2 })
    const spilling = makes(bench, 1, 90_000)
    assert.deepStrictEqual(moves(spilling), ["Spill k1#0.1"])
    assert.deepStrictEqual(ran(bench.step(runTask("k2", 2), runTask("k3", 3))), [])
    assert.deepStrictEqual(ran(bench.step(...ended(spilling))), ["k2@e0", "k3@e1"])
  })

  it("is not kept for a job that still waits for others: what is made for it is spilled until all is made", () => {
    const bench = make({})
    const inputs = [1, 2, 3].map((attempt) => input(`k${attempt}`, attempt, { ahead: true, holders: [] }))
    bench.step(...[1, 2, 3].map((attempt) => runTask(`k${attempt}`, attempt)), runTask("all", 4, { inputs }))
    // Below target it has room, and what it waits for stays.
    assert.deepStrictEqual(moves(bench.step(value(1, 30_000))), [])
    const spilling = bench.step(value(2, 35_000))
    assert.deepStrictEqual(moves(spilling), ["Spill k1#0.1"])
    bench.step(...ended(spilling))
    const loading = bench.step(value(3, 10_000))
    assert.deepStrictEqual(moves(loading), ["Load k1#0.1"])
    assert.deepStrictEqual(ran(bench.step(...ended(loading))), ["all@e0"])
    assert.strictEqual(bench.state.memory?.peak, 75_000)
  })

  it("is not waited for where the disk refuses", () => {
    const bench = make({})
    for (const attempt of [1, 2, 3]) makes(bench, attempt, 20_000)
    const spilling = bench.step(runTask("a", 10, { inputs: [large("x", 9, 50_000)] }))
    assert.deepStrictEqual(moves(spilling), ["Spill k1#0.1", "Spill k2#0.2"])
    assert.deepStrictEqual(moves(bench.step(...ended(spilling, false))), ["Fetch x#0.9"])
  })

  it("a job that alone is larger than what is left begins all the same, when nothing else goes on", () => {
    const bench = make({ disk: 0 })
    makes(bench, 1, 60_000)
    const commands = bench.step(runTask("a", 2, { inputs: [large("x", 9, 90_000)] }))
    assert.deepStrictEqual(moves(commands), ["Fetch x#0.9"])
  })

  it("a suspended attempt keeps nobody from beginning: what it waits for may be here", () => {
    const bench = make({ disk: 0 })
    bench.step(runTask("parent", 1))
    makes(bench, 2, 90_000)
    bench.step({ _tag: "Suspended", attempt: 1, on: ["child"] })
    bench.step(value(2, 90_000))
    assert.deepStrictEqual(ran(bench.step(runTask("child", 3))), ["child@e0"])
  })
})

describe("fetching", () => {
  it("stays within its bytes, and one that is larger than that goes alone", () => {
    const bench = new Bench({ config: { fetchBytesMax: 100 } })
    const first = bench.step(runTask("a", 10, { order: [0, 0, 1], inputs: [large("x", 1, 60)] }))
    assert.deepStrictEqual(moves(first), ["Fetch x#0.1"])
    assert.deepStrictEqual(moves(bench.step(runTask("b", 11, { inputs: [large("y", 2, 60), large("z", 3, 500)] }))), [])
    const then = [...moves(bench.step(got("x#0.1", 60))), ...moves(bench.step(got("y#0.2", 60), got("z#0.3", 500)))]
    assert.deepStrictEqual(then.sort(), ["Fetch y#0.2", "Fetch z#0.3"])
  })

  it("copies that were asked for come one by one where nothing could make room", () => {
    const bench = make({ disk: 0 })
    makes(bench, 1, 90_000)
    const ask = (key: string): Worker.Event =>
      note({
        _tag: "FetchValue",
        key,
        value: `${key}#c1`,
        digest: "d",
        bytes: 50_000,
        holders: ["c1"],
        inline: undefined,
        how: "scattered"
      })
    assert.deepStrictEqual(moves(bench.step(ask("s1"), ask("s2"))), ["Fetch s1#c1"])
    assert.deepStrictEqual(moves(bench.step(got("s1#c1", 50_000, "c1"))), ["Fetch s2#c1"])
  })
})
