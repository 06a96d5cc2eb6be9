import { assert, describe, it } from "@effect/vitest"
import type { Door } from "creel"
import * as Render from "../src/Render.js"

const worker = (name: string, more: Partial<Door.WorkerView> = {}): Door.WorkerView => ({
  id: `w-${name}`,
  name,
  node: "n1",
  host: "box",
  status: "running",
  slots: 4,
  assigned: 1,
  values: 3,
  heldBytes: 2048,
  memory: { limit: 2 ** 30, managed: 3 * 2 ** 20, peak: 3 * 2 ** 20, spilled: 0, paused: false },
  processBytes: 200 * 2 ** 20,
  executors: [],
  resources: {},
  tasks: [],
  ...more
})

const group = (name: string, more: Partial<Door.GroupProgress> = {}): Door.GroupProgress => ({
  group: name,
  waiting: 0,
  queued: 0,
  running: 0,
  done: 5,
  erred: 0,
  total: 5,
  millisLeft: 0,
  ...more
})

const view: Render.Status = {
  scheduler: { namespace: "default", address: "10.0.0.1:7000", incarnation: 2 },
  members: [
    { id: "w1", kind: "worker", namespace: "default", node: "n1", host: "box" },
    { id: "c1", kind: "client", namespace: "default", node: "n1", host: "box" },
    { id: "c2", kind: "client", namespace: "default", node: "n2", host: "desk" }
  ],
  workers: [worker("a-0")],
  progress: [
    group("add", { running: 2, queued: 1, total: 8, millisLeft: 90_500 }),
    group("inc", { erred: 1, total: 6 })
  ],
  memory: []
}

describe("Render", () => {
  it("says in a few lines how a cluster is", () => {
    assert.deepStrictEqual(Render.status(view), [
      "default: 1 worker, 4 slots on 1 machine",
      "scheduler  10.0.0.1:7000, incarnation 2",
      "members    2 processes, 1 without workers",
      "tasks      2 running, 1 queued, 0 waiting, 10 done",
      "values     3 held, 0 B in memory",
      "           1 task failed"
    ])
  })

  it("says that nothing can run where there is no worker", () => {
    assert.include(
      Render.status({ ...view, workers: [] }).join("\n"),
      "there is no worker: nothing runs until a node brings one"
    )
    assert.deepStrictEqual(Render.workers([]), ["There is no worker. `creel node` brings some."])
  })

  it("lists workers by name, counted as people count", () => {
    const names = Render.workers([worker("a-10"), worker("a-9", { status: "suspect" })]).map((line) =>
      line.split(" ")[0]
    )
    assert.deepStrictEqual(names, ["WORKER", "a-9", "a-10"])
  })

  it("has columns stand below each other", () => {
    assert.deepStrictEqual(Render.workers([worker("a-0"), worker("longer", { resources: { gpu: 2 } })]), [
      "WORKER  STATUS   TASKS  VALUES              MEMORY  PROCESS  MACHINE  NODE  RESOURCES",
      "a-0     running    1/4       3  3.0 MiB of 1.0 GiB  200 MiB  box      n1    ",
      "longer  running    1/4       3  3.0 MiB of 1.0 GiB  200 MiB  box      n1    gpu=2"
    ])
  })

  it("lists tasks with the most work first", () => {
    assert.deepStrictEqual(
      Render.tasks([group("done"), group("busy", { queued: 3, total: 8, millisLeft: undefined })]),
      [
        "TASK  WAITING  QUEUED  RUNNING  DONE  FAILED  ALL  LEFT",
        "busy        0       3        0     5       0    8     ?",
        "done        0       0        0     5       0    5     -"
      ]
    )
  })

  it("marks words only with an ink", () => {
    const escape = "\u001b["
    assert.isFalse(Render.top(view).some((line) => line.includes(escape)))
    const coloured = Render.top(view, Render.colours)
    assert.isTrue(coloured.some((line) => line.includes(`${escape}32mrunning`)))

    assert.deepStrictEqual(coloured.map((line) => line.replace(/\u001b\[\d+m/g, "")), [...Render.top(view)])
  })

  it("passes no control characters of others on to the terminal", () => {
    const lines = Render.workers([worker("evil\u001b[2J\nname")])
    assert.strictEqual(lines.length, 2)
    assert.notInclude(lines.join(""), "\u001b")
  })

  it("draws no more rows and columns than there are", () => {
    const lines = Array.from({ length: 50 }, (_, n) => Render.colours.red(`line ${n} ${"x".repeat(100)}`))
    const frame = Render.frame(lines, { rows: 10, columns: 40 })
    const rows = frame.split("\n").slice(0, -1)
    assert.strictEqual(rows.length, 9)

    for (const row of rows) assert.isAtMost(row.replace(/\u001b\[[0-9]*[A-Za-z]/g, "").length, 40)
    assert.include(rows.at(-1)!, "42 more lines")
    assert.isTrue(frame.startsWith("\u001b[H") && frame.endsWith("\u001b[J"))
  })

  it("says an error in two lines: what happened, what to do", () => {
    assert.deepStrictEqual(Render.error("NoScheduler: nobody carries it. What to do: start a node."), [
      "creel: NoScheduler: nobody carries it",
      "  what to do: start a node"
    ])
  })
})
