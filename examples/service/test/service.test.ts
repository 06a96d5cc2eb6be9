// Replicas as processes: what is asked of one, and runs on another that goes.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { inflateSync } from "node:zlib"
import * as Mandelbrot from "../mandelbrot.js"
import * as Png from "../png.js"
import { postgres } from "../postgres.js"
import * as Proof from "../proof.js"
import type { Replica } from "../replicas.js"
import { start } from "../replicas.js"

const service = new URL("../dist/service.js", import.meta.url)

describe("a picture", () => {
  it("is a PNG of these pixels", () => {
    const pixels = Uint8Array.from({ length: 12 }, (_, n) => n)
    const png = Buffer.from(Png.encode(pixels, 4, Mandelbrot.palette))
    assert.strictEqual(png.toString("latin1", 1, 4), "PNG")
    assert.deepStrictEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [4, 3])
    // The sum of the last chunk, which is empty, is the same in all pictures.
    assert.strictEqual(png.toString("hex", png.length - 8), "49454e44ae426082")
    const at = png.indexOf("IDAT")
    const lines = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))
    assert.deepStrictEqual([...lines], [0, 0, 1, 2, 3, 0, 4, 5, 6, 7, 0, 8, 9, 10, 11])
  })

  it("is the same in strips as in one piece", () => {
    const tile = { zoom: 1, x: 0, y: 1 }
    const whole = Mandelbrot.rows(tile, 0, Mandelbrot.size)
    assert.deepStrictEqual(Mandelbrot.rows(tile, 64, 16), whole.slice(64 * Mandelbrot.size, 80 * Mandelbrot.size))
    assert.isTrue(whole.includes(0) && whole.some((colour) => colour > 0))
  })
})

describe("a proof", () => {
  it("is one where the hash begins with so many zero bits", () => {
    const nonce = Proof.look("text", 9, 1, 2, 100_000)!
    assert.strictEqual(nonce % 2, 1)
    assert.isBelow(parseInt(Proof.hash("text", nonce).slice(0, 3), 16), 8)
    assert.isTrue(Proof.isProof("text", nonce, 9))
    assert.isFalse(Proof.isProof("text", nonce, 64))
  })
})

/** What a page of documentation, and a machine, are told; what was asked wrong; how it is. */
const answersAlone = (a: Replica) =>
  Effect.gen(function*() {
    const get = (path: string) => Effect.promise((signal) => fetch(new URL(path, a.url), { signal }))
    const [docs, api, wrong] = yield* Effect.all([get("/docs"), get("/openapi.json"), get("/tiles/1/2/three")])
    assert.strictEqual(docs.status, 200)
    const { paths } = (yield* Effect.promise(() => api.json())) as { readonly paths: object }
    assert.sameMembers(Object.keys(paths), ["/tiles/{zoom}/{x}/{y}", "/search", "/healthz"])
    assert.strictEqual(wrong.status, 400)
    const health = yield* a.ask.health({})
    assert.deepInclude(health, { replica: "a", state: "ready", workers: 1, slots: 1 })
  })

const leaves = (replica: Replica) =>
  Effect.gen(function*() {
    yield* replica.tell("SIGTERM")
    yield* replica.says(/leaving/)
    const health = yield* Effect.flip(replica.ask.health({}))
    assert.propertyVal(health, "_tag", "NotReady")
    assert.propertyVal(health, "state", "leaving")
    assert.strictEqual(yield* replica.ended, 0, replica.said())
  })

describe("replicas", () => {
  it.scopedLive("leave in peace while they are worked for and with, and end what nobody waits for", () =>
    Effect.gen(function*() {
      const env = {
        DATABASE_URL: yield* postgres,
        THREADS: "1",
        SILENCE: "30 seconds",
        DRAIN_WITHIN: "5 minutes",
        // What runs on a replica that leaves is given no time.
        LEAVE_WITHIN: "10 millis"
      }
      const a = yield* start("a", env, service)
      yield* answersAlone(a)
      const b = yield* start("b", env, service)
      const c = yield* start("c", env, service)
      const searching = yield* Effect.fork(c.ask.search({ urlParams: { text: "never", bits: 256, lanes: 2 } }))
      const begins = (replica: Replica) => Effect.as(replica.says(/lane \d of never begins/), replica)
      const first = yield* Effect.race(begins(a), begins(b))
      const others = [first === a ? b : a, c] as const
      yield* leaves(first)

      // What ran there begins again elsewhere, and whoever asked notices nothing, until they lose patience.
      yield* Effect.forEach(others, begins)
      yield* Fiber.interrupt(searching)
      yield* Effect.forEach(others, (replica) => replica.says(/lane \d of never was stopped/))

      const { hash, nonce } = yield* c.ask.search({ urlParams: { text: "soon", bits: 8 } })
      assert.strictEqual(hash, Proof.hash("soon", nonce))
      assert.isTrue(Proof.isProof("soon", nonce, 8))
      // The last takes nobody's place, and nobody takes its.
      yield* Effect.forEach(others, leaves)
    }))
})
