/**
 * Nodes die one after another, whichever, while graphs of 5,120 tasks are computed: none of the answers is wrong, and
 * none is missing. `CREEL_CHAOS_KILLS` says how many die (`npm run chaos`: 40).
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import type { Running } from "./utils/processes.js"
import { start } from "./utils/processes.js"

const kills = Number(process.env.CREEL_CHAOS_KILLS ?? 3)

/** Most end without a word. Each third only stands still, for ever, as far as the others can know. */
const end = (node: Running, number: number) => number % 3 === 2 ? node.signal("SIGSTOP") : node.kill("SIGKILL")

layer(PostgresShared.layer, { excludeTestServices: true })("chaos", (it) => {
  it.scoped("no answer is lost or wrong while nodes die and others come", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const database = yield* postgres.database("chaos")
      const fresh = (name: string) => Effect.tap(start("node.mjs", [database, name]), (node) => node.line("ready"))
      const nodes = yield* Effect.all(["a", "b", "c"].map(fresh), { concurrency: "unbounded" })
      const client = yield* start("chaosClient.mjs", [database])
      yield* client.line("round 1 ")
      const ended: Array<string> = []
      for (let number = 0; number < kills; number++) {
        const at = Math.floor(Math.random() * nodes.length)
        ended.push(`${at}${nodes[at]!.said().includes("scheduler of") ? " (which carried the scheduler)" : ""}`)
        yield* end(nodes[at]!, number)
        nodes[at] = yield* fresh(`next-${number}`)
      }
      client.tell("end")
      yield* client.line("done")
      assert.notInclude(client.said(), "wrong", `ended: ${ended.join(", ")}`)
    }), { timeout: 300_000 + kills * 60_000 })
})
