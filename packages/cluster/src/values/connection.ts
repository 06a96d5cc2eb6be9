/**
 * Connections to nodes that serve values, kept for one question after the other: as much of HTTP/1.1 as those nodes speak.
 *
 * Not `node:http`'s own client: it makes a buffer of each piece that comes off a socket, and those, of which a value has
 * thousands, cost more than all else that is done for it. Here they are read into one that is used again.
 *
 * 1. There are at most `max` connections to a node. Who asked first has the next that is free.
 * 2. A connection is used again only when its answer was read to the end.
 * 3. Who has heard a question says so each second (`102`) until he answers: one that is silent stands still, or is cut off.
 */
import type * as net from "node:net"
import type { ClusterError } from "../ClusterError.js"

export interface Hears {
  /** What is said before the body. False: it is not wanted, and the connection ends. */
  readonly head: (status: number, headers: ReadonlyMap<string, string>) => boolean
  readonly body: (bytes: Uint8Array) => void
  readonly end: () => void
  /** `silent`: nothing at all was heard for as long as that is waited for. */
  readonly broken: (silent: boolean) => void
}

/** A connection that nobody uses is closed after so many milliseconds. */
const idleMillis = 30_000

/** Before the body there are a few lines. */
const headMax = 16 * 1024

const headersOf = (lines: ReadonlyArray<string>): ReadonlyMap<string, string> =>
  new Map(lines.map((line) => {
    const at = line.indexOf(":")
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
  }))

export class Connection {
  private hears: Hears | undefined = undefined
  private head = Buffer.alloc(0)
  /** Of the body; undefined before it. */
  private left: number | undefined = undefined
  private socket: net.Socket | undefined = undefined
  private last = false
  /** Whether anything came since it was asked. */
  private heard = false
  /** How often it was asked, and something came. */
  private events = 0
  private late = false

  /** `gone`: it is no more. */
  constructor(private readonly gone: (silent: boolean) => void, private readonly stall: number) {}

  begin(socket: net.Socket): void {
    this.socket = socket
    socket.setTimeout(idleMillis, this.timedOut)
    socket.once("end", () => socket.destroy())
    socket.once("close", () => {
      const silent = this.late && this.hears !== undefined && !this.heard
      this.gone(silent)
      this.over()?.broken(silent)
    })
    socket.unref()
  }

  /** Timers run before sockets are read, so what has come in is read first. */
  private readonly timedOut = (): void => {
    const { events } = this
    setImmediate(() =>
      setImmediate(() => {
        if (this.events !== events) return
        this.late = true
        this.socket?.destroy()
      })
    )
  }

  /** Whether another question can be asked. */
  get open(): boolean {
    return !this.last && this.hears === undefined && this.socket?.destroyed === false
  }

  ask(question: string, hears: Hears): void {
    this.hears = hears
    this.left = undefined
    this.heard = false
    this.events++
    this.socket?.ref()
    this.socket?.setTimeout(this.stall)
    this.socket?.write(question, "latin1")
  }

  destroy(): void {
    this.hears = undefined
    this.socket?.destroy()
  }

  readonly feed = (bytes: Uint8Array): void => {
    this.heard = true
    this.events++
    let rest = bytes
    if (this.left === undefined) {
      const body = this.readHead(bytes)
      if (body === undefined) return
      rest = body
    }
    const left = this.left ?? 0
    // Nobody has asked for more.
    if (this.hears === undefined || rest.byteLength > left) return void this.socket?.destroy()
    this.left = left - rest.byteLength
    if (rest.byteLength > 0) this.hears.body(rest)
    if (this.left === 0) {
      this.left = undefined
      this.over()?.end()
    }
  }

  /** What of the body came with it; undefined while it is not all there, or when it is not wanted. */
  private readHead(bytes: Uint8Array): Uint8Array | undefined {
    const all = this.head.byteLength > 0
      ? Buffer.concat([this.head, bytes])
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = all.indexOf("\r\n\r\n")
    if (end < 0) {
      // A copy: its memory is used again.
      this.head = Buffer.from(all)
      if (all.byteLength > headMax) this.socket?.destroy()
      return undefined
    }
    this.head = Buffer.alloc(0)
    const [first = "", ...lines] = all.toString("latin1", 0, end).split("\r\n")
    const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]
    // It has been heard, and the answer is to come.
    if (status?.startsWith("1") === true) return this.readHead(all.subarray(end + 4))
    const headers = headersOf(lines)
    const length = headers.get("content-length") ?? ""
    this.last = headers.get("connection")?.toLowerCase() === "close"
    const ours = status !== undefined && /^\d{1,15}$/.test(length)
    if (!ours || this.hears?.head(Number(status), headers) !== true) return void this.socket?.destroy()
    this.left = Number(length)
    return all.subarray(end + 4)
  }

  private over(): Hears | undefined {
    const hears = this.hears
    this.hears = undefined
    this.socket?.unref()
    this.socket?.setTimeout(idleMillis)
    return hears
  }
}

interface Waiter {
  readonly give: (connection: Connection) => void
  readonly fail: (error: ClusterError | "silent") => void
}

interface Node {
  readonly url: string
  readonly idle: Array<Connection>
  readonly all: Set<Connection>
  readonly waiting: Set<Waiter>
  opening: number
}

/** Connects, tells what it reads, and calls back. `silent`: it was neither let in nor turned away. */
export type Connect = (
  url: URL,
  feed: ((bytes: Uint8Array) => void) | undefined,
  done: (socket: net.Socket | ClusterError | "silent") => void
) => void

export class Pool {
  private readonly nodes = new Map<string, Node>()

  constructor(private readonly connect: Connect, private readonly max: number, private readonly stall: number) {}

  /** A connection, now or later. What is returned takes the wish back. */
  take(url: string, waiter: Waiter): () => void {
    let node = this.nodes.get(url)
    if (node === undefined) {
      node = { url, idle: [], all: new Set(), waiting: new Set(), opening: 0 }
      this.nodes.set(url, node)
    }
    const { waiting } = node
    waiting.add(waiter)
    this.serve(node)
    return () => void waiting.delete(waiter)
  }

  giveBack(url: string, connection: Connection): void {
    const node = this.nodes.get(url)
    if (!connection.open || node === undefined) return connection.destroy()
    node.idle.push(connection)
    this.serve(node)
  }

  close(): void {
    for (const { all } of this.nodes.values()) for (const connection of all) connection.destroy()
    this.nodes.clear()
  }

  private serve(node: Node): void {
    for (const waiter of node.waiting) {
      const connection = node.idle.pop()
      if (connection === undefined) break
      node.waiting.delete(waiter)
      waiter.give(connection)
    }
    while (node.opening < node.waiting.size && node.opening + node.all.size < this.max) this.open(node)
  }

  /** It stands still, or is cut off: who waits for a connection to it need not find that out anew. */
  private silent({ idle, waiting }: Node): void {
    for (const connection of idle.splice(0)) connection.destroy()
    for (const waiter of [...waiting]) {
      waiting.delete(waiter)
      waiter.fail("silent")
    }
  }

  private open(node: Node): void {
    node.opening++
    const connection = new Connection((silent) => {
      node.all.delete(connection)
      if (silent) this.silent(node)
      const at = node.idle.indexOf(connection)
      if (at >= 0) node.idle.splice(at, 1)
      if (node.all.size + node.opening + node.waiting.size === 0) this.nodes.delete(node.url)
      else this.serve(node)
    }, this.stall)
    this.connect(new URL(node.url), connection.feed, (socket) => {
      node.opening--
      if (socket === "silent") {
        this.silent(node)
      } else if ("reason" in socket) {
        const [first] = node.waiting
        if (first !== undefined) {
          node.waiting.delete(first)
          first.fail(socket)
        }
      } else if (this.nodes.get(node.url) !== node) {
        socket.destroy()
      } else {
        node.all.add(connection)
        connection.begin(socket)
        node.idle.push(connection)
      }
      this.serve(node)
    })
  }
}
