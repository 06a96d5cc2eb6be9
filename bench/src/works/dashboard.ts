/**
 * What it costs to be looked at: `map` without a dashboard, beside one that nobody looks at, and while a process of its own
 * reads its stream, as a page does.
 *
 * A percent is looked for where the rate drifts by ten. So the three are compared within one process and one turn, which is
 * the same forwards and backwards: what drifts evenly falls on all alike. A turn gives one ratio for each kind, and the table
 * says between which of many such ratios their median is. What is compared first is what the program's own thread does for a
 * task: every task passes through it and it never idles here, so what more it does is the rate that is lost; and neither who
 * looks on (on the same two cores here, on a person's machine elsewhere) nor a neighbour takes a part of its cycles. Next is
 * the whole process: collectors of garbage too. What the reader takes is told beside it.
 */
import * as Dashboard from "@creel/dashboard/Dashboard"
import { Client } from "creel"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import * as Counters from "../Counters.js"
import { processor } from "../Measure.js"
import * as Palindrome from "../Palindrome.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { threads } from "../subjects/creelThreads.js"
import * as Tasks from "../tasks.js"

/**
 * Told a link, it reads, and says a word when it hears the first; told nothing, it hangs up, and says what time of processors
 * it has used.
 */
const reader = `
let request
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "") {
    request?.destroy()
    const { system, user } = process.cpuUsage()
    return console.log((system + user) / 1000)
  }
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
const looker = Effect.gen(function*() {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, ["-e", reader], { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const lines = createInterface({ input: child.stdout })
  const tell = (line: string) =>
    Effect.async<string>((resume) => {
      lines.once("line", (said) => resume(Effect.succeed(said)))
      child.stdin.write(`${line}\n`)
    })
  return { look: tell, leave: Effect.map(tell(""), Number) }
})

type Looker = Effect.Effect.Success<typeof looker>

/** Workers go on reporting for so long after somebody has looked on. */
const forgotten = 6000

/** Runs of a block, as many as fall between two full collections of the heap: one of those is a tenth of a second. */
const runs = 12

/** Who has just come or gone makes work for a second: what it made is promoted or swept, and code is compiled. */
const settling = 1500

const once = (count: number) =>
  Effect.gen(function*() {
    const found = yield* Effect.scoped(
      Effect.flatMap(Client.map(Tasks.inc, Array.from({ length: count }, (_, n) => n)), Client.gather)
    )
    const sum = found.reduce((total, each) => total + each, 0)
    if (sum !== count * (count + 1) / 2) return yield* Effect.dieMessage(`the results add up to ${sum}`)
  })

/** Work that is not measured, for so long at least: what has just begun or ended has done so when it is over. */
const between = (count: number, millis: number) =>
  Effect.suspend(() => {
    const until = performance.now() + millis
    return Effect.repeat(once(count), { while: () => performance.now() < until })
  })

/** What a task takes: microseconds by the clock and of all processors that this process used, and what was counted. */
const block = (count: number, counting: Counters.Count) =>
  Effect.gen(function*() {
    const tasks = runs * count
    const [times, { all, thread }] = yield* counting(Effect.gen(function*() {
      const before = processor()
      const started = performance.now()
      yield* Effect.repeatN(once(count), runs - 1)
      return { clock: performance.now() - started, processor: processor() - before }
    }))
    return {
      clock: times.clock * 1000 / tasks,
      processor: times.processor * 1000 / tasks,
      "thread-cycles": thread.cycles && thread.cycles / tasks,
      "thread-instructions": thread.instructions && thread.instructions / tasks,
      cycles: all.cycles && all.cycles / tasks,
      instructions: all.instructions && all.instructions / tasks
    }
  })

/** A dashboard that comes and goes, and who looks at it. */
const stage = (looking: Looker) => {
  let scope: Scope.CloseableScope | undefined
  let link = ""
  return {
    open: Effect.gen(function*() {
      scope = yield* Scope.make()
      const context = yield* Scope.extend(Layer.build(Dashboard.layer({ port: 0 })), scope)
      link = Redacted.value(Context.get(context, Dashboard.Dashboard).link)
    }),
    look: Effect.suspend(() => looking.look(link)),
    leave: looking.leave,
    close: Effect.suspend(() => scope === undefined ? Effect.void : Scope.close(scope, Exit.void))
  }
}

/** One turn: nobody, idle, viewer, viewer, idle, nobody. */
const turn = (count: number, looking: Looker, counting: Counters.Count) =>
  Effect.gen(function*() {
    const { close, leave, look, open } = stage(looking)
    const measured = Effect.zipRight(between(count, settling), block(count, counting))
    const first = yield* measured
    yield* open
    const idle = yield* measured
    const began = yield* leave
    const from = performance.now()
    yield* look
    const viewer = yield* measured
    const again = yield* measured
    const read = ((yield* leave) - began) / (performance.now() - from)
    yield* between(count, forgotten)
    const idleAgain = yield* measured
    yield* close
    const last = yield* measured
    return { none: [first, last], idle: [idle, idleAgain], viewer: [viewer, again], read }
  })

const tell = ({ idle, none, read, viewer }: Effect.Effect.Success<ReturnType<typeof turn>>): void => {
  for (const [kind, blocks] of Object.entries({ none, idle, viewer })) {
    const { clock, processor } = Palindrome.mean(blocks)
    emit({ figure: `dashboard-${kind}`, value: 1e6 / clock!, cpu: processor })
    if (blocks === none) continue
    const more = Palindrome.more(none, blocks)
    const costs = { ...more, clock: undefined, cost: more.clock && more.clock / (1 + more.clock) }
    for (const [of, cost] of Object.entries(costs)) {
      if (cost !== undefined) emit({ figure: `dashboard-${kind}-${of}`, value: cost * 100 })
    }
  }
  emit({ figure: "dashboard-reader", value: read * 100 })
}

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const count = order.counts["dashboard"]!
    const until = processor() + 3 * order.warmup
    while (processor() < until) yield* once(count)
    const looking = yield* looker
    const counting = yield* Counters.make
    // A quick run shows that it works; what it says is rough.
    const turns = order.variants ? 5 : 1
    for (let n = 0; n < turns * order.repeats; n++) tell(yield* turn(count, looking, counting))
  }).pipe(Effect.scoped, Effect.provide(threads(2)))
