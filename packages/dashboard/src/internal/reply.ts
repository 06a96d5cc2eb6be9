/** What a route answers. */
import type * as Effect from "effect/Effect"
import type { IncomingMessage, ServerResponse } from "node:http"

export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface Request {
  readonly url: URL
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly port: number
}

/** Nothing: the route answers by itself, and goes on doing so. */
export type Route = (request: Request) => Effect.Effect<Reply | undefined>

export const json = (value: unknown, status: number = 200): Reply => ({
  status,
  type: "application/json; charset=utf-8",
  body: JSON.stringify(value)
})

export const text = (status: number, sentence: string): Reply => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${sentence}\n`
})
