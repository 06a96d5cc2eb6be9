import * as Scheduler from "@creel/core/Scheduler"
import { assert, it } from "@effect/vitest"
import { drive, runOf, spec } from "./drive.js"

const demand = (sim: ReturnType<typeof drive>, node = "w1") => Scheduler.demand(sim.state, node, sim.now())

it("without workers all that is queued counts, as long as unknown tasks are believed to take", () => {
  const sim = drive()
  sim.connect("c")
  sim.submit("c", Array.from({ length: 250 }, (_, n) => spec(`k${n}`)))
  const { parallel, work } = demand(sim)
  assert.strictEqual(parallel, 250)
  assert.strictEqual(work, 25_000)
})

it("what was given out counts with what is queued, and what waits for inputs is not to be done at once", () => {
  const sim = drive()
  sim.connect("c")
  sim.join("w1")
  sim.submit("c", [spec("a"), spec("b"), spec("c"), spec("d"), spec("after", ["a"])])
  const { parallel, work, workers } = demand(sim)
  assert.strictEqual(parallel, 4)
  assert.isAtLeast(work, 400)
  assert.strictEqual(workers.length, 1)
  assert.isAbove(workers[0]!.attempts, 0)
})

it("what runs for long is believed to take as long again, and so are its like", () => {
  const sim = drive()
  sim.connect("c")
  sim.join("w1")
  const run = runOf(sim.submit("c", [spec("a"), spec("b"), spec("c")]), "a")
  sim.started("w1", run.note)
  sim.jump(10_000)
  // Ten seconds more of the one that runs, ten of each of the two that wait.
  assert.strictEqual(demand(sim).work, 30_000)
})

it("queued for others alone, it is none of ours", () => {
  const sim = drive()
  sim.connect("c")
  sim.join("w1")
  sim.join("w2", { tasks: ["u"] })
  const many = Array.from({ length: 50 }, (_, n) => spec(`u${n}`, [], { task: "u" }))
  sim.submit("c", many)
  assert.isBelow(demand(sim, "w1").parallel, 10)
  assert.strictEqual(demand(sim, "w2").parallel, 50)
  assert.strictEqual(demand(sim, "new").parallel, 50)
})

it("that a number was changed is written down", () => {
  const sim = drive()
  sim.step({ _tag: "Scaled", node: "n1", detail: "2 → 5 because" })
  assert.deepStrictEqual(Scheduler.story(sim.state, "n1").map(({ detail, what }) => [what, detail]), [[
    "scaled",
    "2 → 5 because"
  ]])
})
