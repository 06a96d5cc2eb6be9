// npm start -- --dashboard: the notebook begins with "open the diagnostics dashboard before you start".
import { Dashboard } from "@creel/dashboard"
import type { Cluster, Door } from "creel"
import { Console, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { out } from "./print.js"

/** The cluster, and beside it the page. Another program's page may have the usual port: then any that is free. */
export const page = <A, E>(cluster: Layer.Layer<A | Cluster.Cluster | Door.Door, E>) =>
  Layer.orElse(Dashboard.layer(), () => Dashboard.layer({ port: 0 })).pipe(
    // The lesson prints the link itself.
    Layer.provide(Logger.minimumLogLevel(LogLevel.Warning)),
    Layer.provideMerge(cluster)
  )

/** Says where the page is before the lesson begins, and stays when it has ended, so that there is time to look. */
export const opened = <A, E, R>(lesson: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { link } = yield* Dashboard.Dashboard
    yield* Console.log("")
    yield* out(`the dashboard: ${Redacted.value(link)}`)
    yield* lesson
    yield* out("the cluster is still here, and so is its dashboard: Ctrl-C ends them")
    return yield* Effect.never
  })
