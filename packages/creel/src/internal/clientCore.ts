/**
 * The client's actor: it steps the client machine in the caller's own turn, so that a future's key and status exist
 * before any note leaves, and is its hands. It owns the handles of each row, the one finalizer per scope, the outbox.
 * Its neighbours: the machine decides, `handle` is one future, `submission` makes specs, `Client` is what users call.
 *
 * C1. The machine is never stepped while it steps: events that arise meanwhile wait.
 * C2. Notes leave in the order the machine said them; whatever gathers in one turn leaves together.
 * C3. Each scope has one finalizer here, however many futures it owns.
 *
 * Plain code: submitting must cost little more than its own bookkeeping.
 */
import * as Machine from "@creel/core/Client"
import type * as Failure from "@creel/core/Failure"
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import type * as Payload from "@creel/core/Payload"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type * as Door from "../Door.js"
import { FutureError } from "../FutureError.js"
import type * as Task from "../Task.js"
import { type Decoder, toFutureError } from "./answers.js"
import { Handle } from "./handle.js"
import { merged, saved } from "./outgoing.js"

/** What a client inside a running attempt must tell its executor. */
export interface AttemptBinding {
  readonly key: Id.Key
  readonly attempt: Id.Attempt
  /** The attempt waits for these: its slot is given away. */
  readonly suspend: (on: ReadonlyArray<Id.Key>) => void
  /** What it waited for is there; returns when it has a slot again. */
  readonly resume: Effect.Effect<void>
  /** Milliseconds since the epoch at which the attempt will be ended, if it may not run for ever. */
  readonly deadline: number | undefined
}

export interface World {
  readonly id: Id.ClientId
  readonly name: string
  readonly door: Door.Service
  readonly clock: Clock.Clock
  readonly runtime: Runtime.Runtime<never>
  /** How long an interruption waits for remote finalizers. */
  readonly grace: Duration.Duration
  /** Bytes of new work that may wait to leave before `submit` suspends. */
  readonly outboxMax: number
  /** How many waiting Effects and promises share an executor, unless a task says otherwise. */
  readonly io: number
}

type AnyHandle = Handle<any, any>

/** An interrupted handle, and the timer that ends its waiting if nothing else does. */
interface Ending {
  readonly want: number
  readonly handle: AnyHandle
  timer: Fiber.RuntimeFiber<void> | undefined
}

/** The futures that a scope owns. */
interface Hold {
  readonly handles: Set<AnyHandle>
}

export class ClientCore {
  readonly id: Id.ClientId
  readonly machine: Machine.State
  /** By task name and contract: whose errors can be decoded here. */
  readonly tasks = new Map<string, Task.Contract.Any>()
  private mouth: Door.Mouth<Note.FromClient> | undefined = undefined
  private connected = false
  closed = false
  private stepping = false
  private readonly pending: Array<Machine.Event> = []
  private outbox: Array<Note.FromClient> = []
  private flushing = false
  private readonly handles = new Map<Id.Key, Array<AnyHandle>>()
  private readonly holds = new WeakMap<Scope.Scope, Hold>()
  private readonly fetches = new Map<Id.ValueId, Fiber.RuntimeFiber<void>>()
  private readonly ending = new Map<Id.Key, Array<Ending>>()
  private alarm: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined = undefined
  private room: Array<() => void> = []
  private counter = 0
  private readonly nonce: string
  private readonly base: number

  constructor(readonly world: World) {
    this.id = world.id
    this.machine = Machine.make({ id: world.id, name: world.name })
    this.nonce = world.id.slice(1, 7)
    this.base = parseInt(this.nonce, 16) || 1
  }

  // ---------------------------------------------------------------------------
  // Keys
  // ---------------------------------------------------------------------------

  /** A key of its own for each submission: all different, and not alike to the eye. */
  freshKey(name: string): Id.Key {
    const n = (Math.imul(++this.counter, 0x9e3779b1) + this.base) >>> 0
    return `${name}-${n.toString(16).padStart(8, "0")}${this.counter > 0xffffffff ? this.counter : ""}${this.nonce}`
  }

  /** Keys that users name live in this client's own space. */
  namedKey(key: string): Id.Key {
    return `${key}~${this.nonce}`
  }

  publicKey(key: Id.Key): string {
    return key.endsWith(`~${this.nonce}`) ? key.slice(0, -this.nonce.length - 1) : key
  }

  shortKey(key: Id.Key): string {
    const shown = this.publicKey(key)
    if (shown !== key) return shown
    const dash = shown.lastIndexOf("-")
    return dash < 0 || shown.length - dash <= 6 ? shown : `${shown.slice(0, dash + 5)}…`
  }

  // ---------------------------------------------------------------------------
  // The machine and its hands
  // ---------------------------------------------------------------------------

  step(event: Machine.Event): void {
    this.pending.push(event)
    this.turn()
  }

  /** Several events in one step. */
  stepAll(events: ReadonlyArray<Machine.Event>): void {
    for (const event of events) this.pending.push(event)
    this.turn()
  }

  private turn(): void {
    if (this.stepping) return
    this.stepping = true
    try {
      let events: ReadonlyArray<Machine.Event>
      while ((events = this.pending.splice(0)).length > 0) {
        const commands = Machine.step(this.machine, events, this.world.clock.unsafeCurrentTimeMillis())
        for (const command of commands) this.perform(command)
      }
    } finally {
      this.stepping = false
    }
    this.setAlarm()
  }

  private perform(command: Machine.Command): void {
    switch (command._tag) {
      case "Tell":
        return this.tell(command.note)
      case "Changed":
        return this.changed(command.row)
      case "Settled":
        return this.settled(command.row)
      case "Fetch":
        return this.fetch(command)
      case "StopFetch": {
        this.fetches.get(command.value)?.unsafeInterruptAsFork(FiberId.none)
        return
      }
      case "DropOffer":
        return this.world.door.withdraw(this.id, command.value)
      case "Ended":
        return this.ended(command.key, command.want)
      case "Refused":
        return this.refused(command.key, command.failure)
    }
  }

  /** One sleeping fiber at most, and only while a fetch waits to be tried again. */
  private setAlarm(): void {
    const at = Machine.nextDeadline(this.machine)
    if (at === undefined || this.closed || (this.alarm !== undefined && this.alarm.at <= at)) return
    this.alarm?.fiber.unsafeInterruptAsFork(FiberId.none)
    const wait = Math.max(1, at - this.world.clock.unsafeCurrentTimeMillis())
    const fiber = Runtime.runFork(this.world.runtime)(
      Effect.zipRight(
        this.world.clock.sleep(Duration.millis(wait)),
        Effect.sync(() => {
          this.alarm = undefined
          this.step({ _tag: "Tick" })
        })
      ),
      { immediate: false }
    )
    this.alarm = { at, fiber }
  }

  private tell(note: Note.FromClient): void {
    this.outbox.push(note)
    if (this.flushing) return
    this.flushing = true
    // Whatever this turn of the event loop still says leaves with it.
    queueMicrotask(this.flush)
  }

  readonly flush = (): void => {
    this.flushing = false
    if (this.mouth === undefined || this.outbox.length === 0) return
    const notes = merged(this.outbox)
    // Nobody will acknowledge what is not sent.
    const bytes = saved(this.outbox, notes)
    this.outbox = []
    this.mouth.send(notes)
    if (bytes > 0) this.step({ _tag: "Acked", bytes })
  }

  private fetch(command: Extract<Machine.Command, { readonly _tag: "Fetch" }>): void {
    const { from, value } = command
    const fiber = Runtime.runFork(this.world.runtime)(
      this.world.door.read(value, from).pipe(
        Effect.matchCause({
          onSuccess: (payload): FetchAnswer => ({ payload, why: undefined }),
          onFailure: (cause): FetchAnswer => ({
            payload: undefined,
            why: cause._tag === "Fail" ? cause.error.why : "unreachable"
          })
        }),
        Effect.map(({ payload, why }) => {
          this.fetches.delete(value)
          this.step({ _tag: "FetchEnded", value, from, payload, why })
        })
      ),
      { immediate: false }
    )
    this.fetches.set(value, fiber)
    fiber.addObserver((exit) => {
      if (exit._tag === "Success") return
      this.fetches.delete(value)
      this.step({ _tag: "FetchEnded", value, from, payload: undefined, why: "unreachable" })
    })
  }

  private changed(row: Machine.Row): void {
    const handles = this.handles.get(row.key)
    if (handles !== undefined) { for (const handle of handles.slice()) handle.changed() }
  }

  private settled(row: Machine.Row): void {
    const handles = this.handles.get(row.key)
    if (handles === undefined) return
    for (const handle of handles.slice()) {
      // Nobody waits: it is decoded when somebody does.
      const exit = handle.waiting ? handle.peek() : undefined
      if (exit === undefined) handle.changed()
      else handle.settle(exit)
    }
  }

  private refused(key: Id.Key, failure: Failure.Failure): void {
    for (const handle of this.handlesOf(key)) handle.settle(Exit.fail(this.failureOf(failure)))
  }

  /** Nothing that this want kept going runs any more, or nobody waits for that any longer. */
  private ended(key: Id.Key, want: number): void {
    const list = this.ending.get(key)
    if (list === undefined) return
    const rest = list.filter((entry) => entry.want > want)
    if (rest.length === 0) this.ending.delete(key)
    else this.ending.set(key, rest)
    for (const entry of list) {
      if (entry.want > want) continue
      entry.timer?.unsafeInterruptAsFork(FiberId.none)
      entry.handle.finishInterrupt()
    }
  }

  // ---------------------------------------------------------------------------
  // The door
  // ---------------------------------------------------------------------------

  readonly ears: Door.Ears<Note.ToClient> = {
    reset: (_welcome, unacked) => {
      this.connected = true
      this.step({ _tag: "LinkReset", unacked })
      this.wakeRoom()
    },
    notes: (notes) => {
      for (const note of notes) this.pending.push({ _tag: "Note", note })
      this.turn()
    },
    acked: (bytes) => {
      this.step({ _tag: "Acked", bytes })
      this.wakeRoom()
    },
    down: () => {
      this.connected = false
      // An interruption never waits for a dead link.
      for (const key of [...this.ending.keys()]) this.ended(key, Infinity)
    },
    over: (why) => this.close(`the cluster is over: ${why}`)
  }

  open(mouth: Door.Mouth<Note.FromClient>): void {
    this.mouth = mouth
    this.flush()
  }

  /** Goodbye: what is still pending ends as `ClusterClosed`, and all that was wanted is released. */
  close(why = "the client was closed before it was done"): void {
    if (this.closed) return
    const left = [...this.handles.values()].flat()
    this.step({ _tag: "Close" })
    this.closed = true
    this.flush()
    for (const handle of left) handle.settle(Exit.fail(closedError(handle.key, why)))
    this.alarm?.fiber.unsafeInterruptAsFork(FiberId.none)
    for (const key of [...this.ending.keys()]) this.ended(key, Infinity)
    for (const fiber of this.fetches.values()) fiber.unsafeInterruptAsFork(FiberId.none)
    this.wakeRoom()
  }

  // ---------------------------------------------------------------------------
  // Handles
  // ---------------------------------------------------------------------------

  /** The row exists, and one reference of it is this handle's. */
  handle<A, E>(
    key: Id.Key,
    name: string,
    decoder: Decoder<A, E>,
    scope: Scope.Scope,
    attempt: AttemptBinding | undefined
  ): Handle<A, E> {
    const row = Machine.get(this.machine, key)
    if (row === undefined) throw new Error(`BUG: no row for ${key}, which was just submitted`)
    const handle = new Handle<A, E>(this, row, name, decoder, attempt)
    const handles = this.handles.get(key)
    if (handles === undefined) this.handles.set(key, [handle])
    else handles.push(handle)
    this.own(handle, scope)
    return handle
  }

  /** How many handles are not released: for tests. */
  handleCount(): number {
    let count = 0
    for (const handles of this.handles.values()) count += handles.length
    return count
  }

  handlesOf(key: Id.Key): ReadonlyArray<AnyHandle> {
    return this.handles.get(key) ?? []
  }

  /** From now on this scope ends it. */
  own(handle: AnyHandle, scope: Scope.Scope): void {
    let hold = this.holds.get(scope)
    if (hold === undefined) {
      const made: Hold = { handles: new Set() }
      hold = made
      this.holds.set(scope, hold)
      Runtime.runSync(this.world.runtime)(Scope.addFinalizer(scope, this.closeHold(scope, made)))
    }
    hold.handles.add(handle)
    handle.hold = hold
    // The scope had closed already: what begins in it ends at once, as a fiber would.
    if (this.holds.get(scope) !== hold) {
      handle.interruptNow(FiberId.none)
      if (!handle.isInterrupting) this.release(handle)
    }
  }

  /** As the scope of forked fibers does: what is pending is interrupted and waited for, what is done is let go. */
  private closeHold(scope: Scope.Scope, hold: Hold): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.holds.delete(scope)
      const interrupting: Array<AnyHandle> = []
      for (const handle of [...hold.handles]) {
        handle.interruptNow(FiberId.none)
        if (handle.isInterrupting) interrupting.push(handle)
        else this.release(handle)
      }
      return Effect.forEach(interrupting, (handle) => handle.await, { discard: true, concurrency: "unbounded" })
    })
  }

  release(handle: AnyHandle): void {
    if (handle.released) return
    this.warnUnseen(handle)
    handle.markReleased()
    this.forget(handle)
    this.step({ _tag: "Release", key: handle.row.key, count: 1, answer: false })
  }

  private forget(handle: AnyHandle): void {
    handle.hold?.handles.delete(handle)
    const handles = this.handles.get(handle.row.key)
    if (handles === undefined) return
    const index = handles.indexOf(handle)
    if (index >= 0) handles.splice(index, 1)
    if (handles.length === 0) this.handles.delete(handle.row.key)
  }

  /** A handle was interrupted here: its want goes, and its Exit comes when nothing of it runs any more. */
  interrupted(handle: AnyHandle): void {
    const { row } = handle
    const want = row.want
    handle.released = true
    this.forget(handle)
    const alone = row.refs === 1
    const entry: Ending = { want, handle, timer: undefined }
    const list = this.ending.get(row.key)
    if (list === undefined) this.ending.set(row.key, [entry])
    else list.push(entry)
    this.step({ _tag: "Release", key: row.key, count: 1, answer: true })
    if (!alone || !this.connected || this.closed) return this.ended(row.key, want)
    if (handle.isDone()) return
    entry.timer = Runtime.runFork(this.world.runtime)(
      Effect.zipRight(this.world.clock.sleep(this.world.grace), Effect.sync(() => this.ended(row.key, want))),
      { immediate: false }
    )
  }

  /** Waits for a handle's Exit: the value is brought here. */
  awaiting<A, E>(handle: Handle<A, E>): Effect.Effect<Exit.Exit<A, E | FutureError>> {
    const wait = Effect.async<Exit.Exit<A, E | FutureError>>((resume) => {
      const exit = handle.peek()
      if (exit !== undefined) return resume(Effect.succeed(exit))
      const remove = handle.addWaiter((exit) => resume(Effect.succeed(exit)))
      if (!handle.isInterrupting) this.step({ _tag: "Need", key: handle.row.key })
      return Effect.sync(remove)
    })
    // One that is ending needs no slot to end: nothing is given away for it.
    return handle.isInterrupting ? wait : this.suspending(handle.attempt, [handle], wait)
  }

  /** Inside an attempt, waiting for what is not done yet gives the slot away. */
  suspending<A>(
    attempt: AttemptBinding | undefined,
    handles: ReadonlyArray<AnyHandle>,
    wait: Effect.Effect<A>
  ): Effect.Effect<A> {
    if (attempt === undefined) return wait
    return Effect.suspend(() => {
      const on = handles.filter((handle) => !handle.done).map((handle) => handle.row.key)
      if (on.length === 0) return wait
      // What it waits for must be known before it is said to wait: a circle is seen then or never.
      this.flush()
      attempt.suspend(on)
      return Effect.onExit(wait, () => attempt.resume)
    })
  }

  retain(handle: AnyHandle, scope: Scope.Scope): void {
    handle.retained = true
    if (handle.released) return
    handle.hold?.handles.delete(handle)
    this.own(handle, scope)
  }

  cancel(
    handles: ReadonlyArray<AnyHandle>,
    options: { readonly reason?: string | undefined; readonly force?: boolean | undefined }
  ): void {
    const keys: Array<Id.Key> = []
    for (const handle of handles) {
      if (handle.core !== this) handle.core.cancel([handle], options)
      else if (!handle.released) keys.push(handle.row.key)
    }
    if (keys.length === 0) return
    this.step({
      _tag: "Cancel",
      keys,
      force: options.force ?? false,
      by: this.world.name,
      reason: options.reason ?? "cancelled by its holder"
    })
  }

  retry<A, E>(handle: Handle<A, E>, scope: Scope.Scope): Handle<A, E> {
    const { key } = handle.row
    handle.observe()
    if (handle.released) return new Handle(this, handle.row, handle.name, handle.decoder, handle.attempt).asReleased()
    // The old handles go on answering what they were told.
    for (const each of this.handlesOf(key)) each.peek()
    this.stepAll([{ _tag: "Retain", key }, { _tag: "RetryKeys", keys: [key] }])
    return this.handle(key, handle.name, handle.decoder, scope, handle.attempt)
  }

  /** Until all of these have an Exit here, or the first of them has failed. One wait, however many they are. */
  bringing(handles: ReadonlyArray<AnyHandle>, failFast: boolean): Effect.Effect<void> {
    const wait = Effect.async<void>((resume) => {
      let missing = 0
      const removes: Array<() => void> = []
      const over = () => {
        for (const remove of removes) remove()
        resume(Effect.void)
      }
      const needs: Array<Machine.Event> = []
      for (const handle of handles) {
        handle.observe()
        const exit = handle.peek()
        if (exit !== undefined) {
          if (failFast && Exit.isFailure(exit)) return over()
          continue
        }
        missing++
        removes.push(handle.addWaiter((exit: Exit.Exit<unknown, unknown>) => {
          if (--missing === 0 || (failFast && Exit.isFailure(exit))) over()
        }))
        if (handle.isInterrupting) continue
        // One of another client is brought here by that one.
        if (handle.core === this) needs.push({ _tag: "Need", key: handle.row.key })
        else handle.core.step({ _tag: "Need", key: handle.row.key })
      }
      if (missing === 0) return over()
      this.stepAll(needs)
      return Effect.sync(() => {
        for (const remove of removes) remove()
      })
    })
    return this.suspending(handles[0]?.attempt, handles, wait)
  }

  /** Until so many of these are done (their values stay where they are). */
  waiting(handles: ReadonlyArray<AnyHandle>, count: number): Effect.Effect<void> {
    const enough = () => {
      let done = 0
      for (const handle of handles) if (handle.done && ++done >= count) return true
      return done >= count
    }
    const wait = Effect.async<void>((resume) => {
      if (enough()) return resume(Effect.void)
      let done = 0
      const open = new Set<AnyHandle>()
      const stops: Array<() => void> = []
      const stop = () => {
        for (const each of stops) each()
      }
      for (const handle of handles) {
        if (handle.done) {
          done++
          continue
        }
        open.add(handle)
        stops.push(handle.watch(() => {
          if (handle.done === !open.has(handle)) return
          if (handle.done) {
            open.delete(handle)
            done++
          } else {
            open.add(handle)
            done--
          }
          if (done >= count) {
            stop()
            resume(Effect.void)
          }
        }))
      }
      return Effect.sync(stop)
    })
    return this.suspending(handles[0]?.attempt, handles, wait)
  }

  /** Suspends while more new work waits to leave than the outbox may hold. */
  readonly awaitRoom: Effect.Effect<void> = Effect.suspend(() =>
    this.hasRoom()
      ? Effect.void
      : Effect.async<void>((resume) => {
        const wake = () => resume(Effect.void)
        this.room.push(wake)
        return Effect.sync(() => {
          this.room = this.room.filter((each) => each !== wake)
        })
      })
  )

  hasRoom(): boolean {
    return this.closed || Machine.outboxBytes(this.machine) < this.world.outboxMax
  }

  private wakeRoom(): void {
    if (!this.hasRoom()) return
    const waiting = this.room
    this.room = []
    for (const wake of waiting) wake()
  }

  /** The keys of failures that somebody has seen, here or through a dependent, or that were logged. */
  private readonly seen = new Set<Id.Key>()

  failureSeen(key: Id.Key): void {
    this.seen.add(key)
    // The oldest go: what they are for is a log line too many, at worst.
    if (this.seen.size > 10_000) { for (const first of this.seen) return void this.seen.delete(first) }
  }

  private warnUnseen(handle: AnyHandle): void {
    const { settled, status } = handle.row
    if (handle.observed || status !== "error" || settled?._tag !== "Failure" || this.seen.has(settled.failure.key)) {
      return
    }
    const exit = handle.peek()
    if (exit === undefined || exit._tag === "Success") return
    this.failureSeen(settled.failure.key)
    Runtime.runFork(this.world.runtime)(
      Effect.logWarning(`${handle.key} failed and was released without anyone having joined it`, exit.cause)
    )
  }

  failureOf(failure: Failure.Failure): FutureError {
    return toFutureError(failure, (key) => this.publicKey(key))
  }

  offer(value: Id.ValueId, payload: Payload.Payload): void {
    this.world.door.offer(this.id, value, payload)
  }
}

const closedError = (key: string, detail: string): FutureError =>
  new FutureError({ reason: "ClusterClosed", key, detail })

interface FetchAnswer {
  readonly payload: Payload.Payload | undefined
  readonly why: Door.ReadFailed["why"] | undefined
}
