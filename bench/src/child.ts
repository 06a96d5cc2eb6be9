/**
 * A child process: does one group of works on one subject, as ordered in its last argument, and says each figure on
 * stdout.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Order } from "./Sample.js"

const order = JSON.parse(process.argv.at(-1) ?? "{}") as Order

interface Group {
  readonly run: (order: Order) => Effect.Effect<void, unknown>
}

const groups: Readonly<Record<string, () => Promise<Group>>> = {
  tasks: () => import("./works/tasks/index.js"),
  data: () => import("./works/data.js"),
  million: () => import("./works/million.js"),
  machine: () => import("./works/machine.js"),
  cpu: () => import("./works/cpu.js"),
  rounds: () => import("./works/rounds.js"),
  bag: () => import("./works/bag.js"),
  startup: () => import("./works/startup.js"),
  memory: () => import("./works/memory.js"),
  idle: () => import("./works/idle.js"),
  dashboard: () => import("./works/dashboard.js"),
  overhead: () => import("./works/overhead.js"),
  values: () => import("./works/values.js"),
  floor: () => import("./works/floor.js")
}

/** What failed is said on stderr, and the process ends at once, whatever is still open. */
const end = (code: number) => Effect.sync(() => process.exit(code))

Effect.promise(() => groups[order.group]!()).pipe(
  Effect.flatMap((group) => group.run(order)),
  Effect.zipRight(end(0)),
  Effect.catchAllCause((cause) =>
    Effect.zipRight(Effect.sync(() => process.stderr.write(`${Cause.pretty(cause)}\n`)), end(1))
  ),
  // not `runMain`: told to end, it ends at once, whatever is still open
  Effect.runFork
)
