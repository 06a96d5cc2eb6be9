/** Something in between that breaks: a proxy of one address. */
import { Effect } from "effect"
import * as net from "node:net"

export interface Proxy {
  readonly port: number
  /** How many connections there have been. */
  readonly count: () => number
  /** Ends all connections there are. */
  readonly cut: () => void
  /** From now on nothing passes on the connections there are; later ones are as they should be. */
  readonly freeze: () => void
}

export const make = (to: number) =>
  Effect.acquireRelease(
    Effect.async<Proxy & { readonly server: net.Server }>((resume) => {
      const open = new Set<net.Socket>()
      let count = 0
      const server = net.createServer((near) => {
        count++
        const far = net.connect(to, "127.0.0.1")
        for (const [one, other] of [[near, far], [far, near]] as const) {
          open.add(one)
          one.setNoDelay(true)
          one.on("error", () => {})
          one.on("close", () => {
            open.delete(one)
            other.destroy()
          })
          one.pipe(other)
        }
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          server,
          port: (server.address() as net.AddressInfo).port,
          count: () => count,
          cut: () => {
            for (const socket of open) socket.destroy()
          },
          freeze: () => {
            for (const socket of open) {
              socket.unpipe()
              socket.pause()
            }
          }
        })))
    }),
    ({ cut, server }) =>
      Effect.sync(() => {
        cut()
        server.close()
      })
  )
