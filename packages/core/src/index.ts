/**
 * The three machines of Creel, the notes they pass and the policies they ask.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Adaptive from "./Adaptive.js"

/**
 * @since 0.1.0
 */
export * as Client from "./Client.js"

/**
 * @since 0.1.0
 */
export * as Failure from "./Failure.js"

/**
 * @since 0.1.0
 */
export * as Id from "./Id.js"

/**
 * @since 0.1.0
 */
export * as Link from "./Link.js"

/**
 * @since 0.1.0
 */
export * as Journal from "./Journal.js"

/**
 * @since 0.1.0
 */
export * as Note from "./Note.js"

/**
 * @since 0.1.0
 */
export * as Payload from "./Payload.js"

/**
 * @since 0.1.0
 */
export * as Scheduler from "./Scheduler.js"

/**
 * @since 0.1.0
 */
export * as Spec from "./Spec.js"

/**
 * @since 0.1.0
 */
export * as Worker from "./Worker.js"
