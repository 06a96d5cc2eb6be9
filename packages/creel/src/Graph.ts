/**
 * A graph: work as plain data, keys to nodes, nodes naming keys. It owns what a graph is and how one is written down;
 * `Collection` says what is lazily a graph, `Client.compute` and `Client.persist` submit one.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import type * as Types from "effect/Types"
import type { Future } from "./Future.js"
import type * as Task from "./Task.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const RefTypeId: unique symbol = Symbol.for("creel/Graph/Ref")

/**
 * @since 0.1.0
 * @category type ids
 */
export type RefTypeId = typeof RefTypeId

/**
 * Stands, at any depth of arrays and plain records among the arguments of a node, for the value of another node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ref<out A = unknown, out E = unknown> {
  readonly [RefTypeId]: { readonly _A: Types.Covariant<A>; readonly _E: Types.Covariant<E> }
  readonly key: string
}

/**
 * One task, called with arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly _tag: "Call"
  /** A task, or a plain function that closes over nothing: it is looked at when the graph is submitted. */
  readonly task: Task.Contract.Any | ((...args: Array<never>) => unknown)
  /** With refs and futures wherever values belong. */
  readonly args: ReadonlyArray<unknown>
  /** Tasks that this one is given the names of, to run them: a worker must have them too. */
  readonly uses: ReadonlyArray<Task.Contract.Any>
}

/**
 * A value that is there already.
 *
 * @since 0.1.0
 * @category models
 */
export interface Value {
  readonly _tag: "Value"
  readonly value: unknown
}

/**
 * Work that was submitted already: what a persisted collection stands on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Held {
  readonly _tag: "Held"
  readonly future: Future<unknown, unknown>
}

/**
 * Another name of a node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Alias {
  readonly _tag: "Alias"
  readonly of: string
}

/**
 * Several calls that run one after another as one task; the last one's value is the node's. Refs to the earlier ones are
 * seen within it alone. Made by `fuse`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fused {
  readonly _tag: "Fused"
  /** In an order in which each comes after those it names. The last one has the node's key. */
  readonly steps: ReadonlyArray<{ readonly key: string; readonly call: Call }>
}

/**
 * @since 0.1.0
 * @category models
 */
export type Node = Call | Value | Held | Alias | Fused

/**
 * Keys to nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Graph {
  readonly nodes: ReadonlyMap<string, Node>
}

const refVariance = {
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const ref = <A = unknown, E = unknown>(key: string): Ref<A, E> => ({ [RefTypeId]: refVariance, key })

/**
 * @since 0.1.0
 * @category guards
 */
export const isRef = (u: unknown): u is Ref => Predicate.hasProperty(u, RefTypeId)

/**
 * @since 0.1.0
 * @category constructors
 */
export const call = (task: Call["task"], ...args: ReadonlyArray<unknown>): Call => ({
  _tag: "Call",
  task,
  args,
  uses: []
})
