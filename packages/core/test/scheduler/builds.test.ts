/** Two builds of one service side by side: a task runs only where its digest is. */
import * as Scheduler from "@creel/core/Scheduler"
import { assert, it } from "@effect/vitest"
import { drive, info, runOf, runs, spec } from "./drive.js"

const of = (build: string, key: string) => spec(key, [], { task: `price#${build}` })

it("what was submitted by either build runs on workers of that build, the rest on any", () => {
  const d = drive()
  d.join("old", { tasks: ["price#1", "same#0"] })
  d.join("new", { tasks: ["price#2", "same#0"] })
  d.connect("c")
  for (let n = 0; n < 20; n++) {
    const a = runOf(d.submit("c", [of("1", `a${n}`)]), `a${n}`)
    assert.strictEqual(a.to, "old")
    d.held("old", a.note)
    const b = runOf(d.submit("c", [of("2", `b${n}`)]), `b${n}`)
    assert.strictEqual(b.to, "new")
    d.held("new", b.note)
  }
  const shared = Array.from({ length: 4 }, (_, n) => spec(`s${n}`, [], { task: "same#0" }))
  assert.sameMembers([...new Set(runs(d.submit("c", shared)).map((run) => run.to))], ["old", "new"])
})

it("without a worker of its build it waits, says which build the others have, and runs when one joins", () => {
  const d = drive()
  d.join("old", { tasks: ["price#1"] })
  d.connect("c")
  d.submit("c", [of("2", "x")])
  const { state, summary } = Scheduler.explain(d.state, "x", d.now())
  assert.strictEqual(state, "Queued")
  assert.match(summary, /no worker has the task price#2: those here have another build of it, price#1/)
  const joined = runOf(d.join("new", { tasks: ["price#2"] }), "x")
  assert.strictEqual(joined.to, "new")
})

it("what waits for the build that is leaving fails after its grace as unknown, and says what to do", () => {
  const d = drive()
  d.join("old", { tasks: ["price#1"] })
  d.join("new", { tasks: ["price#2"] })
  d.connect("c")
  d.lost("old", true)
  d.submit("c", [of("1", "x"), of("2", "y")])
  const failed = d.pass(11_000).flatMap((one) => one._tag === "ToClient" ? one.notes : [])
  const told = failed.find((note) => note._tag === "TaskNotStored" && note.key === "x")
  assert.include(JSON.stringify(told), "another build of it, price#2")
  assert.isFalse(failed.some((note) => note._tag === "TaskNotStored" && note.key === "y"))
})

it("a worker that has a task again, and tells so with older news, is given it", () => {
  const d = drive()
  d.connect("c1")
  const first = runOf([...d.join("w1"), ...d.submit("c1", [spec("x")])], "x")
  const { attempt } = first.note
  const again = d.worker("w1", {
    _tag: "WorkerTold",
    info: info("w1"),
    values: [],
    jobs: [],
    outcomes: [{ _tag: "TaskReturned", key: "x", attempt, why: "no such task" }]
  })
  assert.strictEqual(runOf(again, "x").to, "w1")
})
