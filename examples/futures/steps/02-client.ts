// Notebook: c = Client(cluster); c
import { Client } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say } from "../print.js"

export const client = Effect.gen(function*() {
  yield* heading(2, "A client")
  yield* say("The same Layer brings a client. Client.submit and its friends find it in the context.")
  yield* code("const workers = yield* Client.workers")
  const workers = yield* Client.workers
  const { id } = yield* Client.Client
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
  yield* out(`Client(${id}: ${workers.length} workers, ${slots} slots)`)
  yield* expect("the client sees four slots", slots === 4)
})
