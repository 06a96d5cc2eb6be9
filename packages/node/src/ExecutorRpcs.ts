/**
 * What a node and one of its executors say to each other, typed. The node opens the executor once, and closes it, by rpc.
 *
 * Between the two, commands go down and events up as plain messages on a channel of their own: no rpc, since there is
 * nothing in them to answer, to fail or to interrupt, and one message of a stream costs as much as many jobs. Each side
 * gathers what it says, and sends it as one batch of columns: commands when the step of the machine that gave them is
 * over, events when the turn is in which they happened. Both are heard in the order in which they were said, from the
 * answer to `Open` until `Close` or the executor's end, and neither side waits for the other: both are bounded by the jobs
 * posted.
 *
 * Payloads are trusted (both ends are one program): a structured clone carries them, small ones as text, and a
 * `SharedArrayBuffer` stays the same memory on both sides of a thread.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type { ExecutorEvent, Job } from "creel/Executor"
import type { CallTree } from "creel/Profile"
import * as Schema from "effect/Schema"
import { NodeClusterError } from "./NodeClusterError.js"

/**
 * What an executor is told when it is opened.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenOptions {
  /** Its name in this life; a restarted executor has another. */
  readonly executor: string
  readonly worker: { readonly id: string; readonly name: string }
  /** The address of the module with the tasks; absent where the executor's own entry brings them. */
  readonly tasks: string | undefined
  /** How many attempts that only wait share it. */
  readonly io: number
  /** Whether the large parts of results go into shared memory. */
  readonly share: boolean
  readonly allowPlain: boolean
  /** Whether tasks that write into their inputs fail. */
  readonly strict: boolean
  /** Where it marks what it has begun, so that this is known even if it dies at once. */
  readonly marks:
    | { readonly _tag: "Shared"; readonly buffer: SharedArrayBuffer }
    | { readonly _tag: "File"; readonly fd: number }
    | undefined
}

/**
 * What an executor saw of itself, in microseconds, or why it did not look.
 *
 * @since 0.1.0
 * @category models
 */
export interface Profiled {
  readonly sampled: number
  readonly idle: number
  readonly problem: string | undefined
  readonly tree: CallTree | undefined
}

/**
 * One thing to do, said by the node. `mark` is the job's place among the marks, or -1.
 *
 * @since 0.1.0
 * @category models
 */
export type Command =
  | { readonly _tag: "Run"; readonly job: Job; readonly mark: number }
  | { readonly _tag: "Interrupt"; readonly attempt: Id.Attempt; readonly reason: string; readonly by: string }
  | { readonly _tag: "Proceed"; readonly attempt: Id.Attempt }

/**
 * What an executor has to say of its attempts. A `Claimed` is left out where the end follows in the same batch; that it is up or down is its node's to say.
 *
 * @since 0.1.0
 * @category models
 */
export type AttemptEvent = Extract<ExecutorEvent, { readonly attempt: Id.Attempt }>

/** Lets a value pass as it is. */
const trusted = <A>(identifier: string): Schema.Schema<A> =>
  Schema.declare((_: unknown): _ is A => true, { identifier })

/**
 * Served by the executor.
 *
 * @since 0.1.0
 * @category rpcs
 */
export class ExecutorRpcs extends RpcGroup.make(
  /** Loads the tasks and answers what it can run. Called once, first. */
  Rpc.make("Open", {
    payload: trusted<OpenOptions>("OpenOptions"),
    success: Schema.Struct({ tasks: Schema.Array(Schema.String) }),
    error: NodeClusterError
  }),
  /** Looks at itself for so many milliseconds, each so many microseconds. */
  Rpc.make("Profile", {
    payload: Schema.Struct({ millis: Schema.Number, interval: Schema.Number }),
    success: trusted<Profiled>("Profiled")
  }),
  /** Interrupts what runs, closes the services of the tasks, and answers when that is done. */
  Rpc.make("Close")
) {}
