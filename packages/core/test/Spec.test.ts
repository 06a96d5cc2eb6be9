/** How specs are made, and those that need several tasks: where they may run, and what becomes of them where they may not. */
import * as Payload from "@creel/core/Payload"
import * as Scheduler from "@creel/core/Scheduler"
import * as Spec from "@creel/core/Spec"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, spec, toWorkers } from "./scheduler/drive.js"
import { Bench, news, ran, runTask } from "./worker/fixture.js"

describe("Spec.make", () => {
  it("asks for nothing that was not said, and for all that was", () => {
    const plain = Spec.make({ key: "k", digest: "d", task: "t#1" })
    assert.deepInclude(plain, { group: "t#1", inputs: [], slots: 1, priority: 0, soft: false })
    assert.isUndefined(
      plain.workers ?? plain.resources ?? plain.retry ?? plain.timeout ?? plain.parent ?? plain.outward
    )
    const special: Spec.Spec = {
      ...plain,
      group: "g",
      args: Payload.copyOf(new Uint8Array([7])),
      inputs: ["i"],
      priority: 2,
      slots: 0.5,
      workers: ["w"],
      soft: true,
      resources: { gpu: 1 },
      retry: { times: 1, delay: 0, factor: 1, maxDelay: 0, jitter: 0, tags: undefined },
      timeout: 5,
      parent: 9,
      outward: { trace: undefined, annotations: { a: "b" }, logLevel: "Info" }
    }
    assert.deepStrictEqual(Spec.make(special), special)
  })
})

describe("Spec", () => {
  it("several tasks are one string, each once, and the first stays the first", () => {
    assert.strictEqual(Spec.join(["map#1", "inc#2"]), "map#1+inc#2")
    assert.strictEqual(Spec.join(["map#1", "inc#2", "map#1", "add#3", "inc#2"]), "map#1+add#3+inc#2")
    assert.strictEqual(Spec.join(["map#1"]), "map#1")
    assert.deepStrictEqual(Spec.tasksOf("map#1+inc#2"), ["map#1", "inc#2"])
    assert.strictEqual(Spec.first("map#1+inc#2"), "map#1")
    assert.strictEqual(Spec.first("map#1"), "map#1")
  })

  it("names may have any character in them", () => {
    const names = ["c++#1a", "a+b#2", "x#y+z#3", "+#4"]
    assert.deepStrictEqual(Spec.tasksOf(["c++#1a", "a+b#2", "+#4"].join("+")), ["c++#1a", "a+b#2", "+#4"])
    for (const name of names) assert.isTrue(Spec.covers(new Set([name]), name))
  })

  it("covers: all of them, and not what was refused", () => {
    const tasks = new Set(["map#1", "inc#2"])
    assert.isTrue(Spec.covers(tasks, "map#1"))
    assert.isTrue(Spec.covers(tasks, "map#1+inc#2"))
    assert.isFalse(Spec.covers(tasks, "map#1+add#3"))
    assert.isFalse(Spec.covers(tasks, "add#3"))
    assert.isFalse(Spec.covers(new Set([...tasks, Spec.refusal("map#1+inc#2")]), "map#1+inc#2"))
    assert.isTrue(Spec.isRefusal(Spec.refusal("map#1+inc#2")))
    assert.isFalse(Spec.isRefusal("not a task#1"))
  })

  describe("on the scheduler", () => {
    const both = { task: "map#1+inc#2", group: "map" }

    it("only a worker that has all of them is given it", () => {
      const d = drive()
      d.join("w1", info("w1", { tasks: ["map#1"] }))
      d.join("w2", info("w2", { tasks: ["inc#2", "map#1", "t"] }))
      d.connect("c1")
      assert.strictEqual(runOf(d.submit("c1", [spec("x", [], both)]), "x").to, "w2")
      const special = spec("y", [], { ...both, resources: { gpu: 0.5 } })
      d.join("w3", info("w3", { tasks: ["inc#2", "map#1"], resources: { gpu: 1 } }))
      assert.strictEqual(runOf(d.submit("c1", [special]), "y").to, "w3")
    })

    it("says which of them nobody has", () => {
      const d = drive()
      d.join("w1", info("w1", { tasks: ["map#1"] }))
      d.connect("c1")
      d.submit("c1", [spec("x", [], both)])
      assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /no worker knows the task inc#2: they know map#1/)
      d.join("w2", info("w2", { tasks: ["inc#2"] }))
      assert.match(Scheduler.explain(d.state, "x", d.now()).summary, /no worker has all the tasks that it needs/)
    })

    it("a worker that refuses them together is not asked again for those, and goes on with each", () => {
      const d = drive()
      const tasks = ["map#1", "inc#2"]
      d.join("w1", info("w1", { tasks }))
      d.connect("c1")
      const x = runOf(d.submit("c1", [spec("x", [], both)]), "x")
      assert.deepStrictEqual(toWorkers(d.returned("w1", x.note, "no such task")), [])
      assert.strictEqual(runOf(d.submit("c1", [spec("y", [], { task: "inc#2" })]), "y").to, "w1")
      // It says anew what it has, and is asked anew.
      const again = d.worker("w1", { _tag: "WorkerChanged", info: info("w1", { tasks, slots: 2 }) })
      assert.strictEqual(runOf(again, "x").to, "w1")
    })
  })

  describe("on a worker", () => {
    const both = { spec: { task: "map#1+inc#2" } }

    it("an executor that has all of them runs it", () => {
      const bench = new Bench({ tasks: ["map#1", "inc#2"] })
      assert.deepStrictEqual(ran(bench.step(runTask("a", 1, both))), ["a@e0"])
    })

    it("comes back where no executor has them together", () => {
      const bench = new Bench({ tasks: ["map#1"] })
      bench.step({ _tag: "ExecutorUp", executor: "other", slots: 1, tasks: ["inc#2"] })
      assert.sameMembers([...bench.state.info.tasks], ["map#1", "inc#2"])
      assert.deepStrictEqual(news(bench.step(runTask("a", 1, both))), ["a returned: no such task"])
      bench.step({ _tag: "ExecutorUp", executor: "whole", slots: 1, tasks: ["inc#2", "map#1"] })
      assert.deepStrictEqual(ran(bench.step(runTask("a", 2, both))), ["a@whole"])
    })
  })
})
