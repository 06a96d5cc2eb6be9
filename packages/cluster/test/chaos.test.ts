/** Short versions of some of the chaos suite's scenarios (`npm run chaos` runs all of them, and for longer). */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { cut } from "./chaos/cut.js"
import { database } from "./chaos/database.js"
import { kills } from "./chaos/kills.js"
import { run, verdictText } from "./chaos/scenario.js"
import * as Postgres from "./fixtures/postgres.js"

layer(Postgres.layer, { excludeTestServices: true })("chaos", (it) => {
  for (const scenario of [kills, cut, database]) {
    it.effect(scenario.title, () =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const settings = { short: true, seed: 1, seconds: 4, expiry: 4, tell: (line: string) => void told.push(line) }
        const verdict = yield* run(scenario, settings)
        assert.isTrue(verdict.holds, `${verdictText(verdict)}\n${told.slice(-30).join("\n")}`)
      }), { timeout: scenario.within * 1000 + 60_000 })
  }
})
