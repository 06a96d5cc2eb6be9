/**
 * A socket as a row of frames: four bytes that say how long, then so many. Owns cutting and joining, and the pulse of the
 * connection: an empty frame says only that whoever sends it is alive.
 *
 * 1. A frame is handed on whole, in order, and never after the end.
 * 2. More than `max()` bytes at once end the connection before they are read.
 * 3. Each end says something every `beat` milliseconds, and takes the other for gone when a silence is too long for this
 *    connection (`Detector`), or lasts for `silence`. Time in which this process itself stood still is not counted.
 */
import type * as net from "node:net"
import { Detector } from "./detector.js"

export interface Pulse {
  /** Milliseconds. */
  readonly beat: number
  /** Milliseconds: the most, on whatever connection. */
  readonly silence: number
  /** How surely nothing more will come before that, see `Detector`. */
  readonly threshold: number
}

export interface Hands {
  readonly pulse: Pulse
  /** The most bytes one frame may have, just now. */
  readonly max: () => number
  readonly frame: (bytes: Uint8Array) => void
  /** Once. */
  readonly ended: (why: string) => void
}

const empty = Buffer.alloc(4)

export class Frames {
  private chunks: Array<Buffer> = []
  private have = 0
  /** Of the frame that is being read: -1 until its length is known. */
  private want = -1
  private readonly detector: Detector
  private due: number
  private spoke = false
  private over = false
  private readonly timer: NodeJS.Timeout

  constructor(private readonly socket: net.Socket, private readonly hands: Hands) {
    const now = performance.now()
    this.detector = new Detector(hands.pulse, now)
    this.due = now + hands.pulse.beat
    this.timer = setInterval(() => this.tick(), hands.pulse.beat)
    socket.on("data", (chunk: Buffer) => this.read(chunk))
    socket.on("error", (error) => this.end(error.message))
    socket.on("end", () => this.end("the other end closed it"))
    socket.on("close", () => this.end("it was closed"))
  }

  write(bytes: Uint8Array): void {
    if (this.over) return
    this.spoke = true
    const head = Buffer.allocUnsafe(4)
    head.writeUInt32BE(bytes.byteLength)
    this.socket.cork()
    this.socket.write(head)
    this.socket.write(bytes)
    this.socket.uncork()
  }

  /** Ends it, whatever is under way. */
  end(why: string): void {
    if (this.over) return
    this.over = true
    clearInterval(this.timer)
    this.chunks = []
    this.socket.destroy()
    this.hands.ended(why)
  }

  private tick(): void {
    const now = performance.now()
    const { detector } = this
    const { beat, silence, threshold } = this.hands.pulse
    // What came meanwhile has not been read yet.
    detector.stood(Math.max(0, now - this.due))
    this.due = now + beat
    const still = detector.silence(now)
    if (still > silence || detector.phi(now) >= threshold) {
      return this.end(`nothing was heard for ${Math.round(still)} ms`)
    }
    detector.beaten(now)
    if (!this.spoke) this.socket.write(empty)
    this.spoke = false
  }

  private read(chunk: Buffer): void {
    this.detector.heard(performance.now())
    this.chunks.push(chunk)
    this.have += chunk.byteLength
    while (!this.over) {
      if (this.want < 0) {
        if (this.have < 4) return
        this.want = this.take(4).readUInt32BE()
        if (this.want > this.hands.max()) return this.end(`a frame of ${this.want} bytes is too large`)
      }
      if (this.have < this.want) return
      const frame = this.take(this.want)
      this.want = -1
      if (frame.byteLength > 0) this.hands.frame(frame)
    }
  }

  /** The next bytes; they are there. */
  private take(count: number): Buffer {
    this.have -= count
    const [first] = this.chunks
    if (first !== undefined && first.byteLength > count) {
      this.chunks[0] = first.subarray(count)
      return first.subarray(0, count)
    }
    const parts: Array<Buffer> = []
    let missing = count
    while (missing > 0) {
      const chunk = this.chunks[0]!
      if (chunk.byteLength > missing) {
        parts.push(chunk.subarray(0, missing))
        this.chunks[0] = chunk.subarray(missing)
        break
      }
      parts.push(chunk)
      missing -= chunk.byteLength
      this.chunks.shift()
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, count)
  }
}
