/**
 * Lazy collections on Creel.
 *
 * @since 0.1.0
 */

/**
 * Lazy, partitioned collections.
 *
 * @since 0.1.0
 */
export * as Bag from "./Bag.js"

/**
 * Lazy calls.
 *
 * @since 0.1.0
 */
export * as Delayed from "./Delayed.js"

/**
 * Pictures of graphs: SVG, Graphviz DOT, Mermaid.
 *
 * @since 0.1.0
 */
export * as Picture from "./Picture.js"
