/**
 * Creel on the cores of one machine.
 *
 * @since 0.1.0
 */

/**
 * What a node and one of its executors say to each other.
 *
 * @since 0.1.0
 */
export * as ExecutorRpcs from "./ExecutorRpcs.js"

/**
 * A cluster on this machine: threads or processes.
 *
 * @since 0.1.0
 */
export * as NodeCluster from "./NodeCluster.js"

/**
 * What can be wrong with a cluster on one machine.
 *
 * @since 0.1.0
 */
export * as NodeClusterError from "./NodeClusterError.js"

/**
 * A worker entry of one's own.
 *
 * @since 0.1.0
 */
export * as NodeWorker from "./NodeWorker.js"

/**
 * Executors that are child processes.
 *
 * @since 0.1.0
 */
export * as ProcessExecutors from "./ProcessExecutors.js"

/**
 * Progress on a terminal.
 *
 * @since 0.1.0
 */
export * as Progress from "./Progress.js"

/**
 * Where values are spilled to.
 *
 * @since 0.1.0
 */
export * as SpillDisk from "./SpillDisk.js"

/**
 * Executors that are worker threads.
 *
 * @since 0.1.0
 */
export * as ThreadExecutors from "./ThreadExecutors.js"

/**
 * Rpc between a program and a thread of its own.
 *
 * @since 0.1.0
 */
export * as ThreadRpc from "./ThreadRpc.js"

/**
 * Values as they stand in files and travel on wires.
 *
 * @since 0.1.0
 */
export * as ValueImage from "./ValueImage.js"
