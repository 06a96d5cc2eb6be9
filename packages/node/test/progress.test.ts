import { Progress } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import { Deferred, Effect, Layer } from "effect"
import * as View from "../src/internal/progressView.js"

const group = (name: string, counts: Partial<Parameters<typeof View.isActive>[0]>) => {
  const all = { waiting: 0, queued: 0, running: 0, done: 0, erred: 0, millisLeft: undefined, ...counts }
  return { group: name, total: all.waiting + all.queued + all.running + all.done + all.erred, ...all }
}

const view: View.View = { width: 79, height: 10, color: false, unicode: true }

describe("progress", () => {
  it("is a line per group", () => {
    const lines = View.render([
      group("inc", { done: 10, running: 2, waiting: 5, queued: 3, millisLeft: 4200 }),
      group("multiply", { done: 1, erred: 1 })
    ], view)
    assert.deepStrictEqual(lines, [
      "inc      ████████████▒▒░░░░░░░░░░ 10/20  2 running  8 waiting  5s left",
      "multiply ████████████████████████   2/2  1 erred"
    ])
  })

  it("has a cell for whatever is there at all, and is full only at the end", () => {
    const [line = ""] = View.render([group("many", { done: 9997, erred: 1, running: 1, waiting: 1 })], {
      ...view,
      unicode: false
    })
    assert.strictEqual(line.slice(5, 29), `${"#".repeat(21)}!~.`)
  })

  it("is cut to the width, and to the height", () => {
    const groups = Array.from({ length: 9 }, (_, n) => group(`group-${n}`, { running: 1, waiting: 2 }))
    const lines = View.render(groups, { ...view, width: 30, height: 4 })
    assert.strictEqual(lines.length, 4)
    assert.strictEqual(lines[3], "… and 6 more")
    for (const line of lines) assert.isAtMost(line.length, 30)
  })

  it("colours after it has cut", () => {
    const [line = ""] = View.render([group("x", { done: 1, erred: 1 })], { ...view, color: true })
    assert.include(line, `\u001b[32m${"█".repeat(12)}\u001b[39m\u001b[31m${"█".repeat(12)}\u001b[39m`)
  })

  it("shows no name that moves the cursor", () => {
    const [line = ""] = View.render([group("\u001b[2Jevil\n", { done: 1 })], view)
    assert.isTrue(line.startsWith("?[2Jevil? "))
  })

  it("says time as people do", () => {
    assert.deepStrictEqual([1, 59_000, 61_000, 3_600_000, 7_380_000].map(View.duration), [
      "1s",
      "59s",
      "1m 01s",
      "1h 00m",
      "2h 03m"
    ])
  })

  it("draws over what it drew", () => {
    assert.strictEqual(View.redraw(0, ["a", "b"]), "\ra\u001b[K\n\rb\u001b[K\n")
    assert.strictEqual(View.redraw(2, ["c"]), "\u001b[2A\rc\u001b[K\n\u001b[J")
  })

  it("never moves backwards while values are released", () => {
    const before = [group("inc", { done: 8, running: 2 })]
    const after = View.steady(before, [group("inc", { done: 1, running: 1 })])
    assert.deepStrictEqual(after.map(({ done, total }) => [done, total]), [[9, 10]])
    const gone = View.steady(after, [])
    assert.deepStrictEqual(gone.map(({ done, running, total }) => [done, running, total]), [[10, 0, 10]])
    assert.deepStrictEqual(View.steady(gone, [group("inc", { running: 3 })]).map(({ total }) => total), [3])
  })

  it("says in a log when a group begins, goes on by a tenth, and ends", () => {
    const start = [group("inc", { waiting: 20 })]
    assert.deepStrictEqual(View.plainLines([], start), ["inc: 0/20 done, 20 waiting"])
    const one = [group("inc", { done: 1, waiting: 19 })]
    assert.deepStrictEqual(View.plainLines(start, one), [])
    const two = [group("inc", { done: 2, running: 1, waiting: 17, millisLeft: 61_000 })]
    assert.deepStrictEqual(View.plainLines(one, two), ["inc: 2/20 done, 1 running, 17 waiting, 1m 01s left"])
    assert.deepStrictEqual(View.plainLines(two, [group("inc", { done: 19, erred: 1 })]), ["inc: 20/20 done, 1 erred"])
  })

  const written = (tty: boolean, told: (text: string) => void = () => {}) => {
    let text = ""
    const output: Progress.Output = {
      isTTY: tty,
      columns: 80,
      rows: 24,
      write: (more) => {
        text += more
        told(text)
      }
    }
    return { output, text: () => text }
  }

  const double = Task.sync("double", (x: number) => x * 2)
  const wait = Task.make("wait", (_: number): Effect.Effect<number> => Effect.never)

  it.scopedLive("shows all groups at once for as long as its layer lives, a bar for each, on a terminal and in a log", () =>
    Effect.gen(function*() {
      yield* Client.gather(yield* Client.map(double, [1, 2]))
      yield* Client.map(wait, [1, 2, 3])
      for (const tty of [true, false]) {
        // On a terminal one below the other in one drawing, whichever is first.
        const bars = tty
          ? [/double #{24} 2\/2/, /wait {3}[~.]{24} 0\/3 .*(running|waiting)/]
          : [/^double: 2\/2 done$/m, /^wait: 0\/3 done, .*(running|waiting)/m]
        const drawings = (all: string) => tty ? all.split("\u001b[2A") : [all]
        const seen = yield* Deferred.make<void>()
        const { output, text } = written(tty, (all) => {
          if (drawings(all).some((one) => bars.every((bar) => bar.test(one)))) Deferred.unsafeDone(seen, Effect.void)
        })
        yield* Effect.scoped(Effect.zipRight(
          Layer.build(Progress.layerTerminal({ output, color: false, unicode: false, interval: "10 millis" })),
          Deferred.await(seen)
        ))
        assert.strictEqual(text().includes("\u001b"), tty)
      }
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(double, wait) }))))

  it.scopedLive("ends with everything done, on a terminal and in a log", () =>
    Effect.gen(function*() {
      for (const tty of [true, false]) {
        const { output, text } = written(tty)
        const futures = yield* Effect.forEach([1, 2, 3], (x) => Client.submit(double, x))
        yield* Progress.terminal(futures, { output, color: false, unicode: false })
        const last = text().trimEnd().split("\n").at(-1)?.split("\r").at(-1)?.replace("\u001b[K", "")
        assert.strictEqual(last, tty ? `double ${"#".repeat(24)} 3/3` : "double: 3/3 done")
        assert.strictEqual(text().includes("\u001b"), tty)
      }
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(double) }))))
})
