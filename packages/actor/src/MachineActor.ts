/**
 * The actor in front of a machine: a mailbox before it, hands behind it.
 *
 * This module owns the loop: take all that has gathered, step once, perform
 * the commands. The machine owns the state and every decision. The hands own
 * the work that takes time, and each piece of it comes back as one event.
 *
 * 1. Only `step` changes the state, and never two steps at once.
 * 2. A step is given all that has gathered, in order of arrival; what watched
 *    actors had to say comes first.
 * 3. Each named piece of work that was started comes back as exactly one event
 *    while the actor lives: its value, or what `onWorkEnd` makes of its end.
 * 4. What is thrown ends the actor with the batch that caused it; the rest of
 *    that batch's commands are not performed, and the state is not used again.
 * 5. When the Scope has closed no work of the actor is running.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"
import type { ActorDown, MachineFailed, MailboxFull } from "./ActorError.js"
import { MachineLoop } from "./internal/machineLoop.js"
import type { Linkable, Terminated, Watchable } from "./Watch.js"

/**
 * A deterministic, synchronous state machine. The same events at the same time
 * give the same commands: it cannot await, read a clock or roll dice.
 *
 * @since 0.1.0
 * @category models
 */
export interface Machine<State, in out Event, out Command> {
  /** The first state; `now` is epoch milliseconds. A throw is a defect of `make`. */
  readonly initial: (now: number) => State
  /** Applies a batch, may change `state` in place, may throw. */
  readonly step: (state: State, events: ReadonlyArray<Event>, now: number) => ReadonlyArray<Command>
  /** When the machine next wants to be stepped though nothing arrives, in epoch milliseconds. Asked after each step. */
  readonly nextDeadline?: ((state: State) => number | undefined) | undefined
  /** The event given when the deadline has passed by the Clock. Without it, the step is given no events. */
  readonly tick?: Event | undefined
  /** Whether the step stopped early and asks to be stepped again, with whatever has arrived, or with nothing. */
  readonly more?: ((state: State) => boolean) | undefined
}

/**
 * What `perform` may use to carry out a command that takes time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hands<in Event, in R = never> {
  /** The actor itself, for what the world reports back. */
  readonly self: {
    /** Puts an event in the mailbox: synchronous, never blocks, never refused while the actor lives. */
    readonly tell: (event: Event) => void
  }
  /**
   * Starts a named fiber after the batch's commands are performed. It ends in
   * exactly one event. Starting a name that is running is a mistake of the
   * machine and throws; a name that was stopped can be started again at once.
   */
  readonly start: (name: string, work: Effect.Effect<Event, never, R>) => void
  /**
   * Interrupts that work: its one event comes when its finalizers have run.
   * Nothing happens if no work of this name runs: its event has come already.
   */
  readonly stop: (name: string) => void
  /** The end of another actor as an event, given ahead of messages. Returns what stops watching. */
  readonly watch: <E>(target: Watchable<E>, event: (terminated: Terminated<E>) => Event) => () => void
}

/**
 * How a machine becomes an actor.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<State, Event, Command, R = never, WorkR = never> {
  /** For messages, logs and displays. */
  readonly name: string
  readonly machine: Machine<State, Event, Command>
  /**
   * Carries out one command, in the step's order. Returning nothing means it
   * is done or left to the hands. A returned Effect is begun at once and not
   * waited for; if it fails in any way, the actor fails with the batch.
   *
   * What returned Effects need, `make` needs. So it is for work, once `hands`
   * says what that is: `(command, hands: MachineActor.Hands<Event, Database>)`.
   */
  readonly perform: (command: Command, hands: Hands<Event, WorkR>) => void | Effect.Effect<unknown, never, R>
  /**
   * The one event of a named piece of work that died or was interrupted.
   * Without it, a death fails the actor with the batch that started the work;
   * so does an interruption, since there is no event to tell the machine.
   */
  readonly onWorkEnd?: ((name: string, exit: Exit.Failure<never, never>) => Event) | undefined
  /** How many messages may wait before `offer` refuses; `tell` never does. Default 4096. */
  readonly capacity?: number | undefined
}

/**
 * The outside of a machine actor.
 *
 * @since 0.1.0
 * @category models
 */
export interface MachineRef<in Event, out State> extends Linkable<MachineFailed> {
  /** For facts: always taken while the actor runs. `false`: it has ended or is stopping, and the event is dropped. */
  readonly tell: (event: Event) => boolean
  /** Several at once, in order. */
  readonly tellAll: (events: Iterable<Event>) => boolean
  /**
   * For what makes new work: refused when the mailbox is full. Synchronous, so
   * the result can be looked at or, being an Effect too, yielded.
   */
  readonly offer: (event: Event) => Either.Either<void, MailboxFull | ActorDown>
  /** The state, to be looked at between steps and never changed. */
  readonly state: () => State
  /** How many messages wait. */
  readonly depth: number
  /** How many pieces of work run, those still running their finalizers included. */
  readonly working: number
  /**
   * Ends it in good order. At once no more messages are taken from outside.
   * With `drain`, those already there are stepped and running work may finish;
   * otherwise they are dropped and work is interrupted. Returns when all of it
   * has ended, and no later than the `deadline` (default 5 seconds), when what
   * still runs is interrupted and left to the Scope to wait for.
   */
  readonly stop: (options?: StopOptions | undefined) => Effect.Effect<void>
}

/**
 * How to stop.
 *
 * @since 0.1.0
 * @category models
 */
export interface StopOptions {
  /** How long to wait at most. Default 5 seconds. */
  readonly deadline?: Duration.DurationInput | undefined
  /** Whether what waits in the mailbox is handled first. Default `false`. */
  readonly drain?: boolean | undefined
}

/**
 * Starts a machine as an actor that lives until it fails, is stopped, or the
 * Scope closes. Time is the current `Clock`'s, so `TestClock` drives it.
 *
 * A failure ends the actor and is told to those who `await` or `watch` it (a
 * supervisor does); if there is nobody, it is logged as an error.
 *
 * @example
 * ```ts
 * import { MachineActor } from "@creel/actor"
 * import { Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const counter = yield* MachineActor.make({
 *     name: "counter",
 *     machine: {
 *       initial: () => ({ count: 0 }),
 *       step: (state, events: ReadonlyArray<number>) => {
 *         for (const by of events) state.count += by
 *         return [`count is ${state.count}`]
 *       }
 *     },
 *     perform: (line: string) => Effect.log(line)
 *   })
 *   counter.tell(1)
 *   counter.tell(2)
 *   yield* counter.stop({ drain: true })
 *   return counter.state().count
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <State, Event, Command, R = never, WorkR = never>(
  options: Options<State, Event, Command, R, WorkR>
): Effect.Effect<MachineRef<Event, State>, never, R | WorkR | Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<R | WorkR>()
    const clock = yield* Effect.clock
    const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
    return yield* Effect.acquireRelease(
      Effect.sync(() =>
        new MachineLoop(options, {
          // An actor made inside an uninterruptible region must still be able to stop its work.
          runtime: Runtime.enableRuntimeFlag(runtime, RuntimeFlags.Interruption),
          clock,
          scheduler
        })
      ),
      (loop) => loop.close
    )
  })
