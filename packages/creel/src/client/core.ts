/**
 * The client's actor: it steps the client machine in the caller's own turn, so that a future's key and status exist
 * before any note leaves, and carries out what the machine commands. It owns the handles of each row.
 * Its neighbours: the machine decides, `handle` is one future, `outbox` and `fetches` are hands, `holds` and `endings`
 * say when handles end, `unseen` what nobody has looked at, `waits` is all waiting, `submission` makes specs, `Client` is what users call.
 *
 * C1. The machine is never stepped while it steps: events that arise meanwhile wait.
 *
 * Plain code: submitting must cost little more than its own bookkeeping.
 */
import * as Machine from "@creel/core/Client"
import type * as Failure from "@creel/core/Failure"
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import type * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Door from "../Door.js"
import { closedError, type Source, toFutureError, whatToDo } from "../future/answers.js"
import { type Ending, Endings } from "../future/endings.js"
import { Handle, type Owner } from "../future/handle.js"
import { type Hold, Holds } from "../future/holds.js"
import * as RowHandles from "../future/rowHandles.js"
import { Unseen } from "../future/unseen.js"
import type { FutureError } from "../FutureError.js"
import type * as Task from "../Task.js"
import { Fetches } from "./fetches.js"
import { ClientKeys } from "./keys.js"
import { Outbox } from "./outbox.js"
import * as Submission from "./submission.js"

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
  /** The machine's own settings. */
  readonly machine: Partial<Machine.Config> | undefined
}

type AnyHandle = Handle<any, any>

const mouldsMax = 256

export class ClientCore {
  readonly id: Id.ClientId
  readonly machine: Machine.State
  /** By task name and contract: whose errors can be decoded here. */
  readonly tasks = new Map<string, Task.Contract.Any>()
  readonly keys: ClientKeys
  private connected = false
  closed = false
  private stepping = false
  private pending: Array<Machine.Event> = []
  private readonly outbox: Outbox
  readonly holds: Holds
  private readonly endings: Endings
  readonly unseen: Unseen
  private readonly fetches: Fetches
  private alarm: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined = undefined

  constructor(readonly world: World) {
    this.id = world.id
    this.machine = Machine.make({ id: world.id, name: world.name, config: world.machine })
    this.keys = new ClientKeys(world.id)
    this.outbox = new Outbox({
      hasRoom: () => this.hasRoom(),
      saved: (bytes) => this.step({ _tag: "Acked", bytes })
    })
    this.holds = new Holds(world.runtime, this.endAll)
    this.endings = new Endings(world)
    this.unseen = new Unseen(world.runtime)
    this.fetches = new Fetches(world.door, world.runtime, (events) => this.stepAll(events))
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
      while (this.pending.length > 0) {
        const events = this.pending
        this.pending = []
        const commands = Machine.step(this.machine, events, this.world.clock.unsafeCurrentTimeMillis())
        // Counted: until it is compiled this costs a fraction of `for of`.
        for (let i = 0; i < commands.length; i++) this.perform(commands[i]!)
      }
    } finally {
      this.stepping = false
    }
    this.setAlarm()
  }

  private perform(command: Machine.Command): void {
    switch (command._tag) {
      case "Tell":
        return this.outbox.tell(command.note)
      case "Changed":
        return this.changed(command.row)
      case "Settled":
        return this.settled(command)
      case "Fetch":
        return this.fetches.start(command)
      case "StopFetch":
        return this.fetches.stop(command.value)
      case "DropOffer":
        return this.world.door.withdraw(this.id, command.value)
      case "Ended":
        return this.endings.end(command.key, command.want)
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

  private changed(row: Machine.Row): void {
    for (const handle of RowHandles.list(row)) handle.changed()
  }

  private settled({ outcome, row, want }: Extract<Machine.Command, { readonly _tag: "Settled" }>): void {
    // What is larger than the budget for fetched bytes is not in its row any more: those who wait get it from here.
    const told = row.want === want && row.settled?._tag === "Value" ? outcome : undefined
    const single = RowHandles.single(row)
    if (single !== undefined) return settle(single, told)
    for (const handle of RowHandles.list(row)) settle(handle, told)
  }

  private refused(key: Id.Key, failure: Failure.Failure): void {
    for (const handle of this.handlesOf(key)) handle.settle(Exit.fail(this.failureOf(failure)))
  }

  // ---------------------------------------------------------------------------
  // The door
  // ---------------------------------------------------------------------------

  readonly ears: Door.Ears<Note.ToClient> = {
    reset: (_welcome, unacked) => {
      this.connected = true
      this.step({ _tag: "LinkReset", unacked })
      // All that it tells goes ahead of whatever is asked next.
      this.outbox.flush()
      this.outbox.wakeRoom()
    },
    notes: (notes) => {
      this.step({ _tag: "Notes", notes })
    },
    acked: (bytes) => {
      this.step({ _tag: "Acked", bytes })
      this.outbox.wakeRoom()
    },
    down: () => {
      this.connected = false
      // An interruption never waits for a dead link.
      this.endings.endAll()
    },
    over: (why) => this.close(`the cluster is over: ${why}`)
  }

  open(mouth: Door.Mouth<Note.FromClient>): void {
    this.outbox.open(mouth)
  }

  /** Goodbye: what is still pending ends as `ClusterClosed`, and all that was wanted is released. */
  close(why = "the client was closed before it was done"): void {
    if (this.closed) return
    const left = this.handles()
    this.step({ _tag: "Close" })
    this.closed = true
    this.outbox.flush()
    for (const handle of left) handle.settle(Exit.fail(closedError(handle.key, why)))
    this.alarm?.fiber.unsafeInterruptAsFork(FiberId.none)
    this.endings.endAll()
    this.fetches.stopAll()
    this.outbox.wakeRoom()
  }

  // ---------------------------------------------------------------------------
  // Handles
  // ---------------------------------------------------------------------------

  /** The row exists, and one reference of it is this handle's. */
  handle<A, E>(
    owner: Owner,
    key: Id.Key,
    source: Source,
    hold: Hold,
    row: Machine.Row | undefined = Machine.get(this.machine, key)
  ): Handle<A, E> {
    if (row === undefined) throw new Error(`BUG: no row for ${key}, which was just submitted`)
    const handle = new Handle<A, E>(owner, row, source)
    RowHandles.add(row, handle)
    hold.add(handle)
    return handle
  }

  /** New work, with the values that it brings. One step, however much it is; answers the rows of `wants`, in their order. */
  submit(
    specs: ReadonlyArray<Spec.Spec>,
    wants: ReadonlyArray<Id.Key>,
    keep: ReadonlyArray<Id.Key>,
    brought: ReadonlyArray<Submission.Brought>
  ): ReadonlyArray<Machine.Row> {
    const rows: Array<Machine.Row> = []
    for (const { offer, payload } of brought) {
      this.offer(offer.value, payload)
      this.pending.push(offer)
    }
    this.step({ _tag: "Submit", specs, wants, keep, rows })
    if (brought.length > 0 && !this.stepping) this.withdrawRefused(brought)
    return rows
  }

  /** What was brought once more while it was still here from the last time is not kept twice. */
  private withdrawRefused(brought: ReadonlyArray<Submission.Brought>): void {
    for (const { offer } of brought) {
      const kept = Machine.offering(this.machine, offer.key)
      if (kept !== undefined && kept !== offer.value) this.world.door.withdraw(this.id, offer.value)
    }
  }

  private readonly moulds = new Map<Task.Contract.Any, Submission.Mould>()

  /** What submissions of this task in this region have in common: of the last region in which it was submitted. */
  mould(contract: Task.Contract.Any, region: Task.SubmitOptions): Submission.Mould {
    const known = this.moulds.get(contract)
    if (known?.region === region) return known
    const made = Submission.mould(contract, region, this.world.io)
    // Contracts that are made anew for each submission must not stay.
    if (this.moulds.size >= mouldsMax) this.moulds.clear()
    this.moulds.set(contract, made)
    this.learn(contract)
    return made
  }

  /** From now on what fails by the contract's Schema can be decoded here. */
  learn(contract: Task.Contract.Any): void {
    this.tasks.set(contract.id, contract)
    if (contract.uses !== undefined) { for (const each of contract.uses) this.tasks.set(each.id, each) }
  }

  private handles(): ReadonlyArray<AnyHandle> {
    const all: Array<AnyHandle> = []
    for (const row of this.machine.rows.values()) for (const handle of RowHandles.list(row)) all.push(handle)
    return all
  }

  /** How many handles are not released: for tests. */
  handleCount(): number {
    return this.handles().length
  }

  handlesOf(key: Id.Key): ReadonlyArray<AnyHandle> {
    const row = Machine.get(this.machine, key)
    return row === undefined ? [] : RowHandles.list(row)
  }

  release(handle: AnyHandle): void {
    if (handle.released) return
    this.letGo(handle)
    this.step({ _tag: "Release", keys: [handle.row], count: 1, answer: false })
  }

  releaseAll(handles: ReadonlyArray<AnyHandle>): void {
    const rows: Array<Machine.Row> = []
    for (const handle of handles) {
      if (handle.released) continue
      this.letGo(handle)
      rows.push(handle.row)
    }
    if (rows.length > 0) this.step({ _tag: "Release", keys: rows, count: 1, answer: false })
  }

  /** It does not count any more; the machine is still to be told. */
  private letGo(handle: AnyHandle): void {
    this.unseen.warn(handle)
    handle.markReleased()
    this.forget(handle)
  }

  /** Their scope is over: what is done is let go, in one step; answers those whose Exit is still to come. */
  readonly endAll = (handles: ReadonlyArray<AnyHandle>): ReadonlyArray<AnyHandle> => {
    const pending = handles.filter((handle) => handle.beginInterrupt(FiberId.none))
    if (pending.length > 0) this.interrupted(pending)
    const interrupting = handles.filter((handle) => handle.isInterrupting)
    this.releaseAll(interrupting.length === 0 ? handles : handles.filter((handle) => !handle.isInterrupting))
    return interrupting
  }

  private forget(handle: AnyHandle): void {
    handle.hold?.remove(handle)
    RowHandles.remove(handle.row, handle)
  }

  /** Handles were interrupted here: their wants go, and their Exits come when nothing of those runs any more. */
  interrupted(handles: ReadonlyArray<AnyHandle>): void {
    const alone: Array<Ending> = []
    const shared: Array<AnyHandle> = []
    for (const handle of handles) {
      const { row } = handle
      handle.released = true
      this.forget(handle)
      // While another handle of this client stands for it nothing of it ends, and there is nothing to wait for.
      if (RowHandles.any(row)) shared.push(handle)
      else alone.push(this.endings.add(row.key, row.want, handle))
    }
    if (shared.length > 0) {
      this.step({ _tag: "Release", keys: shared.map((handle) => handle.row), count: 1, answer: false })
      for (const handle of shared) handle.finishInterrupt()
    }
    if (alone.length === 0) return
    this.step({ _tag: "Release", keys: alone.map((entry) => entry.key), count: 1, answer: true })
    // An interruption never waits for a dead link.
    if (!this.connected || this.closed) { for (const entry of alone) this.endings.end(entry.key, entry.want) }
    const open = alone.filter((entry) => !entry.handle.isDone())
    if (open.length > 0) this.endings.limit(open)
  }

  retain(handle: AnyHandle, scope: Scope.Scope): void {
    handle.retained = true
    if (handle.released) return
    handle.hold?.remove(handle)
    this.holds.of(scope).add(handle)
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
    if (handle.released) return new Handle<A, E>(handle.owner, handle.row, handle.source).asReleased()
    // The old handles go on answering what they were told.
    for (const each of this.handlesOf(key)) each.peek()
    this.stepAll([{ _tag: "Retain", key }, { _tag: "RetryKeys", keys: [key] }])
    return this.handle(handle.owner, key, handle.source, this.holds.of(scope))
  }

  /** All that was said leaves now. */
  flush(): void {
    this.outbox.flush()
  }

  /** Suspends while more new work waits to leave than the outbox may hold. */
  get awaitRoom(): Effect.Effect<void> {
    return this.outbox.awaitRoom
  }

  hasRoom(): boolean {
    return this.closed || Machine.outboxBytes(this.machine) < this.world.outboxMax
  }

  failureOf(failure: Failure.Failure): FutureError {
    return toFutureError(this.advised(failure), (key) => this.keys.shown(key))
  }

  /** What the task that is missing says of itself is better advice than what is said of all. */
  private advised(failure: Failure.Failure): Failure.Failure {
    if (failure.reason !== "UnknownTask") return failure
    for (const { id, options } of this.tasks.values()) {
      if (options.advice === undefined || !failure.detail.includes(id)) continue
      return { ...failure, detail: `${failure.detail}${whatToDo}${options.advice}` }
    }
    return failure
  }

  offer(value: Id.ValueId, payload: Payload.Payload): void {
    this.world.door.offer(this.id, value, payload)
  }
}

const settle = (handle: AnyHandle, told: Machine.Outcome | undefined): void => {
  // Nobody waits: it is decoded when somebody does.
  const exit = handle.waiting ? handle.peek(told) : undefined
  if (exit === undefined) handle.changed()
  else handle.settle(exit)
}
