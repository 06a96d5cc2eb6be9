/**
 * What a worker's hands hold: executors, which run task code and nothing else. In process they are fibers, on a node
 * threads or child processes; a worker cannot tell which. Its neighbour `Runner` is what runs inside of one.
 *
 * Promises: `run`, `interrupt`, `proceed` and `end` never throw and never wait; every job posted to an executor ends
 * in exactly one `Ended` or `Unready` of its attempt, or in the `Down` of its executor.
 *
 * @since 0.1.0
 */
import type * as Failure from "@creel/core/Failure"
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import type { Payload } from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * One attempt, ready to run: everything it needs is here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly key: Id.Key
  readonly attempt: Id.Attempt
  /** See `Spec.task`. */
  readonly task: string
  readonly group: string
  readonly args: Payload
  /**
   * In the order of `Spec.inputs`. Without a payload: a job posted to this executor before this one makes the value, and
   * the executor has it, or will have it, by itself.
   */
  readonly inputs: ReadonlyArray<{ readonly value: Id.ValueId; readonly payload: Payload | undefined }>
  /** Failures of this task so far: where its own retry schedule stands. */
  readonly failures: number
  readonly outward: Spec.Outward | undefined
  /** Milliseconds since the epoch at which the worker will end it, if it may not run for ever. */
  readonly deadline: number | undefined
}

/**
 * How an attempt ended.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  | { readonly _tag: "Value"; readonly payload: Payload; readonly type: string }
  | {
    readonly _tag: "Failure"
    readonly failure: Failure.Failure
    readonly tag: string | undefined
    readonly verdict: "final" | "undecided" | { readonly retryAfter: number }
  }
  | { readonly _tag: "Interrupted" }

/**
 * @since 0.1.0
 * @category models
 */
export type ExecutorEvent =
  /** It can take jobs; `slots` is how many whole ones at once, `tasks` what it can run (see `Spec.task`). */
  | {
    readonly _tag: "Up"
    readonly executor: string
    readonly slots: number
    readonly tasks: ReadonlyArray<string>
  }
  /** It is gone with all that ran on it; `started` are the attempts whose code had begun, where that is known. */
  | {
    readonly _tag: "Down"
    readonly executor: string
    readonly started: ReadonlyArray<Id.Attempt> | undefined
    /** Exit code, signal, out of memory, what standard error said last. */
    readonly detail: string
    readonly expected: boolean
  }
  /** It has done its share: another is up in its place, and it waits for `end` once nothing is on it any more. */
  | { readonly _tag: "Tired"; readonly executor: string }
  /** What memory the process and its executors take now, and how busy it was. */
  | {
    readonly _tag: "Measured"
    readonly processBytes: number
    readonly use?: Note.ProcessUse | undefined
    readonly executors: ReadonlyArray<Note.ExecutorMemory>
  }
  /** The code of this attempt has begun. */
  | { readonly _tag: "Claimed"; readonly attempt: Id.Attempt }
  | { readonly _tag: "Ended"; readonly attempt: Id.Attempt; readonly outcome: Outcome; readonly millis: number }
  /** It waits for these futures and gives its slot away. */
  | {
    readonly _tag: "Suspended"
    readonly attempt: Id.Attempt
    readonly on: ReadonlyArray<Id.Key>
    /** The client that waits inside of it. */
    readonly client: Id.ClientId
  }
  /** It did not begin and is here no more: an input without a payload was not made here, or is kept here no longer. */
  | { readonly _tag: "Unready"; readonly attempt: Id.Attempt }
  /** What it waited for is there: it asks for a slot, and goes on at `proceed`. */
  | { readonly _tag: "Resumed"; readonly attempt: Id.Attempt }

/**
 * The executors of one worker.
 *
 * @since 0.1.0
 * @category models
 */
export interface Executors {
  /** Starts them, supervised: whatever they have to say goes to `emit`. They end with the scope. */
  readonly start: (emit: (event: ExecutorEvent) => void) => Effect.Effect<void, never, Scope.Scope>
  readonly run: (executor: string, job: Job) => void
  readonly interrupt: (executor: string, attempt: Id.Attempt, reason: string, by: string) => void
  readonly proceed: (executor: string, attempt: Id.Attempt) => void
  /**
   * By force: code that never yields ends with its executor, and another takes its place. One that is `idle` has nothing
   * to do any more, and may close its services first.
   */
  readonly end: (executor: string, why: string, idle?: boolean) => void
  /**
   * Looks at what they run, for so many milliseconds, each so many microseconds, and answers for each, sooner or later. Absent:
   * these cannot be looked at.
   */
  readonly profile?:
    | ((millis: number, interval: number) => Effect.Effect<Omit<Note.Profiled, "_tag" | "profile">>)
    | undefined
}
