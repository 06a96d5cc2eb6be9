/** What a program and the thread that hosts its scheduler and workers say to each other, beside the way to the scheduler. */
import type * as Supervisor from "@creel/actor/Supervisor"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import type { ResourceLimits } from "node:worker_threads"
import type { MemoryOptions } from "../NodeCluster.js"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Options } from "../ThreadExecutors.js"

/** The options of a cluster, as far as they can cross: everything but functions. */
export interface HostOptions {
  readonly kind: "threads" | "processes"
  readonly tasks: string
  readonly executors: number
  readonly workers: number
  readonly workersMax: number | undefined
  readonly io: number | undefined
  readonly resources: Readonly<Record<string, number>> | undefined
  readonly plainFunctions: boolean
  readonly strict: boolean
  /** Milliseconds. */
  readonly grace: number
  /** Milliseconds. */
  readonly startWithin: number
  readonly restarts: Options["restarts"]
  readonly executorLimits: Options["executors"]
  readonly workerName: string | undefined
  readonly host: string
  /** Milliseconds. */
  readonly copiesIdle: number | undefined
  readonly lineageBytes: number | undefined
  readonly memory: MemoryOptions
  readonly resourceLimits: ResourceLimits | undefined
  readonly execArgv: ReadonlyArray<string> | undefined
  readonly env: Readonly<Record<string, string>> | undefined
}

const trusted = <A>(identifier: string): Schema.Schema<A> =>
  Schema.declare((_: unknown): _ is A => true, { identifier })

export class HostRpcs extends RpcGroup.make(
  /** Starts everything, and answers when it runs. Called once. */
  Rpc.make("Start", { payload: trusted<HostOptions>("HostOptions"), error: NodeClusterError }),
  Rpc.make("Describe", { success: Schema.String }),
  Rpc.make("Tree", { success: trusted<Supervisor.Tree>("Tree") }),
  Rpc.make("RestartScheduler"),
  /** Ends everything, and answers when that is done. */
  Rpc.make("Stop")
) {}
