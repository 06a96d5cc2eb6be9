/**
 * A Schema for every note, for links whose other end is not of this process: what arrives there is checked before a
 * machine sees it. Between threads notes pass as they stand.
 *
 * @since 0.1.0
 */
import type * as Failure from "@creel/core/Failure"
import type * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Schema from "effect/Schema"
import { FutureReason } from "./FutureError.js"

const Key = Schema.String
const Peer = Schema.String
const Value = Schema.String
const Attempt = Schema.Number
const Names = Schema.Array(Schema.String)
const Amounts = Schema.Record({ key: Schema.String, value: Schema.Number })

const orUndefined = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.Union(schema, Schema.Undefined)

const PayloadOnWire: Schema.Schema<Payload.Long> = Schema.Struct({
  head: Schema.Uint8ArrayFromSelf,
  buffers: Schema.Array(
    Schema.declare((u: unknown): u is ArrayBuffer | SharedArrayBuffer => u instanceof ArrayBuffer || isShared(u))
  )
})

const PayloadHere: Schema.Schema<Payload.Payload> = Schema.Union(
  Schema.declare((u: unknown): u is Payload.Short => typeof u === "string"),
  Schema.typeSchema(PayloadOnWire)
)

const isShared = (u: unknown): u is SharedArrayBuffer =>
  typeof SharedArrayBuffer !== "undefined" && u instanceof SharedArrayBuffer

/** Shared memory is of one process, and so is how short ones are held. */
const onWire = (payload: Payload.Payload): Payload.Long => ({
  head: Payload.head(payload),
  buffers: Payload.buffers(payload).map((one) => isShared(one) ? copied(one) : one)
})

const copied = (shared: SharedArrayBuffer): ArrayBuffer => {
  const copy = new ArrayBuffer(shared.byteLength)
  new Uint8Array(copy).set(new Uint8Array(shared))
  return copy
}

/**
 * What was decoded has memory of its own (off a wire comes a view of all that came with it), and what was encoded shares none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PayloadSchema: Schema.Schema<Payload.Payload> = Schema.transform(PayloadOnWire, PayloadHere, {
  strict: true,
  decode: ({ buffers, head }) => Payload.make(head, buffers),
  encode: onWire
}) as Schema.Schema<Payload.Payload, any> // On a wire it has one of the two forms that it has here.

/**
 * @since 0.1.0
 * @category schemas
 */
export const FailureSchema: Schema.Schema<Failure.Failure> = Schema.Struct({
  reason: Schema.Union(Schema.Literal("Failed"), FutureReason),
  key: Key,
  worker: orUndefined(Peer),
  by: orUndefined(Schema.String),
  detail: Schema.String,
  cause: orUndefined(PayloadSchema),
  stack: Schema.optional(orUndefined(Schema.String))
})

const Retry = Schema.Struct({
  times: Schema.Number,
  delay: Schema.Number,
  factor: Schema.Number,
  maxDelay: Schema.Number,
  jitter: Schema.Number,
  tags: orUndefined(Names)
})

const Outward = Schema.Struct({
  trace: orUndefined(Schema.Struct({ traceId: Schema.String, spanId: Schema.String, sampled: Schema.Boolean })),
  annotations: orUndefined(Schema.Record({ key: Schema.String, value: Schema.String })),
  logLevel: orUndefined(Schema.String)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const SpecSchema: Schema.Schema<Spec.Spec> = Schema.Struct({
  key: Key,
  digest: Schema.String,
  task: Schema.String,
  group: Schema.String,
  args: PayloadSchema,
  inputs: Schema.Array(Key),
  priority: Schema.Number,
  slots: Schema.Number,
  workers: orUndefined(Names),
  soft: Schema.Boolean,
  resources: orUndefined(Amounts),
  retry: orUndefined(Retry),
  timeout: orUndefined(Schema.Number),
  parent: orUndefined(Attempt),
  outward: orUndefined(Outward)
})

const Want = Schema.Struct({ key: Key, want: Schema.Number })

const ofAttempt = { key: Key, attempt: Attempt }

const Death = Schema.Struct({ attempt: orUndefined(Attempt), how: Schema.String })

const spentFields = {
  key: Key,
  digest: Schema.String,
  failures: Schema.Number,
  deaths: Schema.Array(Death),
  begins: orUndefined(Attempt)
}

/**
 * @since 0.1.0
 * @category schemas
 */
export const SpentSchema = Schema.Struct(spentFields)

// --- client → scheduler ---

const Scatter = Schema.Struct({ workers: orUndefined(Names), all: Schema.Boolean })

const Offer = Schema.TaggedStruct("Offer", {
  key: Key,
  value: Value,
  digest: Schema.String,
  bytes: Schema.Number,
  inline: orUndefined(PayloadSchema),
  scatter: orUndefined(Scatter)
})

const Told = orUndefined(
  Schema.Union(
    Schema.Struct({ value: Value, digest: Schema.String }),
    Schema.Struct({ failure: FailureSchema })
  )
)

const WantTold = Schema.Struct({ ...Want.fields, told: Told, keep: Schema.Boolean })

const FetchFailed = Schema.TaggedStruct("FetchFailed", {
  key: Key,
  value: Value,
  holder: Peer,
  why: Schema.Literal("gone", "unreachable", "corrupt")
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const FromClient: Schema.Schema<Note.FromClient> = Schema.Union(
  Schema.TaggedStruct("ClientTold", {
    name: Schema.String,
    specs: Schema.Array(SpecSchema),
    wants: Schema.Array(WantTold),
    offers: Schema.Array(Offer),
    cut: Schema.optional(Schema.Array(Key)),
    spent: Schema.optional(Schema.Array(SpentSchema))
  }),
  Schema.TaggedStruct("Submit", {
    specs: Schema.Array(SpecSchema),
    wants: Schema.Array(Want),
    keep: Schema.Array(Key)
  }),
  Schema.TaggedStruct("Release", { wants: Schema.Array(Want), answer: Schema.Boolean }),
  Schema.TaggedStruct("Cancel", {
    wants: Schema.Array(Want),
    force: Schema.Boolean,
    by: Schema.String,
    reason: Schema.String
  }),
  Schema.TaggedStruct("Retry", { wants: Schema.Array(Want), again: Schema.optional(Schema.Boolean) }),
  Offer,
  FetchFailed,
  Schema.TaggedStruct("SpentHeard", ofAttempt),
  Schema.TaggedStruct("ClientLeft", {})
)

// --- scheduler → client ---

const DropValue = Schema.TaggedStruct("DropValue", { value: Value })

/**
 * @since 0.1.0
 * @category schemas
 */
export const ToClient: Schema.Schema<Note.ToClient> = Schema.Union(
  Schema.TaggedStruct("TaskStored", {
    ...Want.fields,
    value: Value,
    digest: Schema.String,
    bytes: Schema.Number,
    type: Schema.String,
    holders: Schema.Array(Peer),
    inline: orUndefined(PayloadSchema)
  }),
  Schema.TaggedStruct("TaskNotStored", { ...Want.fields, failure: FailureSchema }),
  Schema.TaggedStruct("TaskPending", Want.fields),
  Schema.TaggedStruct("Ended", Want.fields),
  DropValue,
  Schema.TaggedStruct("LineageCut", { key: Key, digest: Schema.String, want: Schema.Number }),
  Schema.TaggedStruct("TaskSpent", spentFields)
)

// --- worker → scheduler ---

/**
 * @since 0.1.0
 * @category schemas
 */
export const InfoSchema: Schema.Schema<Note.WorkerInfo> = Schema.Struct({
  name: Schema.String,
  node: Schema.String,
  host: Schema.optional(Schema.String),
  leaving: Schema.optional(Schema.Boolean),
  slots: Schema.Number,
  resources: Amounts,
  tasks: Names
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const WorkerMemorySchema: Schema.Schema<Note.WorkerMemory> = Schema.Struct({
  limit: Schema.Number,
  managed: Schema.Number,
  peak: Schema.Number,
  spilled: Schema.Number,
  paused: Schema.Boolean,
  failing: Schema.optional(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ExecutorMemorySchema: Schema.Schema<Note.ExecutorMemory> = Schema.Struct({
  executor: Schema.String,
  heapUsed: Schema.Number,
  heapLimit: Schema.Number,
  processBytes: orUndefined(Schema.Number)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProcessUseSchema: Schema.Schema<Note.ProcessUse> = Schema.Struct({
  processors: Schema.Number,
  loop: Schema.Number
})

const ValueHeld = Schema.TaggedStruct("ValueHeld", {
  key: Key,
  value: Value,
  attempt: orUndefined(Attempt),
  digest: Schema.String,
  bytes: Schema.Number,
  type: Schema.String,
  how: Schema.Literal("computed", "copied", "scattered", "replicated"),
  millis: Schema.Number,
  inline: orUndefined(PayloadSchema)
})

const TaskFailed = Schema.TaggedStruct("TaskFailed", {
  ...ofAttempt,
  failure: FailureSchema,
  tag: orUndefined(Schema.String),
  verdict: Schema.Union(Schema.Literal("final", "undecided"), Schema.Struct({ retryAfter: Schema.Number })),
  millis: Schema.Number
})

const TaskReturned = Schema.TaggedStruct("TaskReturned", {
  ...ofAttempt,
  why: Schema.Literal("recalled", "unfetchable", "input withdrawn", "executor ended", "leaving", "no such task")
})

const TaskEnded = Schema.TaggedStruct("TaskEnded", ofAttempt)

const TaskDied = Schema.TaggedStruct("TaskDied", { ...ofAttempt, detail: Schema.String })

const Job = Schema.Struct({
  spec: SpecSchema,
  attempt: Attempt,
  state: Schema.Literal("Gathering", "Ready", "Running"),
  since: orUndefined(Schema.Number),
  suspended: Schema.Boolean,
  inputs: Schema.Array(Value),
  failures: Schema.Number,
  cancelled: Schema.Boolean
})

const Numbers = Schema.Array(Schema.Number)

/**
 * @since 0.1.0
 * @category schemas
 */
export const ActivitiesSchema: Schema.Schema<Note.Activities> = Schema.TaggedStruct("Activities", {
  at: Schema.Number,
  names: Names,
  columns: Schema.Struct({
    kinds: Numbers,
    ends: Numbers,
    groups: Numbers,
    lanes: Numbers,
    keys: Names,
    starts: Numbers,
    millis: Numbers,
    bytes: Numbers
  }),
  missed: Schema.Number
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const CallTreeSchema: Schema.Schema<Note.CallTree> = Schema.Struct({
  names: Names,
  parents: Numbers,
  titles: Numbers,
  files: Numbers,
  lines: Numbers,
  selfs: Numbers
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ExecutorProfiledSchema: Schema.Schema<Note.ExecutorProfiled> = Schema.Struct({
  executor: Schema.String,
  sampled: Schema.Number,
  idle: Schema.Number,
  problem: Schema.UndefinedOr(Schema.String)
})

const Outcome = Schema.Union(TaskFailed, TaskReturned, TaskEnded, TaskDied)

/**
 * @since 0.1.0
 * @category schemas
 */
export const FromWorker: Schema.Schema<Note.FromWorker> = Schema.Union(
  Schema.TaggedStruct("WorkerTold", {
    info: InfoSchema,
    values: Schema.Array(ValueHeld),
    jobs: Schema.Array(Job),
    outcomes: Schema.Array(Outcome)
  }),
  Schema.TaggedStruct("TaskStarted", { ...ofAttempt, at: Schema.Number, asks: Schema.optional(Schema.Literal(true)) }),
  ValueHeld,
  TaskFailed,
  TaskReturned,
  TaskEnded,
  TaskDied,
  Schema.TaggedStruct("RecallRefused", ofAttempt),
  Schema.TaggedStruct("TaskSuspended", { ...ofAttempt, on: Schema.Array(Key), client: Schema.optional(Peer) }),
  Schema.TaggedStruct("TaskResumed", ofAttempt),
  Schema.TaggedStruct("ValueGone", { key: Key, value: Value }),
  FetchFailed,
  Schema.TaggedStruct("Heartbeat", {
    heldBytes: Schema.Number,
    processBytes: orUndefined(Schema.Number),
    sharedBytes: Schema.optional(Schema.Number),
    use: Schema.optional(ProcessUseSchema),
    busy: orUndefined(Schema.Number),
    memory: Schema.optional(WorkerMemorySchema),
    executors: Schema.optional(Schema.Array(ExecutorMemorySchema))
  }),
  ActivitiesSchema,
  Schema.TaggedStruct("Profiled", {
    profile: Schema.Number,
    executors: Schema.Array(ExecutorProfiledSchema),
    tree: CallTreeSchema
  }),
  Schema.TaggedStruct("WorkerChanged", { info: InfoSchema }),
  Schema.TaggedStruct("WorkerLeft", {})
)

// --- scheduler → worker ---

const Input = Schema.Struct({
  key: Key,
  value: Value,
  digest: Schema.String,
  bytes: Schema.Number,
  holders: Schema.Array(Peer),
  ahead: Schema.Boolean,
  inline: orUndefined(PayloadSchema)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ToWorker: Schema.Schema<Note.ToWorker> = Schema.Union(
  Schema.TaggedStruct("RunTask", {
    spec: SpecSchema,
    attempt: Attempt,
    order: Schema.Tuple(Schema.Number, Schema.Number, Schema.Number),
    inputs: Schema.Array(Input),
    failures: Schema.Number,
    asks: Schema.optional(Schema.Literal(true))
  }),
  Schema.TaggedStruct("BeginTask", ofAttempt),
  Schema.TaggedStruct("RecallTask", ofAttempt),
  Schema.TaggedStruct("CancelTask", {
    ...ofAttempt,
    force: Schema.Boolean,
    by: Schema.String,
    reason: Schema.String
  }),
  Schema.TaggedStruct("FetchValue", {
    key: Key,
    value: Value,
    digest: Schema.String,
    bytes: Schema.Number,
    holders: Schema.Array(Peer),
    inline: orUndefined(PayloadSchema),
    how: Schema.Literal("copied", "scattered", "replicated")
  }),
  DropValue,
  Schema.TaggedStruct("MayLeave", {}),
  Schema.TaggedStruct("Watch", { on: Schema.Boolean }),
  Schema.TaggedStruct("Profile", { profile: Schema.Number, millis: Schema.Number, interval: Schema.Number })
)

// --- pieces of long notes ---

const list = <A>(entry: Schema.Schema<A, any>) => Schema.optionalWith(Schema.Array(entry), { exact: true })

const piece = <const Tag extends string, Fields extends Schema.Struct.Fields>(of: Tag, lists: Fields) =>
  Schema.TaggedStruct("Piece", { of: Schema.Literal(of), lists: Schema.Struct(lists) })

/**
 * Of what clients and workers say.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PieceUp: Schema.Schema<Exclude<Link.Piece, { readonly of: "RunTask" }>> = Schema.Union(
  piece("ClientTold", {
    specs: list(SpecSchema),
    wants: list(WantTold),
    offers: list(Offer),
    cut: list(Key),
    spent: list(SpentSchema)
  }),
  piece("Submit", { specs: list(SpecSchema), wants: list(Want), keep: list(Key) }),
  piece("Release", { wants: list(Want) }),
  piece("Cancel", { wants: list(Want) }),
  piece("Retry", { wants: list(Want) }),
  piece("WorkerTold", { values: list(ValueHeld), jobs: list(Job), outcomes: list(Outcome) }),
  piece("TaskSuspended", { on: list(Key) })
)

/**
 * Of what the scheduler says.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PieceDown: Schema.Schema<Extract<Link.Piece, { readonly of: "RunTask" }>> = piece("RunTask", {
  inputs: list(Input)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const HelloSchema: Schema.Schema<Link.Hello> = Schema.Struct({
  session: Schema.String,
  incarnation: Schema.Number,
  received: Schema.Number
})

/**
 * A frame whose notes are of these kinds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const frame = <A extends Note.Note | Link.Piece>(notes: Schema.Schema<A>): Schema.Schema<Link.Frame> =>
  Schema.Struct({
    session: Schema.String,
    incarnation: Schema.Number,
    first: Schema.Number,
    notes: Schema.Array(notes as Schema.Schema<any>), // A is one kind of note
    ack: Schema.Number,
    again: Schema.optionalWith(Schema.Literal(true), { exact: true })
  })
