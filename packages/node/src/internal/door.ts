/** The way of clients inside tasks to the scheduler, over a wire. */
import * as Door from "creel/Door"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ServeDoor } from "./supervise.js"
import type { Wire } from "./wire.js"

// Until creel's Door crosses rpc: tasks find no scheduler.
const nobody: Door.Service = {
  attachClient: () => Effect.succeed({ send: () => {} }),
  attachWorker: () => Effect.succeed({ send: () => {} }),
  read: (value, holder) => Effect.fail(new Door.ReadFailed({ value, holder, why: "unreachable" })),
  offer: () => {},
  withdraw: () => {},
  ask: {} as Door.Questions
}

export const layerClient = (_wire: Wire): Layer.Layer<Door.Door> => Layer.succeed(Door.Door, nobody)

export const serve: Effect.Effect<ServeDoor, never, Door.Door> = Effect.map(
  Door.Door,
  () => (): Effect.Effect<void, never, Scope.Scope> => Effect.void
)
