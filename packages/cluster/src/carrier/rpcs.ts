/** What a node and the thread that carries the scheduler for it say to each other. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { ClusterError } from "../ClusterError.js"
import type * as Placement from "../Placement.js"
import type * as Carrier from "./carrier.js"
import type { SecurityData } from "./securityData.js"
import type { SqlData } from "./sqlData.js"

export interface Start {
  readonly options: Carrier.Options
  readonly security: SecurityData
  readonly sql: SqlData
  /** What is not even to be said: the label of the least level. */
  readonly logLevel: string
}

/** Something that thread has to say: a line of its log, or what it measures. */
export type Said =
  | {
    readonly _tag: "Log"
    readonly level: string
    readonly message: string
    readonly cause: string | undefined
    readonly annotations: Readonly<Record<string, string>>
  }
  | {
    readonly _tag: "Gauge"
    readonly name: string
    readonly description: string | undefined
    readonly tags: Readonly<Record<string, string>>
    readonly value: number
  }

/** The database is not reached from there as it is from here. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>("@creel/cluster/NoDatabase")("NoDatabase", {
  detail: Schema.String
}) {}

/** Both ends are of one build and one process. */
const trusted = <A>(identifier: string): Schema.Schema<A> =>
  Schema.declare((_: unknown): _ is A => true, { identifier })

export class CarrierRpcs extends RpcGroup.make(
  /** Called once; answers with the ports that are listened on. */
  Rpc.make("Start", {
    payload: trusted<Start>("Start"),
    success: trusted<Carrier.Options["ports"]>("Ports"),
    error: Schema.Union(NoDatabase, ClusterError)
  }),
  Rpc.make("Locate", {
    payload: { namespace: Schema.String },
    success: trusted<Placement.Place>("Place"),
    error: ClusterError
  }),
  Rpc.make("Register", { payload: trusted<Placement.Member>("Member"), error: ClusterError }),
  Rpc.make("Leave", { payload: { id: Schema.String } }),
  Rpc.make("Said", { success: trusted<Said>("Said"), stream: true }),
  /** Ends everything, and answers when that is done. */
  Rpc.make("Stop")
) {}
