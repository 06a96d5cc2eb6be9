/**
 * What it costs to be looked at: `map` without a dashboard, beside one that nobody looks at, and while a process of its own
 * reads its stream, as a page does. In turns, since the rate drifts by more than what is looked for.
 */
import * as Dashboard from "@creel/dashboard/Dashboard"
import { Client } from "creel"
import { Context, Effect, Layer, Redacted } from "effect"
import { spawn } from "node:child_process"
import * as Instructions from "../Instructions.js"
import { processor, settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"

const dashboard = Effect.map(
  Layer.build(Dashboard.layer({ port: 0 })),
  (context) => Context.get(context, Dashboard.Dashboard)
)

/** Told a link, it reads, and says a word when it hears the first; told nothing, it hangs up. */
const reader = `
let request
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  request?.destroy()
  if (line === "") return
  const { origin, searchParams } = new URL(line)
  const headers = { authorization: "Bearer " + searchParams.get("token") }
  request = require("node:http").get(origin + "/api/stream", { headers }, (response) => {
    response.once("data", () => console.log("reads"))
    response.on("error", () => {}).resume()
  }).on("error", () => {})
})`

/**
 * A process that can look on. There is one all the time: starting another marks all memory of this process as shared, and
 * it would pay for that for a second.
 */
const looker = Effect.acquireRelease(
  Effect.sync(() => spawn(process.execPath, ["-e", reader], { stdio: ["pipe", "pipe", "inherit"] })),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
)

type Looker = Effect.Effect.Success<typeof looker>

/** It looks on, for as long as the scope is open. */
const viewer = (looker: Looker) =>
  Effect.flatMap(dashboard, ({ link }) =>
    Effect.acquireRelease(
      Effect.async<void>((resume) => {
        looker.stdout.once("data", () => resume(Effect.void))
        looker.stdin.write(`${Redacted.value(link)}\n`)
      }),
      () => Effect.sync(() => looker.stdin.write("\n"))
    ))

/** Workers go on reporting for so long after somebody has looked on. */
const forgotten = Effect.sleep("6 seconds")

/** Runs of a block: one after the other, so that what a viewer has done later falls into the block too. */
const runs = 8

/** Turns for each repetition that is ordered: differences of a percent take many. */
const turns = 4

/** What a task took, by the clock and of the processors that this process used, all its threads together: microseconds. */
interface Cost {
  readonly clock: number
  readonly processor: number
  /** And the instructions, where they are counted. */
  readonly instructions: number | undefined
}

const once = (count: number) =>
  Effect.gen(function*() {
    const found = yield* Effect.scoped(
      Effect.flatMap(Client.map(Tasks.inc, Array.from({ length: count }, (_, n) => n)), Client.gather)
    )
    const sum = found.reduce((total, each) => total + each, 0)
    if (sum !== count * (count + 1) / 2) return yield* Effect.dieMessage(`the results add up to ${sum}`)
  })

/** As many runs before it are not measured: what stood idle is warm then, and what began has begun. */
const block = (count: number, counting: Instructions.Count) =>
  Effect.gen(function*() {
    yield* Effect.repeatN(once(count), runs - 1)
    yield* settle
    const tasks = runs * count
    const [cost, instructions] = yield* counting(Effect.gen(function*() {
      const before = processor()
      const started = performance.now()
      yield* Effect.repeatN(once(count), runs - 1)
      return {
        clock: (performance.now() - started) * 1000 / tasks,
        processor: (processor() - before) * 1000 / tasks
      }
    }))
    const whole: Cost = { ...cost, instructions }
    return whole
  })

const kinds = ["none", "idle", "viewer"] as const

/** A block of each kind. Every other turn goes the other way round, so that what drifts evenly falls on all alike. */
const turn = (count: number, looker: Looker, counting: Instructions.Count, back: boolean) =>
  Effect.gen(function*() {
    const beside = <E, R, A>(what: Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.zipRight(what, block(count, counting)))
    const blocks = {
      none: block(count, counting),
      idle: beside(dashboard),
      viewer: Effect.zipLeft(beside(viewer(looker)), forgotten)
    }
    const costs: Partial<Record<typeof kinds[number], Cost>> = {}
    for (const kind of back ? [...kinds].reverse() : kinds) costs[kind] = yield* blocks[kind]
    return costs as Record<typeof kinds[number], Cost>
  })

const tell = ({ none, ...beside }: Record<typeof kinds[number], Cost>): void => {
  const rate = (figure: string, { clock, processor }: Cost) => emit({ figure, value: 1e6 / clock, cpu: processor })
  rate("dashboard-none", none)
  for (const [kind, cost] of Object.entries(beside)) {
    const figure = `dashboard-${kind}`
    rate(figure, cost)
    emit({ figure: `${figure}-cost`, value: (1 - none.clock / cost.clock) * 100 })
    emit({ figure: `${figure}-processor`, value: (cost.processor / none.processor - 1) * 100 })
    if (cost.instructions === undefined || none.instructions === undefined) continue
    emit({ figure: `${figure}-instructions`, value: (cost.instructions / none.instructions - 1) * 100 })
  }
}

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const count = order.counts["dashboard"]!
    const until = processor() + 3 * order.warmup
    while (processor() < until) yield* once(count)
    const looking = yield* looker
    const counting = yield* Instructions.make
    for (let n = 0; n < turns * order.repeats; n++) tell(yield* turn(count, looking, counting, n % 2 === 1))
  }).pipe(Effect.scoped, Effect.provide(threads(2)))
