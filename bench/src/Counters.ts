/**
 * How many cycles of a processor this process takes and how many instructions it carries out, its own thread and all its threads
 * together, as Linux's `perf` counts them. Neighbours take time, and no cycles. Owned here: asking for them, and doing
 * without where they are not to be had.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

/**
 * A process that starts `perf` when it is told `start`, and says `ready` once that counts; told `stop`, it says the numbers,
 * or `none`. Measured processes do not start others: that would mark all of their memory as shared. Cycles are the kernel's
 * too, where it lets them be counted: what a socket takes is done there.
 */
const counter = (pid: number): string => `
let perf, ack
const say = (text) => console.log(text)
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "start") {
    const what = ["--per-thread", "-e", "cycles,instructions:u", "-p", "${pid}"]
    const args = ["stat", "-x,", ...what, "-D", "-1", "--control", "fd:3,4"]
    perf = require("node:child_process").spawn("perf", args, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] })
    const mine = perf
    let said = ""
    mine.stderr.on("data", (data) => said += data)
    mine.on("error", () => {})
    mine.stdio[3]?.on("error", () => {})
    mine.once("close", () => {
      say(ack === undefined ? JSON.stringify(said) : "none")
      ack = undefined
    })
    ack = () => say("ready")
    mine.stdio[4]?.on("data", () => { const f = ack; ack = undefined; f?.() })
    mine.stdio[3]?.write("enable\\n")
  } else perf.kill("SIGINT")
})`

/** What was counted of the program's own thread, and of all; nothing where there is no `perf`, or it may not count. */
export interface Counted {
  readonly thread: { readonly cycles: number | undefined; readonly instructions: number | undefined }
  readonly all: { readonly cycles: number | undefined; readonly instructions: number | undefined }
}

/** What `perf stat -x, --per-thread` says: a line for each thread and event, `node-123,4567,,cycles:u,…`. */
export const read = (said: string, pid: number): Counted => {
  const sum = (event: string, isCounted: (thread: number) => boolean): number | undefined => {
    let found: number | undefined
    for (const [, thread, count] of said.matchAll(new RegExp(`^.*-(\\d+),(\\d+),[^,]*,${event}`, "gm"))) {
      if (isCounted(Number(thread))) found = (found ?? 0) + Number(count)
    }
    return found
  }
  const of = (isCounted: (thread: number) => boolean) => ({
    cycles: sum("cycles", isCounted),
    instructions: sum("instructions", isCounted)
  })
  return { thread: of((thread) => thread === pid), all: of(() => true) }
}

/** What an effect takes. */
export type Count = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<readonly [A, Counted], E, R>

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
      const said = counts ? yield* ask("stop") : "\"\""
      return [a, read(String(JSON.parse(said)), process.pid)] as const
    })
  return count
})
