/** The short version of one of the chaos suite's scenarios (`npm run chaos` runs all of them, and for longer). */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { kills } from "./chaos/kills.js"
import { run, verdictText } from "./chaos/scenario.js"
import * as PostgresShared from "./fixtures/postgresShared.js"

const timeout = kills.within * 1000 + 60_000

layer(PostgresShared.layer, { excludeTestServices: true })("chaos", (it) => {
  it.effect(
    "no answer is lost, wrong or delivered twice while nodes die and others come",
    () =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const settings = { short: true, seed: 1, seconds: 4, expiry: 4, tell: (line: string) => void told.push(line) }
        const verdict = yield* run(kills, settings)
        assert.isTrue(verdict.holds, `${verdictText(verdict)}\n${told.slice(-30).join("\n")}`)
      }),
    { timeout }
  )
})
