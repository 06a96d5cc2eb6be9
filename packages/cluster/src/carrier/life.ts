/**
 * One thread that carries a scheduler, from its first to its last moment, seen from the node's own thread. Owned here: how
 * it begins, how it is asked, how it ends; and that what it logs and measures is logged and measured here.
 */
import * as ThreadRpc from "@creel/node/ThreadRpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Worker } from "node:worker_threads"
import { ClusterError } from "../ClusterError.js"
import type * as Carrier from "./carrier.js"
import type { NoDatabase, Said, Start } from "./rpcs.js"
import { CarrierRpcs } from "./rpcs.js"

/** JavaScript, always that of `dist`: a thread of its own has no TypeScript loader, whatever the program was started with. */
export const boot = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/carrier/carrierBoot.js" : "./carrierBoot.js",
  import.meta.url
)

type Rpc = RpcClient.FromGroup<typeof CarrierRpcs, RpcClientError>

export interface Life {
  readonly rpc: Rpc
  readonly ports: Carrier.Options["ports"]
  /** Milliseconds, by the clock. */
  readonly began: number
  /** How it ended. */
  readonly exited: Deferred.Deferred<string>
  readonly scope: Scope.CloseableScope
}

const spawn = Effect.sync(() => {
  // What the program was started with is for the program: this thread loads nothing of its own.
  const worker = new Worker(boot, { name: "creel-scheduler", execArgv: [] })
  const exited = Deferred.unsafeMake<string>(FiberId.none)
  let why: string | undefined
  worker.on("error", (error) => {
    why = error instanceof Error ? error.stack ?? error.message : String(error)
  })
  worker.on("exit", (code) => Deferred.unsafeDone(exited, Exit.succeed(why ?? `it exited with code ${code}`)))
  return { worker, exited }
})

/** Beyond what closing a placement takes. */
const stopWithin = "12 seconds"

/** Ends with the thread, where that ends first. */
export const asked = <A, E>(
  { exited }: Pick<Life, "exited">,
  question: Effect.Effect<A, E | RpcClientError>
): Effect.Effect<A, Exclude<E, RpcClientError> | ClusterError> =>
  // Both sides can be interrupted wherever this stands: where nothing can, the race would wait for its loser.
  Effect.raceFirst(
    Effect.interruptible(question),
    Effect.flatMap(Effect.interruptible(Deferred.await(exited)), (why) =>
      new ClusterError({
        reason: "NoScheduler",
        detail: `the thread that carries the scheduler ended: ${why}`,
        advice: "wait: another one is started"
      }))
  ).pipe(
    // Between two threads of one process nothing breaks but one of them.
    Effect.catchAll((error) =>
      error instanceof RpcClientError
        ? Effect.die(error)
        : Effect.fail(error as Exclude<E, RpcClientError> | ClusterError)
    )
  )

const gauge = (said: Said & { readonly _tag: "Gauge" }): Effect.Effect<void> => {
  const { description, name, tags, value } = said
  const plain = Metric.gauge(name, description === undefined ? {} : { description })
  return Metric.set(Object.entries(tags).reduce((to, [key, value]) => Metric.tagged(to, key, value), plain), value)
}

const say = (said: Said): Effect.Effect<void> => {
  if (said._tag === "Gauge") return gauge(said)
  const lines = said.cause === undefined ? [said.message] : [said.message, said.cause]
  const level = LogLevel.fromLiteral(said.level as LogLevel.Literal)
  return Effect.annotateLogs(Effect.logWithLevel(level, ...lines), said.annotations)
}

/** Begins one, whose scope is part of this one. */
export const begin = (start: Start): Effect.Effect<Life, ClusterError | NoDatabase, Scope.Scope> =>
  Effect.gen(function*() {
    const outer = yield* Effect.scope
    const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
    const began = yield* Clock.currentTimeMillis
    const life = Effect.gen(function*() {
      const { exited, worker } = yield* Effect.acquireRelease(
        spawn,
        ({ worker }) => Effect.promise(() => worker.terminate())
      )
      const rpc: Rpc = yield* Effect.provideServiceEffect(
        RpcClient.make(CarrierRpcs, { disableTracing: true }),
        RpcClient.Protocol,
        ThreadRpc.makeClient(worker)
      )
      yield* Effect.addFinalizer(() =>
        asked({ exited }, rpc.Stop()).pipe(
          Effect.interruptible,
          Effect.disconnect,
          Effect.timeout(stopWithin),
          Effect.ignore
        )
      )
      yield* Effect.forkScoped(Effect.interruptible(Effect.ignore(Stream.runForEach(rpc.Said(), say))))
      const ports = yield* asked({ exited }, rpc.Start(start))
      return { rpc, ports, began, exited, scope }
    })
    return yield* Effect.onError(Scope.extend(life, scope), (cause) => Scope.close(scope, Exit.failCause(cause)))
  })
