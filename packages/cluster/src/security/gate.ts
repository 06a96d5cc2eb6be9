/**
 * Connections that have not yet proved who they are.
 *
 * 1. There are never more than `max`: the oldest goes. A peer that belongs here is done in milliseconds, so whoever fills
 *    the gate keeps out nobody but those who came for nothing.
 * 2. None stays longer than `within` milliseconds.
 */
import type * as net from "node:net"

interface Waiting {
  readonly socket: net.Socket
  readonly timer: NodeJS.Timeout
}

/** The TLS socket and the one below it are different objects, of one connection. */
const nameOf = (socket: net.Socket): string =>
  `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`

export class Gate {
  private readonly waiting = new Map<string, Waiting>()
  private gone = 0

  constructor(private readonly within: number, private readonly max: number) {}

  /** How many left without proof. */
  get refused(): number {
    return this.gone
  }

  get size(): number {
    return this.waiting.size
  }

  enter(socket: net.Socket): void {
    socket.on("error", () => {})
    // Whoever has hung up by now has no name any more.
    if (socket.remotePort === undefined) return this.refuse(socket)
    const name = nameOf(socket)
    this.drop(name)
    if (this.waiting.size >= this.max) {
      const [oldest] = this.waiting.keys()
      if (oldest !== undefined) this.drop(oldest)
    }
    const timer = setTimeout(() => this.drop(name), this.within)
    this.waiting.set(name, { socket, timer })
    socket.once("close", () => {
      if (this.waiting.get(name)?.socket === socket) this.drop(name)
    })
  }

  /** It has proved who it is. False: it was not waiting any more. */
  pass(secured: net.Socket): boolean {
    const name = nameOf(secured)
    const waiting = this.waiting.get(name)
    if (waiting === undefined) return false
    clearTimeout(waiting.timer)
    return this.waiting.delete(name)
  }

  close(): void {
    for (const name of [...this.waiting.keys()]) this.drop(name)
  }

  private drop(name: string): void {
    const waiting = this.waiting.get(name)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.waiting.delete(name)
    this.refuse(waiting.socket)
  }

  private refuse(socket: net.Socket): void {
    this.gone++
    socket.destroy()
  }
}
