/**
 * The inside of an executor: which job begins when, and what becomes of it. `attempts` owns what a task's code sees,
 * `ownInputs` the values that jobs leave to each other, `outcomes` how an end is told.
 *
 * Imperative on purpose: a task that does nothing costs two microseconds here, and a fiber alone costs as much.
 */
import type * as Failure from "@creel/core/Failure"
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import * as Spec from "@creel/core/Spec"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import type { AttemptBinding, ClientCore } from "../client/core.js"
import type { Job, Outcome } from "../Executor.js"
import { messageOf } from "../internal/messageOf.js"
import * as Plain from "../PlainFunction.js"
import * as Attribution from "../profile/attribution.js"
import type * as Runner from "../Runner.js"
import type * as Task from "../Task.js"
import { decodeInput } from "../task/codec.js"
import * as Fused from "../task/fused.js"
import { Attempts } from "./attempts.js"
import { JobQueue } from "./jobQueue.js"
import { known } from "./known.js"
import * as Outcomes from "./outcomes.js"
import { OwnInputs } from "./ownInputs.js"

interface Running {
  readonly job: Job
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  interrupted: boolean
  waiting: number
  proceed: Deferred.Deferred<void> | undefined
}

/** Milliseconds of synchronous tasks in one go, before messages are looked at again. */
const breath = 2

export class RunnerLoop<R> implements Runner.Runner {
  readonly tasks: ReadonlyArray<string>
  private readonly known = new Map<string, Task.Task.Any>()
  private readonly byId = (id: string): Task.Task.Any | undefined => this.known.get(id)
  private readonly attempts: Attempts
  private readonly context: Outcomes.Context
  private readonly strict: boolean
  private readonly queue = new JobQueue()
  private readonly inputs = new OwnInputs((attempt) => this.running.has(attempt) || this.queue.has(attempt))
  private readonly running = new Map<Id.Attempt, Running>()
  private pumping = false
  /** Looked at once for each end. */
  private now = 0

  constructor(
    private readonly options: Runner.Options<R>,
    private readonly core: ClientCore,
    runtime: Runtime.Runtime<never>,
    private readonly scheduler: Scheduler.Scheduler
  ) {
    for (const task of options.tasks.tasks.values()) this.known.set(task.id, task)
    this.tasks = [...this.known.keys(), ...(options.allowPlain ? [Plain.taskId] : []), Fused.taskId]
    const { name } = options.worker
    this.attempts = new Attempts(runtime, core, name, known(this.byId, options.allowPlain, name))
    this.context = { worker: name, share: options.share }
    this.strict = options.strict ?? false
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
    if (this.queue.remove(attempt) || this.inputs.remove(attempt)) this.ended(attempt, Outcomes.interrupted, 0)
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
    this.now = performance.now()
    const until = this.now + breath
    let job: Job | undefined
    while ((job = this.shift()) !== undefined) {
      if (Attribution.written === undefined) this.begin(job)
      else this.beginSeen(job, Attribution.written)
      if (this.now >= until) break
    }
    if (this.pumping || (this.queue.isEmpty && !this.inputs.hasReady)) return
    this.pumping = true
    // Tasks of Effect's scheduler may be microtasks, among which no message is heard and none leaves.
    if (this.options.goOn === undefined) this.scheduler.scheduleTask(this.pump, 0)
    else this.options.goOn(this.pump)
  }

  /** What waited for its inputs came before what is queued. */
  private shift(): Job | undefined {
    const resumed = this.inputs.shift()
    if (resumed !== undefined) return resumed
    let job: Job | undefined
    while ((job = this.queue.shift()) !== undefined) {
      if (isWhole(job)) return job
      const look = this.inputs.look(job)
      if (look._tag === "Ready") return look.job
      if (look._tag === "Unready") this.unready(job.attempt)
    }
    return undefined
  }

  private beginSeen(job: Job, attribution: Attribution.Attribution): void {
    attribution.enter(job.group)
    try {
      this.begin(job)
    } finally {
      attribution.leave()
    }
  }

  private begin(job: Job): void {
    this.options.mark?.(job.attempt)
    const since = this.now
    let task = this.find(job.task)
    if (task === undefined) return this.refuse(job, "UnknownTask", `this executor has no task ${job.task}`)
    let args: ReadonlyArray<unknown>
    try {
      args = this.decodeArgs(job, task)
      if (task === Fused.task) task = Fused.runOf(args, this.find)
    } catch (error) {
      return this.refuse(job, "NotDecodable", messageOf(error))
    }
    const shared = this.strict ? Outcomes.digestShared(job) : undefined
    // A span is made by a fiber.
    const isTraced = job.outward?.trace !== undefined
    if (task.kind === "sync" && !isTraced) {
      const outcome = this.runSync(job, task, args)
      return this.over(job, outcome, since, shared)
    }
    const effect = task.kind === "sync" ? syncOf(task, args) : task.start(args) as Effect.Effect<unknown, unknown>
    // What has ended already needs no fiber.
    if (Exit.isExit(effect) && !isTraced) {
      return this.over(job, Outcomes.ofExit(this.context, job, task, effect, false), since, shared)
    }
    this.fork(job, task, effect, since, shared)
  }

  private runSync(job: Job, task: Task.Task.Any, args: ReadonlyArray<unknown>): Outcome {
    let value: unknown
    try {
      value = task.runSync(args)
    } catch (error) {
      return Outcomes.ofExit(this.context, job, task, task.caught(error), false)
    }
    return Outcomes.ofValue(this.context, job, task, value)
  }

  private fork(
    job: Job,
    task: Task.Task.Any,
    effect: Effect.Effect<unknown, unknown>,
    since: number,
    shared: string | undefined
  ): void {
    const running: Running = { job, fiber: undefined, interrupted: false, waiting: 0, proceed: undefined }
    this.running.set(job.attempt, running)
    const fiber = this.attempts.fork(effect, job, this.binding(job, running))
    running.fiber = fiber
    // That it began is said by its end, if that is told as soon.
    if (fiber.unsafePoll() === null) this.options.emit({ _tag: "Claimed", attempt: job.attempt })
    fiber.addObserver((exit) => {
      // Abandoned: its end was told when it was given up.
      if (!this.running.delete(job.attempt)) return
      this.over(job, Outcomes.ofExit(this.context, job, task, exit, running.interrupted), since, shared)
    })
    this.now = performance.now()
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

  /** Of several tasks that a job needs, it runs the first; the others are for that one to call. */
  private readonly find = (id: string): Task.Task.Any | undefined => this.byId(id) ?? this.firstOf(Spec.first(id))

  private firstOf(id: string): Task.Task.Any | undefined {
    if (id === Plain.taskId) return this.options.allowPlain ? Plain.task : undefined
    return id === Fused.taskId ? Fused.task : this.byId(id)
  }

  /** A large argument list is an input itself: the last one. */
  private decodeArgs(job: Job, task: Task.Task.Any): ReadonlyArray<unknown> {
    if (job.inputs.length === 0) return task.decodeArgs(job.args, noInputs)
    const large = Payload.isEmpty(job.args)
    const inputs = large ? job.inputs.slice(0, -1) : job.inputs
    const payload = large ? job.inputs[job.inputs.length - 1]?.payload ?? Payload.empty : job.args
    return task.decodeArgs(payload, inputs.map((input) => decodeInput(input.payload ?? Payload.empty, this.byId)))
  }

  private over(job: Job, outcome: Outcome, since: number, shared: string | undefined): void {
    this.now = performance.now()
    const mutated = shared !== undefined && shared !== Outcomes.digestShared(job)
    this.ended(job.attempt, mutated ? this.mutated(job) : outcome, this.now - since)
  }

  private mutated(job: Job): Outcome {
    const detail = "the task wrote into a buffer that is one of its inputs"
    return Outcomes.ownFailure(this.context, job, "InputMutated", detail)
  }

  /** It never began. */
  private refuse(job: Job, reason: Failure.Reason, detail: string): void {
    this.ended(job.attempt, Outcomes.ownFailure(this.context, job, reason, detail), 0)
  }

  private ended(attempt: Id.Attempt, outcome: Outcome, millis: number): void {
    const payload = outcome._tag === "Value" ? outcome.payload : undefined
    if (payload !== undefined) this.inputs.keep(attempt, payload)
    this.options.emit({ _tag: "Ended", attempt, outcome, millis })
    this.settle(attempt, payload)
  }

  /** For those who wait for its value. */
  private settle(attempt: Id.Attempt, payload: Payload.Payload | undefined): void {
    for (const lost of this.inputs.ended(attempt, payload)) this.unready(lost)
    if (this.inputs.hasReady) this.schedule()
  }

  private unready(attempt: Id.Attempt): void {
    this.options.emit({ _tag: "Unready", attempt })
    this.settle(attempt, undefined)
  }
}

const noInputs: ReadonlyArray<unknown> = []

/** Whether nothing is left to be found here. */
const isWhole = (job: Job): boolean => {
  for (let i = 0; i < job.inputs.length; i++) if (job.inputs[i]!.payload === undefined) return false
  return true
}

const syncOf = (task: Task.Task.Any, args: ReadonlyArray<unknown>): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(task.runSync(args))
    } catch (error) {
      return task.caught(error)
    }
  })
