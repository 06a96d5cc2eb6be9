/**
 * What takes a second to load, and is loaded by those who need it: help, completions and what was typed wrong are answered
 * at once.
 */
import * as Effect from "effect/Effect"

/** The way to a cluster. */
export const asking = Effect.promise(() => import("./asking.js"))

/** The work of a node. */
export const running = Effect.promise(() => import("./running.js"))

/** How a story is drawn. */
export const diagram = Effect.promise(() => import("creel/Diagram"))
