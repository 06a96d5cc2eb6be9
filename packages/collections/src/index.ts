/**
 * Lazy collections on Creel.
 *
 * @since 0.1.0
 */

/**
 * Lazy calls.
 *
 * @since 0.1.0
 */
export * as Delayed from "./Delayed.js"
