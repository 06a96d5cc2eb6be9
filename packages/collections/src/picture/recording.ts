/**
 * What a client can find out about a run: from the cluster's journal, which remembers what was stored where and how long
 * that took after the work itself was released, and for what is still open from the scheduler.
 */
import * as Client from "creel/Client"
import type * as Graph from "creel/Graph"
import * as Effect from "effect/Effect"
import type * as Picture from "../Picture.js"

/** Keys that the journal says nothing of are asked for one by one: so many of them. */
const asked = 500

const states: Readonly<Record<string, Picture.State>> = {
  Idle: "waiting",
  Recovering: "waiting",
  Waiting: "waiting",
  Queued: "queued",
  Assigned: "assigned",
  Running: "running",
  Stored: "done",
  Failed: "failed"
}

export const record = (graphs: ReadonlyArray<Graph.Graph.Any>): Effect.Effect<Picture.Run, never, Client.Client> =>
  Effect.gen(function*() {
    const client = yield* Client.Client
    const workers = yield* client.workers
    const tasks = new Map<string, Picture.Seen>()
    const keys = new Set(graphs.flatMap((graph) => [...graph.nodes.keys()]))
    const stories = yield* Effect.forEach(
      workers,
      (worker) =>
        Effect.map(client.story(worker.id), (lines) => lines.map((line) => ({ ...line, worker: worker.name })))
    )
    for (const line of stories.flat().sort((a, b) => a.at - b.at)) {
      if (!keys.has(line.subject)) continue
      if (line.what === "assigned") tasks.set(line.subject, { ...unknown, state: "assigned", worker: line.worker })
      if (line.what === "stored") {
        const started = line.millis === undefined ? undefined : line.at - line.millis
        tasks.set(line.subject, { state: "done", started, ended: line.at, worker: line.worker })
      }
    }
    const names = new Map(workers.map((worker) => [worker.id as string, worker.name]))
    const open = [...keys].filter((key) => tasks.get(key)?.state !== "done").slice(0, asked)
    yield* Effect.forEach(open, (key) =>
      Effect.map(client.explain(key), (answer) => {
        const state = states[answer.state]
        if (state === undefined) return
        const worker = answer.worker === undefined ? undefined : names.get(answer.worker) ?? answer.worker
        tasks.set(key, { state, started: answer.since, ended: undefined, worker: worker ?? tasks.get(key)?.worker })
      }), { concurrency: 32, discard: true })
    return { tasks }
  })

const unknown: Picture.Seen = { state: "waiting", started: undefined, ended: undefined, worker: undefined }
