/**
 * An actor's timers: named, each name at most once, all gone with the life of
 * the actor that set them. A timer that was cancelled or set again never
 * delivers, even if its message was already in the mailbox.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Arguments, Protocol, TagOf } from "./Actor.js"

/**
 * The timers of one life of an actor. Time is the `Clock`'s. Timer messages are
 * not refused by a full mailbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timers<Rpcs extends Protocol> {
  /** Sends the actor this message after `delay`. Replaces the timer of this name, if there is one. */
  readonly once: <const Tag extends TagOf<Rpcs>>(
    name: string,
    delay: Duration.DurationInput,
    tag: Tag,
    ...payload: Arguments<Rpcs, Tag>
  ) => Effect.Effect<void>
  /**
   * Sends the actor this message every `interval`, first after one interval.
   * While the last one still waits in the mailbox, no second one is added.
   */
  readonly every: <const Tag extends TagOf<Rpcs>>(
    name: string,
    interval: Duration.DurationInput,
    tag: Tag,
    ...payload: Arguments<Rpcs, Tag>
  ) => Effect.Effect<void>
  /** Cancels the timer of this name. Nothing happens if there is none. */
  readonly cancel: (name: string) => Effect.Effect<void>
  /** Whether a timer of this name is set and has more to deliver. */
  readonly isActive: (name: string) => Effect.Effect<boolean>
}
