import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import type { Future } from "creel"
import { Client, Cluster } from "creel"
import { Console, Effect, Layer, Redacted } from "effect"
import type { Node } from "./nodes.js"
import { start } from "./nodes.js"
import { postgres } from "./postgres.js"
import { add, primes } from "./tasks.js"

const below = 4_000_000
const right = 283_146
const block = 2_500

/** Counts in blocks, and adds the counts up in pairs: a tree of some 3,200 tasks. */
const count = Effect.gen(function*() {
  const blocks: Array<Future.Future<number, never>> = []
  for (let from = 0; from < below; from += block) blocks.push(yield* Client.submit(primes, from, from + block))
  let row = blocks
  while (row.length > 1) {
    const next: typeof row = []
    for (let i = 0; i < row.length; i += 2) {
      const [x, y] = [row[i]!, row[i + 1]]
      next.push(y === undefined ? x : yield* Client.submit(add, x, y))
    }
    row = next
  }
  return { blocks, total: row[0]! }
})

const program = (nodes: ReadonlyArray<Node>) =>
  Effect.gen(function*() {
    yield* Console.log(yield* Cluster.describe)
    const carrier = nodes.find((node) => node.carries() !== undefined)!
    const other = nodes.find((node) => node !== carrier)!
    const last = nodes.find((node) => node !== carrier && node !== other)!

    const { blocks, total } = yield* count
    yield* Console.log(
      `counting the primes below ${below}, in ${blocks.length} blocks; node ${carrier.name} carries the scheduler`
    )

    yield* blocks[Math.floor(blocks.length * 0.2)]!
    yield* other.kill
    yield* Console.log(`a fifth is counted: node ${other.name} is killed (kill -9); what it held is counted again`)

    yield* blocks[Math.floor(blocks.length * 0.5)]!
    yield* carrier.kill
    yield* Console.log(`half is counted: node ${carrier.name} is killed, and the scheduler with it`)
    yield* last.says(/scheduler of .* incarnation/)
    yield* Console.log(
      `node ${last.name} carries the scheduler now, as its life ${last.carries()}; nobody submitted anything again`
    )

    const answer = yield* total
    yield* Console.log(
      `there are ${answer} primes below ${below}: ${answer === right ? "right" : `WRONG, it is ${right}`}`
    )
    if (answer !== right) return yield* Effect.fail(new Error("the answer is wrong"))
  })

const main = Effect.gen(function*() {
  const database = yield* postgres
  const nodes = yield* Effect.all(["a", "b", "c"].map((name) => start(database, name)))
  yield* Effect.all(nodes.map((node) => node.says(/ready/)), { concurrency: "unbounded" })
  const Storage = PgClient.layer({ url: Redacted.make(database), maxConnections: 2 })
  yield* program(nodes).pipe(
    Effect.scoped,
    Effect.provide(CreelCluster.layerClient().pipe(Layer.provide(Storage)))
  )
})

NodeRuntime.runMain(Effect.scoped(main))
