/**
 * What probes ask a node by HTTP: `/live`, whether its process answers, and `/ready`, whether it finds the scheduler now.
 * Cheaper than a process for each question. Says nothing else, and needs no credentials.
 */
import type * as Door from "creel/Door"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import { CliError } from "../CliError.js"

/** Who probes waits a second or a few. */
const answersWithin = "1 second"

const finds = (door: Door.Service): Effect.Effect<boolean> =>
  Effect.isSuccess(Effect.timeout(Effect.interruptible(door.ask.workers), answersWithin))

export interface Probes {
  /** From now on the node is there, with this way to its scheduler. */
  readonly up: (door: Door.Service) => void
}

/** Listens until the scope closes. */
export const serve = (host: string, port: number): Effect.Effect<Probes, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    let door: Door.Service | undefined
    const say = (response: http.ServerResponse, status: number, what: string): void => {
      response.writeHead(status, { "content-type": "text/plain", "cache-control": "no-store" })
      response.end(`${what}\n`)
    }
    const server = http.createServer((request, response) => {
      if (request.url === "/live") return say(response, 200, "live")
      if (request.url !== "/ready") return say(response, 404, "/live, /ready")
      if (door === undefined) return say(response, 503, "starting")
      run(Effect.map(finds(door), (found) => say(response, found ? 200 : 503, found ? "ready" : "no scheduler")))
    })
    yield* Effect.acquireRelease(
      Effect.async<void, CliError>((resume) => {
        server.once("error", (error) => resume(Effect.fail(taken(port, error))))
        server.listen(port, host, () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    return { up: (its) => void (door = its) }
  })

const taken = (port: number, error: Error): CliError =>
  new CliError({
    reason: "BadOption",
    detail: `--health-port ${port}: ${error.message}`,
    advice: "give a port that is free on this machine"
  })
