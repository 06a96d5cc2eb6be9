/**
 * What can be asked for, in one table. `open` is for everybody that may speak to this host at all; all else is for those who
 * were let in.
 */
import type * as Door from "creel/Door"
import * as Effect from "effect/Effect"
import { parseCursor } from "../fold/store.js"
import type { Asset, Assets } from "./assets.js"
import * as Changes from "./changes.js"
import * as Profiled from "./profiled.js"
import * as Prometheus from "./prometheus.js"
import { json, type Reply, type Request, type Route, text } from "./reply.js"
import { headersOf } from "./server.js"
import type { Watching } from "./watching.js"

export interface Routes {
  readonly open: ReadonlyMap<string, Route>
  readonly closed: ReadonlyMap<string, Route>
  /** All paths there are, whatever the method. */
  readonly paths: ReadonlySet<string>
}

/** Keys at most that are drawn one by one. */
const graphMax = 1500

const asset = (file: Asset): Route => ({ message }) =>
  Effect.sync((): Reply => {
    const headers = { etag: file.tag, vary: "accept-encoding" }
    if (message.headers["if-none-match"] === file.tag) return { status: 304, type: file.type, body: "", headers }
    return /\bgzip\b/.test(String(message.headers["accept-encoding"] ?? ""))
      ? { status: 200, type: file.type, body: file.zipped, headers: { ...headers, "content-encoding": "gzip" } }
      : { status: 200, type: file.type, body: file.plain, headers }
  })

/** Stays open until the viewer goes. */
const stream = (watching: Watching): Route => ({ message, response, url }) =>
  Effect.suspend(() => {
    const last = message.headers["last-event-id"]
    const cursor = parseCursor(typeof last === "string" ? last : url.searchParams.get("after") ?? undefined)
    response.setTimeout(0)
    if (!watching.join(response, cursor)) {
      return Effect.succeed<Reply | undefined>(text(503, "Too many pages look on already."))
    }
    response.writeHead(
      200,
      headersOf({ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" })
    )
    response.flushHeaders()
    return Effect.succeed(undefined)
  })

/** The whole as data, for scripts. */
const state = ({ ask, describe }: Needs): Route => () =>
  Effect.gen(function*() {
    const nothingNew = { cursor: Number.MAX_SAFE_INTEGER, activityCursor: Number.MAX_SAFE_INTEGER }
    const glance = yield* ask.observe({ ...nothingNew, watch: false })
    const {
      activities: _,
      activitiesMissed: __,
      activityCursor: ___,
      cursor: ____,
      entries: _____,
      missed: ______,
      ...of
    } = glance
    return json({ cluster: yield* describe, ...of })
  })

/** For Prometheus, which says `Authorization: Bearer <token>`. */
const metrics = ({ ask }: Needs): Route => () =>
  Effect.map(
    ask.observe({ cursor: Number.MAX_SAFE_INTEGER, activityCursor: Number.MAX_SAFE_INTEGER, watch: false }),
    (glance) => ({ status: 200, type: Prometheus.contentType, body: Prometheus.render(glance) })
  )

const task = ({ ask }: Needs): Route => ({ url }) => {
  const key = url.searchParams.get("key")
  if (key === null || key === "") return Effect.succeed(text(400, "Say which: /api/task?key=…"))
  return Effect.map(
    Effect.all([ask.key(key), ask.story(key), ask.explain(key)], { concurrency: 3 }),
    ([view, story, explanation]) => json({ key, view: withoutBytes(view), story, explanation })
  )
}

/** An encoded cause is bytes that only its task can read; its text stays. */
const withoutBytes = <View extends { readonly failure: { readonly cause: unknown } | undefined }>(
  view: View | undefined
) => view?.failure === undefined ? view : { ...view, failure: { ...view.failure, cause: undefined } }

export interface Needs {
  readonly ask: Door.Questions
  readonly describe: Effect.Effect<string>
  readonly role: "observer" | "operator"
  readonly watching: Watching
  readonly assets: Assets
}

export const make = (needs: Needs): Routes => {
  const { ask, assets, watching } = needs
  const open = new Map<string, Route>([
    ["GET /healthz", () => Effect.succeed(text(200, "ok"))]
  ])
  const closed = new Map<string, Route>([
    ...[...assets].map(([path, file]): [string, Route] => [`GET ${path}`, asset(file)]),
    ["GET /metrics", metrics(needs)],
    ["GET /api/hello", () => Effect.succeed(json({}))],
    ["GET /api/stream", stream(watching)],
    ["GET /api/state.json", state(needs)],
    ["GET /api/task", task(needs)],
    ["GET /api/graph", () => Effect.map(ask.graph(graphMax), (graph) => json(graph))],
    ["GET /api/profile", Profiled.route(ask)],
    ["GET /api/tree", () => Effect.map(ask.tree, (tree) => json(tree))],
    ...(needs.role === "operator" ? Changes.routes(ask) : [])
  ])
  const paths = new Set([...open.keys(), ...closed.keys()].map((route) => route.slice(route.indexOf(" ") + 1)))
  return { open, closed, paths }
}

export type { Request }
