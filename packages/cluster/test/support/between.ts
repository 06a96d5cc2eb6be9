import { Effect } from "effect"
import { once } from "node:events"
import * as net from "node:net"

/** What the one in between does with bytes that come from the server: passes them on, others instead, or cuts the line. */
export type Meddle = (
  chunk: Buffer,
  seen: { readonly connection: number; readonly bytes: number }
) => Buffer | undefined

/** Somebody between a reader and a server. `bytes`: what came from the server in all. */
export const between = (port: number, meddle: Meddle) =>
  Effect.gen(function*() {
    const sockets = new Set<net.Socket>()
    const count = { connections: 0, bytes: 0 }
    const server = net.createServer((near) => {
      const connection = count.connections++
      let bytes = 0
      const far = net.connect({ host: "127.0.0.1", port })
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far)
      far.on("data", (chunk: Buffer) => {
        const out = meddle(chunk, { connection, bytes })
        bytes += chunk.byteLength
        count.bytes += chunk.byteLength
        if (out === undefined) near.destroy()
        else if (!near.write(out)) {
          far.pause()
          near.once("drain", () => far.resume())
        }
      })
    })
    server.listen(0, "127.0.0.1")
    yield* Effect.promise(() => once(server, "listening"))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
    )
    return { count, url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` }
  })
