import type { Worker } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { told, value as large } from "./fixture.js"
import { World } from "./walk.js"

/** `CREEL_RUNS=5000` walks further than the few that every test run can afford. */
const runs = Number(process.env["CREEL_RUNS"] ?? 120)

describe("a worker on a random walk", () => {
  const action = fc.tuple(fc.nat(21), fc.nat(1_000), fc.nat(1_000), fc.nat(1_000))
  const budgets: ReadonlyArray<Worker.Config["memory"]> = [
    undefined,
    { limit: 25, disk: 1_000, spillMin: 0 },
    { limit: 60, disk: 30, spillMin: 0, target: 0.3 },
    { limit: 20 }
  ]
  const cases = [0, 1_000].flatMap((postAheadMillis) => budgets.map((memory) => ({ postAheadMillis, memory })))
  for (const { memory, postAheadMillis } of cases) {
    const room = memory === undefined ? "no limit" : `${memory.limit} bytes, ${memory.disk ?? 0} on disk`
    it(`ends every attempt once and loses no value (posting ${postAheadMillis} ms ahead, ${room})`, () => {
      let spilled = 0
      let retired = 0
      let alone = 0
      fc.assert(
        fc.property(fc.array(action, { maxLength: 150, size: "max" }), (actions) => {
          const world = new World(postAheadMillis, memory)
          for (const [what, a, b, c] of actions) {
            world.act(what, a, b, c)
            world.sendBack()
          }
          world.settle()
          spilled += world.spilled
          retired += world.retired
          alone += world.bench.alone
        }),
        { numRuns: runs }
      )
      assert.strictEqual(spilled > 0, (memory?.disk ?? 0) > 0)
      assert.isAbove(retired, 0)
      assert.strictEqual(alone > 0, memory !== undefined)
    }, 600_000)
  }
  it("ends what waits on an executor for a job that came back and was posted again behind it", () => {
    const world = new World(1_000)
    const actions: ReadonlyArray<readonly [what: number, a?: number, b?: number, c?: number]> = [
      ...[[15], [15, 152], [6], [15, 330], [15], [15], [11, 100], [15], [15, 0, 0, 47]] as const,
      ...[[11, 93, 445], [15], [15, 0, 0, 25], [11, 91], [11, 57]] as const
    ]
    for (const [what, a = 0, b = 0, c = 0] of actions) {
      world.act(what, a, b, c)
      world.sendBack()
    }
    world.settle()
    assert.strictEqual(world.followed, 1)
  })
  it("says goodbye last", () => {
    const world = new World(0)
    world.give(0, 0, 0)
    const last = told([...world.bench.step({ _tag: "Leave" }), ...world.bench.step(large(1))]).at(-1)
    assert.strictEqual(last?._tag, "WorkerLeft")
  })
})
