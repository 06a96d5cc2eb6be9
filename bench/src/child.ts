/**
 * A child process: does one group of works on one subject, as ordered in its last argument, and says each figure on
 * stdout.
 */
import { NodeRuntime } from "@effect/platform-node"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { measure } from "./Measure.js"
import type { Order } from "./Sample.js"
import { clusters } from "./subjects/creel.js"
import { effectRpc } from "./subjects/effectRpc.js"
import { pools } from "./subjects/pools.js"
import { creelTasks } from "./works/creelTasks.js"
import { poolTasks } from "./works/poolTasks.js"
import { rpcTasks } from "./works/rpcTasks.js"

const order = JSON.parse(process.argv.at(-1) ?? "{}") as Order

const tasks = (order: Order): Effect.Effect<void, unknown> => {
  const cluster = clusters[order.subject]
  if (cluster !== undefined) return Effect.provide(measure(order, creelTasks), cluster)
  const open = pools[order.subject]
  if (open !== undefined) {
    return Effect.acquireUseRelease(
      Effect.sync(open),
      (pool) => measure(order, poolTasks(pool)),
      (pool) => Effect.promise(() => pool.close())
    )
  }
  return Effect.provide(measure(order, rpcTasks), effectRpc)
}

const groups: Readonly<Record<string, (order: Order) => Effect.Effect<void, unknown>>> = { tasks }

/** What failed is said on stderr, and the process ends at once, whatever is still open. */
const end = (code: number) => Effect.sync(() => process.exit(code))

Effect.suspend(() => groups[order.group]!(order)).pipe(
  Effect.zipRight(end(0)),
  Effect.catchAllCause((cause) =>
    Effect.zipRight(Effect.sync(() => process.stderr.write(`${Cause.pretty(cause)}\n`)), end(1))
  ),
  NodeRuntime.runMain
)
