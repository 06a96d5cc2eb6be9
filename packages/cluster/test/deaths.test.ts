/** Whether a process is gone, by its machine's word: real sockets. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type * as net from "node:net"
import { isProven, isProvenBy } from "../src/carrier/deaths.js"
import { freePort } from "./fixtures/ports.js"
import { silent } from "./support/sockets.js"

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

  it.scopedLive("is gone when it is so later, and has been asked for often before", () =>
    Effect.gen(function*() {
      const server = yield* silent
      let asked = 0
      server.on("connection", () => void (++asked === 10 && server.close()))
      assert.isTrue(yield* isProvenBy(urlOf((server.address() as net.AddressInfo).port), () => false))
      assert.isAtLeast(asked, 10)
    }))

  it.scopedLive("is asked for no more when it is back", () =>
    Effect.gen(function*() {
      const server = yield* silent
      let back = false
      server.on("connection", () => void (back = true))
      assert.isFalse(yield* isProvenBy(urlOf((server.address() as net.AddressInfo).port), () => back))
    }))
})
