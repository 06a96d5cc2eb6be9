// A client that has scattered values, some on one node alone, some copied: `scattered.mjs OPTIONS`. It reads them when
// it is told `read alone` or `read copied`: the value itself, and what a task makes of it.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Effect, Layer, Runtime } from "effect"
import { common, on, options, say, Storage } from "./shared.mjs"
import { sum } from "./tasks.mjs"

const small = [1, 2, 3]
const large = new Float64Array(200_000).fill(2)
const sums = [6, 400_000]

const program = Effect.gen(function*() {
  const workers = `${options.on}-0`
  const there = (yield* Client.workers).map((worker) => worker.name)
  const name = there.find((one) => one.startsWith(`${options.on}-`)) ?? workers
  const alone = yield* Client.scatterAll([small, large], { workers: name })
  const copied = yield* Client.scatterAll([small, large], { workers: name })
  yield* Client.wait([...alone, ...copied])
  const copies = yield* Client.replicate(copied, { copies: 2 })
  say("scattered", { states: copies.map((one) => one.state), workers: copies.map((one) => one.workers) })
  const run = Runtime.runFork(yield* Effect.runtime())
  on("read", (which) =>
    run(
      Effect.gen(function*() {
        const began = performance.now()
        const futures = which === "alone" ? alone : copied
        // By tasks, which read them where they are, and here, at a client that has not got them.
        const made = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
          const asked = yield* Effect.forEach(futures, (future) => Client.submit(sum, future, 0))
          return yield* Client.gather(asked)
        })))
        const read = yield* Effect.exit(Client.gather(futures))
        const seconds = (performance.now() - began) / 1000
        const right = made._tag === "Success" && made.value.every((value, at) => value === sums[at]) &&
          read._tag === "Success" && read.value.every((value, at) => value.reduce((a, b) => a + b, 0) === sums[at])
        const failed = [made, read].filter((exit) => exit._tag === "Failure").map((exit) => String(exit.cause))
        say("read", { which, right, seconds, failed })
      })
    ))
  return yield* Effect.never
}).pipe(Effect.scoped)

NodeRuntime.runMain(Effect.provide(program, Layer.provide(CreelCluster.layerClient(common), Storage)))
