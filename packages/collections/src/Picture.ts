/**
 * Pictures of graphs: an SVG that needs nothing else, Graphviz DOT, or Mermaid. It owns what is shown of a graph and of a
 * run; nothing here submits work. Large graphs are shown by groups of tasks of one name.
 *
 * @since 0.1.0
 */
import type * as Graph from "creel/Graph"
import * as Drawing from "./picture/drawing.js"
import * as Dot from "./picture/dot.js"
import * as Mermaid from "./picture/mermaid.js"
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

export const draw = (graph: Graph.Graph, options: Options = {}): string => {
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
