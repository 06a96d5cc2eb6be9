import { Report } from "@creel/dashboard"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

const square = Task.sync("square", (x: number) => x * x)
const broken = Task.sync("<broken> & \"quoted\"", (why: string): number => {
  throw new Error(why)
})

const cluster = LocalCluster.layer({ tasks: TaskGroup.make(square, broken) })

/** Files that stay in memory. */
const files = () => {
  const written = new Map<string, string>()
  const service = FileSystem.layerNoop({
    writeFileString: (path, text) => Effect.sync(() => void written.set(path, text))
  })
  return { written, service }
}

describe("a report", () => {
  it.scopedLive("has what ran, what failed and why, though nobody wants it any more", () =>
    Effect.gen(function*() {
      const { recording, value } = yield* Effect.gen(function*() {
        const squares = yield* Client.gather(yield* Client.map(square, [1, 2, 3]))
        yield* Effect.exit(Client.run(broken, "</pre><script>alert(1)</script>"))
        return squares
      }).pipe(Effect.scoped, Report.record({ title: "Three squares" }))
      assert.deepStrictEqual(value, [1, 4, 9])
      assert.strictEqual(recording.rows.filter((row) => row.group === "square").length, 3)
      assert.deepStrictEqual(recording.failures.map((one) => one.reason), ["Failed"])
      const page = Report.html(recording)
      assert.include(page, "Three squares")
      assert.include(page, "&lt;broken&gt; &amp; &quot;quoted&quot;")
      assert.include(page, "report.test")
      // Whatever a task or an error is called, it is text.
      assert.notMatch(page, /<script|<img|<link|src=|href=|@import|url\(/)
    }).pipe(Effect.provide(cluster)))

  it.scopedLive("is written however the program ends", () =>
    Effect.gen(function*() {
      const { service, written } = files()
      const exit = yield* Client.run(broken, "no").pipe(
        Report.toFile("report.html"),
        Effect.provide(service),
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.match(written.get("report.html") ?? "", /^<!doctype html>[\s\S]*<\/html>\n$/)
    }).pipe(Effect.provide(cluster)))

  it("stands nothing, very much, and clocks that disagree", () => {
    const empty: Report.Recording = {
      title: "nothing",
      began: 1_000,
      ended: 1_000,
      workers: [],
      rows: [],
      missed: 0,
      memory: [],
      events: [],
      failures: []
    }
    assert.notInclude(Report.html(empty), "NaN")
    // Who a worker is, is said by its name.
    const taken = { at: 2_000, what: "recalled", key: "k1", peer: "w1", detail: "w2", millis: undefined }
    const workers = [{ id: "w1", name: "one", slots: 1 }, { id: "w2", name: "two", slots: 1 }]
    assert.include(Report.html({ ...empty, workers, events: [taken] }), "one · for two")
    const rows = Array.from({ length: 200_000 }, (_, at): Report.Recording["rows"][number] => ({
      kind: "compute",
      end: "done",
      key: `k${at}`,
      group: "tiny",
      worker: "one",
      workerId: "w1",
      lane: "e0",
      start: 1_000 - 500 + at * 0.05,
      millis: 0.04,
      bytes: 8
    }))
    const page = Report.html({
      ...empty,
      rows,
      ended: 11_000,
      missed: 3,
      workers: [{ id: "w1", name: "one", slots: 1 }]
    })
    assert.notInclude(page, "NaN")
    assert.include(page, "200,000")
    assert.include(page, "3 more things were done than are recorded here")
    // What is too narrow to be seen apart is drawn together.
    assert.isBelow(page.length, 1_000_000)
  })
})
