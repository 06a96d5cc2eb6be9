/**
 * The hands of a supervisor: starts children in Scopes of their own, watches
 * and stops them, waits for backoffs, and answers those who asked.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { ChildExists, ChildNotRunning, StartFailed, SupervisorFailed } from "../ActorError.js"
import type { Child, ChildSpec } from "../ChildSpec.js"
import * as MachineActor from "../MachineActor.js"
import type { AnySpec, Options, Supervisor, Tree } from "../Supervisor.js"
import type { Watchable } from "../Watch.js"
import { Life } from "./life.js"
import * as Supervision from "./supervision.js"

type Hands = MachineActor.Hands<Supervision.Event>
type Answer = Effect.Effect<void, StartFailed | ChildNotRunning>

interface Entry {
  readonly id: string
  /** The value it came from: tells whether a lookup's type is right. */
  readonly spec: unknown
  readonly shutdown: Duration.Duration
  readonly start: Effect.Effect<Child, unknown, Scope.Scope>
  scope: Scope.CloseableScope | undefined
  running: Child | undefined
  unwatch: () => void
  refusal: StartFailed | undefined
  backoff: Schedule.ScheduleDriver<unknown, Cause.Cause<unknown>> | undefined
  readonly awaitingStart: Set<(answer: Answer) => void>
  readonly awaitingStop: Set<(answer: Answer) => void>
}

export class SupervisorShell implements Supervisor {
  static make(options: Options<ReadonlyArray<AnySpec>>): Effect.Effect<SupervisorShell, never, Scope.Scope> {
    return Effect.gen(function*() {
      const shell = new SupervisorShell(options)
      const ref = yield* MachineActor.make({
        name: options.name,
        machine: Supervision.machine({
          strategy: options.strategy ?? "one-for-one",
          limit: options.limit?.failures ?? 3,
          period: Duration.toMillis(options.limit?.within ?? "5 seconds"),
          backoff: options.backoff !== undefined,
          autoShutdown: options.autoShutdown ?? "never"
        }),
        perform: (command, hands: Hands) => shell.perform(command, hands),
        onWorkEnd
      })
      shell.ref = ref
      // A mistake of this module: not silent either.
      ref.watch(({ exit }) => shell.finish(Exit.isFailure(exit) ? Exit.die(Cause.squash(exit.cause)) : Exit.void))
      yield* Effect.addFinalizer(() => Effect.zipRight(shell.stop(), shell.closeAll))
      return shell
    })
  }

  readonly name: string
  private readonly life: Life<SupervisorFailed>
  private readonly entries = new Map<string, Entry>()
  private ref!: MachineActor.MachineRef<Supervision.Event, Supervision.State>

  private constructor(private readonly options: Options<ReadonlyArray<AnySpec>>) {
    this.name = options.name
    this.life = new Life(options.name)
  }

  get await(): Effect.Effect<void, SupervisorFailed> {
    return this.life.await
  }

  get watch(): Watchable<SupervisorFailed>["watch"] {
    return this.life.watch
  }

  get depth(): number {
    return this.ref.depth
  }

  // ---------------------------------------------------------------------------
  // Requests
  // ---------------------------------------------------------------------------

  readonly startChild = <A extends Child, E, R>(
    spec: ChildSpec<A, E, R>
  ): Effect.Effect<A, StartFailed | ChildExists, Exclude<R, Scope.Scope>> =>
    Effect.contextWithEffect((
      context: Context.Context<Exclude<R, Scope.Scope>>
    ): Effect.Effect<A, StartFailed | ChildExists> => {
      const { id, restart, significant } = spec
      if (this.entries.has(id)) return Effect.fail(new ChildExists({ supervisor: this.name, child: id }))
      if (this.isOver()) return Effect.fail(this.startFailed(id, supervisorStopped))
      const entry: Entry = {
        id,
        spec,
        shutdown: Duration.decode(spec.shutdown),
        start: Effect.mapInputContext(spec.start, (life: Context.Context<Scope.Scope>) =>
          // R without its Scope, and the life's own Scope, are R.
          Context.add(context, Scope.Scope, Context.get(life, Scope.Scope)) as Context.Context<R>),
        scope: undefined,
        running: undefined,
        unwatch: () => {},
        refusal: undefined,
        backoff: undefined,
        awaitingStart: new Set(),
        awaitingStop: new Set()
      }
      this.entries.set(id, entry)
      return this.request(entry.awaitingStart, { _tag: "ChildAdded", id, restart, significant }).pipe(
        Effect.onInterrupt(() => Effect.sync(() => this.ref.tell({ _tag: "StopChild", id, remove: true }))),
        Effect.catchTag("ChildNotRunning", () => Effect.fail(this.startFailed(id, stoppedMeanwhile))),
        Effect.flatMap(() =>
          // Its type is the specification's; it may have ended already, which is its watchers' business.
          entry.running === undefined
            ? Effect.fail(this.startFailed(id, stoppedMeanwhile))
            : Effect.succeed(entry.running as A)
        )
      )
    })

  readonly stopChild = (id: string): Effect.Effect<void, ChildNotRunning> =>
    this.withEntry(id, (entry) => this.request(entry.awaitingStop, { _tag: "StopChild", id, remove: false }))

  readonly removeChild = (id: string): Effect.Effect<void, ChildNotRunning> =>
    this.withEntry(id, (entry) => this.request(entry.awaitingStop, { _tag: "StopChild", id, remove: true }))

  readonly restartChild = (id: string): Effect.Effect<void, ChildNotRunning> =>
    this.withEntry(id, (entry) => this.request(entry.awaitingStart, { _tag: "RestartChild", id }))

  readonly get = <A extends Child, E, R>(spec: ChildSpec<A, E, R>): Effect.Effect<A, ChildNotRunning> =>
    Effect.suspend(() => {
      const entry = this.entries.get(spec.id)
      return entry !== undefined && entry.spec === spec && entry.running !== undefined
        // Started from this very value.
        ? Effect.succeed(entry.running as A)
        : Effect.fail(this.notRunning(spec.id))
    })

  readonly tree: Effect.Effect<Tree> = Effect.suspend(() =>
    Effect.map(
      Effect.forEach(this.ref.state().rows, (row) => {
        const running = this.entries.get(row.id)?.running
        const node = { id: row.id, status: row.status, restarts: row.restarts, depth: running?.depth }
        return running?.tree === undefined
          ? Effect.succeed<Tree>({ ...node, children: [] })
          : Effect.map(running.tree, (below): Tree => ({ ...node, children: below.children }))
      }),
      (children): Tree => ({
        id: this.name,
        status: this.isOver() ? "down" : "up",
        restarts: 0,
        depth: this.ref.depth,
        children
      })
    )
  )

  readonly stop = (options?: MachineActor.StopOptions | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.ref.tell({ _tag: "Shutdown" })
      return options?.deadline === undefined
        ? this.life.ended
        : Effect.asVoid(Effect.timeoutOption(Effect.interruptible(this.life.ended), options.deadline))
    })

  private request(waiting: Set<(answer: Answer) => void>, event: Supervision.Event): Answer {
    return Effect.async((resume) => {
      waiting.add(resume)
      this.ref.tell(event)
      return Effect.sync(() => void waiting.delete(resume))
    })
  }

  private withEntry(id: string, f: (entry: Entry) => Answer): Effect.Effect<void, ChildNotRunning> {
    return Effect.suspend(() => {
      const entry = this.entries.get(id)
      if (entry === undefined || this.isOver()) return Effect.fail(this.notRunning(id))
      return Effect.catchTag(f(entry), "StartFailed", () => Effect.fail(this.notRunning(id)))
    })
  }

  // ---------------------------------------------------------------------------
  // Commands
  // ---------------------------------------------------------------------------

  private perform(command: Supervision.Command, hands: Hands): void | Effect.Effect<void> {
    if (command._tag === "End") return this.finish(this.exitOf(command.outcome))
    const entry = this.entries.get(command.id)
    if (entry === undefined) return
    switch (command._tag) {
      case "Start":
        return hands.start(workName("start", command), this.startLife(entry, command.life))
      case "CancelStart":
        return hands.stop(workName("start", command))
      case "Running":
        entry.unwatch = entry.running!.watch(({ exit }) => {
          const cause = Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) ? exit.cause : undefined
          hands.self.tell({ _tag: "ChildEnded", id: command.id, life: command.life, cause })
        })
        return answer(entry.awaitingStart, Effect.void)
      case "Stop":
        return hands.start(workName("stop", command), this.stopLife(entry, command.life))
      case "Backoff":
        return hands.start(workName("backoff", command), this.waitBackoff(entry, command))
      case "CancelBackoff":
        return hands.stop(workName("backoff", command))
      case "Refused":
        // Answered when its Scope has closed.
        return void (entry.refusal = this.startFailed(command.id, command.cause))
      case "Rest":
        if (command.gone) this.entries.delete(command.id)
        answer(entry.awaitingStart, Effect.fail(entry.refusal ?? this.notRunning(command.id)))
        return answer(entry.awaitingStop, Effect.void)
    }
  }

  private startLife(entry: Entry, life: number): Effect.Effect<Supervision.Event> {
    return Scope.make().pipe(
      Effect.tap((scope) => Effect.sync(() => void (entry.scope = scope))),
      Effect.flatMap((scope) => Effect.exit(Scope.extend(entry.start, scope))),
      Effect.map((exit): Supervision.Event => {
        if (Exit.isFailure(exit)) return { _tag: "ChildStartFailed", id: entry.id, life, cause: exit.cause }
        entry.running = exit.value
        return { _tag: "ChildStarted", id: entry.id, life }
      })
    )
  }

  /** In good order first, then by closing the Scope; each within the deadline. */
  private stopLife(entry: Entry, life: number): Effect.Effect<Supervision.Event> {
    const { running, scope, shutdown } = entry
    entry.unwatch()
    entry.running = undefined
    entry.scope = undefined
    const within = <A>(effect: Effect.Effect<A>) =>
      Effect.flatMap(Effect.forkDaemon(effect), (fiber) => Effect.timeoutOption(Fiber.await(fiber), shutdown))
    const stop = running?.stop === undefined ? Effect.void : within(running.stop({ deadline: shutdown }))
    const close = scope === undefined ? Effect.void : Effect.flatMap(
      within(Scope.close(scope, Exit.void)),
      (closed) => this.reportClosing(entry, closed)
    )
    return stop.pipe(Effect.zipRight(close), Effect.as({ _tag: "ChildStopped", id: entry.id, life } as const))
  }

  private reportClosing({ id, shutdown }: Entry, closed: Option.Option<Exit.Exit<void>>): Effect.Effect<void> {
    const child = `child "${id}" of supervisor "${this.name}"`
    if (Option.isSome(closed)) {
      return Exit.isSuccess(closed.value)
        ? Effect.void
        : Effect.logWarning(`A finalizer of ${child} failed`, closed.value.cause)
    }
    // Zero asks for no waiting.
    return Duration.equals(shutdown, Duration.zero)
      ? Effect.void
      : Effect.logWarning(`Going on without ${child}, which did not stop within ${Duration.format(shutdown)}`)
  }

  private waitBackoff(
    entry: Entry,
    { cause, fresh, life }: Extract<Supervision.Command, { _tag: "Backoff" }>
  ): Effect.Effect<Supervision.Event> {
    const over = (spent: boolean): Supervision.Event => ({ _tag: "BackoffOver", id: entry.id, life, spent })
    const schedule = this.options.backoff ?? Schedule.forever
    const driver = entry.backoff !== undefined && !fresh ? Effect.succeed(entry.backoff) : Schedule.driver(schedule)
    return driver.pipe(
      Effect.tap((driver) => Effect.sync(() => void (entry.backoff = driver))),
      Effect.flatMap((driver) => driver.next(cause)),
      Effect.match({ onSuccess: () => over(false), onFailure: () => over(true) })
    )
  }

  // ---------------------------------------------------------------------------
  // The end
  // ---------------------------------------------------------------------------

  private exitOf(outcome: Supervision.Outcome): Exit.Exit<void, SupervisorFailed> {
    if (outcome._tag === "Shutdown") return Exit.void
    const { cause, child, failures } = outcome
    return Exit.fail(new SupervisorFailed({ supervisor: this.name, child, failures, cause }))
  }

  private finish(exit: Exit.Exit<void, SupervisorFailed>): void | Effect.Effect<void> {
    const unobserved = !this.life.isWatched
    if (!this.life.end(exit)) return
    for (const entry of this.entries.values()) {
      answer(entry.awaitingStart, Effect.fail(entry.refusal ?? this.notRunning(entry.id)))
      answer(entry.awaitingStop, Effect.void)
    }
    if (unobserved && Exit.isFailure(exit)) {
      return Effect.logError("A supervisor that nobody watches gave up", exit.cause)
    }
  }

  /** Nothing to do unless the machine itself has failed and could not stop its children. */
  private readonly closeAll: Effect.Effect<void> = Effect.suspend(() => {
    const scopes = Array.from(this.entries.values(), (entry) => entry.scope).reverse()
    return Effect.forEach(scopes, (scope) => scope === undefined ? Effect.void : Scope.close(scope, Exit.void), {
      discard: true
    })
  })

  private isOver(): boolean {
    return this.life.exit !== undefined || this.ref.state().outcome !== undefined
  }

  private startFailed(child: string, cause: Cause.Cause<unknown>): StartFailed {
    return new StartFailed({ supervisor: this.name, child, cause })
  }

  private notRunning(child: string): ChildNotRunning {
    const row = this.ref.state().rows.find((row) => row.id === child)
    return new ChildNotRunning({ supervisor: this.name, child, status: row?.status ?? "unknown" })
  }
}

const workName = (kind: "start" | "stop" | "backoff", of: { readonly id: string; readonly life: number }): string =>
  `${kind}:${of.life}:${of.id}`

/** Work that was cancelled, or that died: what the machine is to make of it. */
const onWorkEnd = (name: string, { cause }: Exit.Failure<never, never>): Supervision.Event => {
  const [kind, number, ...rest] = name.split(":")
  const [id, life] = [rest.join(":"), Number(number)]
  if (kind === "start") return { _tag: "ChildStartFailed", id, life, cause }
  if (kind === "stop") return { _tag: "ChildStopped", id, life }
  return { _tag: "BackoffOver", id, life, spent: !Cause.isInterruptedOnly(cause) }
}

const supervisorStopped = Cause.fail(new Error("the supervisor has stopped or is stopping"))
const stoppedMeanwhile = Cause.fail(new Error("it was stopped while it started"))

const answer = (waiting: Set<(answer: Answer) => void>, with_: Answer): void => {
  const all = Array.from(waiting)
  waiting.clear()
  for (const resume of all) resume(with_)
}
