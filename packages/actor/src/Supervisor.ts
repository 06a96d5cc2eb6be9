/**
 * Supervisors: children that are started in order, restarted when they fail,
 * and stopped in reverse order.
 *
 * A supervisor is itself a machine actor: `internal/supervision` decides, this
 * module has the hands. What it promises:
 *
 * 1. A child's Scope is closed before its next life begins.
 * 2. More than `limit` failures within `period`, or the end of the backoff
 *    schedule, stop all children and fail the supervisor; a parent supervisor
 *    treats that as the failure of a child, {@link run} as its own.
 * 3. When the supervisor's Scope has closed, every child has been stopped, in
 *    reverse order, each within its own deadline.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Context_ from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ChildNotRunning, StartFailed, SupervisorFailed } from "./ActorError.js"
import type { ChildExists } from "./ActorError.js"
import * as ChildSpec from "./ChildSpec.js"
import { SupervisorShell } from "./internal/supervisorShell.js"
import type { StopOptions } from "./MachineActor.js"
import type { Watchable } from "./Watch.js"

/**
 * Who is restarted when a child fails.
 *
 * - `one-for-one`: that child.
 * - `one-for-all`: all children, stopped in reverse order, started in order.
 * - `rest-for-one`: that child and those started after it.
 *
 * @since 0.1.0
 * @category models
 */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one"

/**
 * Any child specification.
 *
 * @since 0.1.0
 * @category models
 */
export type AnySpec = ChildSpec.ChildSpec<ChildSpec.Child, unknown, unknown>

/**
 * What the children of a supervisor need from outside: all but their Scope.
 *
 * @since 0.1.0
 * @category models
 */
export type Context<Spec> = Spec extends ChildSpec.ChildSpec<infer _A, infer _E, infer R> ? Exclude<R, Scope.Scope>
  : never

/**
 * How a supervisor behaves.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Specs extends ReadonlyArray<AnySpec> = ReadonlyArray<AnySpec>> {
  /** For messages, logs and displays. */
  readonly name: string
  /** Default `one-for-one`. */
  readonly strategy?: Strategy | undefined
  /**
   * How many failures are repaired: one more within `within` is too many.
   * Default 3 in 5 seconds. A restart of several children counts once.
   */
  readonly limit?: { readonly failures: number; readonly within: Duration.DurationInput } | undefined
  /**
   * How long to wait before a failed child is started again, by its last
   * failure. One run of the schedule per child; it begins anew when the child
   * has been well for a whole period. Its end is giving up. Default: no wait.
   * A wait so long that `limit` can never be reached restarts for ever.
   */
  readonly backoff?: Schedule.Schedule<unknown, Cause.Cause<unknown>> | undefined
  /** Whether the end of significant children, where they are not restarted, ends the supervisor. Default `never`. */
  readonly autoShutdown?: "never" | "any-significant" | "all-significant" | undefined
  /** Started in this order, each after the one before it has started. */
  readonly children?: Specs | undefined
}

/**
 * What stands under a supervisor, as data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tree {
  readonly id: string
  /** `up`, or what is happening to it: `down`, `waiting` (for the backoff), `starting`, `stopping`, … */
  readonly status: "down" | "waiting" | "starting" | "cancelling" | "up" | "ended" | "stopping"
  readonly restarts: number
  /** Messages waiting in its mailbox, where it has one. */
  readonly depth: number | undefined
  readonly children: ReadonlyArray<Tree>
}

/**
 * A running supervisor.
 *
 * @since 0.1.0
 * @category models
 */
export interface Supervisor extends Watchable<SupervisorFailed> {
  /**
   * Adds a child and starts it; succeeds with its first life. If that fails,
   * the child is not added.
   */
  readonly startChild: <A extends ChildSpec.Child, E, R>(
    spec: ChildSpec.ChildSpec<A, E, R>
  ) => Effect.Effect<A, StartFailed | ChildExists, Exclude<R, Scope.Scope>>
  /** Stops a child and keeps its specification. Succeeds when its Scope has closed. */
  readonly stopChild: (id: string) => Effect.Effect<void, ChildNotRunning>
  /** Stops a child and forgets it. */
  readonly removeChild: (id: string) => Effect.Effect<void, ChildNotRunning>
  /** Stops a child if it runs, and starts it again. Counts as no failure. */
  readonly restartChild: (id: string) => Effect.Effect<void, ChildNotRunning>
  /** The present life of a child. Do not keep it: a restart makes another. */
  readonly get: <A extends ChildSpec.Child, E, R>(
    spec: ChildSpec.ChildSpec<A, E, R>
  ) => Effect.Effect<A, ChildNotRunning>
  /** Names, states, restarts and mailboxes of all that is below, now. */
  readonly tree: Effect.Effect<Tree>
  /** Stops all children in reverse order. With a deadline it returns then at the latest, and stopping goes on. */
  readonly stop: (options?: StopOptions | undefined) => Effect.Effect<void>
}

/**
 * Starts a supervisor and its children. It lives until it gives up, is stopped,
 * or the Scope closes. If a child cannot be started, those before it are
 * stopped and this fails. Giving up with nobody watching is logged as an error;
 * to fail with it, see {@link run}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Specs extends ReadonlyArray<AnySpec> = readonly []>(
  options: Options<Specs>
): Effect.Effect<Supervisor, StartFailed | ChildExists, Context<Specs[number]> | Scope.Scope> =>
  Effect.gen(function*() {
    const supervisor = yield* SupervisorShell.make(options)
    // The children's requirements are in this Effect's own: a union of specs loses which is whose.
    const context = yield* Effect.context<never>() as Effect.Effect<Context_.Context<unknown>>
    for (const spec of options.children ?? []) {
      yield* Effect.provide(supervisor.startChild(spec), context)
    }
    return supervisor
  })

/**
 * Runs a supervisor for as long as `use` does, and fails as soon as the
 * supervisor gives up. With no `use`, runs until the supervisor ends.
 *
 * @since 0.1.0
 * @category constructors
 */
export const run: {
  <const Specs extends ReadonlyArray<AnySpec>>(
    options: Options<Specs>
  ): Effect.Effect<void, StartFailed | ChildExists | SupervisorFailed, Context<Specs[number]>>
  <const Specs extends ReadonlyArray<AnySpec>, A, E, R>(
    options: Options<Specs>,
    use: (supervisor: Supervisor) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | StartFailed | ChildExists | SupervisorFailed, Context<Specs[number]> | R>
} = <A, E, R>(
  options: Options,
  use?: (supervisor: Supervisor) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | StartFailed | ChildExists | SupervisorFailed, R> =>
  Effect.scoped(Effect.flatMap(make(options), (supervisor) =>
    // Without `use` the overload's result is void.
    use === undefined
      ? supervisor.await as Effect.Effect<never, SupervisorFailed>
      : Effect.raceFirst(use(supervisor), Effect.zipRight(supervisor.await, Effect.never)))) as never

/**
 * A supervisor as a child of another. It is waited for until all below it has
 * stopped, unless `shutdown` says otherwise.
 *
 * @since 0.1.0
 * @category combinators
 */
export const child = <const Specs extends ReadonlyArray<AnySpec> = readonly []>(
  options: Options<Specs> & Omit<ChildSpec.Options, "id">
): ChildSpec.ChildSpec<Supervisor, StartFailed | ChildExists, Context<Specs[number]> | Scope.Scope> =>
  ChildSpec.make({
    id: options.name,
    restart: options.restart,
    shutdown: options.shutdown ?? Duration.infinity,
    significant: options.significant,
    start: make(options)
  })
