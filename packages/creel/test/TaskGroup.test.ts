import { assert, describe, it } from "@effect/vitest"
import * as Task from "../src/Task.js"
import * as TaskGroup from "../src/TaskGroup.js"

const inc = Task.sync("inc", (x: number) => x + 1)
const add = Task.sync("add", (x: number, y: number) => x + y)
const dec = Task.sync("dec", (x: number) => x - 1)

const names = (group: TaskGroup.TaskGroup.Any): ReadonlyArray<string> => [...group.tasks.keys()]

describe("TaskGroup", () => {
  it("knows its tasks by name", () => {
    const group = TaskGroup.make(inc, add)
    assert.deepStrictEqual(names(group), ["inc", "add"])
    assert.strictEqual(group.tasks.get("add"), add)
    assert.isTrue(TaskGroup.isTaskGroup(group))
    assert.include(String(group), "inc")
  })

  it("merges", () => {
    const group = TaskGroup.make(inc).merge(TaskGroup.make(add), TaskGroup.make(dec))
    assert.deepStrictEqual(names(group), ["inc", "add", "dec"])
  })

  it("takes a task that comes by two ways once, under other options too", () => {
    assert.deepStrictEqual(names(TaskGroup.make(inc, inc)), ["inc"])
    assert.deepStrictEqual(names(TaskGroup.make(inc, inc.pipe(Task.with({ priority: 1 })))), ["inc"])
  })

  it("refuses two tasks of one name, and names both", () => {
    const other = Task.sync("inc", (x: string) => x)
    assert.throws(() => TaskGroup.make(inc, other), TaskGroup.DuplicateTask, "two tasks are named inc")
    assert.throws(() => TaskGroup.make(inc).merge(TaskGroup.make(other)), TaskGroup.DuplicateTask, inc.id)
  })

  it("collects what a module exports", () => {
    const exports = {
      inc,
      alias: inc,
      Group: TaskGroup.make(add),
      Contract: Task.contract("elsewhere"),
      helper: () => 1,
      version: "1"
    }
    assert.deepStrictEqual(names(TaskGroup.fromModule(exports)), ["inc", "add"])
    assert.throws(
      () => TaskGroup.fromModule({ inc, other: Task.sync("inc", () => 1) }),
      TaskGroup.DuplicateTask
    )
  })
})
