/** Real processes with nothing but links between them: no database, and the scheduler at an address that is known. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePort } from "./fixtures/ports.js"
import { start } from "./utils/processes.js"

const sum = (1024 * 1023) / 2
const wide = 36 * 10_000

const ends = (client: { readonly line: (begins: string) => Effect.Effect<string> }) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* client.line("sum"), `sum ${sum}`)
    assert.strictEqual(yield* client.line("wide"), `wide ${wide}`)
    assert.strictEqual(yield* client.line("wrong"), "wrong 0")
    yield* client.line("done")
  })

const cluster = Effect.gen(function*() {
  const port = String(yield* freePort)
  const scheduler = yield* start("scheduler.mjs", [port, "1"])
  const [first, second] = yield* Effect.all([start("worker.mjs", [port, "a"]), start("worker.mjs", [port, "b"])])
  yield* Effect.all([scheduler.line("ready"), first.line("ready"), second.line("ready")])
  return { port, scheduler, first, second }
})

describe("a cluster of processes", () => {
  it.scopedLive("answers right, and profiles the threads of other processes", () =>
    Effect.gen(function*() {
      const { port } = yield* cluster
      yield* ends(yield* start("client.mjs", [port]))
      assert.strictEqual(yield* (yield* start("profiled.mjs", [port])).line("profiled"), "profiled a-0 b-0")
    }))

  it.scopedLive("answers right when a worker's process and then the scheduler's are killed", () =>
    Effect.gen(function*() {
      const { first, port, scheduler } = yield* cluster
      const client = yield* start("client.mjs", [port])
      yield* client.line("past 200")
      yield* first.kill("SIGKILL")
      yield* client.line("past 500")
      yield* scheduler.kill("SIGKILL")
      yield* start("scheduler.mjs", [port, "2"])
      yield* ends(client)
    }))
})
