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
import * as Failure from "@creel/core/Failure"
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Client from "./Client.js"
import type * as Door from "./Door.js"
import type { ExecutorEvent, Job, Outcome } from "./Executor.js"
import type { AttemptBinding, ClientCore } from "./internal/clientCore.js"
import { digest } from "./internal/digest.js"
import { JobQueue } from "./internal/jobQueue.js"
import { OwnInputs } from "./internal/ownInputs.js"
import { decodeInput } from "./internal/taskCodec.js"
import * as Plain from "./PlainFunction.js"
import * as Task from "./Task.js"
import type * as TaskGroup from "./TaskGroup.js"
import * as Value from "./Value.js"

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
}

interface Running {
  readonly job: Job
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  interrupted: boolean
  waiting: number
  proceed: Deferred.Deferred<void> | undefined
}

/** Milliseconds of synchronous tasks in one go, before messages are looked at again. */
const breath = 2

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

class RunnerLoop<R> implements Runner {
  readonly tasks: ReadonlyArray<string>
  private readonly known = new Map<string, Task.Task.Any>()
  private readonly byId = (id: string): Task.Task.Any | undefined => this.known.get(id)
  private readonly queue = new JobQueue()
  private readonly inputs = new OwnInputs((attempt) => this.running.has(attempt) || this.queue.has(attempt))
  private readonly running = new Map<Id.Attempt, Running>()
  private pumping = false

  constructor(
    private readonly options: Options<R>,
    private readonly core: ClientCore,
    private readonly runtime: Runtime.Runtime<never>,
    private readonly scheduler: Scheduler.Scheduler
  ) {
    for (const task of options.tasks.tasks.values()) this.known.set(task.id, task)
    this.tasks = [...this.known.keys(), ...(options.allowPlain ? [Plain.taskId] : [])]
  }

  readonly run = (job: Job): void => {
    this.queue.push(job)
    this.schedule()
  }

  readonly interrupt = (attempt: Id.Attempt, _reason: string, _by: string): void => {
    const running = this.running.get(attempt)
    if (running !== undefined) {
      running.interrupted = true
      running.fiber?.unsafeInterruptAsFork(FiberId.none)
      return
    }
    if (this.queue.remove(attempt) || this.inputs.remove(attempt)) this.ended(attempt, { _tag: "Interrupted" }, 0)
  }

  readonly proceed = (attempt: Id.Attempt): void => {
    const running = this.running.get(attempt)
    if (running?.proceed === undefined) return
    Deferred.unsafeDone(running.proceed, Exit.void)
    running.proceed = undefined
  }

  readonly abandon = (): ReadonlyArray<Id.Attempt> => {
    const running = [...this.running.values()]
    this.running.clear()
    this.clear()
    for (const { fiber } of running) fiber?.unsafeInterruptAsFork(FiberId.none)
    return running.map(({ job }) => job.attempt)
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.clear()
    const fibers = [...this.running.values()].flatMap((running) => running.fiber ?? [])
    for (const running of this.running.values()) running.interrupted = true
    return Effect.forEach(fibers, (fiber) => fiber.interruptAsFork(FiberId.none).pipe(Effect.zipRight(fiber.await)), {
      discard: true,
      concurrency: "unbounded"
    })
  })

  private clear(): void {
    this.queue.clear()
    this.inputs.clear()
  }

  private schedule(): void {
    if (this.pumping) return
    this.pumping = true
    this.scheduler.scheduleTask(this.pump, 0)
  }

  private readonly pump = (): void => {
    this.pumping = false
    const until = performance.now() + breath
    let job: Job | undefined
    while ((job = this.shift()) !== undefined) {
      this.begin(job)
      if (performance.now() >= until) break
    }
    if (this.inputs.hasReady || !this.queue.isEmpty) this.schedule()
  }

  /** What waited for its inputs came before what is queued. */
  private shift(): Job | undefined {
    const resumed = this.inputs.shift()
    if (resumed !== undefined) return resumed
    let job: Job | undefined
    while ((job = this.queue.shift()) !== undefined) {
      if (job.inputs.every(hasPayload)) return job
      const look = this.inputs.look(job)
      if (look._tag === "Ready") return look.job
      if (look._tag === "Unready") this.unready(job.attempt)
    }
    return undefined
  }

  private begin(job: Job): void {
    this.options.mark?.(job.attempt)
    const since = performance.now()
    const task = this.find(job)
    if (task === undefined) {
      return this.ended(job.attempt, this.ownFailure(job, "UnknownTask", `this executor has no task ${job.task}`), 0)
    }
    let args: ReadonlyArray<unknown>
    try {
      args = this.decodeArgs(job, task)
    } catch (error) {
      return this.ended(job.attempt, this.ownFailure(job, "NotDecodable", messageOf(error)), 0)
    }
    const shared = this.options.strict === true ? digestShared(job) : undefined
    if (task.kind === "sync") {
      const exit = runSync(task, args)
      return this.ended(job.attempt, this.outcome(job, task, exit, false, shared), performance.now() - since)
    }
    this.fork(job, task, args, since, shared)
  }

  private fork(
    job: Job,
    task: Task.Task.Any,
    args: ReadonlyArray<unknown>,
    since: number,
    shared: string | undefined
  ): void {
    const scope = Runtime.runSync(this.runtime)(Scope.make())
    const running: { -readonly [K in keyof Running]: Running[K] } = {
      job,
      fiber: undefined,
      interrupted: false,
      waiting: 0,
      proceed: undefined
    }
    this.running.set(job.attempt, running)
    const fiber = Runtime.runFork(this.runtime)(
      task.run(args).pipe(
        Effect.mapInputContext((context: Context.Context<never>) => this.attemptContext(context, job, running, scope)),
        Effect.onExit((exit) => Scope.close(scope, exit)),
        withOutward(job, this.options.worker.name)
      ) as Effect.Effect<unknown, unknown>
    )
    running.fiber = fiber
    this.options.emit({ _tag: "Claimed", attempt: job.attempt })
    fiber.addObserver((exit) => {
      // Abandoned: its end was told when it was given up.
      if (!this.running.delete(job.attempt)) return
      this.ended(job.attempt, this.outcome(job, task, exit, running.interrupted, shared), performance.now() - since)
    })
  }

  private attemptContext(
    context: Context.Context<never>,
    job: Job,
    running: Running,
    scope: Scope.CloseableScope
  ): Context.Context<any> {
    return context.pipe(
      Context.add(Scope.Scope, scope),
      Context.add(Task.Current, {
        key: job.key,
        attempt: Id.formatAttempt(job.attempt),
        worker: this.options.worker.name
      }),
      Context.add(Client.Client, Client.fromCore(this.core, this.binding(job, running)))
    )
  }

  /** While an attempt's fibers wait for futures its slot is others'. */
  private binding(job: Job, running: Running): AttemptBinding {
    return {
      key: job.key,
      attempt: job.attempt,
      suspend: (on) => {
        if (running.waiting++ > 0) return
        this.options.emit({ _tag: "Suspended", attempt: job.attempt, on, client: this.core.id })
      },
      resume: Effect.suspend(() => {
        if (--running.waiting > 0 || !this.running.has(job.attempt)) return Effect.void
        const proceed = Deferred.unsafeMake<void>(FiberId.none)
        running.proceed = proceed
        this.options.emit({ _tag: "Resumed", attempt: job.attempt })
        // An interrupted attempt needs no slot to run its finalizers.
        return running.interrupted ? Effect.void : Effect.interruptible(Deferred.await(proceed))
      }),
      deadline: job.deadline
    }
  }

  private find(job: Job): Task.Task.Any | undefined {
    if (job.task === Plain.taskId) return this.options.allowPlain ? Plain.task : undefined
    return this.byId(job.task)
  }

  /** A large argument list is an input itself: the last one. */
  private decodeArgs(job: Job, task: Task.Task.Any): ReadonlyArray<unknown> {
    const large = job.args.head.byteLength === 0
    const inputs = large ? job.inputs.slice(0, -1) : job.inputs
    const payload = large ? job.inputs[job.inputs.length - 1]?.payload ?? Payload.empty : job.args
    return task.decodeArgs(payload, inputs.map((input) => decodeInput(input.payload ?? Payload.empty, this.byId)))
  }

  private ended(attempt: Id.Attempt, outcome: Outcome, millis: number): void {
    const payload = outcome._tag === "Value" ? outcome.payload : undefined
    if (payload !== undefined) this.inputs.keep(attempt, payload)
    this.options.emit({ _tag: "Ended", attempt, outcome, millis })
    for (const lost of this.inputs.ended(attempt, payload)) this.unready(lost)
    if (this.inputs.hasReady) this.schedule()
  }

  private unready(attempt: Id.Attempt): void {
    this.options.emit({ _tag: "Unready", attempt })
    for (const lost of this.inputs.ended(attempt, undefined)) this.unready(lost)
  }

  private ownFailure(job: Job, reason: Failure.Reason, detail: string): Outcome {
    return {
      _tag: "Failure",
      failure: Failure.make(reason, job.key, detail, { worker: this.options.worker.name }),
      tag: undefined,
      verdict: "final"
    }
  }

  private outcome(
    job: Job,
    task: Task.Task.Any,
    exit: Exit.Exit<unknown, unknown>,
    interrupted: boolean,
    shared: string | undefined
  ): Outcome {
    if (shared !== undefined && shared !== digestShared(job)) {
      return this.ownFailure(job, "InputMutated", "the task wrote into a buffer that is one of its inputs")
    }
    try {
      if (Exit.isSuccess(exit)) {
        const payload = task.encodeSuccess(exit.value, { share: this.options.share })
        return { _tag: "Value", payload, type: Value.describe(exit.value) }
      }
      if (Cause.isInterruptedOnly(exit.cause)) {
        return interrupted
          ? { _tag: "Interrupted" }
          : this.ownFailure(job, "Cancelled", "the task interrupted itself")
      }
      return this.failed(job, task, exit.cause)
    } catch (error) {
      return this.ownFailure(
        job,
        error instanceof Value.FutureInResult ? "FutureInResult" : "NotEncodable",
        messageOf(error)
      )
    }
  }

  private failed(job: Job, task: Task.Task.Any, cause: Cause.Cause<unknown>): Outcome {
    const payload = task.encodeCause(cause)
    const bytes = Payload.bytes(payload)
    if (bytes > causeMax) {
      return this.ownFailure(
        job,
        "NotEncodable",
        `its error is too large to be told: ${bytes} bytes, at most ${causeMax}`
      )
    }
    const failure = Option.getOrUndefined(Cause.failureOption(cause))
    return {
      _tag: "Failure",
      failure: Failure.make("Failed", job.key, Cause.pretty(cause).split("\n", 1)[0] ?? "", {
        worker: this.options.worker.name,
        cause: payload
      }),
      tag: tagOf(failure),
      verdict: verdict(task, failure, job.failures)
    }
  }
}

const hasPayload = (input: Job["inputs"][number]): boolean => input.payload !== undefined

/** A failure goes by the scheduler, in a note, and notes are small. */
const causeMax = 60 * 1024

/** Of the memory that others may see too; small values are copies of the task's own. */
const digestShared = (job: Job): string =>
  digest(...job.inputs.flatMap(({ payload }) => (payload?.buffers ?? []).map((buffer) => new Uint8Array(buffer))))

const runSync = (task: Task.Task.Any, args: ReadonlyArray<unknown>): Exit.Exit<unknown, unknown> => {
  try {
    return Exit.succeed(task.runSync(args))
  } catch (error) {
    return task.caught(error)
  }
}

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const tagOf = (failure: unknown): string | undefined =>
  typeof failure === "object" && failure !== null && "_tag" in failure && typeof failure._tag === "string"
    ? failure._tag
    : undefined

/** The task's own schedule, run on to where it stands, says whether and when to try again. */
const verdict = (
  task: Task.Task.Any,
  failure: unknown,
  failures: number
): Extract<Outcome, { readonly _tag: "Failure" }>["verdict"] => {
  const { retry } = task.options
  if (retry === undefined) return "undecided"
  if (failure === undefined || retry.while?.(failure) === false) return "final"
  // A schedule that waits for something, or dies, grants nothing.
  return Exit.getOrElse(Effect.runSyncExit(Task.retryAfter(retry.schedule, failure, failures)), () => "final" as const)
}

/** What crosses outward, and in every log line of the task whose line it is. */
const withOutward = (job: Job, worker: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const outward = job.outward
  let annotations = HashMap.make(
    ["creel.key", job.key],
    ["creel.attempt", Id.formatAttempt(job.attempt)],
    ["creel.worker", worker]
  ) as HashMap.HashMap<string, unknown>
  for (const [key, value] of Object.entries(outward?.annotations ?? {})) {
    annotations = HashMap.set(annotations, key, value)
  }
  let effect = Effect.locally(self, FiberRef.currentLogAnnotations, annotations)
  if (outward === undefined) return effect
  if (outward.trace !== undefined) effect = withTrace(effect, job, outward.trace)
  if (outward.logLevel === undefined) return effect
  return Effect.locally(
    effect,
    FiberRef.currentMinimumLogLevel,
    LogLevel.fromLiteral(outward.logLevel as LogLevel.Literal)
  )
}

const withTrace = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  job: Job,
  trace: NonNullable<Spec.Outward["trace"]>
): Effect.Effect<A, E, R> =>
  Effect.withSpan(self, `creel.task ${job.group}`, {
    parent: Tracer.externalSpan(trace),
    attributes: { "creel.key": job.key, "creel.attempt": Id.formatAttempt(job.attempt) }
  })
