/**
 * Functions as arguments: how a task is told which other task, or which plain function, it is to call. Only a name or a
 * text crosses; the worker finds the implementation.
 *
 * @since 0.1.0
 */
import type * as Types from "effect/Types"
import type * as Task from "./Task.js"

/**
 * What crosses: plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wire {
  /** `name#digest` of the task. */
  readonly task: string
  /** The text, for a plain function. */
  readonly source?: string | undefined
}

/**
 * A function that can be passed to a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface Callable<in P extends ReadonlyArray<any>, out A, out E = never> {
  readonly _P: (_: P) => void
  readonly _A: Types.Covariant<A>
  readonly _E: Types.Covariant<E>
  readonly contract: Task.Contract<P, A, E>
  readonly wire: Wire
}
