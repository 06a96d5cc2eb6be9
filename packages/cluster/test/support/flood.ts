import { randomBytes } from "node:crypto"
import * as net from "node:net"
import * as tls from "node:tls"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const onClosed = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => socket.closed ? resolve() : socket.once("close", () => resolve()))

const sending = (port: number, bytes: Buffer): net.Socket => {
  const socket = net.connect({ host: "127.0.0.1", port })
  socket.on("error", () => {})
  socket.resume()
  socket.write(bytes)
  return socket
}

const record = (type: number, length: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, 3, 1, length >> 8, length & 0xff]), body])

/** What is sent by those who have no business here. Each is refused for another reason. */
const kinds: ReadonlyArray<(port: number) => net.Socket> = [
  (port) => sending(port, randomBytes(1024)),
  (port) => sending(port, Buffer.from("GET /values/x HTTP/1.1\r\nhost: localhost\r\n\r\n")),
  // A record of 64 KiB, a megabyte without a meaning, a message that says it has 16 MiB.
  (port) => sending(port, record(22, 0xffff, Buffer.alloc(4096))),
  (port) => sending(port, Buffer.alloc(1 << 20)),
  (port) => sending(port, record(22, 512, Buffer.concat([Buffer.from([1, 0xff, 0xff, 0xff]), Buffer.alloc(508)]))),
  // Begun and never ended; never begun.
  (port) => sending(port, record(22, 512, Buffer.from([1, 0, 2, 0]))),
  (port) => sending(port, Buffer.alloc(0)),
  // Another key, an identity that is none, no key.
  (port) =>
    handshake(port, { pskCallback: () => ({ psk: randomBytes(32), identity: "creel/1/worker/0123456789abcdef" }) }),
  (port) => handshake(port, { pskCallback: () => ({ psk: randomBytes(32), identity: "x".repeat(100) }) }),
  (port) => handshake(port, {})
]

const handshake = (port: number, options: tls.ConnectionOptions): net.Socket => {
  const socket = tls.connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ["creel/1"],
    ...(options.pskCallback === undefined ? {} : { ciphers: "TLS_AES_128_GCM_SHA256" }),
    ...options
  })
  socket.on("error", () => {})
  socket.resume()
  return socket
}

/** So many of them, some at once, each until the other end has hung up. */
export const flood = async (port: number, count: number): Promise<void> => {
  let next = 0
  const one = async () => {
    while (next < count) {
      const kind = kinds[next++ % kinds.length]!
      await onClosed(kind(port))
    }
  }
  await Promise.all(Array.from({ length: 100 }, one))
}

/** Bytes that this process cannot do without, once all that was thrown away is gone. */
export const bytesInUse = async (): Promise<number> => {
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}
