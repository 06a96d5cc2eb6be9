/**
 * The other end of the links: peers of another thread, process or machine, attached to the door of this one.
 *
 * 1. A peer's session outlives its connection for as long as the lease; then the peer is lost.
 * 2. A session that the scheduler has forgotten ends, at the latest, when its connection does.
 * 3. A peer that has seen a later scheduler is refused: this one is over, whether it knows or not.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Door from "../Door.js"
import type * as Observe from "../Observe.js"
import type { Attaching, Down, Introduction } from "../Rpcs.js"
import { Refused } from "../Rpcs.js"

type Names = ReadonlyArray<string>
interface Where {
  readonly workers: Names | undefined
}

/** One peer's link, seen from the scheduler's side. */
class Session {
  link: Link.Link | undefined = undefined
  mouth: Door.Mouth<any> | undefined = undefined
  mailbox: Mailbox.Mailbox<Down> | undefined = undefined
  welcome: Note.Welcome | undefined = undefined
  lease: Fiber.RuntimeFiber<void> | undefined = undefined
  /** Where it is, as it said itself. */
  from: Introduction | undefined = undefined
  /** The scheduler knows it no more, or it has said goodbye: it ends with its connection. */
  over = false
  private left = false
  private count = 0

  constructor(
    readonly peer: Id.PeerId,
    readonly scope: Scope.CloseableScope,
    private readonly end: (session: Session) => void
  ) {}

  readonly ears: Door.Ears<any> = {
    reset: (welcome) => {
      const known = this.welcome?.incarnation
      this.welcome = welcome
      // In the same life of the scheduler a session begins anew only because it was forgotten.
      if (known !== welcome.incarnation || (!this.left && this.mailbox !== undefined)) return this.begin()
      this.over = true
      if (this.mailbox === undefined) this.end(this)
    },
    notes: (notes) => {
      if (this.link === undefined) return
      const refused = Link.push(this.link, notes)
      if (refused !== undefined) throw new Error(refused.detail)
      this.pump()
    },
    acked: () => {},
    down: () => {},
    over: (why) => this.say({ _tag: "Over", why })
  }

  /** A fresh session: the peer tells all. */
  private begin(): void {
    const { welcome } = this
    if (welcome === undefined) return
    this.mouth?.fresh?.()
    const session = `${this.peer}/${welcome.incarnation}.${++this.count}`
    this.link = Link.make({ self: "scheduler", session, incarnation: welcome.incarnation })
    this.say({ _tag: "Welcome", welcome, session, hello: undefined })
  }

  /** The peer is connected: goes on with the session both have, or begins a fresh one. */
  connected(mailbox: Mailbox.Mailbox<Down>, hello: Link.Hello | undefined): void {
    const before = this.mailbox
    this.mailbox = mailbox
    before?.unsafeDone(Exit.void)
    const { link, welcome } = this
    if (link === undefined || welcome === undefined) return
    const resumed = hello === undefined ? undefined : Link.resume(link, hello)
    if (resumed === undefined) return this.begin()
    this.mouth?.back?.()
    this.say({ _tag: "Welcome", welcome, session: link.session, hello: Link.hello(link) })
    for (const frame of resumed.frames) this.say({ _tag: "Frame", frame })
  }

  /** Its connection is gone. Says whether its session may go on with another. */
  disconnected(): boolean {
    this.mailbox = undefined
    if (this.over || this.left) return false
    this.mouth?.broken?.()
    return true
  }

  private say(down: Down): void {
    this.mailbox?.unsafeOffer(down)
  }

  receive(frame: Link.Frame): void {
    if (this.link === undefined) return
    const { notes } = Link.receive(this.link, frame)
    const last = notes.at(-1)?._tag
    this.left = this.left || last === "ClientLeft" || last === "WorkerLeft"
    if (notes.length > 0) this.mouth?.send(notes)
    // It is still telling what it has: a sign of life.
    else if (frame.notes.length > 0) this.mouth?.back?.()
    // It came late, after the connection was gone: a note is a sign of life, and this one must not end the lease.
    if (frame.notes.length > 0 && this.mailbox === undefined && !this.left) this.mouth?.broken?.()
    this.pump()
  }

  private pump(): void {
    if (this.link === undefined || this.mailbox === undefined) return
    let frame: Link.Frame | undefined
    while ((frame = Link.flush(this.link)) !== undefined) this.say({ _tag: "Frame", frame })
  }
}

export interface Options {
  readonly door: Door.Service
  /** Milliseconds a session outlives its connection; `Infinity`: until the scheduler gives its verdict. */
  readonly lease: number
  /** What the peers of this connection have said of themselves. */
  readonly introduced?: ((connection: number) => Introduction | undefined) | undefined
  /** Somebody has heard a later scheduler: this one is over. */
  readonly outlived?: ((highest: Id.Incarnation) => void) | undefined
}

/** People's questions. */
const asked = (ask: Door.Questions) => ({
  Explain: (payload: { readonly key: string }) => ask.explain(payload.key),
  WhoHas: (payload: { readonly keys: ReadonlyArray<string> }) => ask.whoHas(payload.keys),
  HasWhat: () => ask.hasWhat,
  Workers: () => ask.workers,
  Nbytes: () => ask.nbytes,
  Memory: (payload: { readonly values: boolean }) => ask.memory(payload.values),
  WhyHeld: (payload: { readonly key: string }) => ask.whyHeld(payload.key),
  WouldFree: (payload: { readonly client: string; readonly keys: ReadonlyArray<string> }) =>
    ask.wouldFree(payload.client, payload.keys),
  Progress: (payload: { readonly keys: ReadonlyArray<string> | undefined }) => ask.progress(payload.keys),
  Story: (payload: { readonly subject: string }) => ask.story(payload.subject),
  Restart: (payload: { readonly by: string }) => ask.restart(payload.by),
  RestartScheduler: (payload: { readonly by: string }) => ask.restartScheduler(payload.by),
  CancelAll: ({ by, keys, reason }: { readonly keys: Names; readonly by: string; readonly reason: string }) =>
    ask.cancel(keys, { by, reason }),
  Scale: (payload: { readonly workers: number; readonly within: number | undefined }) =>
    ask.scale(payload.workers, payload.within),
  Adapt: (payload: Door.Adapting) =>
    Stream.unwrapScoped(Effect.map(ask.adapt(payload), (begun) => Stream.concat(Stream.succeed(begun), Stream.never))),
  Demand: (payload: Door.DemandOfNode) => ask.demand(payload),
  Replicate: ({ copies, keys, workers }: Where & { readonly keys: Names; readonly copies: number }) =>
    ask.replicate(keys, copies, workers),
  Checkpoint: (payload: { readonly keys: Names }) => ask.checkpoint(payload.keys),
  Rebalance: ({ keys, workers }: Where & { readonly keys: Names | undefined }) => ask.rebalance(keys, workers),
  Moving: () => ask.moving,
  Observe: (payload: Observe.GlanceOptions) => ask.observe(payload),
  KeyView: (payload: { readonly key: string }) => ask.key(payload.key),
  GraphView: (payload: { readonly max: number }) => ask.graph(payload.max),
  Profile: (payload: Observe.ProfileOptions) => ask.profile(payload),
  Tree: () => ask.tree,
  Retire: (payload: {
    readonly worker: string
    readonly over: boolean | undefined
    readonly by?: number | undefined
  }) => ask.retire(payload.worker, payload.over, payload.by)
})

/** The handlers of `SchedulerRpcs`, whose peers are attached to `door` as long as the scope is open. */
export const make = (options: Options) =>
  Effect.gen(function*() {
    const { door } = options
    const parent = yield* Effect.scope
    const runtime = yield* Effect.runtime<never>()
    const sessions = new Map<Id.PeerId, Session>()

    const lose = (session: Session) =>
      Effect.suspend(() => {
        if (sessions.get(session.peer) === session) sessions.delete(session.peer)
        return Scope.close(session.scope, Exit.void)
      })

    const end = (session: Session): void => void Runtime.runFork(runtime)(lose(session), { immediate: false })

    const open = (peer: Id.PeerId, kind: "client" | "worker") =>
      Effect.gen(function*() {
        const session = new Session(peer, yield* Scope.fork(parent, ExecutionStrategy.sequential), end)
        sessions.set(peer, session)
        session.mouth = kind === "client"
          ? yield* Scope.extend(door.attachClient(peer, session.ears), session.scope)
          : yield* Scope.extend(door.attachWorker(peer, session.ears), session.scope)
        return session
      })

    const disconnected = (session: Session, mailbox: Mailbox.Mailbox<Down>) =>
      Effect.gen(function*() {
        if (session.mailbox !== mailbox) return
        if (!session.disconnected() || options.lease <= 0) return yield* lose(session)
        if (options.lease < Infinity) {
          session.lease = yield* Effect.forkIn(Effect.delay(lose(session), options.lease), parent)
        }
      })

    const attach = ({ hello, highest, kind, peer }: Attaching, connection: number) =>
      Effect.gen(function*() {
        const mailbox = yield* Mailbox.make<Down>()
        const known = sessions.get(peer)
        if (known?.lease !== undefined) yield* Fiber.interrupt(known.lease)
        if (known?.over === true) yield* lose(known)
        const session = sessions.get(peer) ?? (yield* open(peer, kind))
        session.lease = undefined
        session.from = options.introduced?.(connection)
        const incarnation = session.welcome?.incarnation
        if (incarnation !== undefined && incarnation < highest) {
          options.outlived?.(highest)
          if (known === undefined) yield* lose(session)
          return yield* new Refused({
            reason: "outlived",
            detail: `scheduler ${incarnation} was asked for, and ${highest} has been heard already`
          })
        }
        session.connected(mailbox, hello)
        yield* Effect.addFinalizer(() => disconnected(session, mailbox))
        return mailbox
      })

    return {
      Introduce: (introduction: Introduction) =>
        Effect.succeed({ protocol: introduction.protocol, node: "", url: undefined }),
      Attach: (payload: Attaching, { clientId }: { readonly clientId: number }) => attach(payload, clientId),
      Where: ({ peer }: { readonly peer: string }) => Effect.sync(() => sessions.get(peer)?.from),
      Send: (payload: { readonly peer: string; readonly frame: Link.Frame }) =>
        Effect.sync(() => sessions.get(payload.peer)?.receive(payload.frame)),
      Read: (payload: { readonly value: string; readonly holder: string }) =>
        Effect.mapError(door.read(payload.value, payload.holder), ({ holder, value, why }) => ({ holder, value, why })),
      Offer: (
        payload: {
          readonly client: string
          readonly value: string
          readonly payload: Parameters<Door.Service["offer"]>[2]
        }
      ) => Effect.sync(() => door.offer(payload.client, payload.value, payload.payload)),
      Withdraw: (payload: { readonly client: string; readonly value: string }) =>
        Effect.sync(() => door.withdraw(payload.client, payload.value)),
      ...asked(door.ask)
    }
  })

export type Handlers = Effect.Effect.Success<ReturnType<typeof make>>
