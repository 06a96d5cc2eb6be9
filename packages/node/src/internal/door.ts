/** The way of clients elsewhere (inside tasks, or in the program of an isolated cluster) to the scheduler, over a wire. */
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Door from "creel/Door"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ServeDoor } from "../supervisor/supervise.js"
import * as RpcWire from "../wire/rpcWire.js"
import type { Wire } from "../wire/wire.js"
import { channelDoor } from "../wire/wire.js"

export const layerClient = (wire: Wire): Layer.Layer<Door.Door> =>
  Door.layerRpc({ trusted: true }).pipe(Layer.provide(RpcWire.layerClient(wire, channelDoor)))

/** How to let a peer in by the door that is here; it is let in for as long as the scope of each call. */
export const serve: Effect.Effect<ServeDoor, never, Door.Door> = Effect.map(
  Door.Door,
  (door): ServeDoor => (protocol) =>
    Effect.asVoid(Layer.build(Door.layerServer({ trusted: true }))).pipe(
      Effect.provide(Context.make(Door.Door, door).pipe(Context.add(RpcServer.Protocol, protocol)))
    )
)
