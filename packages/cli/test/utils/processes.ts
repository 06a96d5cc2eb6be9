/** Whole processes, of the program and of fixtures, awaited by what they say. */
import { Deferred, Effect, FiberId } from "effect"
import type { Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Running {
  readonly child: ChildProcess
  /** All it said so far, for when something goes wrong. */
  readonly said: () => string
  /** Ends when it has said a line that begins so; dies when it ends before. */
  readonly line: (begins: string) => Effect.Effect<string>
  /** By this signal; returns when it is gone. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** When it is gone, and all it said is heard. */
  readonly closed: Effect.Effect<void>
}

const here = fileURLToPath(new URL("..", import.meta.url))

const fileOf = (name: string): string => name === "bin" ? "../dist/bin/creel.js" : name

const make = (name: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Running => {
  const child = spawn(process.execPath, [fileOf(name), ...args], {
    cwd: here,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env }
  })
  let said = ""
  const listeners = new Set<() => void>()
  const hear = (chunk: Buffer) => {
    said += chunk.toString()
    for (const listener of listeners) listener()
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  const gone = Deferred.unsafeMake<void>(FiberId.none)
  const closed = Deferred.unsafeMake<void>(FiberId.none)
  child.once("close", () => Deferred.unsafeDone(closed, Effect.void))
  child.once("exit", () => {
    Deferred.unsafeDone(gone, Effect.void)
    for (const listener of listeners) listener()
  })
  return {
    child,
    closed: Deferred.await(closed),
    said: () => said,
    line: (begins) =>
      Effect.async((resume) => {
        const look = () => {
          const found = said.split("\n").find((line) => line.startsWith(begins))
          if (found !== undefined) resume(Effect.succeed(found))
          else if (child.exitCode !== null || child.signalCode !== null) {
            resume(Effect.dieMessage(`${name} ended before it said ${begins}:\n${said}`))
          }
        }
        listeners.add(look)
        look()
        return Effect.sync(() => listeners.delete(look))
      }),
    kill: (signal) =>
      Effect.suspend(() => {
        if (child.exitCode !== null || child.signalCode !== null) return Effect.void
        child.kill(signal)
        return Deferred.await(gone)
      })
  }
}

/** A process that is gone, at the latest, when the scope closes. */
export const start = (
  name: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => make(name, args, env)), (running) => running.kill("SIGKILL"))

export const creel = (database: string, ...args: ReadonlyArray<string>): Effect.Effect<Running, never, Scope.Scope> =>
  start("bin", args, { CREEL_STORAGE: database })

/** What it has said and its exit code, when it has ended by itself. */
export const ended = (running: Running): Effect.Effect<{ readonly code: number | null; readonly said: string }> =>
  Effect.map(running.closed, () => ({ code: running.child.exitCode, said: running.said() }))
