/**
 * Pictures of graphs: an SVG that needs nothing else, Graphviz DOT, or Mermaid. It owns what is shown of a graph and of a
 * run; nothing here submits work. Large graphs are shown by groups of tasks of one name.
 *
 * @since 0.1.0
 */
import type * as Client from "creel/Client"
import * as Collection from "creel/Collection"
import type { SubmitError } from "creel/FutureError"
import * as Graph from "creel/Graph"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Dot from "./picture/dot.js"
import * as Drawing from "./picture/drawing.js"
import * as Mermaid from "./picture/mermaid.js"
import * as Recording from "./picture/recording.js"
import * as Svg from "./picture/svg.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Format = "svg" | "dot" | "mermaid"

/**
 * What colours say: where each task stands, how long it ran, when it comes up, or what it is called. The first two need
 * a run.
 *
 * @since 0.1.0
 * @category models
 */
export type ColorBy = "state" | "time" | "order" | "group"

/**
 * Where the data flow to.
 *
 * @since 0.1.0
 * @category models
 */
export type Direction = "right" | "down" | "up"

/**
 * Where a task stood when the run was looked at.
 *
 * @since 0.1.0
 * @category models
 */
export type State = "waiting" | "queued" | "assigned" | "running" | "done" | "failed"

/**
 * What is known of one task of a run. Times are milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seen {
  readonly state: State
  readonly started: number | undefined
  readonly ended: number | undefined
  /** The worker's name. */
  readonly worker: string | undefined
}

/**
 * What is known of a run: plain data, by the keys of the graph.
 *
 * @since 0.1.0
 * @category models
 */
export interface Run {
  readonly tasks: ReadonlyMap<string, Seen>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `svg`. */
  readonly format?: Format | undefined
  /** Default: `state` where a run is given, else `group`. */
  readonly color?: ColorBy | undefined
  /** Default: whichever direction gives the better page. */
  readonly direction?: Direction | undefined
  /** Above so many nodes, those of one name share a box. Default: 150. */
  readonly maxNodes?: number | undefined
  /** The keys drawn with a double outline. Default: those that no other node needs. */
  readonly outputs?: ReadonlyArray<string> | undefined
  /** What is known of a run: see `record`. */
  readonly run?: Run | undefined
}

/**
 * The picture of a graph, as text: pure, and always the same for the same graph and options. A graph that could not be
 * computed can be drawn: keys that are named and not there are red, and a circle is a circle.
 *
 * @example
 * ```ts
 * import { Picture } from "@creel/collections"
 * import { Graph, Task } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const graph = Graph.make({
 *   x: Graph.call(inc, 1),
 *   total: Graph.call(add, Graph.ref("x"), 10)
 * })
 *
 * const svg = Picture.draw(graph)
 * const isDrawn = svg.startsWith("<svg") && svg.includes("inc(1)") // true
 * const chart = Picture.draw(graph, { format: "mermaid" }).split("\n")[0] // "flowchart LR"
 * ```
 *
 * @since 0.1.0
 * @category drawing
 */
export const draw = (graph: Graph.Graph.Any, options: Options = {}): string => {
  const drawing = Drawing.make(graph, {
    outputs: options.outputs,
    maxNodes: Math.max(1, options.maxNodes ?? 150),
    by: options.color ?? (options.run === undefined ? "group" : "state"),
    run: options.run
  })
  switch (options.format ?? "svg") {
    case "svg":
      return Svg.make(drawing, options.direction)
    case "dot":
      return Dot.make(drawing, options.direction ?? "right")
    case "mermaid":
      return Mermaid.make(drawing, options.direction ?? "right")
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface VisualizeOptions extends Omit<Options, "outputs"> {
  /**
   * Draws what would be submitted instead of what was written: calls fused, what nobody needs left out. The keys of a
   * run are those of what was submitted. Default: true where a run is given, else false.
   */
  readonly optimize?: boolean | undefined
}

/**
 * The picture of a collection (a Delayed, a Bag, one of your own), or of a graph. It finds out what there is to do, and
 * does none of it.
 *
 * @example
 * ```ts
 * import { Delayed, Picture } from "@creel/collections"
 * import { Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const total = Delayed.make(add)(Delayed.make(inc)(1), Delayed.make(inc)(2))
 *
 * const program = Effect.gen(function*() {
 *   const dot = yield* Picture.visualize(total, { format: "dot" })
 *   return dot.match(/->/g)?.length
 * }) // 2
 * ```
 *
 * @since 0.1.0
 * @category drawing
 */
export const visualize: {
  (options?: VisualizeOptions): {
    (graph: Graph.Graph.Any): Effect.Effect<string>
    <A, E, R>(
      collection: Collection.Collection<A, E, R>
    ): Effect.Effect<string, SubmitError, Client.Client | Exclude<R, Scope.Scope>>
  }
  (graph: Graph.Graph.Any, options?: VisualizeOptions): Effect.Effect<string>
  <A, E, R>(
    collection: Collection.Collection<A, E, R>,
    options?: VisualizeOptions
  ): Effect.Effect<string, SubmitError, Client.Client | Exclude<R, Scope.Scope>>
} = dual(
  (args) => isDrawable(args[0]),
  (what: Drawable, options: VisualizeOptions = {}): any =>
    Effect.map(
      Effect.scoped(shapeOf(what)),
      ({ graph, optimized, outputs }) =>
        draw(options.optimize ?? options.run !== undefined ? optimized() : graph, { ...options, outputs })
    )
)

/**
 * What this client can find out about the run of a graph or a collection, now: what is done, on which worker and how long
 * it took, what runs, waits or has failed. Values that were released are still known, as long as the cluster's journal
 * (its newest 20,000 decisions) speaks of them; of what is open, at most 500 tasks are asked about.
 *
 * @example
 * ```ts
 * import { Picture } from "@creel/collections"
 * import { Client, Graph, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * const graph = Graph.make({ one: Graph.call(inc, 0) })
 *
 * const program = Effect.gen(function*() {
 *   yield* Client.submit(inc.pipe(Task.with({ key: "one" })), 0).pipe(Effect.flatMap((one) => Client.wait(one)))
 *   const run = yield* Picture.record(graph)
 *   const svg = yield* Picture.visualize(graph, { run, color: "time" })
 *   return [run.tasks.get("one")?.state, svg.includes("worker-")]
 * }).pipe(Effect.scoped) // ["done", true]
 * ```
 *
 * @since 0.1.0
 * @category recording
 */
export const record: {
  (graph: Graph.Graph.Any): Effect.Effect<Run, never, Client.Client>
  <A, E, R>(
    collection: Collection.Collection<A, E, R>
  ): Effect.Effect<Run, SubmitError, Client.Client | Exclude<R, Scope.Scope>>
} = (what: Drawable): Effect.Effect<Run, never, any> =>
  Effect.flatMap(
    Effect.scoped(shapeOf(what)),
    ({ graph, optimized }) => Recording.record([graph, optimized()])
  )

type Drawable = Graph.Graph.Any | Collection.Collection<unknown, unknown, unknown>

const isCollection = (u: unknown): u is Collection.Collection<unknown, unknown, unknown> =>
  Predicate.hasProperty(u, Collection.TypeId)

const isDrawable = (u: unknown): boolean => isCollection(u) || Predicate.hasProperty(u, "nodes")

interface Shape {
  readonly graph: Graph.Graph.Any
  readonly outputs: ReadonlyArray<string>
  readonly optimized: () => Graph.Graph.Any
}

// What may go wrong, and what is needed, is what the collection says: the signatures above know it.
const shapeOf = (what: Drawable): Effect.Effect<Shape, never, any> =>
  isCollection(what)
    ? Effect.map(what[Collection.TypeId].build as Effect.Effect<Collection.Built, never, any>, (built): Shape => {
      const outputs = built.finish === undefined ? built.outputs : [built.finish.key]
      const nodes = new Map(built.graph.nodes)
      if (built.finish !== undefined) nodes.set(built.finish.key, built.finish.node)
      const graph: Graph.Graph = { nodes }
      return {
        graph,
        outputs,
        optimized: () => (built.optimize ?? Graph.optimize)(graph, [...built.outputs, ...outputs])
      }
    })
    : Effect.sync((): Shape => {
      const outputs = Graph.outputs(what)
      return { graph: what, outputs, optimized: () => Graph.optimize(what, outputs) }
    })
