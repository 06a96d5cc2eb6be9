/**
 * The whole conversation between a peer and its scheduler: one long-lived stream carries frames of notes down, batched
 * requests carry them up; values are read from whoever holds them; people's questions are asked.
 *
 * The same group in two strengths: `SchedulerRpcs` checks everything that arrives, `TrustedRpcs` passes it on as it
 * stands, for ends that are threads of one process or its children.
 *
 * @since 0.1.0
 */
import type * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import type { Payload } from "@creel/core/Payload"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import type * as Door from "./Door.js"
import { ManageError } from "./ManageError.js"
import * as NoteSchema from "./NoteSchema.js"
import * as Observe from "./Observe.js"

/**
 * What goes down a link. A `Welcome` begins a session, or goes on with it where `hello` says from where.
 *
 * @since 0.1.0
 * @category models
 */
export type Down =
  | {
    readonly _tag: "Welcome"
    readonly welcome: Note.Welcome
    readonly session: string
    readonly hello: Link.Hello | undefined
  }
  | { readonly _tag: "Frame"; readonly frame: Link.Frame }
  | { readonly _tag: "Over"; readonly why: string }

/**
 * What the process at the other end of a connection says of itself, before anything else is said.
 *
 * @since 0.1.0
 * @category models
 */
export interface Introduction {
  /** See `protocol`. */
  readonly protocol: number
  readonly namespace: string
  readonly role: "client" | "worker" | "observer" | "operator"
  /** The process, which is another one after each start. */
  readonly node: string
  /** The machine it is on. */
  readonly host: string
  /** Where its values are read; absent where it serves none. */
  readonly url: string | undefined
}

/**
 * What the other end answers to an introduction.
 *
 * @since 0.1.0
 * @category models
 */
export interface There {
  readonly protocol: number
  readonly node: string
  /** Where values are passed on for those who cannot reach each other. */
  readonly url: string | undefined
}

/**
 * What is refused.
 *
 * - `version`: the two ends speak different protocols.
 * - `namespace`: the scheduler of that namespace is not here.
 * - `role`: this role has no right to it.
 * - `outlived`: the peer has heard a later scheduler.
 *
 * @since 0.1.0
 * @category errors
 */
export class Refused extends Schema.TaggedError<Refused>("creel/Rpcs/Refused")("Refused", {
  reason: Schema.Literal("version", "namespace", "role", "outlived"),
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `refused (${this.reason}): ${this.detail}`
  }
}

/**
 * Of what is said between processes. It grows with each change that an older end could misunderstand: ends of different
 * protocols refuse each other.
 *
 * @since 0.1.0
 * @category constants
 */
export const protocol = 2

/**
 * How a peer opens its link, or opens it again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attaching {
  readonly peer: string
  readonly kind: "client" | "worker"
  /** What its end of the session has received. */
  readonly hello: Link.Hello | undefined
  /** The latest scheduler it has heard. */
  readonly highest: number
}

interface Schemas {
  readonly up: Schema.Schema<Link.Frame>
  readonly down: Schema.Schema<Down>
  readonly payload: Schema.Schema<Payload>
}

const checked: Schemas = {
  up: NoteSchema.frame(Schema.Union(NoteSchema.FromClient, NoteSchema.FromWorker, NoteSchema.PieceUp)),
  down: Schema.Union(
    Schema.TaggedStruct("Welcome", {
      welcome: Schema.Struct({ incarnation: Schema.Number, heartbeat: Schema.Number }),
      session: Schema.String,
      hello: Schema.Union(NoteSchema.HelloSchema, Schema.Undefined)
    }),
    Schema.TaggedStruct("Over", { why: Schema.String }),
    Schema.TaggedStruct("Frame", {
      frame: NoteSchema.frame(Schema.Union(NoteSchema.ToClient, NoteSchema.ToWorker, NoteSchema.PieceDown))
    })
  ),
  payload: NoteSchema.PayloadSchema
}

const trust = <A>(): Schema.Schema<A> => Schema.declare((_: unknown): _ is A => true)

const trusted: Schemas = { up: trust(), down: trust(), payload: trust() }

const Keys = Schema.Array(Schema.String)
const ByName = Schema.Record({ key: Schema.String, value: Keys })

const ReadError = Schema.Struct({
  value: Schema.String,
  holder: Schema.String,
  why: Schema.Literal("gone", "unreachable", "corrupt")
})

const WorkerView: Schema.Schema<Door.WorkerView> = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  node: Schema.String,
  host: Schema.UndefinedOr(Schema.String),
  status: Schema.Literal("running", "suspect", "leaving"),
  slots: Schema.Number,
  assigned: Schema.Number,
  values: Schema.Number,
  heldBytes: Schema.Number,
  memory: Schema.UndefinedOr(NoteSchema.WorkerMemorySchema),
  processBytes: Schema.UndefinedOr(Schema.Number),
  executors: Schema.Array(NoteSchema.ExecutorMemorySchema),
  resources: Schema.Record({ key: Schema.String, value: Schema.Number }),
  tasks: Keys
})

const GroupProgress: Schema.Schema<Door.GroupProgress> = Schema.Struct({
  group: Schema.String,
  waiting: Schema.Number,
  queued: Schema.Number,
  running: Schema.Number,
  done: Schema.Number,
  erred: Schema.Number,
  total: Schema.Number,
  millisLeft: Schema.Union(Schema.Number, Schema.Undefined)
})

const StoryLine: Schema.Schema<Door.StoryLine> = Schema.Struct({
  at: Schema.Number,
  subject: Schema.String,
  what: Schema.String,
  detail: Schema.String,
  peer: Schema.UndefinedOr(Schema.String),
  name: Schema.UndefinedOr(Schema.String),
  millis: Schema.Union(Schema.Number, Schema.Undefined)
})

const Copies: Schema.Schema<Door.Copies> = Schema.Struct({
  key: Schema.String,
  workers: Keys,
  state: Schema.Literal("pending", "copying", "done", "short", "failed", "unknown")
})

const Retiring: Schema.Schema<Door.Retiring> = Schema.Struct({
  state: Schema.Literal("unknown", "busy", "stuck", "retired", "left", "own"),
  tasks: Schema.Number,
  copying: Schema.Number,
  stuck: Schema.Number
})

const Explanation: Schema.Schema<Door.Explanation> = Schema.Struct({
  key: Schema.String,
  state: Schema.Literal(
    "Unknown",
    "Recovering",
    "Idle",
    "Waiting",
    "Queued",
    "Assigned",
    "Running",
    "Stored",
    "Failed"
  ),
  summary: Schema.String,
  missing: Keys,
  behind: Schema.Union(Schema.Number, Schema.Undefined),
  worker: Schema.Union(Schema.String, Schema.Undefined),
  attempt: Schema.Union(Schema.String, Schema.Undefined),
  since: Schema.Union(Schema.Number, Schema.Undefined),
  ending: Schema.Array(Schema.Struct({ worker: Schema.String, attempt: Schema.String })),
  failures: Schema.Number,
  deaths: Keys
})

const HeldValue: Schema.Schema<Door.HeldValue> = Schema.Struct({
  key: Schema.String,
  group: Schema.String,
  bytes: Schema.Number,
  copies: Schema.Number
})

const Memory: Schema.Schema<Door.Memory> = Schema.Struct({
  workers: Schema.Array(Schema.Struct({
    id: Schema.String,
    name: Schema.String,
    node: Schema.String,
    values: Schema.Number,
    heldBytes: Schema.Number,
    managed: Schema.Number,
    peak: Schema.Union(Schema.Number, Schema.Undefined),
    spilled: Schema.Number,
    shared: Schema.Union(Schema.Number, Schema.Undefined),
    process: Schema.Union(Schema.Number, Schema.Undefined),
    rest: Schema.Union(Schema.Number, Schema.Undefined),
    limit: Schema.Union(Schema.Number, Schema.Undefined),
    paused: Schema.Boolean,
    executors: Schema.Array(NoteSchema.ExecutorMemorySchema)
  })),
  groups: Schema.Array(Schema.Struct({
    group: Schema.String,
    keys: Schema.Number,
    copies: Schema.Number,
    bytes: Schema.Number
  })),
  largest: Schema.Array(HeldValue),
  scheduler: Schema.Number
})

const Some = Schema.Struct({ count: Schema.Number, keys: Keys })

const WhyHeld: Schema.Schema<Door.WhyHeld> = Schema.Struct({
  key: Schema.String,
  known: Schema.Boolean,
  bytes: Schema.Union(Schema.Number, Schema.Undefined),
  holders: Keys,
  wantedBy: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })),
  neededBy: Some,
  lineageOf: Some,
  scattered: Schema.Boolean,
  cut: Schema.Boolean,
  kept: Schema.Boolean,
  fresh: Schema.Boolean,
  summary: Schema.String
})

const WouldFree: Schema.Schema<Door.WouldFree> = Schema.Struct({
  bytes: Schema.Number,
  elsewhere: Schema.Number,
  keys: Schema.Array(HeldValue),
  stopped: Keys
})

const AdaptingSchema = Schema.Struct({
  minimum: Schema.Number,
  maximum: Schema.Number,
  target: Schema.Number,
  interval: Schema.Number,
  waitCount: Schema.Number,
  idle: Schema.Number
})

const DemandOfNodeSchema = Schema.Struct({
  node: Schema.String,
  slots: Schema.Number,
  interval: Schema.Number,
  changed: Schema.UndefinedOr(Schema.String)
})

const DemandSchema: Schema.Schema<Door.Demand> = Schema.Struct({
  work: Schema.Number,
  parallel: Schema.Number,
  elsewhere: Schema.Number,
  share: Schema.Number,
  workers: Schema.Array(Schema.Struct({
    id: Schema.String,
    node: Schema.String,
    slots: Schema.Number,
    open: Schema.Boolean,
    attempts: Schema.Number,
    held: Schema.Number,
    limit: Schema.UndefinedOr(Schema.Number)
  }))
})

const IntroductionSchema: Schema.Schema<Introduction> = Schema.Struct({
  protocol: Schema.Number,
  namespace: Schema.String,
  role: Schema.Literal("client", "worker", "observer", "operator"),
  node: Schema.String,
  host: Schema.String,
  url: Schema.UndefinedOr(Schema.String)
})

const make = (schemas: Schemas) =>
  RpcGroup.make(
    /** First of all between processes that do not share their code: may we talk? The answer is who is there. */
    Rpc.make("Introduce", {
      payload: IntroductionSchema,
      success: Schema.Struct({ protocol: Schema.Number, node: Schema.String, url: Schema.UndefinedOr(Schema.String) }),
      error: Refused
    }),
    /** Opens, or reopens, the link of a peer: `hello` is what its end of the session has received. */
    Rpc.make("Attach", {
      payload: {
        peer: Schema.String,
        kind: Schema.Literal("client", "worker"),
        hello: Schema.Union(NoteSchema.HelloSchema, Schema.Undefined),
        highest: Schema.Number
      },
      success: schemas.down,
      error: Refused,
      stream: true
    }),
    Rpc.make("Send", { payload: { peer: Schema.String, frame: schemas.up } }),
    /** Where a peer is, as it said itself. */
    Rpc.make("Where", { payload: { peer: Schema.String }, success: Schema.UndefinedOr(IntroductionSchema) }),
    Rpc.make("Read", {
      payload: { value: Schema.String, holder: Schema.String },
      success: schemas.payload,
      error: ReadError
    }),
    Rpc.make("Offer", { payload: { client: Schema.String, value: Schema.String, payload: schemas.payload } }),
    Rpc.make("Withdraw", { payload: { client: Schema.String, value: Schema.String } }),
    Rpc.make("Explain", { payload: { key: Schema.String }, success: Explanation }),
    Rpc.make("WhoHas", { payload: { keys: Keys }, success: ByName }),
    Rpc.make("HasWhat", { success: ByName }),
    Rpc.make("Workers", { success: Schema.Array(WorkerView) }),
    Rpc.make("Nbytes", { success: Schema.Record({ key: Schema.String, value: Schema.Number }) }),
    Rpc.make("Memory", { payload: { values: Schema.Boolean }, success: Memory }),
    Rpc.make("WhyHeld", { payload: { key: Schema.String }, success: WhyHeld }),
    Rpc.make("WouldFree", { payload: { client: Schema.String, keys: Keys }, success: WouldFree }),
    Rpc.make("Progress", {
      payload: { keys: Schema.Union(Keys, Schema.Undefined) },
      success: Schema.Array(GroupProgress)
    }),
    Rpc.make("Story", { payload: { subject: Schema.String }, success: Schema.Array(StoryLine) }),
    Rpc.make("Restart", { payload: { by: Schema.String }, error: ManageError }),
    Rpc.make("RestartScheduler", { payload: { by: Schema.String }, error: ManageError }),
    Rpc.make("CancelAll", {
      payload: { keys: Keys, by: Schema.String, reason: Schema.String },
      success: Keys,
      error: ManageError
    }),
    Rpc.make("Scale", {
      payload: { workers: Schema.Number, within: Schema.UndefinedOr(Schema.Number) },
      error: ManageError
    }),
    /** Says something once when it has begun, and goes on for as long as somebody listens. */
    Rpc.make("Adapt", { payload: AdaptingSchema, success: Schema.Void, error: ManageError, stream: true }),
    Rpc.make("Demand", { payload: DemandOfNodeSchema, success: DemandSchema }),
    Rpc.make("Replicate", {
      payload: { keys: Keys, copies: Schema.Number, workers: Schema.UndefinedOr(Keys) },
      success: Schema.Array(Copies)
    }),
    Rpc.make("Checkpoint", { payload: { keys: Keys }, success: Schema.Array(Copies) }),
    Rpc.make("Rebalance", {
      payload: { keys: Schema.UndefinedOr(Keys), workers: Schema.UndefinedOr(Keys) },
      success: Schema.Number
    }),
    Rpc.make("Moving", { success: Schema.Number }),
    Rpc.make("Observe", { payload: Observe.GlanceOptionsSchema, success: Observe.GlanceSchema }),
    Rpc.make("KeyView", { payload: { key: Schema.String }, success: Schema.UndefinedOr(Observe.KeyViewSchema) }),
    Rpc.make("GraphView", { payload: { max: Schema.Number }, success: Observe.GraphViewSchema }),
    Rpc.make("Profile", { payload: Observe.ProfileOptionsSchema, success: Observe.ProfileSchema }),
    Rpc.make("Tree", { success: Observe.TreeSchema }),
    Rpc.make("Retire", {
      payload: { worker: Schema.String, over: Schema.UndefinedOr(Schema.Boolean), by: Schema.optional(Schema.Number) },
      success: Retiring,
      error: ManageError
    })
  )

/**
 * @since 0.1.0
 * @category groups
 */
export const SchedulerRpcs = make(checked)

/**
 * @since 0.1.0
 * @category groups
 */
export const TrustedRpcs = make(trusted)

/**
 * @since 0.1.0
 * @category models
 */
export type Rpcs = RpcGroup.Rpcs<typeof SchedulerRpcs>
