/**
 * The other end of the links: peers of another thread, process or machine, attached to the door of this one.
 *
 * A peer's session outlives its connection for as long as the lease; then the peer is lost.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Scope from "effect/Scope"
import type * as Door from "../Door.js"
import type { Down } from "../Rpcs.js"

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
  private count = 0

  constructor(readonly peer: Id.PeerId, readonly scope: Scope.CloseableScope) {}

  readonly ears: Door.Ears<any> = {
    reset: (welcome) => {
      this.welcome = welcome
      this.begin()
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
    const session = `${this.peer}/${welcome.incarnation}.${++this.count}`
    this.link = Link.make({ self: "scheduler", session, incarnation: welcome.incarnation })
    this.say({ _tag: "Welcome", welcome, session, hello: undefined })
  }

  /** The peer is connected: goes on with the session both have, or begins a fresh one. */
  connected(mailbox: Mailbox.Mailbox<Down>, hello: Link.Hello | undefined): void {
    this.mailbox = mailbox
    const { link, welcome } = this
    if (link === undefined || welcome === undefined) return
    const resumed = hello === undefined ? undefined : Link.resume(link, hello)
    if (resumed === undefined) return this.begin()
    this.say({ _tag: "Welcome", welcome, session: link.session, hello: Link.hello(link) })
    for (const frame of resumed.frames) this.say({ _tag: "Frame", frame })
  }

  private say(down: Down): void {
    this.mailbox?.unsafeOffer(down)
  }

  receive(frame: Link.Frame): void {
    if (this.link === undefined) return
    const { notes } = Link.receive(this.link, frame)
    if (notes.length > 0) this.mouth?.send(notes)
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
  /** Milliseconds a session outlives its connection. */
  readonly lease: number
}

/** The handlers of `SchedulerRpcs`, whose peers are attached to `door` as long as the scope is open. */
export const make = (options: Options) =>
  Effect.gen(function*() {
    const { door } = options
    const parent = yield* Effect.scope
    const sessions = new Map<Id.PeerId, Session>()

    const lose = (session: Session) =>
      Effect.suspend(() => {
        if (sessions.get(session.peer) === session) sessions.delete(session.peer)
        return Scope.close(session.scope, Exit.void)
      })

    const open = (peer: Id.PeerId, kind: "client" | "worker") =>
      Effect.gen(function*() {
        const session = new Session(peer, yield* Scope.fork(parent, ExecutionStrategy.sequential))
        sessions.set(peer, session)
        session.mouth = kind === "client"
          ? yield* Scope.extend(door.attachClient(peer, session.ears), session.scope)
          : yield* Scope.extend(door.attachWorker(peer, session.ears), session.scope)
        return session
      })

    const disconnected = (session: Session, mailbox: Mailbox.Mailbox<Down>) =>
      Effect.gen(function*() {
        if (session.mailbox !== mailbox) return
        session.mailbox = undefined
        if (options.lease <= 0) return yield* lose(session)
        session.lease = yield* Effect.forkIn(Effect.delay(lose(session), options.lease), parent)
      })

    return {
      Attach: (
        payload: { readonly peer: string; readonly kind: "client" | "worker"; readonly hello: Link.Hello | undefined }
      ) =>
        Effect.gen(function*() {
          const mailbox = yield* Mailbox.make<Down>()
          const known = sessions.get(payload.peer)
          if (known?.lease !== undefined) yield* Fiber.interrupt(known.lease)
          const session = known ?? (yield* open(payload.peer, payload.kind))
          session.lease = undefined
          session.connected(mailbox, payload.hello)
          yield* Effect.addFinalizer(() => disconnected(session, mailbox))
          return mailbox
        }),
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
      Explain: (payload: { readonly key: string }) => door.ask.explain(payload.key),
      WhoHas: (payload: { readonly keys: ReadonlyArray<string> }) => door.ask.whoHas(payload.keys),
      HasWhat: () => door.ask.hasWhat,
      Workers: () => door.ask.workers,
      Nbytes: () => door.ask.nbytes,
      Memory: (payload: { readonly values: boolean }) => door.ask.memory(payload.values),
      WhyHeld: (payload: { readonly key: string }) => door.ask.whyHeld(payload.key),
      WouldFree: (payload: { readonly client: string; readonly keys: ReadonlyArray<string> }) =>
        door.ask.wouldFree(payload.client, payload.keys),
      Progress: (payload: { readonly keys: ReadonlyArray<string> | undefined }) => door.ask.progress(payload.keys),
      Story: (payload: { readonly subject: string }) => door.ask.story(payload.subject),
      Restart: (payload: { readonly by: string }) => door.ask.restart(payload.by),
      Scale: (payload: { readonly workers: number }) => door.ask.scale(payload.workers),
      Replicate: ({ copies, keys, workers }: Where & { readonly keys: Names; readonly copies: number }) =>
        door.ask.replicate(keys, copies, workers),
      Rebalance: ({ keys, workers }: Where & { readonly keys: Names | undefined }) => door.ask.rebalance(keys, workers),
      Moving: () => door.ask.moving,
      Retire: (payload: { readonly worker: string }) => door.ask.retire(payload.worker)
    }
  })
