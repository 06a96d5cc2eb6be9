/** Both ends of a link in one process, with real sockets between them: what breaks them, and who is not let in. */
import * as Links from "@creel/cluster/Links"
import * as Security from "@creel/cluster/Security"
import { assert, describe, it } from "@effect/vitest"
import { Client, Door, LocalCluster, ManageError, Rpcs, Task, TaskGroup } from "creel"
import { Cause, Context, Deferred, Effect, Exit, Layer, Scope, Stream } from "effect"
import * as net from "node:net"
import * as Hosting from "../src/carrier/hosting.js"
import { Frames } from "../src/links/frames.js"
import * as Proxy from "./utils/proxy.js"

const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1))
const add = Task.sync("add", (x: number, y: number) => x + y)
const fill = Task.sync("fill", (n: number) => new Uint8Array(n).fill(7))

/** A local cluster whose scheduler can be reached by links. */
const served = (options?: Partial<Links.ServeOptions>) =>
  Effect.gen(function*() {
    const cluster = yield* Layer.build(LocalCluster.layer({ tasks: TaskGroup.make(inc, add, fill) }))
    const listening = yield* Links.serve({ node: "server", ...options })
    yield* listening.mount({ namespace: "test", door: Context.get(cluster, Door.Door) })
    return listening
  })

const me = { namespace: "test", role: "client", node: "here", host: "here", url: undefined } as const

const connect = (port: number, options?: Partial<Links.ConnectOptions>) =>
  Links.connect({ ...me, to: { host: "127.0.0.1", port }, ...options })

/** A client of the scheduler at this port, which connects again and again. */
const client = (port: number, options?: Partial<Links.ConnectOptions>) =>
  Effect.gen(function*() {
    const { door } = yield* Door.connected({ connect: connect(port, options) })
    return yield* Layer.build(Layer.provide(Client.layer(), Layer.succeed(Door.Door, door)))
  })

/** In pairs, so that each needs others that came by the link before. */
const sumOf = (count: number) =>
  Effect.gen(function*() {
    const row = yield* Client.map(inc, Array.from({ length: count }, (_, n) => n))
    let sums: ReadonlyArray<typeof row[number]> = row
    while (sums.length > 1) {
      const next: Array<typeof row[number]> = []
      for (let i = 0; i < sums.length; i += 2) {
        next.push(sums[i + 1] === undefined ? sums[i]! : yield* Client.submit(add, sums[i]!, sums[i + 1]!))
      }
      sums = next
    }
    return { row, sum: sums[0]! }
  })

describe("a link", () => {
  it.scopedLive("carries work, results and large values", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const context = yield* client(port)
      yield* Effect.gen(function*() {
        const { sum } = yield* sumOf(64)
        assert.strictEqual(yield* sum, 64 * 65 / 2)
        const bytes = yield* Client.run(fill, 3_000_000)
        assert.strictEqual(bytes.length, 3_000_000)
        assert.isTrue(bytes.every((byte) => byte === 7))
      }).pipe(Effect.provide(context))
    }))

  it.scopedLive("that ended is told of, and whether its node is back", () =>
    Effect.gen(function*() {
      const cluster = yield* Layer.build(LocalCluster.layer({ tasks: TaskGroup.make(inc) }))
      const listening = yield* Links.serve({ node: "server" })
      const ended = yield* Deferred.make<readonly [node: string, there: boolean, back: () => boolean]>()
      yield* listening.mount({
        namespace: "test",
        door: Context.get(cluster, Door.Door),
        ended: ({ node }, _, back) => Deferred.unsafeDone(ended, Effect.succeed([node, back(), back]))
      })
      const proxy = yield* Proxy.make(listening.port)
      const context = yield* client(proxy.port)
      yield* Effect.provide(Client.run(inc, 1), context)
      proxy.cut()
      const [node, there, back] = yield* Deferred.await(ended)
      assert.deepStrictEqual([node, there], ["here", false])
      yield* Effect.provide(Client.run(inc, 2), context)
      assert.isTrue(back())
    }))

  it.scopedLive("that is cut again and again goes on where it was", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const proxy = yield* Proxy.make(port)
      const context = yield* client(proxy.port)
      yield* Effect.gen(function*() {
        for (let round = 1; round <= 6; round++) {
          const { row, sum } = yield* sumOf(100 * round)
          proxy.cut()
          yield* row[7]!
          proxy.cut()
          assert.strictEqual(yield* sum, 100 * round * (100 * round + 1) / 2)
        }
        assert.isAtLeast(proxy.count(), 6)
      }).pipe(Effect.provide(context))
    }))

  it.scopedLive("takes what is longer than a frame in pieces, also where it is cut meanwhile", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const proxy = yield* Proxy.make(port)
      const context = yield* client(proxy.port)
      yield* Effect.gen(function*() {
        const count = 6_000
        const futures = yield* Client.map(inc, Array.from({ length: count }, (_, n) => n)).pipe(
          Client.withOptions({ batchSize: count })
        )
        proxy.cut()
        yield* futures[0]!
        proxy.cut()
        const sum = (yield* Effect.all(futures)).reduce((a, b) => a + b, 0)
        assert.strictEqual(sum, count * (count + 1) / 2)
      }).pipe(Effect.provide(context))
    }))

  it.scopedLive("whose other end stands still is given up, and made anew", () =>
    Effect.gen(function*() {
      const pulse = { beat: "50 millis", silence: "500 millis" } as const
      const { port } = yield* served({ pulse })
      const proxy = yield* Proxy.make(port)
      const context = yield* client(proxy.port, { pulse })
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(inc, 1), 2)
        proxy.freeze()
        assert.strictEqual(yield* Client.run(inc, 2), 3)
        assert.isAtLeast(proxy.count(), 2)
      }).pipe(Effect.provide(context))
    }))

  it.scopedLive("ends when the scheduler is here no longer, and says that it is elsewhere", () =>
    Effect.gen(function*() {
      const listening = yield* Links.serve({ node: "server" })
      const cluster = yield* Layer.build(LocalCluster.layer({ tasks: TaskGroup.make(inc) }))
      const mounted = yield* Scope.make()
      yield* Scope.extend(
        listening.mount({ namespace: "test", door: Context.get(cluster, Door.Door) }),
        mounted
      )
      const { broken } = yield* connect(listening.port)
      yield* Scope.close(mounted, Exit.void)
      yield* broken
      const refused = yield* Effect.flip(Effect.scoped(connect(listening.port)))
      assert.strictEqual(refused.reason, "Refused")
      assert.include(refused.message, "the scheduler of test is not here")
    }))
})

/** Sends these bytes, and waits until the other end hangs up. */
const stranger = (port: number, bytes: Uint8Array) =>
  Effect.async<void>((resume) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.void))
    socket.resume()
    return Effect.sync(() => socket.destroy())
  })

const framed = (...bytes: ReadonlyArray<number>): Uint8Array => new Uint8Array([0, 0, 0, bytes.length, ...bytes])

describe("who is not let in", () => {
  it.scopedLive("strangers who say what cannot be read, or too much, are cut off, and harm nobody", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const context = yield* client(port)
      const said = [
        new Uint8Array([255, 255, 255, 255, 1, 2, 3]),
        framed(0xc1),
        framed(0x81, 0xa1),
        new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
        new Uint8Array([0, 1, 0, 1, 0])
      ]
      yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => said[n % said.length]!),
        (bytes) => stranger(port, bytes),
        { concurrency: 20, discard: true }
      )
      assert.strictEqual(yield* Effect.provide(Client.run(inc, 1), context), 2)
    }))

  it.scopedLive("who does not say first who he is", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const text = new TextEncoder().encode("Attach")
      // A map {_tag: "Request", id: "1", tag: "Attach"} in msgpack.
      const word = (value: string) => [0xa0 | value.length, ...new TextEncoder().encode(value)]
      yield* stranger(
        port,
        framed(
          0x83,
          ...word("_tag"),
          ...word("Request"),
          ...word("id"),
          ...word("1"),
          ...word("tag"),
          0xa0 | text.length,
          ...text
        )
      )
    }))

  it.scopedLive("who asks for another namespace", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const error = yield* Effect.flip(Effect.scoped(connect(port, { namespace: "other" })))
      assert.strictEqual(error.reason, "Refused")
      assert.include(error.message, "the scheduler of other is not here")
    }))

  it.scopedLive("who speaks another protocol, and is told both versions", () =>
    Effect.gen(function*() {
      const { port } = yield* served()
      const { client } = yield* connect(port)
      const error = yield* Effect.flip(client.Introduce({ ...me, protocol: Rpcs.protocol + 1 }))
      assert.propertyVal(error, "reason", "version")
      assert.include(error.message, `it speaks protocol ${Rpcs.protocol + 1}, and this end ${Rpcs.protocol}`)
    }))

  it.scopedLive("an observer sees, and neither submits nor restarts", () =>
    Effect.gen(function*() {
      const secret = yield* Security.generateSecret
      const { port } = yield* served({ security: Security.secret(secret) })
      const security = Security.roleKey(Security.deriveRoleKey(secret, "observer"))
      const { client } = yield* connect(port, { security, role: "observer" })
      assert.strictEqual((yield* client.Workers()).length, 1)
      const attached = yield* Effect.exit(
        Stream.runHead(client.Attach({ peer: "c1", kind: "client", hello: undefined, highest: 0 }))
      )
      assert.isTrue(Exit.isFailure(attached) && Cause.pretty(attached.cause).includes("client"))
      const restarted = yield* Effect.exit(client.Restart({ by: "me" }))
      assert.isTrue(Exit.isFailure(restarted) && Cause.pretty(restarted.cause).includes("operator"))
      assert.strictEqual((yield* client.Workers()).length, 1)
    }))

  it.scopedLive("who may not change the cluster is told which role may, as an error of its own", () =>
    Effect.gen(function*() {
      const secret = yield* Security.generateSecret
      const { port } = yield* served({ security: Security.secret(secret) })
      const as = (role: "worker" | "operator") =>
        Effect.map(
          client(port, { security: Security.roleKey(Security.deriveRoleKey(secret, role)), role }),
          (context) => Context.get(context, Client.Client)
        )
      const worker = yield* as("worker")
      // The one there is belongs to another node.
      const all = [worker.restart, worker.scale(2), worker.adapt({ maximum: 2 }), worker.retire("worker-0")]
      for (const refused of all) {
        const error = yield* Effect.flip(refused)
        assert.isTrue(ManageError.isManageError(error))
        assert.deepInclude(error, { reason: "Forbidden", needs: "operator" })
        assert.include(error.message, "has proved to be a worker")
      }
      const operator = yield* as("operator")
      yield* operator.scale(2)
      assert.strictEqual((yield* operator.workers).length, 2)
      yield* Effect.scoped(Effect.zipRight(operator.adapt({ minimum: 3, maximum: 3 }), operator.waitForWorkers(3)))
      yield* operator.restart
      assert.strictEqual((yield* operator.retire("worker-2")).state, "left")
    }))

  it.scopedLive("a scheduler that was outlived lets nobody in, and ends", () =>
    Effect.gen(function*() {
      const links = yield* Links.serve({ node: "server" })
      const ends: Array<string> = []
      yield* Hosting.host({ links, address: "here", config: undefined }, {
        namespace: "test",
        incarnation: 3,
        members: [],
        held: () => true,
        end: (why) => Effect.sync(() => void ends.push(why)),
        kept: { store: () => Effect.void, drop: () => Effect.void, spend: () => Effect.void, all: Effect.succeed([]) }
      })
      const { client } = yield* connect(links.port)
      const refused = yield* Effect.flip(
        Stream.runHead(client.Attach({ peer: "c1", kind: "client", hello: undefined, highest: 4 }))
      )
      assert.propertyVal(refused, "reason", "outlived")
      assert.deepStrictEqual(ends, ["incarnation 4 has been heard"])
    }))
})

describe("frames", () => {
  it.scopedLive("of any size come whole and in order", () =>
    Effect.gen(function*() {
      const sizes = [1, 3, 70_000, 20_000_000, 0, 5, 1_000_000, 2]
      const pulse = { beat: 1000, silence: 60_000, threshold: Infinity }
      const heard: Array<number> = []
      const all = yield* Effect.async<ReadonlyArray<number>>((resume) => {
        const server = net.createServer((socket) => {
          new Frames(socket, {
            pulse,
            max: () => 32_000_000,
            frame: (bytes) => {
              heard.push(bytes.byteLength)
              if (!bytes.every((byte) => byte === bytes.byteLength % 251)) heard.push(-1)
              if (bytes.byteLength === 2) resume(Effect.succeed(heard))
            },
            ended: () => {}
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const socket = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1")
          const frames = new Frames(socket, { pulse, max: () => 0, frame: () => {}, ended: () => {} })
          for (const size of sizes) frames.write(new Uint8Array(size).fill(size % 251))
        })
        return Effect.sync(() => server.close())
      })
      // An empty one is a beat.
      assert.deepStrictEqual(all, sizes.filter((size) => size > 0))
    }))
})
