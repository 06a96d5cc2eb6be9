/**
 * A page that shows what a cluster is doing, as it does it.
 *
 * @since 0.1.0
 */

/**
 * The page, and where it is.
 *
 * @since 0.1.0
 */
export * as Dashboard from "./Dashboard.js"

export {
  /**
   * Why there is no dashboard.
   *
   * @since 0.1.0
   * @category errors
   */
  DashboardError
} from "./DashboardError.js"

/**
 * What a cluster did while something ran, as one HTML file.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"
