/**
 * What can be computed: anything that says which graph it stands for. It owns the protocol by which `Client.compute` and
 * `Client.persist` take collections of anyone's making.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
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
  readonly graph: Graph.Graph.Any
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

/**
 * What is needed to find out what there is to do.
 *
 * @since 0.1.0
 * @category models
 */
export type Context<C extends Any> = C extends Collection<infer _A, infer _E, infer R> ? R : never

/**
 * What computing it gives.
 *
 * @since 0.1.0
 * @category models
 */
export type Success<C extends Any> = C extends Collection<infer A, infer _E, infer _R> ? A : never

/**
 * What that may fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type Error<C extends Any> = C extends Collection<infer _A, infer E, infer _R> ? E : never

/**
 * What `protocol` and `make` are told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<out A, out E = never, out R = never> {
  /** The graph, or how it is found out: run once for each `compute`, `persist` or picture. */
  readonly graph: Graph.Graph.Any | Effect.Effect<Graph.Graph.Any, SubmitError, Client | Scope.Scope | R>
  /** The keys whose values make the collection, in its order. */
  readonly outputs: ReadonlyArray<string>
  /** From the outputs to the one value that `compute` gives: one more node, which names them. Default: there is one output. */
  readonly finish?: Built["finish"]
  /** Instead of the optimisation that all graphs get. It keeps the keys given. */
  readonly optimize?: Built["optimize"]
  /** The same collection on other nodes. Default: a collection of these nodes alone, with the same `finish`. */
  readonly rebuild?: Protocol<A, E, R>["rebuild"] | undefined
}

const variance = {
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _
}

/**
 * The protocol, for classes that are collections: `A`, what computing it gives, and `E`, what that may fail with, are the
 * caller's to say.
 *
 * @since 0.1.0
 * @category constructors
 */
export const protocol = <A, E = never, R = never>(options: Options<A, E, R>): Protocol<A, E, R> => {
  const { finish, graph, optimize, outputs, rebuild } = options
  const built = (graph: Graph.Graph.Any): Built => ({ graph, outputs, finish, optimize })
  return {
    ...variance,
    build: Effect.isEffect(graph) ? Effect.map(graph, built) : Effect.succeed(built(graph)),
    rebuild: rebuild ?? ((nodes) =>
      make<A, E>({
        graph: { nodes: new Map(nodes.map(({ key, node }) => [key, node])) },
        outputs: nodes.map(({ key }) => key),
        finish,
        optimize
      }))
  }
}

/**
 * A collection of a graph. `A`, what computing it gives, and `E`, what that may fail with, are the caller's to say.
 *
 * @example
 * ```ts
 * import { Client, Collection, Graph, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const row = Task.sync("row", (n: number) => Array.from({ length: 3 }, (_, i) => n * i))
 * const sum = Task.sync("sum", (rows: ReadonlyArray<ReadonlyArray<number>>) => rows.flat().reduce((a, b) => a + b, 0))
 *
 * const keys = ["row-0", "row-1", "row-2"]
 * const table = Collection.make<number>({
 *   graph: Graph.fromIterable(keys.map((key, n) => [key, Graph.call(row, n)])),
 *   outputs: keys,
 *   finish: { key: "sum", node: Graph.callOf(sum, [keys.map((key) => Graph.ref(key))]) }
 * })
 *
 * const program = Effect.flatten(Client.compute(table)).pipe(Effect.scoped) // 9
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, E = never, R = never>(options: Options<A, E, R>): Collection<A, E, R> => ({
  [TypeId]: protocol(options)
})

/**
 * @since 0.1.0
 * @category guards
 */
export const isCollection = (u: unknown): u is Any => Predicate.hasProperty(u, TypeId)
