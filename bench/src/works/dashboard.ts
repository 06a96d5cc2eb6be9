/**
 * What it costs to be looked at: `map` without a dashboard, beside one that nobody looks at, and while a process of its own
 * reads its stream, as a page does. In turns, since the rate drifts by more than what is looked for.
 */
import * as Dashboard from "@creel/dashboard/Dashboard"
import { Client } from "creel"
import { Context, Effect, Layer, Redacted } from "effect"
import { spawn } from "node:child_process"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"

const dashboard = Effect.map(
  Layer.build(Dashboard.layer({ port: 0 })),
  (context) => Context.get(context, Dashboard.Dashboard)
)

/** Says a word when it hears the first, and reads for as long as it lives. */
const reader = `
const [url, token] = process.argv.slice(1)
require("node:http").get(url + "api/stream", { headers: { authorization: "Bearer " + token } }, (response) => {
  response.once("data", () => console.log("reads"))
  response.resume()
})`

/** Somebody who looks on, for as long as the scope is open. */
const viewer = Effect.flatMap(dashboard, ({ link }) =>
  Effect.acquireRelease(
    Effect.async<{ readonly kill: () => void }>((resume) => {
      const { href, origin, searchParams } = new URL(Redacted.value(link))
      const child = spawn(process.execPath, ["-e", reader, `${origin}/`, searchParams.get("token") ?? href], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      child.stdout.once("data", () => resume(Effect.succeed({ kill: () => child.kill("SIGKILL") })))
    }),
    ({ kill }) => Effect.sync(kill)
  ))

/** Workers go on reporting for so long after somebody has looked on. */
const forgotten = Effect.sleep("6 seconds")

/** Runs of a turn. */
const runs = 8

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!

/** Microseconds of each run, for a task. */
const timed = (count: number) =>
  Effect.gen(function*() {
    yield* settle
    const started = performance.now()
    const found = yield* Effect.scoped(
      Effect.flatMap(Client.map(Tasks.inc, Array.from({ length: count }, (_, n) => n)), Client.gather)
    )
    const micros = (performance.now() - started) * 1000 / count
    const sum = found.reduce((total, each) => total + each, 0)
    if (sum !== count * (count + 1) / 2) return yield* Effect.dieMessage(`the results add up to ${sum}`)
    return micros
  })

const many = (count: number) => Effect.replicateEffect(timed(count), runs)

const measured = (count: number, turns: number) =>
  Effect.gen(function*() {
    const none: Array<number> = []
    const idle: Array<number> = []
    const seen: Array<number> = []
    const beside = <E, R, A>(what: Effect.Effect<A, E, R>) => Effect.scoped(Effect.zipRight(what, many(count)))
    for (let turn = 0; turn < turns; turn++) {
      // Both go first as often.
      const plain = Effect.map(many(count), (all) => none.push(...all))
      const alone = Effect.map(beside(dashboard), (all) => idle.push(...all))
      yield* Effect.all(turn % 2 === 0 ? [plain, alone] : [alone, plain], { discard: true })
      seen.push(...yield* beside(viewer))
      yield* forgotten
    }
    return { none: median(none), idle: median(idle), seen: median(seen) }
  })

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const count = order.counts["dashboard"]!
    const until = performance.now() + order.warmup
    while (performance.now() < until) yield* timed(count)
    const { idle, none, seen } = yield* measured(count, order.repeats)
    emit({ figure: "dashboard-none", value: 1e6 / none })
    emit({ figure: "dashboard-idle", value: 1e6 / idle })
    emit({ figure: "dashboard-viewer", value: 1e6 / seen })
    emit({ figure: "dashboard-idle-cost", value: (1 - none / idle) * 100 })
    emit({ figure: "dashboard-viewer-cost", value: (1 - none / seen) * 100 })
  }).pipe(Effect.provide(threads(2)))
