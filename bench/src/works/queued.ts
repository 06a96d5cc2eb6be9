/**
 * What one queued task costs the scheduler: its machine alone, told of submissions as a client's notes arrive from another
 * thread or process, with nothing shared between them.
 */
import * as Id from "@creel/core/Id"
import * as Scheduler from "@creel/core/Scheduler"
import * as Spec from "@creel/core/Spec"
import * as Effect from "effect/Effect"
import * as Tasks from "../tasks.js"
import { heap } from "./heap.js"

const spec = (n: number): Spec.Spec =>
  Spec.make({
    key: Id.ownKey("inc-", n, "a1b2c3"),
    digest: (n + 0x1000000000).toString(16),
    task: Tasks.inc.id,
    group: Tasks.inc.name,
    args: Tasks.inc.encodeArgs([n], () => undefined)
  })

/** One worker of two slots that never answers, and so many tasks behind the two it was given. */
export const bytesPerRow = (count: number): Effect.Effect<number> =>
  Effect.gen(function*() {
    const state = Scheduler.make({ incarnation: 1 })
    const step = (event: Scheduler.Event) => {
      Scheduler.step(state, [event], 1_000)
      while (Scheduler.more(state)) Scheduler.step(state, [], 1_000)
    }
    const info = { name: "w", node: "n", slots: 2, resources: {}, tasks: [Tasks.inc.id] }
    const told = { _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] } as const
    step({ _tag: "FromWorker", worker: "w", note: told })
    step({ _tag: "FromClient", client: "c", note: { _tag: "ClientTold", name: "c", specs: [], wants: [], offers: [] } })
    const before = yield* heap
    for (let at = 0; at < count; at += 1_000) {
      const specs = Array.from({ length: Math.min(1_000, count - at) }, (_, n) => spec(at + n))
      const wants = specs.map(({ key }) => ({ key, want: 1 }))
      step({ _tag: "FromClient", client: "c", note: structuredClone({ _tag: "Submit", specs, wants, keep: [] }) })
    }
    const rows = Scheduler.counts(state).rows
    if (rows !== count) return yield* Effect.dieMessage(`the scheduler has ${rows} rows, not ${count}`)
    return ((yield* heap) - before) / count
  })
