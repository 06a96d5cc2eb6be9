// The program, wherever its spans go: pages are rendered on one worker and compressed on another.
import { NodeCluster } from "@creel/node"
import { Client, Task } from "creel"
import { Effect } from "effect"
import { Worker } from "node:worker_threads"
import { compress, render } from "./tasks.js"

const entry = new URL("./worker.js", import.meta.url)

export const cluster = (endpoint: string) =>
  NodeCluster.layerThreads({
    threads: 2,
    workers: 2,
    spawn: () => new Worker(entry, { workerData: { endpoint } }),
    // To send what is not sent yet.
    grace: "10 seconds"
  })

export const album = (pages: number) =>
  Effect.gen(function*() {
    const [painter, packer] = yield* Effect.map(Client.workers, (workers) => workers.map(({ name }) => name))
    const rendered = yield* Client.map(
      render.pipe(Task.with({ workers: painter! })),
      Array.from({ length: pages }, (_, n) => n + 1)
    )
    const sizes = yield* Client.map(compress.pipe(Task.with({ workers: packer! })), rendered)
    return yield* Client.gather(sizes)
  }).pipe(Effect.scoped, Effect.withSpan("album", { attributes: { pages } }))
