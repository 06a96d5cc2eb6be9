/**
 * Actors whose protocol is an `RpcGroup` and whose behaviour is Effects.
 *
 * 1. One message at a time, in order of arrival, except handlers wrapped in
 *    `Rpc.fork`, which run beside the others.
 * 2. Lanes: being killed interrupts the message in hand; a stop lets it finish
 *    and goes before all that waits; news of watched actors goes before
 *    messages; what was put aside and came back goes before newer messages.
 * 3. Every `ask` is answered: by the handler, or with an `ActorError` as soon
 *    as it is known that the handler will not. No timeout is needed to learn
 *    of a death.
 * 4. A typed failure is a reply. A defect ends the actor, and reaches those who
 *    watch it with the message that caused it.
 * 5. When the Scope has closed nothing of the actor runs; what its behaviour
 *    acquired has been released.
 *
 * Not promised: that a message is handled (the actor may end before), or that
 * an `ask` that was interrupted was not.
 *
 * @since 0.1.0
 */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import type * as RpcSchema from "@effect/rpc/RpcSchema"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Scope from "effect/Scope"
import type { ActorDown, ActorError, ActorFailed, MailboxFull } from "./ActorError.js"
import { ActorCell } from "./internal/actorCell.js"
import type { StopOptions } from "./MachineActor.js"
import type { Timers } from "./Timers.js"
import type { Linkable, Terminated, Watchable } from "./Watch.js"

/**
 * The requests an actor understands.
 *
 * @since 0.1.0
 * @category models
 */
export type Protocol = Rpc.Any

/**
 * The tags of a protocol. Streaming requests are left out: an actor answers
 * each message once.
 *
 * @since 0.1.0
 * @category models
 */
export type TagOf<Rpcs extends Protocol> = Rpcs extends Rpc.Rpc<
  infer Tag,
  infer _Payload,
  infer Success,
  infer _Error,
  infer _Middleware
> ? [Success] extends [RpcSchema.Stream<infer _A, infer _E>] ? never : Tag
  : never

/**
 * What follows the tag: the payload as its schema's constructor takes it, or
 * nothing for a request without one.
 *
 * @since 0.1.0
 * @category models
 */
export type Arguments<Rpcs extends Protocol, Tag extends string> = [void] extends
  [Rpc.PayloadConstructor<Extract<Rpcs, { readonly _tag: Tag }>>] ? []
  : [payload: Rpc.PayloadConstructor<Extract<Rpcs, { readonly _tag: Tag }>>]

/**
 * One function per request. `RpcGroup.of` gives their parameters types.
 *
 * @since 0.1.0
 * @category models
 */
export type Handlers<Rpcs extends Protocol, R = unknown> = {
  readonly [Current in Rpcs as TagOf<Current>]: (
    payload: Rpc.Payload<Current>
  ) =>
    | Effect.Effect<Rpc.Success<Current>, Rpc.Error<Current>, R>
    | Rpc.Wrapper<Effect.Effect<Rpc.Success<Current>, Rpc.Error<Current>, R>>
}

/**
 * The outside of an actor: of one life of it, if it is supervised.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActorRef<in out Rpcs extends Protocol> extends Linkable<ActorFailed> {
  readonly protocol: RpcGroup.RpcGroup<Rpcs>
  /**
   * Sends a request and waits for its answer. Interrupted before its turn, the
   * request is not handled; after that it is, and its answer dropped.
   */
  readonly ask: <const Tag extends TagOf<Rpcs>>(
    tag: Tag,
    ...payload: Arguments<Rpcs, Tag>
  ) => Effect.Effect<
    Rpc.Success<Extract<Rpcs, { readonly _tag: Tag }>>,
    Rpc.Error<Extract<Rpcs, { readonly _tag: Tag }>> | ActorError
  >
  /**
   * Sends a request and wants no answer. Synchronous; the result, an Effect
   * too, says whether the mailbox took it.
   */
  readonly tell: <const Tag extends TagOf<Rpcs>>(
    tag: Tag,
    ...payload: Arguments<Rpcs, Tag>
  ) => Either.Either<void, MailboxFull | ActorDown>
  /** How many messages wait. */
  readonly depth: number
  /**
   * Ends it in good order: finishes the message in hand, then refuses those
   * that wait, or with `drain` handles them, then runs finalizers. At the
   * `deadline` (default 5 seconds) what still runs is interrupted, and this
   * returns.
   */
  readonly stop: (options?: StopOptions | undefined) => Effect.Effect<void>
}

/**
 * What a behaviour has of its actor, in this life.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActorContext<in out Rpcs extends Protocol> {
  readonly self: ActorRef<Rpcs>
  readonly timers: Timers<Rpcs>
  /**
   * For a handler that cannot deal with its message now: puts it aside, still
   * unanswered, and goes on with the next. If the stash is full the message is
   * answered `StashFull`. Nothing after it in the handler runs, finalizers do.
   */
  readonly stash: Effect.Effect<never>
  /** All that was put aside comes back, in its order, before newer messages. */
  readonly unstashAll: Effect.Effect<void>
  /** Other handlers from the next message on. */
  readonly become: (handlers: Handlers<Rpcs, never>) => Effect.Effect<void>
  /** The end of another actor as a message to this one, ahead of others; once, also if it has ended. */
  readonly watch: <const Tag extends TagOf<Rpcs>, E>(
    target: Watchable<E>,
    tag: Tag,
    payload: (terminated: Terminated<E>) => Rpc.PayloadConstructor<Extract<Rpcs, { readonly _tag: Tag }>>
  ) => Effect.Effect<void>
  /** Stops the actor in good order when the message in hand is done. Does not wait for it. */
  readonly stop: Effect.Effect<void>
}

/**
 * How an actor behaves.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Rpcs extends Protocol, H extends Handlers<Rpcs>, E, R> {
  /** For messages, logs and displays. */
  readonly name: string
  /** How many messages may wait. Default 4096. News and timers are not counted. */
  readonly capacity?: number | undefined
  /** How many messages may be put aside. Default 128. */
  readonly stash?: number | undefined
  /** Makes the handlers, and the state they close over, once per life. Its Scope is the life's. */
  readonly behavior: (context: ActorContext<Rpcs>) => Effect.Effect<H, E, R>
}

/**
 * Starts an actor that lives until it fails, is stopped, or the Scope closes.
 *
 * @example
 * ```ts
 * import { Actor } from "@creel/actor"
 * import { Rpc, RpcGroup } from "@effect/rpc"
 * import { Effect, Ref, Schema } from "effect"
 *
 * class Counter extends RpcGroup.make(
 *   Rpc.make("Add", { payload: { by: Schema.Number }, success: Schema.Number }),
 *   Rpc.make("Get", { success: Schema.Number })
 * ) {}
 *
 * export const program = Effect.gen(function*() {
 *   const counter = yield* Actor.make(Counter, {
 *     name: "counter",
 *     behavior: () =>
 *       Effect.map(Ref.make(0), (count) =>
 *         Counter.of({
 *           Add: ({ by }) => Ref.updateAndGet(count, (n) => n + by),
 *           Get: () => Ref.get(count)
 *         }))
 *   })
 *   yield* counter.tell("Add", { by: 2 })
 *   return yield* counter.ask("Get")
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Rpcs extends Protocol, H extends Handlers<Rpcs>, E = never, R = never>(
  protocol: RpcGroup.RpcGroup<Rpcs>,
  options: Options<Rpcs, H, E, R>
): Effect.Effect<
  ActorRef<Rpcs>,
  E,
  Exclude<R | RpcGroup.HandlersContext<Rpcs, H>, Scope.Scope> | Scope.Scope
> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const cell = new ActorCell(protocol, options, scope)
      // Named, so that the requirements of the handlers, which the loop will run, are this Effect's.
      yield* Effect.context<Exclude<RpcGroup.HandlersContext<Rpcs, H>, Scope.Scope>>()
      const handlers = yield* restore(Scope.extend(options.behavior(cell.context), scope)).pipe(
        Effect.onError((cause) => cell.abandon(cause))
      )
      yield* Effect.addFinalizer(() => cell.close)
      yield* cell.start(handlers)
      return cell
    })
  )
