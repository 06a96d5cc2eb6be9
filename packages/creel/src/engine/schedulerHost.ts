/**
 * The scheduler's actor, and who is attached to it. It owns the lives of the scheduler (a step that throws ends one,
 * the next is told everything by its peers), and the routes to clients and workers.
 *
 * 1. A life's incarnation is greater than that of any before it.
 * 2. What one step says to a peer leaves as one array.
 * 3. A peer that detaches is lost at that moment: here, detaching is proof.
 * 4. In a session that begins, a peer is told nothing before the machine has recorded its telling: what was said to one that was
 *    believed to have this or that would cross with what it says of itself.
 */
import * as ChildSpec from "@creel/actor/ChildSpec"
import * as MachineActor from "@creel/actor/MachineActor"
import * as Supervisor from "@creel/actor/Supervisor"
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type * as Door from "../Door.js"
import { Profiling } from "../profile/profiling.js"
import * as Shelf from "../Shelf.js"
import * as Metrics from "./metrics.js"
import { questions } from "./questions.js"
import { ScheduleSpans } from "./traces.js"

type Ref = MachineActor.MachineRef<Scheduler.Event, Scheduler.State>

export interface Options {
  readonly config?: Partial<Scheduler.Config> | undefined
  /** How long a new life waits to be told by everybody. Milliseconds. */
  readonly tellWithin: number
  readonly scale: Door.Questions["scale"]
  readonly adapt: Door.Questions["adapt"]
  readonly stop: (worker: string) => Effect.Effect<boolean>
  /** The next life's, asked for once a life. Default: counted from 1. */
  readonly incarnation?: Effect.Effect<Id.Incarnation> | undefined
  /** Who is to tell the next life, beside those that are attached. */
  readonly expect?: Effect.Effect<ReadonlyArray<Id.PeerId>> | undefined
  /** Whether this life may still act: one that may not ends before it says anything. */
  readonly held?: (() => boolean) | undefined
  /** Whether another takes over when this one is closed, so that its peers have nothing to be told. Default: false. */
  readonly succeeded?: boolean | undefined
  /** Where what peers of this process serve is found. */
  readonly shelf?: Shelf.Shelf | undefined
}

type Told = Note.ClientTold | Note.WorkerTold

/** A peer's ears, open once what its session began with has been recorded. */
class Attached<Down> {
  private told: Told | undefined = undefined
  private isOpen = false
  constructor(private readonly ears: Door.Ears<Down>) {}

  /** A session begins. */
  readonly fresh = (): void => {
    this.told = undefined
    this.isOpen = false
  }
  reset(welcome: Note.Welcome): void {
    this.fresh()
    this.ears.reset(welcome, [])
  }
  telling(notes: ReadonlyArray<Note.FromClient | Note.FromWorker>): void {
    if (this.isOpen) return
    for (const note of notes) if (note._tag === "ClientTold" || note._tag === "WorkerTold") this.told = note
  }
  begun(told: Told): void {
    if (told === this.told) this.isOpen = true
  }
  notes(notes: ReadonlyArray<Down>): void {
    if (this.isOpen) this.ears.notes(notes)
  }
  acked(): void {
    this.ears.acked(Number.MAX_SAFE_INTEGER)
  }
  over(why: string): void {
    this.ears.over(why)
  }
}

export class SchedulerHost {
  /**
   * Lives that are counted here begin with 0: attempts of that one are small integers, and an engine keeps larger numbers
   * apart, in an object of its own for each place where one stands.
   */
  private incarnation = -1
  private ref: Ref | undefined = undefined
  private readonly clients = new Map<Id.ClientId, Attached<Note.ToClient>>()
  private readonly workers = new Map<Id.WorkerId, Attached<Note.ToWorker>>()
  readonly shelf: Shelf.Shelf
  readonly door: Door.Service
  /** Who supervises whom here: known as soon as the first life begins. */
  tree: Effect.Effect<Supervisor.Tree> = Effect.never
  /** Has the next life begin, behind whoever asks for it: it is to be answered by this one. */
  anew: Effect.Effect<void> = Effect.never

  private readonly spans: ScheduleSpans
  private readonly profiling = new Profiling({
    workers: () => [...this.state()?.workers.values() ?? []].map(({ id, info }) => ({ id, name: info.name })),
    tell: (worker, note) => this.workers.get(worker)?.notes([note])
  })

  constructor(private readonly options: Options, clock: Clock.Clock, tracer: Tracer.Tracer) {
    this.spans = new ScheduleSpans(tracer, clock)
    this.shelf = options.shelf ?? Shelf.make()
    this.door = {
      attachClient: (id, ears) => this.attachClient(id, ears),
      attachWorker: (id, ears) => this.attachWorker(id, ears),
      read: this.shelf.read,
      offer: this.shelf.offer,
      withdraw: this.shelf.withdraw,
      ask: questions({
        state: this.state,
        heard: this.heard,
        now: () => clock.unsafeCurrentTimeMillis(),
        tell: (event) => this.tell(event),
        scale: options.scale,
        adapt: options.adapt,
        stop: options.stop,
        restartScheduler: (by) =>
          Effect.zipRight(
            Effect.logInfo(`the scheduler begins anew: ${by} asked for it`),
            Effect.suspend(() => this.anew)
          ),
        tree: Effect.suspend(() => this.tree),
        profile: this.profiling.ask
      })
    }
  }

  /** The next life of the scheduler. Whoever is attached is expected to tell. */
  readonly life: Effect.Effect<Ref, never, Scope.Scope> = Effect.gen(this, function*() {
    const counted = Effect.sync(() => this.incarnation + 1)
    const incarnation = yield* this.options.incarnation ?? counted
    const others = yield* this.options.expect ?? Effect.succeed([])
    this.incarnation = incarnation
    const expect = [...new Set([...this.clients.keys(), ...this.workers.keys(), ...others])]
    return yield* Effect.tap(
      MachineActor.make<Scheduler.State, Scheduler.Event, Scheduler.Command>({
        name: "scheduler",
        machine: {
          initial: (now) =>
            Scheduler.make({
              incarnation,
              config: this.options.config ?? {},
              ...(expect.length > 0 ? { recovering: { until: now + this.options.tellWithin, expect } } : {})
            }),
          step: this.step,
          nextDeadline: Scheduler.nextDeadline,
          tick: { _tag: "Tick" },
          more: Scheduler.more
        },
        perform: this.perform,
        capacity: Number.MAX_SAFE_INTEGER
      }),
      (ref) =>
        Effect.sync(() => {
          this.ref = ref
          for (const peer of [...this.clients.values(), ...this.workers.values()]) peer.reset(this.welcome())
        })
    )
  })

  private readonly step = (state: Scheduler.State, events: ReadonlyArray<Scheduler.Event>, now: number) => {
    if (this.options.held?.() === false) throw new Error("another scheduler may have taken over by now")
    return Scheduler.step(state, events, now)
  }

  private welcome(): Note.Welcome {
    return { incarnation: this.incarnation, heartbeat: 1000 }
  }

  readonly state = (): Scheduler.State | undefined => this.ref?.state()

  /** A question never overtakes a note. */
  private readonly heard: Effect.Effect<void> = Effect.suspend(() =>
    (this.ref?.depth ?? 0) === 0 ? Effect.void : Effect.zipRight(Effect.yieldNow(), this.heard)
  )

  /** How these are made, as far as it is known: after all that was said so far. */
  howMade(keys: ReadonlyArray<Id.Key>): Effect.Effect<Scheduler.HowMade> {
    return Effect.map(this.heard, () => {
      const state = this.state()
      return state === undefined ? { specs: [], cut: [] } : Scheduler.howMade(state, keys)
    })
  }

  private tell(event: Scheduler.Event): void {
    this.ref?.tell(event)
  }

  private readonly perform = (command: Scheduler.Command): void => {
    switch (command._tag) {
      case "ToClient":
        return this.clients.get(command.client)?.notes(command.notes)
      case "ToWorker":
        this.spans.assigned(command.worker, command.notes)
        return this.workers.get(command.worker)?.notes(command.notes)
      case "Begun": {
        this.clients.get(command.peer)?.begun(command.told)
        this.workers.get(command.peer)?.begun(command.told)
        return
      }
      case "Forget": {
        // It is still here, so it begins again.
        this.clients.get(command.peer)?.reset(this.welcome())
        this.workers.get(command.peer)?.reset(this.welcome())
        return
      }
    }
  }

  /** How the way to a peer that is elsewhere is spoken of. */
  private signs(peer: Id.PeerId): Pick<Door.Mouth<never>, "broken" | "back" | "lost"> {
    return {
      broken: () => this.tell({ _tag: "LinkDown", peer }),
      back: () => this.tell({ _tag: "LinkUp", peer }),
      lost: (detail) => this.lost(peer, detail)
    }
  }

  /** There is proof that it is dead. */
  lost(peer: Id.PeerId, detail: string): void {
    this.tell({ _tag: "PeerLost", peer, detail, expected: false })
  }

  private attachClient(id: Id.ClientId, ears: Door.Ears<Note.ToClient>) {
    return Effect.acquireRelease(
      Effect.sync((): Door.Mouth<Note.FromClient> => {
        const attached = new Attached(ears)
        this.clients.set(id, attached)
        this.shelf.arrived(id)
        if (this.ref !== undefined) attached.reset(this.welcome())
        return {
          ...this.signs(id),
          fresh: attached.fresh,
          send: (notes) => {
            this.spans.submitted(notes)
            attached.telling(notes)
            const sent = this.ref?.tellAll(notes.map((note) => ({ _tag: "FromClient", client: id, note }))) ?? false
            // Nothing is lost between two ends in one thread; what reached no life is told again to the next.
            if (sent) attached.acked()
          }
        }
      }),
      () =>
        Effect.sync(() => {
          this.clients.delete(id)
          this.shelf.left(id)
          this.tell({ _tag: "PeerLost", peer: id, detail: "it left", expected: true })
        })
    )
  }

  private attachWorker(id: Id.WorkerId, ears: Door.Ears<Note.ToWorker>) {
    return Effect.acquireRelease(
      Effect.sync((): Door.Mouth<Note.FromWorker> => {
        const attached = new Attached(ears)
        this.workers.set(id, attached)
        if (this.ref !== undefined) attached.reset(this.welcome())
        return {
          ...this.signs(id),
          fresh: attached.fresh,
          send: (notes) => {
            attached.telling(notes)
            if (this.profiling.underWay) this.profiled(id, notes)
            void this.ref?.tellAll(notes.map((note) => ({ _tag: "FromWorker", worker: id, note })))
          }
        }
      }),
      () =>
        Effect.sync(() => {
          this.workers.delete(id)
          this.profiling.gone(id)
          this.shelf.left(id)
          this.tell({ _tag: "PeerLost", peer: id, detail: "it was stopped", expected: true })
        })
    )
  }

  private profiled(worker: Id.WorkerId, notes: ReadonlyArray<Note.FromWorker>): void {
    for (const note of notes) if (note._tag === "Profiled") this.profiling.told(worker, note)
  }

  /** There will be no next life: nobody waits for one. */
  over(why: string): void {
    this.ref = undefined
    for (const peer of [...this.clients.values(), ...this.workers.values()]) peer.over(why)
  }
}

/** A scheduler that is started again when a step of it throws; peers tell the new life what they want and hold. */
export const make = (
  options: Options
): Effect.Effect<{ readonly host: SchedulerHost; readonly supervisor: Supervisor.Supervisor }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const host = new SchedulerHost(options, yield* Effect.clock, yield* Effect.tracer)
    // Clients may live longer than the cluster: none of them waits for one that was closed. Added first, so it comes last.
    if (options.succeeded !== true) yield* Effect.addFinalizer(() => Effect.sync(() => host.over("it was closed")))
    const supervisor = yield* Supervisor.make({
      name: "creel",
      limit: { failures: 5, within: "1 minute" },
      backoff: Schedule.exponential("10 millis"),
      children: [ChildSpec.make({ id: "scheduler", start: host.life })]
    })
    host.tree = supervisor.tree
    const scope = yield* Effect.scope
    host.anew = Effect.asVoid(Effect.forkIn(Effect.ignore(supervisor.restartChild("scheduler")), scope))
    yield* Effect.forkScoped(Metrics.reading(host.state))
    yield* Effect.forkScoped(
      Effect.catchAll(supervisor.await, (failed) =>
        Effect.zipRight(
          Effect.logError("the cluster gave up", failed),
          Effect.sync(() => host.over(failed.message))
        ))
    )
    return { host, supervisor }
  }).pipe(Effect.orDie)
