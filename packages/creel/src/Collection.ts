/**
 * What can be computed: anything that says which graph it stands for. It owns the protocol by which `Client.compute` and
 * `Client.persist` take collections of anyone's making.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import type { Client } from "./Client.js"
import type { SubmitError } from "./FutureError.js"
import type * as Graph from "./Graph.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("creel/Collection")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * Lazy work. `A` is what computing it gives, `E` what that may fail with, `R` what is needed here to find out what there
 * is to do (nothing, for most).
 *
 * @since 0.1.0
 * @category models
 */
export interface Collection<out A, out E = never, out R = never> {
  readonly [TypeId]: Protocol<A, E, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Protocol<out A, out E = never, out R = never> {
  readonly _A: Types.Covariant<A>
  readonly _E: Types.Covariant<E>
  /** What there is to do. Run once for each `compute`, `persist` or picture. */
  readonly build: Effect.Effect<Built, SubmitError, Client | Scope.Scope | R>
  /** The same collection, standing on these nodes instead of the work that makes its outputs. */
  readonly rebuild: (outputs: ReadonlyArray<{ readonly key: string; readonly node: Graph.Node }>) => Collection<A, E>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Built {
  readonly graph: Graph.Graph
  /** The keys whose values make the collection, in its order. */
  readonly outputs: ReadonlyArray<string>
  /** From the outputs to the one value that `compute` gives, as one more node; absent: there is one output, and it is it. */
  readonly finish: { readonly key: string; readonly node: Graph.Node } | undefined
  /** Instead of the optimisation that all graphs get. It keeps the keys given. */
  readonly optimize: ((graph: Graph.Graph, keep: ReadonlyArray<string>) => Graph.Graph) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Any = Collection<unknown, unknown, unknown>
