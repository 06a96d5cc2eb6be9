import { assert, describe, it, layer } from "@effect/vitest"
import { Array as Arr, Effect, Exit, Queue, Scope } from "effect"
import * as Placement from "../src/Placement.js"
import * as Security from "../src/Security.js"
import * as Nodes from "./fixtures/nodes.js"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import * as Processes from "./fixtures/processes.js"

const database = (name: string) => Effect.flatMap(Postgres.Postgres, (postgres) => postgres.database(name))

/** A node that can be closed before the test ends. */
const closeable = <A, E, R>(node: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    return { it: yield* Scope.extend(node, scope), close: Scope.close(scope, Exit.void) }
  })

const member = (id: string, kind: "client" | "worker"): Placement.Member =>
  kind === "client"
    ? { id, kind, namespace: "x", node: "n", host: "here" }
    : { id, kind, namespace: "x", node: "n", host: "here", address: "http://127.0.0.1:1" }

layer(PostgresShared.layer, { excludeTestServices: true, timeout: "120 seconds" })("Placement", (it) => {
  it.scoped("puts the scheduler on one node, and all find it there", () =>
    Effect.gen(function*() {
      const url = yield* database("one")
      const said = yield* Nodes.ears
      const a = yield* Nodes.start(url, said, "a", ["x"])
      const b = yield* Nodes.start(url, said, "b", ["x"])
      const client = yield* Nodes.client(url)
      const began = yield* Nodes.next(said, "began")
      assert.strictEqual(began.incarnation, 1)
      const place = { namespace: "x", address: `${began.node}:1`, incarnation: 1 }
      for (const node of [a, b, client]) assert.deepStrictEqual(yield* node.locate("x"), place)
      assert.isTrue(began.life.held())
    }))

  it.scoped("leaves it where it is when others join and leave", () =>
    Effect.gen(function*() {
      const url = yield* database("join")
      const said = yield* Nodes.ears
      const a = yield* Nodes.start(url, said, "a", ["x"])
      yield* Nodes.next(said, "began")
      const others = yield* Effect.forEach(["b", "c", "d", "e"], (name) =>
        closeable(Nodes.start(url, said, name, ["x", name])), { concurrency: 2 })
      // Each carries its own by now, so each has been on the list of runners that everyone reads.
      yield* Effect.repeatN(Nodes.next(said, "began"), 3)
      for (const other of others) {
        assert.strictEqual((yield* other.it.locate("x")).address, "a:1")
      }
      yield* Effect.forEach(others, (other) =>
        other.close)
      for (let i = 0; i < 4; i++) {
        assert.notStrictEqual((yield* Nodes.next(said, "ended")).namespace, "x")
      }
      assert.deepStrictEqual(yield* a.locate("x"), { namespace: "x", address: "a:1", incarnation: 1 })
      assert.strictEqual(yield* Queue.size(said), 0)
    }))

  it.scoped("hands it over when its node closes: it ends here before it begins there", () =>
    Effect.gen(function*() {
      const url = yield* database("handover")
      const said = yield* Nodes.ears
      const a = yield* closeable(Nodes.start(url, said, "a", ["x"]))
      const first = yield* Nodes.next(said, "began")
      const b = yield* Nodes.start(url, said, "b", ["x"])
      assert.strictEqual((yield* b.locate("x")).incarnation, 1)
      yield* a.close
      assert.strictEqual((yield* Nodes.next(said, "ended")).node, "a")
      assert.isFalse(first.life.held())
      const second = yield* Nodes.next(said, "began")
      assert.deepStrictEqual([second.node, second.incarnation], ["b", 2])
      assert.deepStrictEqual(yield* b.locate("x"), { namespace: "x", address: "b:2", incarnation: 2 })
    }))

  it.scoped("spreads the schedulers of a node that left over those that are there", () =>
    Effect.gen(function*() {
      const url = yield* database("spread")
      const said = yield* Nodes.ears
      const namespaces = ["p", "q", "r", "s"]
      const a = yield* closeable(Nodes.start(url, said, "a", namespaces))
      yield* Effect.repeatN(Nodes.next(said, "began"), 3)
      const others = yield* Effect.forEach(["b", "c", "d"], (name) => Nodes.start(url, said, name, namespaces))
      for (const other of others) assert.strictEqual((yield* other.locate("p")).address, "a:1")
      yield* a.close
      const events = yield* Effect.replicateEffect(said.take, 8)
      const carriers = events.filter((it) => it.what === "began").map((it) => it.node)
      assert.strictEqual(carriers.length, 4)
      for (const those of Object.values(Arr.groupBy(carriers, (node) => node))) assert.isAtMost(those.length, 2)
    }))

  it.scoped("begins the next incarnation when the scheduler fails or dies", () =>
    Effect.gen(function*() {
      const url = yield* database("fails")
      const said = yield* Nodes.ears
      const a = yield* Nodes.build(
        url,
        Placement.layer({
          node: "a",
          namespaces: ["x"],
          expiry: "1 minute",
          locateWithin: "2 minutes",
          host: (life) =>
            Effect.zipRight(
              Nodes.say(said, "a")(life),
              life.incarnation === 1
                ? Effect.fail("not this time")
                : life.incarnation === 2
                ? Effect.die("nor this time")
                : Effect.succeed("a:here")
            )
        })
      )
      assert.deepStrictEqual(yield* a.locate("x"), { namespace: "x", address: "a:here", incarnation: 3 })
      const events = yield* Effect.replicateEffect(said.take, 5)
      assert.deepStrictEqual(events.map((it) => `${it.what} ${it.incarnation}`), [
        "began 1",
        "ended 1",
        "began 2",
        "ended 2",
        "began 3"
      ])
    }))

  it.scoped("closes, and hands over, though the scheduler always dies or never closes", () =>
    Effect.gen(function*() {
      const url = yield* database("hangs")
      const said = yield* Nodes.ears
      const a = yield* closeable(Nodes.build(
        url,
        Placement.layer({
          node: "a",
          namespaces: ["dies", "hangs"],
          expiry: "1 minute",
          locateWithin: "2 minutes",
          closeWithin: "100 millis",
          host: (life) =>
            life.namespace === "dies"
              ? Effect.die("always")
              : Effect.zipLeft(Nodes.say(said, "a")(life), Effect.addFinalizer(() => Effect.never))
        })
      ))
      assert.strictEqual((yield* a.it.locate("hangs")).incarnation, 1)
      yield* Nodes.next(said, "began")
      const b = yield* Nodes.start(url, said, "b", ["dies", "hangs"])
      yield* a.close
      const place = yield* b.locate("hangs")
      assert.deepStrictEqual([place.address, place.incarnation], ["b:2", 2])
      assert.isAbove((yield* b.locate("dies")).incarnation, 1)
    }))

  it.scoped("fails for a namespace that nobody carries, and does not wait for ever", () =>
    Effect.gen(function*() {
      const url = yield* database("nobody")
      const said = yield* Nodes.ears
      yield* Nodes.start(url, said, "a", ["x"])
      const client = yield* Nodes.client(url, { locateWithin: "300 millis" })
      const error = yield* Effect.flip(client.locate("of nobody"))
      assert.strictEqual(error.reason, "NoScheduler")
      assert.include(error.message, "of nobody")
    }))

  it.scoped("begins with those that take part, and only those", () =>
    Effect.gen(function*() {
      const url = yield* database("members")
      const said = yield* Nodes.ears
      const client = yield* Nodes.client(url)
      const gone = yield* Scope.make()
      yield* client.register(member("w-1", "worker"))
      yield* client.register({ ...member("c-0", "client"), namespace: "y" })
      yield* Scope.extend(client.register(member("c-2", "client")), gone)
      yield* client.register(member("c-1", "client"))
      assert.deepStrictEqual((yield* client.members("x")).map((one) => one.id), ["c-1", "c-2", "w-1"])
      yield* Scope.close(gone, Exit.void)
      yield* Nodes.start(url, said, "a", ["x"])
      const began = yield* Nodes.next(said, "began")
      assert.deepStrictEqual(began.life.members, [member("c-1", "client"), member("w-1", "worker")])
    }))

  it.scoped("ten nodes started at once on an empty database come up", () =>
    Effect.gen(function*() {
      const url = yield* database("ten")
      const said = yield* Nodes.ears
      const names = Arr.makeBy(10, (i) => `node-${i}`)
      const nodes = yield* Effect.forEach(names, (name) => Nodes.start(url, said, name, ["x"]), {
        concurrency: "unbounded"
      })
      const places = yield* Effect.forEach(nodes, (node) => node.locate("x"), { concurrency: "unbounded" })
      const began = yield* Nodes.next(said, "began")
      for (const place of places) assert.strictEqual(place.address, `${began.node}:${began.incarnation}`)
    }))

  it.scoped("reads neither HOST nor PORT of the service it runs in", () =>
    Effect.gen(function*() {
      const url = yield* database("environment")
      const said = yield* Nodes.ears
      yield* Effect.acquireRelease(
        Effect.sync(() => Object.assign(process.env, { HOST: "203.0.113.7", PORT: "1", SHARD_GROUPS: "elsewhere" })),
        () =>
          Effect.sync(() => {
            for (const name of ["HOST", "PORT", "SHARD_GROUPS"]) delete process.env[name]
          })
      )
      const a = yield* Nodes.start(url, said, "a", ["x"])
      assert.match(a.runner._tag === "Some" ? a.runner.value : "", /^127\.0\.0\.1:\d{4,5}$/)
      assert.strictEqual((yield* a.locate("x")).incarnation, 1)
    }))

  it.scoped("tells those who know the secret, or have the key of a role, and nobody else", () =>
    Effect.gen(function*() {
      const url = yield* database("secured")
      const said = yield* Nodes.ears
      const secret = yield* Security.generateSecret
      yield* Nodes.start(url, said, "a", ["x"], {
        security: Security.secret(secret),
        listen: { host: "0.0.0.0", advertise: "127.0.0.1" }
      })
      const as = (security: Security.Service) => Nodes.client(url, { security })
      for (const security of [Security.secret(secret), Security.roleKey(Security.deriveRoleKey(secret, "observer"))]) {
        assert.strictEqual((yield* (yield* as(security)).locate("x")).address, "a:1")
      }
      const strangers = [
        [Security.secret(yield* Security.generateSecret), "BadCredentials"],
        // Who does not speak TLS hears nothing from those who do, and cannot know why.
        [Security.none, "NoScheduler"]
      ] as const
      yield* Effect.forEach(strangers, ([security, reason]) =>
        Effect.gen(function*() {
          const stranger = yield* Nodes.client(url, { security, locateWithin: "3 seconds" })
          assert.strictEqual((yield* Effect.flip(stranger.locate("x"))).reason, reason)
        }), { concurrency: "unbounded" })
    }))

  it.scoped("refuses what cannot be: other addresses without credentials, wrong names", () =>
    Effect.gen(function*() {
      const url = yield* database("wrong")
      const said = yield* Nodes.ears
      const wrong = (more: Partial<Placement.Options<never, never>>) =>
        Effect.map(Effect.flip(Nodes.start(url, said, "a", ["x"], more)), (error) =>
          "reason" in error ? error.reason : error._tag)
      assert.strictEqual(yield* wrong({ listen: { host: "0.0.0.0", advertise: "here" } }), "NotSecured")
      assert.strictEqual(yield* wrong({ listen: { host: "0.0.0.0" } }), "BadOption")
      assert.strictEqual(yield* wrong({ listen: { advertise: "x' OR 1=1" } }), "BadOption")
      assert.strictEqual(yield* wrong({ namespaces: ["x", "x"] }), "BadOption")
      assert.strictEqual(yield* wrong({ namespaces: [""] }), "BadOption")
      assert.strictEqual(yield* wrong({ node: "" }), "BadOption")
      assert.strictEqual(yield* wrong({ prefix: "a; DROP TABLE b" }), "BadOption")
      const taken = yield* Nodes.start(url, said, "a", ["x"])
      const port = Number((taken.runner._tag === "Some" ? taken.runner.value : "").split(":")[1])
      assert.strictEqual(yield* wrong({ listen: { port } }), "ListenFailed")
    }))
})

// For whoever has one: Postgres comes as a package, MySQL does not. An empty database, as `mysql://user:password@host/name`.
const mysql = process.env["CREEL_TEST_MYSQL"]

if (mysql !== undefined) {
  describe("Placement on MySQL", () => {
    it.scopedLive("comes up with ten nodes at once, hands over, and knows its members", () =>
      Effect.gen(function*() {
        const said = yield* Nodes.ears
        const prefix = `creel_${Date.now()}`
        const nodes = yield* Effect.forEach(Arr.makeBy(10, (i) => `node-${i}`), (name) =>
          closeable(Nodes.start(mysql, said, name, ["x"], { prefix })), { concurrency: "unbounded" })
        const client = yield* Nodes.client(mysql, { prefix })
        yield* client.register(member("w-1", "worker"))
        assert.deepStrictEqual(yield* client.members("x"), [member("w-1", "worker")])
        for (let incarnation = 1; incarnation <= 3; incarnation++) {
          const began = yield* Nodes.next(said, "began")
          assert.strictEqual(began.incarnation, incarnation)
          yield* Effect.repeat(client.locate("x"), {
            until: (place) =>
              place.incarnation === incarnation
          })
          yield* nodes[Number(began.node.slice("node-".length))]?.close ?? Effect.void
          yield* Nodes.next(said, "ended")
          assert.isFalse(began.life.held())
        }
      }))

    it.scopedLive("takes over from a process that is killed", () =>
      Effect.gen(function*() {
        const namespace = `of processes ${Date.now()}`
        const a = yield* Processes.start(mysql, "a", [namespace])
        yield* Processes.until(a, "acts", 1)
        const b = yield* Processes.start(mysql, "b", [namespace])
        yield* Processes.until(b, "up")
        yield* a.signal("SIGKILL")
        yield* Processes.until(b, "acts", 2)
      }))
  })
}
