// One replica. What it is told, it is told by its environment: settings.ts.
import { CreelCluster, Security } from "@creel/cluster"
import type { HttpApp } from "@effect/platform"
import { HttpApiBuilder, HttpApiSwagger, HttpServer, HttpServerRequest } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Duration, Effect, Layer, Option } from "effect"
import { createServer } from "node:http"
import { ApiLive } from "./handlers.js"
import { announced, closing, Leaving } from "./leaving.js"
import { settings } from "./settings.js"

const DatabaseLive = PgClient.layerConfig({
  url: Config.redacted("DATABASE_URL"),
  maxConnections: Config.succeed(4)
})

/** A worker of the cluster, a client of it, and, on one of the replicas, its scheduler. */
const ClusterLive = Layer.unwrapEffect(
  Effect.map(settings, ({ leaveWithin, replica, secret, silence, threads }) =>
    CreelCluster.layer({
      threads,
      tasks: new URL("./tasks.js", import.meta.url),
      workerName: replica,
      leaveWithin,
      storage: { expiry: silence },
      pulse: { silence },
      scheduler: { suspectAfter: Duration.toMillis(silence) + 1000 },
      security: Option.match(secret, { onNone: () => Security.none, onSome: Security.secret })
    }))
).pipe(Layer.provide(DatabaseLive))

/** Closes when all that was asked is answered, or when there is no more time: those who still wait are hung up on. */
const ListenLive = Layer.unwrapEffect(Effect.map(settings, ({ finishWithin, http }) => {
  const server = createServer()
  const hangUp = Effect.delay(Effect.sync(() => server.closeAllConnections()), finishWithin)
  return Layer.scopedDiscard(Effect.addFinalizer(() => Effect.forkDaemon(hangUp))).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => server, http))
  )
}))

const logged = <E, R>(app: HttpApp.Default<E, R>) =>
  Effect.gen(function*() {
    const { method, url } = yield* HttpServerRequest.HttpServerRequest
    if (url !== "/healthz") yield* Effect.log(`${method} ${url}`)
    return yield* app
  })

const HttpLive = HttpApiBuilder.serve((app) => closing(logged(app))).pipe(
  Layer.provide([HttpApiSwagger.layer(), HttpApiBuilder.middlewareOpenApi()]),
  Layer.provide(ApiLive)
)

const Ready = Layer.effectDiscard(HttpServer.addressFormattedWith((address) => Effect.log(`ready at ${address}`)))

// Built from last to first, and closed from first to last.
const Service = announced.pipe(
  Layer.provide(Ready),
  Layer.provide(HttpLive),
  Layer.provide(ListenLive),
  Layer.provide(ClusterLive),
  Layer.provide(Leaving.layer)
)

NodeRuntime.runMain(Layer.launch(Service), { disablePrettyLogger: true })
