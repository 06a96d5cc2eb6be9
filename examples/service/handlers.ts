// From requests to tasks: a request that ends early takes its task with it, wherever that runs.
import { CreelCluster } from "@creel/cluster"
import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Client } from "creel"
import type { FutureError } from "creel"
import { Effect, Layer, Option } from "effect"
import { Api, NotReady, Unanswered } from "./api.js"
import { Leaving } from "./leaving.js"
import { settings } from "./settings.js"
import { search, tile } from "./tasks.js"

/** What these say is for the log; whoever asked only learns that it was not them. */
const unanswered = <A, R>(
  work: Effect.Effect<A, FutureError.FutureError | FutureError.SubmitError, R>
): Effect.Effect<A, Unanswered, R> =>
  work.pipe(
    Effect.tapError((error) => Effect.logError(error.message)),
    Effect.mapError(() => new Unanswered({ message: "the work could not be done, try again" }))
  )

export const WorkLive = HttpApiBuilder.group(Api, "work", (handlers) =>
  handlers
    .handle("tile", ({ path }) =>
      unanswered(Client.run(tile, path)).pipe(
        Effect.map(({ by, png }) =>
          HttpServerResponse.uint8Array(png, {
            contentType: "image/png",
            headers: { "x-strips": Object.entries(by).map(([replica, strips]) => `${replica}=${strips}`).join(",") }
          })
        )
      ))
    .handle("search", ({ urlParams: { bits, lanes, text } }) => unanswered(Client.run(search, text, bits, lanes))))

const asked = <A, E, R>(question: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, never, R> =>
  question.pipe(Effect.timeout("2 seconds"), Effect.option)

/** Ready is who has a scheduler that answers; who leaves says so before all else. */
const health = Effect.gen(function*() {
  const { replica } = yield* settings
  const { isLeaving, told } = yield* Leaving
  const node = yield* CreelCluster.Node
  return Effect.gen(function*() {
    const answers = yield* Effect.all([asked(node.scheduler), asked(Client.workers)], { concurrency: "unbounded" })
    const [scheduler, workers] = answers
    const there = Option.getOrElse(workers, () => [])
    const found = {
      replica,
      ...Option.match(scheduler, {
        onNone: () => ({}),
        onSome: ({ address, incarnation }) => ({ scheduler: { address, life: incarnation } })
      }),
      workers: there.length,
      slots: there.reduce((sum, worker) => sum + worker.slots, 0),
      running: there.reduce((sum, worker) => sum + worker.assigned, 0)
    }
    if (yield* isLeaving) {
      yield* told
      return yield* new NotReady({ ...found, state: "leaving" })
    }
    if (Option.isNone(workers)) return yield* new NotReady({ ...found, state: "apart" })
    return { ...found, state: "ready" as const }
  })
})

export const OperationsLive = HttpApiBuilder.group(
  Api,
  "operations",
  (handlers) => Effect.map(health, (health) => handlers.handle("health", () => health))
)

export const ApiLive = Layer.provide(HttpApiBuilder.api(Api), [WorkLive, OperationsLive])
