/**
 * What a cluster of this machine is made of, from its options; where it stands (here, or in a thread of its own) is not
 * its business.
 */
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Cluster from "creel/Cluster"
import type * as Door from "creel/Door"
import * as Engine from "creel/Engine"
import type { ExecutorEvent, Executors } from "creel/Executor"
import type { Disk } from "creel/Store"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { MemoryOptions } from "../NodeCluster.js"
import { NodeClusterError } from "../NodeClusterError.js"
import * as SpillDisk from "../SpillDisk.js"
import type { NodeExecutors, Options } from "../ThreadExecutors.js"
import * as DoorWire from "./door.js"
import * as MemoryPlan from "./memoryPlan.js"
import * as SharedGarbage from "./sharedGarbage.js"

export type Make = (options: Options) => Effect.Effect<NodeExecutors, NodeClusterError>

export interface Plan {
  readonly kind: "threads" | "processes"
  /** In all. */
  readonly executors: number
  readonly workers: number
  readonly workersMax: number | undefined
  readonly make: Make
  readonly io: number | undefined
  readonly resources: Readonly<Record<string, number>> | undefined
  readonly plainFunctions: boolean
  readonly strict: boolean
  readonly grace: Duration.DurationInput | undefined
  readonly startWithin: Duration.DurationInput | undefined
  readonly restarts: Options["restarts"]
  readonly executorLimits: Options["executors"]
  readonly workerName: string | undefined
  readonly host: string
  /** Milliseconds. */
  readonly copiesIdle: number | undefined
  readonly lineageBytes: number | undefined
  readonly policies?: Partial<Scheduler.Policies> | undefined
  readonly memory: MemoryOptions
}

/** Far more than any machine runs at once; a slip of the pen must not end the machine. */
const executorsMax = 1024

const whole = (name: string, n: number): Effect.Effect<number, NodeClusterError> =>
  Number.isInteger(n) && n >= 1 && n <= executorsMax
    ? Effect.succeed(n)
    : new NodeClusterError({
      reason: "BadOption",
      detail: `${name} is ${n}, and has to be a whole number from 1 to ${executorsMax}`
    })

/** How many executors each worker gets; the first get one more where they do not come out even. */
const shares = (executors: number, workers: number): ReadonlyArray<number> =>
  Array.from({ length: workers }, (_, index) => Math.floor(executors / workers) + (index < executors % workers ? 1 : 0))

/** Started before anyone listens; what they say meanwhile is kept. */
const startEarly = Effect.fnUntraced(function*(executors: NodeExecutors) {
  let early: Array<ExecutorEvent> | undefined = []
  let emit = (event: ExecutorEvent): void => {
    early?.push(event)
  }
  yield* executors.start((event) => emit(event))
  yield* executors.ready
  const listening: Executors = {
    ...executors,
    start: (to) =>
      Effect.sync(() => {
        const said = early ?? []
        early = undefined
        emit = to
        for (const event of said) to(event)
      })
  }
  return listening
})

const executorsOf =
  (plan: Plan, counts: ReadonlyArray<number>) =>
  (worker: { readonly id: string; readonly name: string }): Effect.Effect<
    Executors,
    NodeClusterError,
    Door.Door | Scope.Scope
  > =>
    Effect.gen(function*() {
      const index = Number(worker.name.slice(worker.name.lastIndexOf("-") + 1))
      const executors = yield* plan.make({
        worker,
        // A worker that joins later, by `scale`, is as large as the first.
        count: counts[index] ?? counts[0] ?? 1,
        io: plan.io,
        plainFunctions: plan.plainFunctions,
        strict: plan.strict,
        startWithin: plan.startWithin,
        grace: plan.grace,
        restarts: plan.restarts,
        executors: plan.executorLimits
      })
      yield* Effect.flatMap(DoorWire.serve, executors.openDoor)
      return yield* startEarly(executors)
    })

/** Whether the numbers can mean anything. */
export const check = (plan: Plan): Effect.Effect<void, NodeClusterError> =>
  Effect.gen(function*() {
    yield* MemoryPlan.check(plan.memory)
    for (const [name, n] of Object.entries(plan.executorLimits ?? {})) {
      if (n === undefined || n > 0) continue
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: `executors.${name} is ${n}, and has to be more than 0`
      })
    }
    if ((plan.executorLimits?.terminate ?? 1) > 1) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail:
          `executors.terminate is ${plan.executorLimits?.terminate}, and has to be a share of the heap's limit, from 0 to 1`
      })
    }
    if (plan.lineageBytes !== undefined && !(plan.lineageBytes >= 0)) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: `lineageBytes is ${plan.lineageBytes}, and has to be a number of bytes`
      })
    }
    const total = yield* whole(plan.kind, plan.executors)
    const workers = yield* whole("workers", plan.workers)
    if (plan.workersMax !== undefined) yield* whole("workersMax", plan.workersMax)
    if (workers > total) {
      return yield* new NodeClusterError({
        reason: "BadOption",
        detail: `there are ${workers} workers and ${total} ${plan.kind}, and each worker needs one of its own`
      })
    }
  })

/** A directory that was named has to be one; without one the cluster runs all the same. */
const diskOf = (spill: MemoryOptions["spill"]): Effect.Effect<Disk | undefined, NodeClusterError, Scope.Scope> => {
  if (spill === false) return Effect.succeed(undefined)
  if (spill?.directory !== undefined) return SpillDisk.make(spill)
  return Effect.catchAll(
    SpillDisk.make(),
    (error) => Effect.as(Effect.logWarning(`nothing is spilled: ${error.message}`), undefined)
  )
}

/** What an engine is made of: a whole one here, or the workers of one whose scheduler is elsewhere. */
export const engineOptions = (plan: Plan): Engine.Options<NodeClusterError, never> => {
  const memory = MemoryPlan.limits(plan.memory, Math.max(plan.workers, plan.workersMax ?? 0))
  return {
    kind: `${plan.executors} ${plan.kind}`,
    host: plan.host,
    workers: plan.workers,
    name: plan.workerName,
    resources: plan.resources,
    executors: executorsOf(plan, shares(plan.executors, plan.workers)),
    scheduler: {
      ...(plan.policies !== undefined && { policies: plan.policies }),
      ...(plan.lineageBytes !== undefined && { lineageBytes: plan.lineageBytes }),
      ...(plan.copiesIdle !== undefined && { copiesIdle: plan.copiesIdle })
    },
    worker: { memory },
    disk: diskOf(plan.memory.spill),
    letGo: SharedGarbage.letGo(memory?.limit ?? Infinity)
  }
}

export const layerEngine = (plan: Plan): Layer.Layer<Door.Door | Cluster.Cluster, NodeClusterError> =>
  Engine.layer(engineOptions(plan))
