// The program as one runs it, with a collector of this test's own.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Collector from "../collector.js"

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))

/** Runs it to its end, and answers what it printed. */
const run = (environment: NodeJS.ProcessEnv) =>
  Effect.async<string>((resume) => {
    const child = spawn(process.execPath, [main], { env: { ...process.env, ...environment } })
    let said = ""
    for (const output of [child.stdout, child.stderr]) output.setEncoding("utf8").on("data", (part) => said += part)
    child.once("close", (code) => resume(code === 0 ? Effect.succeed(said) : Effect.dieMessage(`${code}: ${said}`)))
    return Effect.sync(() => child.kill())
  })

describe("a trace", () => {
  it.scopedLive("is one, from what was submitted to what ran on other threads, and below that", () =>
    Effect.gen(function*() {
      const { endpoint, spans } = yield* Collector.make
      const said = yield* run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
      assert.include(said, "2 pages")
      assert.strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1)
      const byId = new Map(spans.map((span) => [span.spanId, span]))
      const chain = (span: Collector.Span): string => {
        const parent = byId.get(span.parentSpanId ?? "")
        return `${parent === undefined ? "" : `${chain(parent)} > `}${span.name} (${span.service})`
      }
      assert.deepStrictEqual([...new Set(spans.map(chain))].sort(), [
        "album (program)",
        "album (program) > creel.schedule compress (program)",
        "album (program) > creel.schedule render (program)",
        "album (program) > creel.task compress (thread)",
        "album (program) > creel.task compress (thread) > run lengths (thread)",
        "album (program) > creel.task render (thread)",
        "album (program) > creel.task render (thread) > paint (thread)",
        "album (program) > creel.transfer (program)"
      ])
      // Two pages, each rendered on one worker, carried to the other, and compressed there.
      const count = (name: string) => spans.filter((span) => span.name === name).length
      for (const name of ["creel.task render", "creel.task compress", "creel.transfer", "paint"]) {
        assert.strictEqual(count(name), 2, name)
      }
      const [first, last] = ["creel.schedule render", "run lengths"].map((name) =>
        spans.find((span) => span.name === name)!.start
      )
      assert.isAtMost(first!, last!)
      const drawn = Collector.draw(spans)
      assert.match(drawn, /^album +program/)
      assert.match(drawn, /\n {2}creel\.task render +thread .*\n {4}paint +thread/)
    }))
})
