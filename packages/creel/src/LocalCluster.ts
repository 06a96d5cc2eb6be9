/**
 * A cluster in this process: fibers of this thread. It loads in a browser, runs on a test's clock, and all values cross
 * the codec, so that what works here works on threads and machines. There is one thread: code that never yields holds
 * everything up, and `force` cannot end it.
 *
 * @since 0.1.0
 */
import type * as ClientMachine from "@creel/core/Client"
import type * as Scheduler from "@creel/core/Scheduler"
import type * as Machine from "@creel/core/Worker"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Client from "./Client.js"
import { ofDuration, ofResources, shown } from "./client/wrongOptions.js"
import * as Cluster from "./Cluster.js"
import type * as Door from "./Door.js"
import * as Engine from "./Engine.js"
import type { ExecutorEvent, Executors } from "./Executor.js"
import * as Runner from "./Runner.js"
import * as TaskGroup from "./TaskGroup.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R> extends Client.Options {
  /** What the workers can run; its requirements become the layer's. Default: plain functions only. */
  readonly tasks?: TaskGroup.TaskGroup<R> | undefined
  /** How many workers. Default: 1. */
  readonly workers?: number | undefined
  /** Whole slots per worker: how many `Task.sync` count as running at once. Default: 1. */
  readonly slots?: number | undefined
  /** Abstract amounts each worker has, for tasks that ask for `resources`. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** Whether plain functions may be submitted. Default: true. */
  readonly plainFunctions?: boolean | undefined
  /** Whether tasks that write into their inputs fail with `InputMutated`; costs a hash of each large one. Default: false. */
  readonly strict?: boolean | undefined
  /**
   * How long a copy of a value stays that no unfinished task needs and nobody asked for; on a worker short of memory such
   * copies go at once. Default: 10 seconds. `Infinity`: as long as the value is held.
   */
  readonly copiesIdle?: Duration.DurationInput | undefined
  /**
   * Bytes that the scheduler may take to remember how released values were made, so that what was made from them can be
   * computed again; about 800 for a small task, and the arguments that clients serve for that alone. Beyond it the oldest is
   * cut: see `Client.checkpoint`. Default: 64 MiB.
   */
  readonly lineageBytes?: number | undefined
  /**
   * What is decided about copies of values: which go when nothing needs them, which move when a client asks for an even
   * spread. Pure functions; without one the cluster's own decides.
   */
  readonly policies?: Partial<Scheduler.Policies> | undefined
  /** @internal for tests: the machines' own settings. */
  readonly machines?:
    | {
      readonly scheduler?: Partial<Scheduler.Config>
      readonly worker?: Partial<Machine.Config>
      readonly client?: Partial<ClientMachine.Config>
    }
    | undefined
}

/** Executors that are fibers of this thread. */
const executors = <R>(options: Options<R>) =>
(
  worker: { readonly id: string; readonly name: string }
): Effect.Effect<Executors, never, R | Door.Door | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R | Door.Door | Scope.Scope>()
    const runners = new Map<string, Runner.Runner>()
    let emit: (event: ExecutorEvent) => void = () => {}
    const up = (executor: string, runner: Runner.Runner) => {
      runners.set(executor, runner)
      emit({ _tag: "Up", executor, slots: 1, tasks: runner.tasks })
    }
    const startRunner = (executor: string) =>
      Effect.map(
        Runner.make({
          executor,
          worker,
          tasks: options.tasks ?? none<R>(),
          share: false,
          allowPlain: options.plainFunctions ?? true,
          strict: options.strict,
          emit: (event) => emit(event)
        }),
        (runner) => up(executor, runner)
      )
    return {
      start: (to) => {
        emit = to
        const names = Array.from({ length: options.slots ?? 1 }, (_, n) => `${worker.name}/${n}`)
        return Effect.provide(Effect.forEach(names, startRunner, { discard: true }), context)
      },
      run: (executor, job) => runners.get(executor)?.run(job),
      interrupt: (executor, attempt, reason, by) => runners.get(executor)?.interrupt(attempt, reason, by),
      proceed: (executor, attempt) => runners.get(executor)?.proceed(attempt),
      end: (executor, why) => {
        // A fiber that never yields cannot be ended; what can be is given up, and the executor begins anew.
        const runner = runners.get(executor)
        if (runner === undefined) return
        runners.delete(executor)
        emit({ _tag: "Down", executor, started: runner.abandon(), detail: why, expected: true })
        up(nextName(executor), runner)
      }
    }
  })

// An empty group requires nothing, whatever R the options were inferred with.
const none = <R>(): TaskGroup.TaskGroup<R> => TaskGroup.make() as TaskGroup.TaskGroup<never> as TaskGroup.TaskGroup<R>

/** `w/0`, `w/0+1`, `w/0+2`: an executor's name means one life of it. */
const nextName = (executor: string): string => {
  const [name, life = "0"] = executor.split("+")
  return `${name}+${Number(life) + 1}`
}

/**
 * In one thread silence proves nothing, since all are silent together. And where nobody watches for it, a test that moves
 * its clock by an hour need not stop at each second of it.
 */
const oneThread = {
  scheduler: { suspectAfter: 1e9, deadAfter: 1e9 },
  worker: { heartbeat: 1e9 }
}

/** What cannot be meant would be waited for without end. */
const check = (name: string, n: number, least: number): Effect.Effect<void> =>
  Number.isInteger(n) && n >= least
    ? Effect.void
    : Effect.dieMessage(`LocalCluster: ${name} is ${n}, and has to be a whole number from ${least}`)

/** Of what types refuse, what would fail later and say less, or be thrown at a program that only describes its layer. */
const wrongIn = (options: Options<any>): string | undefined =>
  options.tasks !== undefined && !TaskGroup.isTaskGroup(options.tasks)
    ? `tasks is ${shown(options.tasks)}, and has to be a TaskGroup: TaskGroup.make(inc, add)`
    : ofDuration("copiesIdle", options.copiesIdle) ?? ofResources(options.resources)

/** Joining takes a few turns of this thread, and no time: so it needs no clock either. */
const joined = (workers: number, slots: number) => (context: Context.Context<Cluster.Cluster>): Effect.Effect<void> => {
  const ask = Context.get(context, Cluster.Cluster).workers
  const look: Effect.Effect<void> = Effect.flatMap(
    ask,
    (there) =>
      there.filter((worker) => worker.slots >= slots).length >= workers
        ? Effect.void
        : Effect.zipRight(Effect.yieldNow(), look)
  )
  return look
}

/**
 * A cluster of fibers, and a client of it. It is built when all its workers have joined. Through its `Door` come more
 * clients of the same cluster: `Client.layer`.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster, Task, TaskGroup } from "creel"
 * import { Effect } from "effect"
 *
 * const add = Task.make("add", (x: number, y: number) => Effect.succeed(x + y))
 *
 * const program = Client.run(add, 1, 2).pipe(
 *   Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(add), workers: 2 }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  options?: Options<R>
): Layer.Layer<Client.Client | Cluster.Cluster | Door.Door, never, Exclude<R, Door.Door | Scope.Scope>> =>
  Client.layer(options).pipe(
    Layer.provideMerge(
      Layer.unwrapEffect(
        Effect.gen(function*() {
          const wrong = wrongIn(options ?? {})
          if (wrong !== undefined) return yield* Effect.dieMessage(`LocalCluster: ${wrong}`)
          yield* check("workers", options?.workers ?? 1, 0)
          yield* check("slots", options?.slots ?? 1, 1)
          return engine(options ?? {})
        })
      )
    )
  )

const engine = <R>(options: Options<R>) =>
  Engine.layer({
    kind: "fibers",
    workers: options.workers ?? 1,
    resources: options.resources,
    executors: executors(options),
    scheduler: {
      ...oneThread.scheduler,
      ...(options.policies !== undefined && { policies: options.policies }),
      ...(options.lineageBytes !== undefined && { lineageBytes: options.lineageBytes }),
      ...(options.copiesIdle !== undefined && { copiesIdle: Duration.toMillis(options.copiesIdle) }),
      ...options.machines?.scheduler
    },
    worker: { ...oneThread.worker, ...options.machines?.worker }
  }).pipe(Layer.tap(joined(options.workers ?? 1, options.slots ?? 1)))
