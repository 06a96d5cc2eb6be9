/**
 * Lazy calls: `Delayed.make(task)(...args)` is a value that says what is to be done, and does nothing. It owns the shape of
 * a lazy call and how calls nest; `Client.compute` turns one into a future.
 *
 * @since 0.1.0
 */
import type * as Client from "creel/Client"
import type * as Collection from "creel/Collection"
import type { SubmitError } from "creel/FutureError"
import type * as Graph from "creel/Graph"
import type * as Effect from "effect/Effect"
import type { Inspectable } from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@creel/collections/Delayed")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A lazy value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delayed<out A, out E = never, out R = never>
  extends Collection.Collection<A, E, R>, Pipeable, Inspectable
{
  readonly [TypeId]: {
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
  /** Its name in the graph. */
  readonly key: string
  /** What is to be done; `undefined` where that has to be found out first (`later`). */
  readonly node: Graph.Node | undefined
  /** What the node names: each ref in it is the key of one of these. */
  readonly needs: ReadonlyArray<Any>
  /** What has to be found out here before there is a node: for values that come from a Stream. */
  readonly later: Effect.Effect<Any, SubmitError, Client.Client | Scope.Scope | R> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Delayed<unknown, unknown, unknown>
