/**
 * A whole Creel cluster in one thread under one seed.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Simulation from "./Simulation.js"
