/**
 * One life of an actor: its lanes, its loop, its stash, and its end. It keeps
 * the promises numbered in `Actor`.
 *
 * Every message is an envelope, and every envelope that wants an answer is
 * answered once: by its handler (`conclude`), or when the life is over
 * (`refuseAll`). In between it is in exactly one place: the lanes, the stash,
 * or `begun`.
 */
import * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"
import type { ActorContext, ActorRef, Protocol } from "../Actor.js"
import { ActorDown, ActorFailed, MailboxFull, StashFull } from "../ActorError.js"
import type { StopOptions } from "../MachineActor.js"
import type { Terminated, Watchable } from "../Watch.js"
import { ActorTimers } from "./actorTimers.js"
import { Lanes } from "./lanes.js"
import { Life } from "./life.js"
import { Watching } from "./watching.js"

interface Envelope {
  readonly tag: string
  readonly payload: unknown
  /** Where the answer goes; nowhere for a tell. */
  readonly reply: ((answer: Effect.Effect<unknown, unknown>) => void) | undefined
  /** Asked when its turn comes: `false` drops it (an interrupted ask, a cancelled timer). */
  readonly claim: () => boolean
}

/** What `make` was told, as far as a life needs it. */
export interface Settings {
  readonly name: string
  readonly capacity?: number | undefined
  readonly stash?: number | undefined
}

type Handler = (payload: unknown) => unknown

/** Thrown by `context.stash` through the handler to the loop. */
const stashed = { _tag: "Stashed" } as const

const always = () => true

// Its methods take what the protocol's types allow, and treat it as unknown: the types are `ActorRef`'s.
export class ActorCell<Rpcs extends Protocol> implements ActorRef<Rpcs> {
  readonly name: string
  private readonly life: Life<ActorFailed>
  private readonly lanes = new Lanes<Envelope>()
  private readonly timers: ActorTimers
  private readonly capacity: number
  private readonly stashCapacity: number
  private aside: Array<Envelope> = []
  private readonly begun = new Set<Envelope>()
  private readonly forked = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  private readonly watching = new Watching()
  private handlers: Record<string, Handler> = {}
  private fiber: Fiber.RuntimeFiber<void> | undefined = undefined
  /** The stop lane: `now` lets the message in hand finish, `drain` all that wait. */
  private stopping: "no" | "drain" | "now" = "no"
  /** The interrupt lane, and what handlers died of. */
  private failure: ActorFailed | undefined = undefined
  /** It never began: whoever starts it gets the cause itself. */
  private abandoned = false
  /** Nothing will be handled any more. */
  private over = false

  constructor(
    readonly protocol: RpcGroup.RpcGroup<Rpcs>,
    settings: Settings,
    private readonly scope: Scope.CloseableScope
  ) {
    this.name = settings.name
    this.life = new Life(settings.name)
    this.timers = new ActorTimers(scope)
    this.capacity = settings.capacity ?? 4096
    this.stashCapacity = settings.stash ?? 128
  }

  // ---------------------------------------------------------------------------
  // The outside
  // ---------------------------------------------------------------------------

  get await(): Effect.Effect<void, ActorFailed> {
    return this.life.await
  }

  get watch(): Watchable<ActorFailed>["watch"] {
    return this.life.watch
  }

  get depth(): number {
    return this.lanes.depth
  }

  readonly ask = ((tag: string, payload?: unknown): Effect.Effect<unknown, unknown> =>
    Effect.async((resume) => {
      let wanted = true
      const refused = this.offer({ tag, payload: this.construct(tag, payload), reply: resume, claim: () => wanted })
      if (refused !== undefined) return resume(Effect.fail(refused))
      return Effect.sync(() => void (wanted = false))
    })) as ActorRef<Rpcs>["ask"]

  readonly tell = ((tag: string, payload?: unknown): Either.Either<void, MailboxFull | ActorDown> => {
    const refused = this.offer({ tag, payload: this.construct(tag, payload), reply: undefined, claim: always })
    return refused === undefined ? Either.void : Either.left(refused)
  }) as ActorRef<Rpcs>["tell"]

  readonly kill = (cause: Cause.Cause<unknown>): void => {
    const [current] = this.begun
    this.die(new ActorFailed({ actor: this.name, tag: current?.tag, payload: current?.payload, cause }))
  }

  readonly stop = (options?: StopOptions | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (this.stopping !== "now") this.stopping = options?.drain === true ? "drain" : "now"
      this.lanes.signal()
      // Interruptible wherever it is asked for, a finalizer too: else the deadline would be none.
      return Effect.interruptible(this.life.ended).pipe(
        Effect.timeoutOption(options?.deadline ?? "5 seconds"),
        Effect.ensuring(Effect.sync(() => this.fiber?.unsafeInterruptAsFork(FiberId.none))),
        Effect.asVoid
      )
    })

  private construct(tag: string, payload: unknown): unknown {
    // A protocol holds rpcs of all types; of each only the payload's constructor is used, as RpcClient does.
    const rpc = this.protocol.requests.get(tag) as Rpc.AnyWithProps | undefined
    if (rpc === undefined) throw new Error(`The protocol of actor "${this.name}" has no request ${tag}`)
    const schema = rpc.payloadSchema
    return "make" in schema && typeof schema.make === "function"
      ? schema.make(payload)
      : payload
  }

  private offer(envelope: Envelope): MailboxFull | ActorDown | undefined {
    if (this.over || this.failure !== undefined || this.stopping !== "no") return this.down(false)
    if (this.lanes.waiting >= this.capacity) return new MailboxFull({ actor: this.name, capacity: this.capacity })
    this.lanes.put("messages", envelope)
    return undefined
  }

  private down(begun: boolean): ActorDown {
    const reason = this.failure?.message ?? (this.over ? "it was stopped" : "it is stopping")
    return new ActorDown({ actor: this.name, begun, reason })
  }

  // ---------------------------------------------------------------------------
  // The inside
  // ---------------------------------------------------------------------------

  readonly context: ActorContext<Rpcs> = {
    self: this,
    timers: {
      once: (name: string, delay: Duration.DurationInput, tag: string, payload?: unknown) =>
        this.timers.once(name, delay, this.deliver(tag, payload)),
      every: (name: string, interval: Duration.DurationInput, tag: string, payload?: unknown) =>
        this.timers.every(name, interval, this.deliver(tag, payload)),
      cancel: (name) => this.timers.cancel(name),
      isActive: (name) => this.timers.isActive(name)
    },
    stash: Effect.die(stashed),
    unstashAll: Effect.sync(() => {
      for (const envelope of this.aside.splice(0)) this.lanes.put("returned", envelope)
    }),
    become: (handlers) => Effect.sync(() => this.setHandlers(handlers)),
    watch: (target: Watchable, tag: string, payload: (terminated: Terminated<never>) => unknown) =>
      Effect.sync(() => this.watchOther(target, tag, payload)),
    stop: Effect.sync(() => {
      this.stopping = "now"
      this.lanes.signal()
    })
  }

  private deliver(tag: string, payload: unknown): (claim: () => boolean) => void {
    const constructed = this.construct(tag, payload)
    return (claim) => this.lanes.put("messages", { tag, payload: constructed, reply: undefined, claim })
  }

  private setHandlers(handlers: unknown): void {
    // Keyed by the tags of the protocol, each taking its payload.
    this.handlers = handlers as Record<string, Handler>
  }

  private watchOther(target: Watchable, tag: string, payload: (terminated: Terminated<never>) => unknown): void {
    if (this.over) return
    this.watching.add(target, (terminated) => {
      try {
        // The target's error type is the one `payload` was given.
        const message = this.construct(tag, payload(terminated as Terminated<never>))
        this.lanes.put("supervision", { tag, payload: message, reply: undefined, claim: always })
      } catch (error) {
        this.die(new ActorFailed({ actor: this.name, tag, payload: undefined, cause: Cause.die(error) }))
      }
    })
  }

  // ---------------------------------------------------------------------------
  // The loop
  // ---------------------------------------------------------------------------

  /** Begins to handle messages, in the fiber context of the caller. */
  start(handlers: unknown): Effect.Effect<void> {
    this.setHandlers(handlers)
    return Scope.extend(this.run, this.scope).pipe(
      Effect.forkDaemon,
      // Interrupted before its first step it would end without its end: the fiber is born uninterruptible.
      Effect.uninterruptible,
      Effect.map((fiber) => {
        this.fiber = fiber
        if (this.failure !== undefined) fiber.unsafeInterruptAsFork(FiberId.none)
      })
    )
  }

  private readonly loop: Effect.Effect<void, ActorFailed> = Effect.suspend(() =>
    Effect.whileLoop({
      while: () => !(this.stopping === "now" || (this.stopping === "drain" && this.lanes.depth === 0)),
      body: () => this.turn(),
      step: () => {}
    })
  )

  private turn(): Effect.Effect<void, ActorFailed> {
    const envelope = this.lanes.take()
    if (envelope === undefined) return this.idle
    return envelope.claim() ? this.handle(envelope) : Effect.void
  }

  private readonly idle: Effect.Effect<void> = Effect.async<void>((resume) => {
    // The fiber may have yielded since it looked.
    if (this.lanes.depth > 0 || this.stopping !== "no") return resume(Effect.void)
    this.lanes.onSignal(() => resume(Effect.void))
  })

  private handle(envelope: Envelope): Effect.Effect<void, ActorFailed> {
    this.begun.add(envelope)
    const { effect, fork } = this.invoke(envelope)
    const handled = Effect.flatMap(Effect.exit(effect), (exit) => this.conclude(envelope, exit))
    return fork ? this.handleAside(handled) : handled
  }

  private invoke({ payload, tag }: Envelope): {
    readonly effect: Effect.Effect<unknown, unknown>
    readonly fork: boolean
  } {
    const handler = this.handlers[tag]
    if (handler === undefined) {
      return { effect: Effect.dieMessage(`actor "${this.name}" has no handler for ${tag}`), fork: false }
    }
    try {
      const result = handler(payload) as object
      // What a handler returns is an Effect, or one wrapped by `Rpc.fork` or `Rpc.uninterruptible`.
      if (!Rpc.isWrapper(result)) return { effect: result as Effect.Effect<unknown, unknown>, fork: false }
      const effect = result.value as Effect.Effect<unknown, unknown>
      return { effect: result.uninterruptible ? Effect.uninterruptible(effect) : effect, fork: result.fork }
    } catch (error) {
      return { effect: Effect.die(error), fork: false }
    }
  }

  private handleAside(handled: Effect.Effect<void, ActorFailed>): Effect.Effect<void> {
    return Effect.map(
      Effect.forkIn(Effect.catchAll(handled, (error) => Effect.sync(() => this.die(error))), this.scope),
      (fiber) => {
        this.forked.add(fiber)
        fiber.addObserver(() => void this.forked.delete(fiber))
      }
    )
  }

  private conclude(envelope: Envelope, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void, ActorFailed> {
    this.begun.delete(envelope)
    if (Exit.isFailure(exit)) {
      if (isStashed(exit.cause)) return this.putAside(envelope)
      if (!Cause.isDie(exit.cause) && !Cause.isInterrupted(exit.cause)) {
        if (envelope.reply !== undefined) envelope.reply(exit)
        else return Effect.logDebug(`A tell of ${envelope.tag} to actor "${this.name}" failed`, exit.cause)
        return Effect.void
      }
      const { payload, tag } = envelope
      const error = this.failure ?? new ActorFailed({ actor: this.name, tag, payload, cause: exit.cause })
      this.failure = error
      envelope.reply?.(Effect.fail(this.down(true)))
      return Effect.fail(error)
    }
    envelope.reply?.(exit)
    return Effect.void
  }

  private putAside(envelope: Envelope): Effect.Effect<void> {
    if (this.aside.length < this.stashCapacity) {
      this.aside.push(envelope)
      return Effect.void
    }
    const full = new StashFull({ actor: this.name, capacity: this.stashCapacity })
    if (envelope.reply === undefined) return Effect.logWarning(`A tell of ${envelope.tag} was dropped`, full.message)
    envelope.reply(Effect.fail(full))
    return Effect.void
  }

  // ---------------------------------------------------------------------------
  // The end
  // ---------------------------------------------------------------------------

  private readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.zipRight(this.loop, Effect.suspend(() => Fiber.awaitAll(this.forked))).pipe(
      Effect.interruptible,
      Effect.exit,
      Effect.zipRight(Effect.suspend(() => this.end)),
      Effect.uninterruptible
    )
  )

  /** Refuses what waits, at once; then runs finalizers; then tells the news. */
  private readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.over = true
    this.refuseAll()
    this.watching.clear()
    const exit = this.failure === undefined ? Exit.void : Exit.fail(this.failure)
    return Effect.flatMap(Effect.exit(Scope.close(this.scope, exit)), (closed) => this.tellNews(closed))
  })

  private tellNews(closed: Exit.Exit<void>): Effect.Effect<void> {
    const { failure, life, name } = this
    const error = failure ?? (Exit.isSuccess(closed)
      ? undefined
      : new ActorFailed({ actor: name, tag: undefined, payload: undefined, cause: closed.cause }))
    const unobserved = !this.abandoned && !life.isWatched
    life.end(error === undefined ? Exit.void : Exit.fail(error))
    return error !== undefined && unobserved
      ? Effect.logError("An actor that nobody watches failed", Cause.fail(error))
      : Effect.void
  }

  private refuseAll(): void {
    for (const envelope of this.begun) envelope.reply?.(Effect.fail(this.down(true)))
    this.begun.clear()
    for (const envelope of this.aside.splice(0)) envelope.reply?.(Effect.fail(this.down(false)))
    for (let envelope = this.lanes.take(); envelope !== undefined; envelope = this.lanes.take()) {
      envelope.reply?.(Effect.fail(this.down(false)))
    }
  }

  private die(error: ActorFailed): void {
    if (this.over) return
    this.failure ??= error
    this.fiber?.unsafeInterruptAsFork(FiberId.none)
  }

  /** Interrupts what runs and waits until all is released. */
  readonly close: Effect.Effect<void> = Effect.suspend(() =>
    this.fiber === undefined ? this.end : Effect.asVoid(Fiber.interrupt(this.fiber))
  )

  /** The behaviour could not be made. */
  abandon(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    this.failure = new ActorFailed({ actor: this.name, tag: undefined, payload: undefined, cause })
    this.abandoned = true
    return this.end
  }
}

const isStashed = (cause: Cause.Cause<unknown>): boolean => {
  const defect = Cause.dieOption(cause)
  return defect._tag === "Some" && defect.value === stashed
}
