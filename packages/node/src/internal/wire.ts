/**
 * A wire: what carries plain messages between two threads or processes, several conversations ("channels") on one
 * port. Messages that are not ours (a user's own `postMessage`) are left alone.
 */
import type { Payload } from "@creel/core/Payload"
import type { ChildProcess } from "node:child_process"
import type { MessagePort, Worker } from "node:worker_threads"

export interface Wire {
  /** Never throws, never waits; what is said to a dead end is lost. */
  readonly post: (channel: number, message: unknown) => void
  readonly listen: (channel: number, f: (message: unknown) => void) => () => void
}

/** The conversation of node and executor. */
export const channelExecutor = 0
/** The way from clients inside tasks to the scheduler. */
export const channelDoor = 1
/** One-way: the program was started inside this executor. */
export const channelRefusal = 2

interface Envelope {
  readonly creel: number
  readonly message: unknown
}

const isEnvelope = (u: unknown): u is Envelope =>
  typeof u === "object" && u !== null && Object.hasOwn(u, "creel") && Object.hasOwn(u, "message")

interface Port {
  readonly post: (message: unknown) => void
  readonly on: (f: (message: unknown) => void) => void
}

const fromPort = (port: Port): Wire => {
  const listeners = new Map<number, (message: unknown) => void>()
  // What arrives before anyone listens waits, so that no order of starting loses a message.
  const early = new Map<number, Array<unknown>>()
  port.on((envelope) => {
    if (!isEnvelope(envelope)) return
    const listener = listeners.get(envelope.creel)
    if (listener !== undefined) return listener(envelope.message)
    const waiting = early.get(envelope.creel)
    if (waiting === undefined) early.set(envelope.creel, [envelope.message])
    else waiting.push(envelope.message)
  })
  return {
    post: (channel, message) => port.post({ creel: channel, message }),
    listen: (channel, f) => {
      listeners.set(channel, f)
      const waiting = early.get(channel)
      early.delete(channel)
      if (waiting !== undefined) { for (const message of waiting) f(message) }
      return () => {
        if (listeners.get(channel) === f) listeners.delete(channel)
      }
    }
  }
}

/** A thread, seen from the node, or the node, seen from a thread (`parentPort`), or a port between any two. */
export const fromMessagePort = (port: MessagePort | Worker): Wire =>
  fromPort({
    post: (message) => port.postMessage(message),
    on: (f) => {
      port.on("message", f)
    }
  })

/** A child, seen from the node, or the node, seen from the child (`process`). Needs `serialization: "advanced"`. */
export const fromProcess = (child: ChildProcess | NodeJS.Process): Wire =>
  fromPort({
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
export const unshared = (payload: Payload): Payload =>
  payload.buffers.some((buffer) => buffer instanceof SharedArrayBuffer)
    ? {
      head: payload.head,
      buffers: payload.buffers.map((buffer) => {
        if (!(buffer instanceof SharedArrayBuffer)) return buffer
        const copy = new ArrayBuffer(buffer.byteLength)
        new Uint8Array(copy).set(new Uint8Array(buffer))
        return copy
      })
    }
    : payload

/** A head read from IPC is a view into the whole message: on its own again, so that it neither pins nor drags it along. */
export const owned = (payload: Payload): Payload =>
  payload.head.byteLength === payload.head.buffer.byteLength && !isNodeBuffer(payload.head)
    ? payload
    : { head: new Uint8Array(payload.head), buffers: payload.buffers }

const isNodeBuffer = (view: Uint8Array): boolean => Object.getPrototypeOf(view) !== Uint8Array.prototype
