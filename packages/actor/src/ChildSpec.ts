/**
 * How a supervisor is to start, restart and stop a child: a value.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Life } from "./internal/life.js"
import type { StopOptions } from "./MachineActor.js"
import type { Tree } from "./Supervisor.js"
import type { Watchable } from "./Watch.js"

/**
 * When a child that has ended is started again.
 *
 * - `permanent`: always.
 * - `transient`: when it failed. Being stopped, a normal end and interruption
 *   alone are no failures.
 * - `temporary`: never; the supervisor forgets it when it has ended.
 *
 * @since 0.1.0
 * @category models
 */
export type Restart = "permanent" | "transient" | "temporary"

/**
 * What a child has to be: something whose end is told. If it can be stopped in
 * good order it is, before its Scope is closed. Machine actors, actors and
 * supervisors are children as they are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Child extends Watchable {
  readonly stop?: ((options?: StopOptions | undefined) => Effect.Effect<void>) | undefined
  /** How many messages wait in its mailbox, for displays. */
  readonly depth?: number | undefined
  /** What a supervisor has below it, for displays. */
  readonly tree?: Effect.Effect<Tree> | undefined
}

/**
 * A child specification.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildSpec<out A extends Child, out E = never, out R = never> {
  /** Unique among its siblings. */
  readonly id: string
  /** Started anew for each life, in a Scope of its own, which is closed before the next. */
  readonly start: Effect.Effect<A, E, R>
  readonly restart: Restart
  /**
   * How long the child may take to stop in good order, and its Scope to close
   * after that. Past it the supervisor goes on, and closing continues behind
   * its back with a warning logged. `Duration.infinity` waits for ever.
   */
  readonly shutdown: Duration.DurationInput
  /** Whether the supervisor's `autoShutdown` looks at this child. */
  readonly significant: boolean
}

/**
 * The common part of what a specification may say.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Unique among its siblings. */
  readonly id: string
  /** Default `permanent`. */
  readonly restart?: Restart | undefined
  /** Default 5 seconds. See {@link ChildSpec}. */
  readonly shutdown?: Duration.DurationInput | undefined
  /** Default `false`. */
  readonly significant?: boolean | undefined
}

/**
 * Specifies a child by the Effect that starts it, such as `MachineActor.make`,
 * `Actor.make` or `Supervisor.make`. The `Scope` it asks for is its life's.
 *
 * @example
 * ```ts
 * import { ChildSpec, MachineActor } from "@creel/actor"
 *
 * export const ticker = ChildSpec.make({
 *   id: "ticker",
 *   restart: "transient",
 *   start: MachineActor.make({
 *     name: "ticker",
 *     machine: { initial: () => 0, step: (_: number, _events: ReadonlyArray<"tick">) => [] },
 *     perform: () => {}
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A extends Child, E, R>(
  options: Options & { readonly start: Effect.Effect<A, E, R> }
): ChildSpec<A, E, R> => ({
  id: options.id,
  start: options.start,
  restart: options.restart ?? "permanent",
  shutdown: options.shutdown ?? "5 seconds",
  significant: options.significant ?? false
})

/**
 * Specifies a child that is one long-running Effect: the child lives while it
 * runs and fails as it fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const effect = <X, E, R>(
  options: Options & { readonly run: Effect.Effect<X, E, R> }
): ChildSpec<Watchable<E>, never, R | Scope.Scope> =>
  make({
    ...options,
    start: Effect.gen(function*() {
      const life = new Life<E>(options.id)
      const scope = yield* Effect.scope
      const run = Effect.onExit(options.run, (exit) => Effect.sync(() => life.end(Exit.asVoid(exit))))
      yield* Effect.forkIn(Effect.interruptible(Scope.extend(run, scope)), scope)
      // Interrupted before it began, it has no exit handler yet.
      yield* Effect.addFinalizer(() => Effect.sync(() => life.end(Exit.void)))
      return life
    })
  })
