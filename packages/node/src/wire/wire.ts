/**
 * A wire: what carries plain messages between two threads or processes, several conversations ("channels") on one
 * port. Messages that are not ours (a user's own `postMessage`) are left alone.
 */
import * as Payload from "@creel/core/Payload"
import type { ChildProcess } from "node:child_process"
import type { MessagePort, Worker } from "node:worker_threads"

export interface Wire {
  /** Never throws, never waits; what is said to a dead end is lost. */
  readonly post: (channel: number, message: unknown) => void
  /** Sends what was said in this turn now, before code that may not return. */
  readonly flush: () => void
  readonly listen: (channel: number, f: (message: unknown) => void) => () => void
  /**
   * A conversation that gathers what it says by itself: whenever the wire is flushed it is asked for that, before all
   * else. Answers how it says that it has something: to leave when the turn is over, or sooner, when the step of the
   * machine that speaks is.
   */
  readonly gather: (channel: number, take: () => unknown, until: "turn" | "step") => () => void
}

/** The node asks the executor. */
export const channelExecutor = 0
/** Commands down and events up. */
export const channelWork = 3
/** The way from clients inside tasks to the scheduler. */
export const channelDoor = 1
/** One-way: what the executor's heap takes. */
export const channelHeap = 4
/** One-way, to whoever sees the same memory: how to collect what was let go of. */
export const channelGarbage = 5
/** One-way: the program was started inside this executor. */
export const channelRefusal = 2

/** All that was said in one turn of the loop crosses at once: each crossing wakes a thread. */
interface Envelope {
  readonly creel: ReadonlyArray<readonly [channel: number, message: unknown]>
}

const isEnvelope = (u: unknown): u is Envelope =>
  typeof u === "object" && u !== null && Object.hasOwn(u, "creel") && "creel" in u && Array.isArray(u.creel)

interface Port {
  readonly post: (message: Envelope) => void
  readonly on: (f: (message: unknown) => void) => void
}

// What follows on a promise costs less than `queueMicrotask`, which makes a resource of its own.
const settled = Promise.resolve()

class PortWire implements Wire {
  private readonly listeners = new Map<number, (message: unknown) => void>()
  /** What arrives before anyone listens waits, so that no order of starting loses a message. */
  private readonly early = new Map<number, Array<unknown>>()
  private outbox: Array<readonly [number, unknown]> = []
  private readonly gathering: Array<readonly [channel: number, take: () => unknown]> = []
  private turnDue = false
  private stepDue = false

  constructor(private readonly port: Port) {
    port.on((envelope) => {
      if (!isEnvelope(envelope)) return
      for (const [channel, message] of envelope.creel) this.hear(channel, message)
    })
  }

  private hear(channel: number, message: unknown): void {
    const listener = this.listeners.get(channel)
    if (listener !== undefined) return listener(message)
    const waiting = this.early.get(channel)
    if (waiting === undefined) this.early.set(channel, [message])
    else waiting.push(message)
  }

  readonly post = (channel: number, message: unknown): void => {
    this.outbox.push([channel, message])
    this.afterTurn()
  }

  readonly gather = (channel: number, take: () => unknown, until: "turn" | "step"): () => void => {
    this.gathering.push([channel, take])
    return until === "turn" ? this.afterTurn : this.afterStep
  }

  private readonly afterTurn = (): void => {
    if (this.turnDue) return
    this.turnDue = true
    process.nextTick(this.flush)
  }

  // A machine steps in a task of Effect's scheduler, which is a microtask: the next one follows on the step. The turn can
  // go on for long after that, and the other side would stand idle.
  private readonly afterStep = (): void => {
    if (this.stepDue) return
    this.stepDue = true
    void settled.then(this.flush)
  }

  readonly flush = (): void => {
    this.turnDue = this.stepDue = false
    const creel: Array<readonly [number, unknown]> = []
    for (const [channel, take] of this.gathering) {
      const message = take()
      if (message !== undefined) creel.push([channel, message])
    }
    if (this.outbox.length > 0) {
      creel.push(...this.outbox)
      this.outbox = []
    }
    if (creel.length > 0) this.port.post({ creel })
  }

  readonly listen = (channel: number, f: (message: unknown) => void): () => void => {
    this.listeners.set(channel, f)
    const waiting = this.early.get(channel)
    this.early.delete(channel)
    if (waiting !== undefined) { for (const message of waiting) f(message) }
    return () => {
      if (this.listeners.get(channel) === f) this.listeners.delete(channel)
    }
  }
}

/** A thread, seen from the node, or the node, seen from a thread (`parentPort`), or a port between any two. */
export const fromMessagePort = (port: MessagePort | Worker): Wire =>
  new PortWire({
    post: (message) => port.postMessage(message),
    on: (f) => {
      port.on("message", f)
    }
  })

/** A child, seen from the node, or the node, seen from the child (`process`). Needs `serialization: "advanced"`. */
export const fromProcess = (child: ChildProcess | NodeJS.Process): Wire =>
  new PortWire({
    post: (message) => {
      if (!child.connected) return
      // An error here is the other side's death, which is heard of by itself.
      child.send?.(message as object, undefined, {}, () => {})
    },
    on: (f) => {
      child.on("message", f)
    }
  })

/** Memory is not shared between processes: copies what is shared, since a shared buffer cannot be sent. */
export const unshared = (payload: Payload.Payload): Payload.Payload =>
  Payload.buffers(payload).some((buffer) => buffer instanceof SharedArrayBuffer)
    ? Payload.make(
      Payload.head(payload),
      Payload.buffers(payload).map((buffer) => isShared(buffer) ? copied(buffer) : buffer)
    )
    : payload

// A buffer from another realm (a vm context) is no instance of this one's class.
const isShared = (u: object): u is SharedArrayBuffer =>
  u instanceof SharedArrayBuffer || Object.prototype.toString.call(u) === "[object SharedArrayBuffer]"

const copied = (buffer: SharedArrayBuffer): ArrayBuffer => {
  const copy = new ArrayBuffer(buffer.byteLength)
  new Uint8Array(copy).set(new Uint8Array(buffer))
  return copy
}

/** A head read from IPC is a view into the whole message: on its own again, so that it neither pins nor drags it along. */
export const owned = (payload: Payload.Payload): Payload.Payload =>
  Payload.isShort(payload) ? payload : Payload.make(payload.head, payload.buffers)

const isOwn = (view: Uint8Array): boolean =>
  view.byteLength === view.buffer.byteLength && Object.getPrototypeOf(view) === Uint8Array.prototype

const mapBinary = (f: (binary: object) => unknown) => {
  const visit = (u: unknown): unknown => {
    if (typeof u !== "object" || u === null) return u
    if (ArrayBuffer.isView(u) || u instanceof ArrayBuffer || isShared(u)) return f(u)
    if (Array.isArray(u)) return u.map(visit)
    const proto: unknown = Object.getPrototypeOf(u)
    if (proto !== Object.prototype && proto !== null) return u
    const out: Record<string, unknown> = {}
    for (const key of Object.keys(u)) out[key] = visit(Reflect.get(u, key))
    return out
  }
  return visit
}

const forProcess = mapBinary((binary) => isShared(binary) ? copied(binary) : binary)
const fromProcessMessage = mapBinary((binary) =>
  binary instanceof Uint8Array && !isOwn(binary) ? new Uint8Array(binary) : binary
)

/**
 * A wire between processes, for conversations whose messages may hold payloads anywhere: what is shared is copied before
 * it is sent, and what arrives stands on its own.
 */
export const copying = (wire: Wire): Wire => ({
  flush: wire.flush,
  gather: (channel, take, until) => wire.gather(channel, () => forProcess(take()), until),
  post: (channel, message) => wire.post(channel, forProcess(message)),
  listen: (channel, f) => wire.listen(channel, (message) => f(fromProcessMessage(message)))
})
