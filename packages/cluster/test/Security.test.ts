import { Certificates, Security } from "@creel/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { once } from "node:events"
import * as net from "node:net"
import * as tls from "node:tls"
import { bytesInUse, flood } from "./support/flood.js"
import { bare, closed, echo, say, secretOf, silent } from "./support/sockets.js"

const at = (port: number, role: Security.Role = "worker") => ({ host: "127.0.0.1", port, role })

describe("a cluster secret", () => {
  it.scopedLive("lets in who knows it, as the role it comes in", () =>
    Effect.gen(function*() {
      const security = Security.secret(secretOf("a"))
      const server = yield* echo(security)
      for (const role of Security.roles) {
        const socket = yield* security.connect(at(server.port, role))
        assert.strictEqual(yield* say(socket, "hello"), "hello")
        assert.deepStrictEqual(server.met.at(-1)?.peer, { role, name: undefined })
      }
      assert.strictEqual(server.refused(), 0)
    }))

  it.scopedLive("is a secret: another one opens nothing, on either side", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.secret(secretOf("a")))
      const error = yield* Effect.flip(Security.secret(secretOf("b")).connect(at(server.port)))
      assert.strictEqual(error.reason, "BadCredentials")
      assert.strictEqual(server.met.length, 0)
      assert.strictEqual(server.refused(), 1)
    }))

  it.scopedLive("is changed for another while both are known", () =>
    Effect.gen(function*() {
      const [before, after] = [secretOf("a"), secretOf("b")]
      const server = yield* echo(Security.secret(after, { also: [before] }))
      yield* Security.secret(before).connect(at(server.port))
      yield* Security.secret(after).connect(at(server.port))
      assert.strictEqual(server.met.length, 2)
    }))

  it.scopedLive("gives keys that are good for one role", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.secret(secretOf("a")))
      const observer = Security.roleKey(Security.deriveRoleKey(secretOf("a"), "observer"))
      yield* observer.connect(at(server.port, "observer"))
      assert.strictEqual((yield* server.first).peer.role, "observer")
      const error = yield* Effect.flip(observer.connect(at(server.port, "worker")))
      assert.strictEqual(error.reason, "BadCredentials")
      assert.include(error.message, "no key for the role worker")
    }))

  it.scopedLive("of whose keys one can let in its own role, and those with the secret", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.roleKey(Security.deriveRoleKey(secretOf("a"), "client")))
      yield* Security.secret(secretOf("a")).connect(at(server.port, "client"))
      const error = yield* Effect.flip(Security.secret(secretOf("a")).connect(at(server.port, "worker")))
      assert.strictEqual(error.reason, "BadCredentials")
      assert.strictEqual(server.met.length, 1)
    }))

  it.effect("that can be guessed is refused at the start, as is what is no key", () =>
    Effect.gen(function*() {
      const weak = Security.secret(Redacted.make("swordfish"))
      assert.strictEqual((yield* Effect.flip(Effect.scoped(echo(weak)))).reason, "BadOption")
      const key = Redacted.value(Security.deriveRoleKey(secretOf("a"), "client"))
      for (const text of ["", "creel1.client", key.replace("client", "king"), key.slice(0, -4), `${key}.more`]) {
        const error = yield* Effect.flip(Effect.scoped(echo(Security.roleKey(Redacted.make(text)))))
        assert.strictEqual(error.reason, "BadOption", text)
      }
      assert.isAtLeast(Redacted.value(yield* Security.generateSecret).length, 43)
    }))

  it("tells nothing of one key by another", () => {
    const keys = Security.roles.map((role) => Redacted.value(Security.deriveRoleKey(secretOf("a"), role)).split(".")[3])
    assert.strictEqual(new Set(keys).size, 4)
  })

  it.scopedLive("is not proved by a certificate, whoever signed it", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority()
      const { cert, key } = yield* Certificates.issue(authority, { role: "worker", names: ["127.0.0.1"] })
      const impostor = tls.createServer({ cert, key: Redacted.value(key), ALPNProtocols: ["creel/1"] })
      impostor.on("tlsClientError", () => {})
      impostor.listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(impostor, "listening"))
      yield* Effect.addFinalizer(() => Effect.sync(() => impostor.close()))
      const { port } = impostor.address() as net.AddressInfo
      const error = yield* Effect.flip(Security.secret(secretOf("a")).connect(at(port)))
      assert.strictEqual(error.reason, "BadCredentials")
    }))

  it.scopedLive("is asked for anew each time: a session cannot be taken up again", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.secret(secretOf("a")))
      const socket = yield* Security.secret(secretOf("a")).connect(at(server.port))
      assert.instanceOf(socket, tls.TLSSocket)
      const session = (socket as tls.TLSSocket).getSession()
      const again = tls.connect({
        host: "127.0.0.1",
        port: server.port,
        session,
        ALPNProtocols: ["creel/1"],
        rejectUnauthorized: false
      })
      again.on("error", () => {})
      again.end("hello")
      yield* closed(again)
      assert.strictEqual(server.met.length, 1)
    }))
})

describe("certificates", () => {
  const mutual = (
    authority: Certificates.Issued,
    role: Security.Role,
    options?: { readonly names?: ReadonlyArray<string>; readonly anyHost?: boolean; readonly name?: string }
  ) =>
    Effect.map(
      Certificates.issue(authority, { role, names: options?.names ?? ["127.0.0.1"], name: options?.name }),
      ({ cert, key }) =>
        Security.mutual({ ca: authority.cert, cert, key, names: options?.anyHost === true ? "role" : "host" })
    )

  it.scopedLive("say who one is", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority()
      const server = yield* echo(yield* mutual(authority, "worker"))
      const client = yield* mutual(authority, "client", { names: [], name: "ann" })
      const socket = yield* client.connect(at(server.port, "client"))
      assert.strictEqual(yield* say(socket, "hello"), "hello")
      assert.deepStrictEqual((yield* server.first).peer, { role: "client", name: "ann" })
      assert.strictEqual((yield* Effect.flip(client.connect(at(server.port, "worker")))).reason, "BadCredentials")
    }))

  it.scopedLive("of another authority are none, on either side", () =>
    Effect.gen(function*() {
      const [ours, theirs] = [yield* Certificates.makeAuthority(), yield* Certificates.makeAuthority()]
      const good = yield* mutual(ours, "worker")
      const bad = yield* mutual(theirs, "worker")
      // One that trusts both, and is of the wrong one.
      const { cert, key } = yield* Certificates.issue(theirs, { role: "worker" })
      const sly = Security.mutual({ ca: ours.cert + theirs.cert, cert, key })
      const server = yield* echo(good)
      for (const stranger of [bad, sly]) {
        assert.strictEqual((yield* Effect.flip(stranger.connect(at(server.port)))).reason, "BadCredentials")
      }
      const trap = yield* echo(bad)
      assert.strictEqual((yield* Effect.flip(good.connect(at(trap.port)))).reason, "BadCredentials")
      assert.strictEqual(server.met.length + trap.met.length, 0)
    }))

  it.scopedLive("of the wrong host, or of one that is no worker, do not serve", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority()
      const us = yield* mutual(authority, "worker")
      const elsewhere = yield* echo(yield* mutual(authority, "worker", { names: ["example.org", "10.1.2.3", "::1"] }))
      assert.strictEqual((yield* Effect.flip(us.connect(at(elsewhere.port)))).reason, "BadCredentials")
      const anyHost = yield* mutual(authority, "worker", { anyHost: true })
      yield* anyHost.connect(at(elsewhere.port))
      const client = yield* echo(yield* mutual(authority, "client"))
      for (const one of [us, anyHost]) {
        assert.strictEqual((yield* Effect.flip(one.connect(at(client.port)))).reason, "BadCredentials")
      }
      yield* us.connect({ ...at(client.port), to: "client" })
    }))

  it.scopedLive("are made to be verified: names, addresses, usage, time", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority({ name: "Test" })
      const { X509Certificate } = yield* Effect.promise(() => import("node:crypto"))
      const issued = yield* Certificates.issue(authority, {
        role: "worker",
        names: ["a.example.org", "*.b.example.org", "10.0.0.7", "fd00::1:0:7", "::ffff:1.2.3.4"],
        valid: "2 days"
      })
      const [ca, cert] = [new X509Certificate(authority.cert), new X509Certificate(issued.cert)]
      assert.isTrue(ca.ca)
      assert.isFalse(cert.ca)
      assert.isTrue(cert.verify(ca.publicKey))
      assert.isTrue(cert.checkIssued(ca))
      assert.strictEqual(cert.checkHost("x.b.example.org"), "*.b.example.org")
      assert.strictEqual(cert.checkIP("10.0.0.7"), "10.0.0.7")
      assert.strictEqual(cert.checkIP("fd00::1:0:7"), "fd00::1:0:7")
      assert.isUndefined(cert.checkHost("example.org"))
      assert.isBelow(Date.parse(cert.validTo) - Date.now(), 49 * 3_600_000)
      for (const names of [["a b"], ["host:80"], ["-a"]]) {
        assert.strictEqual(
          (yield* Effect.flip(Certificates.issue(authority, { role: "client", names }))).reason,
          "BadOption"
        )
      }
      const mixed = { cert: authority.cert, key: issued.key }
      assert.strictEqual((yield* Effect.flip(Certificates.issue(mixed, { role: "client" }))).reason, "BadOption")
    }))

  it.effect("that cannot be used are refused at the start", () =>
    Effect.gen(function*() {
      const authority = yield* Certificates.makeAuthority()
      const issued = yield* Certificates.issue(authority, { role: "worker" })
      const other = yield* Certificates.issue(authority, { role: "worker" })
      for (
        const options of [
          { ca: authority.cert, cert: issued.cert, key: other.key },
          { ca: authority.cert, cert: "no certificate", key: issued.key },
          // It names no role.
          { ca: authority.cert, cert: authority.cert, key: authority.key }
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(Effect.scoped(echo(Security.mutual(options))))).reason, "BadOption")
      }
    }))
})

describe("no credentials", () => {
  it.scopedLive("do between processes of one machine", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.none)
      assert.strictEqual(yield* say(yield* Security.none.connect(at(server.port)), "hello"), "hello")
    }))

  it.scopedLive("do nowhere else: neither to listen nor to speak", () =>
    Effect.gen(function*() {
      for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", "::ffff:10.0.0.1"]) {
        const listening = yield* Effect.flip(echo(Security.none, { host }))
        assert.strictEqual(listening.reason, "NotSecured", host)
        assert.include(listening.message, "Security.secret")
        const speaking = yield* Effect.flip(Security.none.connect({ host, port: 1, role: "client" }))
        assert.strictEqual(speaking.reason, "NotSecured", host)
      }
    }))

  it.scopedLive("do not open a port that is taken, or closed", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.none)
      assert.strictEqual((yield* Effect.flip(echo(Security.none, { port: server.port }))).reason, "ListenFailed")
      const gone = yield* Effect.scoped(Effect.map(echo(Security.none), ({ port }) => port))
      assert.strictEqual((yield* Effect.flip(Security.none.connect(at(gone)))).reason, "ConnectFailed")
    }))
})

describe("a connection that proves nothing", () => {
  it.scopedLive("is closed when its time is over", () =>
    Effect.gen(function*() {
      const server = yield* echo(Security.secret(secretOf("a")), { handshake: { within: "100 millis" } })
      yield* closed(yield* bare(server.port))
      assert.strictEqual(server.refused(), 1)
    }))

  it.scopedLive("is given up by who connects as well, also where the socket is acquired", () =>
    Effect.gen(function*() {
      const still = yield* silent
      const { port } = still.address() as net.AddressInfo
      const connect = Security.secret(secretOf("a")).connect({ ...at(port), within: "100 millis" })
      const acquired = Effect.acquireRelease(connect, (socket) => Effect.sync(() => socket.destroy()))
      assert.strictEqual((yield* Effect.flip(acquired)).reason, "ConnectFailed")
    }))

  it.scopedLive("goes first when there are too many, and keeps nobody out", () =>
    Effect.gen(function*() {
      const security = Security.secret(secretOf("a"))
      const server = yield* echo(security, { handshake: { within: "1 hour", pendingMax: 4 } })
      const idle = yield* Effect.forEach(Array.from({ length: 6 }), () => bare(server.port))
      yield* closed(idle[0]!)
      yield* closed(idle[1]!)
      const socket = yield* security.connect({ ...at(server.port), within: "1 minute" })
      assert.strictEqual(yield* say(socket, "hello"), "hello")
      yield* closed(idle[2]!)
      assert.strictEqual(server.refused(), 3)
      assert.isFalse(idle[3]!.closed)
    }))

  it.scopedLive("does not get in with what another has said", () =>
    Effect.gen(function*() {
      const security = Security.secret(secretOf("a"))
      const server = yield* echo(security)
      // In between, somebody takes down what the client says.
      const said: Array<Buffer> = []
      const between = net.createServer((near) => {
        const far = net.connect({ host: "127.0.0.1", port: server.port })
        near.on("data", (chunk) => {
          said.push(chunk)
          far.write(chunk)
        })
        far.pipe(near)
        for (const socket of [near, far]) socket.on("error", () => {})
      })
      between.listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(between, "listening"))
      yield* Effect.addFinalizer(() => Effect.sync(() => between.close()))
      const socket = yield* security.connect(at((between.address() as net.AddressInfo).port))
      assert.strictEqual(yield* say(socket, "hello"), "hello")
      const again = yield* bare(server.port)
      for (const chunk of said) again.write(chunk)
      again.resume()
      yield* closed(again)
      assert.strictEqual(server.met.length, 1)
    }))

  it.scopedLive("ends with its listener", () =>
    Effect.gen(function*() {
      const idle = yield* Effect.scoped(
        Effect.flatMap(
          echo(Security.secret(secretOf("a")), { handshake: { within: "1 hour" } }),
          (server) => Effect.zipLeft(bare(server.port), Effect.void)
        )
      )
      yield* closed(idle)
    }))

  it.scopedLive("is refused in its thousands, in the memory of a few", () =>
    Effect.gen(function*() {
      const security = Security.secret(secretOf("a"))
      const server = yield* echo(security, { handshake: { within: "500 millis", pendingMax: 64 } })
      const count = Number(process.env["CREEL_FLOOD"] ?? 2000)
      yield* Effect.promise(() => flood(server.port, count / 4))
      const before = yield* Effect.promise(bytesInUse)
      yield* Effect.promise(() => flood(server.port, count / 2))
      // In the midst of it, who belongs here gets in. This process is both ends and all strangers: where it stands still for
      // half a second, he too was too late, and comes again, as a link does.
      const [socket] = yield* Effect.all([
        Effect.retry(security.connect({ ...at(server.port), within: "1 minute" }), { times: 100 }),
        Effect.promise(() => flood(server.port, count / 4))
      ], { concurrency: "unbounded" })
      assert.strictEqual(yield* say(socket, "hello"), "hello")
      const grown = (yield* Effect.promise(bytesInUse)) - before
      assert.strictEqual(server.met.length, 1)
      assert.isAtLeast(server.refused(), count)
      assert.isBelow(grown, 8 * 1024 * 1024)
      if (process.env["CREEL_FLOOD"] !== undefined) {
        yield* Effect.log(`${server.refused()} refused, ${grown} bytes more`)
      }
    }))
})
