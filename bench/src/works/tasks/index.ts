/**
 * Group `tasks`: many small ones, in the shapes that programs have.
 */
import * as Effect from "effect/Effect"
import { measure } from "../../Measure.js"
import type { Order } from "../../Sample.js"
import { effectRpc } from "../../subjects/effectRpc.js"
import { cluster, withPool } from "../../subjects/subject.js"
import { onCreel } from "./onCreel.js"
import { onPool } from "./onPool.js"
import { onRpc } from "./onRpc.js"

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.flatMap(cluster(order.subject), (creel) => {
    if (creel !== undefined) return Effect.provide(measure(order, onCreel), creel)
    if (order.subject === "effect-rpc") return Effect.provide(measure(order, onRpc), effectRpc)
    return withPool(order.subject, (pool) => measure(order, onPool(pool)))
  })
