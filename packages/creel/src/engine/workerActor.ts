/**
 * The worker's actor: the machine decides, these are its hands. It owns the way from a job to an executor and back, the
 * worker's store, and its fetches.
 *
 * A large result is in the store before the machine, and so before anyone else, hears of it. A small one is in the row that
 * the machine has of it, where the store finds it: two tables of the same would cost each task four look-ups.
 */
import * as MachineActor from "@creel/actor/MachineActor"
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import * as Payload from "@creel/core/Payload"
import * as Machine from "@creel/core/Worker"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Door from "../Door.js"
import type { ExecutorEvent, Executors, Job } from "../Executor.js"
import * as Profiling from "../profile/profiling.js"
import type * as Store from "../Store.js"
import { transferred } from "./traces.js"

export interface Options {
  readonly id: Id.WorkerId
  readonly info: Omit<Note.WorkerInfo, "slots" | "tasks">
  readonly executors: Executors
  readonly store: Store.Store
  readonly door: Door.Service
  readonly config?: Partial<Machine.Config> | undefined
}

type Ref = MachineActor.MachineRef<Machine.Event, Machine.State>

const none: ReadonlyArray<never> = []

class Hands {
  mouth: Door.Mouth<Note.FromWorker> | undefined = undefined
  /** It has said goodbye, or is no more. */
  readonly left = Deferred.unsafeMake<void>(FiberId.none)
  ref: Ref | undefined = undefined
  /** The machine's, which is looked at to know which job an executor speaks of. */
  readonly state: Machine.State
  /** Executors that are down: what one still says is of the past. */
  private readonly down = new Set<string>()
  private before: Array<Machine.Event> = []

  constructor(private readonly options: Options) {
    this.state = Machine.make({ id: options.id, info: options.info, config: options.config })
  }

  /** Events that come before the actor is there are the first it hears. */
  tell(event: Machine.Event): void {
    if (this.ref === undefined) this.before.push(event)
    else this.ref.tell(event)
  }

  begin(ref: Ref): void {
    this.ref = ref
    ref.tellAll(this.before)
    this.before = []
  }

  readonly perform = (command: Machine.Command, hands: MachineActor.Hands<Machine.Event>): void => {
    const { executors, store } = this.options
    switch (command._tag) {
      case "Tell": {
        this.mouth?.send(command.notes)
        if (this.state.left) Deferred.unsafeDone(this.left, Effect.void)
        return
      }
      case "Run":
        return this.run(command)
      case "Interrupt":
        return executors.interrupt(command.executor, command.attempt, command.reason, command.by)
      case "EndExecutor":
        return executors.end(command.executor, command.why, command.idle === true)
      case "Continue":
        return executors.proceed(command.executor, command.attempt)
      case "Fetch":
        return this.startFetch(command.value, command.from, hands)
      case "StopFetch":
        return hands.stop(command.value)
      case "Drop":
        return command.isStored ? store.drop(command.value) : undefined
      case "Spill":
        return this.move(command, "SpillEnded", store.spill(command.value), hands)
      case "Load":
        return this.move(command, "LoadEnded", store.load(command.value), hands)
    }
  }

  /** A small value in memory stands in the machine's row of it. */
  readonly kept = (value: Id.ValueId): Payload.Payload | undefined => {
    const row = this.state.replicas.get(value)
    return row === undefined || row.place === "disk" || row.place === "loading" ? undefined : row.inline
  }

  private run(command: Extract<Machine.Command, { readonly _tag: "Run" }>): void {
    const { ahead, attempt, executor, failures, inputs, spec } = command
    const job: Job = {
      key: spec.key,
      attempt,
      task: spec.task,
      group: spec.group,
      args: spec.args,
      inputs: inputs.length === 0 ? none : inputs.map(({ inline, value }) => {
        // The step that said so may have dropped its row since.
        const payload = this.options.store.get(value) ?? inline
        if (payload === undefined && !ahead.includes(value)) {
          throw new Error(`${spec.key} was to run without its input ${value}`)
        }
        return { value, payload }
      }),
      failures,
      outward: spec.outward,
      deadline: spec.timeout === undefined ? undefined : this.now() + spec.timeout
    }
    this.options.executors.run(executor, job)
  }

  /** Moves to and from the disk under way, by the name of the work. */
  private readonly moves = new Map<string, Extract<Machine.Event, { readonly turn: number }>>()

  private move(
    { turn, value }: Extract<Machine.Command, { readonly turn: number }>,
    _tag: "SpillEnded" | "LoadEnded",
    work: Effect.Effect<void, Store.DiskError>,
    hands: MachineActor.Hands<Machine.Event>
  ): void {
    const name = `${value}!${turn}`
    this.moves.set(name, { _tag, value, turn, ok: false })
    const ended = (ok: boolean): Machine.Event => {
      this.moves.delete(name)
      return { _tag, value, turn, ok }
    }
    hands.start(
      name,
      Effect.matchEffect(work, {
        onSuccess: () => Effect.succeed(ended(true)),
        onFailure: (error) => Effect.as(Effect.logWarning(error.message), ended(false))
      })
    )
  }

  now: () => number = () => 0

  /** By the name of the work, which is the value's: one fetch of a value at a time. */
  private readonly fetching = new Map<string, Id.PeerId>()

  private startFetch(value: Id.ValueId, from: Id.PeerId, hands: MachineActor.Hands<Machine.Event>): void {
    this.fetching.set(value, from)
    const read = this.options.door.read(value, from)
    const spec = Machine.neededFor(this.state, value)
    const trace = spec?.outward?.trace
    const traced = trace === undefined
      ? read
      : transferred(read, trace, { "creel.value": value, "creel.holder": from, "creel.key": spec!.key })
    hands.start(
      value,
      traced.pipe(
        Effect.match({
          onSuccess: (payload): Machine.Event => {
            this.fetching.delete(value)
            this.options.store.put(value, payload)
            return { _tag: "FetchEnded", value, from, ok: true, bytes: Payload.bytes(payload) }
          },
          onFailure: ({ why }): Machine.Event => {
            this.fetching.delete(value)
            return { _tag: "FetchEnded", value, from, ok: false, why }
          }
        })
      )
    )
  }

  /** Interrupted or broken, a fetch ends all the same: the machine must hear of it, and bytes it does not count must go. */
  readonly workEnded = (value: string): Machine.Event => {
    const move = this.moves.get(value)
    if (move !== undefined) {
      this.moves.delete(value)
      return move
    }
    this.options.store.drop(value)
    const from = this.fetching.get(value) ?? ""
    this.fetching.delete(value)
    return { _tag: "FetchEnded", value, from, ok: false, why: "unreachable" }
  }

  readonly leave = (within: number): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      this.tell({ _tag: "Leave", within })
      // A node leaves in a finalizer, where a wait that cannot be interrupted would outlast its time.
      return Effect.map(Effect.timeoutOption(Effect.interruptible(Deferred.await(this.left)), within), Option.isSome)
    })

  readonly heard = (event: ExecutorEvent): void => {
    switch (event._tag) {
      case "Up":
        this.down.delete(event.executor)
        return this.tell({ ...event, _tag: "ExecutorUp" })
      case "Down":
        this.down.add(event.executor)
        return this.tell({ ...event, _tag: "ExecutorDown" })
      case "Ended":
        return this.ended(event)
      case "Tired":
        return this.tell({ ...event, _tag: "ExecutorTired" })
      case "Measured":
        return this.tell({ ...event, sharedBytes: this.options.store.sharedBytes() })
      default:
        return this.tell(event)
    }
  }

  private ended(event: Extract<ExecutorEvent, { readonly _tag: "Ended" }>): void {
    const { attempt, millis, outcome } = event
    if (outcome._tag !== "Value") return this.tell({ _tag: "RunEnded", attempt, outcome, millis })
    const isInline = Payload.isInline(outcome.payload)
    if (!isInline || this.down.size > 0) {
      const job = this.state.jobs.get(attempt)
      // Nobody would drop what nobody counts.
      if (job?.state._tag !== "Running" || this.down.has(job.state.executor.id)) return
      if (!isInline) this.options.store.put(job.value, outcome.payload)
    }
    this.tell({
      _tag: "RunEnded",
      attempt,
      outcome: {
        _tag: "Value",
        bytes: Payload.bytes(outcome.payload),
        type: outcome.type,
        inline: isInline ? outcome.payload : undefined
      },
      millis
    })
  }

  fork: (effect: Effect.Effect<void>) => void = () => {}

  private profile(note: Note.Profile): void {
    const { executors, info } = this.options
    this.fork(Effect.map(Profiling.ofWorker(executors, note, info.name), (profiled) => this.mouth?.send([profiled])))
  }

  readonly ears: Door.Ears<Note.ToWorker> = {
    // Who has left does not begin again.
    reset: (_welcome, unacked) => this.state.left ? undefined : this.tell({ _tag: "LinkReset", unacked }),
    notes: (notes) => {
      for (const note of notes) if (note._tag === "Profile") this.profile(note)
      this.tell({ _tag: "Notes", notes })
    },
    acked: () => {},
    down: () => {},
    over: () => {}
  }
}

/** A worker's life. */
export interface WorkerActor extends Ref {
  /**
   * Takes nothing new, lets what runs end and what only it holds be copied, and says goodbye: within so many milliseconds.
   * Says whether it did.
   */
  readonly leave: (within: number) => Effect.Effect<boolean>
}

/** A worker: joined when this returns, gone when the scope closes. */
export const make = (options: Options): Effect.Effect<WorkerActor, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const hands = new Hands(options)
    hands.fork = yield* FiberSet.makeRuntime<never>()
    hands.now = () => clock.unsafeCurrentTimeMillis()
    const ref = yield* MachineActor.make<Machine.State, Machine.Event, Machine.Command>({
      name: options.info.name,
      machine: {
        initial: () => hands.state,
        step: Machine.step,
        nextDeadline: Machine.nextDeadline,
        tick: { _tag: "Tick" }
      },
      perform: hands.perform,
      onWorkEnd: hands.workEnded
    })
    options.store.watch({
      lent: (value) => hands.tell({ _tag: "Serving", value }),
      returned: (value) => hands.tell({ _tag: "Served", value }),
      kept: hands.kept
    })
    hands.mouth = yield* options.door.attachWorker(options.id, hands.ears)
    hands.begin(ref)
    yield* options.executors.start(hands.heard)
    yield* Effect.addFinalizer(() => Deferred.succeed(hands.left, undefined))
    return Object.assign(ref, { leave: hands.leave })
  })
