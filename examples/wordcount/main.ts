// Counts words on two threads. README.md says what one sees.
import { NodeCluster, Progress } from "@creel/node"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Console, Duration, Effect, Layer } from "effect"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Count from "./count.js"
import { options } from "./options.js"
import * as Zipf from "./zipf.js"

const { compare, files, threads, top, zipf } = options()

const megabyte = 1e6
const filesOfZipf = 8

const plays = (): ReadonlyArray<string> => {
  // Beside the source, and so one up from what is compiled.
  const directory = fileURLToPath(new URL("../texts/", import.meta.url))
  return readdirSync(directory).sort().map((file) => path.join(directory, file))
}

const madeUp = (size: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-wordcount-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
    ),
    (directory) => Zipf.write(directory, size * megabyte, filesOfZipf)
  )

const input = zipf !== undefined
  ? madeUp(zipf)
  : Effect.sync(() => files.length > 0 ? files.map((file) => path.resolve(file)) : plays())

const byBag = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const counts = yield* Client.compute(Count.bag(files))
    return Count.found(yield* counts, top)
  }).pipe(Effect.scoped)

const byLoop = (files: ReadonlyArray<string>) =>
  Effect.map(Effect.promise(() => Count.loop(files)), (counts) => Count.found(counts, top))

const cluster = NodeCluster.layerThreads({ threads, tasks: new URL("./tasks.js", import.meta.url) })

const seconds = (duration: Duration.Duration): string => `${(Duration.toMillis(duration) / 1000).toFixed(2)} s`

const program = Effect.gen(function*() {
  const files = yield* input
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0) / megabyte
  const [took, found] = yield* Effect.timed(byBag(files)).pipe(
    Effect.provide(Layer.provideMerge(Progress.layerTerminal(), cluster))
  )
  const { different, top, words } = found
  yield* Console.log(`${words} words, ${different} different ones, in ${size.toFixed(1)} MB`)
  for (const [word, times] of top) yield* Console.log(`${String(times).padStart(10)}  ${word}`)
  yield* Console.log(`${threads} threads: ${seconds(took)}`)
  if (!compare) return
  const [alone, same] = yield* Effect.timed(byLoop(files))
  if (JSON.stringify(same) !== JSON.stringify(found)) return yield* Effect.dieMessage("the loop found something else")
  const ratio = Duration.toMillis(alone) / Duration.toMillis(took)
  yield* Console.log(`a loop on one thread: ${seconds(alone)}, ${ratio.toFixed(2)} times as long; it finds the same`)
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
