/** What an operator may change. A change is a POST with a body of JSON, which no page elsewhere can send without being asked. */
import type * as Door from "creel/Door"
import type { ManageError } from "creel/ManageError"
import * as Effect from "effect/Effect"
import type { IncomingMessage } from "node:http"
import { json, type Reply, type Route, text } from "./reply.js"

const bodyMax = 16_384

const read = (message: IncomingMessage): Effect.Effect<Readonly<Record<string, unknown>> | undefined> =>
  Effect.async((resume) => {
    const parts: Array<Buffer> = []
    let length = 0
    const end = (value: Readonly<Record<string, unknown>> | undefined) => resume(Effect.succeed(value))
    message.on("data", (part: Buffer) => {
      length += part.length
      if (length > bodyMax) end(undefined)
      else parts.push(part)
    })
    message.on("error", () => end(undefined))
    message.on("end", () => {
      try {
        const value: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"))
        end(typeof value === "object" && value !== null ? { ...value } : undefined)
      } catch {
        end(undefined)
      }
    })
  })

const change = (name: string, apply: (value: string) => Effect.Effect<unknown, ManageError>): Route => ({ message }) =>
  Effect.gen(function*(): Effect.fn.Return<Reply> {
    if (!/^application\/json\b/.test(message.headers["content-type"] ?? "")) {
      return text(415, "A change is sent as application/json.")
    }
    const value = (yield* read(message))?.[name]
    if (typeof value !== "string" || value === "") return text(400, `Say which: { "${name}": "…" }`)
    return yield* Effect.match(apply(value), {
      onFailure: (error) => text(403, error.message),
      onSuccess: (answer) => json(answer ?? {})
    })
  })

export const routes = (ask: Door.Questions): ReadonlyArray<[string, Route]> => [
  [
    "POST /api/cancel",
    change("key", (key) => ask.cancel([key], { by: "the dashboard", reason: "somebody pressed Cancel" }))
  ],
  ["POST /api/retire", change("worker", (worker) => ask.retire(worker))]
]
