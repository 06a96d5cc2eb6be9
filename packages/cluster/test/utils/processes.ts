/** Whole processes, of the fixtures here or of any file, awaited by what they say. */
import { Deferred, Effect, FiberId } from "effect"
import type { Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { resolve } from "node:path"
import { program } from "./programs.js"

export interface Running {
  readonly child: ChildProcess
  /** All it said so far, for when something goes wrong. */
  readonly said: () => string
  /** Ends when it has said a line that begins so; dies when it ends before. */
  readonly line: (begins: string) => Effect.Effect<string>
  /** By its standard input. */
  readonly tell: (line: string) => void
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** By this signal; returns when it is gone. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** What it has said and its exit code, when it has ended by itself and all of it is heard. */
  readonly ended: Effect.Effect<{ readonly code: number | null; readonly said: string }>
}

const make = (
  name: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  cwd: string | undefined
): Running => {
  const child = spawn(process.execPath, [resolve(program("fixtures"), name), ...args], {
    cwd,
    stdio: ["pipe", "pipe", "pipe"],
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
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => Effect.sync(() => void child.kill(signal)),
    ended: Effect.map(Deferred.await(closed), () => ({ code: child.exitCode, said })),
    kill: (signal) =>
      Effect.suspend(() => {
        if (child.exitCode !== null || child.signalCode !== null) return Effect.void
        child.kill(signal)
        return Deferred.await(gone)
      })
  }
}

/** A process that is gone, at the latest, when the scope closes. The name is a fixture's, or the path of a file. */
export const start = (
  name: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  cwd?: string
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => make(name, args, env, cwd)), (running) => running.kill("SIGKILL"))
