/** What the tests of clients and futures share: a cluster of fibers, and work that waits to be told. */
import { Client, type Cluster, type Door, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { turn } from "./utils/turn.js"

/** Runs a program on a cluster of its own that has these tasks. */
export const on =
  (options: Omit<LocalCluster.Options<never>, "tasks">, ...tasks: ReadonlyArray<Task.Task<any, any, any>>) =>
  <A, E>(
    program: Effect.Effect<A, E, Client.Client | Cluster.Cluster | Scope.Scope>
  ): Effect.Effect<A, E, Scope.Scope> =>
    Effect.provide(program, LocalCluster.layer({ ...options, tasks: TaskGroup.make(...tasks) })) as Effect.Effect<
      A,
      E,
      Scope.Scope
    >

/** The same, for programs that let more clients in. */
export const onDoor =
  (options: Omit<LocalCluster.Options<never>, "tasks">, ...tasks: ReadonlyArray<Task.Task<any, any, any>>) =>
  <A, E>(program: Effect.Effect<A, E, Client.Client | Door.Door | Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
    Effect.provide(program, LocalCluster.layer({ ...options, tasks: TaskGroup.make(...tasks) })) as Effect.Effect<
      A,
      E,
      Scope.Scope
    >

/** Another client of the same cluster, for as long as the scope is open. */
export const another = (name: string) =>
  Effect.map(Layer.build(Layer.fresh(Client.layer({ name }))), (context) => Context.get(context, Client.Client))

export const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
export const add = Task.make("add", (x: number, y: number) => Effect.succeed(x + y))
export const sum = Task.sync("sum", (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0))
export const boom = Task.make("boom", (why: string) => Effect.fail(why) as Effect.Effect<number, string>)
export const broken = Task.sync("broken", (why: string): number => {
  throw new Error(why)
})

/**
 * Work that says when it began, stays until it is told what to answer, and notes how it ended. Tasks of one process
 * see what their definition closes over.
 */
export const gated = (name = "gated", options: { readonly slots?: number } = {}) => {
  const started = Deferred.unsafeMake<void>(FiberId.none)
  const gate = Deferred.unsafeMake<number, string>(FiberId.none)
  const log: Array<string> = []
  let runs = 0
  const body = (x: number) =>
    Effect.suspend(() => {
      runs++
      return Deferred.succeed(started, undefined)
    }).pipe(
      Effect.zipRight(Deferred.await(gate)),
      Effect.map((y) => x + y),
      Effect.onInterrupt(() => Effect.sync(() => void log.push("interrupted"))),
      Effect.ensuring(Effect.sync(() => void log.push("ended")))
    )
  const task = options.slots === undefined ? Task.make(name, body) : Task.make(name, body, { slots: options.slots })
  return {
    task,
    log,
    runs: () => runs,
    started: Deferred.await(started),
    open: Deferred.succeed(gate, 0),
    fail: (why: string) => Deferred.fail(gate, why)
  }
}

/** The reason of a `FutureError` or `SubmitError` that an effect fails with; anything else fails the test. */
export const reasonOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<string, never, R> =>
  Effect.map(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return "it succeeded"
    const failure = Cause.squash(exit.cause) as { readonly _tag?: string; readonly reason?: string }
    return failure.reason ?? String(failure)
  })

export const isInterrupted = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) && !Cause.isEmpty(exit.cause)

/** Turns of the event loop until something holds: for what happens without anyone being told. */
export const eventually = (holds: () => boolean): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const look = () => holds() ? resume(Effect.void) : void setImmediate(look)
    look()
  })

/** The same, for what must be asked for. */
export const until = <A, R>(ask: Effect.Effect<A, never, R>, holds: (a: A) => boolean): Effect.Effect<A, never, R> =>
  Effect.flatMap(ask, (a) =>
    holds(a)
      ? Effect.succeed(a)
      : Effect.zipRight(
        turn,
        until(ask, holds)
      ))

/** The scheduler knows no task of these any more, nor any of them by name. */
export const forgotten = (key: string) =>
  until(Client.explain(key), (explanation) => explanation.state.toLowerCase() === "unknown")
