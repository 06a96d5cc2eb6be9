/**
 * Typed, supervised actors for Effect.
 *
 * @since 0.1.0
 */

/**
 * Actors whose protocol is an `RpcGroup` and whose behaviour is Effects.
 *
 * @since 0.1.0
 */
export * as Actor from "./Actor.js"

/**
 * Every error of this package.
 *
 * @since 0.1.0
 */
export * as ActorError from "./ActorError.js"

/**
 * Actors served over `@effect/rpc`.
 *
 * @since 0.1.0
 */
export * as ActorServer from "./ActorServer.js"

/**
 * How a supervisor is to start, restart and stop a child.
 *
 * @since 0.1.0
 */
export * as ChildSpec from "./ChildSpec.js"

/**
 * The actor in front of a pure machine.
 *
 * @since 0.1.0
 */
export * as MachineActor from "./MachineActor.js"

/**
 * Names for what runs now.
 *
 * @since 0.1.0
 */
export * as Registry from "./Registry.js"

/**
 * Children started in order, restarted when they fail, stopped in reverse order.
 *
 * @since 0.1.0
 */
export * as Supervisor from "./Supervisor.js"

/**
 * An actor's timers.
 *
 * @since 0.1.0
 */
export * as Timers from "./Timers.js"

/**
 * Watching and linking.
 *
 * @since 0.1.0
 */
export * as Watch from "./Watch.js"
