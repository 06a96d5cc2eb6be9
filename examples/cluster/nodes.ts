// The processes of the example: started, listened to, killed.
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Node {
  readonly name: string
  /** Until it has said something like this. */
  readonly says: (what: RegExp) => Effect.Effect<void, Error>
  /** As which life it carries the scheduler, if it does: it says so in its log. */
  readonly carries: () => string | undefined
  /** `kill -9`: it can do nothing about it. */
  readonly kill: Effect.Effect<void>
}

const make = (database: string, name: string): Node => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./node.js", import.meta.url)), database, name], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  let said = ""
  const listeners = new Set<() => void>()
  const look = () => listeners.forEach((listener) => listener())
  const hear = (chunk: Buffer) => {
    said += chunk
    look()
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  child.once("exit", look)
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  return {
    name,
    says: (what) =>
      Effect.async((resume) => {
        const listener = () => {
          if (what.test(said)) resume(Effect.void)
          else if (isGone()) resume(Effect.fail(new Error(`node ${name} has ended:\n${said}`)))
        }
        listeners.add(listener)
        listener()
        return Effect.sync(() => listeners.delete(listener))
      }),
    carries: () => isGone() ? undefined : [...said.matchAll(/scheduler of \S+ at \S+, incarnation (\d+)/g)].at(-1)?.[1],
    kill: Effect.async((resume) => {
      if (isGone()) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill("SIGKILL")
    })
  }
}

export const start = (database: string, name: string) =>
  Effect.acquireRelease(Effect.sync(() => make(database, name)), (node) => node.kill)
