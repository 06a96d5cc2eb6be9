import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import { Effect } from "effect"

const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
const add = Task.make("add", (x: number, y: number) => Effect.succeed(x + y))
const boom = Task.make("boom", (x: number) => Effect.fail(`boom ${x}`))

describe("LocalCluster", () => {
  it.live("runs a chain", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const y = yield* Client.submit(inc, 10)
      const total = yield* Client.submit(add, x, y)
      assert.strictEqual(total.status, "pending")
      assert.strictEqual(yield* total, 13)
      assert.strictEqual(total.status, "finished")
      const f = yield* Client.submit(boom, 3)
      const g = yield* Client.submit(inc, f as any)
      assert.deepStrictEqual(yield* Effect.flip(f), "boom 3")
      assert.deepStrictEqual(yield* Effect.flip(g), "boom 3" as any)
    }).pipe(Effect.scoped, Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc, add, boom) }))), 5000)
})
