// The replicas as processes: started, listened to, told to end.
import { FetchHttpClient, HttpApiClient } from "@effect/platform"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Api } from "./api.js"

const launch = (name: string, env: Readonly<Record<string, string>>, service: URL) => {
  const child = spawn(process.execPath, ["--enable-source-maps", fileURLToPath(service)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, REPLICA: name, ...env }
  })
  let said = ""
  const listeners = new Set<() => void>()
  const look = () => listeners.forEach((listener) => listener())
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk
      look()
    })
  }
  child.once("close", look)
  const isGone = () => child.exitCode !== null || child.signalCode !== null

  /** When it has said something like this, `count` times; the last of them is given. */
  const says = (what: RegExp, count = 1): Effect.Effect<RegExpMatchArray, Error> =>
    Effect.async((resume) => {
      const listener = () => {
        const found = [...said.matchAll(new RegExp(what, "g"))]
        if (found.length >= count) resume(Effect.succeed(found[count - 1]!))
        else if (isGone()) resume(Effect.fail(new Error(`${name} has ended, and never said ${what}:\n${said}`)))
      }
      listeners.add(listener)
      listener()
      return Effect.sync(() => listeners.delete(listener))
    })

  /** When it is gone: its exit code, or the signal. */
  const ended: Effect.Effect<number | string> = Effect.async((resume) => {
    const done = () => resume(Effect.succeed(child.exitCode ?? child.signalCode ?? "gone"))
    if (isGone()) return done()
    child.once("exit", done)
  })
  const tell = (signal: NodeJS.Signals) => Effect.sync(() => void child.kill(signal))
  return { name, says, ended, tell, said: () => said }
}

/** A replica that is ready, what it is asked by, and how it is told to end; with the scope it is gone. */
export const start = (
  name: string,
  env: Readonly<Record<string, string>>,
  service = new URL("./service.js", import.meta.url)
) =>
  Effect.gen(function*() {
    const process = yield* Effect.acquireRelease(
      Effect.sync(() => launch(name, env, service)),
      ({ ended, tell }) => Effect.zipRight(tell("SIGKILL"), ended)
    )
    const [, url = ""] = yield* process.says(/ready at (http:[^\s"]+)/)
    const ask = yield* HttpApiClient.make(Api, { baseUrl: url })
    return { ...process, url, ask }
  }).pipe(Effect.provide(FetchHttpClient.layer))

export type Replica = Effect.Effect.Success<ReturnType<typeof start>>
