/**
 * What lookers-on are told: the whole at a glance, one key with all that is known of it, and work as a graph. Dashboards,
 * reports and metrics are made of these answers. As long as somebody asks `observe`, workers report what they do; when
 * nobody does, nothing is recorded.
 *
 * @since 0.1.0
 */
import type * as Supervisor from "@creel/actor/Supervisor"
import type * as Note from "@creel/core/Note"
import type * as Scheduler from "@creel/core/Scheduler"
import * as Schema from "effect/Schema"
import * as NoteSchema from "./NoteSchema.js"

/**
 * The scheduler and its workers at a glance, what was decided since the last one, and what workers did. A new life of the
 * scheduler (another `incarnation`) begins its cursors at 0. What a worker says of times is by its own clock; the `at` of a batch
 * beside `heard` tells how far the two are apart.
 *
 * @since 0.1.0
 * @category models
 */
export type Glance = Scheduler.Glance

/**
 * Where to go on reading. Begin with both cursors 0.
 *
 * @since 0.1.0
 * @category models
 */
export type GlanceOptions = Scheduler.GlanceOptions

/**
 * What one worker said at once of what it did.
 *
 * @since 0.1.0
 * @category models
 */
export type ActivityBatch = Scheduler.ActivityBatch

/**
 * All that is known of one key, beside its story and its explanation.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyView = Scheduler.RowView

/**
 * What is known now and what needs what: key by key, or by group where there are too many keys.
 *
 * @since 0.1.0
 * @category models
 */
export type GraphView = Scheduler.GraphView

/**
 * A supervisor or a child of one: how it is, how often it was started again, and how many messages wait for it.
 *
 * @since 0.1.0
 * @category models
 */
export type Tree = Supervisor.Tree

/**
 * Calls as a tree, in columns: below the first node stand the names of tasks, below these what they called. What
 * executors did for no task stands below an empty name.
 *
 * @since 0.1.0
 * @category models
 */
export type CallTree = Note.CallTree

/**
 * One worker that was to be profiled.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProfileOfWorker {
  readonly id: string
  readonly name: string
  /** Its executors, in microseconds; empty where it did not answer. */
  readonly executors: ReadonlyArray<Note.ExecutorProfiled>
  /** Why there is nothing of it. */
  readonly problem: string | undefined
}

/**
 * What executors spent their time on. Time in which they had nothing to do is in `workers` and not in `tree`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Profile {
  /** When it began: milliseconds since the epoch, by the scheduler's clock. */
  readonly at: number
  /** How long it was to be, in milliseconds. */
  readonly millis: number
  /** From one sample to the next, in microseconds. */
  readonly interval: number
  readonly workers: ReadonlyArray<ProfileOfWorker>
  readonly tree: CallTree
}

/**
 * How to profile: milliseconds, and microseconds from one sample to the next. What is out of its bounds is
 * taken as the nearest that is not.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProfileOptions {
  readonly millis: number
  readonly interval: number
  /** One alone, by name or id. */
  readonly worker: string | undefined
}

const Names = Schema.Array(Schema.String)
const MaybeNumber = Schema.UndefinedOr(Schema.Number)
const MaybeText = Schema.UndefinedOr(Schema.String)

const Entry = Schema.Struct({
  at: Schema.Number,
  key: MaybeText,
  peer: MaybeText,
  what: Schema.String,
  detail: Schema.UndefinedOr(Schema.Union(Schema.String, Schema.Number)),
  millis: MaybeNumber
})

const Group = Schema.Struct({
  group: Schema.String,
  idle: Schema.Number,
  waiting: Schema.Number,
  queued: Schema.Number,
  assigned: Schema.Number,
  running: Schema.Number,
  stored: Schema.Number,
  failed: Schema.Number,
  millis: MaybeNumber
})

const Worker = Schema.Struct({
  id: Schema.String,
  info: NoteSchema.InfoSchema,
  health: Schema.Literal("well", "suspect", "leaving"),
  silent: Schema.Number,
  used: Schema.Number,
  attempts: Schema.Number,
  running: Schema.Number,
  suspended: Schema.Number,
  ending: Schema.Number,
  load: Schema.Number,
  keys: Schema.Number,
  heldBytes: Schema.Number,
  processBytes: MaybeNumber,
  use: Schema.optional(NoteSchema.ProcessUseSchema),
  sharedBytes: Schema.optional(Schema.Number),
  busy: MaybeNumber,
  memory: Schema.UndefinedOr(NoteSchema.WorkerMemorySchema),
  executors: Schema.Array(NoteSchema.ExecutorMemorySchema),
  resources: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ total: Schema.Number, taken: Schema.Number })
  }),
  now: Schema.Array(Schema.Struct({
    key: Schema.String,
    group: Schema.String,
    since: Schema.Number,
    suspended: Schema.Boolean
  }))
})

const Counts = Schema.Struct({
  Idle: Schema.Number,
  Waiting: Schema.Number,
  Queued: Schema.Number,
  Assigned: Schema.Number,
  Stored: Schema.Number,
  Failed: Schema.Number,
  rows: Schema.Number,
  lineage: Schema.Number,
  lineageBytes: Schema.Number,
  attempts: Schema.Number,
  workers: Schema.Number,
  clients: Schema.Number,
  inlineBytes: Schema.Number,
  unclaimed: Schema.Number
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const GlanceSchema: Schema.Schema<Glance> = Schema.Struct({
  incarnation: Schema.Number,
  now: Schema.Number,
  began: Schema.Number,
  computed: Schema.Number,
  failed: Schema.Number,
  counts: Counts,
  groups: Schema.Array(Group),
  workers: Schema.Array(Worker),
  entries: Schema.Array(Entry),
  cursor: Schema.Number,
  missed: Schema.Number,
  activities: Schema.Array(Schema.Struct({
    worker: Schema.String,
    heard: Schema.Number,
    from: Schema.Number,
    note: NoteSchema.ActivitiesSchema
  })),
  activityCursor: Schema.Number,
  activitiesMissed: Schema.Number,
  failures: Schema.Array(Schema.Struct({
    at: Schema.Number,
    key: Schema.String,
    group: Schema.String,
    failures: Schema.Number,
    failure: NoteSchema.FailureSchema
  })),
  failureCursor: Schema.Number
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const GlanceOptionsSchema: Schema.Schema<GlanceOptions> = Schema.Struct({
  cursor: Schema.Number,
  activityCursor: Schema.Number,
  failureCursor: Schema.optional(MaybeNumber),
  routine: Schema.optional(Schema.UndefinedOr(Schema.Boolean)),
  watch: Schema.optional(Schema.UndefinedOr(Schema.Boolean)),
  groupsMax: Schema.optional(MaybeNumber)
})

const Neighbour = Schema.Struct({ key: Schema.String, state: Schema.String })

/**
 * @since 0.1.0
 * @category schemas
 */
export const KeyViewSchema: Schema.Schema<KeyView> = Schema.Struct({
  key: Schema.String,
  group: Schema.String,
  state: Schema.Literal("Idle", "Waiting", "Queued", "Assigned", "Stored", "Failed"),
  inputs: Schema.Array(Neighbour),
  dependents: Schema.Array(Neighbour),
  attempts: Schema.Array(Schema.Struct({
    attempt: Schema.Number,
    worker: Schema.String,
    phase: Schema.String,
    since: MaybeNumber
  })),
  value: MaybeText,
  bytes: MaybeNumber,
  type: MaybeText,
  holders: Names,
  failures: Schema.Number,
  failure: Schema.UndefinedOr(NoteSchema.FailureSchema)
})

const Edges = Schema.Array(Schema.Tuple(Schema.Number, Schema.Number))

/**
 * @since 0.1.0
 * @category schemas
 */
export const GraphViewSchema: Schema.Schema<GraphView> = Schema.Union(
  Schema.Struct({
    by: Schema.Literal("key"),
    nodes: Schema.Array(Schema.Struct({
      key: Schema.String,
      group: Schema.String,
      state: Schema.String,
      worker: MaybeText
    })),
    edges: Edges
  }),
  Schema.Struct({ by: Schema.Literal("group"), nodes: Schema.Array(Group), edges: Edges })
)

/**
 * @since 0.1.0
 * @category schemas
 */
export const TreeSchema: Schema.Schema<Tree> = Schema.Struct({
  id: Schema.String,
  status: Schema.Literal("down", "waiting", "starting", "cancelling", "up", "ended", "stopping"),
  restarts: Schema.Number,
  depth: MaybeNumber,
  children: Schema.Array(Schema.suspend((): Schema.Schema<Tree> => TreeSchema))
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProfileOptionsSchema: Schema.Schema<ProfileOptions> = Schema.Struct({
  millis: Schema.Number,
  interval: Schema.Number,
  worker: Schema.UndefinedOr(Schema.String)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProfileSchema: Schema.Schema<Profile> = Schema.Struct({
  at: Schema.Number,
  millis: Schema.Number,
  interval: Schema.Number,
  workers: Schema.Array(Schema.Struct({
    id: Schema.String,
    name: Schema.String,
    executors: Schema.Array(NoteSchema.ExecutorProfiledSchema),
    problem: Schema.UndefinedOr(Schema.String)
  })),
  tree: NoteSchema.CallTreeSchema
})
