import { Certificates, Security, Values } from "@creel/cluster"
import * as Payload from "@creel/core/Payload"
import { SpillDisk, ValueImage } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Door, Shelf, Store, Value } from "creel"
import { Deferred, Effect, Exit, Fiber, Queue, Ref, Runtime } from "effect"
import { once } from "node:events"
import { createReadStream, mkdtempSync, writeFileSync } from "node:fs"
import * as http from "node:http"
import * as os from "node:os"
import * as path from "node:path"
import { Readable } from "node:stream"
import { between } from "./support/between.js"
import { secretOf } from "./support/sockets.js"

const mebi = 1024 * 1024

const numbers = (bytes: number) => Float64Array.from({ length: bytes / 8 }, (_, i) => i * 1.5)

const encoded = (value: unknown) => Value.encode(value, { share: true })

/** A server of these values, whoever holds them. */
const serving = (values: Record<string, unknown>, options?: Partial<Values.ServeOptions>) => {
  const payloads = new Map(Object.entries(values).map(([name, value]) => [name, encoded(value)]))
  return Values.serve({
    find: (value, holder) => {
      const payload = payloads.get(value)
      return payload === undefined ? new Door.ReadFailed({ value, holder, why: "gone" }) : Effect.succeed(payload)
    },
    ...options
  })
}

const from = (url: string, value: string) => ({ url, value, holder: "w" })

/** A port where nobody listens. */
const nowhere = Effect.scoped(Effect.map(serving({}), ({ url }) => url))

describe("a value", () => {
  it.scopedLive("is read as it was written, its buffers in shared memory", () =>
    Effect.gen(function*() {
      const xs = numbers(5 * mebi)
      const values: Record<string, unknown> = {
        small: "hello",
        none: undefined,
        large: { xs, name: "x" },
        two: [xs, xs.slice(3)]
      }
      const server = yield* serving(values)
      const reader = yield* Values.makeReader()
      yield* Effect.forEach(Object.keys(values), (name) =>
        Effect.gen(function*() {
          const payload = yield* reader.read(from(server.url, name))
          assert.deepStrictEqual(Value.decode(payload), values[name])
          assert.isTrue(Payload.buffers(payload).every((buffer) => buffer instanceof SharedArrayBuffer))
        }), { concurrency: "unbounded" })
      assert.strictEqual(reader.reading(), 0)
    }))

  it.scopedLive("may have any name", () =>
    Effect.gen(function*() {
      const names = ["a/b?c=d&e#0.1", "é 漢 %2F ..", "..", ".", "x".repeat(60_000), "\\\"'<>"]
      const server = yield* Values.serve({ find: (value, holder) => Effect.succeed(encoded([value, holder])) })
      const reader = yield* Values.makeReader()
      for (const value of names) {
        const holder = value.slice(0, 100)
        const payload = yield* reader.read({ url: server.url, value, holder })
        assert.deepStrictEqual(Value.decode(payload), [value, holder])
      }
    }))

  it.scopedLive("is taken up again where the connection broke, and not begun anew", () =>
    Effect.gen(function*() {
      const xs = numbers(8 * mebi)
      const server = yield* serving({ xs })
      const broken = yield* between(server.port, (chunk, seen) => seen.bytes > 1.5 * mebi ? undefined : chunk)
      const reader = yield* Values.makeReader()
      assert.deepStrictEqual(Value.decode(yield* reader.read(from(broken.url, "xs"))), xs)
      assert.isAtLeast(broken.count.connections, 5)
    }))

  it.scopedLive("that changed on its way is read again from there", () =>
    Effect.gen(function*() {
      const xs = numbers(4 * mebi)
      const server = yield* serving({ xs })
      const meddling = yield* between(server.port, (chunk, { bytes, connection }) => {
        if (connection > 0 || bytes < 2.5 * mebi) return chunk
        return Buffer.alloc(chunk.byteLength, 7)
      })
      const reader = yield* Values.makeReader()
      assert.deepStrictEqual(Value.decode(yield* reader.read(from(meddling.url, "xs"))), xs)
      assert.isBelow(meddling.count.bytes, 7 * mebi)
    }))

  it.scopedLive("that is another now is begun anew", () =>
    Effect.gen(function*() {
      const which = yield* Ref.make(numbers(4 * mebi))
      const after = numbers(3 * mebi)
      const server = yield* Values.serve({ find: () => Effect.map(Ref.get(which), encoded) })
      const runtime = yield* Effect.runtime<never>()
      const changing = yield* between(server.port, (chunk, { bytes, connection }) => {
        if (connection > 0 || bytes < 2 * mebi) return chunk
        Runtime.runSync(runtime)(Ref.set(which, after))
        return undefined
      })
      const reader = yield* Values.makeReader()
      assert.deepStrictEqual(Value.decode(yield* reader.read(from(changing.url, "xs"))), after)
    }))

  it.scopedLive("is gone, unreachable or corrupt, and says which", () =>
    Effect.gen(function*() {
      const whys = ["gone", "unreachable", "corrupt"] as const
      const server = yield* Values.serve({
        find: (value, holder) =>
          new Door.ReadFailed({ value, holder, why: whys.find((why) => why === value) ?? "gone" })
      })
      const reader = yield* Values.makeReader()
      for (const why of whys) {
        const error = yield* Effect.flip(reader.read(from(server.url, why)))
        assert.deepStrictEqual({ ...error }, { ...new Door.ReadFailed({ value: why, holder: "w", why }) })
      }
      const error = yield* Effect.flip(reader.read(from(yield* nowhere, "x")))
      assert.strictEqual(error.why, "unreachable")
    }))

  it.scopedLive("that never comes as it was is corrupt, and one that never ends unreachable", () =>
    Effect.gen(function*() {
      const server = yield* serving({ xs: numbers(2 * mebi) })
      const reader = yield* Values.makeReader()
      const flipping = yield* between(
        server.port,
        (chunk, { bytes }) => bytes < 200_000 ? chunk : Buffer.alloc(chunk.byteLength)
      )
      assert.strictEqual((yield* Effect.flip(reader.read(from(flipping.url, "xs")))).why, "corrupt")
      const cutting = yield* between(server.port, () => undefined)
      assert.strictEqual((yield* Effect.flip(reader.read(from(cutting.url, "xs")))).why, "unreachable")
    }))

  it.scopedLive("goes out from a file as it stands there, from any byte on", () =>
    Effect.gen(function*() {
      const xs = numbers(6 * mebi)
      const image = yield* Effect.promise(() => ValueImage.make(encoded(xs)))
      const file = path.join(mkdtempSync(path.join(os.tmpdir(), "creel-test-")), "xs")
      writeFileSync(file, Buffer.concat([...ValueImage.pieces(image, 0)]))
      const { bytes, digest } = image
      const server = yield* Values.serve({
        find: () => Effect.succeed({ bytes, digest, stream: (start) => createReadStream(file, { start }) })
      })
      const broken = yield* between(server.port, (chunk, seen) => seen.bytes > 2 * mebi ? undefined : chunk)
      const reader = yield* Values.makeReader()
      assert.deepStrictEqual(Value.decode(yield* reader.read(from(broken.url, "xs"))), xs)
    }))

  it.scopedLive("on disk is sent without being loaded, and no further ahead than its reader takes it", () =>
    Effect.gen(function*() {
      const directory = mkdtempSync(path.join(os.tmpdir(), "creel-test-"))
      const disk = yield* SpillDisk.make({ directory })
      // Many times what a worker of little memory may have there.
      const size = 64 * mebi
      const given = { loads: 0, bytes: 0, taken: 0, ahead: 0 }
      const store = Store.make({
        ...disk,
        read: (value) => Effect.zipRight(Effect.sync(() => given.loads++), disk.read(value)),
        source: (value) =>
          Effect.map(disk.source!(value), (source) => ({
            ...source,
            async *stream(from: number) {
              for await (const some of source.stream(from)) {
                given.bytes += some.byteLength
                given.ahead = Math.max(given.ahead, given.bytes - given.taken)
                yield some
              }
            }
          }))
      })
      const shelf = Shelf.make()
      shelf.serve("w", store)
      store.put("xs", encoded(new Uint8Array(size).fill(7)))
      yield* store.spill("xs")
      assert.strictEqual(store.bytes(), 0)
      const server = yield* Values.serve({ find: shelf.source })
      const slow = yield* between(server.port, (chunk) => {
        given.taken += chunk.byteLength
        return chunk
      })
      const reader = yield* Values.makeReader()
      const read = yield* reader.read(from(slow.url, "xs"))
      assert.isTrue(Buffer.from(Payload.buffers(read)[0]!).equals(Buffer.alloc(size, 7)))
      assert.strictEqual(given.loads, 0)
      assert.strictEqual(store.bytes() + store.sharedBytes(), 0)
      assert.isAbove(given.bytes, size)
      // What sockets take by themselves, and a few pieces.
      assert.isBelow(given.ahead, size / 2)
      yield* store.load("xs")
      assert.deepStrictEqual(Payload.buffers(yield* reader.read(from(server.url, "xs")))[0]!.byteLength, size)
    }))

  it.scopedLive("whose file became shorter is no value", () =>
    Effect.gen(function*() {
      const image = yield* Effect.promise(() => ValueImage.make(encoded(numbers(2 * mebi))))
      const bytes = Buffer.concat([...ValueImage.pieces(image, 0)]).subarray(0, mebi)
      const server = yield* Values.serve({
        find: () => Effect.succeed({ ...image, stream: (start) => Readable.from([bytes.subarray(start)]) })
      })
      const reader = yield* Values.makeReader()
      assert.strictEqual((yield* Effect.flip(reader.read(from(server.url, "xs")))).why, "unreachable")
    }))

  it.scopedLive("that nobody waits for any more is not read on", () =>
    Effect.gen(function*() {
      const server = yield* serving({ xs: numbers(32 * mebi) })
      const begun = yield* Deferred.make<void>()
      const runtime = yield* Effect.runtime<never>()
      const slow = yield* between(server.port, (chunk, { bytes }) => {
        if (bytes > mebi) Runtime.runSync(runtime)(Deferred.succeed(begun, undefined))
        return bytes > mebi ? Buffer.alloc(0) : chunk
      })
      const reader = yield* Values.makeReader()
      const fiber = yield* Effect.fork(reader.read(from(slow.url, "xs")))
      yield* Deferred.await(begun)
      assert.isAbove(reader.reading(), 0)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(reader.reading(), 0)
    }))
})

describe("what is found", () => {
  it.scopedLive("is lent until it has gone out, or until nobody waits for it", () =>
    Effect.gen(function*() {
      const lent = yield* Queue.unbounded<string>()
      const payload = encoded(numbers(32 * mebi))
      const server = yield* Values.serve({
        find: (value) =>
          Effect.as(Effect.acquireRelease(lent.offer(`${value} lent`), () => lent.offer(`${value} back`)), payload)
      })
      const reader = yield* Values.makeReader()
      yield* reader.read(from(server.url, "xs"))
      const begun = yield* Deferred.make<void>()
      const runtime = yield* Effect.runtime<never>()
      const slow = yield* between(server.port, (chunk, { bytes }) => {
        if (bytes > mebi) Runtime.runSync(runtime)(Deferred.succeed(begun, undefined))
        return bytes > mebi ? Buffer.alloc(0) : chunk
      })
      const fiber = yield* Effect.fork(reader.read(from(slow.url, "ys")))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      for (const words of ["xs lent", "xs back", "ys lent", "ys back"]) assert.strictEqual(yield* lent.take, words)
      assert.strictEqual(server.sending(), 0)
    }))
})

describe("a relay", () => {
  it.scopedLive("asks for one who cannot, and passes on as it comes", () =>
    Effect.gen(function*() {
      const xs = numbers(4 * mebi)
      const holder = yield* serving({ xs })
      const relay = yield* serving({}, {
        relay: (name) => Effect.succeed(name === "w" ? holder.url : undefined)
      })
      const broken = yield* between(relay.port, (chunk, seen) => seen.bytes > 1.5 * mebi ? undefined : chunk)
      const reader = yield* Values.makeReader()
      const url = yield* nowhere
      const payload = yield* reader.read({ ...from(url, "xs"), relay: broken.url })
      assert.deepStrictEqual(Value.decode(payload), xs)
      assert.strictEqual((yield* Effect.flip(reader.read({ ...from(url, "ys"), relay: relay.url }))).why, "gone")
      const other = yield* Effect.flip(reader.read({ url, value: "xs", holder: "nobody", relay: relay.url }))
      assert.strictEqual(other.why, "unreachable")
    }))

  it.scopedLive("that is none sends no questions anywhere", () =>
    Effect.gen(function*() {
      const holder = yield* serving({ x: 1 })
      const none = yield* serving({})
      const reader = yield* Values.makeReader()
      const error = yield* Effect.flip(reader.read({ ...from(yield* nowhere, "x"), relay: none.url }))
      assert.strictEqual(error.why, "unreachable")
      assert.strictEqual(Value.decode(yield* reader.read(from(holder.url, "x"))), 1)
    }))
})

describe("who may read", () => {
  it.scopedLive("are clients and workers who know the secret, and no observers", () =>
    Effect.gen(function*() {
      const security = Security.secret(secretOf("a"))
      const xs = numbers(3 * mebi)
      const server = yield* serving({ xs }, { security })
      assert.isTrue(server.url.startsWith("https://"))
      for (const role of ["client", "worker", "operator"] as const) {
        const reader = yield* Values.makeReader({ security, role })
        assert.deepStrictEqual(Value.decode(yield* reader.read(from(server.url, "xs"))), xs)
      }
      const observer = yield* Values.makeReader({
        security: Security.roleKey(Security.deriveRoleKey(secretOf("a"), "observer")),
        role: "observer"
      })
      const stranger = yield* Values.makeReader({ security: Security.secret(secretOf("b")) })
      const naked = yield* Values.makeReader()
      for (const reader of [observer, stranger, naked]) {
        const error = yield* Effect.flip(reader.read(from(server.url.replace("https", "http"), "xs")))
        assert.strictEqual(error.why, "unreachable")
      }
    }))

  it.scopedLive("are those with a certificate", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority()
      const of = (role: Security.Role) =>
        Effect.map(
          Certificates.issue(authority, { role, names: ["127.0.0.1"] }),
          ({ cert, key }) => Security.mutual({ ca: authority.cert, cert, key })
        )
      const server = yield* serving({ x: "hello" }, { security: yield* of("worker") })
      const reader = yield* Values.makeReader({ security: yield* of("client") })
      assert.strictEqual(Value.decode(yield* reader.read(from(server.url, "x"))), "hello")
      const observer = yield* Values.makeReader({ security: yield* of("observer"), role: "observer" })
      assert.strictEqual((yield* Effect.flip(observer.read(from(server.url, "x")))).why, "unreachable")
    }))

  it.scopedLive("are no pages in a browser on this machine, and no other words than GET are known", () =>
    Effect.gen(function*() {
      const server = yield* serving({ x: 1 })
      const ask = (options: http.RequestOptions) =>
        Effect.promise(async () => {
          const sent = http.request({ host: "127.0.0.1", port: server.port, path: "/values/x?holder=w", ...options })
          sent.end()
          const [answer] = await once(sent, "response") as [http.IncomingMessage]
          answer.resume()
          return answer.statusCode
        })
      assert.strictEqual(yield* ask({}), 200)
      assert.strictEqual(yield* ask({ headers: { host: "evil.example.org" } }), 403)
      assert.strictEqual(yield* ask({ headers: { origin: "http://evil.example.org" } }), 403)
      assert.strictEqual(yield* ask({ headers: { "sec-fetch-site": "cross-site" } }), 403)
      assert.strictEqual(yield* ask({ method: "DELETE" }), 405)
      for (
        const path of ["/", "/values", "/values/", "/values/x", "/values/%E0%A4%A", "/relay/w", "/values/x/y?holder=w"]
      ) {
        assert.strictEqual(yield* ask({ path }), 400, path)
      }
    }))
})

describe("one who is slow", () => {
  it.scopedLive("stops nobody else, and takes no more than its share", () =>
    Effect.gen(function*() {
      const xs = numbers(8 * mebi)
      const server = yield* serving({ xs }, { budgets: { total: 8 * mebi, perPeer: 4 * mebi } })
      // It asks eight times, and reads nothing.
      const agent = new http.Agent({ keepAlive: true })
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      let answered = 0
      const first = yield* Effect.promise(() =>
        new Promise<void>((resolve) => {
          for (let i = 0; i < 8; i++) {
            const sent = http.get(
              {
                agent,
                host: "127.0.0.1",
                port: server.port,
                path: "/values/xs?holder=w",
                headers: { "creel-peer": "slow" }
              },
              () => {
                answered++
                resolve()
              }
            )
            sent.on("error", () => {})
          }
        })
      )
      assert.isUndefined(first)
      const reader = yield* Values.makeReader()
      for (let i = 0; i < 3; i++) {
        assert.deepStrictEqual(Value.decode(yield* reader.read(from(server.url, "xs"))), xs)
      }
      assert.strictEqual(answered, 1)
      assert.isAtMost(server.sending(), 8 * mebi)
    }))

  it.scopedLive("has few answers under way, and waits for the next without being refused", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const found: Array<string> = []
      const server = yield* Values.serve({
        answers: { total: 3, perPeer: 2 },
        find: (value) =>
          Effect.sync(() => {
            found.push(value)
          }).pipe(
            Effect.zipRight(value.startsWith("slow") ? Deferred.await(gate) : Effect.void),
            Effect.as(encoded(value))
          )
      })
      const slow = yield* Values.makeReader({ peer: "slow" })
      const names = ["slow 1", "slow 2", "slow 3", "slow 4", "slow 5"]
      const fiber = yield* Effect.fork(
        Effect.forEach(names, (name) => slow.read(from(server.url, name)), { concurrency: "unbounded" })
      )
      while (server.waiting() < 3) yield* Effect.promise(() => new Promise(setImmediate))
      assert.deepStrictEqual(found.length, 2)
      // Nobody else waits for it.
      const other = yield* Values.makeReader()
      assert.strictEqual(Value.decode(yield* other.read(from(server.url, "quick"))), "quick")
      assert.strictEqual(server.waiting(), 3)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map((payload) => Value.decode(payload)), names)
      assert.strictEqual(server.waiting(), 0)
    }))

  it.scopedLive("to serve takes no more than its share of a reader's room", () =>
    Effect.gen(function*() {
      const xs = numbers(2 * mebi)
      const server = yield* serving({ xs, ys: xs.slice(1), zs: xs.slice(2) })
      const begun = yield* Deferred.make<void>()
      const runtime = yield* Effect.runtime<never>()
      const slow = yield* between(server.port, (chunk, { bytes }) => {
        if (bytes > mebi) Runtime.runSync(runtime)(Deferred.succeed(begun, undefined))
        return bytes > mebi ? Buffer.alloc(0) : chunk
      })
      const reader = yield* Values.makeReader({ budgets: { total: 8 * mebi, perPeer: 3 * mebi } })
      for (const name of ["xs", "ys", "zs"]) yield* Effect.fork(reader.read(from(slow.url, name)))
      yield* Deferred.await(begun)
      const read = yield* Effect.forEach(["xs", "ys", "zs"], (name) =>
        reader.read({ ...from(server.url, name), bytes: 2 * mebi }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(Value.decode(read[0]!), xs)
      assert.isAtMost(reader.reading(), 3 * mebi)
    }))
})
