/**
 * The loop of `MachineActor`. Plain imperative code: one message costs a push,
 * one batch costs one scheduled task, and no fiber exists but for work.
 *
 * It keeps the promises numbered in `MachineActor`. `tell` never steps by
 * itself; it schedules `turn`, which does.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import { ActorDown, MachineFailed, MailboxFull } from "../ActorError.js"
import type { Hands, MachineRef, Options, StopOptions } from "../MachineActor.js"
import type { Terminated, Watchable } from "../Watch.js"
import { Alarm } from "./alarm.js"
import { Life } from "./life.js"
import { Watching } from "./watching.js"

export interface World<R> {
  readonly runtime: Runtime.Runtime<R>
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler.Scheduler
}

/** `open`: takes messages. `draining`: handles what it has. `ended`: nothing happens any more. */
type Phase = "open" | "draining" | "ended"

interface Work<Event, R> {
  readonly name: string
  readonly effect: Effect.Effect<Event, never, R>
  /** The batch that started it, where a death of it would have to name that. */
  readonly batch: ReadonlyArray<Event>
  fiber: Fiber.RuntimeFiber<Event, never> | undefined
  stopped: boolean
}

export class MachineLoop<State, Event, Command, R> implements MachineRef<Event, State> {
  readonly name: string
  private readonly life: Life<MachineFailed>
  private readonly current: State
  private readonly capacity: number
  private phase: Phase = "open"
  private scheduled = false
  private stepping = false
  /** A step is wanted though no message waits. */
  private due = false
  /** The supervision lane: what watched actors had to say. */
  private urgent: Array<Event> = []
  private messages: Array<Event> = []
  /** The batch whose commands are being performed. */
  private batch: ReadonlyArray<Event> = []
  private readonly named = new Map<string, Work<Event, R>>()
  /** Started by the commands being performed, and begun after them. */
  private starting: Array<Work<Event, R>> = []
  private readonly fibers = new Set<Fiber.RuntimeFiber<unknown, never>>()
  private readonly watching = new Watching()
  private readonly alarm: Alarm

  constructor(
    private readonly options: Options<State, Event, Command, R, R>,
    private readonly world: World<R>
  ) {
    this.name = options.name
    this.life = new Life(options.name)
    this.capacity = options.capacity ?? 4096
    this.current = options.machine.initial(world.clock.unsafeCurrentTimeMillis())
    this.alarm = new Alarm(world.runtime, world.clock, this.ring)
    this.alarm.set(options.machine.nextDeadline?.(this.current))
  }

  // ---------------------------------------------------------------------------
  // The outside
  // ---------------------------------------------------------------------------

  get await(): Effect.Effect<void, MachineFailed> {
    return this.life.await
  }

  get watch(): Watchable<MachineFailed>["watch"] {
    return this.life.watch
  }

  get depth(): number {
    return this.urgent.length + this.messages.length
  }

  get working(): number {
    return this.fibers.size + this.starting.length
  }

  readonly state = (): State => this.current

  readonly tell = (event: Event): boolean => {
    if (this.phase !== "open") return false
    this.enqueue(event)
    return true
  }

  readonly tellAll = (events: Iterable<Event>): boolean => {
    if (this.phase !== "open") return false
    for (const event of events) this.messages.push(event)
    this.schedule()
    return true
  }

  readonly offer = (event: Event): Either.Either<void, MailboxFull | ActorDown> => {
    if (this.phase !== "open") {
      const exit = this.life.exit
      const reason = exit === undefined ? "it is stopping" : Exit.isSuccess(exit) ? "it was stopped" : "it failed"
      return Either.left(new ActorDown({ actor: this.name, begun: false, reason }))
    }
    if (this.depth >= this.capacity) {
      return Either.left(new MailboxFull({ actor: this.name, capacity: this.capacity }))
    }
    this.enqueue(event)
    return Either.void
  }

  readonly kill = (cause: Cause.Cause<unknown>): void => {
    this.fail("link", [], cause)
  }

  readonly stop = (options?: StopOptions | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      const drain = options?.drain === true && !this.isEnded()
      if (drain) {
        this.phase = "draining"
        this.schedule()
      } else {
        this.end(Exit.void)
      }
      const drained = drain ? Effect.ignore(this.life.await) : Effect.void
      // Interruptible wherever it is asked for, a finalizer too: else the deadline would be none.
      return Effect.interruptible(Effect.zipRight(drained, this.close)).pipe(
        Effect.timeoutTo({ duration: options?.deadline ?? "5 seconds", onSuccess: () => {}, onTimeout: () => {} }),
        Effect.ensuring(Effect.sync(() => this.end(Exit.void)))
      )
    })

  /** Ends it, if it has not ended, and waits until no work of it runs. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.end(Exit.void)
    return this.fibers.size === 0 ? Effect.void : Effect.asVoid(Fiber.awaitAll(this.fibers))
  })

  // ---------------------------------------------------------------------------
  // The loop
  // ---------------------------------------------------------------------------

  private enqueue(event: Event): void {
    this.messages.push(event)
    this.schedule()
  }

  private schedule(): void {
    if (this.scheduled || this.stepping) return
    this.scheduled = true
    this.world.scheduler.scheduleTask(this.turn, 0)
  }

  private readonly turn = (): void => {
    this.scheduled = false
    if (this.isEnded()) return
    if (this.depth === 0 && !this.due) return this.endIfDrained()
    const batch = this.takeBatch()
    this.due = false
    this.batch = batch
    this.stepping = true
    try {
      this.stepAndPerform(batch)
      this.beginStarted()
    } catch (error) {
      // Commands that cannot be iterated.
      this.fail("step", batch, Cause.die(error))
    }
    this.stepping = false
    this.batch = []
    if (!this.isEnded()) this.settle(batch)
  }

  private takeBatch(): ReadonlyArray<Event> {
    const batch = this.urgent.length === 0 ? this.messages : this.urgent.concat(this.messages)
    this.messages = []
    if (this.urgent.length > 0) this.urgent = []
    return batch
  }

  private stepAndPerform(batch: ReadonlyArray<Event>): void {
    const { machine, perform } = this.options
    let commands: ReadonlyArray<Command>
    try {
      commands = machine.step(this.current, batch, this.world.clock.unsafeCurrentTimeMillis())
    } catch (error) {
      return this.fail("step", batch, Cause.die(error))
    }
    for (const command of commands) {
      let carried: void | Effect.Effect<unknown, never, R>
      try {
        carried = perform(command, this.hands)
      } catch (error) {
        return this.fail("perform", batch, Cause.die(error))
      }
      // What was performed may have ended this actor.
      if (this.isEnded()) return
      if (carried !== undefined) this.carry(carried, batch)
      if (this.isEnded()) return
    }
  }

  /** After a step: is there more to do now, later, or, when draining, never again? */
  private settle(batch: ReadonlyArray<Event>): void {
    try {
      this.due = this.options.machine.more?.(this.current) === true
      this.alarm.set(this.options.machine.nextDeadline?.(this.current))
    } catch (error) {
      return this.fail("step", batch, Cause.die(error))
    }
    if (this.due || this.depth > 0) return this.schedule()
    this.endIfDrained()
  }

  private endIfDrained(): void {
    if (this.phase === "draining" && this.fibers.size === 0 && this.depth === 0 && !this.scheduled) {
      this.end(Exit.void)
    }
  }

  // ---------------------------------------------------------------------------
  // Time
  // ---------------------------------------------------------------------------

  private readonly ring = (): void => {
    if (this.isEnded()) return
    const { nextDeadline, tick } = this.options.machine
    try {
      const at = nextDeadline?.(this.current)
      if (at === undefined) return
      if (at > this.world.clock.unsafeCurrentTimeMillis()) return this.alarm.set(at)
    } catch (error) {
      return this.fail("step", [], Cause.die(error))
    }
    if (tick !== undefined) this.messages.push(tick)
    this.due = true
    this.schedule()
  }

  // ---------------------------------------------------------------------------
  // The hands
  // ---------------------------------------------------------------------------

  private readonly hands: Hands<Event, R> = {
    self: { tell: (event) => this.report(event) },
    start: (name, effect) => this.start(name, effect),
    stop: (name) => this.stopWork(name),
    watch: (target, event) => this.watchOther(target, event)
  }

  /** An event from inside: taken while draining too. */
  private report(event: Event): void {
    if (!this.isEnded()) this.enqueue(event)
  }

  private start(name: string, effect: Effect.Effect<Event, never, R>): void {
    if (this.isEnded()) return
    if (this.named.has(name)) {
      throw new Error(`actor "${this.name}" started work "${name}", which is already running`)
    }
    const work: Work<Event, R> = {
      name,
      effect,
      // Kept only where needed: a batch must not live as long as the work it started.
      batch: this.options.onWorkEnd === undefined ? this.batch : [],
      fiber: undefined,
      stopped: false
    }
    this.named.set(name, work)
    if (this.stepping) this.starting.push(work)
    else this.begin(work)
  }

  /** After the batch's commands, so that none of them waits for the first steps of a work. */
  private beginStarted(): void {
    for (let i = 0; i < this.starting.length && !this.isEnded(); i++) this.begin(this.starting[i]!)
    if (this.starting.length > 0) this.starting = []
  }

  private begin(work: Work<Event, R>): void {
    if (work.stopped) return this.workFailed(work, Exit.interrupt(FiberId.none))
    const fiber = Runtime.runFork(this.world.runtime)(work.effect)
    work.fiber = fiber
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      if (this.named.get(work.name) === work) this.named.delete(work.name)
      if (this.isEnded()) return
      if (Exit.isSuccess(exit)) return this.report(exit.value)
      this.workFailed(work, exit)
    })
    // Stopped by its own first steps.
    if (work.stopped) fiber.unsafeInterruptAsFork(FiberId.none)
  }

  private workFailed({ batch, name }: Work<Event, R>, exit: Exit.Exit<Event, never>): void {
    if (Exit.isSuccess(exit)) return
    if (this.options.onWorkEnd === undefined) return this.fail("work", batch, exit.cause)
    let event: Event
    try {
      // A failure holds no value, whatever its type says of one.
      event = this.options.onWorkEnd(name, exit as Exit.Failure<never, never>)
    } catch (error) {
      return this.fail("work", [], Cause.sequential(exit.cause, Cause.die(error)))
    }
    this.report(event)
  }

  private stopWork(name: string): void {
    const work = this.named.get(name)
    if (work === undefined) return
    // The name is free from now on, though the work may still run its finalizers.
    this.named.delete(name)
    work.stopped = true
    work.fiber?.unsafeInterruptAsFork(FiberId.none)
  }

  private carry(effect: Effect.Effect<unknown, never, R>, batch: ReadonlyArray<Event>): void {
    if (Exit.isExit(effect)) {
      if (Exit.isFailure(effect)) this.fail("perform", batch, effect.cause)
      return
    }
    const fiber = Runtime.runFork(this.world.runtime)(effect)
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      if (Exit.isFailure(exit)) return this.fail("perform", batch, exit.cause)
      this.endIfDrained()
    })
  }

  private watchOther<E>(target: Watchable<E>, event: (terminated: Terminated<E>) => Event): () => void {
    if (this.isEnded()) return () => {}
    return this.watching.add(target, (terminated) => {
      try {
        this.urgent.push(event(terminated))
      } catch (error) {
        return this.fail("work", this.batch, Cause.die(error))
      }
      this.schedule()
    })
  }

  // ---------------------------------------------------------------------------
  // The end
  // ---------------------------------------------------------------------------

  // A method, because the phase changes under code that has just looked at it.
  private isEnded(): boolean {
    return this.phase === "ended"
  }

  private fail(during: MachineFailed["during"], events: ReadonlyArray<Event>, cause: Cause.Cause<unknown>): void {
    if (this.isEnded()) return
    const error = new MachineFailed({ actor: this.name, during, events, cause })
    const unobserved = !this.life.isWatched
    this.end(Exit.fail(error))
    if (unobserved) {
      Runtime.runFork(this.world.runtime)(Effect.logError("An actor that nobody watches failed", Cause.fail(error)))
    }
  }

  private end(exit: Exit.Exit<void, MachineFailed>): void {
    if (this.isEnded()) return
    this.phase = "ended"
    this.messages = []
    this.urgent = []
    this.starting = []
    this.named.clear()
    this.alarm.clear()
    this.watching.clear()
    for (const fiber of this.fibers) fiber.unsafeInterruptAsFork(FiberId.none)
    this.life.end(exit)
  }
}
