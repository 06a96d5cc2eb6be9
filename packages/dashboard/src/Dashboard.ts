/**
 * A page that shows what a cluster is doing: the task stream, how far groups of tasks are, workers and their memory, the
 * graph, one task's life, supervisors, events. It stands beside any cluster, asks the scheduler through the same door as
 * everybody, and asks nothing while nobody looks.
 *
 * @since 0.1.0
 */
import * as Cluster from "creel/Cluster"
import * as Door from "creel/Door"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { DashboardError } from "./DashboardError.js"
import * as Assets from "./internal/assets.js"
import * as Guard from "./internal/guard.js"
import * as Routes from "./internal/routes.js"
import * as Server from "./internal/server.js"
import * as Watching from "./internal/watching.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: 8787. `0`: one that is free. */
  readonly port?: number | undefined
  /** What is listened on. Default: `127.0.0.1`, which nobody reaches from another machine. */
  readonly host?: string | undefined
  /**
   * Names by which browsers may reach it, beside `localhost`, `host` and any address in numbers. A request for another name is refused:
   * a page elsewhere could have made its own name point here.
   */
  readonly names?: ReadonlyArray<string> | undefined
  /** `operator`: those who look may also cancel tasks and send workers away. Default: `observer`. */
  readonly role?: "observer" | "operator" | undefined
  /** What the link must have. Default: another one at each start. */
  readonly token?: string | Redacted.Redacted | undefined
  /** Pages that may look at once. Default: 64. */
  readonly viewers?: number | undefined
  /** How often the page is told of news. Default: 200 milliseconds. */
  readonly every?: Duration.DurationInput | undefined
  /** What the page is called. Default: `Creel`. */
  readonly title?: string | undefined
}

/**
 * A dashboard that is there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Where it is, for those who have been let in. */
  readonly url: string
  /** The link that lets in whoever opens it. */
  readonly link: Redacted.Redacted
  /** How many pages look on now. */
  readonly viewers: Effect.Effect<number>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Dashboard extends Context.Tag("@creel/dashboard/Dashboard")<Dashboard, Service>() {}

const make = (options: Options) =>
  Effect.gen(function*() {
    const { ask } = yield* Door.Door
    const cluster = yield* Cluster.Cluster
    const { host = "127.0.0.1", port = 8787, role = "observer" } = options
    const guard = Guard.make({ host, names: options.names ?? [], token: options.token })
    const assets = yield* Assets.load(host, port)
    const watching = yield* Watching.make({
      ask,
      role,
      title: options.title ?? "Creel",
      every: Duration.toMillis(options.every ?? 200),
      viewersMax: options.viewers ?? 64
    })
    const routes = Routes.make({ ask, describe: cluster.describe, role, watching, assets })
    const url = yield* Server.listen({ host, port, guard, routes })
    const link = `${url}?token=${Redacted.value(guard.token)}`
    yield* Effect.logInfo(`dashboard: ${link}`)
    return Context.make(Dashboard, { url, link: Redacted.make(link), viewers: watching.viewers }).pipe(
      Context.add(Cluster.Cluster, {
        ...cluster,
        describe: Effect.map(cluster.describe, (text) => `${text}, dashboard at ${url}`)
      })
    )
  })

/**
 * A dashboard beside a cluster. It logs its link once; whoever opens that is let in by a cookie. The `Cluster` it gives is
 * the one it was given, whose description says where the dashboard is.
 *
 * @example
 * ```ts
 * import { Dashboard } from "@creel/dashboard"
 * import { Client, LocalCluster, Task, TaskGroup } from "creel"
 * import { Effect, Layer } from "effect"
 *
 * const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
 *
 * const program = Client.run(inc, 1).pipe(
 *   Effect.provide(
 *     Dashboard.layer({ port: 8787 }).pipe(
 *       Layer.provideMerge(LocalCluster.layer({ tasks: TaskGroup.make(inc) }))
 *     )
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Dashboard | Cluster.Cluster, DashboardError, Door.Door | Cluster.Cluster> =>
  Layer.scopedContext(make(options))
