/**
 * How many instructions this process carries out, all its threads together, as Linux's `perf` counts them: a measure that
 * neither neighbours nor the clock of the machine change. Owned here: asking for it, and doing without where it is not to be had.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

/**
 * A process that starts `perf` when it is told `start`, and says `ready` once that counts; told `stop`, it says the number,
 * or `none`. Measured processes do not start others: that would mark all of their memory as shared.
 */
const counter = (pid: number): string => `
let perf, ack
const say = (text) => console.log(text)
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "start") {
    const args = ["stat", "-x,", "-e", "instructions:u", "-p", "${pid}", "-D", "-1", "--control", "fd:3,4"]
    perf = require("node:child_process").spawn("perf", args, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] })
    const mine = perf
    let said = ""
    mine.stderr.on("data", (data) => said += data)
    mine.on("error", () => {})
    mine.stdio[3]?.on("error", () => {})
    mine.once("close", () => {
      const found = /^(\\d+),.*instructions/m.exec(said)
      if (ack !== undefined) say("none")
      else say(found === null ? "none" : found[1])
      ack = undefined
    })
    ack = () => say("ready")
    mine.stdio[4]?.on("data", () => { const f = ack; ack = undefined; f?.() })
    mine.stdio[3]?.write("enable\\n")
  } else perf.kill("SIGINT")
})`

/** What an effect takes, in instructions; nothing where there is no `perf`, or it may not count. */
export type Count = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<readonly [A, number | undefined], E, R>

export const make = Effect.gen(function*() {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, ["-e", counter(process.pid)], { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const lines = createInterface({ input: child.stdout })
  const ask = (word: string) =>
    Effect.async<string>((resume) => {
      lines.once("line", (line) => resume(Effect.succeed(line)))
      child.stdin.write(`${word}\n`)
    })
  const count: Count = (self) =>
    Effect.gen(function*() {
      const counts = (yield* ask("start")) === "ready"
      const a = yield* self
      if (!counts) return [a, undefined] as const
      const number = Number(yield* ask("stop"))
      return [a, number > 0 ? number : undefined] as const
    })
  return count
})
