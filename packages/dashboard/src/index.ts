/**
 * A page that shows what a cluster is doing, as it does it.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Dashboard from "./Dashboard.js"

/**
 * @since 0.1.0
 */
export { DashboardError } from "./DashboardError.js"

/**
 * What a cluster did while something ran, as one HTML file.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"
