/** A way to a scheduler that hears and never answers: what a client does by itself. */
import * as Link from "@creel/core/Link"
import { Client, Door } from "creel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Says nothing at all, to those who only need a door to be there. */
export const deafService = (): Door.Service => ({
  attachClient: (_, ears) =>
    Effect.sync(() => {
      ears.reset({ incarnation: 1, heartbeat: 1000 }, [])
      return { send: () => {} }
    }),
  attachWorker: () => Effect.succeed({ send: () => {} }),
  read: () => Effect.never,
  offer: () => {},
  withdraw: () => {},
  ask: new Proxy({}, { get: () => Effect.never }) as Door.Questions
})

export const deafDoor = () => {
  const said: Array<string> = []
  let work = 0
  let down = () => {}
  let acked: (bytes: number) => void = () => {}
  const door: Door.Service = {
    ...deafService(),
    attachClient: (_, ears) =>
      Effect.sync(() => {
        acked = ears.acked
        down = ears.down
        ears.reset({ incarnation: 1, heartbeat: 1000 }, [])
        return {
          send: (notes) => {
            for (const note of notes) {
              said.push(note._tag)
              if (note._tag === "Submit" || note._tag === "Offer") work += Link.weigh(note)
            }
          }
        }
      })
  }
  const layer = (options: Client.Options) => Client.layer(options).pipe(Layer.provide(Layer.succeed(Door.Door, door)))
  /** As a link would: what arrived is acknowledged by what it weighs. */
  const ackExactly = () => {
    acked(work)
    work = 0
  }
  return { said, layer, ack: () => acked(Number.MAX_SAFE_INTEGER), ackExactly, down: () => down() }
}
