/**
 * A door that stands elsewhere: this end of the links of this process's peers.
 *
 * 1. A peer's notes go up one request at a time: what gathers while one is under way leaves with the next.
 * 2. A broken stream is opened again, with what this end has received; the session goes on if the other end still has
 *    it, else both begin a fresh one and the peer tells all.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import type * as RpcClient from "@effect/rpc/RpcClient"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Door from "../Door.js"
import type { Down, Rpcs } from "../Rpcs.js"
import { ReadFailed } from "./readFailed.js"

export type Client = RpcClient.RpcClient<Rpcs, RpcClientError>

/** One peer's link, seen from the peer. */
class Peer {
  private link: Link.Link | undefined = undefined
  private readonly wake: Array<() => void> = []
  private sending = false
  private idlers: Array<() => void> = []

  constructor(
    private readonly client: Client,
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

  private hear(down: Down): void {
    if (down._tag === "Welcome") return this.welcome(down)
    if (down._tag === "Over") return this.ears.over(down.why)
    if (this.link === undefined) return
    const received = Link.receive(this.link, down.frame)
    if (received.acked.work > 0) this.ears.acked(received.acked.work)
    if (received.notes.length > 0) this.ears.notes(received.notes)
    this.kick()
  }

  private welcome({ hello, session, welcome }: Extract<Down, { readonly _tag: "Welcome" }>): void {
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
    this.resumed.length = 0
    this.link = Link.make({ self: this.id, session, incarnation: welcome.incarnation })
    this.ears.reset(welcome, unacked)
    this.kick()
  }

  private readonly resumed: Array<Link.Frame> = []

  /** Reads what comes down, for ever. */
  readonly reading: Effect.Effect<never> = Effect.suspend(() =>
    this.client.Attach({
      peer: this.id,
      kind: this.kind,
      hello: this.link === undefined ? undefined : Link.hello(this.link)
    }).pipe(
      Stream.runForEachChunk((chunk) =>
        Effect.sync(() => {
          for (const down of chunk) this.hear(down)
        })
      )
    )
  ).pipe(
    Effect.ensuring(Effect.sync(() => {
      this.ears.down()
      this.idle()
    })),
    Effect.exit,
    Effect.repeat(Schedule.exponential("50 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))),
    Effect.zipRight(Effect.never)
  )

  private next(): Link.Frame | undefined {
    return this.resumed.shift() ?? (this.link === undefined ? undefined : Link.flush(this.link))
  }

  /** Sends what there is to send, for ever. */
  readonly writing: Effect.Effect<never> = Effect.suspend(() => {
    const frame = this.next()
    this.sending = frame !== undefined
    if (frame !== undefined) {
      // What is lost with a connection is kept by the link, and sent again after the next `Welcome`.
      return Effect.ignore(this.client.Send({ peer: this.id, frame }))
    }
    if (this.link !== undefined) this.idle()
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
    if (!this.sending && link !== undefined && link.sent + 1 >= link.next) return resume(Effect.void)
    const idler = () => resume(Effect.void)
    this.idlers.push(idler)
    this.kick()
    return Effect.sync(() => {
      this.idlers = this.idlers.filter((each) => each !== idler)
    })
  })

  /** Says what is left, within a moment, when the peer goes. */
  readonly closing: Effect.Effect<void> = Effect.suspend(() => {
    const frame = this.next()
    return frame === undefined
      ? Effect.void
      : Effect.flatMap(Effect.ignore(this.client.Send({ peer: this.id, frame })), () => this.closing)
  })
}

const attach = (
  peers: Set<Peer>,
  peer: Peer
): Effect.Effect<Door.Mouth<any>, never, Scope.Scope> =>
  Effect.gen(function*() {
    peers.add(peer)
    yield* Effect.addFinalizer(() => Effect.sync(() => peers.delete(peer)))
    // Attaching may be uninterruptible (an acquisition), and closing is: neither may make these so.
    yield* Effect.forkScoped(Effect.interruptible(peer.reading))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(peer.closing), "1 second")))
    yield* Effect.forkScoped(Effect.interruptible(peer.writing))
    return { send: peer.send }
  })

export const make = (client: Client, runFork: (effect: Effect.Effect<void>) => void): Door.Service => {
  const peers = new Set<Peer>()
  /** A question never overtakes a note. */
  const said = Effect.suspend(() => Effect.forEach(peers, (peer) => peer.said, { discard: true }))
  /** An answer that cannot be had now is waited for: questions change nothing. */
  const patiently = <A>(effect: Effect.Effect<A, RpcClientError>): Effect.Effect<A> =>
    Effect.zipRight(said, effect).pipe(
      Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.intersect(Schedule.recurs(50)))),
      Effect.orDie
    )
  return {
    attachClient: (id, ears) => attach(peers, new Peer(client, id, "client", ears)),
    attachWorker: (id, ears) => attach(peers, new Peer(client, id, "worker", ears)),
    read: (value, holder) =>
      Effect.mapError(
        client.Read({ value, holder }),
        (error) => new ReadFailed({ value, holder, why: "why" in error ? error.why : "unreachable" })
      ),
    // Begun at once, and so ahead of any note on the same way.
    offer: (id, value, payload) => runFork(Effect.ignore(client.Offer({ client: id, value, payload }))),
    withdraw: (id, value) => runFork(Effect.ignore(client.Withdraw({ client: id, value }))),
    ask: {
      explain: (key) => patiently(client.Explain({ key })),
      whoHas: (keys) => patiently(client.WhoHas({ keys })),
      hasWhat: patiently(client.HasWhat()),
      workers: patiently(client.Workers()),
      nbytes: patiently(client.Nbytes()),
      memory: (values) => patiently(client.Memory({ values })),
      whyHeld: (key) => patiently(client.WhyHeld({ key })),
      wouldFree: (id, keys) => patiently(client.WouldFree({ client: id, keys })),
      progress: (keys) => patiently(client.Progress({ keys })),
      story: (subject) => patiently(client.Story({ subject })),
      restart: (by) => patiently(client.Restart({ by })),
      scale: (workers) => patiently(client.Scale({ workers })),
      replicate: (keys, copies, workers) => patiently(client.Replicate({ keys, copies, workers })),
      rebalance: (keys, workers) => patiently(client.Rebalance({ keys, workers })),
      moving: patiently(client.Moving()),
      retire: (worker) => patiently(client.Retire({ worker }))
    }
  }
}
