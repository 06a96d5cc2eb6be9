/** A scheduler that answers what a test says, for dashboards that need no cluster behind them. */
import * as Cluster from "creel/Cluster"
import * as Door from "creel/Door"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as http from "node:http"
import { Dashboard, layer, type Options } from "../../src/Dashboard.js"

export type Answers = Partial<Door.Questions>

/** Only the questions that are answered are there: any other would be a defect. */
export const stand = (ask: Answers) => {
  const door = { ask } as Door.Service
  const cluster = { describe: Effect.succeed("Cluster(of a test)") } as Cluster.Service
  return Layer.succeedContext(Context.make(Door.Door, door).pipe(Context.add(Cluster.Cluster, cluster)))
}

export const dashboard = (ask: Answers, options: Options = {}) =>
  Effect.map(
    Layer.build(Layer.provide(layer({ port: 0, token: "the token", ...options }), stand(ask))),
    (context) => {
      const service = Context.get(context, Dashboard)
      return { ...service, cluster: Context.get(context, Cluster.Cluster), open: Redacted.value(service.link) }
    }
  )

export interface Answered {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** A request as no browser would send it: with any headers. */
export const request = (
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {}
): Effect.Effect<Answered> =>
  Effect.async((resume) => {
    const sent = http.request(url, { method: options.method ?? "GET", headers: options.headers ?? {} }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => body += part)
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body })))
    })
    sent.on("error", (error) =>
      resume(Effect.die(error)))
    sent.end(options.body)
  })

export const bearer = { authorization: "Bearer the token" }

/** Reads the stream: each `next` is the next frame. */
export const viewer = (url: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly next: Effect.Effect<any>; readonly leave: () => void }>((resume) => {
      const frames: Array<any> = []
      const waiting: Array<(frame: any) => void> = []
      let text = ""
      const sent = http.request(`${url}api/stream`, { headers: bearer }, (response) => {
        response.setEncoding("utf8")
        response.on("data", (part: string) => {
          text += part
          for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
            const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "))
            text = text.slice(end + 2)
            const frame: unknown = JSON.parse(data?.slice(6) ?? "{}")
            const first = waiting.shift()
            if (first === undefined) frames.push(frame)
            else first(frame)
          }
        })
        response.on("error", () => {})
        const next = Effect.async<any>((resume) => {
          if (frames.length > 0) resume(Effect.succeed(frames.shift()))
          else waiting.push((frame) => resume(Effect.succeed(frame)))
        })
        resume(Effect.succeed({ next, leave: () => sent.destroy() }))
      })
      sent.on("error", () => {})
      sent.end()
    }),
    ({ leave }) => Effect.sync(leave)
  )
