/**
 * The door of one node: notes by a link to wherever the scheduler is, values straight from whoever holds them.
 *
 * A value is looked for here first, then at its holder. Where that is, the scheduler's node knows, and says so once for
 * each holder.
 */
import type * as Id from "@creel/core/Id"
import type * as Payload from "@creel/core/Payload"
import * as Door from "creel/Door"
import type { Introduction } from "creel/Rpcs"
import type * as Shelf from "creel/Shelf"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ClusterError } from "../ClusterError.js"

/** Brings a value from another node. */
export type ReadFrom = (
  at: Introduction,
  value: Id.ValueId,
  holder: Id.PeerId
) => Effect.Effect<Payload.Payload, Door.ReadFailed>

export interface Options {
  /** Finds the scheduler, and connects to it. */
  readonly connect: Effect.Effect<Door.Connection, ClusterError, Scope.Scope>
  readonly shelf: Shelf.Shelf
  readonly readFrom: ReadFrom
  /** Writes down that this peer takes part, until the scope closes; it may take its time elsewhere. */
  readonly register: (id: Id.PeerId, kind: "client" | "worker") => Effect.Effect<void, never, Scope.Scope>
  /** Without a connection: told each time one was sought in vain. */
  readonly failed: (error: unknown, failures: number) => Effect.Effect<void>
}

/** Holders whose place is known. Peers that are gone are never asked for again, so the oldest may be forgotten. */
const placesMax = 4096

class Places {
  private readonly known = new Map<Id.PeerId, Introduction>()

  constructor(private readonly client: Effect.Effect<Door.Connection["client"]>) {}

  of(peer: Id.PeerId): Effect.Effect<Introduction | undefined> {
    const known = this.known.get(peer)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.flatMap(this.client, (client) => client.Where({ peer })).pipe(
      Effect.orElseSucceed(() => undefined),
      Effect.tap((at) => Effect.sync(() => this.keep(peer, at)))
    )
  }

  private keep(peer: Id.PeerId, at: Introduction | undefined): void {
    if (at === undefined) return
    if (this.known.size >= placesMax) this.known.delete(this.known.keys().next().value!)
    this.known.set(peer, at)
  }
}

const valuesOf = (shelf: Shelf.Shelf, places: () => Places, readFrom: ReadFrom): Door.Values => ({
  read: (value, holder) =>
    shelf.has(holder)
      ? shelf.read(value, holder)
      : Effect.suspend(() =>
        Effect.flatMap(
          places().of(holder),
          (at) =>
            at === undefined
              ? Effect.fail(new Door.ReadFailed({ value, holder, why: "unreachable" }))
              : readFrom(at, value, holder)
        )
      ),
  offer: shelf.offer,
  withdraw: shelf.withdraw
})

export interface PeerDoor {
  readonly door: Door.Service
  /** Ends when there is a connection. */
  readonly connected: Effect.Effect<void>
  /** Where this peer serves its values. */
  readonly urlOf: (peer: Id.PeerId) => Effect.Effect<string | undefined>
}

export const make = (options: Options): Effect.Effect<PeerDoor, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { shelf } = options
    const connected: Door.ConnectedDoor = yield* Door.connected({
      connect: options.connect,
      values: valuesOf(shelf, () => places, options.readFrom),
      failed: options.failed
    })
    const places = new Places(connected.client)
    const { door } = connected
    const here = (id: Id.PeerId, kind: "client" | "worker") =>
      Effect.zipRight(
        Effect.acquireRelease(
          Effect.sync(() => {
            if (kind === "client") shelf.arrived(id)
          }),
          () => Effect.sync(() => shelf.left(id))
        ),
        options.register(id, kind)
      )
    return {
      door: {
        ...door,
        attachClient: (id, ears) => Effect.zipRight(here(id, "client"), door.attachClient(id, ears)),
        attachWorker: (id, ears) => Effect.zipRight(here(id, "worker"), door.attachWorker(id, ears))
      },
      connected: Effect.asVoid(connected.client),
      urlOf: (peer) => Effect.map(places.of(peer), (at) => at?.url)
    }
  })
