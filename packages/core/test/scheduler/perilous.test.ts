import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec, toClients } from "./drive.js"

const failure = (commands: Parameters<typeof toClients>[0]) =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [note.failure] : [])[0]

describe("work that four workers were silent under", () => {
  /** Four workers one after another begin it, and are silent from then on; a fifth is there, and well. */
  const perilous = () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x")])
    const next = (n: number) => {
      d.pass(4_000)
      return [...d.join(`w${n}`), ...d.pass(1_500)]
    }
    const attempts = [1, 2, 3, 4].map((n) => {
      const attempt = runOf(next(n), "x")
      assert.strictEqual(attempt.to, `w${n}`)
      d.started(`w${n}`, attempt.note)
      return attempt
    })
    assert.deepStrictEqual(runs(next(5)), [])
    return { d, attempts }
  }

  it("what was running on four workers that are silent is begun nowhere else, and says so", () => {
    const { d } = perilous()
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Waiting")
    const { summary } = Scheduler.explain(d.state, "x", d.now())
    assert.match(summary, /running on 4 workers that died, or have been silent since.*w1, w2, w3, w4/)
  })

  it("it fails when they are dead", () => {
    const { d } = perilous()
    for (const n of [1, 2, 3]) assert.isUndefined(failure(d.lost(`w${n}`)))
    assert.strictEqual(failure(d.lost("w4"))?.reason, "KilledWorker")
  })

  it("it goes on where one of them is heard again", () => {
    const { attempts, d } = perilous()
    d.started("w2", attempts[1]!.note)
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Assigned")
    assert.include(says(d.held("w2", attempts[1]!.note)), "c1 TaskStored x")
  })

  it("it is begun elsewhere when one of them has left in peace", () => {
    const { d } = perilous()
    assert.strictEqual(runOf(d.lost("w3", true), "x").to, "w5")
  })
})
