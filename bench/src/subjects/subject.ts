/**
 * Subjects by name. Each is loaded when it is asked for, so that none pays for another's start.
 */
import type { Client } from "creel"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Pool } from "./pools.js"

/** A cluster of two, where the subject is Creel. Its code is loaded when this is done. */
export const cluster = (name: string): Effect.Effect<Layer.Layer<Client.Client, unknown> | undefined> =>
  Effect.promise(async () => {
    if (name === "creel-threads") return (await import("./creelThreads.js")).threads(2)
    return name === "creel-fibers" ? (await import("./creelFibers.js")).fibers : undefined
  })

/** With a pool of its own, which ends with the process: not every pool's own end does end. */
export const withPool = <A, E>(name: string, use: (pool: Pool) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.promise(async () => (await import("./pools.js")).pools[name]!()).pipe(Effect.flatMap(use))
