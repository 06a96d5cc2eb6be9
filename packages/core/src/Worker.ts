/**
 * The worker machine: which jobs it was given and how far each is, which values are here or on their way, which executors
 * there are and what runs on them. It sees keys and sizes, never values.
 *
 * Two life-cycles stay apart: Job `Gathering → Ready → Running` (posted ahead, running or suspended there) and Replica
 * `Wanted → Fetching → Held`. Which worker does what, resources and retries are the scheduler's; bytes are the Store's;
 * running, interrupting and fetching are done by the hands that carry out the commands.
 *
 * What its neighbours may count on, and what it counts on from them:
 *
 * - Every `Run` is answered by exactly one `RunEnded` or `Unready`, or by the `ExecutorDown` of its executor, also after
 *   `Interrupt`; every `Fetch` by exactly one `FetchEnded`, also after `StopFetch`. The executor begins what it is handed in order, as
 *   soon as the share (`spec.slots`) fits; whole jobs and fractions do not wait for each other, and what waits there for an
 *   input keeps nothing up: its maker may have come back and stand behind it.
 * - Every attempt accepted ends in exactly one note: `ValueHeld` computed, `TaskFailed`, `TaskReturned`, `TaskEnded` or
 *   `TaskDied`. A cancelled attempt that ends with a value all the same tells the value: whether it is adopted (its row may
 *   lack one) or dropped is the scheduler's to say. The same holds for one whose timeout had passed.
 * - Jobs posted ahead have left this machine's hands: a recall of them is refused. When their executor dies, they come back.
 * - A `Run` may name inputs as `ahead`: jobs handed to that executor before it make them, and their small values are there
 *   for what follows, without being handed over again. `Unready` says that one is not: its maker ended without it, or it is
 *   kept no longer. The job then goes the ordinary way.
 * - Copies made from a payload that rode along with a job are not announced and go with the last job that counts
 *   on them. All other copies are announced, and stay until `DropValue`.
 * - What rode along with a note, or does so with the note that tells of it, stands in its row for as long as it is held: hands
 *   need no other table of small values.
 * - A job begins with all its inputs in memory. With a limit on memory, values that no job has room set aside for are spilled;
 *   to everyone else a spilled value is held like any other. Every `Spill` and `Load` is answered by exactly one event, `Drop` apart.
 * - What is read here for more than a moment is not spilled under its reader, and counts in memory until that is over, held or
 *   not: every `Serving` is followed by one `Served`.
 * - On `LinkReset` it tells everything anew, outcomes not acknowledged included.
 *
 * Invariants, one checker each in `check`:
 *
 * - W1: an executor's shares are those of its jobs that hold one, and fit: whole jobs and fractions each for themselves.
 * - W2: a running job is on exactly one known executor; executors count suspended and posted jobs exactly.
 * - W3: a gathering job misses exactly the inputs that are not in memory here; a ready one misses none; each missing one is on
 *   its way, or made by a job here.
 * - W4: a replica knows exactly the jobs here that count on it.
 * - W5: fetches are counted exactly and stay within the limits; what is wanted or fetched is needed, or told to stop.
 * - W6: what is held and not announced is needed by a job; held bytes are counted exactly.
 * - W7: what suspended attempts wait for is counted exactly; a suspended attempt holds no share.
 * - W8: a running attempt that was asked to end has a deadline for it.
 * - W9: every ready job is in the queue of its kind.
 * - W10: a running job that misses an input is posted, and each job here that makes one is on the same executor, before it,
 *   and not suspended; or else one of the two was asked back, or came back.
 * - W11: bytes in memory, on their way there, on disk and on their way there are counted exactly.
 * - W12: what a job has room set aside for is in memory or on its way there; what is spilled, nobody has room set aside for.
 * - W13: an executor that is tired is told to end as soon as it has nothing to do.
 * - W14: above *pause* there is no more in memory than *pause* and what came since it was passed: results of what was handed over
 *   before (posted ahead only as far as there was room for the like), and what was let in one by one where nothing could be spilled.
 *
 * @since 0.1.0
 */
import type { ValueId, WorkerId } from "./Id.js"
import type * as Note from "./Note.js"
import type { Spec } from "./Spec.js"
import { check as checkWorker } from "./worker/check.js"
import * as Endings from "./worker/endings.js"
import * as Few from "./worker/few.js"
import { accept, giveBack } from "./worker/jobs.js"
import { admit, loadEnded, served, serving, spill, spillEnded } from "./worker/memory.js"
import { plan } from "./worker/plan.js"
import { asked, dropped, fetchEnded, gone, startFetches } from "./worker/replicas.js"
import * as Runs from "./worker/runs.js"
import * as Inner from "./worker/state.js"
import { changed, heartbeat, leave, measureBusy, retell } from "./worker/told.js"
import { notice, report, watch } from "./worker/watch.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Config = Inner.Config

/**
 * @since 0.1.0
 * @category models
 */
export type Event = Inner.Event

/**
 * @since 0.1.0
 * @category models
 */
export type Command = Inner.Command

/**
 * How an attempt ended on its executor.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Inner.Outcome

/**
 * @since 0.1.0
 * @category models
 */
export type Job = Readonly<Inner.Job>

/**
 * @since 0.1.0
 * @category models
 */
export type Replica = Readonly<Inner.Replica>

/**
 * Read-only to all but `step`, which writes it in place.
 *
 * @since 0.1.0
 * @category models
 */
export type State = Inner.State

/**
 * A worker without executors. It tells nothing before its first `LinkReset`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: {
  readonly id: WorkerId
  readonly info: Omit<Note.WorkerInfo, "slots" | "tasks">
  readonly config?: Partial<Config> | undefined
}) => State = Inner.make

/**
 * Applies events in order, lets deadlines pass that have come, and returns what is to be done, in order.
 *
 * @since 0.1.0
 * @category combinators
 */
export const step = (state: State, events: ReadonlyArray<Event>, now: number): Array<Command> => {
  const inner = state as Inner.Inner // the one door through which rows are written
  const context: Inner.Context = { state: inner, now, out: [], told: [] }
  measureBusy(context)
  for (const event of events) record(context, event)
  Endings.passDeadlines(context)
  admit(context)
  startFetches(context)
  // Above *pause* nothing begins while anything is on its way to the disk.
  spill(context)
  plan(context)
  leave(context)
  heartbeat(context)
  report(context)
  if (context.told.length > 0) context.out.push({ _tag: "Tell", notes: context.told })
  return context.out
}

const record = (context: Inner.Context, event: Inner.Event): void => {
  if (context.state.watching !== undefined) notice(context, context.state.watching, event)
  switch (event._tag) {
    case "Notes":
      for (const one of event.notes) note(context, one)
      return
    case "LinkReset":
      return retell(context, event.unacked)
    case "ExecutorUp":
      return Endings.executorUp(context, event)
    case "ExecutorDown":
      return Endings.executorDown(context, event)
    case "ExecutorTired":
      return Endings.executorTired(context, event.executor)
    case "RunEnded":
      return Endings.runEnded(context, event)
    case "Unready":
      return Runs.unready(context, event.attempt)
    case "Claimed":
      return Runs.claimed(context, event.attempt)
    case "Suspended":
      return Runs.suspended(context, event)
    case "Resumed":
      return Runs.resumed(context, event.attempt)
    case "FetchEnded":
      return fetchEnded(context, event)
    case "ValueGone":
      return gone(context, event.value)
    case "SpillEnded":
      return spillEnded(context, event)
    case "LoadEnded":
      if (loadEnded(context, event)) gone(context, event.value)
      return
    case "Serving":
      return serving(context.state, event.value)
    case "Served":
      return served(context.state, event.value)
    case "Tick":
      return
    case "Measured":
      context.state.processBytes = event.processBytes
      context.state.sharedBytes = event.sharedBytes
      context.state.use = event.use
      context.state.heaps = event.executors
      return
    case "Leave":
      return beginLeaving(context, event.within ?? 0)
  }
}

const note = (context: Inner.Context, note: Note.ToWorker): void => {
  switch (note._tag) {
    case "RunTask":
      return accept(context, note)
    case "BeginTask":
      return Runs.mayBegin(context, note.attempt)
    case "RecallTask":
      return Endings.recall(context, note)
    case "CancelTask":
      return Endings.cancel(context, note)
    case "FetchValue":
      return asked(context, note)
    case "DropValue":
      return dropped(context, note.value)
    case "MayLeave":
      context.state.mayLeave = true
      return
    case "Watch":
      return watch(context, note.on)
    case "Profile":
      return
  }
}

/** Nothing begins any more; what runs may end, what is held may be copied, and then it has left. */
const beginLeaving = (context: Inner.Context, within: number): void => {
  const { jobs } = context.state
  context.state.leaving = true
  context.state.leaveBy = context.now + within
  // Said first, so that nothing that goes back is sent here again.
  changed(context)
  for (const job of [...jobs.values()]) {
    if (job.state._tag === "Gathering" || job.state._tag === "Ready") giveBack(context, job, "leaving")
  }
}

/**
 * When to `step` again although nothing happens, in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category getters
 */
export const nextDeadline = (state: State): number | undefined => {
  const { begun, config, deadlines, heartbeatAt, jobs, leaveBy, leaving, left, stuckSince, watching } =
    state as Inner.Inner
  let next = left ? Infinity : heartbeatAt ?? Infinity
  next = Math.min(next, watching?.flushAt ?? Infinity)
  next = Math.min(next, deadlines.peek()?.at ?? Infinity, (begun.at() ?? Infinity) + config.startedAfter)
  if (stuckSince !== undefined) next = Math.min(next, stuckSince + config.suspendedPatience)
  if (leaving && !left && jobs.size === 0) next = Math.min(next, leaveBy)
  return next === Infinity ? undefined : next
}

/**
 * Some job here that counts on this value, if any does.
 *
 * @since 0.1.0
 * @category getters
 */
export const neededFor = (state: State, value: ValueId): Spec | undefined => {
  const replica = state.replicas.get(value)
  return replica === undefined ? undefined : Few.members(replica.jobs)[0]?.spec
}

/**
 * What is wrong with this state, by invariant: empty when nothing is.
 *
 * @since 0.1.0
 * @category checks
 */
export const check = (state: State): ReadonlyArray<string> => checkWorker(state as Inner.Inner)
