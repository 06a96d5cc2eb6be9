/**
 * Runs jobs in this thread: the inside of an executor. It owns what a task's code sees (arguments decoded, its Scope,
 * the Client of its attempt, `Task.Current`), how its end becomes an outcome, and interruption. Which job runs where
 * and when is the worker's decision.
 *
 * Promises: each job ends in exactly one `Ended`, or, if it never began for want of a value that was to be made here, in
 * one `Unready`. Synchronous tasks run in the order in which they arrived. An interrupted attempt runs its finalizers
 * first. Nothing a task does (throw, return what cannot cross, interrupt itself) ends the runner.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Client from "./Client.js"
import type * as Door from "./Door.js"
import type { ExecutorEvent, Job } from "./Executor.js"
import { RunnerLoop } from "./runner/loop.js"
import type * as TaskGroup from "./TaskGroup.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Runner {
  /** What it can run (see `Spec.task`). */
  readonly tasks: ReadonlyArray<string>
  readonly run: (job: Job) => void
  readonly interrupt: (attempt: Id.Attempt, reason: string, by: string) => void
  /** An attempt that waited has its slot again. */
  readonly proceed: (attempt: Id.Attempt) => void
  /** Gives up on all that it has: what runs is interrupted and its end no longer told. Answers what had begun. */
  readonly abandon: () => ReadonlyArray<Id.Attempt>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R> {
  readonly executor: string
  readonly worker: { readonly id: Id.WorkerId; readonly name: string }
  readonly tasks: TaskGroup.TaskGroup<R>
  /** Whether large buffers of results go into shared memory. */
  readonly share: boolean
  /** Whether plain functions sent by a client are run. */
  readonly allowPlain: boolean
  /** Whether to look after each run that it left its inputs as they were: `InputMutated` else. Default: false. */
  readonly strict?: boolean | undefined
  readonly emit: (event: ExecutorEvent) => void
  /** Called in the same breath in which an attempt's code begins: a mark that survives the thread. */
  readonly mark?: ((attempt: Id.Attempt) => void) | undefined
  /** How to go on after a breath full of synchronous tasks, when messages have been looked at. Default: by Effect's scheduler. */
  readonly goOn?: ((pump: () => void) => void) | undefined
}

/**
 * A runner for the tasks of a group, living as long as the scope. What the tasks require is taken from the context,
 * once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R>(
  options: Options<R>
): Effect.Effect<Runner, never, R | Door.Door | Scope.Scope> =>
  Effect.gen(function*() {
    const core = yield* Client.makeCore({ name: `${options.worker.name}/${options.executor}` })
    const runtime = yield* Effect.runtime<R>()
    const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
    const runner = new RunnerLoop(options, core, runtime as Runtime.Runtime<never>, scheduler)
    yield* Effect.addFinalizer(() => runner.close)
    return runner
  })
