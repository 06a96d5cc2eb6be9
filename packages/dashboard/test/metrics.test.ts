import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { glance, group, worker } from "./utils/glances.js"
import { bearer, dashboard, request } from "./utils/stand.js"

const sample = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (-?[\d.]+(?:e[+-]?\d+)?)$/

describe("/metrics", () => {
  it.scopedLive("is what Prometheus reads: every family described once, every sample of its family", () =>
    Effect.gen(function*() {
      const groups = [group("a \"b\" \\ c\nd", { running: 2, millis: 1.5 })]
      const asked: Array<boolean | undefined> = []
      const { url } = yield* dashboard({
        observe: (options) => {
          asked.push(options.watch)
          return Effect.succeed(glance(1000, { groups }))
        }
      })
      const { body, headers, status } = yield* request(`${url}metrics`, { headers: bearer })
      assert.strictEqual(status, 200)
      assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/)
      const families = new Set<string>()
      let family = ""
      for (const line of body.trimEnd().split("\n")) {
        if (line.startsWith("# HELP ")) {
          family = line.split(" ")[2]!
          assert.isFalse(families.has(family), family)
          families.add(family)
        } else if (line.startsWith("# TYPE ")) {
          assert.strictEqual(line, `# TYPE ${family} ${family.endsWith("_total") ? "counter" : "gauge"}`)
        } else {
          const found = sample.exec(line)
          assert.isNotNull(found, line)
          assert.strictEqual(found![1], family)
        }
      }
      assert.includeMembers([...families], ["creel_tasks", "creel_workers", "creel_tasks_computed_total"])
      assert.include(body, "group=\"a \\\"b\\\" \\\\ c\\nd\"")
      // A scrape every few seconds must not keep workers reporting.
      assert.deepStrictEqual(asked, [false])
    }))

  it.scopedLive("has all that the board for Grafana asks for", () =>
    Effect.gen(function*() {
      const full = {
        busy: 0.5,
        memory: { limit: 9, managed: 5, peak: 6, spilled: 1, paused: false },
        processBytes: 100
      }
      const observe = () => Effect.succeed(glance(1000, { groups: [group("a")], workers: [worker("a", full)] }))
      const { url } = yield* dashboard({ observe })
      const { body } = yield* request(`${url}metrics`, { headers: bearer })
      const board = readFileSync(new URL("../../../docs/grafana.json", import.meta.url), "utf8")
      const asked = new Set(board.match(/creel_[a-z_]+/g))
      assert.isAtLeast(asked.size, 10)
      for (const name of asked) assert.include(body, `# TYPE ${name} `)
    }))

  it.scopedLive("is for those who were let in", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe: () => Effect.succeed(glance(1000)) })
      assert.strictEqual((yield* request(`${url}metrics`)).status, 401)
    }))
})
