import { assert, describe, it } from "@effect/vitest"
import type * as Worker from "../../src/Worker.js"
import { Bench, input, interrupted, news, note, ran, runTask, small, tags, told, unready, value } from "./fixture.js"

/** A job behind the attempt before it, unless other makers are named. */
const link = (key: string, attempt: number, ...after: ReadonlyArray<readonly [key: string, attempt: number]>) =>
  runTask(key, attempt, { inputs: after.map(([of, by]) => input(of, by, { ahead: true, holders: [] })) })

/** One whose tasks are known to be tiny and to make small values. */
const bench = (options?: ConstructorParameters<typeof Bench>[0]): Bench => {
  const made = new Bench({ ...options, config: { postAheadMillis: 5, ...options?.config } })
  made.step(runTask("first", 1))
  made.step(small(1))
  return made
}

const posted = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<string> =>
  commands.flatMap((command) =>
    command._tag === "Run" ? [`${command.spec.key}<${command.ahead.join()}@${command.executor}`] : []
  )

describe("a chain", () => {
  it("is handed over whole, behind the first of its jobs, and says of each link what is still being made", () => {
    const w = bench()
    assert.deepStrictEqual(posted(w.step(runTask("a", 2), link("b", 3, ["a", 2]), link("c", 4, ["b", 3]))), [
      "a<@e0",
      "b<a#0.2@e0",
      "c<b#0.3@e0"
    ])
    assert.deepStrictEqual(news(w.step(small(2), small(3), small(4))), [
      "a held: computed",
      "b held: computed",
      "c held: computed"
    ])
    assert.strictEqual(w.state.jobs.size, 0)
  })

  it("goes on as room comes, and no further than the expected time allows", () => {
    const w = bench({ config: { postAheadMillis: 0.05 } })
    const links = Array.from(
      { length: 6 },
      (_, i) => link(`k${i}`, i + 2, ...(i === 0 ? [] : [[`k${i - 1}`, i + 1]] as const))
    )
    assert.deepStrictEqual(ran(w.step(...links)), ["k0@e0", "k1@e0", "k2@e0"])
    assert.deepStrictEqual(posted(w.step(small(2))), ["k3<k2#0.4@e0"])
    assert.deepStrictEqual(posted(w.step(small(3), small(4))), ["k4<k3#0.5@e0", "k5<k4#0.6@e0"])
  })

  it("is not posted where nothing is known of its tasks, or where they take long", () => {
    const fresh = new Bench({ config: { postAheadMillis: 5 } })
    assert.deepStrictEqual(ran(fresh.step(runTask("a", 2), link("b", 3, ["a", 2]))), ["a@e0"])
    assert.deepStrictEqual(ran(fresh.step(small(2, 100))), ["b@e0"])
    assert.deepStrictEqual(ran(fresh.step(link("c", 4, ["b", 3]))), [])
  })

  it("is not posted behind what makes large values: executors keep none", () => {
    const w = bench()
    w.step(runTask("big", 2))
    w.step(value(2, 5_000))
    assert.deepStrictEqual(ran(w.step(runTask("a", 3), link("b", 4, ["a", 3]))), ["a@e0"])
  })

  it("stays apart where its inputs are made on two executors, and joins there once one is left", () => {
    const w = bench({ executors: 2 })
    assert.deepStrictEqual(ran(w.step(runTask("a", 2), runTask("b", 3), link("ab", 4, ["a", 2], ["b", 3]))), [
      "a@e0",
      "b@e1"
    ])
    assert.deepStrictEqual(posted(w.step(small(2))), ["ab<b#0.3@e1"])
  })

  it("waits for its turn behind what is ready and comes first", () => {
    const w = bench()
    assert.deepStrictEqual(
      ran(w.step(runTask("a", 2), runTask("slow", 3, { spec: { group: "unknown" } }), link("b", 4, ["a", 2]))),
      ["a@e0"]
    )
    // Nobody is posted behind what may take long.
    assert.deepStrictEqual(ran(w.step(small(2))), ["slow@e0"])
    assert.deepStrictEqual(ran(w.step(small(3, 100))), ["b@e0"])
  })

  it("nothing more is posted behind what turned out to take long", () => {
    const w = bench()
    assert.deepStrictEqual(ran(w.step(runTask("a", 2), runTask("b", 3))), ["a@e0", "b@e0"])
    assert.deepStrictEqual(ran([...w.after(25), ...w.step(runTask("c", 4), link("d", 5, ["a", 2]))]), [])
    assert.deepStrictEqual(ran(w.step(small(2))), ["c@e0", "d@e0"])
  })

  it("of two that follow one, an idle executor gets the second unless it is tiny", () => {
    const two = (millis: number): ReadonlyArray<string> => {
      const w = new Bench({ executors: 2, config: { postAheadMillis: 5 } })
      w.step(runTask("first", 1))
      w.step(small(1, millis))
      return ran(w.step(runTask("a", 2), link("b", 3, ["a", 2]), link("c", 4, ["a", 2])))
    }
    assert.deepStrictEqual(two(2), ["a@e0", "b@e0"])
    assert.deepStrictEqual(two(0.1), ["a@e0", "b@e0", "c@e0"])
  })
})

describe("a job posted behind another", () => {
  it("comes back once when it was not ready, and is then handed over with all its inputs only", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]), link("c", 4, ["b", 3]))
    assert.deepStrictEqual(tags(w.step(unready(3), unready(4))), [])
    assert.deepStrictEqual(posted(w.step(small(2))), ["b<@e0"])
    // Its follower had come back as well: neither is tried again.
    assert.deepStrictEqual(posted(w.step(small(3))), ["c<@e0"])
  })

  it("keeps nothing up while it waits, not even its maker, which came back and was posted again behind it", () => {
    const w = bench()
    const jobs = [runTask("a", 2), runTask("b", 3), link("c", 4, ["a", 2]), runTask("d", 5), link("e", 6, ["c", 4])]
    assert.deepStrictEqual(ran(w.step(...jobs)), ["a@e0", "b@e0", "c@e0", "d@e0", "e@e0"])
    w.step(small(2), small(3))
    assert.deepStrictEqual(posted(w.step(unready(4))), ["c<@e0"])
    w.step(small(5))
    // Now `c` runs, and no longer than expected.
    const { state } = w.state.jobs.get(4)!
    assert.isTrue(state._tag === "Running" && !state.posted)
    assert.deepStrictEqual(news(w.after(20)), ["c TaskStarted"])
    assert.deepStrictEqual(news(w.step(small(4), small(6))), ["c held: computed", "e held: computed"])
  })

  it("is ready at once where the value it did not find is here", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]))
    assert.deepStrictEqual(posted(w.step(small(2), unready(3))), ["b<@e0"])
  })

  it("goes back with all behind it when its maker ends without a value, each once its executor has said so", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]), link("c", 4, ["b", 3]), link("d", 5, ["c", 4]))
    w.step(note({ _tag: "CancelTask", key: "a", attempt: 2, force: false, by: "c1", reason: "" }))
    assert.deepStrictEqual(news(w.step(interrupted(2))), ["a TaskEnded"])
    assert.deepStrictEqual(news(w.step(unready(3))), ["b returned: input withdrawn"])
    assert.deepStrictEqual(news(w.step(unready(4), unready(5))), [
      "c returned: input withdrawn",
      "d returned: input withdrawn"
    ])
    assert.strictEqual(w.state.jobs.size, 0)
  })

  it("is cancelled as what runs is, and ends once whichever way it comes back", () => {
    for (const answer of [interrupted(3), unready(3)]) {
      const w = bench()
      w.step(runTask("a", 2), link("b", 3, ["a", 2]))
      const commands = w.step(note({ _tag: "CancelTask", key: "b", attempt: 3, force: false, by: "c1", reason: "" }))
      assert.deepStrictEqual(tags(commands), ["Interrupt"])
      assert.deepStrictEqual(news(w.step(answer)), ["b TaskEnded"])
      assert.deepStrictEqual(news(w.step(small(2))), ["a held: computed"])
    }
  })

  it("cannot be recalled, and is not to blame when its executor dies before it began", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]))
    assert.deepStrictEqual(news(w.step(note({ _tag: "RecallTask", key: "b", attempt: 3 }))), ["b RecallRefused"])
    const down = w.step({ _tag: "ExecutorDown", executor: "e0", started: undefined, detail: "exit 1", expected: false })
    assert.deepStrictEqual(news(down), ["b returned: executor ended", "a TaskDied"])
  })

  it("is asked back when its maker suspends, with all behind it: what the maker waits for must find room", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]), link("c", 4, ["b", 3]))
    const commands = w.step({ _tag: "Suspended", attempt: 2, on: ["child"] }, runTask("child", 5))
    assert.deepStrictEqual(tags(commands), ["Interrupt", "Interrupt", "Run", "Tell"])
    assert.deepStrictEqual(news(w.step(interrupted(3), unready(4))), [])
    assert.deepStrictEqual(news(w.step(small(5), { _tag: "Resumed", attempt: 2 })), [
      "child held: computed",
      "a TaskResumed"
    ])
    assert.deepStrictEqual(posted(w.step(small(2))), ["b<@e0"])
    assert.deepStrictEqual(posted(w.step(small(3))), ["c<@e0"])
  })

  it("may have begun before it heard that it was asked back", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]))
    w.step({ _tag: "Suspended", attempt: 2, on: ["child"] })
    w.step({ _tag: "Resumed", attempt: 2 })
    assert.deepStrictEqual(news(w.step(small(2), small(3))), ["a held: computed", "b held: computed"])
  })

  it("is told as one that gathers, until its inputs are made", () => {
    const w = bench()
    w.step(runTask("a", 2), link("b", 3, ["a", 2]))
    const states = () =>
      told(w.step({ _tag: "LinkReset", unacked: [] })).flatMap((note) =>
        note._tag === "WorkerTold" ? note.jobs.map((job) => job.state) : []
      )
    assert.deepStrictEqual(states(), ["Running", "Gathering"])
    w.step(small(2))
    assert.deepStrictEqual(states(), ["Running"])
  })

  it("gives its timeout anew when it is handed over anew", () => {
    const w = bench()
    w.step(runTask("a", 2))
    w.step(runTask("b", 3, { inputs: [input("a", 2, { ahead: true, holders: [] })], spec: { timeout: 100 } }))
    // The books begin it when its maker ends; its executor says otherwise only later.
    w.step(small(2))
    assert.deepStrictEqual(posted(w.after(90, unready(3))), ["b<@e0"])
    assert.notInclude(tags(w.after(20)), "Interrupt")
    assert.include(tags(w.after(80)), "Interrupt")
  })
})
