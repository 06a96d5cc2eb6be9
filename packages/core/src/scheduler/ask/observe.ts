/**
 * What lookers-on see: the whole at a glance, one row with all that is known of it, and rows as a graph.
 *
 * Owns the shapes of these answers and only reads. A glance is cheap: it looks at groups and workers, never at rows.
 *
 * @since 0.1.0
 */
import type { Failure } from "../../Failure.js"
import type { Key, PeerId, ValueId, WorkerId } from "../../Id.js"
import * as Journal from "../../Journal.js"
import type { Group, Row, State, Worker } from "../rows/State.js"
import { type ActivityBatch, type FailureSeen, readActivities, readFailures } from "../rows/watched.js"
import { counts, type GroupProgress, ofGroup, workers, type WorkerView } from "./questions.js"

/**
 * An attempt that is known to run.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunningNow {
  readonly key: Key
  readonly group: string
  /** By the worker's clock: milliseconds since the epoch. */
  readonly since: number
  readonly suspended: boolean
}

/**
 * A group of tasks: how many rows are where, and how long one takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupView extends GroupProgress {
  /** Nobody wants them, or nothing was begun for them. */
  readonly idle: number
}

/**
 * The scheduler and its workers at a glance.
 *
 * @since 0.1.0
 * @category models
 */
export interface Glance {
  readonly incarnation: number
  /** Milliseconds since the epoch: now, and when this life of the scheduler began. */
  readonly now: number
  readonly began: number
  /** Attempts that ended with a value, and keys that failed, in this life. */
  readonly computed: number
  readonly failed: number
  readonly counts: ReturnType<typeof counts>
  /** The largest first. */
  readonly groups: ReadonlyArray<GroupView>
  readonly workers: ReadonlyArray<WorkerView & { readonly now: ReadonlyArray<RunningNow> }>
  /** What was decided since the cursor that was given. */
  readonly entries: ReadonlyArray<Journal.Entry>
  readonly cursor: number
  readonly missed: number
  /** What workers did since the other cursor. */
  readonly activities: ReadonlyArray<ActivityBatch>
  readonly activityCursor: number
  readonly activitiesMissed: number
  /** What failed for a reason of its own since the third cursor, if one was given: the last hundred at most. */
  readonly failures: ReadonlyArray<FailureSeen>
  readonly failureCursor: number
}

/**
 * Where to go on reading, and how much.
 *
 * @since 0.1.0
 * @category models
 */
export interface GlanceOptions {
  /** Of the journal; 0: all that is left. */
  readonly cursor: number
  /** Of the activities. */
  readonly activityCursor: number
  /** Of what failed. Absent: failures are not read. */
  readonly failureCursor?: number | undefined
  /** Whether entries that each task has are read too; else only those that tell of something unusual. Default: false. */
  readonly routine?: boolean | undefined
  /** Whether whoever asks looks on, so that workers report what they do from now on. Default: true. */
  readonly watch?: boolean | undefined
  /** Groups at most. Default 256. */
  readonly groupsMax?: number | undefined
}

/** What is written for each task that goes well. */
const routine: ReadonlySet<string> = new Set(["assigned", "stored", "dropped", "copy dropped"])

const isUnusual = (what: string): boolean => !routine.has(what)

const runningMax = 64

/**
 * @since 0.1.0
 * @category getters
 */
export const glance = (state: State, now: number, options: GlanceOptions): Glance => {
  const journal = Journal.read(
    state.journal,
    options.cursor,
    undefined,
    options.routine === true ? undefined : isUnusual
  )
  const activities = readActivities(state, options.activityCursor)
  const all = workers(state, now)
  return {
    incarnation: state.incarnation,
    now,
    began: state.life.began ?? now,
    computed: state.life.computed,
    failed: state.life.failed,
    counts: counts(state),
    groups: largest(state, options.groupsMax ?? 256),
    workers: all.map((view) => ({ ...view, now: runningOn(state.workers.get(view.id)!) })),
    entries: journal.entries,
    cursor: journal.cursor,
    missed: journal.missed,
    activities: activities.batches,
    activityCursor: activities.cursor,
    activitiesMissed: activities.missed,
    failures: options.failureCursor === undefined ? [] : readFailures(state, options.failureCursor),
    failureCursor: state.failures.next
  }
}

const largest = (state: State, max: number): ReadonlyArray<GroupView> =>
  [...state.groups.values()].filter((group) => group.rows > 0).sort((a, b) => b.rows - a.rows).slice(0, max).map(
    viewOf
  )

const viewOf = (group: Group): GroupView => ({ ...ofGroup(group), idle: group.counts.Idle })

const runningOn = (worker: Worker): ReadonlyArray<RunningNow> => {
  const found: Array<RunningNow> = []
  for (let run = worker.first; run !== undefined && found.length < runningMax; run = run.next) {
    if (run.started === undefined) continue
    const { group, key } = run.row
    found.push({ key, group: group.name, since: run.started, suspended: run.suspended !== undefined })
  }
  return found
}

/**
 * All that is known of one key, beside its story and its explanation.
 *
 * @since 0.1.0
 * @category models
 */
export interface RowView {
  readonly key: Key
  readonly group: string
  readonly state: "Idle" | "Waiting" | "Queued" | "Assigned" | "Stored" | "Failed"
  /** What it needs, and what needs it, with where each of these is: the first hundred. */
  readonly inputs: ReadonlyArray<{ readonly key: Key; readonly state: string }>
  readonly dependents: ReadonlyArray<{ readonly key: Key; readonly state: string }>
  /** Attempts that have not ended. */
  readonly attempts: ReadonlyArray<
    { readonly attempt: number; readonly worker: WorkerId; readonly phase: string; readonly since: number | undefined }
  >
  readonly value: ValueId | undefined
  readonly bytes: number | undefined
  readonly type: string | undefined
  readonly holders: ReadonlyArray<PeerId>
  readonly failures: number
  readonly failure: Failure | undefined
}

const several = 100

/**
 * @since 0.1.0
 * @category getters
 */
export const rowOf = (state: State, key: Key): RowView | undefined => {
  const row = state.rows.get(key)
  if (row === undefined) return forgotten(state, key)
  const stored = row.state._tag === "Stored" ? row.state : undefined
  return {
    key,
    group: row.group.name,
    state: row.state._tag,
    inputs: row.inputs.slice(0, several).map(brief),
    dependents: first(row.dependents).map(brief),
    attempts: row.runs.map((run) => ({
      attempt: run.attempt,
      worker: run.worker.id,
      phase: run.phase,
      since: run.started
    })),
    value: stored?.value,
    bytes: stored?.bytes,
    type: stored?.type,
    holders: stored === undefined ? [] : [...stored.holders].map((peer) => peer.id),
    failures: row.failures,
    failure: row.state._tag === "Failed" ? row.state.failure : undefined
  }
}

/** What failed is known for a while longer than its row. */
const forgotten = (state: State, key: Key): RowView | undefined => {
  const seen = [...state.failures.late].reverse().find((one) => one.key === key)
  return seen && {
    key,
    group: seen.group,
    state: "Failed",
    inputs: [],
    dependents: [],
    attempts: [],
    value: undefined,
    bytes: undefined,
    type: undefined,
    holders: [],
    failures: seen.failures,
    failure: seen.failure
  }
}

const brief = ({ key, state }: Row) => ({ key, state: state._tag })

const first = (rows: Row["dependents"]): ReadonlyArray<Row> => {
  const found: Array<Row> = []
  if (rows !== undefined) {
    for (const row of rows.values()) {
      if (found.length >= several) break
      found.push(row)
    }
  }
  return found
}

/**
 * Rows and what they need: each row where there are not too many, else groups.
 *
 * @since 0.1.0
 * @category models
 */
export type GraphView =
  | {
    readonly by: "key"
    readonly nodes: ReadonlyArray<
      { readonly key: Key; readonly group: string; readonly state: string; readonly worker: WorkerId | undefined }
    >
    /** From an input to what needs it: positions in `nodes`. */
    readonly edges: ReadonlyArray<readonly [from: number, to: number]>
  }
  | {
    readonly by: "group"
    readonly nodes: ReadonlyArray<GroupView>
    readonly edges: ReadonlyArray<readonly [from: number, to: number]>
  }

/**
 * The rows that are known now, at most `max` of them; where there are more, their groups. It looks at every row.
 *
 * @since 0.1.0
 * @category getters
 */
export const graph = (state: State, max: number): GraphView => state.rows.size <= max ? byKey(state) : byGroup(state)

const byKey = (state: State): GraphView => {
  const numbers = new Map<Row, number>()
  const nodes: Array<Extract<GraphView, { by: "key" }>["nodes"][number]> = []
  for (const row of state.rows.values()) {
    numbers.set(row, nodes.length)
    const s = row.state
    const worker = s._tag === "Assigned" ? s.run.worker.id : undefined
    const running = s._tag === "Assigned" && s.run.started !== undefined
    nodes.push({ key: row.key, group: row.group.name, state: running ? "Running" : s._tag, worker })
  }
  const edges: Array<readonly [number, number]> = []
  for (const [row, to] of numbers) {
    for (const input of row.inputs) {
      const from = numbers.get(input)
      if (from !== undefined) edges.push([from, to])
    }
  }
  return { by: "key", nodes, edges }
}

const groupsMax = 512

const byGroup = (state: State): GraphView => {
  const numbers = new Map<string, number>()
  const nodes = largest(state, groupsMax)
  nodes.forEach(({ group }, index) => numbers.set(group, index))
  const edges = new Map<number, readonly [number, number]>()
  for (const row of state.rows.values()) {
    const to = numbers.get(row.group.name)
    for (const input of row.inputs) {
      const from = numbers.get(input.group.name)
      if (from !== undefined && to !== undefined) edges.set(from * groupsMax + to, [from, to])
    }
  }
  return { by: "group", nodes, edges: [...edges.values()] }
}
