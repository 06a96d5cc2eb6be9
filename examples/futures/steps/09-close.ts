// Notebook: del futures[:], new_point, iterator, res; client.close(); cluster.close()
import { Effect } from "effect"
import { code, expect, heading, out, say } from "../print.js"
import { workersOnce } from "../waiting.js"

/** Within the cluster: nothing is left to clean up. */
export const beforeClose = Effect.gen(function*() {
  yield* heading(9, "A clean close")
  yield* say("What the search left under way was stopped when its scope ended. Nothing is left to delete:")
  const workers = yield* workersOnce((worker) => worker.assigned === 0 && worker.values === 0)
  for (const worker of workers) yield* out(`${worker.name}: ${worker.assigned} tasks, ${worker.values} values`)
  yield* expect("no task and no value is left", workers.every((worker) => worker.assigned + worker.values === 0))
  yield* say("And the Layer ends: first the client, then the scheduler, then the threads.")
  yield* code("Effect.provide(lesson, layer)")
})

/** Outside of it: the Layer has closed. */
export const closed = Effect.gen(function*() {
  yield* out("closed: no worker and no thread is left\n")
})
