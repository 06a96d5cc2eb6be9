import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client } from "creel"
import { Effect } from "effect"
import { mkdtempSync, readdirSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { heap } from "./utils/heap.js"
import { tasks } from "./utils/programs.js"
import { turn } from "./utils/turn.js"

const mega = 1024 * 1024

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Nobody has a value any more: by the scheduler's count and by each worker's own. */
const empty = Client.memory.pipe(
  Effect.zipLeft(turn),
  Effect.repeat({
    until: ({ groups, scheduler, workers }) =>
      groups.length === 0 && scheduler === 0 &&
      workers.every(({ heldBytes, managed, shared, spilled, values }) =>
        values === 0 && heldBytes === 0 && managed === 0 && spilled === 0 && (shared ?? 0) === 0
      )
  })
)

/** Until only about so many bytes are held. */
const held = (bytes: number) =>
  Client.workersMemory.pipe(
    Effect.zipLeft(turn),
    Effect.repeat({ until: (workers) => workers.reduce((sum, { managed }) => sum + managed, 0) < 1.5 * bytes })
  )

const files = (directory: string): number =>
  readdirSync(directory).reduce((sum, life) => sum + readdirSync(path.join(directory, life)).length, 0)

const inc = (n: number) => n + 1

const large = (n: number) => new Uint8Array(1024 * 1024).fill(n)

const made = (f: (n: number) => unknown, count: number) =>
  Effect.scoped(Effect.flatMap(Client.map(f, numbers(count)), Client.wait))

describe("come and go", () => {
  it.live("50,000 small values and 100 large ones leave counts, heap, shared memory and disk as they were", () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "creel-test-"))
    const memory = { limit: 32 * mega, spill: { directory, max: 1000 * mega } }
    return Effect.gen(function*() {
      // What is loaded and grown for good is there after one turn.
      yield* made(inc, 5000)
      yield* made(large, 40)
      yield* empty
      const before = yield* heap
      yield* made(inc, 50_000)
      yield* empty
      // The batch alone takes some 60 MB, and nothing else was asked for since.
      assert.isBelow((yield* heap) - before, 16 * mega)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Client.wait(yield* Client.map(large, numbers(100)))
        assert.isAbove(files(directory), 0)
      }))
      yield* empty
      assert.isBelow((yield* heap) - before, 16 * mega)
      yield* Effect.sync(() => files(directory)).pipe(
        Effect.zipLeft(turn),
        Effect.repeat({ until: (count) => count === 0 })
      )
    }).pipe(Effect.provide(NodeCluster.layerThreads({ threads: 2, tasks, memory })))
  })

  it.live("threads give back the memory of values that are no more, while the cluster lives", () =>
    Effect.gen(function*() {
      const one = yield* Client.scatter(new Uint8Array(4 * mega))
      // Copies in shared memory, and nothing else that V8 would count.
      const copies = Effect.scoped(
        Effect.flatMap(Client.map((xs: Uint8Array) => xs, numbers(25).map(() => one)), Client.wait)
      )
      const batch = Effect.zipRight(copies, held(4 * mega))
      yield* batch
      const before = process.memoryUsage.rss()
      yield* Effect.repeatN(batch, 15)
      // Of 1,600 MB.
      assert.isBelow(process.memoryUsage.rss() - before, 800 * mega)
    }).pipe(
      Effect.scoped,
      Effect.provide(NodeCluster.layerThreads({ threads: 2, tasks, memory: { limit: 256 * mega } }))
    ))
})
