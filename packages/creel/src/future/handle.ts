/**
 * One future in a user's hands. It owns this handle's own life: waiters, the Exit once it has one, interruption,
 * release. What the key's state is belongs to the client machine's row; when to fetch, to `client/core`.
 *
 * H1. A handle has one Exit at most, and from then on answers that same one.
 * H2. A handle counts once in its row until it is released, and never again after.
 * H3. An interrupted handle's Exit comes when the work that only it wanted has ended, after the grace period at most,
 *     at once where the way to the scheduler is broken.
 *
 * Plain code with a class: a million of these are made. What all have in common stands on the prototype, and what only
 * some need is made when it is needed.
 */
import type * as Machine from "@creel/core/Client"
import * as Payload from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Option from "effect/Option"
import type { AttemptBinding, ClientCore } from "../client/core.js"
import { type Future, TypeId as FutureTypeId } from "../Future.js"
import { FutureError } from "../FutureError.js"
import { exitOf, type Settled, type Source } from "./answers.js"
import type { Hold } from "./holds.js"
import { awaiting, joining } from "./waits.js"

const variance = { _A: (_: never) => _, _E: (_: never) => _ }

/** Who waits for an Exit. One waiter may wait for many handles, and is told of each once. */
export interface Waiter {
  readonly settled: (exit: Exit.Exit<any, any>) => void
}

/** Who looks at every change. */
export interface Watcher {
  readonly changed: (handle: Handle<any, any>) => void
}

/** On whose behalf it was made. */
export interface Owner {
  readonly core: ClientCore
  readonly attempt: AttemptBinding | undefined
}

/** What an Exit says of the work, for those who only look. An interrupted handle was cancelled here. */
const statusOf = (exit: Exit.Exit<unknown, unknown>): Machine.Row["status"] => {
  if (Exit.isSuccess(exit)) return "finished"
  if (Cause.isInterruptedOnly(exit.cause)) return "cancelled"
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (!(failure instanceof FutureError)) return "error"
  return failure.reason === "Cancelled" ? "cancelled" : failure.reason === "Lost" ? "lost" : "error"
}

/** One alone as it is, several in an array: nearly always there is one at most. */
const withOne = <T extends object>(all: T | Array<T> | undefined, one: T): T | Array<T> => {
  if (all === undefined) return one
  if (!Array.isArray(all)) return [all, one]
  all.push(one)
  return all
}

const withoutOne = <T extends object>(all: T | Array<T> | undefined, one: T): T | Array<T> | undefined => {
  if (!Array.isArray(all)) return all === one ? undefined : all
  const index = all.indexOf(one)
  if (index >= 0) all.splice(index, 1)
  return all.length === 0 ? undefined : all
}

/** Small enough to be kept undecoded: it is outside of the budget for fetched bytes, as its row is. */
const isSmall = (settled: Settled): boolean =>
  settled._tag === "Failure" || (settled.payload !== undefined && Payload.bytes(settled.payload) <= Payload.inlineMax)

const noChildren = Effect.succeed([])

/** What few handles have, kept apart so that the others are small. */
class Rare {
  fiberId: FiberId.FiberId | undefined = undefined
  watchers: Watcher | Array<Watcher> | undefined = undefined
  interruptor: FiberId.FiberId | undefined = undefined
}

const observed = 1
const released = 2
const retained = 4

export class Handle<A, E> extends Effectable.Class<A, E | FutureError> implements Future<A, E> {
  private exit: Exit.Exit<A, E | FutureError> | undefined = undefined
  /** What it was released with and nobody has looked at yet: it is decoded when somebody does. */
  private rest: Settled | undefined = undefined
  private waiters: Waiter | Array<Waiter> | undefined = undefined
  /** The row may be wanted anew, and end otherwise: from its Exit or its release on, this handle says what it was. */
  private lastStatus: Machine.Row["status"] | undefined = undefined
  private lastFacts: Machine.Facts | undefined = undefined
  /** Which scope ends it, and its neighbours there: `holds` keeps them. */
  hold: Hold | undefined = undefined
  before: Handle<any, any> | undefined = undefined
  after: Handle<any, any> | undefined = undefined
  /** Of `observed`, `released` and `retained` those that hold. */
  private bits = 0
  private rare: Rare | undefined = undefined

  constructor(readonly owner: Owner, readonly row: Machine.Row, readonly source: Source) {
    super()
  }

  private write(bit: number, is: boolean): void {
    this.bits = is ? this.bits | bit : this.bits & ~bit
  }

  /** Somebody has looked at how it ended. */
  get observed(): boolean {
    return (this.bits & observed) !== 0
  }
  set observed(is: boolean) {
    this.write(observed, is)
  }
  get released(): boolean {
    return (this.bits & released) !== 0
  }
  set released(is: boolean) {
    this.write(released, is)
  }
  /** Somebody made a scope of their own its owner: `asCompleted` leaves it alone. */
  get retained(): boolean {
    return (this.bits & retained) !== 0
  }
  set retained(is: boolean) {
    this.write(retained, is)
  }

  private get more(): Rare {
    return this.rare ??= new Rare()
  }
  private get interruptor(): FiberId.FiberId | undefined {
    return this.rare?.interruptor
  }
  private get watchers(): Rare["watchers"] {
    return this.rare?.watchers
  }

  get [Fiber.FiberTypeId]() {
    return variance
  }

  get [FutureTypeId]() {
    return variance
  }

  get core(): ClientCore {
    return this.owner.core
  }

  get key(): string {
    return this.core.keys.shown(this.row.key)
  }

  get status(): Machine.Row["status"] {
    return this.lastStatus ?? (this.interruptor !== undefined ? "pending" : this.row.status)
  }

  get type(): string | undefined {
    return this.facts?.type
  }

  get size(): number | undefined {
    return this.facts?.bytes
  }

  private get facts(): Machine.Facts | undefined {
    return this.lastStatus === undefined ? this.row.facts : this.lastFacts
  }

  // --- Fiber ---

  id(): FiberId.FiberId {
    return this.more.fiberId ??= FiberId.unsafeMake()
  }

  get await(): Effect.Effect<Exit.Exit<A, E | FutureError>> {
    return Effect.suspend(() => {
      this.observe()
      const exit = this.peek()
      return exit === undefined ? awaiting(this) : Effect.succeed(exit)
    })
  }

  get children() {
    return noChildren
  }

  get inheritAll() {
    return Effect.void
  }

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
    return Effect.suspend(() => {
      this.observe()
      return this.peek() ?? joining(this)
    })
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
    if (settled?._tag === "Failure" && this.exit?._tag === "Failure") this.core.unseen.failureSeen(settled.failure.key)
  }

  /** The Exit, if it is here (decoded now if need be); `told` where it is on its way past the row. */
  peek(told?: Machine.Outcome): Exit.Exit<A, E | FutureError> | undefined {
    if (this.exit === undefined && this.interruptor === undefined) {
      const settled = this.released ? this.rest : told ?? this.row.settled
      const exit = settled === undefined ? undefined : exitOf<A, E>(this.core, this.source, this.row.key, settled)
      if (exit !== undefined) this.ends(exit, this.row.status)
    }
    return this.exit
  }

  private ends(exit: Exit.Exit<A, E | FutureError>, status: Machine.Row["status"]): void {
    this.exit = exit
    this.rest = undefined
    if (this.observed && exit._tag === "Failure") this.observe()
    this.freeze(status)
  }

  private freeze(status: Machine.Row["status"]): void {
    if (this.lastStatus !== undefined) return
    this.lastStatus = status
    this.lastFacts = this.row.facts
  }

  /** The Exit is here: those who wait get it. */
  settle(exit: Exit.Exit<A, E | FutureError>): void {
    if (this.exit !== undefined && this.exit !== exit) return
    this.ends(exit, statusOf(exit))
    const waiters = this.waiters
    this.waiters = undefined
    if (Array.isArray(waiters)) { for (const waiter of waiters) waiter.settled(exit) }
    else waiters?.settled(exit)
    this.changed()
  }

  addWaiter(waiter: Waiter): void {
    this.waiters = withOne(this.waiters, waiter)
  }

  /** One that waits for the same handle twice is removed as often. */
  removeWaiter(waiter: Waiter): void {
    this.waiters = withoutOne(this.waiters, waiter)
  }

  get waiting(): boolean {
    return this.waiters !== undefined
  }

  isDone(): boolean {
    return this.exit !== undefined
  }

  get isInterrupting(): boolean {
    return this.interruptor !== undefined
  }

  /** Done for those who only wait: it has an Exit, or a worker has finished it. */
  get done(): boolean {
    return this.exit !== undefined || this.rest !== undefined ||
      (this.interruptor === undefined && this.row.status !== "pending")
  }

  /** Calls back at every change. */
  watch(watcher: Watcher): void {
    this.more.watchers = withOne(this.watchers, watcher)
  }

  unwatch(watcher: Watcher): void {
    this.more.watchers = withoutOne(this.watchers, watcher)
  }

  changed(): void {
    const { watchers } = this
    if (watchers === undefined) return
    if (Array.isArray(watchers)) { for (const watcher of watchers.slice()) watcher.changed(this) }
    else watchers.changed(this)
  }

  interruptNow(fiberId: FiberId.FiberId): void {
    if (this.beginInterrupt(fiberId)) this.core.interrupted([this])
  }

  /** Answers whether there was anything to interrupt; the core is still to be told. */
  beginInterrupt(fiberId: FiberId.FiberId): boolean {
    if (this.released || this.interruptor !== undefined || this.exit !== undefined || this.row.status !== "pending") {
      return false
    }
    this.more.interruptor = fiberId
    return true
  }

  /** The work that only this handle wanted has ended. */
  finishInterrupt(): void {
    if (this.interruptor !== undefined) this.settle(Exit.failCause(Cause.interrupt(this.interruptor)))
  }

  /** After its release it answers what it knows, or that it was released. */
  markReleased(): void {
    const { settled } = this.row
    if (this.exit === undefined && this.interruptor === undefined && settled !== undefined && isSmall(settled)) {
      this.rest = settled
    } else this.peek()
    // It will not answer any more, whatever becomes of the work.
    this.freeze(this.row.status === "pending" ? "cancelled" : this.row.status)
    this.released = true
    if (this.exit === undefined && this.rest === undefined && this.interruptor === undefined) {
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
