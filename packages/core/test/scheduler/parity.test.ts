/** What a scheduler of futures is measured by elsewhere: where data weighs, who helps whom, and who is left in peace. */
import type { RunTask } from "@creel/core/Note"
import type * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec, toWorkers } from "./drive.js"

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/**
 * A cluster whose workers run one task at a time in the order they were given them, each as long as its group takes, and
 * give back what they are asked for unless it runs.
 */
const play = (millisOf: (run: RunTask) => number, bytes = 10_000) => {
  const d = drive()
  d.connect("c1")
  const queues = new Map<string, Array<{ readonly run: RunTask; due: number | undefined }>>()
  const ran = new Map<string, Array<string>>()
  let recalls = 0
  const recalled = new Map<string, number>()

  const heed = (commands: ReadonlyArray<Scheduler.Command>): void => {
    for (const { note, to } of toWorkers(commands)) {
      const queue = queues.get(to)
      if (queue === undefined) continue
      if (note._tag === "RunTask") queue.push({ run: note, due: undefined })
      if (note._tag === "RecallTask") {
        recalls++
        const at = queue.findIndex((job) => job.run.attempt === note.attempt)
        const job = queue[at]
        if (job === undefined || job.due !== undefined) {
          heed(d.worker(to, { _tag: "RecallRefused", key: note.key, attempt: note.attempt }))
        } else {
          queue.splice(at, 1)
          recalled.set(note.key, (recalled.get(note.key) ?? 0) + 1)
          heed(d.returned(to, job.run, "recalled"))
        }
      }
    }
    for (const [id, queue] of queues) {
      const next = queue[0]
      if (next === undefined || next.due !== undefined) continue
      next.due = d.now() + millisOf(next.run)
      heed(d.started(id, next.run))
    }
  }

  /** The next thing that ends, ends; `false` when nothing runs. */
  const once = (): boolean => {
    const running = [...queues].flatMap(([id, [job]]) => job?.due === undefined ? [] : [{ id, job, due: job.due }])
    const next = running.sort((a, b) => a.due - b.due)[0]
    if (next === undefined) return false
    heed(d.pass(Math.max(0, next.due - d.now())))
    queues.get(next.id)!.shift()
    ran.get(next.id)!.push(next.job.run.spec.key)
    heed(d.held(next.id, next.job.run, { bytes, millis: millisOf(next.job.run) }))
    return true
  }

  return {
    d,
    ran,
    heed,
    recalls: () => recalls,
    recalled,
    join: (id: string) => {
      queues.set(id, [])
      ran.set(id, [])
      heed(d.join(id))
    },
    once,
    all: () => {
      while (once()) {
        // Until nothing runs any more.
      }
    },
    count: (id: string, group: string) => ran.get(id)!.filter((key) => key.startsWith(group)).length
  }
}

describe("where data weighs", () => {
  it("small data moves to large data: of ten tasks on both, nine or more run where the large one is", () => {
    const p = play(() => 10)
    p.join("w1")
    p.join("w2")
    const at = (worker: string) => ({ workers: [worker], group: "data" })
    const data = p.d.submit("c1", [spec("large", [], at("w1")), spec("small", [], at("w2"))])
    p.d.held("w1", runOf(data, "large").note, { bytes: 100_000_000 })
    p.d.held("w2", runOf(data, "small").note, { bytes: 28 })
    const out = p.d.submit("c1", range(10).map((n) => spec(`t${n}`, ["large", "small"], { group: "t" })))
    const there = runs(out).filter((one) => one.to === "w1").length
    assert.isAtLeast(there, 9)
    assert.isAbove(runOf(out, "t0").note.inputs.find((input) => input.key === "small")!.holders.length, 0)
  })

  it("quick work on large data stays with it: nobody steals it, nothing is copied", () => {
    // 800 MB: seconds of transfer, against a few milliseconds of queue.
    const p = play((run) => run.spec.group === "data" ? 50 : 1, 800_000_000)
    p.join("w1")
    p.heed(p.d.submit("c1", [spec("array", [], { group: "data" })]))
    p.all()
    p.heed(p.d.submit("c1", range(12).map((n) => spec(`sum${n}`, ["array"], { group: "sum" }))))
    p.join("w2")
    p.all()
    assert.deepStrictEqual([p.count("w1", "sum"), p.count("w2", "sum")], [12, 0])
    assert.strictEqual(p.recalls(), 0)
  })
})

describe("who helps whom", () => {
  it("slow work on small data is shared about evenly with a worker that comes later", () => {
    const p = play((run) => run.spec.group === "slow" ? 100 : 10)
    p.join("w1")
    p.heed(p.d.submit("c1", [spec("x", [], { group: "data" }), spec("warm", [], { group: "slow" })]))
    p.all()
    p.heed(p.d.submit("c1", range(30).map((n) => spec(`slow${n}`, ["x"], { group: "slow" }))))
    p.join("w2")
    p.all()
    const [a, b] = [p.count("w1", "slow"), p.count("w2", "slow")]
    assert.strictEqual(a + b, 30)
    assert.isAtMost(Math.abs(a - b), 5)
  })

  it("ten workers and a hundred tasks that were all given to one: each does its part", () => {
    const p = play((run) => run.spec.group === "slow" ? 100 : 10)
    p.join("w0")
    p.heed(p.d.submit("c1", [spec("x", [], { group: "data" }), spec("warm", [], { group: "slow" })]))
    p.all()
    p.heed(p.d.submit("c1", range(100).map((n) => spec(`slow${n}`, ["x"], { group: "slow" }))))
    for (const n of range(9)) p.join(`w${n + 1}`)
    p.all()
    const parts = range(10).map((n) => p.count(`w${n}`, "slow"))
    assert.strictEqual(parts.reduce((a, b) => a + b, 0), 100)
    for (const part of parts) assert.isTrue(part > 2 && part < 30, parts.join())
  })

  it("a worker that comes in the middle gets work, and everything is done once", () => {
    const p = play(() => 50)
    p.join("w1")
    p.heed(p.d.submit("c1", range(40).map((n) => spec(`k${n}`))))
    for (const _ of range(5)) p.once()
    p.join("w2")
    p.all()
    const done = [...p.ran.values()].flat()
    assert.strictEqual(done.length, 40)
    assert.strictEqual(new Set(done).size, 40)
    assert.isAbove(p.count("w2", "k"), 10)
  })
})

describe("who is left in peace", () => {
  it("two hundred trivial tasks on ten workers: nobody asks anybody for anything", () => {
    const p = play(() => 0.5)
    for (const n of range(10)) p.join(`w${n}`)
    p.heed(p.d.submit("c1", range(10).map((n) => spec(`warm${n}`, [], { group: "trivial" }))))
    p.all()
    p.heed(p.d.submit("c1", range(200).map((n) => spec(`k${n}`, [], { group: "trivial" }))))
    p.all()
    assert.strictEqual([...p.ran.values()].flat().length, 210)
    assert.strictEqual(p.recalls(), 0)
  })

  it("what was moved once does not come back: no task goes to and fro", () => {
    const p = play((run) => run.spec.group === "slow" ? 100 : 10)
    p.join("w1")
    p.join("w2")
    p.heed(p.d.submit("c1", [spec("x", [], { group: "data" }), spec("warm", [], { group: "slow" })]))
    p.all()
    p.heed(p.d.submit("c1", range(41).map((n) => spec(`slow${n}`, ["x"], { group: "slow" }))))
    p.all()
    assert.strictEqual([...p.ran.values()].flat().length, 43)
    for (const [key, times] of p.recalled) assert.isAtMost(times, 1, key)
  })

  it("a silent worker is given nothing and takes nothing; heard again, it takes what waits, never what runs", () => {
    const d = drive()
    d.connect("c1")
    d.join("w2")
    d.pass(4_000)
    d.join("w1")
    d.pass(2_000)
    const out = d.submit("c1", [spec("a"), spec("b")])
    assert.deepStrictEqual(says(out), ["w1 RunTask a", "w1 RunTask b"])
    d.started("w1", runOf(out, "a").note)
    assert.deepStrictEqual(says(d.pass(1_000)), [])
    assert.deepStrictEqual(says(d.join("w2")), ["w1 RecallTask b"])
  })
})
