/**
 * The scheduler machine alone: completions a second of processor time, with ten workers and with a thousand.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

interface Found {
  readonly workers: number
  readonly chained: boolean
  readonly alone: number
  readonly withPeers: number
}

const root = fileURLToPath(new URL("../../../", import.meta.url))

const ask = (tasks: number): Effect.Effect<ReadonlyArray<Found>, Failed> =>
  Effect.async((resume) => {
    const args = ["packages/core/bench/scheduler.mjs", String(tasks), "--json"]
    const child = execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      if (error !== null) resume(new Failed({ message: `${error.message}\n${stderr}` }))
      else resume(Effect.succeed(JSON.parse(stdout) as ReadonlyArray<Found>))
    })
    return Effect.sync(() => child.kill())
  })

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.map(ask(order.counts["machine"]!), (found) => {
    for (const chained of [false, true]) {
      for (const counted of ["alone", "withPeers"] as const) {
        const rate = (workers: number) =>
          found.find((each) => each.chained === chained && each.workers === workers)![counted]
        const variant = [...chained ? ["chains of 4"] : [], ...counted === "alone" ? [] : ["with its peers"]].join(", ")
        const say = (figure: string, value: number) =>
          emit({ figure, variant: variant === "" ? undefined : variant, value })
        say("machine-10", rate(10))
        say("machine-1000", rate(1000))
        say("machine-kept", rate(1000) / rate(10) * 100)
      }
    }
  })
