/**
 * What the peers of this process serve: workers their stores, clients the values they bring. Whoever reads a value looks
 * here first, and a data plane serves from here.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import type * as Payload from "@creel/core/Payload"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { ReadFailed } from "./door/readFailed.js"
import type * as Store from "./Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Shelf {
  /** From now on this worker's values can be read here. */
  readonly serve: (worker: Id.PeerId, store: Store.Store) => void
  /** A client is here: what it does not have is `gone`, and not `unreachable`. */
  readonly arrived: (client: Id.PeerId) => void
  /** It is here no more, and nothing of what it served. */
  readonly left: (peer: Id.PeerId) => void
  readonly has: (peer: Id.PeerId) => boolean
  /** Makes a value that this client brings readable. */
  readonly offer: (client: Id.PeerId, value: Id.ValueId, payload: Payload.Payload) => void
  readonly withdraw: (client: Id.PeerId, value: Id.ValueId) => void
  /** What is in memory. */
  readonly find: (value: Id.ValueId, holder: Id.PeerId) => Payload.Payload | undefined
  /** What is in memory or on disk. A holder that is not here is `unreachable`. */
  readonly read: (value: Id.ValueId, holder: Id.PeerId) => Effect.Effect<Payload.Payload, ReadFailed>
  /**
   * The same for who reads it for as long as the scope is open, as a data plane does that serves a slow reader: until then it
   * is not spilled, and counts in its worker's memory.
   */
  readonly lend: (
    value: Id.ValueId,
    holder: Id.PeerId
  ) => Effect.Effect<Payload.Payload, ReadFailed, Scope.Scope>
  /** The same for who can send what is on disk as it stands: that is not loaded, and takes no memory. */
  readonly source: (
    value: Id.ValueId,
    holder: Id.PeerId
  ) => Effect.Effect<Payload.Payload | Store.Source, ReadFailed, Scope.Scope>
}

/**
 * An empty shelf.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Shelf => {
  const stores = new Map<Id.PeerId, Store.Store>()
  const offers = new Map<Id.PeerId, Map<Id.ValueId, Payload.Payload>>()

  const find: Shelf["find"] = (value, holder) => stores.get(holder)?.get(value) ?? offers.get(holder)?.get(value)

  const has: Shelf["has"] = (peer) => stores.has(peer) || offers.has(peer)

  const readLater: Shelf["read"] = (value, holder) => {
    const payload = find(value, holder)
    if (payload !== undefined) return Exit.succeed(payload)
    const store = stores.get(holder)
    if (store?.isSpilled(value) === true) {
      // What cannot be read may have come back to memory just now.
      return Effect.catchAll(store.peek(value), () => {
        const payload = find(value, holder)
        return payload !== undefined
          ? Exit.succeed(payload)
          : Exit.fail(new ReadFailed({ value, holder, why: "corrupt" }))
      })
    }
    return Exit.fail(new ReadFailed({ value, holder, why: has(holder) ? "gone" : "unreachable" }))
  }

  const arrived: Shelf["arrived"] = (client) => {
    if (!offers.has(client)) offers.set(client, new Map())
  }

  const read: Shelf["read"] = (value, holder) => {
    const payload = find(value, holder)
    return payload === undefined ? Effect.suspend(() => readLater(value, holder)) : Exit.succeed(payload)
  }

  const lend: Shelf["lend"] = (value, holder) =>
    Effect.flatMap(
      Effect.acquireRelease(
        Effect.sync(() => stores.get(holder)?.lend(value)),
        (loan) => Effect.sync(() => loan?.end())
      ),
      (loan) => loan === undefined ? read(value, holder) : Effect.succeed(loan.payload)
    )

  const source: Shelf["source"] = (value, holder) =>
    Effect.suspend((): ReturnType<Shelf["source"]> => {
      const onDisk = stores.get(holder)?.source(value)
      // What cannot be read may have come back to memory just now.
      return onDisk === undefined ? lend(value, holder) : Effect.catchAll(onDisk, () => lend(value, holder))
    })

  return {
    serve: (worker, store) => void stores.set(worker, store),
    arrived,
    left: (peer) => {
      stores.delete(peer)
      offers.delete(peer)
    },
    has,
    offer: (client, value, payload) => {
      arrived(client)
      offers.get(client)?.set(value, payload)
    },
    withdraw: (client, value) => void offers.get(client)?.delete(value),
    find,
    // What is in memory needs no fiber: its Exit is the answer.
    read,
    lend,
    source
  }
}
