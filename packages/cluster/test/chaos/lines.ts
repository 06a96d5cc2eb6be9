/**
 * Proxies between nodes, for machines that have no network namespaces, and for what those cannot do: connections that are
 * reset. Each node is known to the others under an address at which only its proxies listen. Owned here: addresses, and
 * what passes. Which connection is whose is known of links alone, by how they introduce themselves.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { once } from "node:events"
import * as net from "node:net"

type Port = "links" | "values" | "runner"

interface Line {
  readonly near: net.Socket
  readonly far: net.Socket
  readonly port: Port
  readonly to: string
  /** The node that connected, once it has said so. */
  from: string | undefined
}

type Direction = "there" | "back" | "both"

export interface Spot {
  readonly address: string
  readonly ports: Readonly<Record<Port, number>>
}

export interface Lines {
  /** A new address, with proxies in front of it. */
  readonly spot: Effect.Effect<Spot, never, Scope.Scope>
  /** Nothing passes on links from these nodes (by their ids) to this address, in this direction, until it is healed. */
  readonly hold: (from: ReadonlyArray<string>, to: Spot, direction: Direction) => void
  readonly heal: () => void
  /** Resets each connection with this chance in a hundred, of whatever kind. Answers how many. */
  readonly reset: (percent: number, lot: (below: number) => number) => number
}

const free = Effect.async<number>((resume) => {
  const server = net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** The node's id, out of how it introduces itself. */
const introduced = /n[0-9a-f]{12}/

export const make = Effect.sync((): Lines => {
  const open = new Set<Line>()
  let held: Array<{ readonly from: ReadonlyArray<string>; readonly to: string; readonly direction: Direction }> = []
  const holds = (line: Line, direction: "there" | "back"): boolean =>
    line.port === "links" && line.from !== undefined &&
    held.some((one) =>
      one.to === line.to && one.from.includes(line.from!) && (one.direction === "both" || one.direction === direction)
    )
  const flow = (line: Line) => {
    for (const [socket, direction] of [[line.near, "there"], [line.far, "back"]] as const) {
      if (holds(line, direction)) socket.pause()
      else socket.resume()
    }
  }
  const pass = (near: net.Socket, spot: { readonly address: string; readonly port: Port; readonly to: number }) => {
    const far = net.connect(spot.to, "127.0.0.1")
    const line: Line = { near, far, port: spot.port, to: spot.address, from: undefined }
    open.add(line)
    for (const [one, other] of [[near, far], [far, near]] as const) {
      one.setNoDelay(true)
      one.on("error", () => {})
      // One end that is gone is not noticed by the other while nothing passes.
      one.on("close", () => {
        open.delete(line)
        other.destroy()
      })
      one.on("data", (chunk: Buffer) => {
        if (one === near && line.from === undefined) {
          line.from = introduced.exec(chunk.toString("latin1"))?.[0]
          flow(line)
        }
        if (!other.destroyed) other.write(chunk)
      })
    }
  }
  let count = 0
  return {
    spot: Effect.gen(function*() {
      const address = `127.0.1.${++count}`
      const [links, values, runner] = yield* Effect.all([free, free, free])
      const ports = { links, values, runner }
      for (const [port, to] of Object.entries(ports) as Array<[Port, number]>) {
        const server = net.createServer((near) => pass(near, { address, port, to }))
        server.listen(to, address)
        yield* Effect.promise(() => once(server, "listening"))
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            server.close()
            for (const { far, near } of open) {
              near.destroy()
              far.destroy()
            }
          })
        )
      }
      return { address, ports }
    }),
    hold: (from, { address }, direction) => {
      held.push({ from, to: address, direction })
      for (const line of open) flow(line)
    },
    heal: () => {
      held = []
      for (const line of open) flow(line)
    },
    reset: (percent, lot) => {
      const chosen = [...open].filter(() => lot(100) < percent)
      for (const { far, near } of chosen) {
        near.resetAndDestroy()
        far.resetAndDestroy()
      }
      return chosen.length
    }
  }
})
