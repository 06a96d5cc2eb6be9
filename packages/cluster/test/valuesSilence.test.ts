/** Nodes that do not answer: those that stand still, and those that have much to do. */
import { Security, Values } from "@creel/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Door, Value } from "creel"
import { Deferred, Effect, Exit } from "effect"
import type * as net from "node:net"
import { between } from "./support/between.js"
import { secretOf, silent } from "./support/sockets.js"

const payload = Value.encode("hello", { share: true })

const from = (url: string) => ({ url, value: "x", holder: "w" })

const urlOf = (server: net.Server) => `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`

describe("a node that says nothing", () => {
  it.scopedLive("is asked once, by whoever waits for a connection to it, and then another is", () =>
    Effect.gen(function*() {
      const still = yield* silent
      let connections = 0
      still.on("connection", () => connections++)
      const relay = yield* Values.serve({
        find: (value, holder) => new Door.ReadFailed({ value, holder, why: "gone" }),
        relay: () => Effect.succeed(urlOf(still)),
        stall: "100 millis"
      })
      const reader = yield* Values.makeReader({ stall: "500 millis", connections: 2 })
      const failed = yield* Effect.all(
        Array.from({ length: 6 }, () => Effect.flip(reader.read(from(urlOf(still))))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(failed.map((one) => one.why), Array.from({ length: 6 }, () => "unreachable"))
      assert.strictEqual(connections, 2)
      const passedOn = yield* Effect.flip(reader.read({ ...from(urlOf(still)), relay: relay.url }))
      assert.strictEqual(passedOn.why, "unreachable")
    }))

  it.scopedLive("is not asked for the next value either, for a while, and then it is", () =>
    Effect.gen(function*() {
      const still = yield* silent
      let connections = 0
      still.on("connection", () => connections++)
      const reader = yield* Values.makeReader({ stall: "500 millis" })
      yield* Effect.flip(reader.read(from(urlOf(still))))
      assert.strictEqual(connections, 1)
      const next = yield* Effect.flip(reader.read({ ...from(urlOf(still)), value: "y" }))
      assert.strictEqual(next.why, "unreachable")
      assert.strictEqual(connections, 1)
      yield* Effect.flip(reader.read(from(urlOf(still)))).pipe(Effect.repeat({ until: () => connections === 2 }))
    }))

  it.scopedLive("while it should prove who it is is not waited for either", () =>
    Effect.gen(function*() {
      const still = yield* silent
      const url = urlOf(still).replace("http:", "https:")
      const reader = yield* Values.makeReader({ security: Security.secret(secretOf("a")), stall: "300 millis" })
      const failed = yield* Effect.flip(reader.read(from(url)))
      assert.strictEqual(failed.why, "unreachable")
    }))

  it.scopedLive("until it can answer is waited for, if it says that it has heard", () =>
    Effect.gen(function*() {
      const may = yield* Deferred.make<void>()
      const server = yield* Values.serve({ find: () => Effect.as(Deferred.await(may), payload) })
      const heard: Array<string> = []
      const busy = yield* between(server.port, (chunk) => {
        heard.push(chunk.toString("latin1", 0, 12))
        Deferred.unsafeDone(may, Exit.void)
        return Buffer.concat([Buffer.from("HTTP/1.1 102 Processing\r\n\r\n"), chunk])
      })
      const reader = yield* Values.makeReader()
      assert.strictEqual(Value.decode(yield* reader.read(from(busy.url))), "hello")
      assert.deepStrictEqual(heard, ["HTTP/1.1 102", "HTTP/1.1 200"])
    }))
})
