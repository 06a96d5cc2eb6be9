/** Options of executors, of threads and processes alike, with their defaults. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Options } from "../ThreadExecutors.js"
import type * as Supervise from "./supervise.js"

export const superviseOptions = (
  options: Options,
  kind: string,
  tasks: string | undefined,
  spawn: Supervise.SuperviseOptions["spawn"]
): Supervise.SuperviseOptions => ({
  names: Array.from({ length: options.count }, (_, index) => `${options.worker.name}/${kind}-${index + 1}`),
  spawn,
  open: {
    worker: options.worker,
    tasks,
    io: options.io ?? 32,
    allowPlain: options.plainFunctions ?? false,
    strict: options.strict ?? false
  },
  slots: options.slots ?? 1,
  startWithin: Duration.toMillis(options.startWithin ?? "1 minute"),
  grace: Duration.toMillis(options.grace ?? "2 seconds"),
  killWithin: Duration.toMillis(options.killWithin ?? "5 seconds"),
  bounds: {
    tasks: options.executors?.tasksMax ?? Infinity,
    millis: Duration.toMillis(options.executors?.lifetime ?? Duration.infinity),
    heapGrowth: options.executors?.heapGrowthMax ?? Infinity,
    terminate: options.executors?.terminate ?? 0.95
  },
  limits: {
    restarts: options.restarts?.limit ?? 10,
    period: Duration.toMillis(options.restarts?.period ?? "1 minute"),
    delay: Duration.toMillis(options.restarts?.delay ?? 50),
    maxDelay: Duration.toMillis(options.restarts?.maxDelay ?? "5 seconds")
  }
})

/** Without a prototype: what a polluted one says never decides how something is spawned. */
export const bare = <A extends object>(options: A): A => Object.assign(Object.create(null), options)

export const spawnWith = <A>(name: string, spawn: () => A): Effect.Effect<A, NodeClusterError> =>
  Effect.try({
    try: spawn,
    catch: (cause) =>
      new NodeClusterError({
        reason: "ExecutorNotStarted",
        executor: name,
        detail: cause instanceof Error ? cause.message : String(cause)
      })
  })
