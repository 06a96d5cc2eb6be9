/** What both ends of a link agree on: how rpc messages become frames, and how large those may be. */
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { protocol } from "creel/Rpcs"
import * as Effect from "effect/Effect"

/**
 * Before the other end has said who it is. Everything it may say by then is short.
 */
export const strangerMax = 64 * 1024

/**
 * What is said is cut into notes and frames of about 1 MiB, however long (`Link`); answers to questions about all there is
 * are one message, of some 60 bytes for each key: this is four million of those.
 */
export const peerMax = 256 * 1024 * 1024

/**
 * Messages in msgpack. A frame holds whole messages, so a rest is a mistake of whoever made it. One for each connection
 * and direction: the format remembers the shapes it has seen.
 */
export const makeParser: Effect.Effect<() => RpcSerialization.Parser> = Effect.map(
  RpcSerialization.RpcSerialization,
  (serialization) => () => serialization.unsafeMake()
).pipe(Effect.provide(RpcSerialization.layerMsgPackWith({ useRecords: true, moreTypes: true, maxBufferSize: 0 })))

/** Of an end that speaks it, said by this one. */
export const otherProtocol = (theirs: number): string =>
  `it speaks protocol ${theirs}, and this end ${protocol}: start both from builds that speak the same, or end the older one`
