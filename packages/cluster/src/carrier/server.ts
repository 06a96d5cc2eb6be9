/**
 * The thread's end: it carries the scheduler, as long as the node's own thread wants it to. Owned here: what is told from
 * there, and what this thread has to say (its log and its gauges), which the node's own thread says for it.
 */
import * as ThreadRpc from "@creel/node/ThreadRpc"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { MessagePort } from "node:worker_threads"
import * as Security from "../Security.js"
import * as Carrier from "./carrier.js"
import type { Said } from "./rpcs.js"
import { CarrierRpcs, NoDatabase } from "./rpcs.js"
import type { SecurityData } from "./securityData.js"
import * as SqlData from "./sqlData.js"

const securityOf = (data: SecurityData): Security.Service => {
  switch (data._tag) {
    case "None":
      return Security.none
    case "Secret":
      return Security.secret(Redacted.make(data.value), { also: data.also.map((secret) => Redacted.make(secret)) })
    case "RoleKey":
      return Security.roleKey(Redacted.make(data.key))
    case "Mutual":
      return Security.mutual({ ...data, key: Redacted.make(data.key) })
  }
}

/** Lines that nobody has taken yet; of more than these the oldest go. */
const unsaidMax = 1000

const textOf = (u: unknown): string => typeof u === "string" ? u : Inspectable.toStringUnknown(u, 0)

const logger = (unsaid: Queue.Queue<Said>) =>
  Logger.make<unknown, void>(({ annotations, cause, logLevel, message }) => {
    unsaid.unsafeOffer({
      _tag: "Log",
      level: logLevel._tag,
      message: (Array.isArray(message) ? message : [message]).map(textOf).join(" "),
      cause: Cause.isEmpty(cause) ? undefined : Cause.pretty(cause, { renderErrorCause: true }),
      annotations: Object.fromEntries(HashMap.toEntries(annotations).map(([key, value]) => [key, textOf(value)]))
    })
  })

/** What the scheduler measures is looked for where the program's metrics are. */
const gauges = (unsaid: Queue.Queue<Said>): Effect.Effect<never> => {
  const last = new Map<string, number>()
  const look = Effect.map(Metric.snapshot, (pairs) => {
    for (const { metricKey, metricState } of pairs) {
      if (!metricKey.name.startsWith("creel_") || !MetricState.isGaugeState(metricState)) continue
      const tags = Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
      const id = JSON.stringify([metricKey.name, tags])
      const value = Number(metricState.value)
      if (last.get(id) === value) continue
      last.set(id, value)
      const description = metricKey.description._tag === "Some" ? metricKey.description.value : undefined
      unsaid.unsafeOffer({ _tag: "Gauge", name: metricKey.name, description, tags, value })
    }
  })
  return Effect.forever(Effect.delay(look, "1 second"))
}

const handlers = (unsaid: Queue.Queue<Said>) =>
  CarrierRpcs.toLayer(Effect.gen(function*() {
    const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    const carrier = yield* Deferred.make<Carrier.Carrier>()
    const members = new Map<string, Scope.CloseableScope>()
    return {
      Start: ({ logLevel, options, security, sql }) =>
        Effect.gen(function*() {
          const database = yield* Effect.mapError(
            Layer.build(SqlData.layer(sql)),
            (error) => new NoDatabase({ detail: error instanceof Error ? error.message : String(error) })
          )
          const made = yield* Effect.provide(Carrier.make(options, securityOf(security)), database)
          yield* Effect.forkScoped(Effect.interruptible(gauges(unsaid)))
          yield* Deferred.succeed(carrier, made)
          return made.ports
        }).pipe(
          Scope.extend(scope),
          Logger.withMinimumLogLevel(LogLevel.fromLiteral(logLevel as LogLevel.Literal)),
          // What throws here is one failed start, and not the end of the thread.
          Effect.catchAllDefect((defect) => new NoDatabase({ detail: textOf(defect) }))
        ),
      Locate: ({ namespace }) => Effect.flatMap(Deferred.await(carrier), ({ locate }) => locate(namespace)),
      Register: (member) =>
        Effect.gen(function*() {
          const { register } = yield* Deferred.await(carrier)
          const own = yield* Scope.fork(scope, scope.strategy)
          yield* Effect.onError(Scope.extend(register(member), own), (cause) => Scope.close(own, Exit.failCause(cause)))
          members.set(member.id, own)
        }),
      Leave: ({ id }) =>
        Effect.suspend(() => {
          const own = members.get(id)
          members.delete(id)
          return own === undefined ? Effect.void : Scope.close(own, Exit.void)
        }),
      Said: () => Stream.fromQueue(unsaid),
      Stop: () => Scope.close(scope, Exit.void)
    }
  }))

export const serve = (port: MessagePort): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function*() {
    const unsaid = yield* Queue.sliding<Said>(unsaidMax)
    return yield* RpcServer.make(CarrierRpcs, { disableFatalDefects: true, disableTracing: true }).pipe(
      Effect.provide(Layer.mergeAll(handlers(unsaid), ThreadRpc.layerServer(port))),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger(unsaid)))
    )
  })

/** What nobody catches ends the thread: the node's own thread hears of it, and starts another. */
export const run = (port: MessagePort): void => {
  Runtime.runFork(Runtime.defaultRuntime)(Effect.scoped(serve(port)))
}
