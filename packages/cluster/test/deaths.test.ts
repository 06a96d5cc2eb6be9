/** Whether a process is gone, by its machine's word: real sockets. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as net from "node:net"
import { isProven } from "../src/internal/deaths.js"
import { freePort } from "./fixtures/ports.js"

/** Listens, and says nothing: as a process would that stands still. */
const silent = Effect.acquireRelease(
  Effect.async<net.Server>((resume) => {
    const server = net.createServer((socket) => void socket.on("error", () => {}))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
)

const urlOf = (port: number) => `http://127.0.0.1:${port}`

describe("a process whose connection ended", () => {
  it.live("is gone when its machine says that nobody is there", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* isProven(urlOf(yield* freePort)))
    }))

  it.scopedLive("is not while something listens there, though it says nothing", () =>
    Effect.gen(function*() {
      const { port } = (yield* silent).address() as net.AddressInfo
      assert.isFalse(yield* isProven(urlOf(port)))
    }))

  it.live("is not where nobody can be asked", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* isProven(undefined))
      assert.isFalse(yield* isProven("nowhere"))
      assert.isFalse(yield* isProven("http://no-such-machine.invalid:1"))
    }))
})
