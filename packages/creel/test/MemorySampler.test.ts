import { assert, describe, it } from "@effect/vitest"
import { Client, type Door, MemorySampler, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/TestClock"
import { on } from "./LocalCluster.fixture.js"

const zeros = Task.sync("zeros", (length: number) => new Float64Array(length))

const worker = (more: Partial<Door.MemoryOfWorker>): Door.MemoryOfWorker => ({
  id: "w1",
  name: "w1",
  node: "n1",
  values: 1,
  heldBytes: 0,
  managed: 0,
  peak: undefined,
  spilled: 0,
  shared: undefined,
  process: undefined,
  rest: undefined,
  limit: undefined,
  paused: false,
  executors: [],
  ...more
})

const heaps = (...used: ReadonlyArray<number>): Door.MemoryOfWorker["executors"] =>
  used.map((heapUsed, n) => ({ executor: `t-${n}`, heapUsed, heapLimit: 100, processBytes: undefined }))

const samples = (label: string, start: number, managed: ReadonlyArray<number>): MemorySampler.Samples => ({
  label,
  points: managed.map((bytes, n) => ({ at: start + 100 * n, workers: [worker({ managed: bytes })] }))
})

describe("MemorySampler.sample", () => {
  it.scoped("looks before, on a period, and after", () =>
    Effect.gen(function*() {
      const { samples, value } = yield* Effect.gen(function*() {
        yield* TestClock.adjust("250 millis")
        const future = yield* Client.submit(zeros, 10_000)
        yield* Client.wait(future)
        yield* TestClock.adjust("100 millis")
        return future.key
      }).pipe(MemorySampler.sample("one array"))
      assert.isString(value)
      const [line] = MemorySampler.series(samples, { align: true, measure: "held" })
      assert.strictEqual(line!.label, "one array")
      assert.deepStrictEqual(line!.points.map((point) => point.at), [0, 100, 200, 300, 350])
      assert.deepStrictEqual(line!.points.slice(0, 3).map((point) => point.bytes), [0, 0, 0])
      for (const { bytes } of line!.points.slice(3)) assert.isAtLeast(bytes, 80_000)
    }).pipe(on({ workers: 2 }, zeros)))

  it.scoped("looks as often as it is told, and fails as what it samples fails", () =>
    Effect.gen(function*() {
      const failing = Effect.zipRight(TestClock.adjust("1 second"), Effect.fail("no"))
      const { samples, value } = yield* MemorySampler.sample("seldom", { interval: "1 minute" })(Effect.exit(failing))
      assert.deepStrictEqual(value, Exit.fail("no"))
      assert.strictEqual(samples.points.length, 2)
      assert.strictEqual(yield* Effect.flip(MemorySampler.sample("often")(failing)), "no")
    }).pipe(on({}, zeros)))
})

describe("MemorySampler.series", () => {
  it("by measure and by worker; the process of a node counts once", () => {
    const one: MemorySampler.Samples = {
      label: "a",
      points: [{
        at: 5,
        workers: [
          worker({ name: "x", managed: 10, shared: 6, spilled: 3, process: 100, rest: 70, executors: heaps(5, 6) }),
          worker({ name: "y", managed: 20, shared: 7, spilled: 4, process: 100, rest: 70, executors: heaps(7) }),
          worker({ name: "z", node: "n2", managed: 40, process: 200, rest: 160 })
        ]
      }]
    }
    const of = (options: MemorySampler.SeriesOptions) => MemorySampler.series(one, options)[0]!.points
    assert.deepStrictEqual(of({}), [{ at: 5, bytes: 70 }])
    assert.deepStrictEqual(of({ measure: "spilled" }), [{ at: 5, bytes: 7 }])
    assert.deepStrictEqual(of({ measure: "process" }), [{ at: 5, bytes: 300 }])
    assert.deepStrictEqual(of({ measure: "rest" }), [{ at: 5, bytes: 230 }])
    assert.deepStrictEqual(of({ measure: "shared" }), [{ at: 5, bytes: 13 }])
    assert.deepStrictEqual(of({ measure: "shared", worker: "z" }), [])
    assert.deepStrictEqual(of({ measure: "heaps" }), [{ at: 5, bytes: 18 }])
    assert.deepStrictEqual(of({ worker: "y" }), [{ at: 5, bytes: 20 }])
    assert.deepStrictEqual(of({ worker: "nobody" }), [])
    assert.deepStrictEqual(MemorySampler.series(samples("b", 5, [1]), { measure: "process" })[0]!.points, [])
  })
})

describe("MemorySampler.table", () => {
  const before = samples("before", 1000, [1, 2, 3])
  const after = samples("after", 1150, [10, 20])

  it("puts labels side by side, at the times they were sampled", () => {
    assert.deepStrictEqual(MemorySampler.table([before, after]), {
      labels: ["before", "after"],
      rows: [
        { at: 1000, bytes: [1, undefined] },
        { at: 1100, bytes: [2, undefined] },
        { at: 1150, bytes: [2, 10] },
        { at: 1200, bytes: [3, 10] },
        { at: 1250, bytes: [undefined, 20] }
      ]
    })
  })

  it("aligned, all begin at 0", () => {
    assert.deepStrictEqual(MemorySampler.table([before, after], { align: true }).rows, [
      { at: 0, bytes: [1, 10] },
      { at: 100, bytes: [2, 20] },
      { at: 200, bytes: [3, undefined] }
    ])
  })

  it("of nothing is empty", () => {
    assert.deepStrictEqual(MemorySampler.table([]), { labels: [], rows: [] })
    assert.deepStrictEqual(MemorySampler.table(samples("a", 1, [])), { labels: ["a"], rows: [] })
  })
})

describe("MemorySampler.svg", () => {
  const lines = (svg: string) => [...svg.matchAll(/class="line c\d"[^>]* d="M[^"]*L/g)].length
  const text = (svg: string) => [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map((found) => found[1])

  it("has a line for each label, axes with units, and a legend with peaks", () => {
    const svg = MemorySampler.svg([
      samples("before", 0, [0, 20 * 2 ** 20, 8 * 2 ** 20]),
      samples("after", 5000, [0, 10 * 2 ** 20, 4 * 2 ** 20])
    ])
    assert.strictEqual(lines(svg), 2)
    assert.include(svg, "prefers-color-scheme:dark")
    const said = text(svg)
    assert.include(said, "20 MiB")
    assert.include(said, "100 ms")
    assert.isTrue(said.some((one) => one!.includes("before") && one!.includes("peak 20 MiB")))
    assert.notInclude(said, "5 s")
    assert.include(
      text(MemorySampler.svg([samples("a", 0, [1, 2]), samples("b", 5000, [1, 2])], { align: false })),
      "5 s"
    )
  })

  it("of one label has a line for each measure that there is, and the limit", () => {
    const one: MemorySampler.Samples = {
      label: "a",
      points: [0, 1, 2].map((n) => ({
        at: n * 1000,
        workers: [worker({ managed: 900 * n, spilled: 100 * n, process: 3000, limit: 4096 })]
      }))
    }
    const svg = MemorySampler.svg(one)
    assert.strictEqual(lines(svg), 3)
    assert.include(text(svg), "limit 4 KiB")
    assert.strictEqual(lines(MemorySampler.svg(one, { measures: ["managed"] })), 1)
    assert.strictEqual(lines(MemorySampler.svg([one, one], { measures: ["managed", "process"] })), 4)
  })

  it("stands whatever it is given: nothing, one moment, hostile names, very many points", () => {
    assert.include(MemorySampler.svg([]), "nothing was sampled")
    assert.include(MemorySampler.svg(samples("a", 0, [])), "nothing was sampled")
    const all = [
      MemorySampler.svg(samples("a", 7, [0])),
      MemorySampler.svg([samples("<b>&\"\u0000\ud800", 0, [1, 2]), samples("", 0, [0, 0])]),
      MemorySampler.svg(samples("many", 0, Array.from({ length: 100_000 }, (_, n) => n % 1000)))
    ]
    for (const svg of all) {
      assert.notMatch(svg, /NaN|Infinity|undefined|<b>/)
      assert.isBelow(svg.length, 200_000)
    }
  })
})
