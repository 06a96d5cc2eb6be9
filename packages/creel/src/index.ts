/**
 * Distributed futures for Effect.
 *
 * @since 0.1.0
 */

/**
 * How the types of arguments and errors flow through futures.
 *
 * @since 0.1.0
 */
export * as Args from "./Args.js"

/**
 * Futures in the order in which they are done.
 *
 * @since 0.1.0
 */
export * as AsCompleted from "./AsCompleted.js"

/**
 * Functions as arguments.
 *
 * @since 0.1.0
 */
export * as Callable from "./Callable.js"

/**
 * What a program does with a cluster.
 *
 * @since 0.1.0
 */
export * as Client from "./Client.js"

/**
 * What can be computed.
 *
 * @since 0.1.0
 */
export * as Collection from "./Collection.js"

/**
 * The cluster a program has.
 *
 * @since 0.1.0
 */
export * as Cluster from "./Cluster.js"

/**
 * What happened, as diagrams.
 *
 * @since 0.1.0
 */
export * as Diagram from "./Diagram.js"

/**
 * The way from a peer to its scheduler.
 *
 * @since 0.1.0
 */
export * as Door from "./Door.js"

/**
 * Scheduler and workers of one node, for those who build clusters.
 *
 * @since 0.1.0
 */
export * as Engine from "./Engine.js"

/**
 * What runs task code.
 *
 * @since 0.1.0
 */
export * as Executor from "./Executor.js"

/**
 * Handles on work.
 *
 * @since 0.1.0
 */
export * as Future from "./Future.js"

/**
 * Creel's own errors.
 *
 * @since 0.1.0
 */
export * as FutureError from "./FutureError.js"

/**
 * What gather makes of nested futures.
 *
 * @since 0.1.0
 */
export * as Gather from "./Gather.js"

/**
 * Work as plain data.
 *
 * @since 0.1.0
 */
export * as Graph from "./Graph.js"

/**
 * A cluster in this process.
 *
 * @since 0.1.0
 */
export * as LocalCluster from "./LocalCluster.js"

/**
 * What keeps a client from changing its cluster.
 *
 * @since 0.1.0
 */
export * as ManageError from "./ManageError.js"

/**
 * How much memory values take while something runs.
 *
 * @since 0.1.0
 */
export * as MemorySampler from "./MemorySampler.js"

/**
 * What lookers-on are told.
 *
 * @since 0.1.0
 */
export * as Observe from "./Observe.js"

/**
 * Functions without registration.
 *
 * @since 0.1.0
 */
export * as PlainFunction from "./PlainFunction.js"

/**
 * What executors spend their time on.
 *
 * @since 0.1.0
 */
export * as Profile from "./Profile.js"

/**
 * The inside of an executor.
 *
 * @since 0.1.0
 */
export * as Runner from "./Runner.js"

/**
 * What the peers of a process serve.
 *
 * @since 0.1.0
 */
export * as Shelf from "./Shelf.js"

/**
 * Where a node keeps values.
 *
 * @since 0.1.0
 */
export * as Store from "./Store.js"

/**
 * Functions that run somewhere else.
 *
 * @since 0.1.0
 */
export * as Task from "./Task.js"

/**
 * Tasks together.
 *
 * @since 0.1.0
 */
export * as TaskGroup from "./TaskGroup.js"

/**
 * What the workers of a cluster do, row by row.
 *
 * @since 0.1.0
 */
export * as TaskStream from "./TaskStream.js"

/**
 * Values that cross.
 *
 * @since 0.1.0
 */
export * as Value from "./Value.js"

/**
 * A Schema for every note.
 *
 * @since 0.1.0
 */
export * as NoteSchema from "./NoteSchema.js"

/**
 * The whole conversation between a peer and its scheduler.
 *
 * @since 0.1.0
 */
export * as Rpcs from "./Rpcs.js"

/**
 * The worker's side of a task group.
 *
 * @since 0.1.0
 */
export * as Worker from "./Worker.js"
