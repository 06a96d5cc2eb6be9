/**
 * A door that stands elsewhere: this end of the links of this process's peers.
 *
 * 1. A peer's notes go up one request at a time: what gathers while one is under way leaves with the next.
 * 2. A broken way is made anew, and each peer opens its stream again with what it has received; the session goes on if the
 *    other end still has it, else both begin a fresh one and the peer tells all.
 * 3. A peer obeys the highest scheduler it has heard: an earlier one is not listened to, and another is looked for.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Door from "../Door.js"
import type { ManageError } from "../ManageError.js"
import type { Down } from "../Rpcs.js"
import type { Client, Line, Way } from "./line.js"
import { ReadFailed } from "./readFailed.js"

/** One peer's link, seen from the peer. */
class Peer {
  private link: Link.Link | undefined = undefined
  /** Where its session has begun, or goes on. */
  private way: Way | undefined = undefined
  private highest: Id.Incarnation = 0
  private readonly wake: Array<() => void> = []
  private sending = false
  private idlers: Array<() => void> = []
  private readonly resumed: Array<Link.Frame> = []

  constructor(
    private readonly line: Line,
    private readonly id: Id.PeerId,
    private readonly kind: "client" | "worker",
    private readonly ears: Door.Ears<any>
  ) {}

  readonly send = (notes: ReadonlyArray<Note.Note>): void => {
    if (this.link === undefined) return
    const refused = Link.push(this.link, notes)
    if (refused !== undefined) {
      throw new Error(refused.detail)
    }
    this.kick()
  }

  private kick(): void {
    for (const wake of this.wake.splice(0)) wake()
  }

  private hear(way: Way, down: Down): void {
    if (down._tag === "Welcome") return this.welcome(way, down)
    if (down._tag === "Over") return this.ears.over(down.why)
    if (this.link === undefined || this.way !== way) return
    const received = Link.receive(this.link, down.frame)
    if (received.acked.work > 0) this.ears.acked(received.acked.work)
    if (received.notes.length > 0) this.ears.notes(received.notes)
    this.kick()
  }

  private welcome(way: Way, { hello, session, welcome }: Extract<Down, { readonly _tag: "Welcome" }>): void {
    if (welcome.incarnation < this.highest) return this.line.broke(way)
    this.highest = welcome.incarnation
    this.line.good(way)
    this.way = way
    this.resumed.length = 0
    if (this.link !== undefined && hello !== undefined) {
      const resumed = Link.resume(this.link, hello)
      if (resumed !== undefined) {
        // `resume` marks them sent; sent again they must be.
        this.resumed.push(...resumed.frames)
        if (resumed.acked.work > 0) this.ears.acked(resumed.acked.work)
        return this.kick()
      }
    }
    const unacked = this.link === undefined ? [] : Link.unacked(this.link)
    this.link = Link.make({ self: this.id, session, incarnation: welcome.incarnation })
    this.ears.reset(welcome, unacked)
    this.kick()
  }

  /** Reads what comes down this way, until it ends. */
  private readonly listen = (way: Way): Effect.Effect<void> =>
    Effect.suspend(() =>
      way.client.Attach({
        peer: this.id,
        kind: this.kind,
        hello: this.link === undefined ? undefined : Link.hello(this.link),
        highest: this.highest
      }).pipe(
        Stream.runForEachChunk((chunk) =>
          Effect.sync(() => {
            for (const down of chunk) this.hear(way, down)
          })
        ),
        Effect.raceFirst(way.ended)
      )
    ).pipe(
      Effect.ensuring(Effect.sync(() => {
        this.way = undefined
        this.ears.down()
        this.idle()
      })),
      Effect.exit,
      Effect.flatMap((exit) => {
        if (Exit.isFailure(exit) && isBroken(exit.cause)) this.line.broke(way)
        // Another way is made in its own time; this one, which is good for others, is not asked at once again.
        return this.line.holds(way) ? this.line.pause : Effect.void
      })
    )

  /** Reads what comes down, for ever. */
  readonly reading: Effect.Effect<never> = Effect.suspend(() => this.line.way).pipe(
    Effect.flatMap(this.listen),
    Effect.forever
  )

  private next(): Link.Frame | undefined {
    return this.resumed.shift() ?? (this.link === undefined ? undefined : Link.flush(this.link))
  }

  /** Sends what there is to send, for ever. */
  readonly writing: Effect.Effect<never> = Effect.suspend(() => {
    const { way } = this
    const frame = way === undefined ? undefined : this.next()
    this.sending = frame !== undefined
    if (way !== undefined && frame !== undefined) {
      // What is lost with a connection is kept by the link, and sent again after the next `Welcome`.
      return Effect.exit(way.client.Send({ peer: this.id, frame }))
    }
    if (way !== undefined) this.idle()
    return Effect.async<void>((resume) => {
      const wake = () => resume(Effect.void)
      this.wake.push(wake)
      return Effect.sync(() => {
        const index = this.wake.indexOf(wake)
        if (index >= 0) this.wake.splice(index, 1)
      })
    })
  }).pipe(Effect.forever)

  private idle(): void {
    for (const idler of this.idlers.splice(0)) idler()
  }

  /** Until what was said so far has arrived, or its way is broken. Before the first session nothing has been said yet. */
  readonly said: Effect.Effect<void> = Effect.async<void>((resume) => {
    const { link } = this
    if (!this.sending && this.way !== undefined && link !== undefined && link.sent + 1 >= link.next) {
      return resume(Effect.void)
    }
    const idler = () => resume(Effect.void)
    this.idlers.push(idler)
    this.kick()
    return Effect.sync(() => {
      this.idlers = this.idlers.filter((each) => each !== idler)
    })
  })

  /** Says what is left, within a moment, when the peer goes. */
  readonly closing: Effect.Effect<void> = Effect.suspend(() => {
    const { way } = this
    const frame = way === undefined ? undefined : this.next()
    return way === undefined || frame === undefined
      ? Effect.void
      : Effect.flatMap(Effect.ignore(way.client.Send({ peer: this.id, frame })), () => this.closing)
  })

  /** Nobody waits for it any more. */
  readonly gone = (): void => this.idle()
}

/** What was said to this peer alone (a refusal, a defect) tells nothing of the way. */
const isBroken = (cause: Cause.Cause<unknown>): boolean =>
  [...Cause.failures(cause)].some((failure) => Predicate.isTagged(failure, "RpcClientError"))

const attach = (
  peers: Set<Peer>,
  peer: Peer
): Effect.Effect<Door.Mouth<any>, never, Scope.Scope> =>
  Effect.gen(function*() {
    peers.add(peer)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        peers.delete(peer)
        peer.gone()
      })
    )
    // Attaching may be uninterruptible (an acquisition), and closing is: neither may make these so.
    yield* Effect.forkScoped(Effect.interruptible(peer.reading))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(peer.closing), "1 second")))
    yield* Effect.forkScoped(Effect.interruptible(peer.writing))
    return { send: peer.send }
  })

/** Values by the same way, for ends that have no other. */
const valuesBy = (line: Line, runFork: (effect: Effect.Effect<void>) => void): Door.Values => ({
  read: (value, holder) =>
    Effect.mapError(
      Effect.flatMap(line.way, ({ client }) => client.Read({ value, holder })),
      (error) => new ReadFailed({ value, holder, why: "why" in error ? error.why : "unreachable" })
    ),
  // Begun at once, and so ahead of any note on the same way.
  offer: (id, value, payload) =>
    runFork(Effect.ignore(Effect.flatMap(line.way, ({ client }) => client.Offer({ client: id, value, payload })))),
  withdraw: (id, value) =>
    runFork(Effect.ignore(Effect.flatMap(line.way, ({ client }) => client.Withdraw({ client: id, value }))))
})

const isOfWay = (error: unknown): error is RpcClientError => Predicate.isTagged(error, "RpcClientError")

/** A request that goes on until the scope closes, or, when its way breaks, on the next. */
const adapt = (line: Line, adapting: Door.Adapting): Effect.Effect<void, ManageError, Scope.Scope> =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void, ManageError>()
    yield* Effect.flatMap(
      line.way,
      (way) => Stream.runForEach(way.client.Adapt(adapting), () => Deferred.succeed(begun, undefined))
    ).pipe(
      Effect.retry({ schedule: Schedule.spaced("200 millis"), while: isOfWay }),
      Effect.catchIf((error) => !isOfWay(error), (error) => Deferred.fail(begun, error as ManageError)),
      Effect.onError((cause) => Deferred.failCause(begun, cause as Cause.Cause<never>)),
      Effect.interruptible,
      Effect.forkScoped
    )
    yield* Deferred.await(begun)
  })

export interface Options {
  readonly line: Line
  readonly runFork: (effect: Effect.Effect<void>) => void
  readonly values?: Door.Values | undefined
}

export const make = ({ line, runFork, values = valuesBy(line, runFork) }: Options): Door.Service => {
  const peers = new Set<Peer>()
  /** A question never overtakes a note. */
  const said = Effect.suspend(() => Effect.forEach(peers, (peer) => peer.said, { discard: true }))
  /** An answer that cannot be had now is waited for: questions change nothing. */
  const patiently = <A, E>(
    question: (client: Client) => Effect.Effect<A, E | RpcClientError>
  ): Effect.Effect<A, Exclude<E, RpcClientError>> =>
    Effect.zipRight(said, line.way).pipe(
      Effect.flatMap((way) => Effect.zipRight(said, question(way.client))),
      Effect.retry({ schedule: Schedule.spaced("200 millis"), times: 50, while: isOfWay }),
      Effect.catchIf(isOfWay, Effect.die)
    ) as Effect.Effect<A, Exclude<E, RpcClientError>> // the guard took the one out that it leaves in the type
  return {
    attachClient: (id, ears) => attach(peers, new Peer(line, id, "client", ears)),
    attachWorker: (id, ears) => attach(peers, new Peer(line, id, "worker", ears)),
    ...values,
    ask: {
      explain: (key) => patiently((client) => client.Explain({ key })),
      whoHas: (keys) => patiently((client) => client.WhoHas({ keys })),
      hasWhat: patiently((client) => client.HasWhat()),
      workers: patiently((client) => client.Workers()),
      nbytes: patiently((client) => client.Nbytes()),
      memory: (values) => patiently((client) => client.Memory({ values })),
      whyHeld: (key) => patiently((client) => client.WhyHeld({ key })),
      wouldFree: (id, keys) => patiently((client) => client.WouldFree({ client: id, keys })),
      progress: (keys) => patiently((client) => client.Progress({ keys })),
      story: (subject) => patiently((client) => client.Story({ subject })),
      restart: (by) => patiently((client) => client.Restart({ by })),
      restartScheduler: (by) => patiently((client) => client.RestartScheduler({ by })),
      cancel: (keys, { by, reason }) => patiently((client) => client.CancelAll({ keys, by, reason })),
      scale: (workers, within) => patiently((client) => client.Scale({ workers, within })),
      adapt: (adapting) => adapt(line, adapting),
      demand: (node) => patiently((client) => client.Demand(node)),
      replicate: (keys, copies, workers) => patiently((client) => client.Replicate({ keys, copies, workers })),
      checkpoint: (keys) => patiently((client) => client.Checkpoint({ keys })),
      rebalance: (keys, workers) => patiently((client) => client.Rebalance({ keys, workers })),
      moving: patiently((client) => client.Moving()),
      observe: (options) => patiently((client) => client.Observe(options)),
      key: (key) => patiently((client) => client.KeyView({ key })),
      graph: (max) => patiently((client) => client.GraphView({ max })),
      profile: (options) => patiently((client) => client.Profile(options)),
      tree: patiently((client) => client.Tree()),
      retire: (worker, over, by) => patiently((client) => client.Retire({ worker, over, by }))
    }
  }
}
