/**
 * A graph: work as plain data, keys to nodes, nodes naming keys. It owns what a graph is, how one is written down, and
 * what is done to it before it is submitted; `Collection` says what is lazily a graph, `Client.compute` and
 * `Client.persist` submit one.
 *
 * All functions here are pure, take graphs of any size and depth (nothing recurs), and are linear in nodes and names
 * unless they say otherwise. They take a graph to be sound: `check` says whether it is.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import type { Errs } from "./Args.js"
import type { Future } from "./Future.js"
import type { Need, RefArgs, RefErrs, RefNeeds } from "./graph/args.js"
import * as checking from "./graph/check.js"
import * as culling from "./graph/cull.js"
import * as fusing from "./graph/fuse.js"
import * as inlining from "./graph/inline.js"
import type * as Made from "./graph/made.js"
import * as merging from "./graph/merge.js"
import * as optimizing from "./graph/optimize.js"
import * as ordering from "./graph/order.js"
import * as refs from "./graph/refs.js"
import type * as PlainFunction from "./PlainFunction.js"
import type * as Task from "./Task.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("creel/Graph")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

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
 * Stands, at any depth of arrays and plain records among the arguments of a node, for the value of another node. `K` is
 * its key where that is known when compiling.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ref<out A = unknown, out E = unknown, out K extends string = string> {
  readonly [RefTypeId]: { readonly _A: Types.Covariant<A>; readonly _E: Types.Covariant<E> }
  readonly key: K
}

/**
 * What types know of a node, and nothing that is there when the program runs: what it gives, what it may fail with of its
 * own, and what it needs of other nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Typed<out A, out E, out N> {
  readonly [TypeId]?: {
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _N: Types.Covariant<N>
  }
}

/**
 * One task, called with arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call<out A = unknown, out E = unknown, out N = unknown> extends Typed<A, E, N> {
  readonly _tag: "Call"
  /** A task, or a plain function that closes over nothing: it is looked at when the graph is submitted. */
  readonly task: Task.Contract.Any | ((...args: Array<never>) => unknown)
  /** With refs and futures wherever values belong. */
  readonly args: ReadonlyArray<unknown>
  /** Tasks that this one is given the names of, to run them: a worker must have them too. */
  readonly uses: ReadonlyArray<Task.Contract.Any>
}

/**
 * A value that is there already. It is not searched for refs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Value<out A = unknown> extends Typed<A, never, never> {
  readonly _tag: "Value"
  readonly value: A
}

/**
 * Work that was submitted already: what a persisted collection stands on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Held<out A = unknown, out E = unknown> extends Typed<A, E, never> {
  readonly _tag: "Held"
  readonly future: Future<A, E>
}

/**
 * Another name of a node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Alias<out K extends string = string> extends Typed<unknown, never, Need<K, unknown>> {
  readonly _tag: "Alias"
  readonly of: K
}

/**
 * Several calls that run one after another as one task; the last one's value is the node's. Refs to the earlier ones are
 * seen within it alone. Made by `fuse`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fused<out A = unknown, out E = unknown> extends Typed<A, E, unknown> {
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
 * What computing a graph gives, by key.
 *
 * @since 0.1.0
 * @category models
 */
export type Futures = { readonly [key: string]: Future<unknown, unknown> }

/**
 * Keys to nodes. `All` has the future that each key would give, `Outputs` the futures of those keys that no other node
 * names: what `Client.compute` gives when it is not told what is wanted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Graph<out All = Futures, out Outputs = All> {
  readonly nodes: ReadonlyMap<string, Node>
  /** Known to types alone. */
  readonly [TypeId]?: { readonly _All: Types.Covariant<All>; readonly _Outputs: Types.Covariant<Outputs> }
}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Graph {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Graph<unknown, unknown>

  /**
   * The futures of all keys.
   *
   * @since 0.1.0
   * @category models
   */
  export type All<G extends Any> = G extends Graph<infer All, infer _> ? All : never

  /**
   * The futures of the keys that no other node names.
   *
   * @since 0.1.0
   * @category models
   */
  export type Outputs<G extends Any> = G extends Graph<infer _, infer Outputs> ? Outputs : never
}

/**
 * What is wrong with a graph. `MissingKey`: the first of `keys` names the second, which no node has (one key alone: it was
 * asked for, and no node has it). `Circle`: each of `keys` needs the next, and the last the first.
 *
 * @since 0.1.0
 * @category errors
 */
export class GraphError extends Schema.TaggedError<GraphError>("creel/Graph/GraphError")("GraphError", {
  reason: Schema.Literal("MissingKey", "Circle"),
  keys: Schema.Array(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const [first, second] = this.keys
    if (this.reason === "MissingKey") {
      return second === undefined
        ? `the graph has no node "${first}", which was asked for. What to do: ask for a key that it has`
        : `node "${first}" names "${second}", and the graph has no node of that name. ` +
          "What to do: add that node, merge the graph that has it, or correct the name"
    }
    const shown = this.keys.length <= 12 ? this.keys : [...this.keys.slice(0, 6), "…", ...this.keys.slice(-5)]
    const circle = [...shown, first].map((key) => `"${key}"`).join(" -> ")
    return `nodes need each other in a circle of ${this.keys.length}: ${circle}. ` +
      "What to do: let one of them do without the next"
  }
}

/**
 * The value of another node, where an argument belongs. A key that is known when compiling is looked up by `make`, which
 * then knows what the ref stands for; of any other key, say what it gives: `Graph.ref<number, never>(key)`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ref: {
  <const K extends string>(key: K): Ref<never, never, K>
  <A, E>(key: string): Ref<A, E>
} = refs.ref as any

/**
 * A call: a task, or a plain function that closes over nothing, with its arguments. Refs and futures may stand for an
 * argument, or anywhere in arrays and plain records of it.
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * export const three = Graph.call(add, 1, 2)
 * export const more = Graph.call(add, Graph.ref("three"), 10)
 * export const plain = Graph.call((xs: ReadonlyArray<number>) => xs.length, [1, Graph.ref("three")])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const call: {
  <P extends ReadonlyArray<any>, A, E, const T extends RefArgs<P>>(
    task: Task.Contract<P, A, E>,
    ...args: T
  ): Call<A, E | Errs<T, P> | RefErrs<T>, RefNeeds<T, P>>
  <P extends ReadonlyArray<any>, X, const T extends RefArgs<P>>(
    f: (...args: P) => X,
    ...args: T
  ): Call<PlainFunction.Success<X>, PlainFunction.Error<X> | Errs<T, P> | RefErrs<T>, RefNeeds<T, P>>
} = (task: Call["task"], ...args: ReadonlyArray<unknown>): Call<never, never, never> => callOf(task, args)

/**
 * A call of what types do not know, for those who make graphs for others. `uses`: tasks that a worker must have as well,
 * because the call names them among its arguments.
 *
 * @since 0.1.0
 * @category constructors
 */
export const callOf = (
  task: Call["task"],
  args: ReadonlyArray<unknown>,
  uses: ReadonlyArray<Task.Contract.Any> = []
): Call<never, never, never> => ({ _tag: "Call", task, args, uses })

/**
 * A value that is there already.
 *
 * @since 0.1.0
 * @category constructors
 */
export const value = <const A>(value: A): Value<A> => ({ _tag: "Value", value })

/**
 * Work that was submitted already.
 *
 * @since 0.1.0
 * @category constructors
 */
export const held = <A, E>(future: Future<A, E>): Held<A, E> => ({ _tag: "Held", future })

/**
 * Another name of a node.
 *
 * @since 0.1.0
 * @category constructors
 */
export const alias = <const K extends string>(of: K): Alias<K> => ({ _tag: "Alias", of })

/**
 * A graph that is written down. Types know what each key gives and what it may fail with, that of the nodes it stands on
 * included; a ref to a key that is not there, or to one that gives something else than the parameter takes, does not
 * compile. (A circle does: `check` finds it.)
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * export const graph = Graph.make({
 *   x: Graph.call(inc, 1),
 *   y: Graph.call(inc, Graph.ref("x")),
 *   total: Graph.call(add, Graph.ref("x"), Graph.ref("y"))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const N extends { readonly [key: string]: Node }>(
  nodes: N & Made.Checked<N>
): Graph<Made.All<N>, Made.Outputs<N>> => ({ nodes: new Map(Object.entries(nodes)) })

/**
 * A graph whose keys are only known when the program runs. Of two nodes with one key the later stays.
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * export const chain = Graph.fromIterable(
 *   Array.from({ length: 100 }, (_, i) => [`x${i}`, Graph.call(inc, i === 0 ? 0 : Graph.ref<number, never>(`x${i - 1}`))])
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromIterable = (nodes: Iterable<readonly [key: string, node: Node]>): Graph => ({ nodes: new Map(nodes) })

const isGraphFirst = (args: IArguments): boolean => Predicate.hasProperty(args[0], "nodes")

/**
 * @since 0.1.0
 * @category guards
 */
export const isRef: (u: unknown) => u is Ref = refs.isRef

/**
 * The keys that a node names, each once, in no order that means anything.
 *
 * @since 0.1.0
 * @category getters
 */
export const needs: (node: Node) => ReadonlyArray<string> = refs.needs

/**
 * The keys that no other node names, in the graph's order.
 *
 * @since 0.1.0
 * @category getters
 */
export const outputs = (graph: Graph.Any): ReadonlyArray<string> => {
  const named = new Set<string>()
  for (const node of graph.nodes.values()) for (const key of refs.needs(node)) named.add(key)
  return Array.from(graph.nodes.keys()).filter((key) => !named.has(key))
}

/**
 * The same node with other things where its refs stand: other refs, futures, values. What holds no ref stays the object it
 * was, what is shared stays shared. Refs among the steps of a fused node are its own and stay; an alias of something that
 * is no ref becomes a Value.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mapRefs: {
  (f: (ref: Ref) => unknown): (node: Node) => Node
  (node: Node, f: (ref: Ref) => unknown): Node
} = dual(2, refs.mapRefs)

/**
 * Graphs as one. Of two nodes with one key the later stays, except that a Held node gives way only to another: what is
 * there already is not done again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = <Gs extends ReadonlyArray<Graph.Any>>(
  ...graphs: Gs
): Graph<Made.Together<Gs>, Partial<Made.Together<Gs>>> => ({
  nodes: merging.merge(graphs.map((graph) => graph.nodes))
})

/**
 * The graph itself if each key that is named, and each key in `keep`, has a node, and no nodes need each other in a
 * circle.
 *
 * @since 0.1.0
 * @category combinators
 */
export const check = <G extends Graph.Any>(
  graph: G,
  keep: ReadonlyArray<string> = []
): Either.Either<G, GraphError> => {
  const wrong = checking.wrongIn(graph, keep)
  return wrong === undefined ? Either.right(graph) : Either.left(new GraphError(wrong))
}

/**
 * Only the nodes that `keep` stands on, themselves included, in the graph's order. Keys in `keep` without a node are
 * passed over.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cull: {
  (keep: Iterable<string>): (graph: Graph.Any) => Graph
  (graph: Graph.Any, keep: Iterable<string>): Graph
} = dual(2, (graph: Graph.Any, keep: Iterable<string>): Graph => ({ nodes: culling.cull(graph.nodes, keep) }))

/**
 * @since 0.1.0
 * @category models
 */
export interface InlineOptions {
  /** Values of about so many bytes at most go into the arguments where they are named. Default: 1024. */
  readonly values?: number | undefined
  /** Keys of values of any size, and of calls, to be inlined. Default: none. */
  readonly keys?: Iterable<string> | undefined
  /**
   * Calls that cost less than a task of their own, and may be done once for each user: they must give the same each time.
   * Default: none.
   */
  readonly cheap?: ((call: Call, key: string) => boolean) | undefined
  /** How many calls one inlined call may bring along, itself included. Default: 16. */
  readonly maxSteps?: number | undefined
}

/**
 * Nodes into those that name them:
 *
 * - A ref to an alias becomes a ref to what the alias stands for.
 * - A ref to a small value becomes the value. (One with a ref or a future in it stays a node.)
 * - A call that is `cheap`, or in `keys`, is done by each of its users: each becomes a Fused node whose first step the call
 *   is. A call with a `key`, `timeout` or `retry` is not inlined, nor is anything inlined into it; one that asks for
 *   workers or resources only into what asks for the same.
 *
 * What was inlined stays in the graph; `cull` removes it where nobody names it any more.
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const load = Task.make("load", function*(file: string) {
 *   return { file, lines: [1, 2, 3] }
 * })
 * const sum = Task.sync("sum", (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0))
 *
 * const graph = Graph.make({
 *   file: Graph.value("a.txt"),
 *   loaded: Graph.call(load, Graph.ref("file")),
 *   lines: Graph.call((x: { readonly lines: ReadonlyArray<number> }) => x.lines, Graph.ref("loaded")),
 *   total: Graph.call(sum, Graph.ref("lines"))
 * })
 *
 * // Two tasks: "loaded", which is told the file's name, and "total", which takes the lines out before it adds them up.
 * export const two = Graph.cull(Graph.inline(graph, { keys: ["lines"] }), ["total"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const inline: {
  (options?: InlineOptions): (graph: Graph.Any) => Graph
  (graph: Graph.Any, options?: InlineOptions): Graph
} = dual(isGraphFirst, (graph: Graph.Any, options?: InlineOptions): Graph => ({
  nodes: inlining.inline(graph.nodes, options)
}))

/**
 * @since 0.1.0
 * @category models
 */
export interface FuseOptions {
  /**
   * How many calls a fused node may have for each step of its height: 1 fuses chains alone, and loses nothing that could
   * run side by side; 2 takes in small neighbours that would. Default: 1.
   */
  readonly aveWidth?: number | undefined
  /** How many calls that could run side by side it may have at most. Default: 1.5 + aveWidth * ln(aveWidth + 1). */
  readonly maxWidth?: number | undefined
  /** How many calls that stand on one another it may have at most: a worker that is lost costs no more. Default: 100. */
  readonly maxHeight?: number | undefined
  /** Asked besides, for two calls of which the second alone uses the first. Default: yes. */
  readonly when?: ((step: Call, into: Call) => boolean) | undefined
}

/**
 * Fewer and larger tasks. A node that one other node alone uses, and that is not in `keep`, becomes a step of that one,
 * within the limits. What keeps two calls apart:
 *
 * - They ask for different `workers`, `resources`, `priority` or `slots`, or one has a `key`, a `timeout` or a `retry`.
 * - The first would have to wait for something that only the second needs.
 *
 * Keys in `keep` have their node afterwards, and there are never more nodes than before.
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * const graph = Graph.make({
 *   x: Graph.call(inc, 1),
 *   y: Graph.call(inc, Graph.ref("x")),
 *   z: Graph.call(inc, Graph.ref("y"))
 * })
 *
 * // One node, "z", of three steps.
 * export const fused = Graph.fuse(graph, ["z"])
 * // Two nodes: "y", of two steps, and "z".
 * export const seen = Graph.fuse(graph, ["y", "z"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const fuse: {
  (keep: Iterable<string>, options?: FuseOptions): (graph: Graph.Any) => Graph
  (graph: Graph.Any, keep: Iterable<string>, options?: FuseOptions): Graph
} = dual(isGraphFirst, (graph: Graph.Any, keep: Iterable<string>, options?: FuseOptions): Graph => ({
  nodes: fusing.fuse(graph.nodes, keep, options)
}))

/**
 * All keys, in an order in which few values have to be held at once: depth first from `outputs`, which are held to the
 * end, and each key after those it names. The same graph has the same order each time.
 *
 * @example
 * ```ts
 * import { Graph, Task } from "creel"
 *
 * const load = Task.sync("load", (i: number) => [i])
 * const add = Task.sync("add", (x: ReadonlyArray<number>, y: ReadonlyArray<number>) => [...x, ...y])
 *
 * const graph = Graph.make({
 *   a: Graph.call(load, 1),
 *   b: Graph.call(load, 2),
 *   c: Graph.call(load, 3),
 *   d: Graph.call(load, 4),
 *   ab: Graph.call(add, Graph.ref("a"), Graph.ref("b")),
 *   cd: Graph.call(add, Graph.ref("c"), Graph.ref("d")),
 *   all: Graph.call(add, Graph.ref("ab"), Graph.ref("cd"))
 * })
 *
 * // a, b, ab, c, d, cd, all: three values are held at most, and not four.
 * export const order = Graph.order(graph, ["all"])
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const order: {
  (outputs: Iterable<string>): (graph: Graph.Any) => ReadonlyArray<string>
  (graph: Graph.Any, outputs: Iterable<string>): ReadonlyArray<string>
} = dual(2, (graph: Graph.Any, outputs: Iterable<string>) => ordering.order(graph.nodes, outputs))

/**
 * What all graphs get before they are submitted: `cull`, `inline`, `cull` again, `fuse`. The keys in `keep` have their
 * node afterwards, with the value they had.
 *
 * @since 0.1.0
 * @category combinators
 */
export const optimize: {
  (keep: Iterable<string>, options?: InlineOptions & FuseOptions): (graph: Graph.Any) => Graph
  (graph: Graph.Any, keep: Iterable<string>, options?: InlineOptions & FuseOptions): Graph
} = dual(isGraphFirst, (graph: Graph.Any, keep: Iterable<string>, options?: InlineOptions & FuseOptions): Graph => ({
  nodes: optimizing.optimize(graph.nodes, Array.from(keep), options)
}))
