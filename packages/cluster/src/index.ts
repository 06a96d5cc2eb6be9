/**
 * Creel on many machines.
 *
 * @since 0.1.0
 */

/**
 * What can be wrong with a cluster of several processes or machines.
 *
 * @since 0.1.0
 */
export * as ClusterError from "./ClusterError.js"

/**
 * A cluster of several processes and machines.
 *
 * @since 0.1.0
 */
export * as CreelCluster from "./CreelCluster.js"

/**
 * Certificates for a start.
 *
 * @since 0.1.0
 */
export * as Certificates from "./Certificates.js"

/**
 * The ways on which notes travel.
 *
 * @since 0.1.0
 */
export * as Links from "./Links.js"

/**
 * Where a namespace's scheduler is, and who takes part.
 *
 * @since 0.1.0
 */
export * as Placement from "./Placement.js"

/**
 * Who may speak to whom.
 *
 * @since 0.1.0
 */
export * as Security from "./Security.js"

/**
 * The data plane: values from node to node.
 *
 * @since 0.1.0
 */
export * as Values from "./Values.js"
