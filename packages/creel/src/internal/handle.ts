/**
 * One future in a user's hands. It owns this handle's own life: waiters, the Exit once it has one, interruption,
 * release. What the key's state is belongs to the client machine's row; when to fetch, to `clientCore`.
 *
 * H1. A handle has one Exit at most, and from then on answers that same one.
 * H2. A handle counts once in its row until it is released, and never again after.
 * H3. An interrupted handle's Exit comes when the work that only it wanted has ended, after the grace period at most,
 *     at once where the way to the scheduler is broken.
 *
 * Plain code with a class: a million of these are made.
 */
import type * as Machine from "@creel/core/Client"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Option from "effect/Option"
import { type Future, TypeId as FutureTypeId } from "../Future.js"
import { FutureError } from "../FutureError.js"
import type { Decoder } from "./answers.js"
import type { AttemptBinding, ClientCore } from "./clientCore.js"
import type { Hold } from "./holds.js"
import { awaiting } from "./waits.js"

const variance = { _A: (_: never) => _, _E: (_: never) => _ }

interface Last {
  readonly status: Machine.Row["status"]
  readonly type: string | undefined
  readonly size: number | undefined
}

type Waiter<A, E> = (exit: Exit.Exit<A, E | FutureError>) => void

/** What an Exit says of the work, for those who only look. An interrupted handle was cancelled here. */
const statusOf = (exit: Exit.Exit<unknown, unknown>): Machine.Row["status"] => {
  if (Exit.isSuccess(exit)) return "finished"
  if (Cause.isInterruptedOnly(exit.cause)) return "cancelled"
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (!(failure instanceof FutureError)) return "error"
  return failure.reason === "Cancelled" ? "cancelled" : failure.reason === "Lost" ? "lost" : "error"
}

export class Handle<A, E> extends Effectable.Class<A, E | FutureError> implements Future<A, E> {
  readonly [Fiber.FiberTypeId] = variance
  readonly [FutureTypeId] = variance

  private fiberId: FiberId.FiberId | undefined = undefined
  private exit: Exit.Exit<A, E | FutureError> | undefined = undefined
  private waiters: Array<Waiter<A, E>> | undefined = undefined
  private watchers: Array<() => void> | undefined = undefined
  private interruptor: FiberId.FiberId | undefined = undefined
  /** The row may be wanted anew, and end otherwise: from its Exit or its release on, this handle says what it was. */
  private last: Last | undefined = undefined
  /** Somebody has looked at how it ended. */
  observed = false
  released = false
  /** Somebody made a scope of their own its owner: `asCompleted` leaves it alone. */
  retained = false

  constructor(
    readonly core: ClientCore,
    readonly row: Machine.Row,
    readonly name: string,
    readonly decoder: Decoder<A, E>,
    readonly attempt: AttemptBinding | undefined
  ) {
    super()
  }

  get key(): string {
    return this.core.keys.shown(this.row.key)
  }

  get status(): Machine.Row["status"] {
    return this.last?.status ?? (this.interruptor !== undefined ? "pending" : this.row.status)
  }

  get type(): string | undefined {
    return this.last === undefined ? this.row.facts?.type : this.last.type
  }

  get size(): number | undefined {
    return this.last === undefined ? this.row.facts?.bytes : this.last.size
  }

  // --- Fiber ---

  id(): FiberId.FiberId {
    return this.fiberId ??= FiberId.unsafeMake()
  }

  get await(): Effect.Effect<Exit.Exit<A, E | FutureError>> {
    return Effect.suspend(() => {
      this.observe()
      const exit = this.peek()
      return exit === undefined ? awaiting(this) : Effect.succeed(exit)
    })
  }

  readonly children = Effect.succeed([])

  readonly inheritAll = Effect.void

  get poll(): Effect.Effect<Option.Option<Exit.Exit<A, E | FutureError>>> {
    return Effect.suspend(() => {
      this.observe()
      const exit = this.peek()
      if (exit !== undefined) return Effect.succeed(Option.some(exit))
      // What a worker has finished is brought here; what is pending is not waited for.
      return this.row.status === "pending" || this.interruptor !== undefined
        ? Effect.succeedNone
        : Effect.map(awaiting(this), Option.some)
    })
  }

  interruptAsFork(fiberId: FiberId.FiberId): Effect.Effect<void> {
    return Effect.sync(() => this.interruptNow(fiberId))
  }

  commit(): Effect.Effect<A, E | FutureError> {
    return Effect.flatten(this.await)
  }

  // Effect takes every Fiber for a RuntimeFiber (both have one type id), and `Fiber.interruptAll` calls these two.

  unsafeInterruptAsFork(fiberId: FiberId.FiberId): void {
    this.interruptNow(fiberId)
  }

  unsafePoll(): Exit.Exit<A, E | FutureError> | null {
    return this.peek() ?? null
  }

  // --- for clientCore ---

  /** Somebody looks: a failure that is seen here need not be logged. */
  observe(): void {
    this.observed = true
    const { settled } = this.row
    if (settled?._tag === "Failure" && this.exit?._tag === "Failure") this.core.failureSeen(settled.failure.key)
  }

  /** The Exit, if it is here (decoded now if need be). */
  peek(): Exit.Exit<A, E | FutureError> | undefined {
    if (this.exit === undefined && this.interruptor === undefined && !this.released) {
      const { settled } = this.row
      const exit = settled === undefined ? undefined : this.decoder(settled)
      if (exit !== undefined) this.ends(exit, this.row.status)
    }
    return this.exit
  }

  private ends(exit: Exit.Exit<A, E | FutureError>, status: Machine.Row["status"]): void {
    this.exit = exit
    if (this.observed) this.observe()
    this.freeze(status)
  }

  private freeze(status: Machine.Row["status"]): void {
    const { facts } = this.row
    this.last ??= { status, type: facts?.type, size: facts?.bytes }
  }

  /** The Exit is here: those who wait get it. */
  settle(exit: Exit.Exit<A, E | FutureError>): void {
    if (this.exit !== undefined && this.exit !== exit) return
    this.ends(exit, statusOf(exit))
    const waiters = this.waiters
    this.waiters = undefined
    if (waiters !== undefined) { for (const waiter of waiters.slice()) waiter(exit) }
    this.changed()
  }

  addWaiter(waiter: Waiter<A, E>): () => void {
    const waiters = this.waiters ??= []
    waiters.push(waiter)
    return () => {
      const index = waiters.indexOf(waiter)
      if (index >= 0) waiters.splice(index, 1)
    }
  }

  get waiting(): boolean {
    return this.waiters !== undefined && this.waiters.length > 0
  }

  isDone(): boolean {
    return this.exit !== undefined
  }

  /** What its scope owns: `holds` keeps it. */
  hold: Hold | undefined = undefined

  get isInterrupting(): boolean {
    return this.interruptor !== undefined
  }

  /** Done for those who only wait: it has an Exit, or a worker has finished it. */
  get done(): boolean {
    return this.exit !== undefined || (this.interruptor === undefined && this.row.status !== "pending")
  }

  /** Calls back at every change until the returned function is called. */
  watch(watcher: () => void): () => void {
    const watchers = this.watchers ??= []
    watchers.push(watcher)
    return () => {
      const index = watchers.indexOf(watcher)
      if (index >= 0) watchers.splice(index, 1)
    }
  }

  changed(): void {
    if (this.watchers !== undefined) { for (const watcher of this.watchers.slice()) watcher() }
  }

  interruptNow(fiberId: FiberId.FiberId): void {
    if (this.released || this.interruptor !== undefined || this.exit !== undefined || this.row.status !== "pending") {
      return
    }
    this.interruptor = fiberId
    this.core.interrupted(this)
  }

  /** The work that only this handle wanted has ended. */
  finishInterrupt(): void {
    if (this.interruptor !== undefined) this.settle(Exit.failCause(Cause.interrupt(this.interruptor)))
  }

  /** After its release it answers what it knows, or that it was released. */
  markReleased(): void {
    this.peek()
    // It will not answer any more, whatever becomes of the work.
    this.freeze(this.row.status === "pending" ? "cancelled" : this.row.status)
    this.released = true
    if (this.exit === undefined && this.interruptor === undefined) {
      this.settle(Exit.fail(
        new FutureError({
          reason: "Released",
          key: this.key,
          detail: "this handle was released before its value was brought here",
          advice: "join a future before releasing it, or retain it in the scope that will join it"
        })
      ))
    }
  }

  /** A handle made on work that is no longer wanted here. */
  asReleased(): this {
    this.markReleased()
    return this
  }

  // --- for people ---

  override toString(): string {
    return `Future(${this.core.keys.short(this.row.key)}, ${this.describeStatus()})`
  }

  toJSON(): unknown {
    return { _id: "Future", key: this.key, status: this.describeStatus(), type: this.type }
  }

  [NodeInspectSymbol](): unknown {
    return this.toString()
  }

  private describeStatus(): string {
    if (this.interruptor !== undefined) return this.exit === undefined ? "interrupting" : "interrupted"
    const type = this.type
    return type === undefined || this.status !== "finished" ? this.status : `${this.status}, ${type}`
  }

  [Symbol.dispose](): void {
    this.core.release(this)
  }
}
