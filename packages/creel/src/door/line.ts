/**
 * The way from this process to its scheduler, for all its peers together. It owns which way that is: where one breaks,
 * the next is made, in its own time.
 *
 * 1. There is one way at a time.
 * 2. `ended` of a way is done before the next is looked for.
 * 3. Looking for one is tried ever more rarely, up to a limit, until one has proved good.
 */
import type * as RpcClient from "@effect/rpc/RpcClient"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Rpcs } from "../Rpcs.js"

export type Client = RpcClient.RpcClient<Rpcs, RpcClientError>

/** A connection, as it is made anew after each break. */
export interface Connection {
  readonly client: Client
  /** Ends when nothing more will come, or nothing was heard for too long. */
  readonly broken: Effect.Effect<void>
  /** Fails all that is under way. */
  readonly abort: Effect.Effect<void>
}

export interface Way {
  readonly client: Client
  readonly ended: Effect.Effect<void>
}

interface Held extends Way {
  readonly end: Deferred.Deferred<void>
}

/** Milliseconds. */
const first = 50
const most = 2000

export class Line {
  private held: Held | undefined = undefined
  private waiting: Array<(way: Way) => void> = []
  private failures = 0

  constructor(
    private readonly connect: Effect.Effect<Connection, unknown, Scope.Scope>,
    private readonly failed: (error: unknown, failures: number) => Effect.Effect<void>
  ) {}

  /** The way there is, or the next. */
  readonly way: Effect.Effect<Way> = Effect.suspend(() => {
    if (this.held !== undefined) return Effect.succeed(this.held)
    return Effect.async<Way>((resume) => {
      const wait = (way: Way) => resume(Effect.succeed(way))
      this.waiting.push(wait)
      return Effect.sync(() => {
        this.waiting = this.waiting.filter((each) => each !== wait)
      })
    })
  })

  holds(way: Way): boolean {
    return this.held === way
  }

  /** It leads to the scheduler. */
  good(way: Way): void {
    if (this.held === way) this.failures = 0
  }

  /** Whoever finds it broken says so. */
  broke(way: Way): void {
    const { held } = this
    if (held !== way || held === undefined) return
    this.held = undefined
    Deferred.unsafeDone(held.end, Effect.void)
  }

  /** Before something is tried again: the longer, the more often it was in vain. Not all do it at once. */
  readonly pause: Effect.Effect<void> = Effect.suspend(() => {
    const millis = Math.min(most, first * 1.5 ** this.failures)
    this.failures++
    return Effect.flatMap(Random.nextRange(0.7, 1), (share) => Effect.sleep(millis * share))
  })

  private readonly once: Effect.Effect<void> = Effect.scoped(
    Effect.gen(this, function*() {
      const { abort, broken, client } = yield* this.connect
      const end = yield* Deferred.make<void>()
      const held: Held = { client, end, ended: Deferred.await(end) }
      yield* Effect.addFinalizer(() => Effect.zipRight(Effect.sync(() => this.broke(held)), abort))
      this.held = held
      for (const wait of this.waiting.splice(0)) wait(held)
      yield* Effect.raceFirst(broken, held.ended)
    })
  ).pipe(
    Effect.catchAll((error) => Effect.suspend(() => this.failed(error, this.failures)))
  )

  /** Keeps a way, for ever. */
  readonly keeping: Effect.Effect<never> = Effect.forever(Effect.zipRight(this.once, this.pause))
}
