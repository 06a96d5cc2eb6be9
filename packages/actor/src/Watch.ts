/**
 * Watching and linking. What is promised: every watcher gets exactly one
 * `Terminated`, also when the watched actor had ended before. What is not: the
 * order between several watchers.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { LinkBroken } from "./ActorError.js"

/**
 * The news that an actor has ended, and how: a success when it was stopped or
 * its Scope closed, a failure otherwise.
 *
 * @since 0.1.0
 * @category models
 */
export interface Terminated<out E = unknown> {
  readonly _tag: "Terminated"
  readonly actor: string
  readonly exit: Exit.Exit<void, E>
}

/**
 * Anything whose end can be waited for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Watchable<out E = unknown> {
  /** The name it was made with, for messages and displays. */
  readonly name: string
  /** Succeeds when it was stopped or its Scope closed; fails as it failed. Interrupting stops the waiting only. */
  readonly await: Effect.Effect<void, E>
  /**
   * Calls `observer` exactly once, when this ends, or now if it has ended.
   * Returns what stops watching. Synchronous, never throws.
   */
  readonly watch: (observer: (terminated: Terminated<E>) => void) => () => void
}

/**
 * A watchable thing that can be made to fail from outside.
 *
 * @since 0.1.0
 * @category models
 */
export interface Linkable<out E = unknown> extends Watchable<E> {
  /**
   * Ends it now, ahead of all that waits in its mailbox, as failed with this
   * cause. Work in progress is interrupted. No effect on what has ended.
   */
  readonly kill: (cause: Cause.Cause<unknown>) => void
}

/**
 * Tells `observer` once when `target` ends, for as long as the Scope is open.
 *
 * @since 0.1.0
 * @category combinators
 */
export const watch = <E>(
  target: Watchable<E>,
  observer: (terminated: Terminated<E>) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => target.watch(observer)),
    (unwatch) => Effect.sync(unwatch)
  ))

/**
 * Waits for the end of `target` and succeeds with the news of it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const terminated = <E>(target: Watchable<E>): Effect.Effect<Terminated<E>> =>
  Effect.async((resume) => {
    const unwatch = target.watch((news) => resume(Effect.succeed(news)))
    return Effect.sync(unwatch)
  })

/**
 * Ties two fates for as long as the Scope is open: when either *fails*, the
 * other is killed with `LinkBroken`. A normal end is no failure and breaks
 * nothing. Linking to what has already failed takes effect at once.
 *
 * @since 0.1.0
 * @category combinators
 */
export const link = (left: Linkable, right: Linkable): Effect.Effect<void, never, Scope.Scope> => {
  const tie = (from: Watchable, to: Linkable) =>
    watch(from, ({ actor, exit }) => {
      if (Exit.isFailure(exit)) to.kill(Cause.fail(new LinkBroken({ actor, cause: exit.cause })))
    })
  return Effect.zipRight(tie(left, right), tie(right, left))
}
