/** The pictures of the package's page are drawn by this test: `UPDATE_PICTURES=1` writes them anew. */
import { Bag, Delayed, Picture } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"

const inc = Task.sync("inc", (x: number) => x + 1)
const dec = Task.sync("dec", (x: number) => x - 1)
const add = Task.sync("add", (x: number, y: number) => x + y)

const cluster = LocalCluster.layer({ tasks: TaskGroup.make(inc, dec, add), workers: 2 })

const held = (name: string, svg: string) =>
  Effect.sync(() => {
    const path = fileURLToPath(new URL(`../pictures/${name}.svg`, import.meta.url))
    if (process.env.UPDATE_PICTURES !== undefined) fs.writeFileSync(path, svg)
    // Keys of tasks that are not pure differ from run to run, and stand in tooltips alone.
    const shown = (text: string) => text.replace(/<title>[^<]*<\/title>/g, "")
    assert.strictEqual(shown(fs.readFileSync(path, "utf8")), shown(svg), "UPDATE_PICTURES=1 draws it anew")
  })

describe("the pictures of the package's page", () => {
  it.scoped("lazy calls", () =>
    Effect.gen(function*() {
      const [x, y] = [Delayed.make(inc)(1), Delayed.make(dec)(2)]
      yield* held("delayed", yield* Delayed.visualize(Delayed.make(add)(x, y)))
    }).pipe(Effect.provide(cluster)))

  it.scoped("a bag", () =>
    Effect.gen(function*() {
      const sum = Bag.range(0, 100, { partitions: 8 }).pipe(
        Bag.map((x) => x + 1),
        Bag.filter((x) => x % 2 === 0),
        Bag.sum
      )
      yield* held("bag", yield* Delayed.visualize(sum))
    }).pipe(Effect.provide(cluster)))
})

describe("a computed collection", () => {
  it.scoped("is drawn by the time its tasks took", () =>
    Effect.gen(function*() {
      const total = Delayed.make(add)(Delayed.make(inc)(1), Delayed.make(dec)(2))
      assert.strictEqual(yield* Effect.flatten(Client.compute(total)), 3)
      const run = yield* Picture.record(total)
      assert.strictEqual(run.tasks.get(total.key)!.state, "done")
      const svg = yield* Delayed.visualize(total, { run, color: "time" })
      assert.match(svg, /class="box s\d"/)
      assert.match(svg, /on worker-\d/)
    }).pipe(Effect.provide(cluster)))
})
