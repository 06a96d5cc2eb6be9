/** What both ends of a link agree on: how rpc messages become frames, and how large those may be. */
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Effect from "effect/Effect"

/**
 * Before the other end has said who it is. Everything it may say by then is short.
 */
export const strangerMax = 64 * 1024

/**
 * Frames of notes are cut at 1 MiB, but what a peer tells a new scheduler is one note: some 300 bytes for each task it
 * wants and each value it holds. This is a million of those.
 */
export const peerMax = 512 * 1024 * 1024

/**
 * Messages in msgpack. A frame holds whole messages, so a rest is a mistake of whoever made it. One for each connection
 * and direction: the format remembers the shapes it has seen.
 */
export const makeParser: Effect.Effect<() => RpcSerialization.Parser> = Effect.map(
  RpcSerialization.RpcSerialization,
  (serialization) => () => serialization.unsafeMake()
).pipe(Effect.provide(RpcSerialization.layerMsgPackWith({ useRecords: true, moreTypes: true, maxBufferSize: 0 })))
