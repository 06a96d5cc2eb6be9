/**
 * Bags: lazy, partitioned, typed collections. A bag is many values in partitions that are computed apart from each other;
 * operations on its elements run together, in one pass over each partition.
 *
 * @since 0.1.0
 */

export {
  /**
   * The picture of what is to be done, as SVG, Graphviz DOT or Mermaid: see `Picture`. Nothing is computed.
   *
   * @since 0.1.0
   * @category drawing
   */
  visualize
} from "./Picture.js"

/**
 * @since 0.1.0
 */
export * from "./bag/model.js"

/**
 * @since 0.1.0
 */
export * from "./bag/elements.js"

/**
 * @since 0.1.0
 */
export * from "./bag/partitions.js"

/**
 * @since 0.1.0
 */
export * from "./bag/reductions.js"

/**
 * @since 0.1.0
 */
export * from "./bag/ranks.js"

/**
 * @since 0.1.0
 */
export * from "./bag/tallies.js"

/**
 * @since 0.1.0
 */
export * from "./bag/errors.js"

/**
 * @since 0.1.0
 */
export * from "./bag/textFiles.js"

/**
 * @since 0.1.0
 */
export * from "./bag/streams.js"

/**
 * @since 0.1.0
 */
export * from "./bag/sinks.js"

/**
 * @since 0.1.0
 */
export * from "./bag/grouping.js"

/**
 * @since 0.1.0
 */
export * from "./bag/joins.js"

/**
 * @since 0.1.0
 */
export * from "./bag/shapes.js"

/**
 * @since 0.1.0
 */
export * from "./bag/mismatch.js"
